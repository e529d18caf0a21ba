// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When run queues of cgroups are throttled; see throttle.h.
 *
 * throttle_cfs_rq() and unthrottle_cfs_rq() name the queue, but may think better of
 * it; that they did it is known when they go down, or up, the tree of cgroups below
 * it, by tg_throttle_down() and tg_unthrottle_up(), on the same CPU under the same
 * run-queue lock. A queue's spans are written under the lock of the run queue it
 * belongs to, and read under it when a task of it is switched in.
 *
 * Queues are in a table of fixed size; one that finds all its places taken takes that
 * of the queue that was throttled longest ago.
 */
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/rt.h>
#include <linux/vmalloc.h>
#include <asm/ptrace.h>
#include "compat/clock.h"
#include "compat/task.h"
#include "ledger_state.h"
#include "throttle.h"

#define PK_QUEUE_BITS 10
#define PK_NR_QUEUES  (1u << PK_QUEUE_BITS)
#define PK_NR_PLACES  4		/* where a queue may be, one after the other */

/* @key: address of the cfs_rq; never looked into. @last: index of the latest span */
struct pk_queue {
	unsigned long key;
	u32 last;
	struct pk_span spans[PK_NR_SPANS];
};

static struct pk_queue *pk_queues;
static bool pk_throttle_seen;
static raw_spinlock_t pk_queues_lock;	/* places change hands */

bool pk_throttle_on __read_mostly;

/* The queue that a function in progress on this CPU is about; 0: none. */
static DEFINE_PER_CPU(unsigned long, pk_throttling);
static DEFINE_PER_CPU(unsigned long, pk_unthrottling);

static struct pk_queue *pk_queue_place(unsigned long key, unsigned int i)
{
	return &pk_queues[(hash_long(key, PK_QUEUE_BITS) + i) % PK_NR_QUEUES];
}

static struct pk_queue *pk_queue_find(unsigned long key)
{
	unsigned int i;

	for (i = 0; i < PK_NR_PLACES; i++) {
		if (READ_ONCE(pk_queue_place(key, i)->key) == key)
			return pk_queue_place(key, i);
	}
	return NULL;
}

/* An empty place, or that of the queue whose latest span began first. */
static struct pk_queue *pk_queue_create(unsigned long key)
{
	struct pk_queue *best = pk_queue_place(key, 0), *q;
	unsigned int i;

	raw_spin_lock(&pk_queues_lock);
	for (i = 0; i < PK_NR_PLACES; i++) {
		q = pk_queue_place(key, i);
		if (q->spans[q->last].begin_ns < best->spans[best->last].begin_ns)
			best = q;
	}
	WRITE_ONCE(best->key, 0);
	memset(best->spans, 0, sizeof(best->spans));
	WRITE_ONCE(best->key, key);
	raw_spin_unlock(&pk_queues_lock);
	return best;
}

static void pk_queue_throttled(unsigned long key)
{
	struct pk_queue *q = pk_queue_find(key) ?: pk_queue_create(key);
	u64 now_ns = pk_clock_ns();

	if (q->spans[q->last].end_ns == U64_MAX)
		return;
	q->last = (q->last + 1) % PK_NR_SPANS;
	WRITE_ONCE(q->spans[q->last].begin_ns, now_ns);
	WRITE_ONCE(q->spans[q->last].end_ns, U64_MAX);
	/* a CPU on its way down may have parked the thread that runs such work */
	if (unlikely(!READ_ONCE(pk_throttle_seen)) && cpu_active(smp_processor_id())) {
		WRITE_ONCE(pk_throttle_seen, true);
		irq_work_queue(&pk_ledger.want);
	}
}

static void pk_queue_unthrottled(unsigned long key)
{
	struct pk_queue *q = pk_queue_find(key);

	if (q && q->spans[q->last].end_ns == U64_MAX)
		WRITE_ONCE(q->spans[q->last].end_ns, pk_clock_ns());
}

/* The run queue's lock is held in all four, and irqs are off. */

static int pk_on_throttle(struct kprobe *probe, struct pt_regs *regs)
{
	this_cpu_write(pk_throttling, regs_get_kernel_argument(regs, 0));
	return 0;
}

static int pk_on_throttle_down(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long key = this_cpu_read(pk_throttling);

	if (key)
		pk_queue_throttled(key);
	this_cpu_write(pk_throttling, 0);
	return 0;
}

static int pk_on_unthrottle(struct kprobe *probe, struct pt_regs *regs)
{
	this_cpu_write(pk_unthrottling, regs_get_kernel_argument(regs, 0));
	return 0;
}

