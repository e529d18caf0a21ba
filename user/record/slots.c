// SPDX-License-Identifier: GPL-2.0-or-later
/* Mirror of a kernel stack table; see slots.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/slots.h"

#define START_SLOTS 256

void pk_slots_deinit(struct pk_slot_table *t)
{
	free(t->slot);
	*t = (struct pk_slot_table){ 0 };
}

int pk_slots_set(struct pk_slot_table *t, uint32_t slot, uint32_t max, struct pk_slot value)
{
	uint32_t nr = t->nr ? t->nr : START_SLOTS;
	struct pk_slot *grown;

	if (slot >= max)
		return -EINVAL;
	if (slot >= t->nr) {
		while (nr <= slot)
			nr *= 2;
		grown = realloc(t->slot, nr * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memset(grown + t->nr, 0, (nr - t->nr) * sizeof(*grown));
		t->slot = grown;
		t->nr = nr;
	}
	t->slot[slot] = value;
	return 0;
}
