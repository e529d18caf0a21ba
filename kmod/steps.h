/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's unwinder does at a place in the kernel's code, remembered.
 *
 * In: steps that the unwinder was seen to take. Out: the same step again, without a
 * search of its tables. An entry is one word, so a look-up needs no lock against
 * whoever adds or forgets, on this CPU or another. Addresses of kernel code differ
 * in their low half only; others are not asked for.
 *
 * Pure; compiles in the unit tests.
 */
#ifndef PK_STEPS_H
#define PK_STEPS_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

#define PK_STEP_SETS	1024	/* power of two */
#define PK_STEP_WAYS	4

/* Where the caller's stack pointer is, as its return address is below it: */
enum pk_step_kind {
	PK_STEP_NONE,	/* not known */
	PK_STEP_HARD,	/* by more than two registers and the stack: ask the unwinder */
	PK_STEP_SP,	/* at the stack pointer + arg */
	PK_STEP_BP,	/* at the base pointer + arg */
	PK_STEP_LINK,	/* at what the word at the stack pointer holds, + arg */
	PK_STEP_REGS,	/* in registers at the stack pointer + arg */
	PK_STEP_END,	/* there is no caller */
};

/*
 * One word: low half of the address, arg in bytes (signed 16 bits), where the caller's
 * base pointer is (8 bits), flags, kind. The address counts as its own (what was
 * interrupted, what is to be resumed), or as one to return to: the instruction before it
 * decides then.
 */
#define PK_STEP_KIND	0x7ULL
#define PK_STEP_EXACT	0x8ULL	/* the address is its own */
#define PK_STEP_OWN	0x10ULL	/* code between an event and who caused it, see unwind.h */
#define PK_STEP_FULL	0x20ULL	/* of REGS: all of them, not only where to go on */
#define PK_STEP_TAG	(0xffffffffULL << 32 | PK_STEP_EXACT)

/* The caller's base pointer: n > 0 words below its stack pointer, or */
#define PK_STEP_BP_SAME		0	/* the present one */
#define PK_STEP_BP_UNKNOWN	255

struct pk_steps {
	u64 entry[PK_STEP_SETS][PK_STEP_WAYS];	/* 0: free */
	u32 clock;				/* chooses who makes room */
};

/* An address, as the tag of its step. */
static inline u64 pk_step_tag(u64 ip, bool exact)
{
	return ip << 32 | (exact ? PK_STEP_EXACT : 0);
}

static inline u64 pk_step(enum pk_step_kind kind, s16 arg, u8 bp)
{
	return (u64)(u16)arg << 16 | (u64)bp << 8 | kind;
}

static inline enum pk_step_kind pk_step_kind(u64 step)
{
	return step & PK_STEP_KIND;
}

static inline s16 pk_step_arg(u64 step)
{
	return (s16)(step >> 16);
}

static inline u8 pk_step_bp(u64 step)
{
	return (u8)(step >> 8);
}

/* Whether an address is one of those that differ in their low half. */
static inline bool pk_step_is_for(u64 ip)
{
	return ip >> 31 == (1ULL << 33) - 1;
}

static inline u32 pk_step_set(u64 ip)
{
	u32 mixed = (u32)ip * 0x9e3779b1u;

	mixed = (mixed ^ mixed >> 15) * 0x85ebca77u;
	return mixed / (u32)((1ULL << 32) / PK_STEP_SETS);
}

/* Return: the step, of kind NONE if it is not known. Any context. */
static inline u64 pk_steps_find(const struct pk_steps *t, u64 ip, bool exact)
{
	const u64 *set = t->entry[pk_step_set(ip)];
	u64 tag = pk_step_tag(ip, exact), step;
	unsigned int way;

	for (way = 0; way < PK_STEP_WAYS; way++) {
		step = READ_ONCE(set[way]);
		if (!((step ^ tag) & PK_STEP_TAG))
			return step;
	}
	return PK_STEP_NONE;
}

/* Remember a step in place of what was known of its address, or of any other. Any context. */
void pk_steps_add(struct pk_steps *t, u64 step);

/* Forget all. Any context. */
void pk_steps_forget(struct pk_steps *t);

#endif
