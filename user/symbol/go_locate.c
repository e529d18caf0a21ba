// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where in an ELF file Go's function table is, and where the code begins that
 * it is about.
 *
 * The linker of Go gives the table a section of its own, but a C linker, called
 * in for position independent programs with C in them, puts it somewhere among
 * other constants: there it is looked for by its first bytes.
 *
 * From Go 1.26 on the table does not say where the code begins. The runtime's
 * record of the program does, which begins with a pointer to the table and has
 * that of the code at a place that is the same since Go 1.16.
 */
#include "base/reader.h"
#include "symbol/go_pclntab.h"

/* Of a whole file: what is read in search of something. */
#define MAX_SEARCHED_BYTES (512u << 20)
#define MAX_RELOCATIONS	   (1u << 24)
/* Tables and records that turn out to be none. */
#define MAX_CANDIDATES 4
#define MAX_NOTE_BYTES 4096

#define NOTE_GO_BUILD_ID 4
/* Words of the record before that with the start of the code. */
#define RECORD_TEXT 22

/* Bytes of the file, in place; NULL: not there, or too many. */
static const uint8_t *bytes_at(const struct pk_elf *e, uint64_t off, uint64_t len)
{
	Elf_Data *d;

	if (!len || len > MAX_SEARCHED_BYTES || len > e->file_bytes || off > e->file_bytes - len)
		return NULL;
	d = elf_getdata_rawchunk(e->elf, off, len, ELF_T_BYTE);
	return d && d->d_size == len ? d->d_buf : NULL;
}

/* Constants and data come last; @fn true: found, go no further. */
static bool search_data(const struct pk_elf *e,
			bool (*fn)(void *ctx, const struct pk_segment *s, const uint8_t *data),
			void *ctx)
{
	uint64_t left = MAX_SEARCHED_BYTES;

	for (size_t i = e->segments.nr; i--;) {
		const struct pk_segment *s = &e->segments.data[i];
		const uint8_t *data = s->exec || s->len > left ? NULL : bytes_at(e, s->off, s->len);

		if (!data)
			continue;
		left -= s->len;
		if (fn(ctx, s, data))
			return true;
	}
	return false;
}

/* ---- start of the code ---------------------------------------------------------- */

/* Is all that the table is about code, if it begins there? */
static bool is_text(const struct pk_elf *e, const struct pk_go_pclntab *t, uint64_t text)
{
	struct pk_go_pclntab moved = *t;
	uint64_t start, end;
	struct pk_func first;

	/* at 0 is the head of a file whose addresses begin there, or a pointer left to relocations */
	if (t->is_relative && !text)
		return false;
	moved.text = text;
	if (!pk_go_pclntab_range(&moved, &start, &end) ||
	    !pk_go_pclntab_find(&moved, start, &first))
		return false;
	PK_VEC_FOREACH(&e->segments, s)
		if (s->exec && start - s->svma < s->len && end - s->svma <= s->len)
			return true;
	return false;
}

struct record_search {
	const struct pk_elf *e;
	const struct pk_go_pclntab *t;
	uint64_t table; /* its svma */
	uint64_t text;	/* what was found */
};

static bool find_record(void *ctx, const struct pk_segment *s, const uint8_t *data)
{
	struct record_search *search = ctx;
	unsigned int word = search->t->word_bytes;
	uint64_t to_text = (uint64_t)word * RECORD_TEXT, at = -s->svma % word;

	for (; at + to_text + word <= s->len; at += word) {
		struct pk_reader r = pk_reader_of(data + at, to_text + word);
		uint64_t first = word == 4 ? pk_reader_u32(&r) : pk_reader_u64(&r);

		if (first != search->table)
			continue;
		pk_reader_bytes(&r, to_text - word);
		search->text = word == 4 ? pk_reader_u32(&r) : pk_reader_u64(&r);
		if (is_text(search->e, search->t, search->text))
			return true;
	}
	return false;
}

/*
 * Relocations of position independent 64-bit programs, whose pointers may be in no other place:
 * the pointer that is put where @key says or, @by_value, where the pointer @key is put. The first
 * but @skip.
 */
static bool find_relocation(const struct pk_elf *e, bool by_value, uint64_t key, unsigned int skip,
			    uint64_t *ret)
{
	size_t nr_seen = 0;
	GElf_Rela rela;

	PK_VEC_FOREACH(&e->sections, s) {
		bool is_wanted = s->type == SHT_RELA && nr_seen < MAX_RELOCATIONS;
		Elf_Data *d = is_wanted ? pk_elf_data(e, s) : NULL;
		size_t entry = gelf_fsize(e->elf, ELF_T_RELA, 1, EV_CURRENT);
		size_t nr = d && d->d_type == ELF_T_RELA ? d->d_size / entry : 0;

		for (size_t i = 0; i < nr && nr_seen < MAX_RELOCATIONS; i++, nr_seen++) {
			if (!gelf_getrela(d, i, &rela) ||
			    GELF_R_TYPE(rela.r_info) != R_X86_64_RELATIVE ||
			    (by_value ? (uint64_t)rela.r_addend : rela.r_offset) != key || skip--)
				continue;
			*ret = by_value ? rela.r_offset : (uint64_t)rela.r_addend;
			return true;
		}
	}
	return false;
}

