// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must hold for this module to be compiled at all.
 */
#include <linux/build_bug.h>
#include <linux/types.h>
/* first, so that it is the one that meets the contract's structures */
#include "uapi/check.h"
#include "ring.h"
#include "session.h"

/* local_t counts bytes and events that never wrap; the unwinder is x86's. */
#ifndef CONFIG_X86_64
#error "pkprof is for 64-bit x86 kernels"
#endif

static_assert(PKPROF_COMM_LEN == TASK_COMM_LEN, "names of tasks have another length here");
static_assert(PK_RING_MAX_RECORD + sizeof(struct pkprof_rec) <= U16_MAX + 1u,
	      "a pad must fit in its 16-bit size");
static_assert(PKPROF_MIN_RING_BYTES / 4 >= sizeof(struct pkprof_rec_stack) + 8 * PKPROF_MAX_DEPTH,
	      "the deepest stack must fit in the smallest ring");
static_assert(PKPROF_MIN_RING_BYTES / 4 >= sizeof(struct pkprof_rec_task_info) +
		      2 * PKPROF_MAX_STRING, "both strings must fit in the smallest ring");
