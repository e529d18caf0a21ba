/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks: capture and intern.
 *
 * Capture fills an array of addresses, leaf first, from interrupted registers:
 * the kernel half by ORC, the user half by unwind rows. Neither faults,
 * sleeps or allocates; both are bounded by a depth. Interning turns an array
 * into a slot of this CPU's table, so that frames travel once: the table is a
 * 4-way set-associative cache of 64-bit keyed hashes. A slot counts as
 * defined only after its definition is committed to the ring, so no sample
 * can refer to a definition that was lost; an evicted slot is defined anew.
 */
#ifndef PK_STACK_H
#define PK_STACK_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

struct pt_regs;
struct pk_session;
struct task_struct;

struct pk_stack {
	u32 nr;				/* frames in ip[] */
	u32 end;			/* enum pkprof_stack_end */
	u64 ip[PKPROF_MAX_DEPTH];	/* leaf first */
};

/*
 * Of the current task, irqs off; the user half with stacks claimed. @regs as interrupted; NULL: of the caller,
 * without this module's own frames. Leaves st->nr 0 where there is none.
 */
void pk_stack_capture_kernel(struct pk_stack *st, struct pt_regs *regs, u32 max_depth);
void pk_stack_capture_user(struct pk_session *s, struct pk_stack *st, struct pt_regs *regs,
			   u32 max_depth);

/*
 * The user half of a task from given registers, NULL: none. The memory is that which is loaded
 * now, the task's. Context: this CPU's stacks are claimed, irqs off.
 */
void pk_stack_walk_user(struct pk_session *s, struct pk_stack *st, struct task_struct *task,
			struct pt_regs *regs, u32 max_depth);

#define PK_STACK_WAYS 4

/**
 * struct pk_stack_table - one CPU's interned stacks of one kind
 * @hash:	array of nr_slots, 0: free
 * @age:	array of nr_slots, for eviction of the least recently used way
 * @nr_slots:	power of two
 */
struct pk_stack_table {
	u64 *hash;
	u32 *age;
	u32 nr_slots;
	u32 clock;
};

/**
 * pk_stack_lookup - slot of a stack
 * @hash_ret:	keyed hash, for pk_stack_define()
 * Return: true and the slot when it is defined; false and the slot to define.
 * Context: the table's CPU, irqs off. Pure; compiles in the unit tests.
 */
bool pk_stack_lookup(struct pk_stack_table *t, const struct pk_stack *st, u64 seed,
		     u64 *hash_ret, u32 *slot_ret);
/* After the definition was committed. */
void pk_stack_define(struct pk_stack_table *t, u32 slot, u64 hash);

/**
 * pk_stack_intern - slot of a stack, written to the ring if it is new
 * Return: the slot; PKPROF_NO_STACK for an empty stack; -ENOBUFS when its
 * definition found no room (counted in the books of PKPROF_SRC_DEF).
 * Context: irqs off.
 */
int pk_stack_intern(struct pk_session *s, enum pkprof_stack_kind kind, const struct pk_stack *st,
		    u32 tid, u64 time_ns, u32 *slot_ret);

#endif
