/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreted code: from what the module said of it to numbers of the profile.
 *
 * In: PKPROF_REC_CODE of each CPU's ring, and entries of its stacks that refer to them. Out:
 * one item of the profile for each function, whichever CPUs and processes ran it, and entries
 * in the profile's terms, with a line in place of an instruction. Names and tables are those of
 * foreign processes: they may hold anything.
 */
#ifndef PK_CODES_H
#define PK_CODES_H

#include "base/map64.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "uapi/pkprof.h"

struct pk_codes {
	struct pk_writer *writer;
	struct pk_map64 by_ring;	/* CPU and number there, to the number in the profile */
	struct pk_map64 by_content;	/* hash of all that is said of it, likewise */
	PK_VEC(struct pk_known_code) known;	/* [n - 1]: number n */
	struct pk_strbuf lines;		/* their tables, one after the other */
	struct pk_strbuf text;		/* scratch */
};

struct pk_known_code {
	size_t lines_at;	/* in lines */
	uint32_t lines_len, first_line;
};

void pk_codes_init(struct pk_codes *c, struct pk_writer *w);
void pk_codes_deinit(struct pk_codes *c);

/* -EINVAL: it makes no sense; 0, -ENOMEM or the writer's error. */
int pk_codes_define(struct pk_codes *c, unsigned int cpu, const struct pkprof_rec_code *r);
/* An entry of a stack that PKPROF_IS_CODE(), as the profile has it. */
uint64_t pk_codes_entry(const struct pk_codes *c, unsigned int cpu, uint64_t ip);

/*
 * The line of an instruction by CPython's location table (Objects/locations.md of its source):
 * entries of some code units each, with their lines as differences. 0: none, or not known.
 */
uint32_t pk_code_line(const uint8_t *table, size_t len, uint32_t first_line, uint32_t place);

#endif
