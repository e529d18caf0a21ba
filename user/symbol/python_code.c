// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPython in a file; see python_code.h. Symbols of which other libraries make use stay in
 * stripped files, too: _PyRuntime, _PyEval_EvalFrameDefault() and, since 3.11, the version.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "symbol/elf_symtab.h"
#include "symbol/python_code.h"

#define EVAL "_PyEval_EvalFrameDefault"

/* The evaluation function of an interpreter whose instructions are functions is small. */
#define MAX_TAIL_CALLER_BYTES 8192
#define MAX_EVAL_BYTES	      (4u << 20)

/* What struct pkprof_python has of _Py_DebugOffsets. */
enum field {
	INTERPRETERS,
	INTERPRETER_NEXT,
	INTERPRETER_THREADS,
	THREAD_NEXT,
	THREAD_FRAME,
	THREAD_ID,
	FRAME_PREVIOUS,
	FRAME_CODE,
	FRAME_INSTR,
	FRAME_OWNER,
	CODE_FILE,
	CODE_NAME,
	CODE_LINES,
	CODE_FIRST_LINE,
	CODE_INSTR,
	BYTES_LENGTH,
	BYTES_DATA,
	TEXT_STATE,
	TEXT_LENGTH,
	ASCII_DATA,
	NR_FIELDS
};

#define DEBUG_COOKIE "xdebugpy"
#define MAX_WORDS    128

/*
 * _Py_DebugOffsets, at the start of _PyRuntime: cookie, version, then words of which these are
 * the numbers. Each version has its own members, which do not change within it.
 */
static const struct described {
	unsigned int minor;
	uint8_t word[NR_FIELDS];
} described[] = {
	{ 13, { 3, 6, 7, 19, 21, 22, 27, 28, 29, 31, 33, 35, 36, 37, 41, 63, 64, 66, 67, 68 } },
	{ 14, { 3, 6, 7, 22, 24, 25, 30, 31, 32, 34, 38, 40, 41, 42, 46, 73, 74, 76, 77, 78 } },
	{ 15, { 3, 6, 7, 22, 24, 28, 38, 39, 40, 42, 46, 48, 49, 50, 54, 85, 86, 88, 89, 90 } },
};

struct described_head {
	char cookie[8];
	uint64_t version, free_threaded;
};

/* Of versions that do not describe themselves. */
static const struct pkprof_python v3_11 = {
	.flags = PKPROF_PYTHON_CFRAME | PKPROF_PYTHON_IS_ENTRY,
	.interpreters = 40,
	.interpreter_next = 0,
	.interpreter_threads = 16,
	.thread_next = 8,
	.thread_id = 152,
	.thread_frame = 56,
	.cframe_frame = 8,
	.cframe_previous = 16,
	.frame_code = 32,
	.frame_previous = 48,
	.frame_instr = 56,
	.frame_is_entry = 68,
	.frame_owner = 69,
	.shim_owner = 255,
	.code_file = 112,
	.code_name = 128,
	.code_lines = 136,
	.code_first_line = 72,
	.code_instr = 184,
	.text_length = 16,
	.text_state = 32,
	.kind_shift = 2,
	.ascii_data = 48,
	.wide_data = 72,
	.bytes_length = 16,
	.bytes_data = 32,
};

/* --- symbols --- */

struct symbols {
	GElf_Sym runtime, version; /* st_size 0: not found */
	GElf_Sym eval;
};

static bool is_eval_name(const char *name)
{
	size_t len = strlen(EVAL);

	return !strncmp(name, EVAL, len) && (!name[len] || name[len] == '.');
}

static int take_symbol(const GElf_Sym *sym, const char *name, struct symbols *s,
		       struct pk_python_code *ret)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);

	if (!sym->st_size || sym->st_shndx == SHN_UNDEF)
		return 0;
	if (type == STT_OBJECT && !strcmp(name, "_PyRuntime"))
		s->runtime = *sym;
	else if (type == STT_OBJECT && !strcmp(name, "Py_Version"))
		s->version = *sym;
	if (type != STT_FUNC || !is_eval_name(name) || sym->st_size > MAX_EVAL_BYTES)
		return 0;
	if (!name[strlen(EVAL)])
		s->eval = *sym;
	return pk_vec_add(&ret->eval,
			  ((struct pk_code_range){ sym->st_value, sym->st_value + sym->st_size }));
}

