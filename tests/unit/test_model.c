// SPDX-License-Identifier: GPL-2.0-or-later
/* The model: lives of processes and threads, frames and stacks by name, the named share. */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "model/model.h"
#include "model_fixture.h"

#define S 1000000000ULL

static void build(struct pk_profile *p, struct pk_model *m)
{
	struct pk_err err = { 0 };

	if (pk_model_build(p, NULL, m, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(m->nodes.data[0].frame, 0);
	for (size_t i = 1; i < m->nodes.nr; i++) {
		assert_true(m->nodes.data[i].parent < i);
		assert_true(m->nodes.data[i].frame > 0 && m->nodes.data[i].frame < m->frames.nr);
	}
	for (size_t i = 0; i < m->threads.nr; i++)
		assert_true(m->threads.data[i].process < m->processes.nr);
}

static void done(struct pk_profile *p, struct pk_model *m)
{
	pk_model_deinit(m);
	pk_profile_deinit(p);
}

static const struct pk_thread *thread_of(const struct pk_model *m, size_t sample)
{
	return &m->threads.data[m->sample_thread[sample]];
}

static const struct pk_process *process_of(const struct pk_model *m, size_t sample)
{
	return &m->processes.data[thread_of(m, sample)->process];
}

static void assert_comm(const struct pk_model *m, uint32_t id, const char *comm)
{
	assert_string_equal(pk_model_string(m, id), comm);
}

/* The sample's stack as folded text, root first. */
static void assert_stack(const struct pk_model *m, size_t sample, const char *folded)
{
	struct pk_strbuf b = { 0 };
	uint32_t path[64];
	size_t nr = 0;

	for (uint32_t n = m->sample_stack[sample]; n; n = m->nodes.data[n].parent) {
		assert_true(nr < 64);
		path[nr++] = m->nodes.data[n].frame;
	}
	pk_strbuf_puts(&b, "");
	while (nr--)
		pk_strbuf_printf(&b, "%s%s", pk_model_string(m, m->frames.data[path[nr]].name),
				 nr ? ";" : "");
	assert_string_equal(b.data, folded);
	pk_strbuf_deinit(&b);
}

/* Frames of all samples, and those with a name. */
static void assert_frames(const struct pk_model *m, uint64_t nr, uint64_t nr_named)
{
	size_t nr_samples = m->profile->samples.nr;
	uint32_t *all = calloc(nr_samples + 1, sizeof(*all));
	struct pk_frame_counts got;

	assert_non_null(all);
	for (size_t i = 0; i < nr_samples; i++)
		all[i] = i;
	assert_int_equal(pk_model_count_frames(m, all, nr_samples, &got), 0);
	assert_int_equal(got.nr, nr);
	assert_int_equal(got.nr_named, nr_named);
	free(all);
}

/* --- lives ------------------------------------------------------------------------- */

static void test_threads_by_name(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 10, "server");
	fix_thread(&p, 1 * S, 11, 10, "server");
	fix_thread(&p, 1 * S, 12, 10, "server");
	fix_comm(&p, 2 * S, 11, 10, "reader");
	fix_comm(&p, 4 * S, 12, 10, "writer");
	fix_exit(&p, 6 * S, 11, 10, 0);
	fix_sample(&p, 1 * S, 10, 10, 0, 0, 0);
	fix_sample(&p, 3 * S, 11, 10, 0, 0, 0);
	fix_sample(&p, 3 * S, 12, 10, 0, 0, 0);
	fix_sample(&p, 5 * S, 12, 10, 0, 0, 0);
	build(&p, &m);
	assert_int_equal(m.processes.nr, 1);
	assert_int_equal(m.threads.nr, 3);
	assert_comm(&m, process_of(&m, 0)->comm, "server");
	assert_comm(&m, thread_of(&m, 1)->comm, "reader");
	assert_comm(&m, thread_of(&m, 2)->comm, "writer");
	assert_int_equal(m.sample_thread[2], m.sample_thread[3]);
	assert_int_equal(thread_of(&m, 1)->start_ns, 1 * S);
	assert_int_equal(thread_of(&m, 1)->end_ns, 6 * S);
	assert_true(thread_of(&m, 2)->end_ns == UINT64_MAX);
	done(&p, &m);
}

static void test_exec_goes_on_in_the_same_process(void **state)
{
	struct pk_task_event info = {
		.time_ns = 3 * S, .kind = PK_TASK_INFO, .tid = 20, .tgid = 20, .cgroup_id = 5,
	};
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 10, "sh");
	fix_fork(&p, 1 * S, 20, 10, "sh");
	fix_thread(&p, 1 * S, 21, 20, "helper");
	fix_exec(&p, 2 * S, 20, "ls");
	info.args = fix_string(&p, "ls -l /");
	info.cgroup = fix_string(&p, "/user.slice");
	fix_task(&p, &info);
	fix_exit(&p, 5 * S, 20, 20, PKPROF_TASK_GROUP_DEAD);
	fix_sample(&p, 1 * S, 20, 20, 0, 0, 0);
	fix_sample(&p, 1 * S, 21, 20, 0, 0, 0);
	fix_sample(&p, 4 * S, 20, 20, 0, 0, 0);
	build(&p, &m);
	assert_int_equal(m.processes.nr, 2);
	assert_int_equal(m.sample_thread[0], m.sample_thread[2]);
	assert_comm(&m, process_of(&m, 0)->comm, "ls");
	assert_string_equal(pk_model_string(&m, process_of(&m, 0)->args), "ls -l /");
	assert_string_equal(pk_model_string(&m, process_of(&m, 0)->cgroup), "/user.slice");
	assert_int_equal(process_of(&m, 0)->start_ns, 1 * S);
	assert_int_equal(process_of(&m, 0)->end_ns, 5 * S);
	assert_int_equal(thread_of(&m, 2)->end_ns, 5 * S);
	/* the other thread did not survive the exec, though no exit was reported */
	assert_int_equal(thread_of(&m, 1)->end_ns, 2 * S);
	assert_int_equal(m.processes.data[process_of(&m, 0)->parent].tgid, 10);
	done(&p, &m);
}

