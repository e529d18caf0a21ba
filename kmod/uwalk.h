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
 * @ranges:	NULL: not known
 * @compat:	32-bit code
 * @max_depth:	frames, at least 1
 *
 * Context: any in which pk_user_word() may be used; RCU read side, for @ranges.
 */
void pk_uwalk(struct pk_stack *st, const struct pk_uregs *regs, const struct pk_ranges *ranges,
	      bool compat, u32 max_depth);

#endif
