// SPDX-License-Identifier: GPL-2.0-or-later
/* Perf maps and jitdumps in a confined child; see jit_reader.h. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "symbol/cover.h"
#include "symbol/demangle.h"
#include "symbol/jit_reader.h"
#include "symbol/jit_scan.h"
#include "symbol/perf_map.h"

/* A map of the greatest size, all lines of it kept, and what is said of it. */
#define MEMORY_BYTES	 (1ULL << 30)
#define MAX_ANSWER_BYTES (128u << 20)
#define CPU_MS		 20000

enum question_kind {
	PERF_MAP,
	JITDUMP,
};

/* Then the addresses. */
struct question {
	uint64_t kind;
};

/* ---- in the child -------------------------------------------------------------------- */

struct answering {
	const struct pk_cover *c;
	struct pk_answer *a;
	struct pk_strbuf text;
};

static int add_piece(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	struct answering *x = ctx;
	const char *name = x->c->funcs.data[func].name;
	struct pk_piece piece = {
		.start = start,
		.end = end,
		.func_start = start,
		.func_end = end,
	};

	pk_strbuf_clear(&x->text);
	pk_add_clean(&x->text, name, strlen(name));
	if (pk_strbuf_failed(&x->text) ||
	    pk_strtab_intern(&x->a->strings, x->text.data, x->text.len, &piece.name))
		return -ENOMEM;
	return pk_vec_add(&x->a->pieces, piece);
}

static int answer_of(const struct pk_cover *c, struct pk_strbuf *out)
{
	struct pk_answer a;
	struct answering x = { .c = c, .a = &a };
	int ret = pk_answer_init(&a);

	if (ret)
		return ret;
	ret = pk_cover_emit(c, add_piece, &x);
	if (!ret)
		pk_answer_encode(&a, out);
	pk_strbuf_deinit(&x.text);
	pk_answer_deinit(&a);
	return ret ? ret : pk_strbuf_failed(out) ? -ENOMEM : 0;
}

int pk_perf_map_answer(int fd, const uint64_t *addr, size_t nr, struct pk_strbuf *out)
{
	PK_AUTO_FREE char *text = NULL;
	struct pk_cover c = { 0 };
	size_t len;
	int ret = pk_perf_map_read(fd, &text, &len);

	if (ret)
		return ret;
	ret = pk_cover_init(&c, addr, nr);
	if (!ret)
		ret = pk_perf_map_offer(text, len, &c);
	if (!ret)
		ret = answer_of(&c, out);
	pk_cover_deinit(&c);
	return ret;
}

static int run(int file, const void *question, size_t bytes, struct pk_strbuf *out)
{
	const struct question *q = question;
	const uint64_t *addr = (const uint64_t *)(q + 1);
	size_t nr = (bytes - sizeof(*q)) / sizeof(*addr);
	PK_AUTO_FD int fd = file;

	return q->kind == PERF_MAP ? pk_perf_map_answer(fd, addr, nr, out)
				   : pk_jit_scan(fd, addr, nr, out);
}

/* ---- in the parent --------------------------------------------------------------------- */

void pk_jit_reader_init(struct pk_jit_reader *r)
{
	*r = (struct pk_jit_reader){
		.errands = {
			.run = run,
			.cpu_ms = CPU_MS,
			.memory_bytes = MEMORY_BYTES,
			.max_answer_bytes = MAX_ANSWER_BYTES,
		},
	};
}

void pk_jit_reader_deinit(struct pk_jit_reader *r)
{
	pk_errands_end(&r->errands);
}

static int ask(struct pk_jit_reader *r, enum question_kind kind, int fd, const uint64_t *addr,
	       size_t nr, struct pk_strbuf *out)
{
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf question = { 0 };
	const struct question head = { .kind = kind };
	int ret;

	pk_strbuf_add(&question, &head, sizeof(head));
	pk_strbuf_add(&question, addr, nr * sizeof(*addr));
	if (pk_strbuf_failed(&question))
		return -ENOMEM;
	ret = pk_errand(&r->errands, fd, question.data, question.len, out);
	r->nr_failed += ret == -EIO || ret == -ETIME || ret == -EFBIG;
	return ret;
}

int pk_jit_reader_map(struct pk_jit_reader *r, int fd, const uint64_t *addr, size_t nr,
		      struct pk_answer *ret)
{
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf text = { 0 };
	int code = ask(r, PERF_MAP, fd, addr, nr, &text);

	if (!code)
		code = pk_answer_decode(text.data, text.len, nr, ret);
	if (!code || code == -ENOMEM)
		return code;
	return pk_answer_init(ret);
}

int pk_jit_reader_dump(struct pk_jit_reader *r, int fd, const uint64_t *addr, size_t nr,
		       struct pk_strbuf *out)
{
	int ret = ask(r, JITDUMP, fd, addr, nr, out);

	return ret == -ENOMEM ? ret : 0;
}
