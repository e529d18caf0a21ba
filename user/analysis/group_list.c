// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups in order; see group_list.h. */
#include <stdlib.h>
#include <string.h>

#include "analysis/group_list.h"

static void *insert(pk_group_list *l, size_t at, const void *key, size_t size)
{
	void *new = malloc(size);

	if (!new || pk_vec_add(l, new)) {
		free(new);
		return NULL;
	}
	memcpy(new, key, size);
	memmove(&l->data[at + 1], &l->data[at], (l->nr - 1 - at) * sizeof(*l->data));
	l->data[at] = new;
	return new;
}

void *pk_group_list_get(pk_group_list *l, const void *key, size_t size,
			int (*order)(const void *a, const void *b))
{
	size_t low = 0, high = l->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int side = order(key, l->data[mid]);

		if (!side)
			return l->data[mid];
		if (side < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return insert(l, low, key, size);
}

void pk_group_list_deinit(pk_group_list *l)
{
	PK_VEC_FOREACH(l, group)
		free(*group);
	pk_vec_deinit(l);
}
