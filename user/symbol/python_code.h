/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the module is to know of CPython in a file: its evaluation function's code, and where
 * its data are.
 *
 * In: a program or library. Out: nothing, if it has no CPython or one that is not known; else
 * struct pkprof_python and the code that marks a stack as one that runs Python. Of 3.11 the
 * layout of its data is a row of a table; from 3.13 on the file says it itself.
 */
#ifndef PK_PYTHON_CODE_USER_H
#define PK_PYTHON_CODE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "symbol/elf_file.h"
#include "uapi/pkprof_rows.h"

/* Why Python functions of a file have no names. */
enum pk_python_state {
	PK_PYTHON_NONE,		/* there is no CPython in it */
	PK_PYTHON_READABLE,
	PK_PYTHON_NO_SYMBOLS,	/* stripped of what tells where things are */
	PK_PYTHON_UNKNOWN,	/* of a version that is not known, or whose description is damaged */
};

struct pk_code_range {
	uint64_t start, end;	/* svma */
};

/* All-zero: none. */
struct pk_python_code {
	enum pk_python_state state;
	struct pkprof_python o;
	PK_VEC(struct pk_code_range) eval;	/* code of the evaluation function */
	PK_VEC(uint64_t) jumps;	/* svma, ascending: where it jumps to outside of them; a part of
				 * it that was moved away has no name */
};

/* 0 or -ENOMEM. To be freed with pk_python_code_deinit(). */
int pk_python_code_find(const struct pk_elf *e, struct pk_python_code *ret);
void pk_python_code_deinit(struct pk_python_code *p);

/* The state alone; NONE also for want of memory. */
enum pk_python_state pk_python_code_state(const struct pk_elf *e);

/* Is code from @start on the evaluation function's? */
bool pk_python_code_is_eval(const struct pk_python_code *p, uint64_t start);
/* Does it jump into [start, end)? */
bool pk_python_code_jumps_to(const struct pk_python_code *p, uint64_t start, uint64_t end);

#endif
