/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of pieces in order: which there are shows as the pieces are met, one after the
 * other. A group is a struct of the caller's, malloc'ed; what it is a group of are some
 * of its members, and the rest are sums.
 */
#ifndef PK_GROUP_LIST_H
#define PK_GROUP_LIST_H

#include <stddef.h>

#include "base/vec.h"

/* All-zero is a valid empty list. */
typedef PK_VEC(void *) pk_group_list;

/*
 * The group that is equal to @key by @order, which compares two groups as qsort() wants it
 * of elements. If there is none, a copy of @key, of @size bytes, in its place. NULL: no
 * memory.
 */
void *pk_group_list_get(pk_group_list *l, const void *key, size_t size,
			int (*order)(const void *a, const void *b));
void pk_group_list_deinit(pk_group_list *l);

#endif
