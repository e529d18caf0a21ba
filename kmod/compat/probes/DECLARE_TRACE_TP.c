// SPDX-License-Identifier: GPL-2.0-or-later
/* "tracing: Have all DECLARE_TRACE() add _tp to the name", 6.16. */
#include <linux/tracepoint.h>

DECLARE_TRACE(pk_probe_point, TP_PROTO(int value), TP_ARGS(value));

void pk_probe(void);
void pk_probe(void)
{
	trace_pk_probe_point_tp(1);
}
