// SPDX-License-Identifier: GPL-2.0-or-later
/* From ring records to a profile: every type of record, stack slots, bad records. */
/* link: tests/unit/record_fixture.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/translate.h"
#include "record_fixture.h"

#define NR_CPUS 2

static struct {
	int fd;
	struct pk_writer *w;
	struct pk_files *files;
	struct pk_translator t;
	struct pk_accounts accounts;
	struct pk_hists hists;
	struct pk_profile p;
	bool loaded;
} env;

static int setup(void **state)
{
	struct pk_translate_config cfg = { .nr_cpus = NR_CPUS,
					   .sorter_bytes = 1 << 20,
					   .max_nodes = 1024,
					   .accounts = &env.accounts,
					   .hists = &env.hists };
	struct pk_files_config files = { .max_files = 100 };

	(void)state;
	memset(&env, 0, sizeof(env));
	env.fd = fixture_fd();
	assert_int_equal(pk_writer_create(env.fd, "test", &env.w, NULL), 0);
	files.writer = env.w;
	assert_int_equal(pk_files_create(&files, &env.files), 0);
	pk_accounts_init(&env.accounts, env.w, 0);
	pk_hists_init(&env.hists, env.w, 0);
	assert_int_equal(pk_translate_init(&env.t, &cfg, env.w, env.files), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_translate_deinit(&env.t);
	pk_accounts_deinit(&env.accounts);
	pk_hists_deinit(&env.hists);
	pk_files_destroy(env.files);
	pk_writer_destroy(env.w);
	if (env.loaded)
		pk_profile_deinit(&env.p);
	return 0;
}

static void take(unsigned int cpu, const void *rec)
{
	assert_int_equal(pk_translate_record(&env.t, cpu, rec), 0);
}

/* Everything out, and the profile read back. */
static struct pk_profile *result(void)
{
	struct image i;

