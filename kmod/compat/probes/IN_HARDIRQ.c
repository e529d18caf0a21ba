// SPDX-License-Identifier: GPL-2.0-or-later
/* "preempt: Cleanup the macro maze a bit", 5.11. */
#include <linux/preempt.h>

bool pk_probe(void);
bool pk_probe(void)
{
	return in_hardirq();
}
