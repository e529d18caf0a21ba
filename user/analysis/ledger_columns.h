/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of the ledger as columns NAME_ns, in the order of enum pkprof_line, with their
 * letters in bars.
 */
#ifndef PK_LEDGER_COLUMNS_H
#define PK_LEDGER_COLUMNS_H

#include "analysis/table.h"
#include "uapi/pkprof.h"

#define PK_LINE_COLUMN(name, letter) { name "_ns", name, PK_COL_NS, PK_COL_PART_OF(letter) }
#define PK_LINE_HIDDEN(name, letter) { name "_ns", name, PK_COL_NS, PK_COL_HIDDEN }

/* @IDLE: PK_LINE_COLUMN, or PK_LINE_HIDDEN where idle lines would hide all others. */
#define PK_LINE_COLUMNS(IDLE)                                                                      \
	PK_LINE_COLUMN("cpu", '#'), PK_LINE_COLUMN("runq", 'r'), PK_LINE_COLUMN("preempted", 'p'), \
		PK_LINE_COLUMN("throttled", 'q'), PK_LINE_COLUMN("disk", 'd'),                     \
		PK_LINE_COLUMN("fault", 'f'), PK_LINE_COLUMN("futex", 'l'),                        \
		PK_LINE_COLUMN("klock", 'k'), PK_LINE_COLUMN("rtlock", 't'),                       \
		PK_LINE_COLUMN("socket", 's'), PK_LINE_COLUMN("pipe", 'i'), IDLE("tty", 'y'),      \
		IDLE("poll", '.'), PK_LINE_COLUMN("aio", 'a'), IDLE("sleep", ','),                 \
		IDLE("child", 'c'), IDLE("stopped", 'x'), IDLE("kthread", '-'),          \
		PK_LINE_COLUMN("other", 'o'), PK_LINE_COLUMN("lost", '?')

_Static_assert(PKPROF_NR_LINES == 20, "a new line of the ledger needs a column");

#endif