/* A thread calls exec: the leader exits first, then its number lives on. */
static void test_exec_by_a_thread(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 20, "old");
	fix_thread(&p, 1 * S, 21, 20, "old");
	fix_exit(&p, 2 * S, 20, 20, 0);
	fix_exec(&p, 2 * S + 1, 20, "new");
	fix_sample(&p, 90 * S, 20, 20, 0, 0, 0);
	build(&p, &m);
	assert_int_equal(m.processes.nr, 1);
	assert_comm(&m, thread_of(&m, 0)->comm, "new");
	assert_true(thread_of(&m, 0)->end_ns == UINT64_MAX);
	done(&p, &m);
}

static void test_reused_pid_is_another_process(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 1, "init");
	fix_fork(&p, 1 * S, 7, 1, "first");
	fix_exit(&p, 2 * S, 7, 7, PKPROF_TASK_GROUP_DEAD);
	fix_fork(&p, 4 * S, 7, 1, "second");
	fix_sample(&p, 1 * S + 5, 7, 7, 0, 0, 0);
	fix_sample(&p, 2 * S + 5, 7, 7, 0, 0, 0);	/* still on its way out */
	fix_sample(&p, 5 * S, 7, 7, 0, 0, 0);
	build(&p, &m);
	assert_int_equal(m.sample_thread[0], m.sample_thread[1]);
	assert_int_not_equal(m.sample_thread[0], m.sample_thread[2]);
	assert_comm(&m, process_of(&m, 0)->comm, "first");
	assert_comm(&m, process_of(&m, 2)->comm, "second");
	assert_int_equal(thread_of(&m, 0)->end_ns, 2 * S + 5);
	assert_int_equal(process_of(&m, 0)->end_ns, 2 * S + 5);
	assert_true(process_of(&m, 2)->end_ns == UINT64_MAX);
	done(&p, &m);
}

