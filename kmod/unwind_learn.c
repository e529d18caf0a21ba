// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Learning steps from the unwinder.
 *
 * In: its state before and after a step. Out: a rule that gives the same, or that there
 * is none. By which rule it went is not told, but can be tried: the step is repeated
 * from changed registers. A stack pointer that is found from one register moves as far
 * as this does, and does not care about the other. A base pointer that was saved on the
 * stack is in the only slot that holds it, and whose neighbours hold what the shifted
 * steps find.
 *
 * The unwinder puts return addresses back that a tracer had replaced. Then the word
 * on the stack is not the address; no step is learned from it, and the tracer's own
 * address, from which the unwinder never goes on, never becomes one that is known.
 *
 * Code of modules comes and goes; each time all is forgotten.
 */
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "unwind_steps.h"

#define PK_LINK_WORDS 64	/* words above a link to another stack; there is one */
#define PK_MODULE_PAGE_BITS 8	/* ext4 has 150 pages of code */
#define PK_NR_SHIFTS 3		/* shifted steps that must find the base pointer's neighbours */
#define PK_NO_BP 8UL		/* a base pointer that points nowhere */
/* Stacks nearer to each other than this could be a constant apart by chance. */
#define PK_FAR (S16_MAX + 64L)

/* A first step of a walk, from @regs on a stack within @span, to @after. */
struct pk_lesson {
	const struct pt_regs *regs;
	const struct pk_span *span;
	const struct unwind_state *after;
};

/* Repeat it from other registers. Return: whether the unwinder can. */
static bool pk_lesson_try(const struct pk_lesson *l, unsigned long sp, unsigned long bp,
			  struct unwind_state *ret)
{
	struct pt_regs regs = *l->regs;

	regs.sp = sp;
	regs.bp = bp;
	unwind_start(ret, current, &regs, NULL);
	return !unwind_done(ret) && !unwind_error(ret);
}

static bool pk_lesson_switches(const struct pk_lesson *l)
{
	return (unsigned long)l->after->stack_info.begin != l->span->low;
}

static bool pk_fits(long arg)
{
	return arg >= S16_MIN && arg <= S16_MAX;
}

static bool pk_on_stack(const struct stack_info *info, unsigned long at)
{
	return at >= (unsigned long)info->begin && at + sizeof(long) <= (unsigned long)info->end;
}

/*
 * The slot of the saved base pointer, in words below the caller's stack pointer. @low:
 * where the frame begins; below it are copies of much, ours too. @by_sp: what moves the
 * caller's stack pointer, unless @nr is 0: so often it may be shifted to tell slots of
 * equal content apart.
 */
static u8 pk_lesson_saved_bp(const struct pk_lesson *l, unsigned long low, bool by_sp,
			     unsigned int nr)
{
	const struct stack_info *info = &l->after->stack_info;
	unsigned long found[PK_NR_SHIFTS + 1] = { l->after->bp }, at;
	unsigned int tried, i, words, good, only = PK_STEP_BP_UNKNOWN;
	struct unwind_state shifted;

	for (tried = 0;; tried++) {
		good = 0;
		for (words = 1; words < PK_STEP_BP_UNKNOWN; words++) {
			at = l->after->sp - words * sizeof(long);
			if (at < low)
				break;
			for (i = 0; i <= tried; i++, at += sizeof(long)) {
				if (!pk_on_stack(info, at) || pk_word(at) != found[i])
					break;
			}
			if (i > tried) {
				good++;
				only = words;
			}
		}
		if (good <= 1 || tried == nr)
			break;
		i = 8 * (tried + 1);
		if (!pk_lesson_try(l, l->regs->sp + (by_sp ? i : 0), l->regs->bp + (by_sp ? 0 : i),
				   &shifted))
			break;
		found[tried + 1] = shifted.bp;
	}
	return good == 1 ? only : PK_STEP_BP_UNKNOWN;
}

/*
 * From this CPU's stack of interrupts back to the task's. Kernels differ in where
 * they put the offset; only what either way would give is a link.
 */
static bool pk_lesson_is_link(const struct pk_lesson *l, long *arg_ret)
{
	const unsigned long *word = (unsigned long *)l->regs->sp;
	const unsigned long *end = (unsigned long *)l->span->high;
	unsigned long sp = l->after->sp;

	if (!l->span->high)
		return false;
	*arg_ret = sp - READ_ONCE_NOCHECK(*word);
	if (l->after->stack_info.type != STACK_TYPE_TASK || *arg_ret < 0 ||
	    abs((long)(sp - l->regs->sp)) < PK_FAR || end - word > PK_LINK_WORDS)
		return false;
	while (++word < end) {
		if (READ_ONCE_NOCHECK(*word) == sp)
			return false;
	}
	return true;
}

/* The base pointer has no part in where the caller is; with another one that was @other. */
static u64 pk_lesson_by_sp(const struct pk_lesson *l, const struct unwind_state *other)
{
	enum pk_step_kind kind = PK_STEP_SP;
	unsigned long sp = l->regs->sp;
	long arg = l->after->sp - sp;
	struct unwind_state shifted;
	u8 bp = PK_STEP_BP_SAME;

	if (pk_lesson_switches(l)) {
		kind = PK_STEP_LINK;
		if (!pk_lesson_is_link(l, &arg))
			return PK_STEP_HARD;
	} else if (arg <= 0 || !pk_lesson_try(l, sp + 8, l->regs->bp, &shifted) ||
		   shifted.sp != l->after->sp + 8) {
		return PK_STEP_HARD;
	}
	if (other->bp == l->after->bp)
		bp = pk_lesson_saved_bp(l, l->after->sp - arg, true,
					kind == PK_STEP_SP ? PK_NR_SHIFTS : 0);
	else if (other->bp != PK_NO_BP || l->after->bp != l->regs->bp)
		return PK_STEP_HARD;
	return pk_fits(arg) ? pk_step(kind, arg, bp) : PK_STEP_HARD;
}

