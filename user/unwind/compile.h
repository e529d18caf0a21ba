/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows of a program or library, made from its call frame information. No function here
 * has state of its own: each thread may call them.
 */
#ifndef PK_COMPILE_H
#define PK_COMPILE_H

#include "base/err.h"
#include "unwind/cfi.h"
#include "unwind/rows.h"

/* What went into a table. */
struct pk_rows_stats {
	uint64_t text_bytes;  /* of executable segments */
	uint64_t nr_replaced; /* rows UNKNOWN because there were too many rules */
	struct pk_cfi_counts cfi;
};

/*
 * Rows of the file at @fd, which is taken over, also on failure; @name is for messages. @stats
 * may be NULL. -ENOENT: it has no call frame information; -EINVAL: not a program or library of
 * this kind of machine, 32 or 64 bits; -EFBIG: beyond all reason; -ENOMEM.
 */
int pk_rows_compile(int fd, const char *name, struct pk_rows_blob *ret, struct pk_rows_stats *stats,
		    struct pk_err *err);
/* The same for a file that is open already, which stays so. */
int pk_rows_compile_elf(const struct pk_elf *e, const char *name, struct pk_rows_blob *ret,
			struct pk_rows_stats *stats, struct pk_err *err);
/* Of the code that the kernel maps into every 64-bit process; flag PKPROF_ROWS_VDSO. */
int pk_rows_compile_vdso(struct pk_rows_blob *ret, struct pk_rows_stats *stats, struct pk_err *err);

#endif
