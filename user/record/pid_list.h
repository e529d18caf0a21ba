/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process ids as option -p takes them: 12,345. */
#ifndef PK_PID_LIST_H
#define PK_PID_LIST_H

#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"

typedef PK_VEC(uint32_t) pk_pid_list;

/*
 * Appends to @ret, which the caller frees also after an error. PK_EXIT_USAGE: no such
 * list, or more than PKPROF_MAX_PIDS; PK_EXIT_NO_TARGET: a process does not exist.
 */
int pk_pid_list_parse(const char *text, pk_pid_list *ret, struct pk_err *err);

#endif
