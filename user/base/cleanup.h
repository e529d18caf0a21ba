/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope cleanup: a resource is released where its variable goes out of scope,
 * pk_take() hands it on and disarms that.
 */
#ifndef PK_CLEANUP_H
#define PK_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PK_CLEANUP(fn) __attribute__((cleanup(fn)))

static inline void pk_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void pk_cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void pk_cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define PK_AUTO_FREE PK_CLEANUP(pk_cleanup_free)
#define PK_AUTO_FD PK_CLEANUP(pk_cleanup_fd)
#define PK_AUTO_FILE PK_CLEANUP(pk_cleanup_file)

/* The pointer's value; the variable becomes NULL. */
#define pk_take(p)                                                                                 \
	({                                                                                         \
		__typeof__(p) _taken = (p);                                                        \
		(p) = NULL;                                                                        \
		_taken;                                                                            \
	})

#define PK_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