static bool place_by_relocations(const struct pk_elf *e, uint64_t table_svma,
				 struct pk_go_pclntab *t)
{
	uint64_t record, text;

	for (unsigned int i = 0; i < MAX_CANDIDATES; i++) {
		if (!find_relocation(e, true, table_svma, i, &record))
			return false;
		if (!find_relocation(e, false, record + 8 * RECORD_TEXT, 0, &text) ||
		    !is_text(e, t, text))
			continue;
		t->text = text;
		return true;
	}
	return false;
}

/* Give the table its start of the code, from the best that says so. */
static bool place(const struct pk_elf *e, uint64_t table_svma, struct pk_go_pclntab *t)
{
	struct record_search search = { .e = e, .t = t, .table = table_svma };

	if (is_text(e, t, t->text))
		return true;
	if (!t->is_relative)
		return false;
	if (search_data(e, find_record, &search)) {
		t->text = search.text;
		return true;
	}
	return place_by_relocations(e, table_svma, t);
}

/* ---- the table ------------------------------------------------------------------ */

static bool open_section(const struct pk_elf *e, const char *name, struct pk_go_pclntab *t)
{
	const struct pk_section *s = pk_elf_section(e, name);
	const uint8_t *data = s && s->type != SHT_NOBITS ? bytes_at(e, s->off, s->len) : NULL;

	return data && pk_go_pclntab_init(t, data, s->len) && place(e, s->svma, t);
}

static bool has_go_note(const struct pk_elf *e, const GElf_Phdr *ph)
{
	uint8_t buf[MAX_NOTE_BYTES];
	size_t len = ph->p_filesz < sizeof(buf) ? ph->p_filesz : sizeof(buf);
	struct pk_reader r = pk_reader_of(buf, pk_elf_read(e, ph->p_offset, buf, len));

	while (pk_reader_left(&r)) {
		uint64_t name_len = pk_reader_u32(&r), desc_len = pk_reader_u32(&r);
		uint32_t type = pk_reader_u32(&r);
		const char *name = pk_reader_bytes(&r, (name_len + 3) & ~3ULL);

		if (name && name_len == 4 && !memcmp(name, "Go\0", 4) && type == NOTE_GO_BUILD_ID)
			return true;
		pk_reader_bytes(&r, (desc_len + 3) & ~3ULL);
	}
	return false;
}

/* Most files are not: it must be known before all of one is read. */
bool pk_go_built(const struct pk_elf *e)
{
	size_t nr;

	if (pk_elf_section(e, ".go.buildinfo"))
		return true;
	if (elf_getphdrnum(e->elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(e->elf, i, &ph) && ph.p_type == PT_NOTE && has_go_note(e, &ph))
			return true;
	}
	return false;
}

struct table_search {
	const struct pk_elf *e;
	struct pk_go_pclntab *t;
	unsigned int nr_candidates;
};

static bool find_table(void *ctx, const struct pk_segment *s, const uint8_t *data)
{
	struct table_search *search = ctx;

	for (uint64_t at = -s->svma % 4; at < s->len; at += 4) {
		/* whatever the version */
		if (data[at] < 0xf0 || s->len - at < 4 || data[at + 3] != 0xff ||
		    !pk_go_pclntab_init(search->t, data + at, s->len - at))
			continue;
		if (place(search->e, s->svma + at, search->t))
			return true;
		if (++search->nr_candidates == MAX_CANDIDATES)
			return false;
	}
	return false;
}

bool pk_go_pclntab_open(const struct pk_elf *e, struct pk_go_pclntab *t)
{
	struct table_search search = { .e = e, .t = t };

	if (open_section(e, ".gopclntab", t) || open_section(e, ".data.rel.ro.gopclntab", t))
		return true;
	return pk_go_built(e) && search_data(e, find_table, &search);
}

int pk_go_offer_functions(const struct pk_elf *e, struct pk_cover *c)
{
	uint32_t i = pk_cover_next_free(c, 0);
	uint64_t start, end;
	struct pk_go_pclntab t;
	struct pk_func f;

	if (i == c->nr || !pk_go_pclntab_open(e, &t))
		return 0;
	if (pk_go_pclntab_range(&t, &start, &end))
		pk_cover_bound(c, start, end);
	while (i < c->nr) {
		if (!pk_go_pclntab_find(&t, c->addr[i], &f)) {
			i = pk_cover_free_after(c, i);
			continue;
		}
		if (pk_cover_offer(c, &f))
			return -ENOMEM;
		i = pk_cover_next_free(c, f.end);
	}
	return 0;
}
