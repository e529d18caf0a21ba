// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows into an unwind section; see cfi_bytes.h. */
#include "unwind/cfi_bytes.h"

/* Where a window begins is a multiple of this; entries may reach so far beyond its end. */
#define WINDOW_STEP  4096u
#define WINDOW_BYTES (WINDOW_STEP + 1024)
/* Longer entries than this are not made by compilers. */
#define MAX_ENTRY_BYTES (4u << 20)
/* The length of an entry, in its long form. */
#define LENGTH_BYTES 12

void pk_cfi_bytes_deinit(struct pk_cfi_bytes *b)
{
	for (unsigned int i = 0; i < PK_CFI_NR_WINDOWS; i++)
		free(b->window[i].data);
	free(b->big);
	*b = (struct pk_cfi_bytes){ 0 };
}

static int read_window(struct pk_cfi_bytes *b, uint64_t off, struct pk_reader *ret)
{
	uint64_t start = off / WINDOW_STEP * WINDOW_STEP;
	struct pk_cfi_window *w = &b->window[off / WINDOW_STEP % PK_CFI_NR_WINDOWS];

	if (w->off != start || !w->len) {
		if (!w->data)
			w->data = malloc(WINDOW_BYTES);
		if (!w->data)
			return -ENOMEM;
		w->off = start;
		w->len = pk_elf_read(b->e, start, w->data, WINDOW_BYTES);
	}
	*ret = pk_reader_of(w->data, w->len);
	return 0;
}

static int read_big(struct pk_cfi_bytes *b, uint64_t off, size_t len, struct pk_reader *ret)
{
	if (len > b->big_cap) {
		free(b->big);
		b->big_cap = 0;
		b->big = malloc(len);
		if (!b->big)
			return -ENOMEM;
		b->big_cap = len;
	}
	*ret = pk_reader_of(b->big, pk_elf_read(b->e, off, b->big, len));
	return 0;
}

/* @ret begins at @off, and ends behind @len bytes unless there are fewer. */
static int bytes_at(struct pk_cfi_bytes *b, uint64_t off, size_t len, struct pk_reader *ret)
{
	uint64_t in_window = off % WINDOW_STEP;
	int err = 0;

	if (b->all) {
		*ret = pk_reader_of(b->all, b->all_len);
		pk_reader_bytes(ret, off);
	} else if (in_window + len <= WINDOW_BYTES) {
		err = read_window(b, off, ret);
		if (!err)
			pk_reader_bytes(ret, in_window);
	} else {
		err = read_big(b, off, len, ret);
	}
	return err;
}

int pk_cfi_bytes_entry(struct pk_cfi_bytes *b, uint64_t off, struct pk_dwarf *ret)
{
	struct pk_reader r;
	const uint8_t *start;
	uint64_t len;
	int err = bytes_at(b, off, LENGTH_BYTES, &r);

	if (err)
		return err;
	start = r.pos;
	pk_dwarf_length(&r, &len);
	if (pk_reader_bad(&r) || !len || len > MAX_ENTRY_BYTES)
		return -EINVAL;
	len += r.pos - start;
	err = bytes_at(b, off, len, &r);
	if (err)
		return err;
	start = r.pos;
	if (!pk_reader_bytes(&r, len))
		return -EINVAL;
	*ret = (struct pk_dwarf){ .r = pk_reader_of(start, len), .base = start };
	ret->is64 = gelf_getclass(b->e->elf) == ELFCLASS64;
	if (!b->all && !pk_elf_to_svma(b->e, off, &ret->svma))
		return -EINVAL;
	return 0;
}
