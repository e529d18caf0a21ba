/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing array of one type:
 *
 *	PK_VEC(struct pk_frame) frames = {0};
 *	struct pk_frame *f = pk_vec_push(&frames);	// zeroed, NULL: no memory
 *	pk_vec_deinit(&frames);
 */
#ifndef PK_VEC_H
#define PK_VEC_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PK_VEC(type)                                                                               \
	struct {                                                                                   \
		type *data;                                                                        \
		size_t nr, cap;                                                                    \
	}

/* Room for @need elements of @size bytes; 0, -ENOMEM or -EOVERFLOW. */
static inline int pk_vec_grow(void **data, size_t *cap, size_t need, size_t size)
{
	size_t cap_new = *cap ? *cap : 16;
	void *p;

	if (need <= *cap)
		return 0;
	if (need > (size_t)-1 / 2 / size)
		return -EOVERFLOW;
	while (cap_new < need)
		cap_new += cap_new / 2 + 1;
	p = realloc(*data, cap_new * size);
	if (!p)
		return -ENOMEM;
	*data = p;
	*cap = cap_new;
	return 0;
}

#define pk_vec_reserve(v, need)                                                                    \
	pk_vec_grow((void **)&(v)->data, &(v)->cap, need, sizeof(*(v)->data))

/* Append one zeroed element and point to it; NULL: no memory. */
#define pk_vec_push(v)                                                                             \
	(pk_vec_reserve(v, (v)->nr + 1) ?                                                          \
		 NULL :                                                                            \
		 (__typeof__((v)->data))memset(&(v)->data[(v)->nr++], 0, sizeof(*(v)->data)))

/* Append a value; 0 or -ENOMEM. */
#define pk_vec_add(v, value)                                                                       \
	({                                                                                         \
		__typeof__((v)->data) _slot = pk_vec_push(v);                                      \
		if (_slot)                                                                         \
			*_slot = (value);                                                          \
		_slot ? 0 : -ENOMEM;                                                               \
	})

#define pk_vec_deinit(v)                                                                           \
	do {                                                                                       \
		free((v)->data);                                                                   \
		(v)->data = NULL;                                                                  \
		(v)->nr = (v)->cap = 0;                                                            \
	} while (0)

#define PK_VEC_FOREACH(v, it)                                                                      \
	for (__typeof__(*(v)->data) *it = (v)->data; it && it < (v)->data + (v)->nr; it++)

#endif
