/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of CPython, put between the native frames of a user stack that ran them.
 *
 * In: user memory, and where CPython keeps what (struct pkprof_python of the file that has the
 * evaluation function). Out: entries PKPROF_CODE() in the stack. Each activation of the
 * evaluation function has an object in its own C frame that CPython links its Python frames to,
 * a _PyCFrame or an entry frame: so which of them it ran is told by that object's address, even
 * where the walk does not know a native frame for what it is.
 *
 * Nothing is trusted: another thread may change all of it meanwhile. Steps are counted, each
 * word is read without a fault, and what is wrong there gives wrong names in that process.
 *
 * Pure but for user_word.h and pk_python_code_id(); compiles in unit tests and a fuzzer.
 */
#ifndef PK_PYTHON_H
#define PK_PYTHON_H

#include "python_code.h"
#include "stack.h"
#include "urows.h"

#define PK_PYTHON_THREADS 64	/* remembered; power of two */

/* Which PyThreadState a thread has. A hit is looked at again before it is believed. */
struct pk_python_memo {
	struct {
		u64 space, thread;
		u64 state;
	} entry[PK_PYTHON_THREADS];
};

/* What Python frames need of a CPU; one walk uses it at a time. All-zero is fine. */
struct pk_python_cpu {
	struct pk_python_memo memo;
	struct pk_code_table codes;
};

/**
 * struct pk_python - Python frames of one walk
 * @cpu, @space, @thread, @tell, @ctx:	the caller's
 * @space:	names the address space, of all that there ever were
 * @thread:	what pthread_self() returns there: the thread's FS base
 */
struct pk_python {
	struct pk_python_cpu *cpu;
	u64 space, thread;
	pk_code_tell tell;
	void *ctx;

	/* of the walk in progress */
	bool begun;
	bool more;		/* there is another activation */
	struct pkprof_python o;
	u64 at;			/* the next activation's object, 0: not found */
	u64 cframe, frame;	/* where the one after it is to be found */
	u32 nr;			/* its frames, at the end of ip[], last one first */
	u32 nr_steps;		/* taken so far, of all kinds */
};

/* A native frame [low, high) of the stack, called from st->ip[]'s last entry. */
struct pk_native_frame {
	u64 low, high;
	const struct pkprof_rows *eval;	/* it is the evaluation function's, and these are its rows */
	u64 base;			/* where offset 0 of that file would be mapped */
};

/**
 * pk_python_pass - the walk goes on to the caller of a frame: put what it ran behind it
 * @st:		in ip[] from nr on is scratch space
 *
 * Context: as pk_uwalk().
 */
void pk_python_pass(struct pk_python *p, struct pk_stack *st, const struct pk_native_frame *f,
		    u32 max_depth);

#endif
