// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identity of running tasks: parsing of /proc, the scan of a made-up /proc, and
 * that records win over it; then the scan of the real one.
 */
/* link: tests/unit/record_fixture.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/procfs.h"
#include "record/synth.h"
#include "record_fixture.h"

#define T0 5000000000ULL

static struct {
	char root[64];
	int fd;
	struct pk_writer *w;
	struct pk_files *files;
	struct pk_seen seen;
	struct pk_synth_stats stats;
	struct pk_profile p;
	bool loaded;
	void (*news)(void); /* what records tell while /proc is read */
	bool namespace;	    /* records number tasks otherwise */
	struct pk_map64 local_pids;
} env;

static int setup(void **state)
{
	struct pk_files_config files = { .max_files = 1000 };

	(void)state;
	memset(&env, 0, sizeof(env));
	strcpy(env.root, "/tmp/pk_synth_XXXXXX");
	assert_non_null(mkdtemp(env.root));
	env.fd = fixture_fd();
	assert_int_equal(pk_writer_create(env.fd, "test", &env.w, NULL), 0);
	files.writer = env.w;
	assert_int_equal(pk_files_create(&files, &env.files), 0);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", env.root);
	assert_int_equal(system(command), 0);
	pk_files_destroy(env.files);
	pk_writer_destroy(env.w);
	pk_seen_deinit(&env.seen);
	pk_map64_deinit(&env.local_pids);
	if (env.loaded)
		pk_profile_deinit(&env.p);
	return 0;
}

