/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live screen of `top`, without a terminal: what keys do (top_keys.c), which rows
 * there are (top_rows.c) and what the screen says (top_page.c). top_screen.c puts it on
 * a terminal.
 *
 * In: pictures of the live ledger, the hottest stacks where a session of our own takes
 * them, keys, the size of the screen. Out: a page of lines that fit it.
 *
 * Shares are of the interval: 100 % or 1000 ms/s is one thread there all the time.
 */
#ifndef PK_TOP_H
#define PK_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/hottest.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "model/live.h"
#include "model/live_io.h"
#include "view/io_columns.h"

/* --- columns --------------------------------------------------------------------------- */

/* A column of times: the sum of some lines of the ledger. */
struct pk_top_column {
	const char *name, *help;
	uint32_t lines;		/* mask of 1 << enum pkprof_line */
	char key;		/* sorts by it, 0: none */
};

extern const struct pk_top_column pk_top_columns[];
extern const unsigned int pk_top_nr_columns;

/* What rows are sorted by: a column of times, or one of these from pk_top_nr_columns on. */
enum pk_top_order {
	PK_TOP_BY_SWITCHES,
	PK_TOP_BY_ID,
	PK_TOP_BY_NAME,
	PK_TOP_NR_ORDERS
};
/* Sort key of a name as in the heads of columns, -1: there is none. */
int pk_top_sort_find(const char *name);
const char *pk_top_sort_name(unsigned int sort);
/*
 * The same where files or connections are shown: a column of theirs, or PK_TOP_BY_ID or
 * PK_TOP_BY_NAME behind them.
 */
int pk_top_io_sort_find(enum pk_show show, const char *name);

/* --- state ----------------------------------------------------------------------------- */

enum pk_top_view {
	PK_TOP_PROCESSES,
	PK_TOP_THREADS,		/* of one process */
	PK_TOP_STACKS,
};

/* Keys that are no characters. */
enum pk_top_key {
	PK_TOP_KEY_NONE = 0,
	PK_TOP_KEY_ENTER = 0x1000,
	PK_TOP_KEY_ESCAPE,
	PK_TOP_KEY_ERASE,
	PK_TOP_KEY_UP,
	PK_TOP_KEY_DOWN,
	PK_TOP_KEY_LEFT,
	PK_TOP_KEY_RIGHT,
	PK_TOP_KEY_PAGE_UP,
	PK_TOP_KEY_PAGE_DOWN,
	PK_TOP_KEY_HOME,
	PK_TOP_KEY_END,
	PK_TOP_KEY_RESIZE,
};

#define PK_TOP_MIN_INTERVAL_NS 100000000ULL
#define PK_TOP_MAX_INTERVAL_NS 60000000000ULL
#define PK_TOP_NAME_BYTES 32	/* of the filter, with the NUL */

struct pk_top_row {
	uint32_t id;		/* tgid, of threads tid */
	uint32_t nr_threads;	/* of processes */
	bool exited, kthread;
	const char *name;
	const struct pk_live_amount *amount;
	const struct pk_live_io_amount *io;
};

struct pk_top {
	enum pk_top_view view;
	enum pk_show show;	/* what is shown of processes */
	unsigned int sort;
	unsigned int io_sort[PK_NR_SHOWS];	/* likewise, where no times are shown */
	bool reverse;
	bool ms;		/* times in ms/s, not in % */
	bool paused, help, quit;
	char filter[PK_TOP_NAME_BYTES];	/* part of the name, case does not matter */
	bool editing;		/* the filter */
	uint64_t interval_ns;
	uint32_t process;	/* whose threads the view shows */
	uint32_t selected;	/* id of the row under the cursor, 0: the first one */
	size_t cursor, first;	/* rows: under the cursor, and the uppermost on the screen */
	size_t page;		/* rows that the screen had room for, at last */
	PK_VEC(struct pk_top_row) rows;	/* of the picture below */
	const struct pk_live_picture *picture;	/* NULL: there is none yet */
	struct pk_live_io *io;	/* joined with the picture; NULL: nothing is counted yet */
	const struct pk_hottest *stacks;	/* NULL: none yet */
	char process_name[PKPROF_COMM_LEN + 16];
	char session[96];	/* whose session runs; empty: none */
	char stacks_said[256];	/* why there are no stacks, or since when */
};

void pk_top_init(struct pk_top *t);
void pk_top_deinit(struct pk_top *t);

/* A character, or one of enum pk_top_key. */
void pk_top_key(struct pk_top *t, int key);
/*
 * A new picture, or NULL: the same one, sorted and filtered as is wanted now. Rows point
 * into it. 0 or -ENOMEM.
 */
int pk_top_show(struct pk_top *t, const struct pk_live_picture *p);

/* --- page ------------------------------------------------------------------------------ */

enum pk_top_style {
	PK_TOP_PLAIN,
	PK_TOP_BOLD,
	PK_TOP_DIM,
	PK_TOP_HEAD,		/* of columns */
	PK_TOP_CURSOR,
};

struct pk_top_line {
	struct pk_strbuf text;	/* fits the screen; UTF-8 */
	enum pk_top_style style;
	unsigned int mark_from, mark_to;	/* columns that stand out; equal: none */
};

struct pk_top_page {
	PK_VEC(struct pk_top_line) lines;	/* as many as the screen has, at most */
};

/*
 * What the screen is to show. @clock: "12:34:56". Keeps the cursor on the screen, for
 * which @t is changed. 0 or -ENOMEM.
 */
int pk_top_page_make(struct pk_top *t, unsigned int height, unsigned int width, bool unicode,
		     const char *clock, struct pk_top_page *ret);
void pk_top_page_deinit(struct pk_top_page *p);

/* Whether rows have figures of files or connections. */
static inline bool pk_top_is_io(const struct pk_top *t)
{
	return t->view == PK_TOP_PROCESSES && t->show != PK_SHOW_TIME;
}

/* Of the figures of files and connections; 0: there are none. */
static inline uint64_t pk_top_io_interval_ns(const struct pk_top *t)
{
	return t->io ? t->io->picture.to_ns - t->io->picture.from_ns : 0;
}

/* ns of a row in a column. */
uint64_t pk_top_column_ns(const struct pk_top_column *c, const struct pk_live_amount *a);

#endif
