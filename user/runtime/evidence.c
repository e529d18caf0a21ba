// SPDX-License-Identifier: GPL-2.0-or-later
/* Marks of language runtimes in an ELF file; see evidence.h. */
#include <string.h>

#include "base/cleanup.h"
#include "runtime/evidence.h"
#include "symbol/elf_symtab.h"

#define CHUNK_BYTES	(1u << 20)
#define MAX_TEXT_BYTES	256 /* of one text that is looked for */
#define MAX_TEXTS	32
#define MAX_FILE_BYTES	(128ULL << 20) /* of constants, in one search */
#define MAX_TABLE_BYTES (128ULL << 20) /* of symbols, and of their names */

/* Sorted by name: looked up for each symbol of a file. */
static const struct {
	const char *name;
	enum pk_runtime_mark mark;
} marks[] = {
	{ "PL_revision", PK_MARK_PERL_REVISION },
	{ "PL_subversion", PK_MARK_PERL_SUBVERSION },
	{ "PL_version", PK_MARK_PERL_VERSION },
	{ "Py_GetVersion", PK_MARK_PYTHON },
	{ "Py_Version", PK_MARK_PYTHON_VERSION },
	{ "_ZN2v82V87DisposeEv", PK_MARK_V8 },
	{ "_ZN3std2rt10lang_start", PK_MARK_RUST_MAIN }, /* its beginning */
	{ "_ZN4node5StartEiPPc", PK_MARK_NODE },
	{ "__cxa_throw", PK_MARK_CXX },
	{ "coreclr_initialize", PK_MARK_DOTNET },
	{ "gHotSpotVMStructs", PK_MARK_HOTSPOT },
	{ "luaJIT_setmode", PK_MARK_LUAJIT },
	{ "lua_newstate", PK_MARK_LUA },
	{ "perl_construct", PK_MARK_PERL },
	{ "php_execute_script", PK_MARK_PHP },
	{ "ruby_init", PK_MARK_RUBY },
	{ "ruby_version", PK_MARK_RUBY_VERSION },
	{ "rust_eh_personality", PK_MARK_RUST },
};

const char *pk_runtime_mark_name(enum pk_runtime_mark mark)
{
	for (size_t i = PK_ARRAY_SIZE(marks); i--;)
		if (marks[i].mark == mark)
			return marks[i].name;
	return "";
}

