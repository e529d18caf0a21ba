// SPDX-License-Identifier: GPL-2.0-or-later
/* "irq_work: Provide IRQ_WORK_INIT_HARD()" and kin, 5.11. */
#include <linux/irq_work.h>

struct irq_work pk_probe(void (*fn)(struct irq_work *work));
struct irq_work pk_probe(void (*fn)(struct irq_work *work))
{
	return IRQ_WORK_INIT_HARD(fn);
}
