// SPDX-License-Identifier: GPL-2.0-or-later
/* Live sums of files, requests and connections: differences, new sums, cells of others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/live.h"
#include "model/live_io.h"
#include "view/io_columns.h"

static struct pk_live_io io;
static const struct pk_ledger_visitor *const v = &pk_live_io_visitor;

static void begin(uint64_t now_ns)
{
	const struct pkprof_ledger_info info = { .now_ns = now_ns };

	pk_live_io_begin(&io);
	assert_int_equal(v->info(&io, &info), 0);
}

static void sums(unsigned int source, uint64_t from_ns, uint32_t flags)
{
	const struct pkprof_sums s = { .source = source, .flags = flags, .from_ns = from_ns };

	assert_int_equal(v->sums(&io, &s), 0);
}

static void file_system(uint32_t id, uint32_t flags)
{
	const struct pkprof_vfs_fs f = { .id = id, .flags = flags, .type = "x", .name = "x" };

	assert_int_equal(v->vfs_fs(&io, &f), 0);
}

static void files(uint32_t cell, uint32_t id, uint32_t fs, uint32_t tgid, uint8_t op, uint64_t nr,
		  uint64_t bytes)
{
	const struct pkprof_vfs_ops o = {
		.cell = cell, .id = id, .fs = fs, .tgid = tgid, .op = op, .nr = nr, .bytes = bytes,
		.sum_ns = nr * 1000,
	};

	assert_int_equal(v->vfs_ops(&io, &o), 0);
}

static void device(uint32_t id, const char *name, uint32_t flags, uint64_t from_ns, uint64_t read_ns,
		   uint64_t busy_ns, uint64_t load_ns)
{
	struct pkprof_block_device d = {
		.id = id, .flags = flags, .from_ns = from_ns, .read_ns = read_ns, .load_ns = load_ns,
		.depth_ns = { read_ns - from_ns - busy_ns, busy_ns },
	};

	snprintf(d.name, sizeof(d.name), "%s", name);
	assert_int_equal(v->block_device(&io, &d), 0);
}

/* @nr requests of 4 KB, of 100 us each, of which 25 in the queue. */
static void requests(uint32_t dev, uint32_t tgid, uint8_t op, uint64_t nr)
{
	struct {
		struct pkprof_block_ops ops;
		struct pkprof_block_bucket bucket;
	} o = {
		.ops = {
			.device = dev, .tgid = tgid, .op = op, .size = tgid ? 0 : 1, .nr = nr,
			.bytes = nr * 4096, .nr_buckets = 1,
			.sum_ns = { nr * 25000, nr * 75000, nr * 100000 },
		},
		.bucket = { .bucket = pk_dist_bucket(100000), .time = PKPROF_BLOCK_TOTAL, .nr = nr },
	};

	assert_int_equal(v->block_ops(&io, &o.ops), 0);
}

static void connections(uint32_t id, uint32_t tgid, uint64_t in, uint64_t out, uint64_t again)
{
	const struct pkprof_net_conns c = {
		.id = id, .tgid = tgid, .family = 4,
		.counts = { [PKPROF_NET_BYTES_IN] = in, [PKPROF_NET_BYTES_OUT] = out,
			    [PKPROF_NET_RETRANS] = again },
	};

	assert_int_equal(v->net_conns(&io, &c), 0);
}

static uint64_t nr(uint32_t tgid, enum pk_live_io_count what)
{
	return pk_live_io_find(&io, tgid)->nr[what];
}

static int teardown(void **state)
{
	(void)state;
	pk_live_io_deinit(&io);
	return 0;
}

/* --- differences ------------------------------------------------------------------------ */

