// SPDX-License-Identifier: GPL-2.0-or-later
/* From an ELF file to its table of unwind rows; see compile.h. */
#include <string.h>

#include "symbol/go_pclntab.h"
#include "symbol/vdso.h"
#include "unwind/compile.h"
#include "unwind/go_code.h"
#include "symbol/python_code.h"
#include "unwind/rows_builder.h"

/* Functions are aligned to at most this; see add_row(). */
#define PADDING_BYTES 16

static const struct pkprof_rule nothing = { .kind = PKPROF_RULE_GAP };

struct compilation {
	struct pk_cfi cfi;
	struct pk_rows_builder builder;
	const struct pk_segment *seg;
	struct pkprof_rule entry; /* that of a function's first instruction */
	struct pkprof_rule gap;	  /* that of code of which nothing is said */
	uint64_t end;		  /* svma up to which rows were made */
	bool open;		  /* nothing is known from there on */
	bool is_go;
	struct pk_go_functions go;
	struct pk_python_code python;
	bool is_eval;	 /* the entry at hand is its evaluation function's */
	bool maybe_eval; /* it is if it does not begin like a function */
};

static int add(struct compilation *c, uint64_t svma, const struct pkprof_rule *rule)
{
	return pk_rows_add(&c->builder, svma - c->seg->svma + c->seg->off, rule);
}

/*
 * A row, and what is between the entry before and it: a gap. Padding between functions would
 * cost a row each, and is never run. It takes the first rule of the function behind it, that
 * nothing is pushed yet, which is right also for the one kind of code that could be there:
 * a few instructions of assembly without call frame information.
 */
static int add_row(void *arg, uint64_t svma, const struct pkprof_rule *rule)
{
	struct compilation *c = arg;
	bool is_entry = !memcmp(rule, &c->entry, sizeof(*rule));
	int ret = 0;

	if (c->open && svma > c->end) {
		if (is_entry && svma - c->end < PADDING_BYTES)
			svma = c->end;
		else
			ret = add(c, c->end, &c->gap);
	}
	c->open = false;
	return ret ? ret : add(c, svma, rule);
}

static int add_cfi_row(void *arg, uint64_t svma, const struct pkprof_rule *rule)
{
	struct compilation *c = arg;
	struct pkprof_rule own = *rule;

	if (c->is_go && !c->cfi.is_eh)
		pk_go_rule(&own);
	/* known by its first row */
	if (c->maybe_eval)
		c->is_eval = memcmp(rule, &c->entry, sizeof(*rule));
	c->maybe_eval = false;
	if (c->is_eval)
		own.kind |= PKPROF_RULE_EVAL;
	return add_row(arg, svma, &own);
}

/*
 * The start of the next entry that begins later than @i does, or of the next function with a
 * rule of its own, @go on; or the end of the segment.
 */
static uint64_t next_start(const struct compilation *c, size_t i, size_t go)
{
	const struct pk_fde *fde = c->cfi.eh.fdes.data;
	uint64_t end = c->seg->svma + c->seg->len;

	if (go < c->go.v.nr && c->go.v.data[go].start < end)
		end = c->go.v.data[go].start;
	for (size_t next = i + 1; next < c->cfi.eh.fdes.nr; next++)
		if (fde[next].start > fde[i].start)
			return fde[next].start < end ? fde[next].start : end;
	return end;
}

static int add_entry(struct compilation *c, size_t i, uint64_t limit)
{
	struct pk_cfi_entry x;
	int ret = pk_cfi_entry(&c->cfi, i, &x);

	if (ret == -EINVAL || (!ret && x.start != c->cfi.eh.fdes.data[i].start)) {
		c->cfi.counts.bad_entries++;
		return 0;
	}
	if (!ret && c->python.state == PK_PYTHON_READABLE) {
		c->is_eval = pk_python_code_is_eval(&c->python, x.start);
		c->maybe_eval = !c->is_eval && pk_python_code_jumps_to(&c->python, x.start, x.end);
	}
	if (!ret)
		ret = pk_cfi_rows(&c->cfi, &x, limit, add_cfi_row, c);
	c->end = x.end < limit ? x.end : limit;
	c->open = true;
	return ret;
}

static int add_go_function(struct compilation *c, const struct pk_go_function *f)
{
	int ret = add_row(c, f->start, &f->rule);

	c->end = f->end;
	c->open = true;
	return ret;
}

/* First entry whose code begins at @svma or behind it. */
static size_t first_entry(const struct pk_cfi *cfi, uint64_t svma)
{
	size_t lo = 0, hi = cfi->eh.fdes.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cfi->eh.fdes.data[mid].start < svma)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t first_go_function(const struct compilation *c, uint64_t svma)
{
	size_t i = 0;

	while (i < c->go.v.nr && c->go.v.data[i].start < svma)
		i++;
	return i;
}

