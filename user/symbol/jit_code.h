/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that jitdumps tell of, as far as addresses in nameless memory use
 * them: into the profile, so that an address has the name that was valid at the
 * time of each sample.
 *
 * A function whose place was never another's is a symbol of the process. Where
 * functions followed each other in one place, each becomes a mapping of its bytes
 * in the dump, from the time on at which it was written (model/addrspace.h), and
 * a symbol of the dump. Times of a dump are of CLOCK_MONOTONIC, as the profile's;
 * only where the dump has another clock, time cannot be honoured, and of functions
 * that cover an address the last one counts. What ran before its function was
 * noted (agents of Java tell late) has the name of the first one that covers it
 * afterwards.
 */
#ifndef PK_JIT_CODE_H
#define PK_JIT_CODE_H

#include "base/strbuf.h"
#include "profile/profile.h"
#include "symbol/cover.h"

struct pk_jit_function {
	uint64_t time_ns;    /* 0: not known */
	uint64_t addr, size; /* as it ran, not empty */
	uint64_t at;	     /* of its code in the dump, not 0 */
	uint32_t tgid, file;
	uint32_t name; /* string id of the profile */
	bool shares;   /* its place, or part of it, with another function */
};

struct pk_jit_code {
	PK_VEC(struct pk_jit_function) functions; /* those of a process in order of the dump */
	size_t name_bytes;
	struct pk_strbuf text; /* scratch */
};

void pk_jit_code_deinit(struct pk_jit_code *c);

/* Whose dump was asked about what: file @file of the profile, @nr addresses, ascending. */
struct pk_jit_dump {
	uint32_t tgid, file;
	const uint64_t *addr;
	size_t nr;
};

/*
 * What pk_jit_scan() said about a dump, @bytes of it, which is believed no more than the dump.
 * 0 or -ENOMEM.
 */
int pk_jit_code_add(struct pk_jit_code *c, struct pk_profile *p, const struct pk_jit_dump *dump,
		    const void *scanned, size_t bytes);

/*
 * Put the functions that share their places, and whose time is known, into p->maps and
 * p->symbols; the mappings go to @mapped, too. 0 or -ENOMEM.
 */
int pk_jit_code_place(struct pk_jit_code *c, struct pk_profile *p, pk_map_events *mapped);

/* Offer the functions of a process, as they are to be seen without a time; ends the round. */
int pk_jit_code_offer(const struct pk_jit_code *c, const struct pk_profile *p, uint32_t tgid,
		      struct pk_cover *cover);

#endif
