// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files looked into by a confined child; see file_reader.h. The child may not open anything, so
 * whether a stripped program has a debug file is asked of the candidates, one by one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "runtime/file_reader.h"
#include "runtime/table.h"
#include "symbol/debug_search.h"
#include "symbol/elf_symtab.h"
#include "symbol/python_code.h"

#define BUDGET_BYTES (1ULL << 30) /* of all files together */
#define MEMORY_BYTES (512ULL << 20)
#define CPU_MS	     20000
#define VERSION_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-._~"

enum question_kind {
	LOOK,	  /* a struct found is the answer */
	IS_DEBUG, /* is it the debug file with that build ID? */
};

struct question {
	uint32_t kind;
	bool program;
	uint64_t budget;
	struct pk_debug_wish wish;
};

struct found {
	struct pk_runtime_file file;
	uint64_t budget;
	struct pk_debug_wish wish; /* build_id_len 0: no debug file is wanted */
};

/* ---- in the child -------------------------------------------------------------------- */

/* Go brings the names along in a table of its own, which strip(1) must leave. */
static bool has_go_names(const struct pk_elf *e)
{
	return pk_elf_section(e, ".gopclntab") || pk_elf_section(e, ".data.rel.ro.gopclntab");
}

static bool has_own_symbols(const struct pk_elf *e, enum pk_runtime runtime)
{
	return pk_elf_has_symtab(e) || pk_elf_section(e, ".gnu_debugdata") ||
	       (runtime == PK_RUNTIME_GO && has_go_names(e));
}

/* One that only goes by its name would have to be read to its end. */
static void wish_debug_file(const struct pk_elf *e, struct pk_debug_wish *wish)
{
	const char *link = pk_debug_link(e, &wish->link_crc);

	memcpy(wish->build_id, e->build_id, sizeof(wish->build_id));
	wish->build_id_len = e->build_id_len;
	if (link && strlen(link) < sizeof(wish->link))
		strcpy(wish->link, link);
}

static void look(const struct pk_elf *e, const struct question *q, struct found *ret)
{
	struct pk_evidence ev;

	ret->budget = q->budget;
	pk_evidence_of(e, &ret->budget, &ev);
	pk_runtime_look(&ev, q->program, &ret->file);
	/* what was only looked at in part must not pass for native code */
	ret->file.is_read = ret->file.runtime || !ev.is_partial;
	memcpy(ret->file.build_id, e->build_id, sizeof(ret->file.build_id));
	ret->file.build_id_len = e->build_id_len;
	ret->file.has_frames = ret->file.runtime == PK_RUNTIME_PYTHON &&
			       pk_python_code_state(e) == PK_PYTHON_READABLE;
	if (!q->program)
		return;
	ret->file.has_symbols = has_own_symbols(e, ret->file.runtime);
	if (!ret->file.has_symbols)
		wish_debug_file(e, &ret->wish);
}

static int run(int file, const void *question, size_t bytes, struct pk_strbuf *out)
{
	const struct question *q = question;
	struct found found = { 0 };
	struct pk_elf e;
	int ret = pk_elf_open(file, &e);

	(void)bytes;
	if (ret)
		return ret;
	if (q->kind == IS_DEBUG) {
		ret = e.build_id_len == q->wish.build_id_len &&
				      !memcmp(e.build_id, q->wish.build_id, e.build_id_len)
			      ? 0
			      : -ENOENT;
	} else {
		look(&e, q, &found);
		pk_strbuf_add(out, &found, sizeof(found));
	}
	pk_elf_close(&e);
	return ret;
}

/* ---- in the parent --------------------------------------------------------------------- */

void pk_runtime_reader_init(struct pk_runtime_reader *r)
{
	*r = (struct pk_runtime_reader){
		.errands = {
			.run = run,
			.cpu_ms = CPU_MS,
			.memory_bytes = MEMORY_BYTES,
			.max_answer_bytes = sizeof(struct found),
		},
		.budget = BUDGET_BYTES,
	};
}

void pk_runtime_reader_deinit(struct pk_runtime_reader *r)
{
	pk_errands_end(&r->errands);
}

/* Ends within its room; nothing but printable ASCII, or of that what @only says. */
static bool is_text(const char *text, size_t size, const char *only)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len < size && (!only || strspn(text, only) == len);
}

/* It comes from a child that a file may have taken over. */
static bool makes_sense(const struct found *f, uint64_t budget)
{
	const struct pk_runtime_file *file = &f->file;

	return f->budget <= budget && (unsigned int)file->runtime < PK_NR_RUNTIMES &&
	       is_text(file->version, sizeof(file->version), VERSION_CHARS) &&
	       is_text(file->evidence, sizeof(file->evidence), NULL) &&
	       file->build_id_len <= sizeof(file->build_id) &&
	       f->wish.build_id_len <= sizeof(f->wish.build_id) &&
	       memchr(f->wish.link, '\0', sizeof(f->wish.link));
}

static bool has_debug_file(struct pk_runtime_reader *r, const struct pk_debug_wish *wish,
			   const char *path)
{
	const struct question q = { .kind = IS_DEBUG, .wish = *wish };
	const struct pk_debug_search where = { 0 };
	unsigned int place = 0;
	bool found = false;
	int fd;

	while (!found && (fd = pk_debug_open_next(&where, wish, path, &place)) >= 0) {
		struct pk_strbuf nothing = { 0 };

		found = !pk_errand(&r->errands, fd, &q, sizeof(q), &nothing);
		pk_strbuf_deinit(&nothing);
		close(fd);
	}
	return found;
}

void pk_runtime_reader_look(struct pk_runtime_reader *r, int fd, bool program, const char *path,
			    struct pk_runtime_file *ret)
{
	const struct question q = { .kind = LOOK, .program = program, .budget = r->budget };
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf answer = { 0 };
	struct found found;

	*ret = (struct pk_runtime_file){ 0 };
	if (pk_errand(&r->errands, fd, &q, sizeof(q), &answer) || answer.len != sizeof(found))
		return;
	memcpy(&found, answer.data, sizeof(found));
	if (!makes_sense(&found, r->budget))
		return;
	r->budget = found.budget;
	*ret = found.file;
	if (found.wish.build_id_len)
		ret->has_symbols = has_debug_file(r, &found.wish, path);
}
