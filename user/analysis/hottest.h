/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stacks in which most samples of a scope were taken. */
#ifndef PK_HOTTEST_H
#define PK_HOTTEST_H

#include "analysis/scope.h"

/* Copied out of the model, so that they outlive it. */
struct pk_hot_stack {
	uint64_t nr_samples;
	char *process;		/* name */
	char *stack;		/* executing function first: "copy < read < main" */
};

struct pk_hottest {
	uint64_t nr_samples;	/* of the scope */
	PK_VEC(struct pk_hot_stack) stacks;	/* most samples first */
};

/* At most @max of them. 0 or -ENOMEM. */
int pk_hottest_init(const struct pk_scope *s, size_t max, struct pk_hottest *ret);
void pk_hottest_deinit(struct pk_hottest *h);

/*
 * A stack of the model as text, its leaf first; @user: without the kernel's part, where
 * there is another one. To be freed; NULL: no memory.
 */
char *pk_stack_text(const struct pk_model *m, uint32_t leaf, bool user);

#endif
