/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking a user stack by unwind rows, where there are any, else by frame pointers.
 *
 * In: registers, the executable ranges of the address space, rows of their files. Out:
 * addresses, leaf first, and why they end. For each frame the row of its place in the code
 * says where the caller's stack pointer, return address and preserved registers are; code
 * of which nothing is said (a JIT's, assembly) is taken to keep a frame pointer.
 *
 * A walk reads user memory and nothing else, faults nowhere, and takes at most as many steps
 * as frames are asked for. Rows, registers and memory may be as wrong as they like.
 *
 * Pure but for pk_user_word(); compiles in the unit tests and a fuzzer.
 */
#ifndef PK_UWALK_H
#define PK_UWALK_H

#include "urows.h"
#include "stack.h"

struct pk_python;

/* A file's rows; they come later than its first mapping, and then stay. */
struct pk_rows_ref {
	const struct pkprof_rows *rows;	/* NULL: not yet; published with release */
};

/* Executable memory [start, end). */
struct pk_range {
	u64 start, end;
	u64 off;			/* of start in the file */
	const struct pk_rows_ref *ref;	/* NULL: of no file */
};

/* Of one address space: sorted, not overlapping. */
struct pk_ranges {
	u32 nr;
	struct pk_range range[];
};

#define PK_MEMO_BITS 9

/*
 * Rules that were looked up of late, as the same callers come back sample after sample: a hit
 * takes a tenth of a look-up. Tables stay as long as the memo, so nothing in it grows stale.
 * All-zero is empty. Belongs to whoever walks: no two walks use one at a time.
 */
struct pk_rule_memo {
	struct {
		const struct pkprof_rows *rows;
		u64 off;
		const struct pkprof_rule *rule;	/* NULL: a gap */
	} entry[1 << PK_MEMO_BITS];
};

/**
 * struct pk_uspace - where a walk goes
 * @ranges:	NULL: not known
 * @memo:	NULL: none
 * @python:	NULL: Python frames are left out
 * @compat:	32-bit code
 */
struct pk_uspace {
	const struct pk_ranges *ranges;
	struct pk_rule_memo *memo;
	struct pk_python *python;
	bool compat;
};

/* Registers of user mode, by DWARF's numbers in 64-bit code. */
struct pk_uregs {
	u64 ip;
	u64 reg[PKPROF_NR_REGS];
};

/* Return: the range that holds an address, or NULL. */
const struct pk_range *pk_ranges_find(const struct pk_ranges *ranges, u64 at);

/**
 * pk_uwalk - the user half of a stack
 * @st:		gets nr and end as well
 * @max_depth:	frames, at least 1
 *
 * Context: any in which pk_user_word() may be used; RCU read side, for the ranges.
 */
void pk_uwalk(struct pk_stack *st, const struct pk_uregs *regs, const struct pk_uspace *space,
	      u32 max_depth);

#endif