/* What is told long after an exit, but began before it, is of the life that ended. */
static void test_wait_beyond_the_exit(void **state)
{
	struct pk_wait wait = { .since_ns = 3 * S, .woken_ns = 30 * S, .time_ns = 30 * S,
				.tid = 20, .tgid = 20 };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 20, "sleeper");
	fix_exit(&p, 5 * S, 20, 20, PKPROF_TASK_GROUP_DEAD);
	assert_int_equal(pk_vec_add(&p.waits, wait), 0);
	wait.since_ns = 40 * S;
	wait.woken_ns = wait.time_ns = 41 * S;
	assert_int_equal(pk_vec_add(&p.waits, wait), 0);
	build(&p, &m);
	assert_int_equal(m.processes.nr, 2);
	assert_comm(&m, m.threads.data[m.wait_thread[0]].comm, "sleeper");
	assert_comm(&m, m.threads.data[m.wait_thread[1]].comm, ":20");
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

/* Probes are there before the session's first instant, at which it was found to be alive. */
static void test_exec_before_the_session(void **state)
{
	struct pk_task_event alive = { .time_ns = 2 * S, .kind = PK_TASK_ALIVE, .tid = 7, .tgid = 7,
				       .parent_tgid = 1, .start_ns = 1 * S };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_exec(&p, 2 * S - 5, 7, "after");
	fix_task(&p, &alive);
	fix_sample(&p, 3 * S, 7, 7, 0, 0, 0);
	build(&p, &m);
	assert_comm(&m, process_of(&m, 0)->comm, "after");
	assert_comm(&m, thread_of(&m, 0)->comm, "after");
	assert_true(process_of(&m, 0)->start_ns == 1 * S);
	assert_true(thread_of(&m, 0)->start_ns == 1 * S);
	done(&p, &m);
}

/* Nobody said that the threads of the first process ended. */
static void test_threads_end_with_their_process(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_fork(&p, 1 * S, 7, 1, "first");
	fix_thread(&p, 1 * S, 8, 7, "first");
	fix_fork(&p, 3 * S, 7, 1, "second");
	fix_sample(&p, 2 * S, 8, 7, 0, 0, 0);
	fix_sample(&p, 4 * S, 8, 7, 0, 0, 0);
	build(&p, &m);
	assert_comm(&m, process_of(&m, 0)->comm, "first");
	assert_comm(&m, process_of(&m, 1)->comm, "second");
	assert_int_equal(thread_of(&m, 0)->end_ns, 3 * S);
	assert_true(thread_of(&m, 1)->end_ns == UINT64_MAX);
	done(&p, &m);
}

