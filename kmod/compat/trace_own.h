/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints of our own. Since 6.16 DECLARE_TRACE(x) makes trace_x_tp(); here
 * PK_DECLARE_TRACE(x) does so on every kernel.
 */
#ifndef PK_COMPAT_TRACE_OWN_H
#define PK_COMPAT_TRACE_OWN_H

#include <linux/tracepoint.h>
#include "compat/config.h"

#if HAVE_DECLARE_TRACE_TP
#define PK_DECLARE_TRACE(name, proto, args) DECLARE_TRACE(name, PARAMS(proto), PARAMS(args))
#else
#define PK_DECLARE_TRACE(name, proto, args) DECLARE_TRACE(name##_tp, PARAMS(proto), PARAMS(args))
#endif

#endif