static int find_mark(const char *name)
{
	size_t lo = 0, hi = PK_ARRAY_SIZE(marks);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(name, marks[mid].name);

		if (!order)
			return marks[mid].mark;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

/* "_ZN...17h0123456789abcdefE" is Rust's way to make C++ names; its other way has _R. */
static bool is_rust_name(const char *name)
{
	const char *hash = name + 2;

	if (name[1] == 'R')
		return true;
	while ((hash = strstr(hash, "17h"))) {
		hash += 3;
		/* what comes behind a period is the compiler's */
		if (strspn(hash, "0123456789abcdef") == 16 && hash[16] == 'E' &&
		    (!hash[17] || hash[17] == '.'))
			return true;
	}
	return false;
}

/* Marks that a name has by its beginning, or -1. */
static int mark_of_mangled(const char *name)
{
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return -1;
	if (!is_rust_name(name))
		return name[1] == 'Z' ? PK_MARK_CXX : -1;
	return strstr(name, "3std2rt10lang_start") ? PK_MARK_RUST_MAIN : -1;
}

static bool has_table(const struct pk_elf *e, uint32_t type)
{
	PK_VEC_FOREACH(&e->sections, s)
		if (s->type == type && s->len)
			return true;
	return false;
}

/* A table is read as a whole: is it of a reasonable size, and within the budget? */
static bool may_read_table(struct pk_evidence *ev, uint32_t type)
{
	PK_VEC_FOREACH(&ev->e->sections, s) {
		uint64_t names;

		if (s->type != type || !s->len || s->link >= ev->e->sections.nr)
			continue;
		names = ev->e->sections.data[s->link].len;
		if (s->len > MAX_TABLE_BYTES || names > MAX_TABLE_BYTES ||
		    s->len + names > *ev->budget)
			return false;
		*ev->budget -= s->len + names;
		return true;
	}
	return false;
}

static void note_symbol(struct pk_evidence *ev, const char *name, const GElf_Sym *sym)
{
	int mark = mark_of_mangled(name);

	/* what a file only uses says that of another one, but C++ is used by C++ */
	if (mark == PK_MARK_CXX)
		ev->marks |= 1u << mark;
	if (sym->st_shndx == SHN_UNDEF)
		return;
	if (mark < 0 || mark == PK_MARK_CXX)
		mark = find_mark(name);
	if (mark < 0)
		return;
	ev->marks |= 1u << mark;
	ev->at[mark].svma = sym->st_value;
	ev->at[mark].size = sym->st_size;
}

static void note_symbols(struct pk_evidence *ev, uint32_t type)
{
	struct pk_symtab t;
	GElf_Sym sym;

	if (!has_table(ev->e, type))
		return;
	if (!may_read_table(ev, type) || !pk_symtab_open(ev->e, type, &t)) {
		ev->is_partial = true;
		return;
	}
	for (size_t i = 0; i < t.nr; i++)
		if (gelf_getsym(t.symbols, i, &sym) && sym.st_name < t.names_len)
			note_symbol(ev, t.names + sym.st_name, &sym);
}

void pk_evidence_of(const struct pk_elf *e, uint64_t *budget, struct pk_evidence *ret)
{
	*ret = (struct pk_evidence){ .e = e, .budget = budget };
	note_symbols(ret, SHT_DYNSYM);
	/* what is linked statically exports nothing; the others need not be read in full */
	if (!(ret->marks & ~(1u << PK_MARK_CXX)))
		note_symbols(ret, SHT_SYMTAB);
}

size_t pk_evidence_at(const struct pk_evidence *ev, uint64_t svma, void *buf, size_t len)
{
	PK_VEC_FOREACH(&ev->e->segments, s) {
		uint64_t at = svma - s->svma;

		if (at < s->len)
			return pk_elf_read(ev->e, s->off + at, buf,
					   len < s->len - at ? len : s->len - at);
	}
	return 0;
}

size_t pk_evidence_object(const struct pk_evidence *ev, enum pk_runtime_mark mark, void *buf,
			  size_t len)
{
	if (!pk_evidence_has(ev, mark))
		return 0;
	if (len > ev->at[mark].size)
		len = ev->at[mark].size;
	return pk_evidence_at(ev, ev->at[mark].svma, buf, len);
}

size_t pk_evidence_section(const struct pk_evidence *ev, const char *name, void *buf, size_t len)
{
	const struct pk_section *s = pk_elf_section(ev->e, name);

	if (!s || s->type == SHT_NOBITS)
		return 0;
	return pk_elf_read(ev->e, s->off, buf, len < s->len ? len : s->len);
}

/* --- texts ------------------------------------------------------------------ */

/* What is done with a piece of the constants; true: that is enough. */
struct reading {
	struct pk_evidence *ev;
	bool (*piece)(void *ctx, const char *data, size_t len);
	void *ctx;
	char *chunk;
	uint64_t left; /* bytes that may be read */
};

/* Pieces overlap by what a text may be long, so that none is only seen cut in two. */
static bool read_range(struct reading *r, uint64_t off, uint64_t len)
{
	uint64_t end;

	if (__builtin_add_overflow(off, len, &end))
		return false;
	while (off < end && r->left) {
		size_t want = end - off < CHUNK_BYTES ? end - off : CHUNK_BYTES;
		size_t got = pk_elf_read(r->ev->e, off, r->chunk, want);

		r->left -= got < r->left ? got : r->left;
		*r->ev->budget -= got < *r->ev->budget ? got : *r->ev->budget;
		if (r->piece(r->ctx, r->chunk, got))
			return true;
		if (got < CHUNK_BYTES)
			return false;
		off += got - MAX_TEXT_BYTES;
	}
	return false;
}

/* Constants are in read-only data, and without sections in any segment. */
static bool read_constants(struct reading *r)
{
	const struct pk_elf *e = r->ev->e;
	bool any = false;

	PK_VEC_FOREACH(&e->sections, s) {
		if (s->exec || s->type != SHT_PROGBITS || strncmp(s->name, ".rodata", 7))
			continue;
		any = true;
		if (read_range(r, s->off, s->len))
			return true;
	}
	if (any)
		return false;
	PK_VEC_FOREACH(&e->segments, s)
		if (read_range(r, s->off, s->len))
			return true;
	return false;
}

static bool each_piece(struct pk_evidence *ev,
		       bool (*piece)(void *ctx, const char *data, size_t len), void *ctx)
{
	PK_AUTO_FREE char *chunk = NULL;
	struct reading r = { .ev = ev, .piece = piece, .ctx = ctx };

	r.left = *ev->budget < MAX_FILE_BYTES ? *ev->budget : MAX_FILE_BYTES;
	chunk = r.left ? malloc(CHUNK_BYTES) : NULL;
	r.chunk = chunk;
	if (chunk && read_constants(&r))
		return true;
	ev->is_partial |= !r.left || !chunk;
	return false;
}

struct each {
	const void *text;
	size_t len;
	bool (*fn)(void *ctx, const char *at, size_t left);
	void *ctx;
};

static bool each_in_piece(void *ctx, const char *data, size_t len)
{
	const struct each *x = ctx;
	const char *end = data + len, *at = data;

	while ((at = memmem(at, end - at, x->text, x->len))) {
		if (x->fn(x->ctx, at, end - at))
			return true;
		at++;
	}
	return false;
}

bool pk_evidence_each(struct pk_evidence *ev, const void *text, size_t len,
		      bool (*fn)(void *ctx, const char *at, size_t left), void *ctx)
{
	struct each x = { text, len, fn, ctx };

	return len && len <= MAX_TEXT_BYTES && each_piece(ev, each_in_piece, &x);
}

struct texts {
	const char *const *text;
	unsigned int nr;
	uint32_t found, want; /* bit per text */
};

static bool texts_in_piece(void *ctx, const char *data, size_t len)
{
	struct texts *t = ctx;

	for (unsigned int i = 0; i < t->nr; i++)
		if (t->want & ~t->found & 1u << i &&
		    memmem(data, len, t->text[i], strlen(t->text[i])))
			t->found |= 1u << i;
	return t->found == t->want;
}

uint32_t pk_evidence_find_texts(struct pk_evidence *ev, const char *const *texts, unsigned int nr)
{
	struct texts t = { texts, nr < MAX_TEXTS ? nr : MAX_TEXTS, 0, 0 };

	for (unsigned int i = 0; i < t.nr; i++)
		if (texts[i])
			t.want |= 1u << i;
	if (t.want)
		each_piece(ev, texts_in_piece, &t);
	return t.found;
}

/* --- dynamic section ---------------------------------------------------------- */

/*
 * The next name of a kind in the dynamic section, from place *@pos on, of which at most
 * @size - 1 bytes are kept. False: there are no more.
 */
static bool next_dynamic(const struct pk_evidence *ev, int64_t tag, int *pos, char *ret, size_t size)
{
	const struct pk_elf *e = ev->e;
	const struct pk_section *s = pk_elf_section(e, ".dynamic");
	Elf_Data *d = s && s->type == SHT_DYNAMIC && s->link < e->sections.nr ? pk_elf_data(e, s)
									      : NULL;
	GElf_Dyn dyn;

	while (d && gelf_getdyn(d, (*pos)++, &dyn) && dyn.d_tag != DT_NULL) {
		const struct pk_section *names = &e->sections.data[s->link];
		size_t got;

		if (dyn.d_tag != tag || dyn.d_un.d_val >= names->len)
			continue;
		got = pk_elf_read(e, names->off + dyn.d_un.d_val, ret, size - 1);
		ret[got] = '\0';
		return true;
	}
	return false;
}

void pk_evidence_soname(const struct pk_evidence *ev, char *ret, size_t size)
{
	int pos = 0;

	ret[0] = '\0';
	next_dynamic(ev, DT_SONAME, &pos, ret, size);
}

bool pk_evidence_needs(const struct pk_evidence *ev, const char *library)
{
	char name[64];
	int pos = 0;

	while (next_dynamic(ev, DT_NEEDED, &pos, name, sizeof(name)))
		if (!strncmp(name, library, strlen(library)))
			return true;
	return false;
}