/* Whatever was lost, each sample has a thread and a process of its number. */
static void test_lost_events(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	fix_alive(&p, 1, "init");
	fix_thread(&p, 1 * S, 31, 30, "orphan");	/* of a process never heard of */
	fix_exec(&p, 1 * S, 40, "unborn");
	fix_exit(&p, 2 * S, 50, 50, PKPROF_TASK_GROUP_DEAD);
	fix_exit(&p, 2 * S, 1, 1, PKPROF_TASK_GROUP_DEAD);
	fix_sample(&p, 1 * S, 31, 30, 0, 0, 0);
	fix_sample(&p, 1 * S, 40, 40, 0, 0, 0);
	fix_sample(&p, 3 * S, 60, 60, 0, 0, 0);
	fix_sample(&p, 3 * S, 62, 61, 0, 0, PKPROF_SAMPLE_KTHREAD);
	fix_sample(&p, 3 * S, 0, 0, 0, 0, 0);
	fix_sample(&p, 90 * S, 1, 1, 0, 0, 0);	/* long after: somebody else */
	fix_sample(&p, 91 * S, 31, 70, 0, 0, 0);	/* the thread's number in another process */
	build(&p, &m);
	assert_comm(&m, thread_of(&m, 0)->comm, "orphan");
	assert_comm(&m, process_of(&m, 0)->comm, "orphan");
	assert_int_equal(process_of(&m, 0)->tgid, 30);
	assert_comm(&m, process_of(&m, 1)->comm, "unborn");
	assert_comm(&m, process_of(&m, 2)->comm, ":60");
	assert_int_equal(process_of(&m, 2)->parent, PK_NO_PARENT);
	assert_true(process_of(&m, 3)->kernel);
	assert_int_equal(process_of(&m, 3)->tgid, 61);
	assert_int_equal(thread_of(&m, 3)->tid, 62);
	assert_comm(&m, process_of(&m, 4)->comm, "swapper");
	assert_comm(&m, process_of(&m, 5)->comm, ":1");
	assert_int_equal(process_of(&m, 6)->tgid, 70);
	done(&p, &m);
}

static void test_families(void **state)
{
	struct pk_task_event child = {
		.kind = PK_TASK_ALIVE, .tid = 5, .tgid = 5, .parent_tgid = 300, .start_ns = 20,
	};
	struct pk_task_event parent = {
		.kind = PK_TASK_ALIVE, .tid = 300, .tgid = 300, .start_ns = 10, .cgroup_id = 8,
	};
	struct pk_task_event born = {
		.time_ns = 1 * S, .kind = PK_TASK_FORK, .tid = 6, .tgid = 6, .parent_tgid = 300,
		.start_ns = 1 * S, .cgroup_id = 8,
	};
	struct pk_task_event placed = born;
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	child.comm = fix_string(&p, "child");
	parent.comm = fix_string(&p, "parent");
	parent.args = fix_string(&p, "parent --all");
	parent.cgroup = fix_string(&p, "/a");
	born.comm = placed.comm = parent.comm;
	placed.tid = placed.tgid = 9;
	placed.cgroup_id = 77;	/* clone3 into a cgroup that nobody names */
	fix_task(&p, &child);	/* listed before its parent */
	fix_task(&p, &parent);
	fix_task(&p, &born);
	fix_task(&p, &placed);
	/* the scan at the start and the event may both tell of a birth */
	fix_task(&p, &born);
	fix_sample(&p, 2 * S, 5, 5, 0, 0, 0);
	fix_sample(&p, 2 * S, 6, 6, 0, 0, 0);
	fix_sample(&p, 2 * S, 9, 9, 0, 0, 0);
	build(&p, &m);
	assert_int_equal(m.processes.nr, 4);
	assert_int_equal(m.threads.nr, 4);
	assert_int_equal(m.processes.data[process_of(&m, 0)->parent].tgid, 300);
	assert_int_equal(m.processes.data[process_of(&m, 1)->parent].tgid, 300);
	assert_string_equal(pk_model_string(&m, process_of(&m, 1)->args), "parent --all");
	assert_string_equal(pk_model_string(&m, process_of(&m, 1)->cgroup), "/a");
	assert_int_equal(process_of(&m, 2)->cgroup, 0);
	done(&p, &m);
}

static void test_kernel_threads(void **state)
{
	struct pk_task_event kthread = {
		.kind = PK_TASK_ALIVE, .tid = 2, .tgid = 2, .flags = PKPROF_TASK_KTHREAD,
	};
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	kthread.comm = fix_string(&p, "kthreadd");
	fix_task(&p, &kthread);
	fix_alive(&p, 3, "user");
	fix_sample(&p, 1, 2, 2, 0, 0, PKPROF_SAMPLE_KTHREAD);
	fix_sample(&p, 1, 3, 3, 0, 0, PKPROF_SAMPLE_USER);
	build(&p, &m);
	assert_true(process_of(&m, 0)->kernel);
	assert_false(process_of(&m, 1)->kernel);
	done(&p, &m);
}

