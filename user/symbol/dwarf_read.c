// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, pointers and CIEs of unwind sections; see dwarf_read.h. */
#include <string.h>

#include "symbol/dwarf_read.h"

int64_t pk_dwarf_sleb(struct pk_reader *r)
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

uint16_t pk_dwarf_u16(struct pk_reader *r)
{
	uint8_t low = pk_reader_u8(r);

	return low | pk_reader_u8(r) << 8;
}

uint64_t pk_dwarf_form(struct pk_dwarf *d, uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
		return d->is64 ? pk_reader_u64(&d->r) : pk_reader_u32(&d->r);
	case DW_EH_PE_uleb128:
		return pk_dwarf_uleb(&d->r);
	case DW_EH_PE_sleb128:
		return pk_dwarf_sleb(&d->r);
	case DW_EH_PE_udata2:
		return pk_dwarf_u16(&d->r);
	case DW_EH_PE_sdata2:
		return (int16_t)pk_dwarf_u16(&d->r);
	case DW_EH_PE_udata4:
		return pk_reader_u32(&d->r);
	case DW_EH_PE_sdata4:
		return (int32_t)pk_reader_u32(&d->r);
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return pk_reader_u64(&d->r);
	}
	d->r.bad = true;
	return 0;
}

uint64_t pk_dwarf_pointer(struct pk_dwarf *d, uint8_t encoding, uint64_t data)
{
	uint64_t here = d->svma + (d->r.pos - d->base), value = pk_dwarf_form(d, encoding);

	switch (encoding & 0xf0) {
	case DW_EH_PE_absptr:
		break;
	case DW_EH_PE_pcrel:
		value += here;
		break;
	case DW_EH_PE_datarel:
		value += data;
		break;
	default: /* indirect, aligned, relative to what a file does not know */
		d->r.bad = true;
	}
	return d->is64 ? value : (uint32_t)value;
}

unsigned int pk_dwarf_length(struct pk_reader *r, uint64_t *len_ret)
{
	*len_ret = pk_reader_u32(r);
	if (*len_ret != 0xffffffff)
		return 4;
	*len_ret = pk_reader_u64(r);
	return 8;
}

/*
 * What the letters of the augmentation say. The first that is unknown ends it, which is fine
 * behind 'R': all that is told by later ones is skipped by the length of the data.
 */
static bool read_augmentation(struct pk_dwarf *d, const char *letters, struct pk_dwarf_cie *c)
{
	struct pk_dwarf data = *d;
	bool has_encoding = false;
	uint64_t len;

	if (!strcmp(letters, "S")) /* of .debug_frame, without data */
		c->signal = true;
	if (!*letters || c->signal)
		return true;
	if (*letters++ != 'z')
		return false;
	len = pk_dwarf_uleb(&d->r);
	data.r.pos = d->r.pos;
	pk_reader_bytes(&d->r, len);
	c->has_data = true;
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			c->encoding = pk_reader_u8(&data.r);
			has_encoding = true;
			break;
		case 'L':
			pk_reader_u8(&data.r);
			break;
		case 'P': /* the personality: only its size matters */
			pk_dwarf_form(&data, pk_reader_u8(&data.r));
			break;
		case 'S':
			c->signal = true;
			break;
		case 'B':
			break;
		default:
			return has_encoding && !pk_reader_bad(&data.r);
		}
	}
	return !pk_reader_bad(&data.r);
}

static bool known_version(uint8_t version, bool eh)
{
	return version == 1 || version == 3 || (!eh && version == 4);
}

bool pk_dwarf_cie(struct pk_dwarf *d, bool eh, struct pk_dwarf_cie *ret)
{
	const char *letters;
	uint64_t len, id, want;
	unsigned int width;
	uint8_t version;

	*ret = (struct pk_dwarf_cie){ .encoding = DW_EH_PE_absptr };
	width = pk_dwarf_length(&d->r, &len);
	id = width == 4 ? pk_reader_u32(&d->r) : pk_reader_u64(&d->r);
	want = eh ? 0 : width == 4 ? 0xffffffff : ~0ULL;
	version = pk_reader_u8(&d->r);
	letters = (const char *)d->r.pos;
	while (pk_reader_u8(&d->r))
		;
	if (pk_reader_bad(&d->r) || id != want || !known_version(version, eh))
		return false;
	if (version == 4 && (pk_reader_u8(&d->r) != (d->is64 ? 8 : 4) || pk_reader_u8(&d->r)))
		return false; /* other addresses, or segments */
	ret->code_align = pk_dwarf_uleb(&d->r);
	ret->data_align = pk_dwarf_sleb(&d->r);
	ret->ra_reg = version == 1 ? pk_reader_u8(&d->r) : pk_dwarf_uleb(&d->r);
	return read_augmentation(d, letters, ret) && !pk_reader_bad(&d->r);
}