	assert_int_equal(pk_translate_release(&env.t, UINT64_MAX), 0);
	assert_int_equal(pk_writer_finish(env.w, 1000000), 0);
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

/* The addresses of a stack, leaf first. */
static unsigned int stack_of(uint32_t node, uint64_t *addr)
{
	unsigned int nr = 0;

	for (; node; node = env.p.nodes.data[node].parent)
		addr[nr++] = env.p.nodes.data[node].addr;
	return nr;
}

static void test_sample_with_both_stacks(void **state)
{
	uint64_t addr[PKPROF_MAX_DEPTH];
	struct pkprof_rec_stack *s;
	struct pkprof_rec_sample *r;
	struct pk_profile *p;

	(void)state;
	s = make_stack(PKPROF_STACK_KERNEL, 5, 0x100, 2);
	s->end = PKPROF_END_DEPTH;
	take(1, s);
	s = make_stack(PKPROF_STACK_USER, 5, 0x200, 3);
	s->end = PKPROF_END_BAD_FRAME;
	take(1, s);
	r = make_sample(1000, 42, 5, 5);
	r->tgid = 40;
	r->flags = PKPROF_SAMPLE_SOFTIRQ | PKPROF_SAMPLE_COMPAT;
	take(1, r);
	p = result();
	assert_int_equal(p->samples.nr, 1);
	assert_int_equal(p->samples.time_ns[0], 1000);
	assert_int_equal(p->samples.tid[0], 42);
	assert_int_equal(p->samples.tgid[0], 40);
	assert_int_equal(p->samples.cpu[0], 1);
	assert_int_equal(p->samples.flags[0], PKPROF_SAMPLE_SOFTIRQ | PKPROF_SAMPLE_COMPAT |
						      PKPROF_END_DEPTH << PK_SAMPLE_KEND_SHIFT |
						      PKPROF_END_BAD_FRAME << PK_SAMPLE_UEND_SHIFT);
	/* the leaf as interrupted, return addresses lowered by one */
	assert_int_equal(stack_of(p->samples.kstack[0], addr), 2);
	assert_int_equal(addr[0], 0x1100);
	assert_int_equal(addr[1], 0x1101 - 1);
	assert_int_equal(stack_of(p->samples.ustack[0], addr), 3);
	assert_int_equal(addr[0], 0x1200);
	assert_int_equal(addr[1], 0x1201 - 1);
	assert_int_equal(addr[2], 0x1202 - 1);
	assert_int_equal(env.t.stats.nr_undefined, 0);
}

/* A slot means what was defined last before the sample, on that CPU, of that kind. */
static void test_slots_are_redefined(void **state)
{
	uint64_t addr[PKPROF_MAX_DEPTH];
	struct pk_profile *p;

	(void)state;
	take(0, make_stack(PKPROF_STACK_USER, 1, 0x100, 1));
	take(1, make_stack(PKPROF_STACK_USER, 1, 0x900, 1));
	take(0, make_sample(3000, 1, PKPROF_NO_STACK, 1));
	take(0, make_stack(PKPROF_STACK_USER, 1, 0x200, 1));
	take(0, make_sample(1000, 1, PKPROF_NO_STACK, 1));
	take(1, make_sample(2000, 1, PKPROF_NO_STACK, 1));
	p = result();
	assert_int_equal(p->samples.nr, 3);
	assert_int_equal(p->samples.time_ns[0], 1000);
	stack_of(p->samples.ustack[0], addr);
	assert_int_equal(addr[0], 0x1200);
	stack_of(p->samples.ustack[1], addr);
	assert_int_equal(addr[0], 0x1900);
	stack_of(p->samples.ustack[2], addr);
	assert_int_equal(addr[0], 0x1100);
	assert_int_equal(p->samples.kstack[0], 0);
}

static void test_undefined_slots_are_counted(void **state)
{
	struct pk_profile *p;

	(void)state;
	take(0, make_stack(PKPROF_STACK_USER, 1, 0, 1));
	take(0, make_sample(1, 1, 1, 1));
	take(0, make_sample(2, 1, PKPROF_NO_STACK, 2));
	take(0, make_sample(3, 1, 70000, 4000000000u));
	take(1, make_sample(4, 1, PKPROF_NO_STACK, 1));
	p = result();
	assert_int_equal(p->samples.nr, 4);
	assert_int_equal(env.t.stats.nr_undefined, 4);
	assert_int_equal(env.t.stats.nr_samples, 4);
}

static void test_lives_of_tasks(void **state)
{
	static const char args[] = "prog\0-v\0two words\0";
	struct pk_profile *p;
	struct pk_task_event *e;

	(void)state;
	take(0, make_fork(10, 200, 100, "sh"));
	take(0, make_exec(20, 200, "prog"));
	take(0, make_info(30, 200, "/a/b", args, sizeof(args) - 1));
	take(0, make_cgroup(40, 200, "/c"));
	take(0, make_comm(50, 200, "sixteen bytes!!!"));
	take(0, make_exit(60, 200));
	p = result();
	assert_int_equal(p->tasks.nr, 6);
	e = p->tasks.data;
	assert_int_equal(e->kind, PK_TASK_FORK);
	assert_int_equal(e->parent_tgid, 100);
	assert_int_equal(e->start_ns, 10);
	assert_int_equal(e->cgroup_id, 77);
	assert_string_equal(text(e->comm), "sh");
	assert_int_equal((++e)->kind, PK_TASK_EXEC);
	assert_string_equal(text(e->comm), "prog");
	assert_int_equal((++e)->kind, PK_TASK_INFO);
	assert_string_equal(text(e->args), "prog -v two words");
	assert_string_equal(text(e->cgroup), "/a/b");
	assert_int_equal(e->cgroup_id, 78);
	assert_int_equal((++e)->kind, PK_TASK_CGROUP);
	assert_string_equal(text(e->cgroup), "/c");
	assert_int_equal((++e)->kind, PK_TASK_COMM);
	assert_string_equal(text(e->comm), "sixteen bytes!!!");
	assert_int_equal((++e)->kind, PK_TASK_EXIT);
	assert_int_equal(e->flags, PKPROF_TASK_GROUP_DEAD);
	assert_int_equal(e->tgid, 200);
}

/* A mapping's file may be named before or after it, on any CPU; nameless in the end. */
static void test_mappings_find_their_files(void **state)
{
	struct pk_profile *p;
	struct pkprof_rec_map *vdso;
	struct pk_map_event *m;
	struct pk_file *f;

	(void)state;
	take(0, make_map(10, 7, 0x400000, 0x2000, 111));
	take(1, make_file(111, "/bin/late", "\x01\x02\x03", 3));
	take(1, make_file(222, "/bin/early", "", 0));
	take(0, make_map(20, 7, 0x500000, 0x1000, 222));
	take(0, make_map(30, 7, 0x600000, 0x1000, 0));
	take(0, make_map(40, 7, 0x700000, 0x1000, 333));
	vdso = make_map(50, 7, 0x7f0000000000, 0x2000, 0);
	vdso->flags = PKPROF_MAP_VDSO;
	take(0, vdso);
	p = result();
	assert_int_equal(p->maps.nr, 5);
	m = p->maps.data;
	f = &p->files.data[m[0].file];
	assert_string_equal(text(f->path), "/bin/late");
	assert_int_equal(f->ino, 111);
	assert_int_equal(f->dev, 8u << 20 | 1);
	assert_int_equal(f->gen, 5);
	assert_int_equal(f->build_id_len, 3);
	assert_memory_equal(f->build_id, "\x01\x02\x03", 3);
	assert_int_equal(m[0].addr, 0x400000);
	assert_int_equal(m[0].len, 0x2000);
	assert_int_equal(m[0].file_off, 0x1000);
	assert_string_equal(text(p->files.data[m[1].file].path), "/bin/early");
	assert_int_equal(m[2].file, 0);
	assert_string_equal(text(p->files.data[m[3].file].path), "");
	assert_int_equal(p->files.data[m[3].file].ino, 333);
	assert_string_equal(text(p->files.data[m[4].file].path), "[vdso]");
	assert_int_equal(m[4].file_off, 0);
	assert_int_equal(pk_files_stats(env.files)->nr_nameless, 1);
}

static void test_marks_and_cpu_changes(void **state)
{
	struct pk_profile *p;

	(void)state;
	take(0, make_mark(500, "warm up"));
	take(1, make_cpu_state(600, 1, 0));
	p = result();
	assert_int_equal(p->marks.nr, 1);
	assert_int_equal(p->marks.data[0].time_ns, 500);
	assert_string_equal(text(p->marks.data[0].text), "warm up");
	assert_string_equal(pk_profile_fact(p, "cpu.change"), "1 offline 600");
}

/* Every length of every record, cut short by 8 bytes at a time: left out and counted. */
static void test_short_records_are_malformed(void **state)
{
	static const char args[] = "a\0b";
	const struct pkprof_rec *const records[] = {
		&make_sample(1, 1, PKPROF_NO_STACK, PKPROF_NO_STACK)->rec,
		&make_stack(PKPROF_STACK_USER, 1, 0, 9)->rec,
		&make_fork(1, 2, 1, "x")->rec,
		&make_exec(1, 2, "x")->rec,
		&make_comm(1, 2, "x")->rec,
		&make_exit(1, 2)->rec,
		&make_info(1, 2, "/some/cgroup", args, sizeof(args))->rec,
		&make_cgroup(1, 2, "/some/cgroup")->rec,
		&make_map(1, 2, 0x1000, 0x1000, 1)->rec,
		&make_file(1, "/some/path", "abc", 3)->rec,
		&make_mark(1, "some text")->rec,
		&make_cpu_state(1, 0, 1)->rec,
		&make_ledger(10, 1, 2, 1, 3)->rec,
		&make_hist(10, 2, 5)->rec,
		&make_latency(10, 2, 5, "x")->rec,
		&make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK)->rec,
		&make_wake(10, 2, 5, 3, "x")->rec,
		&make_io(10, 2, 1, 4096, PKPROF_NO_STACK, PKPROF_NO_STACK)->rec,
		&make_io_end(10, 1)->rec,
	};
	uint64_t nr = 0;

