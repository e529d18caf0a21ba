// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ranges of unwind entries; see eh_frame.h. Only the few bytes that say where
 * an entry begins and how long it is are read, when it is asked for.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "symbol/eh_frame.h"

#define MAX_TABLE_BYTES (128u << 20)
#define MAX_SCANNED (4u << 20)
/* Of a CIE or FDE: length, id, augmentation and pointers fit in here. */
#define HEAD_BYTES 128

/* Where a piece of the file is, for pointers that are relative to themselves. */
struct window {
	struct pk_reader r;
	const uint8_t *base;
	uint64_t svma;		/* of base */
	bool is64;
};

static uint64_t window_svma(const struct window *w)
{
	return w->svma + (w->r.pos - w->base);
}

static uint64_t read_uleb(struct pk_reader *r)
{
	return pk_reader_varint(r);
}

/* Signed LEB128, which is not the reader's zigzag form. */
static uint64_t read_sleb(struct pk_reader *r)
{
	uint64_t v = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = pk_reader_u8(r);
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && shift < 70);
	if (shift < 64 && byte & 0x40)
		v |= ~0ULL << shift;
	return v;
}

static uint16_t read_u16(struct pk_reader *r)
{
	uint8_t low = pk_reader_u8(r);

	return low | pk_reader_u8(r) << 8;
}

/* A number in the form that the low half of a pointer encoding says. */
static uint64_t read_form(struct window *w, uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
		return w->is64 ? pk_reader_u64(&w->r) : pk_reader_u32(&w->r);
	case DW_EH_PE_uleb128:
		return read_uleb(&w->r);
	case DW_EH_PE_sleb128:
		return read_sleb(&w->r);
	case DW_EH_PE_udata2:
		return read_u16(&w->r);
	case DW_EH_PE_sdata2:
		return (int16_t)read_u16(&w->r);
	case DW_EH_PE_udata4:
		return pk_reader_u32(&w->r);
	case DW_EH_PE_sdata4:
		return (int32_t)pk_reader_u32(&w->r);
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return pk_reader_u64(&w->r);
	}
	w->r.bad = true;
	return 0;
}

/* A pointer; @data: what DW_EH_PE_datarel counts from. */
static uint64_t read_pointer(struct window *w, uint8_t encoding, uint64_t data)
{
	uint64_t here = window_svma(w), value = read_form(w, encoding);

	switch (encoding & 0xf0) {
	case DW_EH_PE_absptr:
		break;
	case DW_EH_PE_pcrel:
		value += here;
		break;
	case DW_EH_PE_datarel:
		value += data;
		break;
	default:	/* indirect, aligned, relative to what a file does not know */
		w->r.bad = true;
	}
	return w->is64 ? value : (uint32_t)value;
}

static struct window window_of(const struct pk_eh_frame *eh, const void *data, size_t len,
			       uint64_t off)
{
	struct window w = { .r = pk_reader_of(data, len), .base = data };

	w.is64 = gelf_getclass(eh->e->elf) == ELFCLASS64;
	if (!pk_elf_to_svma(eh->e, off, &w.svma))
		w.r.bad = true;
	return w;
}

/* Start of an entry: bytes to its end in @len_ret, width of its id in bytes returned. */
static unsigned int read_length(struct pk_reader *r, uint64_t *len_ret)
{
	*len_ret = pk_reader_u32(r);
	if (*len_ret != 0xffffffff)
		return 4;
	*len_ret = pk_reader_u64(r);
	return 8;
}

