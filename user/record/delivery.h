/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder's side of the books: how many records of each source it took
 * from each CPU's ring, beside the kernel's last word on what it generated and
 * lost. Row of (CPU, source) is cpu * PKPROF_NR_SOURCES + source.
 */
#ifndef PK_DELIVERY_H
#define PK_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/writer.h"

struct pk_delivery_row {
	uint64_t delivered;		/* records taken */
	struct pkprof_counters kernel;	/* as last read */
	bool known;			/* the kernel has books of it */
	bool changed;			/* since it was last written */
};

struct pk_delivery {
	struct pk_delivery_row *rows;
	unsigned int nr_cpus;
	uint64_t nr_foreign;		/* records or books of a CPU or source we do not know */
};

int pk_delivery_init(struct pk_delivery *t, unsigned int nr_cpus);	/* 0 or -ENOMEM */
void pk_delivery_deinit(struct pk_delivery *t);

/* A record was taken from a ring. */
void pk_delivery_count(struct pk_delivery *t, unsigned int cpu, unsigned int source);
/* What the kernel says; for pk_source_ops.books, hence the return value 0. */
int pk_delivery_book(void *delivery, unsigned int cpu, const struct pkprof_counters *c);

/* Write the rows that changed since they were written; all of them with @all. */
int pk_delivery_write(struct pk_delivery *t, struct pk_writer *w, uint64_t time_ns, bool all);

/* Sums over CPUs of one reason for all sources; over all reasons. */
uint64_t pk_delivery_lost(const struct pk_delivery *t, unsigned int why);
uint64_t pk_delivery_all_lost(const struct pk_delivery *t);
/* Do generated == delivered + lost in every row? */
bool pk_delivery_closes(const struct pk_delivery *t);

#endif