static void put(const char *path, const char *text, size_t len)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", env.root, path);
	for (char *slash = strchr(full + strlen(env.root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void put_stat(const char *path, unsigned int pid, const char *comm, unsigned int parent,
		     unsigned int nr_threads, unsigned long flags, unsigned long start)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%u (%s) S %u 1 1 0 -1 %lu 0 0 0 0 0 0 0 0 20 0 %u 0 %lu 0 0 0\n", pid, comm,
		 parent, flags, nr_threads, start);
	put(path, text, strlen(text));
}

static void put_process(unsigned int pid, const char *comm, unsigned int parent, const char *args,
			size_t args_len, const char *maps)
{
	char path[64];

	snprintf(path, sizeof(path), "%u/stat", pid);
	put_stat(path, pid, comm, parent, 1, 0x400000, 200);
	snprintf(path, sizeof(path), "%u/cmdline", pid);
	put(path, args, args_len);
	snprintf(path, sizeof(path), "%u/cgroup", pid);
	put(path, "4:memory:/old\n0::/user/x\n", 25);
	snprintf(path, sizeof(path), "%u/maps", pid);
	put(path, maps, strlen(maps));
}

static int catch_up(void *ctx)
{
	(void)ctx;
	if (env.news)
		env.news();
	return 0;
}

static int global_pids(void *ctx, uint32_t *pids, unsigned int nr)
{
	(void)ctx;
	for (unsigned int i = 0; i < nr; i++)
		pids[i] = pids[i] == 302 || !pids[i] ? 0 : pids[i] + 10000;
	return 0;
}

static struct pk_profile *scan(const uint32_t *pids, unsigned int nr_pids)
{
	struct pk_synth_config cfg = {
		.proc = env.root,
		.t0_ns = T0,
		.suspended_ns = 500000000,
		.ticks_per_s = 100,
		.pids = pids,
		.nr_pids = nr_pids,
		.writer = env.w,
		.files = env.files,
		.seen = &env.seen,
		.catch_up = catch_up,
		.global_pids = env.namespace ? global_pids : NULL,
		.local_pids = &env.local_pids,
	};
	struct pk_err err = { 0 };
	struct image i;

	if (pk_synth_run(&cfg, &env.stats, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(pk_writer_finish(env.w, T0 + 1), 0);
	i = fixture_read(env.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &env.p, NULL), 0);
	image_free(&i);
	env.loaded = true;
	return &env.p;
}

static const char *text(uint32_t id)
{
	return pk_strtab_get(&env.p.strings, id);
}

static struct pk_task_event *task(uint32_t tid)
{
	PK_VEC_FOREACH(&env.p.tasks, e)
		if (e->tid == tid)
			return e;
	return NULL;
}

#define MAPS                                                                              \
	"55d0c0000000-55d0c0001000 r--p 00000000 08:11 4242        /usr/bin/my prog\n"    \
	"55d0c0001000-55d0c0005000 r-xp 00001000 08:11 4242        /usr/bin/my prog\n"    \
	"7f0000000000-7f0000010000 r-xp 00002000 08:11 77          /lib/x.so (deleted)\n" \
	"7f1000000000-7f1000001000 rwxp 00000000 00:00 0 \n"                              \
	"7ffc12300000-7ffc12302000 r-xp 00000000 00:00 0           [vdso]\n"              \
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   [vsyscall]\n"

static void test_a_process(void **state)
{
	struct pk_task_event *e;
	struct pk_profile *p;
	struct pk_map_event *m;

	(void)state;
	put_process(300, "my prog", 1, "my prog\0-x\0a b\0", 15, MAPS);
	put("not-a-number/stat", "", 0);
	p = scan(NULL, 0);
	assert_int_equal(p->tasks.nr, 1);
	e = task(300);
	assert_int_equal(e->kind, PK_TASK_ALIVE);
	assert_int_equal(e->time_ns, T0);
	assert_int_equal(e->tgid, 300);
	assert_int_equal(e->parent_tgid, 1);
	/* 200 ticks since boot, half a second of it suspended */
	assert_int_equal(e->start_ns, 1500000000);
	assert_string_equal(text(e->comm), "my prog");
	assert_string_equal(text(e->args), "my prog -x a b");
	assert_string_equal(text(e->cgroup), "/user/x");
	assert_int_equal(p->maps.nr, 4);
	m = p->maps.data;
	assert_int_equal(m[0].addr, 0x55d0c0001000);
	assert_int_equal(m[0].len, 0x4000);
	assert_int_equal(m[0].file_off, 0x1000);
	assert_int_equal(m[0].time_ns, T0);
	assert_string_equal(text(p->files.data[m[0].file].path), "/usr/bin/my prog");
	assert_int_equal(p->files.data[m[0].file].ino, 4242);
	assert_int_equal(p->files.data[m[0].file].dev, 8u << 20 | 0x11);
	assert_string_equal(text(p->files.data[m[1].file].path), "/lib/x.so");
	assert_int_equal(m[2].file, 0);
	assert_string_equal(text(p->files.data[m[3].file].path), "[vdso]");
	assert_int_equal(env.stats.nr_processes, 1);
	assert_int_equal(env.stats.nr_mappings, 4);
}

static void test_threads_and_kernel_threads(void **state)
{
	struct pk_profile *p;

	(void)state;
	put_process(300, "main", 1, "main", 5, "");
	put_stat("300/stat", 300, "main", 1, 3, 0, 200);
	put_stat("300/task/300/stat", 300, "main", 1, 3, 0, 200);
	put_stat("300/task/301/stat", 301, "worker) S 1 (", 1, 3, 0, 210);
	put_stat("300/task/302/stat", 302, "", 1, 3, 0, 220);
	put_stat("2/stat", 2, "kworker/u8:3-events_unbound", 0, 1, 0x208040, 0);
	p = scan(NULL, 0);
	assert_int_equal(p->tasks.nr, 4);
	assert_int_equal(task(301)->flags, PKPROF_TASK_THREAD);
	assert_int_equal(task(301)->tgid, 300);
	assert_string_equal(text(task(301)->comm), "worker) S 1 (");
	assert_int_equal(task(301)->start_ns, 1600000000);
	assert_string_equal(text(task(302)->comm), "");
	assert_int_equal(task(2)->flags, PKPROF_TASK_KTHREAD);
	assert_string_equal(text(task(2)->comm), "kworker/u8:3-events_unbound");
	assert_int_equal(env.stats.nr_threads, 4);
}

/* Records told of these while /proc was read. */
static void some_news(void)
{
	pk_seen_note(&env.seen, &make_fork(T0 + 1, 301, 1, "born")->rec);
	pk_seen_note(&env.seen, &make_exec(T0 + 2, 302, "new")->rec);
	pk_seen_note(&env.seen, &make_comm(T0 + 3, 303, "renamed")->rec);
	pk_seen_note(&env.seen, &make_cgroup(T0 + 4, 303, "/new")->rec);
	pk_seen_note(&env.seen, &make_map(T0 + 5, 303, 0x7f0000008000, 0x1000, 5)->rec);
}

static void test_records_win(void **state)
{
	struct pk_profile *p;
	unsigned int nr[304] = { 0 };

	(void)state;
	for (unsigned int pid = 301; pid <= 303; pid++)
		put_process(pid, "name", 1, "args", 5, MAPS);
	env.news = some_news;
	p = scan(NULL, 0);
	/* born since: its own record tells all */
	assert_null(task(301));
	/* exec since: what it was before is not known any more */
	assert_string_equal(text(task(302)->comm), "");
	assert_string_equal(text(task(302)->args), "");
	assert_int_equal(task(302)->parent_tgid, 1);
	/* renamed and moved since */
	assert_string_equal(text(task(303)->comm), "");
	assert_string_equal(text(task(303)->args), "args");
	assert_string_equal(text(task(303)->cgroup), "");
	PK_VEC_FOREACH(&p->maps, m)
		nr[m->tgid]++;
	assert_int_equal(nr[301], 0);
	assert_int_equal(nr[302], 0);
	/* one of four was mapped over */
	assert_int_equal(nr[303], 3);
	assert_int_equal(env.stats.nr_beaten, 3);
}

static void put_zombie(unsigned int pid, unsigned int nr_threads)
{
	char path[64], text[256];

	put_process(pid, "name", 1, "", 0, "");
	snprintf(path, sizeof(path), "%u/stat", pid);
	snprintf(text, sizeof(text),
		 "%u (name) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 %u 0 200 0 0 0\n", pid, nr_threads);
	put(path, text, strlen(text));
}

static void one_exits(void)
{
	pk_seen_note(&env.seen, &make_exit(T0 + 1, 302)->rec);
}

static void test_zombies(void **state)
{
	(void)state;
	put_zombie(301, 1);
	put_zombie(302, 1);
	put_zombie(303, 2);
	env.news = one_exits;
	scan(NULL, 0);
	/* dead before the start: its life would never end */
	assert_null(task(301));
	/* since: its record ends it */
	assert_non_null(task(302));
	/* only the first thread is */
	assert_non_null(task(303));
}

static void test_only_descendants(void **state)
{
	const uint32_t pids[] = { 10, 77 };

	(void)state;
	/* 10 <- 30 <- 20 <- 15; a parent may have the larger id */
	put_process(10, "top", 1, "", 0, "");
	put_process(30, "child", 10, "", 0, "");
	put_process(20, "grandchild", 30, "", 0, "");
	put_process(15, "great", 20, "", 0, "");
	put_process(11, "other", 1, "", 0, "");
	put_process(12, "other's child", 11, "", 0, "");
	scan(pids, 2);
	assert_non_null(task(10));
	assert_non_null(task(30));
	assert_non_null(task(20));
	assert_non_null(task(15));
	assert_null(task(11));
	assert_null(task(12));
	assert_int_equal(env.stats.nr_processes, 4);
}

/* In a pid namespace: ids as records have them, and what records say counts by those. */
static void news_by_global_id(void)
{
	pk_seen_note(&env.seen, &make_fork(T0 + 1, 10303, 1, "born")->rec);
	pk_seen_note(&env.seen, &make_exec(T0 + 2, 300, "somebody else's 300")->rec);
}

static void test_pid_namespace(void **state)
{
	const uint32_t pids[] = { 300 };
	struct pk_profile *p;

	(void)state;
	put_process(300, "main", 1, "main", 5, MAPS);
	put_stat("300/stat", 300, "main", 1, 2, 0, 200);
	put_stat("300/task/301/stat", 301, "thread", 1, 2, 0, 200);
	put_process(302, "gone", 300, "gone", 5, MAPS);
	put_process(303, "born", 300, "born", 5, MAPS);
	put_process(304, "child", 300, "child", 6, "");
	put_process(305, "other", 1, "other", 6, "");
	env.namespace = true;
	env.news = news_by_global_id;
	p = scan(pids, 1);
	assert_int_equal(p->tasks.nr, 3);
	assert_string_equal(text(task(10300)->comm), "main");
	assert_int_equal(task(10300)->parent_tgid, 10001);
	assert_int_equal(task(10301)->tgid, 10300);
	assert_int_equal(task(10304)->parent_tgid, 10300);
	assert_int_equal(p->maps.nr, 4);
	assert_int_equal(p->maps.data[0].tgid, 10300);
	assert_int_equal(pk_map64_get(&env.local_pids, 10300), 300);
}

/* More than one batch, and mappings longer than any buffer. */
static void test_many_processes(void **state)
{
	struct pk_strbuf maps = { 0 };
	struct pk_profile *p;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++)
		pk_strbuf_printf(&maps, "%x000-%x000 r-xp 00000000 08:01 %u  /lib/%u\n", 2 * i + 16,
				 2 * i + 17, 1 + i % 300, i % 300);
	for (unsigned int i = 0; i < 150; i++)
		put_process(1000 + i, "p", 1, "p", 2, i == 70 ? maps.data : MAPS);
	pk_strbuf_deinit(&maps);
	p = scan(NULL, 0);
	assert_int_equal(p->tasks.nr, 150);
	assert_int_equal(p->maps.nr, 149 * 4 + 5000);
	/* each file once */
	assert_int_equal(p->files.nr, 1 + 300 + 3);
}

static void test_broken_lines(void **state)
{
	static const char *const bad_stats[] = {
		"", "1", "1 (x", "1 (x)", "1 (x) S", "1 (x) S 1 2 3", "1 )x( S 1 1 1"
	};
	static const char *const bad_maps[] = {
		"",
		"x",
		"1-2",
		"1-2 r-xp",
		"1-2 r-xp 0",
		"1-2 r-xp 0 08",
		"1-2 r-xp 0 08:x 0",
		"2-1 r-xp 0 08:01 0 ",
		"1-2 r-x",
		"-2 r-xp 0 08:01 0",
	};
	struct pk_proc_stat st;
	struct pk_proc_map m;
	char line[128];

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad_stats) / sizeof(*bad_stats); i++)
		assert_int_equal(pk_proc_parse_stat(bad_stats[i], &st), -EINVAL);
	for (unsigned int i = 0; i < sizeof(bad_maps) / sizeof(*bad_maps); i++) {
		strcpy(line, bad_maps[i]);
		assert_int_equal(pk_proc_parse_map(line, &m), -EINVAL);
	}
	strcpy(line, "1000-2000 r-xp 0 08:01 5 /a\\012b (deleted)");
	assert_int_equal(pk_proc_parse_map(line, &m), 0);
	assert_string_equal(m.name, "/a\nb");
	strcpy(line, "1000-2000 r-xp 0 08:01 5");
	assert_int_equal(pk_proc_parse_map(line, &m), 0);
	assert_string_equal(m.name, "");
	strcpy(line, "4:cpu:/x\n");
	assert_null(pk_proc_parse_cgroup(line));
}