/* Encoding of the pointers in entries of the CIE at @off; DW_EH_PE_omit: not readable. */
static uint8_t parse_cie(const struct pk_eh_frame *eh, uint64_t off)
{
	uint8_t buf[HEAD_BYTES], version, encoding = DW_EH_PE_absptr;
	struct window w = window_of(eh, buf, pk_elf_read(eh->e, off, buf, sizeof(buf)), off);
	const uint8_t *augmentation;
	unsigned int width;
	uint64_t len, id;

	width = read_length(&w.r, &len);
	id = width == 4 ? pk_reader_u32(&w.r) : pk_reader_u64(&w.r);
	version = pk_reader_u8(&w.r);
	augmentation = w.r.pos;
	while (pk_reader_u8(&w.r))
		;
	if (pk_reader_bad(&w.r) || id || (version != 1 && version != 3))
		return DW_EH_PE_omit;
	read_uleb(&w.r);	/* code alignment */
	read_sleb(&w.r);	/* data alignment */
	if (version == 1)	/* return address register */
		pk_reader_u8(&w.r);
	else
		read_uleb(&w.r);
	if (*augmentation == 'z')
		read_uleb(&w.r);
	else if (*augmentation)
		return DW_EH_PE_omit;
	for (; *augmentation; augmentation++) {
		switch (*augmentation) {
		case 'R':
			encoding = pk_reader_u8(&w.r);
			return pk_reader_bad(&w.r) ? DW_EH_PE_omit : encoding;
		case 'L':
			pk_reader_u8(&w.r);
			break;
		case 'P':	/* the personality: only its size matters */
			encoding = pk_reader_u8(&w.r);
			read_form(&w, encoding);
			encoding = DW_EH_PE_absptr;
			break;
		case 'z':
		case 'S':
		case 'B':
			break;
		default:
			return DW_EH_PE_omit;
		}
	}
	return pk_reader_bad(&w.r) ? DW_EH_PE_omit : encoding;
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
	struct window w = window_of(eh, bytes, nr_bytes, off);
	uint64_t len, id, id_off, range;
	unsigned int width;
	uint8_t encoding;

	width = read_length(&w.r, &len);
	id_off = off + (w.r.pos - w.base);
	id = width == 4 ? pk_reader_u32(&w.r) : pk_reader_u64(&w.r);
	if (pk_reader_bad(&w.r) || !len || !id || id > id_off)
		return false;
	encoding = encoding_of(eh, id_off - id);
	if (encoding == DW_EH_PE_omit)
		return false;
	*start_ret = read_pointer(&w, encoding, 0);
	range = read_form(&w, encoding);
	return !pk_reader_bad(&w.r) && range && !__builtin_add_overflow(*start_ret, range, end_ret);
}

static int compare_fdes(const void *a, const void *b)
{
	const struct pk_fde *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->off < y->off ? -1 : x->off > y->off;
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
static int read_hdr(struct pk_eh_frame *eh, struct window *w)
{
	uint64_t hdr = w->svma, nr, off;
	uint8_t version = pk_reader_u8(&w->r), frame_enc = pk_reader_u8(&w->r);
	uint8_t count_enc = pk_reader_u8(&w->r), table_enc = pk_reader_u8(&w->r);

	if (version != 1 || count_enc == DW_EH_PE_omit || table_enc == DW_EH_PE_omit)
		return -ENOENT;
	read_pointer(w, frame_enc, hdr);
	nr = read_pointer(w, count_enc, hdr);
	if (pk_reader_bad(&w->r) || !nr || nr > pk_reader_left(&w->r) / 4)
		return -ENOENT;
	if (pk_vec_reserve(&eh->fdes, nr))
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t start = read_pointer(w, table_enc, hdr);
		uint64_t fde = read_pointer(w, table_enc, hdr);

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
	struct window w;
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

		read_length(&r, &len);
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
	else if (eh->fdes.nr)
		qsort(eh->fdes.data, eh->fdes.nr, sizeof(*eh->fdes.data), compare_fdes);
	return ret;
}

void pk_eh_frame_deinit(struct pk_eh_frame *eh)
{
	pk_vec_deinit(&eh->fdes);
	pk_map64_deinit(&eh->encodings);
}

bool pk_eh_frame_find(struct pk_eh_frame *eh, uint64_t svma, uint64_t *start_ret,
		      uint64_t *end_ret)
{
	size_t lo = 0, hi = eh->fdes.nr;
	uint8_t buf[HEAD_BYTES];
	uint64_t off;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (eh->fdes.data[mid].start <= svma)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	off = eh->fdes.data[lo - 1].off;
	return parse_fde(eh, buf, pk_elf_read(eh->e, off, buf, sizeof(buf)), off, start_ret,
			 end_ret) &&
	       *start_ret <= svma && svma < *end_ret;
}
