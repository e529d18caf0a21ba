/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of a child process that reads files of profiled programs, which may be hostile or
 * huge: it must not outlive us, nor take the machine with it.
 */
#ifndef PK_CHILD_H
#define PK_CHILD_H

#include <stdint.h>

/* In the child. SIGXCPU after @cpu_s; no core dump. Without effect where a limit is lower already. */
void pk_child_limits(unsigned int cpu_s, uint64_t address_bytes);

#endif
