// SPDX-License-Identifier: GPL-2.0-or-later
/* Line tables; see dwarf_line.h. */
#include <errno.h>
#include <string.h>

#include "base/ascending.h"
#include "symbol/demangle.h"
#include "symbol/dwarf_line.h"
#include "symbol/dwarf_read.h"

/* More names than this in one table are taken for damage. */
#define MAX_NAMES (1u << 20)
#define MAX_FORMATS 32

/* --- the head ------------------------------------------------------------------------ */

static const char *text(struct pk_reader *r)
{
	const char *s = (const char *)r->pos;
	size_t len = strnlen(s, pk_reader_left(r));

	return pk_reader_bytes(r, len + 1) ? s : "";
}

/* Names up to version 4: directories, of which 0 is the unit's, then files, from 1 on. */
static int read_old_names(struct pk_line_table *t, struct pk_reader *r)
{
	const char *name;

	if (pk_vec_add(&t->dirs, "") || pk_vec_add(&t->files, ((struct pk_line_file){ 0 })))
		return -ENOMEM;
	while (*(name = text(r)) && t->dirs.nr < MAX_NAMES)
		if (pk_vec_add(&t->dirs, name))
			return -ENOMEM;
	while (*(name = text(r)) && t->files.nr < MAX_NAMES) {
		struct pk_line_file f = { name, pk_dwarf_uleb(r) };

		pk_dwarf_uleb(r); /* time */
		pk_dwarf_uleb(r); /* length */
		if (pk_vec_add(&t->files, f))
			return -ENOMEM;
	}
	return 0;
}

/* A list of version 5, which says itself what its entries consist of. */
static int read_list(struct pk_line_table *t, struct pk_reader *r, const struct pk_dwarf_info *d,
		     const struct pk_dwarf_unit *u, bool dirs)
{
	struct { uint64_t what, form; } format[MAX_FORMATS];
	unsigned int nr_formats = pk_reader_u8(r);
	uint64_t nr;

	if (nr_formats > MAX_FORMATS)
		return -ENOENT;
	for (unsigned int i = 0; i < nr_formats; i++) {
		format[i].what = pk_dwarf_uleb(r);
		format[i].form = pk_dwarf_uleb(r);
	}
	nr = pk_dwarf_uleb(r);
	if (pk_reader_bad(r) || nr > MAX_NAMES || (nr && !nr_formats))
		return -ENOENT;
	for (uint64_t n = 0; n < nr && !pk_reader_bad(r); n++) {
		struct pk_line_file f = { "", 0 };

		for (unsigned int i = 0; i < nr_formats; i++) {
			struct pk_dwarf_value v =
				pk_dwarf_value_read(r, format[i].form, &t->widths);
			const char *name = format[i].what == DW_LNCT_path ?
						   pk_dwarf_string(d, u, &v) : NULL;

			if (name)
				f.name = name;
			if (format[i].what == DW_LNCT_directory_index)
				f.dir = v.u;
		}
		if (dirs ? pk_vec_add(&t->dirs, f.name) : pk_vec_add(&t->files, f))
			return -ENOMEM;
	}
	return 0;
}