	(void)state;
	for (unsigned int i = 0; i < sizeof(records) / sizeof(*records); i++) {
		for (unsigned int size = 16; size < records[i]->size; size += 8) {
			/* exactly that much memory, so that a sanitizer sees reads beyond */
			struct pkprof_rec *cut = malloc(size);

			memcpy(cut, records[i], size);
			cut->size = size;
			take(0, cut);
			free(cut);
			assert_int_equal(env.t.stats.nr_malformed, ++nr);
		}
	}
	assert_int_equal(env.t.stats.nr_samples, 0);
}

static void test_waits(void **state)
{
	uint64_t addr[PKPROF_MAX_DEPTH];
	struct pkprof_rec_stack *s;
	struct pkprof_rec_wait *r;
	struct pkprof_rec_wake *k;
	struct pk_profile *p;

	(void)state;
	s = make_stack(PKPROF_STACK_KERNEL, 5, 0x100, 2);
	s->end = PKPROF_END_DEPTH;
	take(1, s);
	take(1, make_stack(PKPROF_STACK_USER, 6, 0x200, 3));
	r = make_wait(1000, 42, 200, 5, 6);
	r->tgid = 40;
	r->nr_runq = 2;
	r->flags = PKPROF_WAIT_COMPAT;
	take(1, r);
	r = make_wait(2000, 43, 300, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->woken_ns = 0;
	r->flags = PKPROF_WAIT_OPEN;
	take(0, r);
	/* the slot means something else by the time that items are written */
	take(1, make_stack(PKPROF_STACK_USER, 6, 0x300, 1));
	k = make_wake(600, 42, 200, 9, "sixteen-bytes-xy");
	k->ustack = 6;
	k->flags = PKPROF_WAKE_SOFTIRQ;
	take(1, k);
	take(0, make_latency(1500, 44, 1400, "hog"));
	p = result();
	assert_int_equal(p->waits.nr, 2);
	assert_int_equal(p->waits.data[0].since_ns, 200);
	assert_int_equal(p->waits.data[0].woken_ns, 600);
	assert_int_equal(p->waits.data[0].time_ns, 1000);
	assert_int_equal(p->waits.data[0].tid, 42);
	assert_int_equal(p->waits.data[0].tgid, 40);
	assert_int_equal(p->waits.data[0].cpu, 1);
	assert_int_equal(p->waits.data[0].nr_blocked, 1);
	assert_int_equal(p->waits.data[0].nr_runq, 2);
	assert_int_equal(p->waits.data[0].line, PKPROF_LINE_DISK);
	assert_int_equal(p->waits.data[0].runq_line, PKPROF_LINE_WAKEUP);
	assert_int_equal(p->waits.data[0].period_log2, 3);
	assert_int_equal(p->waits.data[0].flags, PKPROF_WAIT_COMPAT);
	assert_int_equal(p->waits.data[0].ends, PKPROF_END_DEPTH << PK_SAMPLE_KEND_SHIFT);
	assert_int_equal(stack_of(p->waits.data[0].kstack, addr), 2);
	assert_int_equal(stack_of(p->waits.data[0].ustack, addr), 3);
	assert_int_equal(addr[0], 0x1200);
	assert_int_equal(p->waits.data[1].woken_ns, 0);
	assert_int_equal(p->waits.data[1].kstack, 0);
	assert_int_equal(p->wakes.nr, 1);
	assert_int_equal(p->wakes.data[0].time_ns, 600);
	assert_int_equal(p->wakes.data[0].since_ns, 200);
	assert_int_equal(p->wakes.data[0].waker_tid, 9);
	assert_int_equal(p->wakes.data[0].flags, PKPROF_WAKE_SOFTIRQ);
	assert_string_equal(text(p->wakes.data[0].waker_comm), "sixteen-bytes-xy");
	assert_int_equal(stack_of(p->wakes.data[0].ustack, addr), 1);
	assert_int_equal(addr[0], 0x1300);
	assert_int_equal(p->latencies.nr, 1);
	assert_int_equal(p->latencies.data[0].queued_ns, 1400);
	assert_int_equal(p->latencies.data[0].prev_tid, 7);
	assert_int_equal(p->latencies.data[0].prev_tgid, 6);
	assert_int_equal(p->latencies.data[0].threshold_ns, 12345);
	assert_string_equal(text(p->latencies.data[0].prev_comm), "hog");
	assert_int_equal(env.t.stats.nr_waits, 2);
	assert_int_equal(env.t.stats.nr_wakes, 1);
	assert_int_equal(env.t.stats.nr_latencies, 1);
	assert_int_equal(env.t.stats.nr_undefined, 0);
	assert_int_equal(env.t.stats.nr_malformed, 0);
}

static void test_block_io(void **state)
{
	const struct pk_profile *p;
	struct pkprof_rec_io_end *e;
	struct pkprof_rec_io *r;
	uint64_t addr[8];

	(void)state;
	take(1, make_stack(PKPROF_STACK_KERNEL, 5, 0x100, 2));
	take(1, make_stack(PKPROF_STACK_USER, 6, 0x200, 3));
	/* its end is in another ring, which is read first */
	e = make_io_end(900, 7);
	e->flags = PKPROF_IO_FAILED;
	take(0, e);
	r = make_io(500, 42, 7, 8192, 5, 6);
	r->op = PKPROF_BLOCK_SYNC;
	r->flags = PKPROF_IO_COMPAT;
	take(1, r);
	take(1, make_io(600, 42, 8, 0, PKPROF_NO_STACK, 9));
	p = result();
	assert_int_equal(p->bios.nr, 2);
	assert_int_equal(p->bios.data[0].time_ns, 500);
	assert_int_equal(p->bios.data[0].id, 7);
	assert_int_equal(p->bios.data[0].units, 8192 + PKPROF_IO_COST);
	assert_int_equal(p->bios.data[0].tid, 42);
	assert_int_equal(p->bios.data[0].tgid, 42);
	assert_int_equal(p->bios.data[0].cpu, 1);
	assert_int_equal(p->bios.data[0].device, 3);
	assert_int_equal(p->bios.data[0].bytes, 8192);
	assert_int_equal(p->bios.data[0].op, PKPROF_BLOCK_SYNC);
	assert_int_equal(p->bios.data[0].flags, PKPROF_IO_COMPAT);
	assert_int_equal(stack_of(p->bios.data[0].kstack, addr), 2);
	assert_int_equal(stack_of(p->bios.data[0].ustack, addr), 3);
	assert_int_equal(p->bio_ends.nr, 1);
	assert_int_equal(p->bio_ends.data[0].time_ns, 900);
	assert_int_equal(p->bio_ends.data[0].id, 7);
	assert_int_equal(p->bio_ends.data[0].queue_ns, 20);
	assert_int_equal(p->bio_ends.data[0].device_ns, 30);
	assert_int_equal(p->bio_ends.data[0].device, 3);
	assert_int_equal(p->bio_ends.data[0].flags, PKPROF_IO_FAILED);
	assert_int_equal(env.t.stats.nr_bios, 2);
	assert_int_equal(env.t.stats.nr_bio_ends, 1);
	assert_int_equal(env.t.stats.nr_undefined, 1);
	assert_int_equal(env.t.stats.nr_malformed, 0);
}

static void test_final_accounts(void **state)
{
	struct pk_profile *p;

	(void)state;
	take(0, make_ledger(5000, 1, 10, 1000, 2500));
	take(1, make_ledger(3000, 2, 11, 2000, 1000));
	take(1, make_hist(3000, 11, 4));
	p = result();
	assert_int_equal(p->ledger.nr, 2);
	assert_int_equal(p->ledger.data[1].tid, 10);
	assert_int_equal(p->ledger.data[1].nr_parts, 2);
	assert_int_equal(p->ledger_parts.data[p->ledger.data[1].first_part].ns, 2500);
	assert_int_equal(p->ledger_parts.data[p->ledger.data[1].first_part + 1].ns, 1500);
	/* no line without time or count */
	assert_int_equal(p->hists.nr, 1);
	assert_int_equal(p->hists.data[0].count, 4);
	assert_int_equal(env.t.stats.nr_malformed, 0);
}

static void test_senseless_waits_are_malformed(void **state)
{
	struct pkprof_rec_wait *r;
	struct pkprof_rec_latency *l;
	struct pkprof_rec_ledger *d;
	struct pkprof_rec_hist *h;

	(void)state;
	r = make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->since_ns = 11;
	take(0, r);
	r = make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->woken_ns = 0;
	take(0, r);
	r = make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->line = PKPROF_NR_LINES;
	take(0, r);
	r = make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->period_log2 = 37;
	take(0, r);
	r = make_wait(10, 2, 5, PKPROF_NO_STACK, PKPROF_NO_STACK);
	r->nr_blocked = 1ULL << 61;
	take(0, r);
	take(0, make_wake(10, 2, 11, 1, "x"));
	take(0, make_io(10, 2, 0, 4096, PKPROF_NO_STACK, PKPROF_NO_STACK));
	take(0, make_io_end(10, 0));
	take(0, make_latency(10, 2, 11, "x"));
	l = make_latency(10, 2, 5, "x");
	l->line = 256 + PKPROF_LINE_CPU;
	take(0, l);
	d = make_ledger(10, 1, 2, 1, 3);
	d->thread.lines[0].ns++;
	take(0, d);
	h = make_hist(10, 2, 2);
	h->hist.buckets[1].bucket = PKPROF_HIST_BUCKETS;
	take(0, h);
	assert_int_equal(env.t.stats.nr_malformed, 12);
	assert_int_equal(result()->waits.nr, 0);
}

static void test_senseless_contents_are_malformed(void **state)
{
	struct pkprof_rec_stack *s;
	struct pkprof_rec_fork *fork;
	struct pkprof_rec_file *f;
	struct pkprof_rec_mark *m;

	(void)state;
	s = make_stack(PKPROF_STACK_USER, 1, 0, 1);
	s->nr = 0;
	take(0, s);
	s = make_stack(PKPROF_STACK_USER, 1, 0, PKPROF_MAX_DEPTH);
	s->nr = PKPROF_MAX_DEPTH + 1;
	s->rec.size += 8;
	take(0, s);
	s = make_stack(PKPROF_STACK_USER, 1, 0, 1);
	s->kind = 2;
	take(0, s);
	take(0, make_stack(PKPROF_STACK_USER, PK_TRANSLATE_MAX_SLOTS, 0, 1));
	f = make_file(1, "/x", "", 0);
	f->build_id_len = PKPROF_MAX_BUILD_ID + 1;
	take(0, f);
	m = make_mark(1, "t");
	m->text_len = UINT32_MAX;
	take(0, m);
	take(NR_CPUS, make_exit(1, 1));
	/* what the profile could not hold */
	take(0, make_exit(1ULL << 63, 1));
	fork = make_fork(1, 2, 1, "x");
	fork->start_ns = UINT64_MAX;
	take(0, fork);
	take(0, make_map(1, 1, UINT64_MAX - 10, 0x1000, 1));
	assert_int_equal(env.t.stats.nr_malformed, 10);
}

/* Longer records and unknown types come from a newer module. */
static void test_newer_records(void **state)
{
	struct pkprof_rec_exit *r = make_exit(1, 5);
	struct pkprof_rec unknown = { .type = PKPROF_NR_RECS, .size = sizeof(unknown) };
	struct pk_profile *p;

	(void)state;
	r->rec.size += 64;
	take(0, r);
	take(0, &unknown);
	unknown.type = 255;
	take(0, &unknown);
	p = result();
	assert_int_equal(p->tasks.nr, 1);
	assert_int_equal(env.t.stats.nr_unknown, 2);
	assert_int_equal(env.t.stats.nr_malformed, 0);
}

/* More distinct stacks than are remembered: ids stay right, memory stays small. */
static void test_nodes_are_forgotten_but_right(void **state)
{
	uint64_t addr[PKPROF_MAX_DEPTH];
	struct pk_profile *p;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		take(0, make_stack(PKPROF_STACK_USER, i % 50, i * 0x1000, 4));
		take(0, make_sample(i, 1, PKPROF_NO_STACK, i % 50));
	}
	assert_true(env.t.nodes.nr_forgotten > 5);
	assert_true(env.t.nodes.cap <= 1024);
	p = result();
	for (uint32_t i = 0; i < 3000; i++) {
		assert_int_equal(stack_of(p->samples.ustack[i], addr), 4);
		assert_int_equal(addr[0], 0x1000 + i * 0x1000);
		assert_int_equal(addr[3], 0x1000 + i * 0x1000 + 2);
	}
}

static void test_equal_stacks_are_one_node(void **state)
{
	struct pk_profile *p;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		take(i % 2, make_stack(PKPROF_STACK_USER, i, 0x100, 20));
		take(i % 2, make_sample(i, 1, PKPROF_NO_STACK, i));
	}
	p = result();
	assert_int_equal(p->nodes.nr, 21);
	assert_int_equal(p->samples.ustack[0], p->samples.ustack[99]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sample_with_both_stacks),
		TEST(test_slots_are_redefined),
		TEST(test_undefined_slots_are_counted),
		TEST(test_lives_of_tasks),
		TEST(test_mappings_find_their_files),
		TEST(test_marks_and_cpu_changes),
		TEST(test_short_records_are_malformed),
		TEST(test_senseless_contents_are_malformed),
		TEST(test_waits),
		TEST(test_block_io),
		TEST(test_final_accounts),
		TEST(test_senseless_waits_are_malformed),
		TEST(test_newer_records),
		TEST(test_nodes_are_forgotten_but_right),
		TEST(test_equal_stacks_are_one_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
