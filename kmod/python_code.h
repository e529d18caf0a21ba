/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code objects of CPython: their numbers, and what is said of each at first sight.
 *
 * In: the address of a PyCodeObject. Out: a number, the same as long as the object is the same
 * and is not forgotten; its names and lines are told before the number is used. A table of one
 * CPU, 4-way set-associative as that of stacks; a number that is forgotten is not used again,
 * so that nothing that was said of it grows wrong. Memory that is freed and used for another
 * code object is noticed by its first line and by where its name is.
 *
 * Pure but for user_word.h.
 */
#ifndef PK_PYTHON_CODE_H
#define PK_PYTHON_CODE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

#define PK_CODE_WAYS	4
#define PK_CODE_SLOTS	4096	/* power of two */
#define PK_CODE_TRIES	16	/* to read all of one, before part of it is told */

struct pk_code_slot {
	u64 key;	/* 0: free */
	u32 id;		/* 0: not told yet */
	u32 age;
	u32 nr_tries;
};

struct pk_code_table {
	struct pk_code_slot slot[PK_CODE_SLOTS];
	u32 clock, last_id;
	/* what is to be told */
	union {
		struct pkprof_rec_code rec;
		u8 room[sizeof(struct pkprof_rec_code) + 2 * PKPROF_MAX_CODE_TEXT +
			PKPROF_MAX_CODE_LINES + sizeof(u64)];
	} told;
};

/* @rec: complete but for its head, rec->rec.size bytes. Return: false, it found no room. */
typedef bool (*pk_code_tell)(void *ctx, const struct pkprof_rec_code *rec);

/* Whose code object, and how it is to be read. */
struct pk_code_reader {
	const struct pkprof_python *o;
	u64 space;
	pk_code_tell tell;
	void *ctx;
};

/*
 * Return: its number, 0: it could not be read, or what is to be said of it found no room.
 * Context: the table's CPU, nobody else uses it.
 */
u32 pk_python_code_id(struct pk_code_table *t, const struct pk_code_reader *r, u64 code);

#endif
