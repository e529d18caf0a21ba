/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IRQ_WORK_INIT_HARD for kernels before 5.11: work that runs in hard irq
 * context on PREEMPT_RT too.
 */
#ifndef PK_COMPAT_IRQ_WORK_H
#define PK_COMPAT_IRQ_WORK_H

#include <linux/irq_work.h>
#include "compat/config.h"

#if !HAVE_IRQ_WORK_INIT_HARD
#define IRQ_WORK_INIT_HARD(fn) \
	(struct irq_work){ .flags = ATOMIC_INIT(IRQ_WORK_HARD_IRQ), .func = (fn) }
#endif

#endif
