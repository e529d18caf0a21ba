// SPDX-License-Identifier: GPL-2.0-or-later
/* The vDSO of this machine; see vdso.h. It comes from the kernel and is trusted. */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "symbol/vdso.h"

/* Bytes of the image: to the end of its section headers or of what is loaded. */
static size_t image_bytes(const ElfW(Ehdr) *eh)
{
	const ElfW(Phdr) *ph = (const void *)((const char *)eh + eh->e_phoff);
	size_t len = eh->e_shoff + (size_t)eh->e_shnum * eh->e_shentsize;

	for (unsigned int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_offset + ph[i].p_filesz > len)
			len = ph[i].p_offset + ph[i].p_filesz;
	return len;
}

int pk_vdso_open(struct pk_elf *ret)
{
	const ElfW(Ehdr) *eh = (const void *)getauxval(AT_SYSINFO_EHDR);
	size_t len = eh ? image_bytes(eh) : 0;
	void *copy;

	if (!eh)
		return -ENOENT;
	/* a copy: libelf may write into an image in memory */
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, eh, len);
	return pk_elf_open_mem(copy, len, true, ret);
}
