// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of formatted extended acks on kernels before 6.2.
 *
 * The kernel reads the text after the request's handler has returned, and tells
 * nobody when it is done. So texts live in a ring of slots: a slot is written
 * anew after PK_NR_TEXTS further refusals, while its reader needs a few
 * microseconds. Only requests with a valid cookie or malformed parameters get
 * here, and those that change a session are serialized by the control mutex.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include "compat/netlink.h"

#if !HAVE_NL_SET_ERR_MSG_FMT

#define PK_NR_TEXTS   128	/* a power of two */
#define PK_TEXT_BYTES 80	/* as in newer kernels */

static char pk_texts[PK_NR_TEXTS][PK_TEXT_BYTES];
static atomic_t pk_next_text = ATOMIC_INIT(0);

void pk_extack_format(struct netlink_ext_ack *extack, const char *format, ...)
{
	char *text = pk_texts[(u32)atomic_inc_return(&pk_next_text) % PK_NR_TEXTS];
	va_list args;

	va_start(args, format);
	vsnprintf(text, PK_TEXT_BYTES, format, args);
	va_end(args);
	if (extack)
		extack->_msg = text;
}

#endif
