/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples of a scope by frame: self (the frame was executing) and total (it
 * was on the stack; recursion counts once).
 */
#ifndef PK_FRAME_WEIGHTS_H
#define PK_FRAME_WEIGHTS_H

#include "analysis/scope.h"

struct pk_frame_weights {
	uint64_t *self, *total;	/* samples by frame index */
	uint64_t nr_without_stack;
};

int pk_frame_weights_init(const struct pk_scope *s, struct pk_frame_weights *ret);
void pk_frame_weights_deinit(struct pk_frame_weights *w);

#endif
