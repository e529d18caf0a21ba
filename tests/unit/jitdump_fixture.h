/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jitdump files for tests, written into memory. */
#ifndef JITDUMP_FIXTURE_H
#define JITDUMP_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct dump {
	struct pk_strbuf b;
	bool swapped; /* the other byte order */
};

void dump_u32(struct dump *d, uint32_t v);
void dump_u64(struct dump *d, uint64_t v);
void dump_head(struct dump *d, uint32_t pid, uint64_t flags);
/* Prefix of a record of @bytes bytes with it. */
void dump_prefix(struct dump *d, uint32_t kind, uint32_t bytes, uint64_t time_ns);
/* A function of @size bytes of code; returns where they are in the file. */
uint64_t dump_load(struct dump *d, uint32_t pid, uint64_t time_ns, uint64_t index, uint64_t addr,
		   uint64_t size, const char *name);
void dump_move(struct dump *d, uint32_t pid, uint64_t time_ns, uint64_t index, uint64_t to,
	       uint64_t size);
void dump_close(struct dump *d);
void dump_deinit(struct dump *d);

#endif
