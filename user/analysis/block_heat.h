/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times of block requests against time: how many ended when, having taken how long.
 *
 * In: pieces of a scope, each the requests of one kind between two readings. Out: a grid
 * for each device and operation, the busiest first. Inside a piece nothing is known of
 * when: its requests are spread over its time. Devices' pieces know nothing of processes,
 * so with a filter on process or name only those of processes are taken.
 */
#ifndef PK_BLOCK_HEAT_H
#define PK_BLOCK_HEAT_H

#include "analysis/block_groups.h"

#define PK_HEAT_COLUMNS	160	/* at most; fewer where the recording was read less often */
#define PK_HEAT_ROWS	(PKPROF_HIST_BUCKETS / 2)	/* four to each power of two */

/* Requests of one device and operation. */
struct pk_heat_panel {
	const struct pk_block_device *device;
	uint8_t op;
	double nr;			/* that are in it */
	double max;			/* of the fullest cell */
	unsigned int low, high;		/* rows that are not empty, [low, high] */
	double cell[PK_HEAT_COLUMNS][PK_HEAT_ROWS];
};

struct pk_heat {
	uint64_t from_ns, to_ns;	/* all columns together; ns since the start of the clock */
	unsigned int nr_columns;
	struct pk_block_devices devices;
	PK_VEC(struct pk_heat_panel *) panels;	/* by requests, most first */
};

/* 0 or -ENOMEM; to be deinitialised in any case. No panels: there is nothing in the scope. */
int pk_heat_init(const struct pk_scope *s, struct pk_heat *ret);
void pk_heat_deinit(struct pk_heat *h);

/* Smallest time of a row, and the first one above it. */
void pk_heat_bounds(unsigned int row, uint64_t *from_ns_ret, uint64_t *to_ns_ret);

#endif
