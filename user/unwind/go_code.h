/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Go's tools do not say of Go's code in call frame information.
 *
 * In: a program that they built. Out: rules of those functions of its runtime in which stacks
 * are switched, begin or are interrupted, and what is true of all its code: that it keeps frame
 * pointers, each saved under the return address.
 */
#ifndef PK_GO_CODE_H
#define PK_GO_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "symbol/elf_file.h"
#include "uapi/pkprof_rows.h"

struct pk_go_function {
	uint64_t start, end;	/* svma */
	struct pkprof_rule rule; /* of all of it */
};

struct pk_go_functions {
	PK_VEC(struct pk_go_function) v;
};

/*
 * Its functions with rules of their own, in order of their code, not overlapping; none if nothing
 * names them. 0 or -ENOMEM. To be freed with pk_vec_deinit(&ret->v).
 */
int pk_go_functions(const struct pk_elf *e, struct pk_go_functions *ret);

/* The rule of other code, made from its call frame information: adds the frame pointer. */
void pk_go_rule(struct pkprof_rule *rule);

#endif
