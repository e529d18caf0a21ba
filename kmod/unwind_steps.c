// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks from what is remembered of the unwinder: a few instructions per frame.
 *
 * In: steps, by address. Out: the same walk as the unwinder's. Its tables are a
 * function of the address: they say where on the stack the caller's registers are. So
 * address, stack pointer and base pointer determine those of the caller but for words
 * of the stack, and these are read anew each time: nothing that was remembered of one
 * walk needs to hold in another. A step that is not known, or cannot be, is taken by the
 * unwinder, from registers made up of the three, and learned from it.
 *
 * Only the stack of the current task and this CPU's one of interrupts are read, within
 * their bounds.
 */
#include <linux/percpu.h>
#include <linux/sched/task_stack.h>
#include <asm/processor.h>

#include "unwind_steps.h"

#define PK_MAX_HOPS 512		/* no stack has more frames */
#define PK_LEARN_AT_ONCE 6	/* steps of one walk: each costs as much as four of the unwinder's */

struct pk_steps pk_steps;
DEFINE_PER_CPU(struct pk_span, pk_irq_stack);

static __always_inline struct pk_span pk_span_of_task(void)
{
	unsigned long low = (unsigned long)task_stack_page(current);

	return (struct pk_span){ low, low + THREAD_SIZE };
}

static __always_inline bool pk_span_has(const struct pk_span *span, unsigned long at, size_t bytes)
{
	return at - span->low <= span->high - span->low - bytes;
}

/* A frame: where it goes on, its registers, and how to get to its caller. */
struct pk_place {
	unsigned long ip, sp, bp;
	u64 step;
	bool exact;		/* ip is its own, not one to return to */
	bool bp_known;
};

struct pk_hop {
	struct pk_place at;
	struct pk_span span;	/* of the stack where sp is; high 0: not known */
	struct pt_regs *next;	/* if not NULL: registers from which the unwinder is to go on */
	bool thorough;		/* base pointers that were not known are learned */
	bool bp_lacked;		/* one was needed */
	unsigned int nr_learned;
};

enum pk_progress {
	PK_WALK_LOST,	/* not for us */
	PK_WALK_ON,	/* at the caller */
	PK_WALK_OVER,
};

static void pk_hop_find_span(struct pk_hop *h)
{
	h->span = pk_span_of_task();
	if (!pk_span_has(&h->span, h->at.sp, 0))
		h->span = *this_cpu_ptr(&pk_irq_stack);
}

static __always_inline void pk_place_look_up(struct pk_place *at)
{
	at->step = pk_step_is_for(at->ip) ? pk_steps_find(&pk_steps, at->ip, at->exact) :
					    PK_STEP_NONE;
}

/* --- a step that is known --- */

/* What the caller's stack pointer is found from. Return: whether that is known. */
static __always_inline bool pk_hop_base(const struct pk_hop *h, unsigned long *ret)
{
	switch (pk_step_kind(h->at.step)) {
	case PK_STEP_SP:
		*ret = h->at.sp;
		return true;
	case PK_STEP_BP:
		*ret = h->at.bp;
		return h->at.bp_known;
	case PK_STEP_LINK:
		if (!pk_span_has(&h->span, h->at.sp, sizeof(long)))
			return false;
		*ret = pk_word(h->at.sp);
		return true;
	default:
		return false;
	}
}

/* The caller's base pointer. Return: whether it is where it should be. */
static __always_inline bool pk_hop_bp(const struct pk_hop *h, const struct pk_span *span,
				      struct pk_place *to)
{
	u8 words = pk_step_bp(h->at.step);
	unsigned long slot = to->sp - words * sizeof(long);

	if (unlikely(words == PK_STEP_BP_UNKNOWN)) {
		to->bp_known = false;
		return !h->thorough;
	}
	if (words == PK_STEP_BP_SAME) {
		to->bp = h->at.bp;
		to->bp_known = h->at.bp_known;
		return true;
	}
	if (!pk_span_has(span, slot, sizeof(long)))
		return false;
	to->bp = pk_word(slot);
	to->bp_known = true;
	return true;
}

/*
 * To the caller, by a return address. Return: whether that led to a place that is known,
 * too: of another one only the unwinder can tell whether it is not a tracer's.
 */
static __always_inline bool pk_hop_call(struct pk_hop *h)
{
	struct pk_place to = { .exact = false };
	struct pk_span span = h->span;
	unsigned long floor = h->at.sp;

	if (!pk_hop_base(h, &to.sp))
		return false;
	to.sp += pk_step_arg(h->at.step);
	if (unlikely(!pk_span_has(&span, to.sp - sizeof(long), sizeof(long)))) {
		/* interrupts return to the task's */
		floor = 0;
		span = pk_span_of_task();
		if (!pk_span_has(&span, to.sp - sizeof(long), sizeof(long)))
			return false;
	}
	if (to.sp <= floor || !pk_hop_bp(h, &span, &to))
		return false;
	to.ip = pk_word(to.sp - sizeof(long));
	pk_place_look_up(&to);
	if (!pk_step_kind(to.step))
		return false;
	h->at = to;
	h->span = span;
	return true;
}

/* --- any step --- */

/* Whether it is code, as the unwinder sees it. */
static bool pk_is_text(unsigned long ip)
{
	struct unwind_state state = { .ip = ip, .stack_info.type = STACK_TYPE_TASK };

	return unwind_get_return_address(&state);
}

