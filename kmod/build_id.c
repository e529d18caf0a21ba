// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The build ID of an ELF file, see build_id.h. Formats: System V ABI, chapters
 * "ELF header", "Program header" and "Note section", for both classes.
 */
#ifdef __KERNEL__
#include <linux/elf.h>
#include <linux/string.h>
#else
#include <elf.h>
#include <string.h>
#endif

#include "build_id.h"

#define PK_MAX_PHDRS 64
#define PK_MAX_NOTES 8		/* segments */
#define PK_NOTE_BUILD_ID 3	/* NT_GNU_BUILD_ID */

/* Where a note segment lies, whatever the class. */
struct pk_note_segment {
	u64 off, bytes;
	u64 align;	/* 4 or 8 */
};

union pk_ehdr {
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr e32;
	Elf64_Ehdr e64;
};

/* Length of the ID in one segment's notes, 0: not there. */
static unsigned int pk_notes_search(const u8 *notes, size_t bytes, u64 align,
				    u8 id_ret[PKPROF_MAX_BUILD_ID])
{
	Elf32_Nhdr n;		/* the same in both classes */
	u64 pos = 0, name, desc;

	while (pos + sizeof(n) <= bytes) {
		memcpy(&n, notes + pos, sizeof(n));
		name = pos + sizeof(n);
		/* 32-bit sizes in 64-bit sums: no overflow */
		desc = (name + n.n_namesz + align - 1) & ~(align - 1);
		if (desc + n.n_descsz > bytes)
			return 0;
		if (n.n_type == PK_NOTE_BUILD_ID && n.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4)) {
			if (!n.n_descsz || n.n_descsz > PKPROF_MAX_BUILD_ID)
				return 0;
			memcpy(id_ret, notes + desc, n.n_descsz);
			return n.n_descsz;
		}
		pos = (desc + n.n_descsz + align - 1) & ~(align - 1);
	}
	return 0;
}

/* The note segments of a table of program headers; returns how many. */
static unsigned int pk_phdrs_scan(const u8 *table, unsigned int nr, bool is64,
				  struct pk_note_segment seg_ret[PK_MAX_NOTES])
{
	unsigned int i, nr_notes = 0;
	Elf64_Phdr p64;
	Elf32_Phdr p32;

	for (i = 0; i < nr && nr_notes < PK_MAX_NOTES; i++) {
		if (is64) {
			memcpy(&p64, table + i * sizeof(p64), sizeof(p64));
		} else {
			memcpy(&p32, table + i * sizeof(p32), sizeof(p32));
			p64 = (Elf64_Phdr){ .p_type = p32.p_type, .p_offset = p32.p_offset,
					    .p_filesz = p32.p_filesz, .p_align = p32.p_align };
		}
		if (p64.p_type != PT_NOTE)
			continue;
		seg_ret[nr_notes++] = (struct pk_note_segment){
			.off = p64.p_offset, .bytes = p64.p_filesz,
			.align = p64.p_align == 8 ? 8 : 4,
		};
	}
	return nr_notes;
}

/* Where the program headers are: fills the three, or returns false. */
static bool pk_ehdr_check(const union pk_ehdr *eh, size_t bytes, bool *is64_ret, u64 *off_ret,
			  unsigned int *nr_ret)
{
	const u16 one = 1;
	unsigned char native = *(const u8 *)&one ? ELFDATA2LSB : ELFDATA2MSB;

	if (bytes < sizeof(eh->e32) || memcmp(eh->ident, ELFMAG, SELFMAG) ||
	    eh->ident[EI_DATA] != native)
		return false;
	if (eh->ident[EI_CLASS] == ELFCLASS64 && bytes == sizeof(eh->e64)) {
		*is64_ret = true;
		*off_ret = eh->e64.e_phoff;
		*nr_ret = eh->e64.e_phnum;
		return eh->e64.e_phentsize == sizeof(Elf64_Phdr);
	}
	if (eh->ident[EI_CLASS] == ELFCLASS32) {
		*is64_ret = false;
		*off_ret = eh->e32.e_phoff;
		*nr_ret = eh->e32.e_phnum;
		return eh->e32.e_phentsize == sizeof(Elf32_Phdr);
	}
	return false;
}

unsigned int pk_build_id_read(pk_read_fn read, void *ctx, void *scratch,
			      u8 id_ret[PKPROF_MAX_BUILD_ID])
{
	struct pk_note_segment seg[PK_MAX_NOTES];
	unsigned int i, nr, nr_notes, len;
	union pk_ehdr eh;
	size_t entry;
	ssize_t got;
	bool is64;
	u64 off;

	got = read(ctx, &eh, sizeof(eh), 0);
	if (got < 0 || !pk_ehdr_check(&eh, got, &is64, &off, &nr))
		return 0;
	entry = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (nr > PK_MAX_PHDRS)
		nr = PK_MAX_PHDRS;
	got = read(ctx, scratch, nr * entry, off);
	if (got < 0)
		return 0;
	nr_notes = pk_phdrs_scan(scratch, got / entry, is64, seg);
	for (i = 0; i < nr_notes; i++) {
		if (seg[i].bytes > PK_BUILD_ID_SCRATCH)
			seg[i].bytes = PK_BUILD_ID_SCRATCH;
		got = read(ctx, scratch, seg[i].bytes, seg[i].off);
		if (got < 0)
			continue;
		len = pk_notes_search(scratch, got, seg[i].align, id_ret);
		if (len)
			return len;
	}
	return 0;
}
