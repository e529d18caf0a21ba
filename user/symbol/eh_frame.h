/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where functions begin and end according to the unwind table, .eh_frame,
 * which stripped programs keep too. Reference: LSB Core 5.0, chapter 10.6, and
 * DWARF 5, section 6.4.1.
 */
#ifndef PK_EH_FRAME_H
#define PK_EH_FRAME_H

#include "base/map64.h"
#include "symbol/elf_file.h"

struct pk_fde {
	uint64_t start;		/* svma */
	uint64_t off;		/* of the entry in the file */
};

struct pk_eh_frame {
	const struct pk_elf *e;
	PK_VEC(struct pk_fde) fdes;	/* sorted by start */
	struct pk_map64 encodings;	/* file offset of a CIE to its pointers' encoding */
};

/*
 * From the sorted table in .eh_frame_hdr, or from .eh_frame itself where that
 * is missing. No table is no error. 0 or -ENOMEM. @e must outlive it.
 */
int pk_eh_frame_init(struct pk_eh_frame *eh, const struct pk_elf *e);
void pk_eh_frame_deinit(struct pk_eh_frame *eh);
/* For those who fill eh->fdes in another way. */
void pk_eh_frame_sort(struct pk_eh_frame *eh);
/* Range [*start_ret, *end_ret) of the entry that covers an svma. */
bool pk_eh_frame_find(struct pk_eh_frame *eh, uint64_t svma, uint64_t *start_ret,
		      uint64_t *end_ret);

/* What is in no entry around an svma that is in none: [*start_ret, *end_ret). */
void pk_eh_frame_gap(struct pk_eh_frame *eh, uint64_t svma, uint64_t *start_ret,
		     uint64_t *end_ret);

#endif
