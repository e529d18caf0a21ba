/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hit costs outside its handler, measured where we run.
 *
 * A handler times itself from its first line to its last; what the processor
 * and the kernel do before and after belongs to its price as well. Both
 * figures are medians, on one CPU, with our own clock reading included.
 */
#ifndef PK_CALIBRATE_H
#define PK_CALIBRATE_H

#include <linux/types.h>

/**
 * pk_calibrate_interrupt_ns - round trip of a hard irq_work interrupt
 *
 * From before the CPU interrupts itself to after its return: the request to the
 * local interrupt controller, entry, irq_work's own list, an empty callback,
 * return. It stands for a timer interrupt, which has hrtimer's queue and the
 * reprogramming of the timer instead of the list and the request.
 * Context: control mutex, may sleep. Return: ns, 0 where it cannot be measured.
 */
u64 pk_calibrate_interrupt_ns(void);

/**
 * pk_calibrate_tracepoint_ns - a hit of a tracepoint with an empty probe
 *
 * The jump, the kernel's protection of probes (preemption or SRCU) and the call.
 * Context and return: likewise.
 */
u64 pk_calibrate_tracepoint_ns(void);

/**
 * pk_calibrate_clock_ns - one reading of the clock that handlers are timed with
 *
 * It is in each time that was taken, and not in what a run without readings takes.
 * Context and return: likewise.
 */
u64 pk_calibrate_clock_ns(void);

/*
 * The empty probe stays attached while the module is loaded: nobody else hits
 * its tracepoint, and a session's start is spared the patching of code and the
 * waiting for all CPUs. Without it the price of a tracepoint reads 0.
 */
void pk_calibrate_init(void);
void pk_calibrate_deinit(void);

#endif
