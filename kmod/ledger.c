// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait ledger: its life, its CPUs, its session; see ledger.h. What happens to
 * threads is in ledger_switch.c.
 *
 * In: users who come and go, CPUs that do. Out: a ledger in which all is booked from
 * one instant on: probes are attached before it, and look away; then time is read,
 * all CPUs take it for their begin, and one flag turns all probes on.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/netlink.h>
#include <linux/smp.h>
#include "books.h"
#include "compat/clock.h"
#include "ledger.h"
#include "ledger_state.h"
#include "session.h"
#include "throttle.h"

bool pk_ledger_live __read_mostly;
struct pk_ledger pk_ledger;
struct pk_ledger_cpu __percpu *pk_ledger_cpus;
struct pk_thread pk_nobody, pk_idler;

static enum cpuhp_state pk_ledger_hotplug;

/* --- CPUs --- */

/* On each CPU that is online, irqs off. */
static void pk_ledger_cpu_begin(void *unused)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);

	c->since_ns = max(pk_tsc_clock_ns(&c->clock), pk_ledger.from_ns);
	c->offline = false;
	c->running = is_idle_task(current) ? &pk_idler : &pk_nobody;
}

/*
 * On another CPU, when @cpu is dead. Tracepoints are silent on a CPU that is no longer
 * online, so nobody told of its last switch, from the thread that took it down (a
 * stopper, which stays parked) to the idle task.
 */
static int pk_ledger_cpu_dead(unsigned int cpu)
{
	struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);
	u64 now_ns = max(pk_clock_ns(), c->since_ns);

	pk_ledger_cpu_write_begin(c);
	if (c->running->task)
		pk_account_off(&c->running->account, PKPROF_LINE_KTHREAD, now_ns);
	else if (c->running == &pk_idler)
		c->idle_ns += now_ns - c->since_ns;
	else
		c->overflow_ns += now_ns - c->since_ns;
	c->since_ns = now_ns;
	c->running = &pk_idler;
	c->offline = true;
	pk_ledger_cpu_write_end(c);
	return 0;
}

/* On another CPU, before @cpu is there: it comes with its idle task. */
static int pk_ledger_cpu_prepare(unsigned int cpu)
{
	struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);
	u64 now_ns = max(pk_clock_ns(), c->since_ns);

	pk_ledger_cpu_write_begin(c);
	c->offline_ns += now_ns - c->since_ns;
	c->since_ns = now_ns;
	c->running = &pk_idler;
	pk_tsc_clock_init(&c->clock);
	c->offline = false;
	pk_ledger_cpu_write_end(c);
	return 0;
}

static int pk_ledger_hotplug_add(void)
{
	int ret = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "pkprof:ledger",
					    pk_ledger_cpu_prepare, pk_ledger_cpu_dead);

	if (ret < 0)
		return ret;
	pk_ledger_hotplug = ret;
	return 0;
}

/*
 * Whoever switched while the flag was not set booked nothing. This interrupt cannot come
 * within a switch, so when all have taken it each switch books, and each CPU knows
 * whether it idles; also, who was seen on a CPU or off it by then is still so in the walk.
 */
static void pk_ledger_cpu_settle(void *unused)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);

	if (!c->running->task)
		c->running = is_idle_task(current) ? &pk_idler : &pk_nobody;
}

/* From here on all is booked. Probes are attached, but look away until then. */
static void pk_ledger_begin(void)
{
	unsigned int cpu;

	cpus_read_lock();
	pk_ledger.from_ns = pk_clock_ns();
	for_each_possible_cpu(cpu) {
		struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);

		c->since_ns = pk_ledger.from_ns;
		c->offline = true;
	}
	on_each_cpu(pk_ledger_cpu_begin, NULL, 1);
	smp_store_release(&pk_ledger_live, true);
	on_each_cpu(pk_ledger_cpu_settle, NULL, 1);
	cpus_read_unlock();
}

static void pk_ledger_hotplug_remove(void)
{
	cpuhp_remove_state_nocalls(pk_ledger_hotplug);
}

/* --- life --- */

int pk_ledger_works(void)
{
	return pk_ledger_probes_find();
}

int pk_ledger_get(struct netlink_ext_ack *extack)
{
	int err;

	if (pk_ledger.nr_users) {
		pk_ledger.nr_users++;
		return 0;
	}
	err = pk_ledger_works();
	if (err) {
		NL_SET_ERR_MSG(extack, "this kernel lacks a tracepoint that the ledger needs");
		return -EOPNOTSUPP;
	}
	err = pk_ledger_memory_init();
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the ledger; a smaller ledger_mb may help");
		return err;
	}
	err = pk_ledger_hotplug_add();
	if (err)
		goto err_memory;
	err = pk_throttle_attach();
	if (err)
		goto err_hotplug;
	err = pk_ledger_probes_attach();
	if (err)
		goto err_throttle;
	pk_ledger_begin();
	pk_ledger_walk();
	pk_ledger.nr_users = 1;
	return 0;

err_throttle:
	pk_throttle_detach();
err_hotplug:
	pk_ledger_hotplug_remove();
err_memory:
	pk_ledger_memory_deinit();
	return err;
}

void pk_ledger_put(void)
{
	if (--pk_ledger.nr_users)
		return;
	WRITE_ONCE(pk_ledger_live, false);
	pk_ledger_probes_detach();
	pk_throttle_detach();
	pk_ledger_hotplug_remove();
	pk_ledger_memory_deinit();
}

/* What was not timed is in the books, too, in the end. */
static void pk_ledger_close_books(struct pk_session *s)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);

		local_add(pk_ledger_hits(c) - c->nr_told,
			  &s->cpu[cpu]->books[PKPROF_SRC_SCHED].hits);
	}
}

void pk_ledger_set_session(struct pk_session *s)
{
	struct pk_session *former = pk_ledger.session;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);

		if (!former)
			c->nr_told = pk_ledger_hits(c);
		WRITE_ONCE(c->late_ns, s ? PK_LATE_MIN_NS : U64_MAX);
		WRITE_ONCE(c->rare_ns, 0);	/* made anew at the next switch */
	}
	smp_store_release(&pk_ledger.session, s);
	synchronize_rcu();
	if (former)
		pk_ledger_close_books(former);
}
