// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walking the kernel half of a stack, see unwind.h: from memory, else by the unwinder.
 *
 * With the parameter check_walks each walk from memory is done a second time by the
 * unwinder alone, and parameter walks_checked tells how many differed, and the first
 * of those.
 */
#include <linux/atomic.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>

#include "stack_sched.h"
#include "unwind.h"
#include "unwind_steps.h"

static struct pk_text pk_iterators[PK_UNWIND_EVENTS];
static unsigned int pk_nr_iterators;

void pk_unwind_leave_out(unsigned long start)
{
	if (pk_nr_iterators < ARRAY_SIZE(pk_iterators))
		pk_text_find(start, &pk_iterators[pk_nr_iterators++]);
}

bool pk_unwind_is_own(unsigned long ip)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pk_iterators); i++)
		if (ip - pk_iterators[i].start < pk_iterators[i].bytes)
			return true;
	return within_module(ip, THIS_MODULE);
}

/* Why the unwinder stopped: user mode, or something that it cannot pass. */
static void pk_unwind_end(struct pk_walk *w, struct unwind_state *state)
{
	struct pt_regs *regs = unwind_get_entry_regs(state, NULL);

	if (regs && user_mode(regs)) {
		w->entry = regs;
		w->st->end = PKPROF_END_ROOT;
	} else {
		w->st->end = unwind_done(state) && !unwind_error(state) ? PKPROF_END_ROOT :
									 PKPROF_END_UNWIND;
	}
}

/* The whole walk by the unwinder. */
static void pk_unwind_all(struct pk_walk *w, struct unwind_state *state)
{
	struct pk_stack *st = w->st;
	unsigned long ip;

	for (; !unwind_done(state); unwind_next_frame(state)) {
		ip = unwind_get_return_address(state);
		if (!ip)	/* user mode; else a trampoline or code of a JIT */
			break;
		if (w->stop_at_entry && unwind_get_entry_regs(state, NULL)) {
			w->entry = unwind_get_entry_regs(state, NULL);
			st->end = PKPROF_END_ROOT;
			return;
		}
		if (w->event && !st->nr && pk_unwind_is_own(ip))
			continue;
		if (st->nr == w->max_depth) {
			st->end = PKPROF_END_DEPTH;
			return;
		}
		st->ip[st->nr++] = ip;
	}
	pk_unwind_end(w, state);
}

/* --- both ways, compared --- */

static bool pk_check_on __read_mostly;
static DEFINE_MUTEX(pk_check_lock);
static struct pk_stack __percpu *pk_check_stacks;	/* once it was on, for good */
static atomic64_t pk_check_walks, pk_check_known, pk_check_differing;
static struct pk_stack pk_check_first[2];		/* known, unwound */
static unsigned long pk_check_taken;

static bool pk_stack_same(const struct pk_stack *a, const struct pk_stack *b)
{
	return a->nr == b->nr && a->end == b->end && !memcmp(a->ip, b->ip, a->nr * sizeof(a->ip[0]));
}

/* @w is done, from memory; @nr addresses had been there before. */
static noinline void pk_check(const struct pk_walk *w, struct pt_regs *regs, u32 nr)
{
	struct pk_stack *st = this_cpu_ptr(pk_check_stacks);
	struct unwind_state state;
	struct pk_walk again = *w;

	again.st = st;
	again.entry = NULL;
	st->nr = nr;
	memcpy(st->ip, w->st->ip, nr * sizeof(st->ip[0]));
	unwind_start(&state, current, regs, NULL);
	pk_unwind_all(&again, &state);
	atomic64_inc(&pk_check_known);
	if (pk_stack_same(st, w->st) && again.entry == w->entry)
		return;
	atomic64_inc(&pk_check_differing);
	if (!test_and_set_bit(0, &pk_check_taken)) {
		pk_check_first[0] = *w->st;
		pk_check_first[1] = *st;
	}
}

static int pk_check_set(const char *value, const struct kernel_param *param)
{
	bool on;
	int ret = kstrtobool(value, &on);

	if (ret)
		return ret;
	mutex_lock(&pk_check_lock);
	if (on && !pk_check_stacks)
		pk_check_stacks = alloc_percpu(struct pk_stack);
	if (on && !pk_check_stacks)
		ret = -ENOMEM;
	else
		smp_store_release(&pk_check_on, on);
	mutex_unlock(&pk_check_lock);
	return ret;
}

static int pk_check_print_stack(char *to, const char *name, const struct pk_stack *st)
{
	int n = scnprintf(to, PAGE_SIZE / 3, "%s, end %u:", name, st->end);
	u32 i;

	for (i = 0; i < st->nr; i++)
		n += scnprintf(to + n, PAGE_SIZE / 3 - n, " %pS", (void *)(unsigned long)st->ip[i]);
	return n + scnprintf(to + n, PAGE_SIZE / 3 + 2 - n, "\n");
}

static int pk_check_get(char *to, const struct kernel_param *param)
{
	int n = scnprintf(to, PAGE_SIZE, "walks %lld\nknown %lld\ndiffering %lld\n",
			  (s64)atomic64_read(&pk_check_walks), (s64)atomic64_read(&pk_check_known),
			  (s64)atomic64_read(&pk_check_differing));

	if (atomic64_read(&pk_check_differing)) {
		n += pk_check_print_stack(to + n, "known", &pk_check_first[0]);
		n += pk_check_print_stack(to + n, "unwound", &pk_check_first[1]);
	}
	return n;
}

static const struct kernel_param_ops pk_check_ops = {
	.set = pk_check_set,
	.get = param_get_bool,
};
static const struct kernel_param_ops pk_checked_ops = { .get = pk_check_get };

module_param_cb(check_walks, &pk_check_ops, &pk_check_on, 0600);
MODULE_PARM_DESC(check_walks, "for tests: unwind kernel stacks twice, with and without what was learned");
module_param_cb(walks_checked, &pk_checked_ops, NULL, 0400);
MODULE_PARM_DESC(walks_checked, "walks since check_walks was set, known ones, those that differed");

/* --- a walk --- */

/* Return: whether that sufficed. */
static bool pk_unwind_known(struct pk_walk *w, struct pt_regs *regs)
{
	bool thorough = false;
	u32 nr = w->st->nr;

	do {
		if (pk_steps_walk(w, regs, &thorough)) {
			if (unlikely(smp_load_acquire(&pk_check_on)))
				pk_check(w, regs, nr);
			return true;
		}
		w->st->nr = nr;
		w->entry = NULL;
	} while (thorough);
	return false;
}

void pk_unwind(struct pk_walk *w, struct task_struct *task, struct pt_regs *regs)
{
	struct unwind_state state;

	w->entry = NULL;
	if (unlikely(pk_check_on && task == current))
		atomic64_inc(&pk_check_walks);
	if (task == current && pk_unwind_known(w, regs))
		return;
	unwind_start(&state, task, regs, NULL);
	pk_unwind_all(w, &state);
}

int pk_unwind_init(void)
{
	return pk_steps_init();
}

void pk_unwind_deinit(void)
{
	pk_steps_deinit();
	free_percpu(pk_check_stacks);
}
