// SPDX-License-Identifier: GPL-2.0-or-later
/* Build ID from ELF notes; see build_id.h. */
#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "symbol/build_id.h"

#define MAX_PHDRS      64
#define MAX_NOTE_BYTES 4096 /* of one segment; the build ID stands near its start */

/* One note segment. */
static uint8_t find_in_notes(const void *notes, size_t len, size_t align, uint8_t *ret)
{
	struct pk_reader r = pk_reader_of(notes, len);

	while (pk_reader_left(&r) >= sizeof(Elf64_Nhdr)) {
		uint32_t name_len = pk_reader_u32(&r), desc_len = pk_reader_u32(&r);
		uint32_t type = pk_reader_u32(&r);
		const char *name = pk_reader_bytes(&r, ((size_t)name_len + 3) / 4 * 4);
		const void *desc;

		if (align == 8)
			pk_reader_bytes(&r, -((size_t)(r.pos - (const uint8_t *)notes)) % 8);
		desc = pk_reader_bytes(&r, desc_len);
		if (pk_reader_bad(&r))
			return 0;
		if (type == NT_GNU_BUILD_ID && name_len == 4 && !memcmp(name, "GNU", 4) &&
		    desc_len && desc_len <= PKPROF_MAX_BUILD_ID) {
			memcpy(ret, desc, desc_len);
			return desc_len;
		}
		pk_reader_bytes(&r, -((size_t)(r.pos - (const uint8_t *)notes)) % align);
	}
	return 0;
}

static uint8_t read_notes(int fd, uint64_t offset, uint64_t bytes, uint64_t align, uint8_t *ret)
{
	uint8_t notes[MAX_NOTE_BYTES];
	ssize_t n;

	if (bytes > sizeof(notes))
		bytes = sizeof(notes);
	n = offset > INT64_MAX ? -1 : pread(fd, notes, bytes, offset);
	return n > 0 ? find_in_notes(notes, n, align == 8 ? 8 : 4, ret) : 0;
}

static uint8_t read_elf64(int fd, const Elf64_Ehdr *eh, uint8_t *ret)
{
	Elf64_Phdr ph[MAX_PHDRS];
	unsigned int nr = eh->e_phnum < MAX_PHDRS ? eh->e_phnum : MAX_PHDRS;
	uint8_t len = 0;

	if (eh->e_phentsize != sizeof(*ph) || eh->e_phoff > INT64_MAX ||
	    pread(fd, ph, nr * sizeof(*ph), eh->e_phoff) != (ssize_t)(nr * sizeof(*ph)))
		return 0;
	for (unsigned int i = 0; !len && i < nr; i++)
		if (ph[i].p_type == PT_NOTE)
			len = read_notes(fd, ph[i].p_offset, ph[i].p_filesz, ph[i].p_align, ret);
	return len;
}

static uint8_t read_elf32(int fd, const Elf32_Ehdr *eh, uint8_t *ret)
{
	Elf32_Phdr ph[MAX_PHDRS];
	unsigned int nr = eh->e_phnum < MAX_PHDRS ? eh->e_phnum : MAX_PHDRS;
	uint8_t len = 0;

	if (eh->e_phentsize != sizeof(*ph) ||
	    pread(fd, ph, nr * sizeof(*ph), eh->e_phoff) != (ssize_t)(nr * sizeof(*ph)))
		return 0;
	for (unsigned int i = 0; !len && i < nr; i++)
		if (ph[i].p_type == PT_NOTE)
			len = read_notes(fd, ph[i].p_offset, ph[i].p_filesz, ph[i].p_align, ret);
	return len;
}

uint8_t pk_build_id_read(int fd, uint8_t ret[PKPROF_MAX_BUILD_ID])
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf64_Ehdr e64;
		Elf32_Ehdr e32;
	} head = { 0 };
	ssize_t n = pread(fd, &head, sizeof(head), 0);

	if (n < (ssize_t)sizeof(head.e32) || memcmp(head.ident, ELFMAG, SELFMAG) ||
	    head.ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	if (head.ident[EI_CLASS] == ELFCLASS64 && n >= (ssize_t)sizeof(head.e64))
		return read_elf64(fd, &head.e64, ret);
	return head.ident[EI_CLASS] == ELFCLASS32 ? read_elf32(fd, &head.e32, ret) : 0;
}
