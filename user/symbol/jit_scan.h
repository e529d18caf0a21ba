/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one jitdump says about addresses: the functions that cover one of them. It travels from
 * the process that reads the dump to the one that asked, which believes none of it.
 */
#ifndef PK_JIT_SCAN_H
#define PK_JIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/strbuf.h"

/* A JIT that really writes more than this for what was sampled has only the first of it named. */
#define PK_JIT_MAX_FUNCTIONS  (1u << 18)
#define PK_JIT_MAX_NAME_BYTES (64u << 20)

struct pk_jit_scanned {
	uint64_t time_ns;    /* 0: not known */
	uint64_t addr, size; /* as it ran, not empty */
	uint64_t at;	     /* of its code in the dump, not 0 */
	const char *name;    /* in the text, without a NUL */
	size_t name_len;
};

/*
 * Append the functions of a dump that cover one of the @nr addresses, ascending, in the dump's
 * order. 0, -ENOMEM, or as pk_jitdump_each().
 */
int pk_jit_scan(int fd, const uint64_t *addr, size_t nr, struct pk_strbuf *out);

/* The next of them that makes sense. False: there is none. */
bool pk_jit_scan_next(struct pk_reader *r, const uint64_t *addr, size_t nr,
		      struct pk_jit_scanned *ret);

#endif