static int read_head(struct pk_line_table *t, struct pk_reader *r, const struct pk_dwarf_info *d,
		     const struct pk_dwarf_unit *u)
{
	uint64_t len, head_len;
	struct pk_reader names;

	t->widths.off_bytes = pk_dwarf_length(r, &len);
	if (len < pk_reader_left(r))
		*r = pk_reader_of(r->pos, len);
	t->widths.version = pk_dwarf_u16(r);
	t->widths.addr_bytes = u->widths.addr_bytes;
	if (t->widths.version >= 5) {
		t->widths.addr_bytes = pk_reader_u8(r);
		pk_reader_u8(r); /* of segment selectors */
	}
	head_len = t->widths.off_bytes == 8 ? pk_reader_u64(r) : pk_reader_u32(r);
	if (t->widths.version < 2 || t->widths.version > 5 || head_len > pk_reader_left(r) ||
	    (t->widths.addr_bytes != 8 && t->widths.addr_bytes != 4))
		return -ENOENT;
	names = pk_reader_of(r->pos, head_len);
	pk_reader_bytes(r, head_len);
	t->program = *r;
	t->min_insn_bytes = pk_reader_u8(&names);
	t->max_ops = t->widths.version >= 4 ? pk_reader_u8(&names) : 1;
	pk_reader_u8(&names); /* whether rows are statements at first */
	t->line_base = pk_reader_u8(&names);
	t->line_range = pk_reader_u8(&names);
	t->opcode_base = pk_reader_u8(&names);
	if (t->opcode_base)
		t->opcode_args = pk_reader_bytes(&names, t->opcode_base - 1);
	/* one operation per instruction: what this is run on has no other */
	if (pk_reader_bad(&names) || !t->line_range || !t->opcode_base || t->max_ops > 1)
		return -ENOENT;
	if (t->widths.version < 5)
		return read_old_names(t, &names);
	len = read_list(t, &names, d, u, true);
	return len ? (int)len : read_list(t, &names, d, u, false);
}

int pk_line_table_init(struct pk_line_table *t, struct pk_dwarf_info *d,
		       const struct pk_dwarf_unit *u)
{
	const struct pk_unpacked *b = &d->section[PK_DWARF_LINE];
	struct pk_reader r;
	int ret;

	*t = (struct pk_line_table){ 0 };
	if (!u->has_lines || u->line_off >= b->len)
		return -ENOENT;
	r = pk_reader_of(b->data + u->line_off, b->len - u->line_off);
	ret = read_head(t, &r, d, u);
	pk_dwarf_spend(d, t->dirs.nr + t->files.nr);
	if (ret)
		pk_line_table_deinit(t);
	return ret;
}

void pk_line_table_deinit(struct pk_line_table *t)
{
	pk_vec_deinit(&t->dirs);
	pk_vec_deinit(&t->files);
}

/* --- the program ---------------------------------------------------------------------- */

struct machine {
	struct pk_line_table *t;
	struct pk_dwarf_info *d;
	const uint64_t *addr;	/* wanted */
	size_t nr;
	struct pk_line_pos *pos;
	uint64_t at;		/* registers of the machine */
	uint32_t file;
	uint64_t line;
	/* The row before, which covers the code up to the next one. */
	bool has_row;
	bool is_dropped;	/* the sequence is of code that the linker left out */
	uint64_t row_at;
	struct pk_line_pos row;
	size_t next;		/* first wanted address at or behind row_at */
};

static void begin_sequence(struct machine *m)
{
	m->at = 0;
	m->file = 1;
	m->line = 1;
	m->has_row = false;
}

/* As in dwarf_die.c: where no function begins. */
static bool is_dropped(const struct machine *m, uint64_t at)
{
	return at <= 1 || at >= (m->t->widths.addr_bytes == 4 ? UINT32_MAX : UINT64_MAX) - 1;
}

/* The wanted addresses between the last row and this one are of the last one's line. */
static void give_line(struct machine *m)
{
	size_t from = m->next;

	for (; m->next < m->nr && m->addr[m->next] < m->at; m->next++)
		if (!m->pos[m->next].known && !m->is_dropped)
			m->pos[m->next] = m->row;
	/* rows that go back may pass over the same addresses again and again */
	pk_dwarf_spend(m->d, m->next - from);
}

static void add_row(struct machine *m, bool ends)
{
	if (!m->has_row)
		m->is_dropped = is_dropped(m, m->at);
	if (m->has_row && m->at >= m->row_at)
		give_line(m);
	else
		m->next = pk_lower_u64(m->addr, m->nr, m->at);
	m->row_at = m->at;
	m->row = (struct pk_line_pos){ m->file, m->line <= UINT32_MAX ? m->line : 0, true };
	m->has_row = true;
	if (ends)
		begin_sequence(m);
}

