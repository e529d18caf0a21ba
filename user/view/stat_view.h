/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of the live ledger as `stat` prints them: for each interval a line about the
 * system and the busiest processes or threads.
 *
 * Shares are of the interval: 100 is one thread in that line, or one CPU, all the time.
 * A terminal gets as many lines of the ledger as fit and the sum of the others; a pipe
 * gets all of them.
 */
#ifndef PK_STAT_VIEW_H
#define PK_STAT_VIEW_H

#include "base/strbuf.h"
#include "model/live.h"
#include "view/io_columns.h"

struct pk_stat_layout {
	enum pk_show show;
	unsigned int io_key;		/* unless times are shown: index into pk_io_columns */
	bool threads;			/* rows are threads, not processes */
	unsigned int key;		/* what rows are sorted by: enum pkprof_line, PK_LIVE_BY_* */
	size_t max_rows;		/* 0: all */
	bool idle;			/* also rows that have none of the key */
	const uint32_t *tgids;		/* only these processes; initial pid namespace */
	size_t nr_tgids;		/* 0: all */
	/* made by init */
	unsigned int lines[PKPROF_NR_LINES], nr_lines;	/* columns, enum pkprof_line */
	bool rest;			/* a column for the lines that are not shown */
};

/* Choose the columns. @width: of the terminal; 0: no terminal, all lines. */
void pk_stat_layout_init(struct pk_stat_layout *o, unsigned int width);

/* What the columns are. */
void pk_stat_view_header(const struct pk_stat_layout *o, struct pk_strbuf *out);
/* One interval, that ended at @time: "12:34:56". Sorts the pictures. @io: of what is shown. */
void pk_stat_view_interval(const struct pk_stat_layout *o, struct pk_live_picture *p,
			   struct pk_live_io *io, const char *time, struct pk_strbuf *out);
/* The same as one line of JSON; @wall_ns: CLOCK_REALTIME of the interval's end. */
void pk_stat_view_json(const struct pk_stat_layout *o, struct pk_live_picture *p,
		       struct pk_live_io *io, uint64_t wall_ns, struct pk_strbuf *out);

#endif
