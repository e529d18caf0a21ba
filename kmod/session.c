// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One capture session: its memory, its start and its end.
 *
 * In: a checked configuration. Out: rings that sources write and a reader maps,
 * and books. All memory is there before the first source is attached and stays
 * until the last reference is gone, so no handler ever allocates or checks.
 *
 * Memory in bytes: possible CPUs * (ring_bytes + 2 pages + 2 * PK_STACK_SLOTS *
 * 12 + sizeof(struct pk_cpu)), refused above half of what is available.
 */
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "block.h"
#include "tcp.h"
#include "unix.h"
#include "uwalk.h"
#include "vfs.h"
#include "waited.h"
#include "calibrate.h"
#include "compat/netlink.h"
#include "python.h"
#include "governing.h"
#include "session.h"
#include "source.h"
#include "spaces.h"

/* Stacks of one kind that a CPU remembers; a power of two. */
#define PK_STACK_SLOTS 4096

bool pk_poison;

static void pk_session_wake(struct irq_work *work)
{
	struct pk_cpu *c = container_of(work, struct pk_cpu, wake);

	wake_up_poll(c->session->poll, EPOLLIN | EPOLLRDNORM);
}

static void pk_stack_table_deinit(struct pk_stack_table *t)
{
	vfree(t->age);
	vfree(t->hash);
}

static int pk_stack_table_init(struct pk_stack_table *t, int node)
{
	t->nr_slots = PK_STACK_SLOTS;
	t->hash = vzalloc_node(array_size(t->nr_slots, sizeof(*t->hash)), node);
	t->age = vzalloc_node(array_size(t->nr_slots, sizeof(*t->age)), node);
	return t->hash && t->age ? 0 : -ENOMEM;
}

static void pk_cpu_destroy(struct pk_cpu *c)
{
	unsigned int kind;

	if (!c)
		return;
	for (kind = 0; kind < ARRAY_SIZE(c->stacks); kind++)
		pk_stack_table_deinit(&c->stacks[kind]);
	vfree(c->python);
	vfree(c->memo);
	vfree(c->ring_mem);
	kfree(c);
}

static struct pk_cpu *pk_cpu_create(struct pk_session *s, unsigned int cpu)
{
	int node = cpu_to_node(cpu);
	unsigned int kind;
	struct pk_cpu *c;

	c = kzalloc_node(sizeof(*c), GFP_KERNEL, node);
	if (!c)
		return NULL;
	c->session = s;
	init_irq_work(&c->wake, pk_session_wake);
	c->ring_mem = vmalloc_user(pk_session_ring_bytes(s));
	if (!c->ring_mem)
		goto err;
	pk_ring_init(&c->ring, c->ring_mem, PAGE_SIZE, s->cfg.ring_bytes, cpu);
	if (unlikely(READ_ONCE(pk_poison)))
		memset(c->ring.data, PK_POISON, s->cfg.ring_bytes);
	for (kind = 0; kind < ARRAY_SIZE(c->stacks); kind++) {
		if (pk_stack_table_init(&c->stacks[kind], node))
			goto err;
	}
	c->memo = vzalloc_node(sizeof(*c->memo), node);
	c->python = vzalloc_node(sizeof(*c->python), node);
	if (!c->memo || !c->python)
		goto err;
	return c;

err:
	pk_cpu_destroy(c);
	return NULL;
}

/* An allocation this large is refused politely, before the OOM killer looks at it. */
static int pk_session_check_memory(struct pk_session *s, struct netlink_ext_ack *extack)
{
	u64 per_cpu = pk_session_ring_bytes(s) + sizeof(struct pk_cpu) + sizeof(struct pk_rule_memo) +
		      sizeof(struct pk_python_cpu) +
		      2 * PK_STACK_SLOTS * (sizeof(u64) + sizeof(u32));
	u64 need_mb = (per_cpu * num_possible_cpus()) >> 20;
	u64 free_mb = ((u64)max(si_mem_available(), 0L) << PAGE_SHIFT) >> 20;

	if (need_mb <= free_mb / 2)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "rings need %llu MB, more than half of %llu MB free", need_mb,
			   free_mb);
	return -ENOMEM;
}

