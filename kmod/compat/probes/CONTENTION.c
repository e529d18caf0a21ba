// SPDX-License-Identifier: GPL-2.0-or-later
/* "locking: Add lock contention tracepoints", 5.19. */
#include <trace/events/lock.h>

static void pk_trace(void *data, void *lock, unsigned int flags)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_contention_begin(pk_trace);
}
