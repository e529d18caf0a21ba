// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Python frames of a user stack; see python.h. The frames of an activation are read when the one
 * before it was passed, into the end of the stack's own array, and moved to their place when the
 * native frame is met that ran them.
 */
#include "python.h"
#include "user_word.h"

#define PK_PYTHON_INTERPRETERS 16
#define PK_PYTHON_STATES       1024 /* threads that are looked through, once for each thread */
#define PK_PYTHON_STEPS	       4096 /* of one walk, along frames */

static bool pk_python_word(u64 at, u64 *ret)
{
	return at < PK_USER_END - sizeof(*ret) && pk_user_word(at, false, ret);
}

/* One byte of a structure that goes on behind it. */
static bool pk_python_byte(u64 at, u8 *ret)
{
	u64 word;

	if (!pk_python_word(at & ~7ULL, &word))
		return false;
	*ret = (u8)(word >> (at & 7) * 8);
	return true;
}

/* --- the thread's state --- */

static bool pk_python_is_state(const struct pk_python *p, u64 state)
{
	u64 thread;

	return pk_python_word(state + p->o.thread_id, &thread) && thread == p->thread;
}

/* Through the lists of all interpreters' threads. Return: 0, it is in none. */
static u64 pk_python_search_state(const struct pk_python *p, u64 runtime)
{
	u32 nr_interpreters = 0, nr_states = 0;
	u64 interpreter, state;

	if (!pk_python_word(runtime + p->o.interpreters, &interpreter))
		return 0;
	while (interpreter && nr_interpreters++ < PK_PYTHON_INTERPRETERS) {
		if (!pk_python_word(interpreter + p->o.interpreter_threads, &state))
			return 0;
		while (state && nr_states++ < PK_PYTHON_STATES) {
			if (pk_python_is_state(p, state))
				return state;
			if (!pk_python_word(state + p->o.thread_next, &state))
				return 0;
		}
		if (!pk_python_word(interpreter + p->o.interpreter_next, &interpreter))
			return 0;
	}
	return 0;
}

static u64 pk_python_find_state(struct pk_python *p, u64 runtime)
{
	u32 i = (u32)((p->thread ^ p->space << 12) * 0x9e3779b97f4a7c15ULL >> 32) &
		(PK_PYTHON_THREADS - 1);
	struct pk_python_memo *memo = &p->cpu->memo;

	if (memo->entry[i].space == p->space && memo->entry[i].thread == p->thread &&
	    pk_python_is_state(p, memo->entry[i].state))
		return memo->entry[i].state;
	memo->entry[i].space = p->space;
	memo->entry[i].thread = p->thread;
	memo->entry[i].state = pk_python_search_state(p, runtime);
	return memo->entry[i].state;
}

/* --- one activation --- */

/* The entry of one frame. Return: false, it has none. */
static bool pk_python_entry(struct pk_python *p, u64 frame, u64 *ret)
{
	const struct pk_code_reader reader = {
		.o = &p->o,
		.space = p->space,
		.tell = p->tell,
		.ctx = p->ctx,
	};
	u64 code, instr, place = PKPROF_CODE_NO_PLACE;

	if (!pk_python_word(frame + p->o.frame_code, &code) ||
	    !pk_python_word(frame + p->o.frame_instr, &instr))
		return false;
	/* a reference may have marks in its low bits */
	code &= ~7ULL;
	instr -= code + p->o.code_instr;
	/* the instruction before the first one: it is about to begin */
	if ((s64)instr < 0 && (s64)instr >= -8)
		instr = 0;
	if (instr / 2 < PKPROF_CODE_NO_PLACE)
		place = instr / 2;
	*ret = PKPROF_CODE(pk_python_code_id(&p->cpu->codes, &reader, code), place);
	return true;
}

/* The frame's place in the list. Return: false, the list is not to be followed. */
static bool pk_python_kind(const struct pk_python *p, u64 frame, bool *is_entry, bool *is_shim)
{
	u8 owner = 0, entry = 0;

	if (p->o.flags & PKPROF_PYTHON_IS_ENTRY) {
		if (!pk_python_byte(frame + p->o.frame_is_entry, &entry))
			return false;
	} else if (!pk_python_byte(frame + p->o.frame_owner, &owner)) {
		return false;
	}
	*is_entry = entry;
	*is_shim = owner >= p->o.shim_owner && !(p->o.flags & PKPROF_PYTHON_IS_ENTRY);
	return true;
}

/*
 * Frames from p->frame on to the last one of the activation. Its object is the frame without
 * code that ends them, unless it is known already.
 */