/* Of what begins in the segment in order; what another said already is left out. */
static int add_segment(struct compilation *c, const struct pk_segment *s)
{
	size_t i = first_entry(&c->cfi, s->svma), go = first_go_function(c, s->svma);
	uint64_t end = s->svma + s->len;
	int ret = 0;

	c->seg = s;
	c->end = s->svma;
	c->open = c->is_go; /* that it keeps frame pointers is said of it from the start */
	while (!ret) {
		uint64_t entry = i < c->cfi.eh.fdes.nr ? c->cfi.eh.fdes.data[i].start : end;
		uint64_t function = go < c->go.v.nr ? c->go.v.data[go].start : end;

		if (entry >= end && function >= end)
			break;
		if (function <= entry) {
			ret = add_go_function(c, &c->go.v.data[go++]);
			continue;
		}
		if (entry >= c->end)
			ret = add_entry(c, i, next_start(c, i, go));
		i++;
	}
	if (!ret && c->open)
		ret = add(c, c->end, &c->gap);
	return !ret && c->is_go ? add(c, end, &nothing) : ret;
}

/* Executable segments in order of the file; what two of them have belongs to the first. */
static int add_segments(struct compilation *c, const struct pk_elf *e, uint64_t *bytes_ret)
{
	const struct pk_segment *next;
	uint64_t done = 0;
	int ret = 0;

	*bytes_ret = 0;
	do {
		next = NULL;
		PK_VEC_FOREACH(&e->segments, s)
			if (s->exec && s->off >= done && (!next || s->off < next->off))
				next = s;
		if (next) {
			done = next->off + next->len;
			*bytes_ret += next->len;
			ret = add_segment(c, next);
		}
	} while (next && !ret);
	return ret;
}

static bool known_machine(const struct pk_elf *e)
{
	GElf_Ehdr eh;

	if (!gelf_getehdr(e->elf, &eh))
		return false;
	return eh.e_machine == (eh.e_ident[EI_CLASS] == ELFCLASS64 ? EM_X86_64 : EM_386);
}

static int failed(struct pk_err *err, int code, const char *name)
{
	const char *why = code == -ENOENT   ? "it has no call frame information"
			  : code == -EINVAL ? "not a program or library for x86"
			  : code == -EFBIG  ? "it has too much call frame information"
					    : strerror(-code);

	return pk_err_set(err, code, "no unwind rows of '%s': %s", name, why);
}

/* Without call frame information there are still the rules of Go's code. */
static int init(struct compilation *c, const struct pk_elf *e)
{
	int ret = pk_cfi_init(&c->cfi, e);

	if (ret && (ret != -ENOENT || !pk_go_built(e)))
		return ret;
	c->entry = (struct pkprof_rule){ .kind = PKPROF_RULE_CFA,
					 .reg = PKPROF_REG_SP,
					 .ra = 1,
					 .off = pk_cfi_word(c->cfi.is64) };
	c->is_go = c->cfi.is64 && pk_go_built(e);
	c->gap.kind = c->is_go ? PKPROF_RULE_POINTER : PKPROF_RULE_GAP;
	if (c->is_go)
		return pk_go_functions(e, &c->go);
	return pk_python_code_find(e, &c->python);
}

static void deinit(struct compilation *c)
{
	pk_rows_builder_deinit(&c->builder);
	pk_vec_deinit(&c->go.v);
	pk_python_code_deinit(&c->python);
	pk_cfi_deinit(&c->cfi);
}

static int compile(const struct pk_elf *e, uint32_t flags, struct pk_rows_blob *ret,
		   struct pk_rows_stats *stats)
{
	struct compilation c = { 0 };
	uint64_t text_bytes = 0;
	int err;

	if (!known_machine(e))
		return -EINVAL;
	err = init(&c, e);
	if (!err)
		err = add_segments(&c, e, &text_bytes);
	if (!err && !c.builder.rows.nr)
		err = -ENOENT;
	if (!err)
		err = pk_rows_finish(&c.builder, flags,
				     c.python.state == PK_PYTHON_READABLE ? &c.python.o : NULL, ret);
	if (stats)
		*stats = (struct pk_rows_stats){ text_bytes, c.builder.nr_replaced, c.cfi.counts };
	deinit(&c);
	return err;
}

int pk_rows_compile_elf(const struct pk_elf *e, const char *name, struct pk_rows_blob *ret,
			struct pk_rows_stats *stats, struct pk_err *err)
{
	int code = compile(e, 0, ret, stats);

	return code ? failed(err, code, name) : 0;
}

int pk_rows_compile(int fd, const char *name, struct pk_rows_blob *ret, struct pk_rows_stats *stats,
		    struct pk_err *err)
{
	struct pk_elf e;
	int code = pk_elf_open(fd, &e);

	if (code)
		return failed(err, code, name);
	code = pk_rows_compile_elf(&e, name, ret, stats, err);
	pk_elf_close(&e);
	return code;
}

int pk_rows_compile_vdso(struct pk_rows_blob *ret, struct pk_rows_stats *stats, struct pk_err *err)
{
	struct pk_elf e;
	int code = pk_vdso_open(&e);

	if (!code) {
		code = compile(&e, PKPROF_ROWS_VDSO, ret, stats);
		pk_elf_close(&e);
	}
	return code ? failed(err, code, "[vdso]") : 0;
}
