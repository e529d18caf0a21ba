// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On-CPU samples by performance counter, instead of the timer: the counter's
 * overflow comes as an NMI and so sees code that runs with interrupts off.
 *
 * In: perf's kernel counters, one per CPU, of reference cycles where the
 * processor has them (they tick at the nominal rate whatever the frequency
 * is), else of cycles. Out: one sample per period's worth of cycles. The
 * period is fixed: a rate that perf adapts would sample a nearly idle CPU as
 * often as a busy one. Counters stand still while a CPU is halted, so an idle
 * CPU is not woken.
 *
 * Where the governor lowers the rate, all but one in 2^shift overflows are passed over.
 *
 * What perf throttles (more interrupts in a tick than kernel.perf_event_max_
 * sample_rate allows) it does not count, and so it is not in the books.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/math64.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <asm/tsc.h>

#include "sample.h"
#include "session.h"
#include "source.h"

bool pk_pmu_software;

/* Owned by its CPU's hotplug callbacks; @event is NULL while the CPU is offline. */
struct pk_counter {
	struct pk_session *session;
	struct perf_event *event;
	u32 left;				/* overflows that the last sample stands for, too */
	struct pk_sample_scratch scratch;	/* NMIs of a CPU do not nest */
};

/* One session at a time; attach and detach are serialized by their caller. */
static struct {
	struct pk_counter **counters;	/* nr_cpu_ids pointers, NULL: not sampled */
	enum cpuhp_state hotplug;
} pk_pmu_source;

/* Whether this overflow is passed over, else what its sample stands for. */
static bool pk_counter_passes(struct pk_counter *c, u32 *shift_ret)
{
	if (c->left) {
		c->left--;
		return true;
	}
	*shift_ret = READ_ONCE(c->session->rate_shift);
	c->left = (1u << *shift_ret) - 1;
	return false;
}

static void pk_pmu_overflow(struct perf_event *event, struct perf_sample_data *data,
			    struct pt_regs *regs)
{
	struct pk_counter *c = event->overflow_handler_context;
	struct pk_session *s = c->session;
	struct pk_books *books = &pk_session_this_cpu(s)->books[PKPROF_SRC_PMU];
	u64 entered = pk_books_enter(books, 1);
	u32 shift;

	if (!pk_sample_is_idle() && !pk_counter_passes(c, &shift) &&
	    pk_filter_match(&s->filter, current->tgid))
		pk_sample_take(s, PKPROF_SRC_PMU, &c->scratch, regs, entered, shift);
	pk_books_leave(books, entered);
}

struct pk_pmu_event {
	u32 type;
	u64 config;
};

static const struct pk_pmu_event pk_pmu_hardware[] = {
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES },
	{ PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
};
static const struct pk_pmu_event pk_pmu_clock = { PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK };

static struct perf_event *pk_counter_open(const struct pk_pmu_event *e, unsigned int cpu,
					  u64 period_ns, struct pk_counter *c)
{
	struct perf_event_attr attr = {
		.type = e->type,
		.size = sizeof(attr),
		.config = e->config,
		.pinned = 1,
		.exclude_idle = 1,	/* as far as the counter can */
	};

	/* tsc_khz is the nominal rate: cycles per ms */
	attr.sample_period = e->type == PERF_TYPE_SOFTWARE ?
				     period_ns :
				     mul_u64_u32_div(period_ns, tsc_khz, USEC_PER_SEC);
	return perf_event_create_kernel_counter(&attr, cpu, NULL, pk_pmu_overflow, c);
}

/* The first counter that there is; an ERR_PTR() if none. */
static struct perf_event *pk_counter_open_any(unsigned int cpu, u64 period_ns,
					      struct pk_counter *c)
{
	struct perf_event *event = ERR_PTR(-ENOENT);
	unsigned int i;

	if (pk_pmu_software)
		return pk_counter_open(&pk_pmu_clock, cpu, period_ns, c);
	for (i = 0; i < ARRAY_SIZE(pk_pmu_hardware) && IS_ERR(event); i++)
		event = pk_counter_open(&pk_pmu_hardware[i], cpu, period_ns, c);
	return event;
}

/* On each CPU that is or comes online; an error fails the attach or that CPU's start. */
static int pk_pmu_online(unsigned int cpu)
{
	struct pk_counter *c = pk_pmu_source.counters[cpu];
	struct perf_event *event;

	if (!c)
		return 0;
	event = pk_counter_open_any(cpu, c->session->cfg.period_ns, c);
	if (IS_ERR(event))
		return PTR_ERR(event);
	c->event = event;
	return 0;
}

/* Releasing waits for a handler that runs. */
static int pk_pmu_offline(unsigned int cpu)
{
	struct pk_counter *c = pk_pmu_source.counters[cpu];

	if (c && c->event)
		perf_event_release_kernel(c->event);
	if (c)
		c->event = NULL;
	return 0;
}

static void pk_counters_destroy(struct pk_counter **counters)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		kfree(counters[cpu]);
	kfree(counters);
}

static struct pk_counter **pk_counters_create(struct pk_session *s)
{
	struct pk_counter **counters = kcalloc(nr_cpu_ids, sizeof(*counters), GFP_KERNEL);
	unsigned int cpu;

	if (!counters)
		return NULL;
	for_each_possible_cpu(cpu) {
		if (!cpumask_test_cpu(cpu, s->cfg.cpus))
			continue;
		counters[cpu] = kzalloc_node(sizeof(**counters), GFP_KERNEL, cpu_to_node(cpu));
		if (!counters[cpu]) {
			pk_counters_destroy(counters);
			return NULL;
		}
		counters[cpu]->session = s;
	}
	return counters;
}

static int pk_pmu_attach(struct pk_session *s)
{
	int ret;

	pk_pmu_source.counters = pk_counters_create(s);
	if (!pk_pmu_source.counters)
		return -ENOMEM;
	/* each CPU counts from here on, or from when it is reached */
	WRITE_ONCE(s->t0_ns, pk_clock_ns());
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "pkprof:counter", pk_pmu_online,
				pk_pmu_offline);
	if (ret < 0) {
		pk_counters_destroy(pk_pmu_source.counters);
		return ret;
	}
	pk_pmu_source.hotplug = ret;
	return 0;
}

static void pk_pmu_detach(struct pk_session *s)
{
	cpuhp_remove_state(pk_pmu_source.hotplug);
	/* an overflow that was in flight may still be in its handler's last lines */
	synchronize_rcu();
	pk_counters_destroy(pk_pmu_source.counters);
	pk_pmu_source.counters = NULL;
}

static int pk_pmu_works(void)
{
	/* so long a period that the probe of it never overflows */
	struct perf_event *event = pk_counter_open_any(cpumask_first(cpu_online_mask),
						       PKPROF_MAX_PERIOD_NS, NULL);

	if (IS_ERR(event))
		return PTR_ERR(event);
	perf_event_release_kernel(event);
	return 0;
}

const struct pk_source pk_source_pmu = {
	.name = "pmu",
	.id = PKPROF_SRC_PMU,
	.works = pk_pmu_works,
	.attach = pk_pmu_attach,
	.detach = pk_pmu_detach,
};