static void extended(struct machine *m, struct pk_reader *r)
{
	uint64_t len = pk_dwarf_uleb(r);
	const uint8_t *bytes = pk_reader_bytes(r, len);
	struct pk_reader in;

	if (!bytes || !len)
		return;
	in = pk_reader_of(bytes, len);
	switch (pk_reader_u8(&in)) {
	case DW_LNE_end_sequence:
		add_row(m, true);
		break;
	case DW_LNE_set_address:
		m->at = pk_reader_left(&in) >= 8 ? pk_reader_u64(&in) : pk_reader_u32(&in);
		break;
	case DW_LNE_define_file: {
		struct pk_line_file f = { .name = text(&in) };

		f.dir = pk_dwarf_uleb(&in);
		if (m->t->files.nr >= MAX_NAMES || pk_vec_add(&m->t->files, f))
			r->bad = true;
		break;
	}
	}
}

static void standard(struct machine *m, struct pk_reader *r, uint8_t op)
{
	const struct pk_line_table *t = m->t;

	switch (op) {
	case DW_LNS_copy:
		add_row(m, false);
		break;
	case DW_LNS_advance_pc:
		m->at += pk_dwarf_uleb(r) * t->min_insn_bytes;
		break;
	case DW_LNS_advance_line:
		m->line += pk_dwarf_sleb(r);
		break;
	case DW_LNS_set_file:
		m->file = pk_dwarf_uleb(r);
		break;
	case DW_LNS_const_add_pc:
		m->at += (255 - t->opcode_base) / t->line_range * t->min_insn_bytes;
		break;
	case DW_LNS_fixed_advance_pc:
		m->at += pk_dwarf_u16(r);
		break;
	default: /* without a meaning here, or unknown: the head says how much to skip */
		for (unsigned int i = t->opcode_args[op - 1]; i && !pk_reader_bad(r); i--)
			pk_dwarf_uleb(r);
	}
}

void pk_line_table_run(struct pk_line_table *t, struct pk_dwarf_info *d, const uint64_t *addr,
		       size_t nr, struct pk_line_pos *pos)
{
	struct machine m = { .t = t, .d = d, .addr = addr, .nr = nr, .pos = pos };
	struct pk_reader r = t->program;

	begin_sequence(&m);
	while (pk_reader_left(&r) && pk_dwarf_spend(d, 1)) {
		uint8_t op = pk_reader_u8(&r);

		if (op >= t->opcode_base) {
			op -= t->opcode_base;
			m.at += op / t->line_range * t->min_insn_bytes;
			m.line += t->line_base + op % t->line_range;
			add_row(&m, false);
		} else if (op) {
			standard(&m, &r, op);
		} else {
			extended(&m, &r);
		}
	}
}

/* --- paths ---------------------------------------------------------------------------- */

static void add_part(struct pk_strbuf *out, const char *part)
{
	if (!*part)
		return;
	if (out->len && out->data[out->len - 1] != '/')
		pk_strbuf_putc(out, '/');
	pk_add_clean(out, part, strlen(part));
}

bool pk_line_table_path(const struct pk_line_table *t, const struct pk_dwarf_unit *u,
			uint64_t file, struct pk_strbuf *out)
{
	const struct pk_line_file *f = file < t->files.nr ? &t->files.data[file] : NULL;
	const char *dir = f && f->dir < t->dirs.nr ? t->dirs.data[f->dir] : "";

	if (!f || !f->name || !*f->name)
		return false;
	if (*f->name != '/') {
		if (*dir != '/')
			add_part(out, u->comp_dir);
		add_part(out, dir);
	}
	add_part(out, f->name);
	return out->len <= PK_MAX_SOURCE_PATH;
}
