// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measuring what a hit costs outside its handler; see calibrate.h.
 */
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sort.h>
#include "calibrate.h"
#include "compat/clock.h"
#include "compat/irq_work.h"
#include "compat/trace_own.h"

#define PK_ROUNDS 15			/* odd: a median is one of them */
#define PK_HITS_PER_ROUND 64		/* a tracepoint hit is shorter than the clock's step */
#define PK_MAX_WAIT_NS 1000000ULL	/* an interrupt that is not there by then does not come */

static int pk_compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 pk_median(u64 *values, unsigned int nr)
{
	sort(values, nr, sizeof(*values), pk_compare_u64, NULL);
	return values[nr / 2];
}

static bool pk_interrupted;

static void pk_calibrate_interrupt(struct irq_work *work)
{
	WRITE_ONCE(pk_interrupted, true);
}

/* One round trip, or 0 if no interrupt came. Preemption off, or it could land elsewhere. */
static u64 pk_calibrate_interrupt_once(struct irq_work *work)
{
	u64 start, took = 0;

	WRITE_ONCE(pk_interrupted, false);
	preempt_disable();
	start = pk_clock_ns();
	irq_work_queue(work);
	while (!READ_ONCE(pk_interrupted) && took <= PK_MAX_WAIT_NS) {
		cpu_relax();
		took = pk_clock_ns() - start;
	}
	took = pk_clock_ns() - start;
	preempt_enable();
	irq_work_sync(work);
	return took <= PK_MAX_WAIT_NS ? took : 0;
}

u64 pk_calibrate_interrupt_ns(void)
{
	static struct irq_work work = IRQ_WORK_INIT_HARD(pk_calibrate_interrupt);
	u64 took[PK_ROUNDS];
	unsigned int i;

	for (i = 0; i < PK_ROUNDS; i++)
		took[i] = pk_calibrate_interrupt_once(&work);
	return pk_median(took, PK_ROUNDS);
}

PK_DECLARE_TRACE(pk_calibration, TP_PROTO(unsigned int value), TP_ARGS(value));
DEFINE_TRACE(pk_calibration_tp, TP_PROTO(unsigned int value), TP_ARGS(value));

static bool pk_probe_attached;

static void pk_calibrate_probe(void *data, unsigned int value)
{
}

void __init pk_calibrate_init(void)
{
	pk_probe_attached = !register_trace_pk_calibration_tp(pk_calibrate_probe, NULL);
}

void pk_calibrate_deinit(void)
{
	if (!pk_probe_attached)
		return;
	unregister_trace_pk_calibration_tp(pk_calibrate_probe, NULL);
	tracepoint_synchronize_unregister();
}

u64 pk_calibrate_tracepoint_ns(void)
{
	u64 took[PK_ROUNDS], start;
	unsigned int i, hit;

	if (!pk_probe_attached)
		return 0;
	for (i = 0; i < PK_ROUNDS; i++) {
		preempt_disable();
		start = pk_clock_ns();
		for (hit = 0; hit < PK_HITS_PER_ROUND; hit++)
			trace_pk_calibration_tp(hit);
		took[i] = pk_clock_ns() - start;
		preempt_enable();
	}
	return pk_median(took, PK_ROUNDS) / PK_HITS_PER_ROUND;
}

u64 pk_calibrate_clock_ns(void)
{
	u64 took[PK_ROUNDS], start, end = 0;
	unsigned int i, reading;

	for (i = 0; i < PK_ROUNDS; i++) {
		preempt_disable();
		start = pk_clock_ns();
		for (reading = 0; reading < PK_HITS_PER_ROUND; reading++)
			end = pk_clock_ns();
		took[i] = end - start;
		preempt_enable();
	}
	return pk_median(took, PK_ROUNDS) / PK_HITS_PER_ROUND;
}
