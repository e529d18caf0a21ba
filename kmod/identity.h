/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who: names of mapped files and of programs, found out in sleeping
 * context by the very task that mapped or ran them, on its way back to user
 * mode (task_work).
 *
 * In: probes, in any context, that queue an item from a preallocated pool.
 * Out: PKPROF_REC_FILE or _OP_FILE at the first sight of a file, PKPROF_REC_TASK_INFO
 * after an exec; and what is executable in the task's memory is read anew, see spaces.h. What cannot be queued is counted as lost. A task may be held up
 * anywhere before its item runs, so an item outlives the session if it must:
 * it holds the pool and the module, and finds the session closed.
 */
#ifndef PK_IDENTITY_H
#define PK_IDENTITY_H

#include <linux/types.h>
#include "file_id.h"

struct file;
struct pk_identity;
struct pk_session;
struct task_struct;

/* May sleep. Return: NULL without memory. */
struct pk_identity *pk_identity_create(struct pk_session *s);

/*
 * After the probes are gone: give items in flight a moment, then close. When it
 * returns no item touches the session any more. May sleep. NULL is fine.
 */
void pk_identity_destroy(struct pk_identity *id);

/*
 * At module exit, when no session is left and the module's use count is 0:
 * wait until nobody is left in the last instructions of an item. May sleep.
 */
void pk_identity_quiesce(void);

/*
 * The current task has mapped @file, known by its identity: send its name unless
 * that was done. Preemption disabled; any context in which the task's mapping
 * holds @file.
 */
void pk_identity_see_file(struct pk_identity *id, struct file *file,
			  const struct pk_file_id *file_id);

/*
 * Likewise of a file that the current task works on, which the caller holds: only its path,
 * as PKPROF_REC_OP_FILE, and nothing of it is read.
 */
void pk_identity_name_file(struct pk_identity *id, struct file *file,
			   const struct pk_file_id *file_id);

/* The current task has run a program. Preemption disabled. */
void pk_identity_see_exec(struct pk_identity *id);

/*
 * What is executable in the memory of @task has changed: current, or one that never ran.
 * Only for a session that has spaces. Preemption disabled.
 */
void pk_identity_see_space(struct pk_identity *id, struct task_struct *task);

#endif
