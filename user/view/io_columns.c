// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns of live I/O and network figures; see io_columns.h. */
#include "base/cleanup.h"
#include "base/utf8.h"
#include "source/names.h"
#include "view/io_columns.h"

const struct pk_io_column pk_io_columns[PK_NR_IO_COLUMNS] = {
	{ "rd/s", "reads of files", PK_SHOW_IO, PK_IO_RATE, PK_LIVE_READS },
	{ "rdB/s", "bytes that they returned", PK_SHOW_IO, PK_IO_BYTES, PK_LIVE_READ_BYTES },
	{ "wr/s", "writes of files", PK_SHOW_IO, PK_IO_RATE, PK_LIVE_WRITES },
	{ "wrB/s", "bytes that they wrote", PK_SHOW_IO, PK_IO_BYTES, PK_LIVE_WRITE_BYTES },
	{ "req/s", "block requests", PK_SHOW_IO, PK_IO_RATE, PK_LIVE_REQUESTS },
	{ "reqB/s", "bytes of them", PK_SHOW_IO, PK_IO_BYTES, PK_LIVE_REQUEST_BYTES },
	{ "ms", "that one took, on average", PK_SHOW_IO, PK_IO_MEAN, PK_LIVE_REQUEST_NS },
	{ "p99ms", "that 99 % took at most", PK_SHOW_IO, PK_IO_P99, PK_LIVE_REQUEST_NS },
	{ "inB/s", "TCP payload received", PK_SHOW_NET, PK_IO_BYTES, PK_LIVE_IN_BYTES },
	{ "outB/s", "TCP payload sent", PK_SHOW_NET, PK_IO_BYTES, PK_LIVE_OUT_BYTES },
	{ "send/s", "calls that sent", PK_SHOW_NET, PK_IO_RATE, PK_LIVE_SENDS },
	{ "seg/s", "segments sent", PK_SHOW_NET, PK_IO_RATE, PK_LIVE_SEGMENTS },
	{ "again/s", "of them once more", PK_SHOW_NET, PK_IO_RATE, PK_LIVE_AGAIN },
	{ "open/s", "connections that came to be", PK_SHOW_NET, PK_IO_RATE, PK_LIVE_OPENED },
	{ "close/s", "connections that ended", PK_SHOW_NET, PK_IO_RATE, PK_LIVE_CLOSED },
};

uint32_t pk_show_sources(enum pk_show show)
{
	static const uint32_t sources[PK_NR_SHOWS] = {
		[PK_SHOW_IO] = 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_VFS,
		[PK_SHOW_NET] = 1u << PKPROF_SRC_TCP,
	};

	return sources[show];
}

unsigned int pk_io_columns_of(enum pk_show show, const struct pk_io_column **ret)
{
	unsigned int nr = 0;

	*ret = NULL;
	for (unsigned int i = 0; i < PK_NR_IO_COLUMNS; i++) {
		if (pk_io_columns[i].show != show)
			continue;
		if (!nr++)
			*ret = &pk_io_columns[i];
	}
	return nr;
}

double pk_io_column_value(const struct pk_io_column *c, const struct pk_live_io_amount *a,
			  uint64_t interval_ns)
{
	if (c->kind == PK_IO_MEAN)
		return pk_live_io_mean_ns(a) / 1e6;
	if (c->kind == PK_IO_P99)
		return pk_live_io_p99_ns(a) / 1e6;
	return interval_ns ? a->nr[c->count] * 1e9 / interval_ns : 0;
}

/* Three or four digits and a unit of 1000s or 1024s. */
static void put_scaled(double v, double unit, const char *units, struct pk_strbuf *out)
{
	size_t i = 0;

	for (; units[i + 1] && v >= (unit == 1000 ? 99999.5 : 1023.5); i++)
		v /= unit;
	if (!i)
		pk_strbuf_printf(out, "%*.*f", PK_IO_CELL_COLUMNS, v < 9.95 ? 1 : 0, v);
	else
		pk_strbuf_printf(out, "%*.1f%c", PK_IO_CELL_COLUMNS - 1, v, units[i]);
}

