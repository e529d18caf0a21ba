/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns of live I/O and network figures, as `stat` and `top` have them. All are of
 * plain ASCII, so that bytes are columns.
 */
#ifndef PK_IO_COLUMNS_H
#define PK_IO_COLUMNS_H

#include "base/strbuf.h"
#include "model/live_io.h"

/* What rows are about. */
enum pk_show {
	PK_SHOW_TIME,		/* the ledger */
	PK_SHOW_IO,		/* files and block requests */
	PK_SHOW_NET,
	PK_NR_SHOWS
};

/* Whose sums it needs, mask of 1 << enum pkprof_source. */
uint32_t pk_show_sources(enum pk_show show);

enum pk_io_kind {
	PK_IO_RATE,		/* times per second */
	PK_IO_BYTES,		/* per second; K is 1024 */
	PK_IO_MEAN,		/* ms of a request, of all and the 99th percentile */
	PK_IO_P99,
};

struct pk_io_column {
	const char *name, *help;	/* the head, also the key to sort by */
	uint8_t show, kind;		/* enum pk_show, pk_io_kind */
	uint8_t count;			/* enum pk_live_io_count */
};

#define PK_IO_CELL_COLUMNS 8
/* Those of one enum pk_show are together. */
#define PK_NR_IO_COLUMNS 15
extern const struct pk_io_column pk_io_columns[PK_NR_IO_COLUMNS];
unsigned int pk_io_columns_of(enum pk_show show, const struct pk_io_column **ret);

double pk_io_column_value(const struct pk_io_column *c, const struct pk_live_io_amount *a,
			  uint64_t interval_ns);
/* Right-aligned; @none: what stands for nothing. */
void pk_io_put_cell(const struct pk_io_column *c, double value, const char *none,
		    struct pk_strbuf *out);

/* Figures of devices; lines end without a newline. */
void pk_io_put_device_head(struct pk_strbuf *out);
void pk_io_put_device(const struct pk_live_device *d, uint64_t interval_ns, struct pk_strbuf *out);
/* What is not as one might think, as one sentence or nothing. */
void pk_io_put_note(const struct pk_live_io_picture *p, enum pk_show show, struct pk_strbuf *out);

#endif