static void test_files(void **state)
{
	(void)state;
	begin(1000);
	sums(PKPROF_SRC_VFS, 10, 0);
	file_system(2, 0);
	file_system(3, PKPROF_VFS_PSEUDO);
	files(0, 1, 2, 50, PKPROF_VFS_READ, 100, 4000);
	assert_int_equal(pk_live_io_end(&io), 0);
	/* what was there before there was anybody to look */
	assert_int_equal(io.picture.from_ns, io.picture.to_ns);
	assert_int_equal(pk_live_io_epoch(&io), 1000);

	begin(2000);
	sums(PKPROF_SRC_VFS, 10, 0);
	file_system(2, 0);
	file_system(3, PKPROF_VFS_PSEUDO);
	files(0, 1, 2, 50, PKPROF_VFS_READ, 107, 4070);
	files(1, 2, 2, 50, PKPROF_VFS_WRITE, 3, 30);		/* new */
	files(2, 3, 3, 50, PKPROF_VFS_WRITE, 1000, 1000);	/* into a pipe */
	files(3, 4, 2, 60, PKPROF_VFS_SENDFILE, 2, 20);	/* both */
	files(4, 5, 2, 0, PKPROF_VFS_READ, 5, 50);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(io.picture.from_ns, 1000);
	assert_int_equal(io.picture.to_ns, 2000);
	assert_int_equal(nr(50, PK_LIVE_READS), 7);
	assert_int_equal(nr(50, PK_LIVE_READ_BYTES), 70);
	assert_int_equal(nr(50, PK_LIVE_WRITES), 3);
	assert_int_equal(nr(60, PK_LIVE_READS), 2);
	assert_int_equal(nr(60, PK_LIVE_WRITE_BYTES), 20);
	assert_int_equal(nr(70, PK_LIVE_READS), 0);
	assert_int_equal(io.picture.none.nr[PK_LIVE_READS], 5);
	assert_int_equal(io.picture.total.nr[PK_LIVE_READS], 14);

	/* the cell is another's now; the others are told again, or not at all */
	begin(3000);
	sums(PKPROF_SRC_VFS, 10, 0);
	files(0, 9, 2, 80, PKPROF_VFS_READ, 4, 40);
	files(1, 2, 2, 50, PKPROF_VFS_WRITE, 3, 30);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(nr(80, PK_LIVE_READS), 4);
	assert_int_equal(nr(50, PK_LIVE_WRITES), 0);
	assert_int_equal(io.picture.total.nr[PK_LIVE_READS], 4);
}

static void test_devices(void **state)
{
	const struct pk_live_device *d;

	(void)state;
	for (unsigned int round = 1; round < 3; round++) {
		begin(round * 1000000);
		sums(PKPROF_SRC_BLOCK, 10, 0);
		device(1, "sda", 0, 10, round * 1000000, round * 250000, round * 500000);
		device(2, "dm-0", PKPROF_BLOCK_STACKED, 10, round * 1000000, 0, 0);
		requests(1, 0, PKPROF_BLOCK_READ, round * 10);
		requests(1, 0, PKPROF_BLOCK_SYNC, round * 4);
		requests(1, 0, PKPROF_BLOCK_FLUSH, round);
		requests(2, 0, PKPROF_BLOCK_READ, round * 7);
		requests(1, 50, PKPROF_BLOCK_READ, round * 10);
		requests(2, 50, PKPROF_BLOCK_READ, round * 7);
		assert_int_equal(pk_live_io_end(&io), 0);
	}
	pk_live_io_sort_devices(&io.picture);
	d = &io.picture.devices.data[0];
	assert_int_equal(io.picture.devices.nr, 2);
	assert_string_equal(d->name, "sda");
	assert_int_equal(d->reads, 10);
	assert_int_equal(d->read_bytes, 40960);
	assert_int_equal(d->writes, 4);
	assert_int_equal(d->others, 1);
	assert_int_equal(d->busy_ns, 250000);
	assert_int_equal(d->load_ns, 500000);
	assert_int_equal(d->queue_ns, 15 * 25000);
	assert_int_equal(d->device_ns, 15 * 75000);
	/* what is on top of another is not counted twice */
	assert_int_equal(nr(50, PK_LIVE_REQUESTS), 10);
	assert_int_equal(io.picture.total.nr[PK_LIVE_REQUESTS], 15);
	assert_int_equal(pk_live_io_mean_ns(pk_live_io_find(&io, 50)), 100000);
	assert_in_range(pk_live_io_p99_ns(pk_live_io_find(&io, 50)), 93750, 106250);
	assert_int_equal(pk_live_io_mean_ns(pk_live_io_find(&io, 51)), 0);
	assert_int_equal(pk_live_io_p99_ns(pk_live_io_find(&io, 51)), 0);
}

/* --- sums that begin anew ------------------------------------------------------------------ */

static void test_anew(void **state)
{
	(void)state;
	begin(1000);
	sums(PKPROF_SRC_TCP, 10, 0);
	connections(3, 50, 100, 1000, 1);
	assert_int_equal(pk_live_io_end(&io), 0);
	/* a recording took the source: from zero, and of its processes only */
	begin(2000);
	sums(PKPROF_SRC_TCP, 1500, PKPROF_SUMS_RECORDED | PKPROF_SUMS_FILTERED);
	connections(3, 60, 40, 2000, 0);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(io.picture.anew, 1u << PKPROF_SRC_TCP);
	assert_int_equal(io.picture.filtered, 1u << PKPROF_SRC_TCP);
	assert_int_equal(nr(60, PK_LIVE_IN_BYTES), 40);
	assert_int_equal(nr(60, PK_LIVE_OUT_BYTES), 2000);
	begin(3000);
	sums(PKPROF_SRC_TCP, 1500, PKPROF_SUMS_RECORDED | PKPROF_SUMS_FILTERED);
	connections(3, 60, 41, 2000, 2);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(io.picture.anew, 0);
	assert_int_equal(nr(60, PK_LIVE_IN_BYTES), 1);
	assert_int_equal(nr(60, PK_LIVE_OUT_BYTES), 0);
	assert_int_equal(nr(60, PK_LIVE_AGAIN), 2);
}