static int find_symbols(const struct pk_elf *e, uint32_t type, struct symbols *s,
			struct pk_python_code *ret)
{
	struct pk_symtab t;
	GElf_Sym sym;
	int err = 0;

	if (!pk_symtab_open(e, type, &t))
		return 0;
	for (size_t n = 1; n < t.nr && !err; n++) {
		const char *name = gelf_getsym(t.symbols, n, &sym) ? pk_symtab_name(&t, &sym)
								   : NULL;

		if (name)
			err = take_symbol(&sym, name, s, ret);
	}
	return err;
}

/* --- the data's layout --- */

static bool read_at(const struct pk_elf *e, uint64_t svma, void *to, size_t bytes)
{
	PK_VEC_FOREACH(&e->segments, s)
		if (svma >= s->svma && svma - s->svma < s->len &&
		    s->len - (svma - s->svma) >= bytes)
			return pk_elf_read(e, svma - s->svma + s->off, to, bytes) == bytes;
	return false;
}

/* A description that would not fit in the contract is none. */
static bool fill_described(const struct described *d, const uint64_t *words, bool free_threaded,
			   struct pkprof_python *o)
{
	uint64_t v[NR_FIELDS];

	for (unsigned int i = 0; i < NR_FIELDS; i++) {
		v[i] = words[d->word[i]];
		if (v[i] > (i <= INTERPRETER_THREADS ? 1u << 24 : PKPROF_PYTHON_MAX_OFFSET))
			return false;
	}
	*o = (struct pkprof_python){
		.interpreters = v[INTERPRETERS],
		.interpreter_next = v[INTERPRETER_NEXT],
		.interpreter_threads = v[INTERPRETER_THREADS],
		.thread_next = v[THREAD_NEXT],
		.thread_id = v[THREAD_ID],
		.thread_frame = v[THREAD_FRAME],
		.frame_code = v[FRAME_CODE],
		.frame_previous = v[FRAME_PREVIOUS],
		.frame_instr = v[FRAME_INSTR],
		.frame_owner = v[FRAME_OWNER],
		.shim_owner = 3, /* FRAME_OWNED_BY_CSTACK, or _INTERPRETER and above */
		.code_file = v[CODE_FILE],
		.code_name = v[CODE_NAME],
		.code_lines = v[CODE_LINES],
		.code_first_line = v[CODE_FIRST_LINE],
		.code_instr = v[CODE_INSTR],
		.text_length = v[TEXT_LENGTH],
		.text_state = v[TEXT_STATE],
		/* how a string is interned has a byte of its own where it may change at any time */
		.kind_shift = free_threaded ? 8 : 2,
		.ascii_data = v[ASCII_DATA],
		.wide_data = v[ASCII_DATA] + 2 * sizeof(uint64_t), /* a length and a pointer */
		.bytes_length = v[BYTES_LENGTH],
		.bytes_data = v[BYTES_DATA],
	};
	return o->wide_data <= PKPROF_PYTHON_MAX_OFFSET;
}

static bool read_description(const struct pk_elf *e, const struct symbols *s, unsigned int minor,
			     struct pkprof_python *o)
{
	struct described_head head;
	uint64_t words[MAX_WORDS];

	if (!read_at(e, s->runtime.st_value, &head, sizeof(head)) ||
	    memcmp(head.cookie, DEBUG_COOKIE, sizeof(head.cookie)) ||
	    (head.version >> 16 & 0xffff) != (3u << 8 | minor) ||
	    !read_at(e, s->runtime.st_value + offsetof(struct described_head, free_threaded), words,
		     sizeof(words)))
		return false;
	for (size_t i = 0; i < PK_ARRAY_SIZE(described); i++)
		if (described[i].minor == minor)
			return fill_described(&described[i], words, head.free_threaded, o);
	return false;
}

static bool find_layout(const struct pk_elf *e, const struct symbols *s, struct pkprof_python *o)
{
	uint64_t version = 0;
	unsigned int minor;

	if (!read_at(e, s->version.st_value, &version, sizeof(version)) || version >> 24 != 3)
		return false;
	minor = version >> 16 & 0xff;
	if (minor == 11)
		*o = v3_11;
	else if (!read_description(e, s, minor, o))
		return false;
	o->version = version;
	if (minor > 13 && s->eval.st_size < MAX_TAIL_CALLER_BYTES)
		o->flags |= PKPROF_PYTHON_TAIL;
	return true;
}

