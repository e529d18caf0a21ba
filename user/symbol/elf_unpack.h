/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sections in memory of their own, unpacked if they are compressed: zlib or zstd, by their
 * header, or as old GNU tools did (.zdebug_*). For debugging information, of which there may be
 * hundreds of megabytes: read in small pieces into large pages.
 */
#ifndef PK_ELF_UNPACK_H
#define PK_ELF_UNPACK_H

#include "symbol/elf_file.h"

struct pk_unpacked {
	const uint8_t *data;	/* NULL: nothing */
	size_t len;
	size_t mapped;		/* bytes that are mapped at data */
};

/*
 * Bytes of a section as they are meant. -EFBIG: more than @max_bytes; -EBADMSG: damaged, or packed
 * by a way that is not known; -ENOMEM.
 */
int pk_elf_unpack(const struct pk_elf *e, const struct pk_section *s, size_t max_bytes,
		  struct pk_unpacked *ret);
void pk_unpacked_free(struct pk_unpacked *u);	/* all-zero is fine */

#endif
