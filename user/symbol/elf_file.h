/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF program or library, opened to be distrusted: what is taken from it is
 * checked and bounded before it is used. It is read, not mapped, so that its
 * owner cannot cut it short under us.
 *
 * Address kinds: "off" is an offset in the file, as in profiles; "svma" is an
 * address in the file's own numbering, as in its symbols.
 */
#ifndef PK_ELF_FILE_H
#define PK_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gelf.h>

#include "base/vec.h"
#include "uapi/pkprof.h"

struct pk_segment {
	uint64_t off, svma, len;	/* the part that is in the file */
	bool exec;
};

struct pk_section {
	const char *name;
	uint64_t off, svma, len;
	uint64_t entry_bytes;
	uint32_t type, link;
	bool exec;
};

struct pk_elf {
	Elf *elf;
	int fd;			/* -1: an image in memory */
	bool is_open;		/* fd is to be closed */
	void *image;		/* to be freed, or NULL */
	PK_VEC(struct pk_segment) segments;	/* loaded ones, executable ones first */
	PK_VEC(struct pk_section) sections;	/* [i] is section i */
	uint64_t eh_frame_hdr_off, eh_frame_hdr_len;	/* len 0: none */
	uint64_t file_bytes;
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;	/* 0: none */
};

/*
 * Takes over @fd, also on failure. -EINVAL: not a program or library of this
 * kind of machine; -EFBIG: headers beyond all reason; -ENOMEM.
 */
int pk_elf_open(int fd, struct pk_elf *ret);
/* As pk_elf_open(), and a file of sections alone will do, as dwz makes for what others share. */
int pk_elf_open_shared(int fd, struct pk_elf *ret);
/* As pk_elf_open() for an image in memory; @own: from malloc(), freed by close or failure. */
int pk_elf_open_mem(void *image, size_t len, bool own, struct pk_elf *ret);
void pk_elf_close(struct pk_elf *e);	/* all-zero is fine */

/* Open a regular file without following hostile tricks; descriptor or -errno. */
int pk_open_regular(const char *path);

bool pk_elf_to_svma(const struct pk_elf *e, uint64_t off, uint64_t *svma_ret);
/* Clip [*start, *end) of svma to the executable segment with *start in it, as offsets. */
bool pk_elf_to_off(const struct pk_elf *e, uint64_t *start, uint64_t *end);
/* Section of that name, or NULL. */
const struct pk_section *pk_elf_section(const struct pk_elf *e, const char *name);
/* Executable section with that svma in it, or NULL. */
const struct pk_section *pk_elf_exec_section(const struct pk_elf *e, uint64_t svma);
/*
 * Bytes of a section in the machine's order, valid until close; NULL: not in
 * the file or too large.
 */
Elf_Data *pk_elf_data(const struct pk_elf *e, const struct pk_section *s);
/* Up to @len raw bytes at @off into @buf; how many there were. */
size_t pk_elf_read(const struct pk_elf *e, uint64_t off, void *buf, size_t len);

#endif