static int pk_session_populate(struct pk_session *s, struct netlink_ext_ack *extack)
{
	unsigned int cpu;
	int err;

	err = pk_session_check_memory(s, extack);
	if (err)
		return err;
	s->cpu = kcalloc(nr_cpu_ids, sizeof(*s->cpu), GFP_KERNEL);
	if (!s->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		s->cpu[cpu] = pk_cpu_create(s, cpu);
		if (!s->cpu[cpu])
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

struct pk_session *pk_session_create(void)
{
	struct pk_session *s;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return NULL;
	if (!zalloc_cpumask_var(&s->cfg.cpus, GFP_KERNEL)) {
		kfree(s);
		return NULL;
	}
	kref_init(&s->ref);
	s->cfg.ring_bytes = PKPROF_DEF_RING_BYTES;
	s->cfg.kernel_depth = PKPROF_MAX_DEPTH;
	s->cfg.user_depth = PKPROF_MAX_DEPTH;
	s->cfg.wait_period_ns = PK_WAIT_PERIOD_NS;
	s->cfg.wait_cap = PK_WAIT_CAP;
	s->cfg.io_cap = PKPROF_DEF_IO_CAP;
	cpumask_copy(s->cfg.cpus, cpu_possible_mask);
	return s;
}

static void pk_session_release(struct kref *ref)
{
	struct pk_session *s = container_of(ref, struct pk_session, ref);
	unsigned int cpu;

	if (s->cpu) {
		for_each_possible_cpu(cpu)
			pk_cpu_destroy(s->cpu[cpu]);
	}
	kfree(s->cpu);
	pk_spaces_destroy(s->spaces);
	pk_block_destroy(s->block);
	pk_tcp_destroy(s->tcp);
	pk_unix_destroy(s->unix_socks);
	pk_vfs_destroy(s->vfs);
	pk_waited_destroy(s->waited);
	pk_governing_destroy(s->governing);
	pk_filter_deinit(&s->filter);
	free_cpumask_var(s->cfg.cpus);
	kfree(s);
}

void pk_session_put(struct pk_session *s)
{
	kref_put(&s->ref, pk_session_release);
}

/*
 * What leads to a handler, in hits of a bare tracepoint: ftrace takes three of them, the end of a
 * system call that no longer is the short one four. As instructions were counted by
 * tests/bench/receipt; 0: one.
 */
static const u8 pk_entry_hits[PKPROF_NR_SOURCES] = {
	[PKPROF_SRC_TCP] = 2,
	[PKPROF_SRC_VFS] = 3,
	[PKPROF_SRC_UNIX] = 4,
};

/* Each of its runs is timed, too: clock readings are of its price. */
static bool pk_is_by_interrupt(unsigned int src)
{
	return src == PKPROF_SRC_CPU || src == PKPROF_SRC_PMU || src == PKPROF_SRC_OFFCPU;
}

/* What a hit costs before and after the handler's own clock readings. */
static void pk_session_calibrate(struct pk_session *s)
{
	u64 tracepoint_ns = pk_calibrate_tracepoint_ns();
	u64 interrupt_ns = pk_calibrate_interrupt_ns();
	u64 clock_ns = pk_calibrate_clock_ns();
	unsigned int cpu, src;

	for_each_possible_cpu(cpu) {
		for (src = 0; src < PKPROF_NR_SOURCES; src++) {
			struct pk_books *b = &s->cpu[cpu]->books[src];

			b->entry_ns = pk_is_by_interrupt(src) ?
				      interrupt_ns :
				      tracepoint_ns * max_t(u8, pk_entry_hits[src], 1);
			b->clock_ns = pk_is_by_interrupt(src) ? 0 : clock_ns;
		}
	}
}

int pk_session_start(struct pk_session *s, const u32 *pids, unsigned int nr_pids,
		     struct netlink_ext_ack *extack)
{
	const struct pk_source *failed;
	u32 gone = 0;
	int err;

	err = pk_session_populate(s, extack);
	if (err)
		return err;
	err = pk_filter_init(&s->filter, pids, nr_pids, &gone);
	if (err) {
		if (err == -ESRCH)
			NL_SET_ERR_MSG_FMT(extack, "there is no process %u", gone);
		return err;
	}
	if (s->cfg.user_depth && !s->cfg.sums_only) {
		s->spaces = pk_spaces_create();
		if (!s->spaces)
			return -ENOMEM;
	}
	pk_session_calibrate(s);
	s->seed = get_random_u64();
	s->t0_ns = U64_MAX;
	WRITE_ONCE(s->state, PKPROF_STATE_RUNNING);
	err = pk_sources_attach(s, &failed);
	if (err) {
		NL_SET_ERR_MSG_FMT(extack, "source %s cannot be attached (%d)", failed->name, err);
		pk_session_stop(s);
		return err;
	}
	if (s->t0_ns == U64_MAX)
		WRITE_ONCE(s->t0_ns, pk_clock_ns());
	/* once more: without source task nobody has looked yet */
	pk_filter_add_descendants(&s->filter);
	/* what changes from now on comes by source task */
	if (s->spaces)
		pk_spaces_read_all(s->spaces, &s->filter);
	err = pk_governing_start(s);
	if (err)
		pk_session_stop(s);
	return err;
}

void pk_session_stop(struct pk_session *s)
{
	unsigned int cpu;

	pk_governing_stop(s);
	WRITE_ONCE(s->end_ns, pk_clock_ns());
	pk_sources_detach(s);
	if (s->spaces)
		pk_spaces_close(s->spaces);
	for_each_possible_cpu(cpu)
		irq_work_sync(&s->cpu[cpu]->wake);
	WRITE_ONCE(s->state, PKPROF_STATE_STOPPED);
	wake_up_poll(s->poll, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
}

/* Sums what was lost and tells whether these books were ever used. */
static bool pk_books_read(const struct pk_books *b, unsigned int src, struct pkprof_counters *ret)
{
	unsigned int why;

	memset(ret, 0, sizeof(*ret));
	ret->source = src;
	ret->generated = local_read(&b->generated);
	for (why = 0; why < PKPROF_NR_LOSSES; why++)
		ret->lost[why] = local_read(&b->lost[why]);
	ret->hits = local_read(&b->hits);
	ret->timed_hits = local_read(&b->timed_hits);
	ret->timed_ns = local_read(&b->timed_ns);
	ret->entry_ns = b->entry_ns;
	return ret->generated || ret->hits;
}

unsigned int pk_session_counters(const struct pk_session *s, u32 cpu, struct pkprof_counters *ret)
{
	unsigned int src, nr = 0;

	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (pk_books_read(&s->cpu[cpu]->books[src], src, &ret[nr]) ||
		    s->cfg.sources & BIT(src))
			nr++;
	}
	return nr;
}

void pk_session_hurry(struct pk_session *s)
{
	xchg(&s->hurried, 1);
	wake_up_poll(s->poll, EPOLLIN | EPOLLRDNORM);
}

__poll_t pk_session_poll(struct pk_session *s)
{
	bool stopped = READ_ONCE(s->state) == PKPROF_STATE_STOPPED;
	u64 enough = stopped ? 1 : s->cfg.ring_bytes / 4;
	__poll_t events = stopped ? EPOLLHUP : 0;
	unsigned int cpu;

	/* once: at a mark the reader may cut the ledger, and soon is best */
	if (READ_ONCE(s->hurried) && xchg(&s->hurried, 0))
		return events | EPOLLIN | EPOLLRDNORM;
	for_each_possible_cpu(cpu) {
		if (pk_ring_unread(&s->cpu[cpu]->ring) >= enough)
			return events | EPOLLIN | EPOLLRDNORM;
	}
	return events;
}