static void pk_python_load_frames(struct pk_python *p, struct pk_stack *st)
{
	u64 frame = p->frame, *end = &st->ip[PKPROF_MAX_DEPTH];
	bool is_entry = false, is_shim;

	while (frame && !is_entry && p->nr_steps++ < PK_PYTHON_STEPS) {
		if (!pk_python_kind(p, frame, &is_entry, &is_shim))
			break;
		if (is_shim) {
			if (!p->at)
				p->at = frame;
			if (!pk_python_word(frame + p->o.frame_previous, &frame))
				frame = 0;
			break;
		}
		if (st->nr + p->nr < PKPROF_MAX_DEPTH && pk_python_entry(p, frame, end - p->nr - 1))
			p->nr++;
		if (!pk_python_word(frame + p->o.frame_previous, &frame))
			frame = 0;
	}
	p->frame = frame;
}

/* The next activation, if there is one. */
static void pk_python_load(struct pk_python *p, struct pk_stack *st)
{
	p->nr = 0;
	p->at = 0;
	if (p->o.flags & PKPROF_PYTHON_CFRAME) {
		p->at = p->cframe;
		p->more = p->cframe && p->nr_steps < PK_PYTHON_STEPS &&
			  pk_python_word(p->cframe + p->o.cframe_frame, &p->frame) &&
			  pk_python_word(p->cframe + p->o.cframe_previous, &p->cframe);
	} else {
		p->more = p->frame && p->nr_steps < PK_PYTHON_STEPS;
	}
	if (p->more)
		pk_python_load_frames(p, st);
}

static void pk_python_begin(struct pk_python *p, struct pk_stack *st,
			    const struct pk_native_frame *f)
{
	const struct pk_python_place *place = pk_urows_python(f->eval);
	u64 state, at;

	p->begun = true;
	if (!place)
		return;
	p->o = place->o;
	state = pk_python_find_state(p, f->base + (u64)p->o.runtime);
	if (!state || !pk_python_word(state + p->o.thread_frame, &at))
		return;
	p->cframe = p->frame = at;
	pk_python_load(p, st);
}

/* --- putting it in its place --- */

/* Which were read last first, to the end of ip[]; the walk's own entries may have met them. */
static u32 pk_python_move(const struct pk_python *p, struct pk_stack *st, u32 max_depth)
{
	u32 nr = min(p->nr, PKPROF_MAX_DEPTH - st->nr), i;
	u64 *from = &st->ip[PKPROF_MAX_DEPTH - nr];

	for (i = 0; i < nr / 2; i++) {
		u64 other = from[i];

		from[i] = from[nr - 1 - i];
		from[nr - 1 - i] = other;
	}
	nr = min(nr, max_depth - st->nr);
	memmove(&st->ip[st->nr], from, nr * sizeof(*from));
	return nr;
}

/* @nr_run_by: native frames before it that are the interpreter's own. */
static void pk_python_put(struct pk_python *p, struct pk_stack *st, u32 nr_run_by, u32 max_depth)
{
	u32 nr = pk_python_move(p, st, max_depth);

	if (nr)
		st->ip[st->nr] |= PKPROF_CODE_RUN_BY(nr_run_by);
	st->nr += nr;
	pk_python_load(p, st);
}

/*
 * What native frames ran that went by before the first one was known for what it is: before this
 * one, as nearer to the leaf.
 */
static void pk_python_put_passed(struct pk_python *p, struct pk_stack *st, u64 low, u32 max_depth)
{
	u64 ip = st->ip[st->nr - 1];

	if (st->nr + p->nr >= max_depth)
		return;
	st->nr--;
	while (p->more && p->at && p->at < low && st->nr + p->nr + 1 < max_depth)
		pk_python_put(p, st, 0, max_depth);
	st->ip[st->nr++] = ip;
}

void pk_python_pass(struct pk_python *p, struct pk_stack *st, const struct pk_native_frame *f,
		    u32 max_depth)
{
	bool is_handler;

	if (!p->begun) {
		pk_python_begin(p, st, f);
		if (p->more && p->at && p->at < f->low)
			pk_python_put_passed(p, st, f->low, max_depth);
	}
	if (!p->more)
		return;
	if (p->at ? p->at - f->low >= f->high - f->low : !f->eval)
		return;
	is_handler = p->o.flags & PKPROF_PYTHON_TAIL && st->nr > 1 &&
		     !PKPROF_IS_CODE(st->ip[st->nr - 2]);
	pk_python_put(p, st, 1 + is_handler, max_depth);
}
