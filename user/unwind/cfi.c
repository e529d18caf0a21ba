// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the entries of call frame information and their common parts; see cfi.h. */
#include <string.h>

#include "unwind/cfi.h"
#include "unwind/cfi_run.h"

/* Of unpacked .debug_frame, of .eh_frame without an index, and of an index. */
#define MAX_SECTION_BYTES (16u << 20)
#define MAX_INDEX_BYTES	  (16u << 20)
#define MAX_CIES	  65536
/* Of entries that are followed, which may overlap in a file that means harm: some seconds. */
#define MAX_BUDGET (1ULL << 30)

/* A state in which nothing is said yet. */
static const struct pk_cfi_state unsaid;

/* The next entry of a section in memory: its offset; false: no more. */
static bool next_entry(struct pk_reader *r, const uint8_t *base, uint64_t *off_ret)
{
	uint64_t len;

	*off_ret = r->pos - base;
	if (pk_reader_left(r) < 4)
		return false;
	pk_dwarf_length(r, &len);
	return len && pk_reader_bytes(r, len);
}

static int list_debug_frame(struct pk_cfi *c)
{
	struct pk_reader r = pk_reader_of(c->bytes.all, c->bytes.all_len);
	struct pk_cfi_entry x;
	uint64_t off;
	int ret;

	while (next_entry(&r, c->bytes.all, &off)) {
		if (pk_vec_add(&c->eh.fdes, ((struct pk_fde){ .off = off })))
			return -ENOMEM;
		ret = pk_cfi_entry(c, c->eh.fdes.nr - 1, &x);
		if (ret == -EINVAL)
			c->eh.fdes.nr--;
		else if (ret)
			return ret;
		else
			c->eh.fdes.data[c->eh.fdes.nr - 1].start = x.start;
	}
	pk_eh_frame_sort(&c->eh);
	return c->eh.fdes.nr ? 0 : -ENOENT;
}

static int init_debug_frame(struct pk_cfi *c)
{
	const struct pk_section *s = pk_elf_section(c->e, ".debug_frame");
	int ret;

	if (!s)
		s = pk_elf_section(c->e, ".zdebug_frame");
	if (!s || s->type == SHT_NOBITS)
		return -ENOENT;
	ret = pk_elf_unpack(c->e, s, MAX_SECTION_BYTES, &c->section);
	if (ret || !c->section.len)
		return ret == -ENOMEM ? ret : -ENOENT;
	c->bytes.all = c->section.data;
	c->bytes.all_len = c->section.len;
	c->budget = 4ULL * c->section.len;
	return list_debug_frame(c);
}

static int init_eh_frame(struct pk_cfi *c)
{
	const struct pk_section *s = pk_elf_section(c->e, ".eh_frame");
	int ret;

	if (c->e->eh_frame_hdr_len > MAX_INDEX_BYTES)
		return -EFBIG;
	if (!c->e->eh_frame_hdr_len && s && s->len > MAX_SECTION_BYTES)
		return -EFBIG;
	ret = pk_eh_frame_init(&c->eh, c->e);
	return ret ? ret : c->eh.fdes.nr ? 0 : -ENOENT;
}

int pk_cfi_init(struct pk_cfi *c, const struct pk_elf *e)
{
	int ret;

	*c = (struct pk_cfi){ .e = e, .bytes.e = e, .is_eh = true };
	c->is64 = gelf_getclass(e->elf) == ELFCLASS64;
	c->budget = e->file_bytes < MAX_BUDGET / 4 ? 4 * e->file_bytes : MAX_BUDGET;
	ret = init_eh_frame(c);
	if (ret == -ENOENT) {
		c->is_eh = false;
		ret = init_debug_frame(c);
	}
	if (ret)
		pk_cfi_deinit(c);
	return ret;
}

void pk_cfi_deinit(struct pk_cfi *c)
{
	pk_cfi_bytes_deinit(&c->bytes);
	pk_unpacked_free(&c->section);
	pk_eh_frame_deinit(&c->eh);
	pk_vec_deinit(&c->cies);
	pk_map64_deinit(&c->cie_at);
}

static int read_bytes(struct pk_cfi *c, uint64_t off, struct pk_dwarf *ret)
{
	int err = pk_cfi_bytes_entry(&c->bytes, off, ret);

	if (err)
		return err;
	if (pk_reader_left(&ret->r) > c->budget)
		return -EFBIG;
	c->budget -= pk_reader_left(&ret->r);
	return 0;
}

static int add_cie(struct pk_cfi *c, uint64_t off, uint32_t *ret)
{
	struct pk_cfi_cie cie = { .initial = unsaid };
	struct pk_dwarf d;
	int err = read_bytes(c, off, &d);

	if (err)
		return err;
	if (!pk_dwarf_cie(&d, c->is_eh, &cie.head))
		return -EINVAL;
	pk_cfi_run_cie(&cie, d, c->is64);
	if (c->cies.nr >= MAX_CIES)
		return -EFBIG;
	if (pk_vec_add(&c->cies, cie) || pk_map64_set(&c->cie_at, off, c->cies.nr - 1))
		return -ENOMEM;
	*ret = c->cies.nr - 1;
	return 0;
}

/* Read on from the id of an FDE. */
static int read_entry(struct pk_cfi *c, struct pk_dwarf *d, uint32_t cie, struct pk_cfi_entry *ret)
{
	const struct pk_dwarf_cie *head = &c->cies.data[cie].head;
	uint64_t range;

	ret->cie = cie;
	ret->start = pk_dwarf_pointer(d, head->encoding, 0);
	range = pk_dwarf_form(d, head->encoding);
	if (head->has_data)
		pk_reader_bytes(&d->r, pk_dwarf_uleb(&d->r));
	if (pk_reader_bad(&d->r) || !range || __builtin_add_overflow(ret->start, range, &ret->end))
		return -EINVAL;
	ret->insns = *d;
	return 0;
}

/* Offset of the CIE that an FDE names; -EINVAL: it is a CIE itself, or names none. */
static int read_cie_off(const struct pk_cfi *c, struct pk_dwarf *d, uint64_t off, uint64_t *ret)
{
	uint64_t len, id, id_off;
	unsigned int width = pk_dwarf_length(&d->r, &len);

	id_off = off + (d->r.pos - d->base);
	id = width == 4 ? pk_reader_u32(&d->r) : pk_reader_u64(&d->r);
	if (pk_reader_bad(&d->r) || (c->is_eh && (!id || id > id_off)))
		return -EINVAL;
	if (!c->is_eh && id == (width == 4 ? 0xffffffff : ~0ULL))
		return -EINVAL;
	*ret = c->is_eh ? id_off - id : id;
	return 0;
}

int pk_cfi_entry(struct pk_cfi *c, size_t i, struct pk_cfi_entry *ret)
{
	uint64_t off = c->eh.fdes.data[i].off, cie_off;
	struct pk_dwarf d;
	uint32_t cie;
	int err = read_bytes(c, off, &d);

	if (err)
		return err;
	err = read_cie_off(c, &d, off, &cie_off);
	if (err)
		return err;
	cie = pk_map64_get(&c->cie_at, cie_off);
	if (cie == PK_MAP64_NONE) {
		err = add_cie(c, cie_off, &cie);
		/* which may have taken the place of what we read */
		if (!err)
			err = pk_cfi_bytes_entry(&c->bytes, off, &d);
		if (!err)
			err = read_cie_off(c, &d, off, &cie_off);
		if (err)
			return err;
	}
	return read_entry(c, &d, cie, ret);
}
