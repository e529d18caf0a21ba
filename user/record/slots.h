/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slots of one CPU's stack table of one kind stand for: the mirror of
 * the kernel's table, fed by PKPROF_REC_STACK. Grows as slots are defined, up
 * to PK_TRANSLATE_MAX_SLOTS.
 */
#ifndef PK_SLOTS_H
#define PK_SLOTS_H

#include <stdint.h>

struct pk_slot {
	uint32_t node;		/* node id, 0: never defined */
	uint8_t end;		/* enum pkprof_stack_end */
};

struct pk_slot_table {
	struct pk_slot *slot;
	uint32_t nr;		/* room, power of two */
};

void pk_slots_deinit(struct pk_slot_table *t);
/* 0, -EINVAL for a slot beyond @max, -ENOMEM. */
int pk_slots_set(struct pk_slot_table *t, uint32_t slot, uint32_t max, struct pk_slot value);

/* The slot's meaning; node 0 when it was never defined. */
static inline struct pk_slot pk_slots_get(const struct pk_slot_table *t, uint32_t slot)
{
	return slot < t->nr ? t->slot[slot] : (struct pk_slot){ 0 };
}

#endif
