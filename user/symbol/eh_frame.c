// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ranges of unwind entries; see eh_frame.h. Only the few bytes that say where
 * an entry begins and how long it is are read, when it is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "symbol/dwarf_read.h"
#include "symbol/eh_frame.h"

#define MAX_TABLE_BYTES (128u << 20)
#define MAX_SCANNED	(4u << 20)
/* Of a CIE or FDE: length, id, augmentation and pointers fit in here. */
#define HEAD_BYTES 128

static struct pk_dwarf window_of(const struct pk_eh_frame *eh, const void *data, size_t len,
				 uint64_t off)
{
	struct pk_dwarf w = { .r = pk_reader_of(data, len), .base = data };

	w.is64 = gelf_getclass(eh->e->elf) == ELFCLASS64;
	if (!pk_elf_to_svma(eh->e, off, &w.svma))
		w.r.bad = true;
	return w;
}

/* Encoding of the pointers in entries of the CIE at @off; DW_EH_PE_omit: not readable. */
static uint8_t parse_cie(const struct pk_eh_frame *eh, uint64_t off)
{
	uint8_t buf[HEAD_BYTES];
	struct pk_dwarf w = window_of(eh, buf, pk_elf_read(eh->e, off, buf, sizeof(buf)), off);
	struct pk_dwarf_cie cie;

	return pk_dwarf_cie(&w, true, &cie) ? cie.encoding : DW_EH_PE_omit;
}

static uint8_t encoding_of(struct pk_eh_frame *eh, uint64_t cie_off)
{
	uint32_t known = pk_map64_get(&eh->encodings, cie_off);

	if (known == PK_MAP64_NONE) {
		known = parse_cie(eh, cie_off);
		/* without memory it is parsed again next time */
		(void)pk_map64_set(&eh->encodings, cie_off, known);
	}
	return known;
}

/* Range of the entry that begins with @bytes, at file offset @off. */
static bool parse_fde(struct pk_eh_frame *eh, const void *bytes, size_t nr_bytes, uint64_t off,
		      uint64_t *start_ret, uint64_t *end_ret)
{
	struct pk_dwarf w = window_of(eh, bytes, nr_bytes, off);
	uint64_t len, id, id_off, range;
	unsigned int width;
	uint8_t encoding;

	width = pk_dwarf_length(&w.r, &len);
	id_off = off + (w.r.pos - w.base);
	id = width == 4 ? pk_reader_u32(&w.r) : pk_reader_u64(&w.r);
	if (pk_reader_bad(&w.r) || !len || !id || id > id_off)
		return false;
	encoding = encoding_of(eh, id_off - id);
	if (encoding == DW_EH_PE_omit)
		return false;
	*start_ret = pk_dwarf_pointer(&w, encoding, 0);
	range = pk_dwarf_form(&w, encoding);
	return !pk_reader_bad(&w.r) && range && !__builtin_add_overflow(*start_ret, range, end_ret);
}

static int compare_fdes(const void *a, const void *b)
{
	const struct pk_fde *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
}

void pk_eh_frame_sort(struct pk_eh_frame *eh)
{
	/* linkers write the index in order */
	for (size_t i = 1; i < eh->fdes.nr; i++) {
		if (compare_fdes(&eh->fdes.data[i - 1], &eh->fdes.data[i]) > 0) {
			qsort(eh->fdes.data, eh->fdes.nr, sizeof(*eh->fdes.data), compare_fdes);
			return;
		}
	}
}

/* svma of a readable place to its offset. */
static bool svma_to_off(const struct pk_elf *e, uint64_t svma, uint64_t *off_ret)
{
	PK_VEC_FOREACH(&e->segments, s) {
		if (svma - s->svma < s->len) {
			*off_ret = svma - s->svma + s->off;
			return true;
		}
	}
	return false;
}

/* The table of .eh_frame_hdr. -ENOENT: there is none that can be used. */
static int read_hdr(struct pk_eh_frame *eh, struct pk_dwarf *w)
{
	uint64_t hdr = w->svma, nr, off;
	uint8_t version = pk_reader_u8(&w->r), frame_enc = pk_reader_u8(&w->r);
	uint8_t count_enc = pk_reader_u8(&w->r), table_enc = pk_reader_u8(&w->r);

	if (version != 1 || count_enc == DW_EH_PE_omit || table_enc == DW_EH_PE_omit)
		return -ENOENT;
	pk_dwarf_pointer(w, frame_enc, hdr);
	nr = pk_dwarf_pointer(w, count_enc, hdr);
	if (pk_reader_bad(&w->r) || !nr || nr > pk_reader_left(&w->r) / 4)
		return -ENOENT;
	if (pk_vec_reserve(&eh->fdes, nr))
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t start = pk_dwarf_pointer(w, table_enc, hdr);
		uint64_t fde = pk_dwarf_pointer(w, table_enc, hdr);

		if (pk_reader_bad(&w->r))
			return -ENOENT;
		if (svma_to_off(eh->e, fde, &off))
			eh->fdes.data[eh->fdes.nr++] = (struct pk_fde){ start, off };
	}
	return 0;
}

