// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings over time: inheritance, exec, overlaps, versions; compared with a plain search. */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/addrspace.h"
#include "model/overlay.h"
#include "model_fixture.h"

static struct pk_addrspace *build(const struct pk_profile *p)
{
	struct pk_addrspace *a;
	struct pk_err err = { 0 };

	if (pk_addrspace_build(p, &a, &err))
		fail_msg("%s", err.msg);
	return a;
}

static struct pk_location find(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns,
			       uint64_t addr)
{
	uint32_t version = pk_addrspace_version(a, tgid, time_ns);

	assert_int_not_equal(version, 0);
	return pk_addrspace_find(a, version, tgid, addr);
}

static void assert_file(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns, uint64_t addr,
			uint32_t file, uint64_t off)
{
	struct pk_location l = find(a, tgid, time_ns, addr);

	assert_true(l.mapped);
	assert_int_equal(l.space, PK_SPACE_FILE);
	assert_int_equal(l.id, file);
	assert_int_equal(l.addr, off);
}

static void assert_unmapped(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns, uint64_t addr)
{
	struct pk_location l = find(a, tgid, time_ns, addr);

	assert_false(l.mapped);
	assert_int_equal(l.addr, addr);
}

static void test_edges_and_offsets(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/lib/a.so");
	fix_alive(&p, 1, "a");
	fix_map(&p, 0, 1, 0x1000, 0x1000, f, 0x5000);
	fix_map(&p, 0, 1, 0xfffffffffffff000, 0x1000, f, 0);
	a = build(&p);
	assert_file(a, 1, 0, 0x1000, f, 0x5000);
	assert_file(a, 1, 0, 0x1fff, f, 0x5fff);
	assert_unmapped(a, 1, 0, 0xfff);
	assert_unmapped(a, 1, 0, 0x2000);
	assert_file(a, 1, 0, 0xfffffffffffffffe, f, 0xffe);
	assert_unmapped(a, 99, 0, 0x1000);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static void test_later_mapping_hides_part_of_earlier(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f, g;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	g = fix_file(&p, "/g");
	fix_map(&p, 10, 1, 0x1000, 0x3000, f, 0);
	fix_map(&p, 20, 1, 0x2000, 0x1000, g, 0x100000);
	a = build(&p);
	assert_unmapped(a, 1, 9, 0x2800);
	assert_file(a, 1, 10, 0x2800, f, 0x1800);
	assert_file(a, 1, 19, 0x2800, f, 0x1800);
	assert_file(a, 1, 20, 0x2800, g, 0x100800);
	assert_file(a, 1, 20, 0x1800, f, 0x800);
	assert_file(a, 1, 20, 0x3800, f, 0x2800);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static void test_fork_inherits_what_was_there(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f, g;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	g = fix_file(&p, "/g");
	fix_alive(&p, 1, "parent");
	fix_fork(&p, 100, 2, 1, "child");
	fix_fork(&p, 150, 3, 2, "grandchild");
	fix_map(&p, 0, 1, 0x1000, 0x1000, f, 0);
	fix_map(&p, 120, 1, 0x5000, 0x1000, g, 0);	/* the parent alone, after the fork */
	fix_map(&p, 200, 2, 0x1000, 0x1000, g, 0);
	a = build(&p);
	assert_unmapped(a, 2, 99, 0x1000);
	assert_file(a, 2, 100, 0x1000, f, 0);
	assert_unmapped(a, 2, 300, 0x5000);
	assert_file(a, 1, 300, 0x5000, g, 0);
	assert_file(a, 2, 200, 0x1000, g, 0);
	assert_file(a, 1, 300, 0x1000, f, 0);
	assert_file(a, 3, 300, 0x1000, f, 0);
	/* nothing of their own: one version */
	assert_int_equal(pk_addrspace_version(a, 1, 110), pk_addrspace_version(a, 2, 110));
	assert_int_equal(pk_addrspace_version(a, 3, 300), pk_addrspace_version(a, 2, 110));
	assert_int_not_equal(pk_addrspace_version(a, 2, 200), pk_addrspace_version(a, 2, 199));
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static void test_exec_clears(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f, g;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	g = fix_file(&p, "/g");
	fix_alive(&p, 1, "sh");
	fix_fork(&p, 100, 2, 1, "sh");
	fix_exec(&p, 200, 2, "ls");
	fix_map(&p, 0, 1, 0x1000, 0x1000, f, 0);
	fix_map(&p, 210, 2, 0x8000, 0x1000, g, 0);
	a = build(&p);
	assert_file(a, 2, 199, 0x1000, f, 0);
	assert_unmapped(a, 2, 200, 0x1000);
	assert_unmapped(a, 2, 209, 0x8000);
	assert_file(a, 2, 210, 0x8000, g, 0);
	assert_file(a, 1, 300, 0x1000, f, 0);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

/* vfork: what either of them maps, both see, until one of them calls exec. */
static void test_shared_memory(void **state)
{
	struct pk_task_event vfork = {
		.time_ns = 100, .kind = PK_TASK_FORK, .tid = 2, .tgid = 2, .parent_tgid = 1,
		.flags = PKPROF_TASK_SAME_MM,
	};
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	fix_alive(&p, 1, "sh");
	fix_task(&p, &vfork);
	fix_exec(&p, 200, 2, "ls");
	fix_map(&p, 110, 2, 0x1000, 0x1000, f, 0);
	fix_map(&p, 120, 1, 0x2000, 0x1000, f, 0);
	a = build(&p);
	assert_file(a, 1, 150, 0x1000, f, 0);
	assert_file(a, 2, 150, 0x2000, f, 0);
	assert_int_equal(pk_addrspace_version(a, 1, 150), pk_addrspace_version(a, 2, 150));
	assert_unmapped(a, 2, 200, 0x2000);
	assert_file(a, 1, 200, 0x2000, f, 0);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static void test_reused_pid_starts_anew(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f, g;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	g = fix_file(&p, "/g");
	fix_alive(&p, 1, "init");
	fix_alive(&p, 7, "old");
	fix_exit(&p, 100, 7, 7, PKPROF_TASK_GROUP_DEAD);
	fix_fork(&p, 200, 7, 1, "new");
	fix_map(&p, 0, 1, 0x9000, 0x1000, g, 0);
	fix_map(&p, 0, 7, 0x1000, 0x1000, f, 0);
	a = build(&p);
	assert_file(a, 7, 150, 0x1000, f, 0);
	assert_unmapped(a, 7, 200, 0x1000);
	assert_file(a, 7, 200, 0x9000, g, 0);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static void test_memory_that_looks_like_files(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t jit, program;
	struct pk_location l;

	(void)state;
	fix_init(&p);
	jit = fix_file(&p, "/memfd:doublemapper (deleted)");
	program = fix_file(&p, "/memfd:runc (deleted)");
	p.files.data[program].build_id_len = 20;
	fix_map(&p, 0, 1, 0x1000, 0x1000, jit, 0);
	fix_map(&p, 0, 1, 0x2000, 0x1000, program, 0);
	fix_map(&p, 0, 1, 0x3000, 0x1000, 0, 0);
	a = build(&p);
	l = find(a, 1, 0, 0x1234);
	assert_true(l.mapped);
	assert_int_equal(l.space, PK_SPACE_PROCESS);
	assert_int_equal(l.id, 1);
	assert_int_equal(l.addr, 0x1234);
	assert_file(a, 1, 0, 0x2345, program, 0x345);
	l = find(a, 1, 0, 0x3456);
	assert_true(l.mapped);
	assert_int_equal(l.space, PK_SPACE_PROCESS);
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

static uint32_t plain_top(const struct pk_range *r, uint32_t k, uint64_t point)
{
	while (k--)
		if (r[k].start <= point && point < r[k].end)
			return k;
	return PK_OVERLAY_NONE;
}

static void test_overlay_against_plain_search(void **state)
{
	struct pk_range r[200];
	struct pk_overlay o;

	(void)state;
	srandom(7);
	for (unsigned int round = 0; round < 60; round++) {
		uint32_t nr = round % 40 * 5;

		for (uint32_t i = 0; i < nr; i++) {
			r[i].start = random() % 300;
			/* now and then empty or upside down */
			r[i].end = r[i].start + random() % 60 - 5;
			if (r[i].end > 400)
				r[i].end = 0;
		}
		assert_int_equal(pk_overlay_init(&o, r, nr), 0);
		for (unsigned int q = 0; q < 2000; q++) {
			uint32_t k = random() % (nr + 1);
			uint64_t point = random() % 400;

			assert_int_equal(pk_overlay_top(&o, k, point), plain_top(r, k, point));
		}
		pk_overlay_deinit(&o);
	}
}

/* A process with many mappings answers as the short list does. */
static void test_many_mappings(void **state)
{
	struct pk_profile p;
	struct pk_addrspace *a;
	uint32_t f;

	(void)state;
	fix_init(&p);
	f = fix_file(&p, "/f");
	for (unsigned int i = 0; i < 5000; i++)
		fix_map(&p, i, 1, 0x1000 * (uint64_t)(i % 1000), 0x1000, f, i);
	a = build(&p);
	for (unsigned int i = 0; i < 5000; i++) {
		assert_file(a, 1, i, 0x1000 * (uint64_t)(i % 1000) + 5, f, i + 5);
		if (i >= 1000)
			assert_file(a, 1, i, 0x1000 * (uint64_t)((i + 1) % 1000), f, i - 999);
		else if (i < 999)
			assert_unmapped(a, 1, i, 0x1000 * (uint64_t)(i + 1));
	}
	pk_addrspace_destroy(a);
	pk_profile_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges_and_offsets),
		cmocka_unit_test(test_later_mapping_hides_part_of_earlier),
		cmocka_unit_test(test_fork_inherits_what_was_there),
		cmocka_unit_test(test_exec_clears),
		cmocka_unit_test(test_shared_memory),
		cmocka_unit_test(test_reused_pid_starts_anew),
		cmocka_unit_test(test_memory_that_looks_like_files),
		cmocka_unit_test(test_overlay_against_plain_search),
		cmocka_unit_test(test_many_mappings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
