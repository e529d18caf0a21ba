/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * in_hardirq() for kernels before 5.11, where it is called in_irq().
 */
#ifndef PK_COMPAT_PREEMPT_H
#define PK_COMPAT_PREEMPT_H

#include <linux/preempt.h>
#include "compat/config.h"

#if !HAVE_IN_HARDIRQ
#define in_hardirq() in_irq()
#endif

#endif
