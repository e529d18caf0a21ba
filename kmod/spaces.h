/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is executable in each address space, and the unwind rows of its files, so that a probe
 * finds the rows for an address of user code without a lock.
 *
 * In: the address spaces themselves, read where sleeping is allowed: of processes that are there
 * at START, and of each task that mapped something executable, forked or ran a program, before
 * it is back in user mode and could execute it (identity.h). And rows, by write() to the
 * device. Out: struct pk_ranges, under RCU.
 *
 * Memory of maps and rows together is bounded by "unwind_mb". What finds no room is walked
 * by frame pointers, and its stacks say that there was no table.
 */
#ifndef PK_SPACES_H
#define PK_SPACES_H

#include <linux/mm_types.h>
#include <linux/types.h>
#include "uwalk.h"

struct pk_filter;
struct pk_spaces;

extern unsigned int pk_unwind_mb;	/* module parameter, read at START */

/* May sleep. NULL without memory. */
struct pk_spaces *pk_spaces_create(void);

/*
 * No probe and no item of identity.h uses them any more: give all memory back, and refuse rows
 * from now on. May sleep.
 */
void pk_spaces_close(struct pk_spaces *sp);
/* Closed or never used. NULL is fine. */
void pk_spaces_destroy(struct pk_spaces *sp);

/* Of all processes that pass and whose memory is not being changed just now. May sleep. */
void pk_spaces_read_all(struct pk_spaces *sp, const struct pk_filter *filter);

/* Of one address space. Its lock is held for reading or writing; may sleep. */
void pk_spaces_read(struct pk_spaces *sp, struct mm_struct *mm);

/*
 * Rows as write() brings them. May sleep. Return: 0 or what uapi/pkprof_rows.h says.
 */
int pk_spaces_upload(struct pk_spaces *sp, const void __user *from, size_t bytes);

/*
 * The ranges of an address space, or NULL: not known. @sp may be NULL. Context: any; RCU read
 * side as long as the result is used.
 */
const struct pk_ranges *pk_spaces_find(const struct pk_spaces *sp, const struct mm_struct *mm);

/* Whether an area is the kernel's own code in a 64-bit process. Context: its lock, or it is new. */
bool pk_area_is_vdso(struct vm_area_struct *vma);

#endif
