// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remembered steps of the unwinder, see steps.h. CPUs that add at the same time may
 * overwrite each other's; what is lost is learned again.
 */
#include "steps.h"

void pk_steps_add(struct pk_steps *t, u64 step)
{
	u64 *set = t->entry[pk_step_set(step >> 32)], old;
	unsigned int way, free = PK_STEP_WAYS;

	for (way = 0; way < PK_STEP_WAYS; way++) {
		old = READ_ONCE(set[way]);
		if (!old) {
			if (free == PK_STEP_WAYS)
				free = way;
		} else if (!((old ^ step) & PK_STEP_TAG)) {
			break;
		}
	}
	if (way == PK_STEP_WAYS)
		way = free;
	if (way == PK_STEP_WAYS) {
		way = READ_ONCE(t->clock) % PK_STEP_WAYS;
		WRITE_ONCE(t->clock, t->clock + 1);
	}
	WRITE_ONCE(set[way], step);
}

void pk_steps_forget(struct pk_steps *t)
{
	unsigned int set, way;

	for (set = 0; set < PK_STEP_SETS; set++) {
		for (way = 0; way < PK_STEP_WAYS; way++)
			WRITE_ONCE(t->entry[set][way], 0);
	}
}