/* It has. */
static u64 pk_lesson_by_bp(const struct pk_lesson *l)
{
	unsigned long sp = l->regs->sp, bp = l->regs->bp;
	long arg = l->after->sp - bp;
	struct unwind_state shifted, lower;

	if (!pk_fits(arg) || !pk_lesson_try(l, sp, bp + 8, &shifted) ||
	    shifted.sp != l->after->sp + 8 || !pk_lesson_try(l, sp - 8, bp, &lower) ||
	    lower.sp != l->after->sp || lower.ip != l->after->ip || lower.bp != l->after->bp)
		return PK_STEP_HARD;
	if (shifted.bp == bp + 8 && l->after->bp == bp)
		return pk_step(PK_STEP_BP, arg, PK_STEP_BP_SAME);
	/* what is above the base pointer is the frame's in any case */
	return pk_step(PK_STEP_BP, arg, pk_lesson_saved_bp(l, bp, false, PK_NR_SHIFTS));
}

static u64 pk_lesson_of_call(const struct pk_lesson *l)
{
	struct unwind_state other;

	if (l->regs->bp == PK_NO_BP)
		return PK_STEP_NONE;
	if (pk_lesson_try(l, l->regs->sp, PK_NO_BP, &other) && !other.regs &&
	    other.sp == l->after->sp && other.ip == l->after->ip)
		return pk_lesson_by_sp(l, &other);
	return pk_lesson_by_bp(l);
}

/* Shifted downwards, so that registers at the end of a stack stay within it. */
static u64 pk_lesson_of_regs(const struct pk_lesson *l)
{
	unsigned long sp = l->regs->sp, regs = (unsigned long)l->after->regs;
	struct unwind_state other;

	if (!pk_fits(regs - sp) || !pk_lesson_try(l, sp, PK_NO_BP, &other) ||
	    other.regs != l->after->regs || !pk_lesson_try(l, sp - 8, l->regs->bp, &other) ||
	    (unsigned long)other.regs != regs - 8)
		return PK_STEP_HARD;
	return pk_step(PK_STEP_REGS, regs - sp, PK_STEP_BP_SAME) |
	       (l->after->full_regs ? PK_STEP_FULL : 0);
}

/*
 * Pages of modules' code, which belong to one module each, and the round they were seen in: to
 * ask for the name of an address in a large module takes 50,000 instructions.
 */
static u64 pk_module_pages[1 << PK_MODULE_PAGE_BITS];
static atomic_t pk_module_round;

static bool pk_text_is_of_module(unsigned long ip)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol(name, ip);	/* "function+0x1/0x5d [module]" */
	return strchr(name, '[') && !strstr(name, "[__builtin__");
}

/* What is neither the kernel's nor a module's may go and nobody would tell. */
static bool pk_text_is_told_of(unsigned long ip)
{
	u64 page = (u64)ip >> PAGE_SHIFT << 16 | (u16)atomic_read(&pk_module_round);
	u64 *slot = &pk_module_pages[hash_long(ip >> PAGE_SHIFT, PK_MODULE_PAGE_BITS)];

	if (ip < MODULES_VADDR || READ_ONCE(*slot) == page)
		return true;
	if (!pk_text_is_of_module(ip))
		return false;
	WRITE_ONCE(*slot, page);
	return true;
}

static void pk_step_remember(unsigned long ip, bool exact, u64 step)
{
	if (!pk_step_kind(step) || !pk_step_is_for(ip) || !pk_text_is_told_of(ip))
		return;
	pk_steps_add(&pk_steps, step | pk_step_tag(ip, exact) |
				(pk_unwind_is_own(ip) ? PK_STEP_OWN : 0));
}

bool pk_state_is_plain(const struct unwind_state *state)
{
	return pk_word(state->regs ? (unsigned long)&state->regs->ip : state->sp - sizeof(long)) ==
	       state->ip;
}

void pk_learn_irq_stack(const struct pk_span *stack)
{
	struct pk_span *span = this_cpu_ptr(&pk_irq_stack);

	if (span->high)
		return;
	WRITE_ONCE(span->low, stack->low);
	barrier();	/* an NMI looks at high first */
	WRITE_ONCE(span->high, stack->high);
}

void pk_steps_learn(const struct pt_regs *regs, unsigned long ip, bool exact,
		    const struct pk_span *span, const struct unwind_state *after)
{
	const struct pk_lesson l = { .regs = regs, .span = span, .after = after };
	u64 step = pk_step_is_for(ip) ? pk_steps_find(&pk_steps, ip, exact) : PK_STEP_HARD;

	if (pk_step_kind(step) && pk_step_bp(step) != PK_STEP_BP_UNKNOWN)
		return;
	if (after->stack_info.type == STACK_TYPE_UNKNOWN)
		step = pk_step(PK_STEP_END, 0, 0);
	else
		step = after->regs ? pk_lesson_of_regs(&l) : pk_lesson_of_call(&l);
	pk_step_remember(ip, exact, step);
}

static int pk_steps_module(struct notifier_block *block, unsigned long what, void *module)
{
	atomic_inc(&pk_module_round);
	pk_steps_forget(&pk_steps);
	return NOTIFY_DONE;
}

static struct notifier_block pk_steps_notifier = { .notifier_call = pk_steps_module };

int pk_steps_init(void)
{
	return register_module_notifier(&pk_steps_notifier);
}

void pk_steps_deinit(void)
{
	unregister_module_notifier(&pk_steps_notifier);
}
