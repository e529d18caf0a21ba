// SPDX-License-Identifier: GPL-2.0-or-later
/* Files, block requests and connections of an interval; see stat_io.h. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "source/names.h"
#include "view/stat_io.h"

#define ID_COLUMNS 7

/* One line: a process, all that are gone, what is of no process, or all together. */
struct row {
	uint32_t tgid;
	const char *name;
	bool kthread;
	const struct pk_live_io_amount *amount;
};

struct rows {
	PK_VEC(struct row) all;
	const struct pk_io_column *key;
	uint64_t interval_ns;
};

static bool is_wanted(const struct pk_stat_layout *o, uint32_t tgid)
{
	for (size_t i = 0; i < o->nr_tgids; i++)
		if (o->tgids[i] == tgid)
			return true;
	return !o->nr_tgids;
}

static double value(const struct rows *r, const struct row *row)
{
	return pk_io_column_value(r->key, row->amount, r->interval_ns);
}

static int add_row(const struct pk_stat_layout *o, struct rows *r, struct row row)
{
	if (!is_wanted(o, row.tgid) || (!o->idle && !(value(r, &row) > 0)))
		return 0;
	return pk_vec_add(&r->all, row);
}

static int compare(const void *a, const void *b, void *rows)
{
	double va = value(rows, a), vb = value(rows, b);
	const struct row *x = a, *y = b;

	if (va != vb)
		return va > vb ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static int collect(const struct pk_stat_layout *o, const struct pk_live_picture *p,
		   const struct pk_live_io *io, struct rows *r)
{
	int rc = 0;

	PK_VEC_FOREACH(&p->processes, l) {
		if (!rc && l->tgid)
			rc = add_row(o, r, (struct row){ l->tgid, l->comm, l->kthread,
							 pk_live_io_find(io, l->tgid) });
	}
	if (!rc)
		rc = add_row(o, r, (struct row){ 0, "(exited)", false, &io->picture.gone });
	if (!rc)
		rc = add_row(o, r, (struct row){ 0, "(no process)", false, &io->picture.none });
	if (r->all.nr)
		qsort_r(r->all.data, r->all.nr, sizeof(*r->all.data), compare, r);
	return rc;
}

static void put_row(const struct pk_stat_layout *o, const struct rows *r, const struct row *row,
		    struct pk_strbuf *out)
{
	const struct pk_io_column *c;
	unsigned int nr = pk_io_columns_of(o->show, &c);

	if (row->tgid)
		pk_strbuf_printf(out, "%*" PRIu32, ID_COLUMNS, row->tgid);
	else
		pk_strbuf_printf(out, "%*s", ID_COLUMNS, "-");
	for (unsigned int i = 0; i < nr; i++)
		pk_io_put_cell(&c[i], pk_io_column_value(&c[i], row->amount, r->interval_ns), "0", out);
	pk_strbuf_puts(out, row->kthread ? " [" : " ");
	pk_utf8_put_printable(out, row->name, 0, true);
	pk_strbuf_puts(out, row->kthread ? "]\n" : "\n");
}

static void put_head(const struct pk_stat_layout *o, struct pk_strbuf *out)
{
	const struct pk_io_column *c;
	unsigned int nr = pk_io_columns_of(o->show, &c);

	pk_strbuf_printf(out, "%*s", ID_COLUMNS, "PID");
	for (unsigned int i = 0; i < nr; i++)
		pk_strbuf_printf(out, "%*s", PK_IO_CELL_COLUMNS, c[i].name);
	pk_strbuf_puts(out, " COMMAND\n");
}

static void put_devices(struct pk_live_io_picture *p, uint64_t interval_ns, struct pk_strbuf *out)
{
	if (!p->devices.nr)
		return;
	pk_live_io_sort_devices(p);
	pk_io_put_device_head(out);
	pk_strbuf_putc(out, '\n');
	PK_VEC_FOREACH(&p->devices, d) {
		pk_io_put_device(d, interval_ns, out);
		pk_strbuf_putc(out, '\n');
	}
}

static void put_note(const struct pk_live_io_picture *p, enum pk_show show, struct pk_strbuf *out)
{
	struct pk_strbuf note = { 0 };

	pk_io_put_note(p, show, &note);
	if (note.data)
		pk_strbuf_printf(out, "(%s)\n", note.data);
	pk_strbuf_deinit(&note);
}

void pk_stat_io_put(const struct pk_stat_layout *o, struct pk_live_picture *p, struct pk_live_io *io,
		    struct pk_strbuf *out)
{
	struct rows r = { .key = &pk_io_columns[o->io_key],
			  .interval_ns = io->picture.to_ns - io->picture.from_ns };
	size_t max = o->max_rows ? o->max_rows : SIZE_MAX;
	int rc;

	if (!r.interval_ns) {
		pk_strbuf_puts(out, "(a recording began or ended: no figures of this interval)\n");
		return;
	}
	pk_live_io_join(&io->picture, p);
	put_note(&io->picture, o->show, out);
	if (o->show == PK_SHOW_IO)
		put_devices(&io->picture, r.interval_ns, out);
	put_head(o, out);
	if (!o->nr_tgids)
		put_row(o, &r, &(const struct row){ 0, "(all)", false, &io->picture.total }, out);
	rc = collect(o, p, io, &r);
	for (size_t i = 0; i < r.all.nr && i < max; i++)
		put_row(o, &r, &r.all.data[i], out);
	if (rc)
		out->failed = true;
	pk_vec_deinit(&r.all);
}

/* --- JSON ------------------------------------------------------------------------------ */

static const char *const json_names[PK_LIVE_NR_COUNTS] = {
	[PK_LIVE_READS] = "reads",
	[PK_LIVE_READ_BYTES] = "read_bytes",
	[PK_LIVE_WRITES] = "writes",
	[PK_LIVE_WRITE_BYTES] = "write_bytes",
	[PK_LIVE_FSYNCS] = "fsyncs",
	[PK_LIVE_FILE_NS] = "file_ns",
	[PK_LIVE_REQUESTS] = "requests",
	[PK_LIVE_REQUEST_BYTES] = "request_bytes",
	[PK_LIVE_REQUEST_NS] = "request_ns",
	[PK_LIVE_IN_BYTES] = "tcp_in_bytes",
	[PK_LIVE_OUT_BYTES] = "tcp_out_bytes",
	[PK_LIVE_SENDS] = "tcp_sends",
	[PK_LIVE_SEGMENTS] = "tcp_segments_out",
	[PK_LIVE_AGAIN] = "tcp_retransmitted",
	[PK_LIVE_OPENED] = "tcp_opened",
	[PK_LIVE_CLOSED] = "tcp_closed",
};

void pk_stat_io_json_amount(struct pk_json *j, const char *name, const struct pk_live_io_amount *a)
{
	pk_json_object(j, name);
	for (unsigned int i = 0; i < PK_LIVE_NR_COUNTS; i++)
		pk_json_u64(j, json_names[i], a->nr[i]);
	pk_json_u64(j, "request_p99_ns", pk_live_io_p99_ns(a));
	pk_json_end(j);
}

static void json_sources(struct pk_json *j, const char *name, uint32_t mask)
{
	struct pk_strbuf text = { 0 };

	pk_sources_format(mask, &text);
	pk_json_string(j, name, text.data ? text.data : "");
	pk_strbuf_deinit(&text);
}

static void json_device(struct pk_json *j, const struct pk_live_device *d)
{
	const struct pk_live_io_amount a = { .times = d->times };

	pk_json_object(j, NULL);
	pk_json_string(j, "device", d->name);
	pk_json_bool(j, "stacked", d->flags & PKPROF_BLOCK_STACKED);
	pk_json_u64(j, "reads", d->reads);
	pk_json_u64(j, "read_bytes", d->read_bytes);
	pk_json_u64(j, "writes", d->writes);
	pk_json_u64(j, "write_bytes", d->write_bytes);
	pk_json_u64(j, "others", d->others);
	pk_json_u64(j, "queue_ns", d->queue_ns);
	pk_json_u64(j, "device_ns", d->device_ns);
	pk_json_u64(j, "busy_ns", d->busy_ns);
	pk_json_u64(j, "load_ns", d->load_ns);
	pk_json_u64(j, "p99_ns", pk_live_io_p99_ns(&a));
	pk_json_end(j);
}

void pk_stat_io_json(struct pk_json *j, struct pk_live_picture *p, struct pk_live_io *io)
{
	pk_live_io_join(&io->picture, p);
	pk_live_io_sort_devices(&io->picture);
	pk_json_object(j, "io");
	pk_json_u64(j, "from_ns", io->picture.from_ns);
	pk_json_u64(j, "to_ns", io->picture.to_ns);
	json_sources(j, "sources", io->picture.sources);
	json_sources(j, "anew", io->picture.anew);
	json_sources(j, "filtered", io->picture.filtered);
	pk_stat_io_json_amount(j, "total", &io->picture.total);
	pk_stat_io_json_amount(j, "no_process", &io->picture.none);
	pk_json_array(j, "devices");
	PK_VEC_FOREACH(&io->picture.devices, d)
		json_device(j, d);
	pk_json_end(j);
	pk_json_end(j);
}
