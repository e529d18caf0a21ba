/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build ID of an ELF file, from whatever can be read by offset. Any bytes
 * are taken: work and memory are bounded, nothing in the file is trusted. The
 * same file compiles in the unit tests.
 */
#ifndef PK_BUILD_ID_H
#define PK_BUILD_ID_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <sys/types.h>
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

/* Bytes of scratch space that the parser needs, aligned to 8. */
#define PK_BUILD_ID_SCRATCH 4096

/* Read up to @len bytes at @off. Return: bytes read, fewer at the end; or negative. */
typedef ssize_t (*pk_read_fn)(void *ctx, void *buf, size_t len, u64 off);

/**
 * pk_build_id_read - find the GNU build ID
 * @scratch:	PK_BUILD_ID_SCRATCH bytes, overwritten
 * @id_ret:	gets the build ID
 *
 * At most 64 program headers and 8 note segments of 4 KiB each are looked at.
 * Context: as @read. Return: bytes of the build ID; 0: the file has none, or
 * one that is longer than PKPROF_MAX_BUILD_ID, or is not ELF for this machine's
 * byte order, or cannot be read.
 */
unsigned int pk_build_id_read(pk_read_fn read, void *ctx, void *scratch,
			      u8 id_ret[PKPROF_MAX_BUILD_ID]);

#endif
