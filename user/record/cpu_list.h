/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of CPUs as the kernel writes them: "0,2-3". Out: a bitmap as
 * PKPROF_A_CPUS wants it.
 */
#ifndef PK_CPU_LIST_H
#define PK_CPU_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

typedef PK_VEC(uint8_t) pk_cpu_set;	/* CPU c is bit c % 8 of byte c / 8 */

/* 0, -EINVAL with PK_EXIT_USAGE, -ENOMEM. */
int pk_cpu_list_parse(const char *text, pk_cpu_set *ret, struct pk_err *err);

static inline bool pk_cpu_set_has(const pk_cpu_set *s, unsigned int cpu)
{
	return cpu / 8 < s->nr && s->data[cpu / 8] >> cpu % 8 & 1;
}

/* Are all CPUs of @s possible on this machine? PK_EXIT_USAGE names the first that is not. */
int pk_cpu_set_check(const pk_cpu_set *s, struct pk_err *err);

#endif