static int pk_on_unthrottle_up(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long key = this_cpu_read(pk_unthrottling);

	if (key)
		pk_queue_unthrottled(key);
	this_cpu_write(pk_unthrottling, 0);
	return 0;
}
NOKPROBE_SYMBOL(pk_on_throttle);
NOKPROBE_SYMBOL(pk_on_throttle_down);
NOKPROBE_SYMBOL(pk_on_unthrottle);
NOKPROBE_SYMBOL(pk_on_unthrottle_up);

/* The confirming ones first: what comes between is not confirmed. */
static struct kprobe pk_throttle_probes[4];
static bool pk_throttle_attached;

static void pk_throttle_probes_init(void)
{
	static const struct {
		const char *symbol;
		kprobe_pre_handler_t handler;
	} rows[] = {
		{ "tg_throttle_down", pk_on_throttle_down },
		{ "tg_unthrottle_up", pk_on_unthrottle_up },
		{ "throttle_cfs_rq", pk_on_throttle },
		{ "unthrottle_cfs_rq", pk_on_unthrottle },
	};
	unsigned int i;

	memset(pk_throttle_probes, 0, sizeof(pk_throttle_probes));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pk_throttle_probes[i].symbol_name = rows[i].symbol;
		pk_throttle_probes[i].pre_handler = rows[i].handler;
	}
}

int pk_throttle_attach(void)
{
	unsigned int i;
	int err;

	pk_queues = vzalloc(array_size(PK_NR_QUEUES, sizeof(*pk_queues)));
	if (!pk_queues)
		return -ENOMEM;
	raw_spin_lock_init(&pk_queues_lock);
	pk_throttle_seen = false;
	pk_throttle_probes_init();
	for (i = 0; i < ARRAY_SIZE(pk_throttle_probes); i++) {
		err = register_kprobe(&pk_throttle_probes[i]);
		if (!err)
			continue;
		pr_info_once("pkprof: cannot probe %s (error %d): no time is told as throttled\n",
			     pk_throttle_probes[i].symbol_name, err);
		while (i--)
			unregister_kprobe(&pk_throttle_probes[i]);
		vfree(pk_queues);
		pk_queues = NULL;
		return 0;
	}
	pk_throttle_attached = true;
	return 0;
}

/* All at once: each removal waits for a grace period, and so do all together. */
void pk_throttle_detach(void)
{
	struct kprobe *probes[ARRAY_SIZE(pk_throttle_probes)];
	unsigned int i;

	if (!pk_throttle_attached)
		return;
	pk_throttle_attached = false;
	for (i = 0; i < ARRAY_SIZE(pk_throttle_probes); i++)
		probes[i] = &pk_throttle_probes[i];
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

void pk_throttle_work(void)
{
	if (READ_ONCE(pk_throttle_seen))
		smp_store_release(&pk_throttle_on, true);
}

void pk_throttle_deinit(void)
{
	WRITE_ONCE(pk_throttle_on, false);
	vfree(pk_queues);
	pk_queues = NULL;
}

#ifdef CONFIG_FAIR_GROUP_SCHED
/* Spans of all queues above @p that reach beyond @from_ns. */
static unsigned int pk_throttle_gather(const struct task_struct *p, u64 from_ns,
				       struct pk_span *spans, bool *yet_ret)
{
	const struct sched_entity *se = &p->se;
	unsigned int level, i, nr = 0;

	for (level = 0; se && level < PK_MAX_LEVELS; level++, se = READ_ONCE(se->parent)) {
		const struct pk_queue *q = pk_queue_find((unsigned long)READ_ONCE(se->cfs_rq));

		for (i = 0; q && i < PK_NR_SPANS; i++) {
			struct pk_span span = {
				.begin_ns = READ_ONCE(q->spans[i].begin_ns),
				.end_ns = READ_ONCE(q->spans[i].end_ns),
			};

			if (span.end_ns <= from_ns || nr == PK_MAX_SPANS)
				continue;
			*yet_ret |= span.end_ns == U64_MAX;
			spans[nr++] = span;
		}
	}
	return nr;
}

u64 pk_throttle_of(const struct task_struct *p, u64 queued_ns, u64 now_ns, bool *yet_ret)
{
	struct pk_span spans[PK_MAX_SPANS];
	unsigned int nr;

	*yet_ret = false;
	if (!p->se.parent || p->prio < MAX_RT_PRIO)
		return 0;
	nr = pk_throttle_gather(p, queued_ns, spans, yet_ret);
	return nr ? pk_spans_cover(spans, nr, queued_ns, now_ns) : 0;
}
#else
u64 pk_throttle_of(const struct task_struct *p, u64 queued_ns, u64 now_ns, bool *yet_ret)
{
	*yet_ret = false;
	return 0;
}
#endif