/* --- stacks ------------------------------------------------------------------------ */

#define KBASE 0xffffffff81000000

/* One process with a program at 0x1000, a kernel, and their symbols. */
static uint32_t prepare(struct pk_profile *p)
{
	uint32_t f;

	fix_init(p);
	f = fix_file(p, "/usr/bin/prog");
	fix_alive(p, 10, "prog");
	fix_map(p, 0, 10, 0x1000, 0x1000, f, 0x200000);
	fix_symbol(p, PK_SPACE_FILE, f, 0x200000, 0x10, "main", "/usr/bin/prog");
	fix_symbol(p, PK_SPACE_FILE, f, 0x200010, 0x10, "work", "/usr/bin/prog");
	fix_symbol(p, PK_SPACE_KERNEL, 0, KBASE, 0x10, "do_syscall_64", "[kernel]");
	fix_symbol(p, PK_SPACE_KERNEL, 0, KBASE + 0x10, 0x10, "ext4_write", "[ext4]");
	return f;
}

static void test_user_part_below_kernel_part(void **state)
{
	const uint64_t user[] = { 0x1001, 0x1011, 0x1012 }, kernel[] = { KBASE + 1, KBASE + 0x11 };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	prepare(&p);
	fix_sort_symbols(&p);
	fix_sample(&p, 1, 10, 10, fix_stack(&p, user, 3), fix_stack(&p, kernel, 2), 0);
	fix_sample(&p, 2, 10, 10, fix_stack(&p, user, 2), 0, 0);
	fix_sample(&p, 3, 10, 10, 0, fix_stack(&p, kernel, 1), 0);
	fix_sample(&p, 4, 10, 10, 0, 0, 0);
	build(&p, &m);
	assert_stack(&m, 0, "main;work;work;do_syscall_64;ext4_write");
	assert_stack(&m, 1, "main;work");
	assert_stack(&m, 2, "do_syscall_64");
	assert_int_equal(m.sample_stack[3], 0);
	/* two addresses of one function are one frame; the root's is empty */
	assert_int_equal(m.frames.nr, 5);
	assert_frames(&m, 5 + 2 + 1, 5 + 2 + 1);
	done(&p, &m);
}

static void test_unnamed_and_unmapped(void **state)
{
	const uint64_t user[] = { 0x777000, 0x1001, 0x1999, 0x1a00 }, kernel[] = { KBASE + 0x99 };
	struct pk_symbol none = { .space = PK_SPACE_FILE, .flags = PK_SYMBOL_NONE };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	none.id = prepare(&p);
	none.addr = 0x200900;
	none.size = 0x100;
	none.name = fix_string(&p, "prog+0x401900");
	none.dso = fix_string(&p, "/usr/bin/prog");
	assert_int_equal(pk_vec_add(&p.symbols, none), 0);
	fix_sort_symbols(&p);
	fix_sample(&p, 1, 10, 10, fix_stack(&p, user, 4), fix_stack(&p, kernel, 1), 0);
	build(&p, &m);
	assert_stack(&m, 0,
		     "[unmapped];main;prog+0x401900;prog+0x200a00;[kernel]+0xffffffff81000099");
	assert_frames(&m, 5, 1);
	done(&p, &m);
}

static uint16_t ends(enum pkprof_stack_end user, enum pkprof_stack_end kernel)
{
	return user << PK_SAMPLE_UEND_SHIFT | kernel << PK_SAMPLE_KEND_SHIFT;
}

