/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints of locks that somebody has to wait for: contention_begin and _end, since 5.19.
 * Before, probes on them are defined and never called.
 */
#ifndef PK_COMPAT_LOCK_H
#define PK_COMPAT_LOCK_H

#include "compat/tracepoint.h"
#include "config.h"

#if HAVE_CONTENTION
#include <trace/events/lock.h>
#define PK_PROBE_CONTENTION(event, name) PK_PROBE_CHECK(event, name)
#else
#define PK_PROBE_CONTENTION(event, name)
#endif

#endif
