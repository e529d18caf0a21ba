// SPDX-License-Identifier: GPL-2.0-or-later
/* JIT maps: their lines, the last one counts, and which files are believed. */
/* link: tests/unit/elf_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/perf_map.h"

static void test_lines(void **state)
{
	static const uint64_t addr[] = { 0xfff, 0x1000, 0x107f, 0x1080, 0x10ff, 0x2000, 0x3000,
					 0x4000, 0x5000, 0x6000, 0xfffffffffffffff0 };
	static const char *const want[] = {
		NULL, "LazyCompile:*fast file.js:10", "LazyCompile:*fast file.js:10",
		"py::main:/x.py", "py::main:/x.py", "hex with 0x", NULL, NULL, "newest", NULL, NULL,
	};
	char text[] = "1000 100 py::main:/x.py\n"
		      "1000 80 LazyCompile:*fast file.js:10\r\n"
		      "0x2000 0x10 hex with 0x\n"
		      "3000 0 empty\n"
		      "4000\n4000 \n4000 10\n4000 10 \nzzz 10 bad\n 4000 10 bad\n-4000 10 bad\n"
		      "5000 10 oldest\n5000 1000 old\n4f00 200 newest\n"
		      "fffffffffffffff0 ffff wraps around\n"
		      "6000 10000000000000000 size of 65 bits\n"
		      "7000 10 last line without its end";
	struct pk_cover c;

	(void)state;
	assert_int_equal(pk_cover_init(&c, addr, 11), 0);
	assert_int_equal(pk_perf_map_offer(text, sizeof(text) - 1, &c), 0);
	for (size_t i = 0; i < 11; i++) {
		if (i == 9)	/* 0x6000 is below 5000 + 1000 no more */
			assert_int_equal(c.owner[i], PK_COVER_NONE);
		if (!want[i])
			assert_int_equal(c.owner[i], PK_COVER_NONE);
		else
			assert_string_equal(c.funcs.data[c.owner[i]].name, want[i]);
	}
	pk_cover_deinit(&c);
}

static int check_disjoint(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	uint64_t *last = ctx;

	(void)func;
	assert_true(*last <= start && start < end);
	*last = end;
	return 0;
}

/* Any overlaps whatever: ranges come out disjoint and hold their addresses. */
static void test_random_overlaps(void **state)
{
	(void)state;
	srandom(3);
	for (unsigned int round = 0; round < 300; round++) {
		char text[4096], *p = text;
		uint64_t addr[40], last = 0;
		unsigned int nr = 0;
		struct pk_cover c;

		for (uint64_t a = random() % 5; nr < 40; a += 1 + random() % 20)
			addr[nr++] = a;
		for (unsigned int i = 0; i < 60; i++)
			p += sprintf(p, "%lx %lx f%u\n", random() % 500, 1 + random() % 200, i);
		assert_int_equal(pk_cover_init(&c, addr, nr), 0);
		assert_int_equal(pk_perf_map_offer(text, p - text, &c), 0);
		for (unsigned int i = 0; i < nr; i++) {
			const struct pk_func *f;

			if (c.owner[i] == PK_COVER_NONE)
				continue;
			f = &c.funcs.data[c.owner[i]];
			assert_true(f->start <= addr[i] && addr[i] < f->end);
			for (size_t k = 0; k < c.funcs.nr; k++)
				if (c.funcs.data[k].start <= addr[i] &&
				    addr[i] < c.funcs.data[k].end)
					assert_true(c.funcs.data[k].order <= f->order);
		}
		assert_int_equal(pk_cover_emit(&c, check_disjoint, &last), 0);
		pk_cover_deinit(&c);
	}
}

static uint64_t now_wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void test_own_process(void **state)
{
	char path[64], *text;
	size_t len;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1000 10 f\n", 10), 10);
	close(fd);
	fd = pk_perf_map_open(getpid(), NULL, 0);
	if (fd == -ENOSYS || fd == -EPERM) {	/* no openat2() in this sandbox */
		unlink(path);
		skip();
	}
	assert_true(fd >= 0);
	assert_int_equal(pk_perf_map_read(fd, &text, &len), 0);
	assert_int_equal(len, 10);
	assert_string_equal(text, "1000 10 f\n");
	free(text);
	close(fd);
	/* one that an earlier owner of the pid left behind */
	assert_int_equal(pk_perf_map_open(getpid(), NULL, now_wall_ns() + 3600000000000), -EPERM);
	fd = pk_perf_map_open(getpid(), NULL, now_wall_ns());
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	assert_int_equal(pk_perf_map_open(getpid(), NULL, 0), -ENOENT);
}

static void test_other_root(void **state)
{
	int fd;

	(void)state;
	elf_run("mkdir -p root/tmp && echo '1000 10 f' > root/tmp/perf-77.map && "
		"ln -s /etc/passwd root/tmp/perf-78.map && mkfifo root/tmp/perf-79.map && "
		"mkdir root/tmp/perf-80.map");
	fd = pk_perf_map_open(77, elf_path("root"), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(pk_perf_map_open(78, elf_path("root"), 0), -ELOOP);
	assert_int_equal(pk_perf_map_open(79, elf_path("root"), 0), -EPERM);
	assert_int_equal(pk_perf_map_open(80, elf_path("root"), 0), -EPERM);
	assert_int_equal(pk_perf_map_open(81, elf_path("root"), 0), -ENOENT);
}

/* A link in the process's own /tmp leads nowhere. */
static void test_link_in_own_tmp(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(pk_perf_map_open(getpid(), NULL, 0) < 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_random_overlaps),
		cmocka_unit_test(test_own_process),
		cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_link_in_own_tmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