static int load_hdr(struct pk_eh_frame *eh)
{
	uint64_t off = eh->e->eh_frame_hdr_off, len = eh->e->eh_frame_hdr_len;
	struct pk_dwarf w;
	uint8_t *buf;
	int ret;

	if (!len || len > MAX_TABLE_BYTES || len > eh->e->file_bytes)
		return -ENOENT;
	buf = malloc(len);
	if (!buf)
		return -ENOMEM;
	w = window_of(eh, buf, pk_elf_read(eh->e, off, buf, len), off);
	ret = read_hdr(eh, &w);
	free(buf);
	return ret;
}

/* All entries of .eh_frame in turn. */
static int scan_section(struct pk_eh_frame *eh)
{
	const struct pk_section *s = pk_elf_section(eh->e, ".eh_frame");
	Elf_Data *d = s && s->len <= MAX_TABLE_BYTES ? pk_elf_data(eh->e, s) : NULL;
	struct pk_reader r;
	uint64_t start, end;

	if (!d)
		return 0;
	r = pk_reader_of(d->d_buf, d->d_size);
	while (pk_reader_left(&r) >= 4 && eh->fdes.nr < MAX_SCANNED) {
		const uint8_t *here = r.pos;
		uint64_t off = s->off + (here - (const uint8_t *)d->d_buf), len;

		pk_dwarf_length(&r, &len);
		if (!len || !pk_reader_bytes(&r, len))
			break;
		if (parse_fde(eh, here, r.pos - here, off, &start, &end) &&
		    pk_vec_add(&eh->fdes, ((struct pk_fde){ start, off })))
			return -ENOMEM;
	}
	return 0;
}

int pk_eh_frame_init(struct pk_eh_frame *eh, const struct pk_elf *e)
{
	int ret;

	*eh = (struct pk_eh_frame){ .e = e };
	ret = load_hdr(eh);
	if (ret == -ENOENT) {
		eh->fdes.nr = 0;
		ret = scan_section(eh);
	}
	if (ret)
		pk_eh_frame_deinit(eh);
	else
		pk_eh_frame_sort(eh);
	return ret;
}

void pk_eh_frame_deinit(struct pk_eh_frame *eh)
{
	pk_vec_deinit(&eh->fdes);
	pk_map64_deinit(&eh->encodings);
}

/* How many entries start at or below an svma. */
static size_t nr_up_to(const struct pk_eh_frame *eh, uint64_t svma)
{
	size_t lo = 0, hi = eh->fdes.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (eh->fdes.data[mid].start <= svma)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Range of the last of @nr entries, as it says itself. */
static bool range_of_last(struct pk_eh_frame *eh, size_t nr, uint64_t *start_ret, uint64_t *end_ret)
{
	uint64_t off = nr ? eh->fdes.data[nr - 1].off : 0;
	uint8_t buf[HEAD_BYTES];

	return nr && parse_fde(eh, buf, pk_elf_read(eh->e, off, buf, sizeof(buf)), off, start_ret,
			       end_ret);
}

/* Where the one behind the first @nr entries starts. */
static uint64_t next_start(const struct pk_eh_frame *eh, size_t nr)
{
	return nr < eh->fdes.nr ? eh->fdes.data[nr].start : UINT64_MAX;
}

bool pk_eh_frame_find(struct pk_eh_frame *eh, uint64_t svma, uint64_t *start_ret, uint64_t *end_ret)
{
	size_t nr = nr_up_to(eh, svma);

	if (!range_of_last(eh, nr, start_ret, end_ret) || *start_ret > svma || svma >= *end_ret)
		return false;
	/* one that reaches into the next has that for its end */
	if (*end_ret > next_start(eh, nr))
		*end_ret = next_start(eh, nr);
	return true;
}

void pk_eh_frame_gap(struct pk_eh_frame *eh, uint64_t svma, uint64_t *start_ret, uint64_t *end_ret)
{
	size_t nr = nr_up_to(eh, svma);
	uint64_t start, end;

	*end_ret = next_start(eh, nr);
	*start_ret = svma;
	if (!nr)
		*start_ret = 0;
	else if (range_of_last(eh, nr, &start, &end) && end <= svma)
		*start_ret = end;
}