static void test_cut_stacks_say_why(void **state)
{
	const uint64_t user[] = { 0x1001, 0x1011 }, kernel[] = { KBASE + 0x11 };
	uint32_t u, k;
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	prepare(&p);
	fix_sort_symbols(&p);
	u = fix_stack(&p, user, 2);
	k = fix_stack(&p, kernel, 1);
	fix_sample(&p, 1, 10, 10, u, 0, ends(PKPROF_END_DEPTH, PKPROF_END_ROOT));
	fix_sample(&p, 2, 10, 10, u, 0, ends(PKPROF_END_ROOT, PKPROF_END_ROOT));
	fix_sample(&p, 3, 10, 10, u, 0, ends(PKPROF_END_BAD_FRAME, PKPROF_END_ROOT));
	fix_sample(&p, 4, 10, 10, u, k, ends(PKPROF_END_FAULT, PKPROF_END_UNWIND));
	fix_sample(&p, 5, 10, 10, u, 0, ends(PKPROF_END_DEPTH, PKPROF_END_ROOT));
	/* no part, no marker */
	fix_sample(&p, 6, 10, 10, 0, 0, ends(PKPROF_END_FAULT, PKPROF_END_UNWIND));
	fix_sample(&p, 7, 10, 10, u, 0, 15u << PK_SAMPLE_UEND_SHIFT);
	build(&p, &m);
	assert_stack(&m, 0, "[stack cut: too deep];main;work");
	assert_stack(&m, 1, "main;work");
	assert_stack(&m, 2, "[stack cut: no frame pointer];main;work");
	assert_stack(&m, 3, "[stack cut: not in memory];main;work;[stack cut: no unwind entry];"
			    "ext4_write");
	assert_int_equal(m.sample_stack[4], m.sample_stack[0]);
	assert_int_equal(m.sample_stack[5], 0);
	assert_stack(&m, 6, "[stack cut];main;work");
	/* markers are no frames */
	assert_frames(&m, 2 * 6 + 1, 2 * 6 + 1);
	done(&p, &m);
}

/* A stack with the start of its program is whole; what a walk met beyond it never ran. */
static void test_entries_end_stacks(void **state)
{
	const uint64_t plain[] = { 0x1041, 0x1001 };
	const uint64_t both[] = { 0x1031, 0x1041, 0x1001 };
	const uint64_t astray[] = { 0x1011, 0x1041, 0x1001 };
	const uint16_t cut = ends(PKPROF_END_BAD_FRAME, PKPROF_END_ROOT);
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	prepare(&p);
	fix_symbol(&p, PK_SPACE_FILE, 1, 0x200030, 16, "_start", "/usr/bin/prog");
	fix_symbol(&p, PK_SPACE_FILE, 1, 0x200040, 16, "__libc_start_call_main",
		   "/usr/bin/prog");
	fix_sort_symbols(&p);
	fix_sample(&p, 1, 10, 10, fix_stack(&p, plain, 2), 0, cut);
	fix_sample(&p, 2, 10, 10, fix_stack(&p, both, 3), 0, cut);
	fix_sample(&p, 3, 10, 10, fix_stack(&p, astray, 3), 0, cut);
	build(&p, &m);
	assert_stack(&m, 0, "__libc_start_call_main;main");
	assert_stack(&m, 1, "_start;__libc_start_call_main;main");
	assert_int_equal(m.sample_stack[2], m.sample_stack[0]);
	done(&p, &m);
}

/* The same raw stack means something else once the mappings changed. */
static void test_mappings_change(void **state)
{
	const uint64_t user[] = { 0x1001 };
	struct pk_profile p;
	struct pk_model m;
	uint32_t f;

	(void)state;
	prepare(&p);
	f = fix_file(&p, "/lib/other.so");
	fix_symbol(&p, PK_SPACE_FILE, f, 0, 0x100, "other", "/lib/other.so");
	fix_sort_symbols(&p);
	fix_fork(&p, 50, 20, 10, "child");
	fix_map(&p, 100, 10, 0x1000, 0x1000, f, 0);
	fix_sample(&p, 60, 10, 10, fix_stack(&p, user, 1), 0, 0);
	fix_sample(&p, 70, 20, 20, fix_stack(&p, user, 1), 0, 0);
	fix_sample(&p, 100, 10, 10, fix_stack(&p, user, 1), 0, 0);
	fix_sample(&p, 110, 20, 20, fix_stack(&p, user, 1), 0, 0);
	fix_sample(&p, 120, 10, 10, fix_stack(&p, user, 1), 0, 0);
	build(&p, &m);
	assert_stack(&m, 0, "main");
	assert_stack(&m, 1, "main");
	assert_stack(&m, 2, "other");
	assert_stack(&m, 3, "main");
	assert_stack(&m, 4, "other");
	done(&p, &m);
}