/* This very process, by the real /proc: its program is opened and identified. */
static void test_real_proc(void **state)
{
	uint32_t self = getpid();
	struct pk_files_config files = {
		.writer = env.w, .proc = "/proc", .max_files = 1000, .max_held = 100
	};
	char exe[256] = "";
	struct stat st;
	bool found = false;

	(void)state;
	pk_files_destroy(env.files);
	assert_int_equal(pk_files_create(&files, &env.files), 0);
	strcpy(env.root, "/proc");
	scan(&self, 1);
	strcpy(env.root, "/tmp/pk_synth_none");
	assert_non_null(task(self));
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(stat(exe, &st), 0);
	PK_VEC_FOREACH(&env.p.maps, m) {
		struct pk_file *f = &env.p.files.data[m->file];
		struct stat held;

		if (strcmp(text(f->path), exe))
			continue;
		found = true;
		assert_int_equal(f->ino, st.st_ino);
		assert_true(pk_files_fd(env.files, m->file) >= 0);
		assert_int_equal(fstat(pk_files_fd(env.files, m->file), &held), 0);
		assert_int_equal(held.st_ino, st.st_ino);
		assert_true((uintptr_t)test_real_proc >= m->addr &&
			    (uintptr_t)test_real_proc < m->addr + m->len);
	}
	assert_true(found);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_process),	  TEST(test_threads_and_kernel_threads),
		TEST(test_records_win),	  TEST(test_zombies),		TEST(test_only_descendants),
		TEST(test_pid_namespace), TEST(test_many_processes),
		TEST(test_broken_lines),  TEST(test_real_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