static void put_ms(double ms, struct pk_strbuf *out)
{
	pk_strbuf_printf(out, "%*.*f", PK_IO_CELL_COLUMNS, ms < 9.9995 ? 3 : ms < 999.95 ? 1 : 0, ms);
}

void pk_io_put_cell(const struct pk_io_column *c, double value, const char *none,
		    struct pk_strbuf *out)
{
	if (!(value > 0))
		pk_strbuf_printf(out, "%*s", PK_IO_CELL_COLUMNS, none);
	else if (c->kind == PK_IO_RATE)
		put_scaled(value, 1000, " kMGTPE", out);
	else if (c->kind == PK_IO_BYTES)
		put_scaled(value, 1024, " KMGTPE", out);
	else
		put_ms(value, out);
}

/* --- devices --------------------------------------------------------------------------- */

#define DEVICE_COLUMNS 7

void pk_io_put_device_head(struct pk_strbuf *out)
{
	static const char *const heads[] = { "rd/s", "rdB/s", "wr/s", "wrB/s", "busy%",
					     "depth", "queue", "device", "p99ms" };

	pk_strbuf_printf(out, "%*s", DEVICE_COLUMNS, "DEVICE");
	for (size_t i = 0; i < PK_ARRAY_SIZE(heads); i++)
		pk_strbuf_printf(out, "%*s", PK_IO_CELL_COLUMNS, heads[i]);
}

static void put_cell(enum pk_io_kind kind, double v, struct pk_strbuf *out)
{
	pk_io_put_cell(&(const struct pk_io_column){ .kind = kind }, v, "0", out);
}

void pk_io_put_device(const struct pk_live_device *d, uint64_t interval_ns, struct pk_strbuf *out)
{
	double s = interval_ns / 1e9, busy = 100.0 * d->busy_ns / interval_ns;
	double nr = d->times.count > 0 ? d->times.count : 1;
	bool known = !(d->flags & PKPROF_BLOCK_ANY);
	struct pk_strbuf name = { 0 };
	struct pk_live_io_amount a = { .times = d->times };

	pk_utf8_put_printable(&name, d->name, DEVICE_COLUMNS - 1, false);
	pk_strbuf_printf(out, "%*s", DEVICE_COLUMNS, !known ? "others" : name.data ? name.data : "");
	put_cell(PK_IO_RATE, d->reads / s, out);
	put_cell(PK_IO_BYTES, d->read_bytes / s, out);
	put_cell(PK_IO_RATE, d->writes / s, out);
	put_cell(PK_IO_BYTES, d->write_bytes / s, out);
	if (known)
		pk_strbuf_printf(out, "%*.1f%*.2f", PK_IO_CELL_COLUMNS, busy < 100 ? busy : 100.0,
				 PK_IO_CELL_COLUMNS, (double)d->load_ns / interval_ns);
	else
		pk_strbuf_printf(out, "%*s%*s", PK_IO_CELL_COLUMNS, "-", PK_IO_CELL_COLUMNS, "-");
	put_cell(PK_IO_MEAN, d->queue_ns / nr / 1e6, out);
	put_cell(PK_IO_MEAN, d->device_ns / nr / 1e6, out);
	put_cell(PK_IO_P99, pk_live_io_p99_ns(&a) / 1e6, out);
	pk_strbuf_deinit(&name);
}

void pk_io_put_note(const struct pk_live_io_picture *p, enum pk_show show, struct pk_strbuf *out)
{
	uint32_t wanted = pk_show_sources(show), missing = wanted & ~p->sources;
	const char *before = "";

	if (missing) {
		pk_strbuf_puts(out, "not counted here: ");
		pk_sources_format(missing, out);
		before = "; ";
	}
	if (p->anew & wanted) {
		pk_strbuf_printf(out, "%sa recording began or ended: what came before it is missing", before);
		before = "; ";
	}
	if (p->filtered & wanted)
		pk_strbuf_printf(out, "%sonly processes of the recording that runs", before);
}