/* Forked processes share mappings, but each may have named its JIT code itself. */
static void test_jit_code_belongs_to_its_process(void **state)
{
	const uint64_t user[] = { 0x5001 };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	prepare(&p);
	fix_fork(&p, 50, 20, 10, "child");
	fix_fork(&p, 50, 30, 10, "child");
	fix_map(&p, 0, 10, 0x5000, 0x1000, 0, 0);
	fix_symbol(&p, PK_SPACE_PROCESS, 10, 0x5000, 0x100, "js_parent", "[jit]");
	fix_symbol(&p, PK_SPACE_PROCESS, 20, 0x5000, 0x100, "js_child", "[jit]");
	fix_sort_symbols(&p);
	for (uint32_t tgid = 10; tgid <= 30; tgid += 10)
		fix_sample(&p, 100, tgid, tgid, fix_stack(&p, user, 1), 0, 0);
	build(&p, &m);
	assert_stack(&m, 0, "js_parent");
	assert_stack(&m, 1, "js_child");
	assert_stack(&m, 2, "[anonymous code]");
	assert_int_equal(m.frames.data[m.nodes.data[m.sample_stack[0]].frame].kind, PK_FRAME_JIT);
	done(&p, &m);
}

/* References that a damaged file could hold lead nowhere, not out of bounds. */
static void test_wild_references(void **state)
{
	struct pk_addr_node loop = { .parent = 1, .addr = 0x1001 };
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	prepare(&p);
	fix_sort_symbols(&p);
	assert_int_equal(pk_vec_add(&p.nodes, loop), 0);
	fix_map(&p, 1, 10, 0x9000, 0x1000, 999, 0);
	fix_sample(&p, 1, 10, 10, 1, 12345, 0);
	fix_sample(&p, 2, 10, 10, 777, 1, 0);
	build(&p, &m);
	assert_stack(&m, 0, "main");
	done(&p, &m);
}

static void test_nothing_at_all(void **state)
{
	struct pk_profile p;
	struct pk_model m;

	(void)state;
	fix_init(&p);
	build(&p, &m);
	assert_int_equal(m.nodes.nr, 1);
	assert_int_equal(m.frames.nr, 1);
	assert_int_equal(m.processes.nr, 0);
	assert_frames(&m, 0, 0);
	done(&p, &m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_by_name),
		cmocka_unit_test(test_exec_goes_on_in_the_same_process),
		cmocka_unit_test(test_exec_by_a_thread),
		cmocka_unit_test(test_reused_pid_is_another_process),
		cmocka_unit_test(test_wait_beyond_the_exit),
		cmocka_unit_test(test_exec_before_the_session),
		cmocka_unit_test(test_threads_end_with_their_process),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_kernel_threads),
		cmocka_unit_test(test_user_part_below_kernel_part),
		cmocka_unit_test(test_unnamed_and_unmapped),
		cmocka_unit_test(test_cut_stacks_say_why),
		cmocka_unit_test(test_entries_end_stacks),
		cmocka_unit_test(test_mappings_change),
		cmocka_unit_test(test_jit_code_belongs_to_its_process),
		cmocka_unit_test(test_wild_references),
		cmocka_unit_test(test_nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