/* _PyRuntime from where the evaluation function's segment begins in the file. */
static bool find_runtime(const struct pk_elf *e, const struct symbols *s, struct pkprof_python *o)
{
	PK_VEC_FOREACH(&e->segments, seg)
		if (seg->exec && s->eval.st_value - seg->svma < seg->len) {
			o->runtime = s->runtime.st_value - (seg->svma - seg->off);
			return o->runtime < 1LL << 32 && o->runtime > -(1LL << 32);
		}
	return false;
}

/* --- what was moved away --- */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * Targets of jumps. Bytes within instructions may look like jumps, too: what they seem to lead to
 * is only asked whether it begins like a part of a function.
 */
static int find_jumps(const struct pk_elf *e, const struct pk_code_range *r,
		      struct pk_python_code *ret)
{
	size_t len = r->end - r->start;
	PK_AUTO_FREE uint8_t *code = malloc(len + 1);
	int err = 0;

	if (!code)
		return -ENOMEM;
	if (!read_at(e, r->start, code, len))
		return 0;
	for (size_t i = 0; i + 6 <= len && !err; i++) {
		size_t at = code[i] == 0xe9				      ? i + 1
			    : code[i] == 0x0f && (code[i + 1] & 0xf0) == 0x80 ? i + 2
									      : 0;
		int32_t rel;
		uint64_t to;

		if (!at)
			continue;
		memcpy(&rel, code + at, sizeof(rel));
		to = r->start + at + sizeof(rel) + (int64_t)rel;
		if (to - r->start >= len && pk_elf_exec_section(e, to))
			err = pk_vec_add(&ret->jumps, to);
	}
	return err;
}

static int find_all_jumps(const struct pk_elf *e, struct pk_python_code *ret)
{
	int err = 0;

	PK_VEC_FOREACH(&ret->eval, r)
		if (!err)
			err = find_jumps(e, r, ret);
	if (ret->jumps.nr)
		qsort(ret->jumps.data, ret->jumps.nr, sizeof(*ret->jumps.data), compare_u64);
	return err;
}

/* --- all of it --- */

/* All but the jumps. */
static int find_data(const struct pk_elf *e, struct pk_python_code *ret)
{
	struct symbols s = { 0 };
	int err;

	*ret = (struct pk_python_code){ 0 };
	if (gelf_getclass(e->elf) != ELFCLASS64)
		return 0;
	err = find_symbols(e, SHT_DYNSYM, &s, ret);
	if (!err)
		err = find_symbols(e, SHT_SYMTAB, &s, ret);
	if (err)
		return err;
	if (!s.runtime.st_size || !s.eval.st_size || !s.version.st_size) {
		ret->state = pk_elf_section(e, ".PyRuntime") || s.runtime.st_size
				     ? PK_PYTHON_NO_SYMBOLS
				     : PK_PYTHON_NONE;
		return 0;
	}
	ret->state = PK_PYTHON_UNKNOWN;
	if (find_layout(e, &s, &ret->o) && find_runtime(e, &s, &ret->o))
		ret->state = PK_PYTHON_READABLE;
	return 0;
}

int pk_python_code_find(const struct pk_elf *e, struct pk_python_code *ret)
{
	int err = find_data(e, ret);

	return err || ret->state != PK_PYTHON_READABLE ? err : find_all_jumps(e, ret);
}

enum pk_python_state pk_python_code_state(const struct pk_elf *e)
{
	struct pk_python_code code;
	enum pk_python_state state = find_data(e, &code) ? PK_PYTHON_NONE : code.state;

	pk_python_code_deinit(&code);
	return state;
}

void pk_python_code_deinit(struct pk_python_code *p)
{
	pk_vec_deinit(&p->eval);
	pk_vec_deinit(&p->jumps);
}

bool pk_python_code_is_eval(const struct pk_python_code *p, uint64_t start)
{
	PK_VEC_FOREACH(&p->eval, r)
		if (start >= r->start && start < r->end)
			return true;
	return false;
}

bool pk_python_code_jumps_to(const struct pk_python_code *p, uint64_t start, uint64_t end)
{
	size_t lo = 0, hi = p->jumps.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->jumps.data[mid] < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->jumps.nr && p->jumps.data[lo] < end;
}