static __always_inline enum pk_progress pk_walk_append(struct pk_walk *w, const struct pk_hop *h)
{
	struct pk_stack *st = w->st;
	bool known = pk_step_kind(h->at.step);

	/* what is known was code when it was learned */
	if (!known && !pk_is_text(h->at.ip))
		return PK_WALK_LOST;
	if (w->event && !st->nr && (known ? h->at.step & PK_STEP_OWN : pk_unwind_is_own(h->at.ip)))
		return PK_WALK_ON;
	if (st->nr == w->max_depth) {
		st->end = PKPROF_END_DEPTH;
		return PK_WALK_OVER;
	}
	st->ip[st->nr++] = h->at.ip;
	return PK_WALK_ON;
}

static enum pk_progress pk_walk_regs(struct pk_walk *w, struct pk_hop *h, struct pt_regs *regs,
				     bool full);

/* The unwinder's step from @regs; @made_up: they are this frame's, which it may teach. */
static noinline enum pk_progress pk_walk_unwind(struct pk_walk *w, struct pk_hop *h,
						struct pt_regs *regs, bool made_up)
{
	struct unwind_state state;

	unwind_start(&state, current, regs, NULL);
	if (unwind_error(&state) || (!unwind_done(&state) && !pk_state_is_plain(&state)))
		return PK_WALK_LOST;
	if (made_up && h->span.high && h->nr_learned++ < PK_LEARN_AT_ONCE)
		pk_steps_learn(regs, h->at.ip, h->at.exact, &h->span, &state);
	if (unwind_done(&state))
		return PK_WALK_OVER;
	h->span = (struct pk_span){ (unsigned long)state.stack_info.begin,
				    (unsigned long)state.stack_info.end };
	if (state.stack_info.type == STACK_TYPE_IRQ)
		pk_learn_irq_stack(&h->span);
	if (state.regs)
		return pk_walk_regs(w, h, state.regs, state.full_regs);
	h->at = (struct pk_place){
		.ip = state.ip,
		.sp = state.sp,
		.bp = state.bp,
		.bp_known = true,
	};
	pk_place_look_up(&h->at);
	return pk_walk_append(w, h);
}

/* At registers: the end, or what an interrupt interrupted, whose step is hardly known. */
static enum pk_progress pk_walk_regs(struct pk_walk *w, struct pk_hop *h, struct pt_regs *regs,
				     bool full)
{
	if (!pk_span_has(&h->span, (unsigned long)regs, sizeof(*regs)))
		return PK_WALK_LOST;
	if (user_mode(regs)) {
		if (regs->ip >= TASK_SIZE_MAX)
			return PK_WALK_LOST;
		w->entry = regs;
		return PK_WALK_OVER;
	}
	if (!full || (w->event && !w->st->nr) || !pk_is_text(regs->ip))
		return PK_WALK_LOST;
	if (w->stop_at_entry) {
		w->entry = regs;
		return PK_WALK_OVER;
	}
	if (w->st->nr == w->max_depth) {
		w->st->end = PKPROF_END_DEPTH;
		return PK_WALK_OVER;
	}
	w->st->ip[w->st->nr++] = regs->ip;
	h->next = regs;
	return PK_WALK_ON;
}

/* By the unwinder, from registers made up of what is known. */
static noinline enum pk_progress pk_walk_hard(struct pk_walk *w, struct pk_hop *h)
{
	/* of an address to return to, the instruction before it counts */
	struct pt_regs regs = {
		.ip = h->at.exact ? h->at.ip : h->at.ip - 1,
		.sp = h->at.sp,
		.bp = h->at.bp,
		.cs = __KERNEL_CS,
	};

	if (!h->at.bp_known) {
		h->bp_lacked = true;
		return PK_WALK_LOST;
	}
	return pk_walk_unwind(w, h, &regs, true);
}

static __always_inline enum pk_progress pk_walk_hop(struct pk_walk *w, struct pk_hop *h)
{
	struct pt_regs *regs = h->next;

	if (unlikely(regs)) {
		h->next = NULL;
		return pk_walk_unwind(w, h, regs, false);
	}
	switch (pk_step_kind(h->at.step)) {
	case PK_STEP_REGS:
		regs = (struct pt_regs *)(h->at.sp + pk_step_arg(h->at.step));
		return pk_walk_regs(w, h, regs, h->at.step & PK_STEP_FULL);
	case PK_STEP_END:
		return PK_WALK_OVER;
	default:
		return likely(pk_hop_call(h)) ? pk_walk_append(w, h) : pk_walk_hard(w, h);
	}
}

bool pk_steps_walk(struct pk_walk *w, struct pt_regs *regs, bool *thorough_inout)
{
	struct pk_hop h = {
		.at = {
			.ip = regs->ip,
			.sp = regs->sp,
			.bp = regs->bp,
			.exact = true,
			.bp_known = true,
		},
		.next = w->interrupted ? regs : NULL,
		.thorough = *thorough_inout,
	};
	enum pk_progress progress = PK_WALK_ON;
	unsigned int hops;

	w->st->end = PKPROF_END_ROOT;
	if (!w->interrupted) {
		pk_hop_find_span(&h);
		pk_place_look_up(&h.at);
	}
	for (hops = 0; progress == PK_WALK_ON && hops < PK_MAX_HOPS; hops++)
		progress = pk_walk_hop(w, &h);
	*thorough_inout = h.bp_lacked;
	return progress == PK_WALK_OVER;
}