/* Sums older than the epoch that were never told: all of them are needed once. */
static void test_joined_late(void **state)
{
	(void)state;
	begin(1000);
	assert_int_equal(pk_live_io_end(&io), 0);
	begin(2000);
	sums(PKPROF_SRC_TCP, 500, 0);
	connections(3, 50, 100, 1000, 1);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(io.picture.from_ns, io.picture.to_ns);
	assert_int_equal(pk_live_io_epoch(&io), 0);
	begin(3000);
	sums(PKPROF_SRC_TCP, 500, 0);
	connections(3, 50, 110, 1000, 1);
	connections(4, 50, 7000, 0, 0);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(io.picture.from_ns, io.picture.to_ns);
	begin(4000);
	sums(PKPROF_SRC_TCP, 500, 0);
	connections(3, 50, 112, 1000, 1);
	connections(4, 50, 7000, 0, 0);
	assert_int_equal(pk_live_io_end(&io), 0);
	assert_int_equal(nr(50, PK_LIVE_IN_BYTES), 2);
	assert_int_equal(io.picture.anew, 0);
}

static void test_join(void **state)
{
	struct pk_live_picture p = { 0 };
	struct pk_live_process there = { .tgid = 50 };

	(void)state;
	assert_int_equal(pk_vec_add(&p.processes, there), 0);
	begin(1000);
	sums(PKPROF_SRC_TCP, 10, 0);
	assert_int_equal(pk_live_io_end(&io), 0);
	begin(2000);
	sums(PKPROF_SRC_TCP, 10, 0);
	connections(1, 50, 1, 0, 0);
	connections(2, 60, 20, 0, 0);
	connections(3, 70, 300, 0, 0);
	connections(4, 0, 4000, 0, 0);
	assert_int_equal(pk_live_io_end(&io), 0);
	pk_live_io_join(&io.picture, &p);
	assert_int_equal(nr(0, PK_LIVE_IN_BYTES), 320);
	assert_int_equal(nr(50, PK_LIVE_IN_BYTES), 1);
	assert_int_equal(io.picture.total.nr[PK_LIVE_IN_BYTES], 4321);
	pk_vec_deinit(&p.processes);
}

static void test_no_info(void **state)
{
	(void)state;
	pk_live_io_begin(&io);
	assert_int_equal(pk_live_io_end(&io), -EPROTO);
}

/* --- cells of text ---------------------------------------------------------------------------- */

static void assert_cell(enum pk_io_kind kind, double value, const char *wanted)
{
	const struct pk_io_column c = { .kind = kind };
	struct pk_strbuf b = { 0 };

	pk_io_put_cell(&c, value, ".", &b);
	assert_string_equal(b.data, wanted);
	pk_strbuf_deinit(&b);
}

static void test_cells(void **state)
{
	(void)state;
	assert_cell(PK_IO_RATE, 0, "       .");
	assert_cell(PK_IO_RATE, 0.5, "     0.5");
	assert_cell(PK_IO_RATE, 9.96, "      10");
	assert_cell(PK_IO_RATE, 99999, "   99999");
	assert_cell(PK_IO_RATE, 123456, "  123.5k");
	assert_cell(PK_IO_RATE, 1e14, "  100.0T");
	assert_cell(PK_IO_BYTES, 1023, "    1023");
	assert_cell(PK_IO_BYTES, 1024, "    1.0K");
	assert_cell(PK_IO_BYTES, 1024 * 1024 * 1023.9, "    1.0G");
	assert_cell(PK_IO_MEAN, 0.0123, "   0.012");
	assert_cell(PK_IO_MEAN, 12.34, "    12.3");
	assert_cell(PK_IO_P99, 123456, "  123456");
}

/* The keys of stat are the heads, in their order. */
static void test_columns(void **state)
{
	const struct pk_io_column *c;

	(void)state;
	assert_int_equal(pk_io_columns_of(PK_SHOW_IO, &c), 8);
	assert_ptr_equal(c, &pk_io_columns[0]);
	assert_int_equal(pk_io_columns_of(PK_SHOW_NET, &c), 7);
	assert_ptr_equal(c, &pk_io_columns[8]);
	assert_int_equal(pk_io_columns_of(PK_SHOW_TIME, &c), 0);
	assert_int_equal(pk_show_sources(PK_SHOW_TIME), 0);
	assert_int_equal(pk_show_sources(PK_SHOW_IO) | pk_show_sources(PK_SHOW_NET), PK_LIVE_IO_SOURCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_files, teardown),
		cmocka_unit_test_teardown(test_devices, teardown),
		cmocka_unit_test_teardown(test_anew, teardown),
		cmocka_unit_test_teardown(test_joined_late, teardown),
		cmocka_unit_test_teardown(test_join, teardown),
		cmocka_unit_test_teardown(test_no_info, teardown),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
