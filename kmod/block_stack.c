// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bios and who submits them: records of source block.
 *
 * In: bios as they are submitted, and the ends of requests. Out: a PKPROF_REC_IO for each
 * bio that is drawn (block_draw.h), and a PKPROF_REC_IO_END for each request that is made
 * of such a one. What joins the two is a number that the request's slot keeps; one of
 * which the first record found no room has none, so its end is not told either.
 *
 * A bio that is cut passes its number on to its pieces, and one that joins a request
 * ends there without a time: bytes are those of bios, each told once, and times those of
 * requests, each told of the bio that it began with.
 *
 * Context of all: irqs off, which the probes see to.
 */
#include <linux/kernel.h>

#include "block_probe.h"
#include "block_stack.h"
#include "offcpu_wait.h"
#include "session.h"
#include "stack_sched.h"

void pk_block_stack_init(struct pk_block *b)
{
	const struct pk_session *s = b->session;
	bool off = s->cfg.sums_only || (!s->cfg.kernel_depth && !s->cfg.user_depth);
	u64 now_ns = pk_clock_ns();
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		pk_block_draw_init(&per_cpu_ptr(b->here, cpu)->draw, pk_mix(s->seed + cpu), now_ns,
				   off);
}

/* --- submission --- */

static u8 pk_block_io_flags(bool interrupt)
{
	u8 task = pk_wait_flags(current), flags = 0;

	if (interrupt)
		return PKPROF_IO_IRQ;
	if (task & PKPROF_WAIT_KTHREAD)
		flags |= PKPROF_IO_KTHREAD;
	if (task & PKPROF_WAIT_NO_MM)
		flags |= PKPROF_IO_NO_MM;
	if (task & PKPROF_WAIT_COMPAT)
		flags |= PKPROF_IO_COMPAT;
	return flags;
}

/* With the claim of this CPU's stacks, and the scratch filled. Return: whether it is recorded. */
static bool pk_block_stack_write(struct pk_block *b, const struct pk_sample_scratch *stacks,
				 const struct bio *bio, bool interrupt, u64 id, u64 units,
				 u64 now_ns)
{
	u32 tid = interrupt ? 0 : current->pid, kstack, ustack;
	struct pk_session *s = b->session;
	struct pkprof_rec_io *r;

	if (pk_stack_intern(s, PKPROF_STACK_KERNEL, &stacks->kernel, tid, now_ns, &kstack) ||
	    pk_stack_intern(s, PKPROF_STACK_USER, &stacks->user, tid, now_ns, &ustack)) {
		pk_emit_lost(s, PKPROF_SRC_BLOCK, PKPROF_LOSS_DEFINITION, 1);
		return false;
	}
	r = pk_emit_begin(s, PKPROF_SRC_BLOCK, PKPROF_REC_IO, sizeof(*r), tid, now_ns);
	if (!r)
		return false;
	r->id = id;
	r->units = units;
	r->tgid = interrupt ? 0 : current->tgid;
	r->device = pk_block_device_of(b, pk_bio_disk(bio));
	r->bytes = bio->bi_iter.bi_size;
	r->op = pk_block_op((__force unsigned int)bio->bi_opf, r->bytes);
	r->flags = pk_block_io_flags(interrupt);
	r->reserved = 0;
	r->kstack = kstack;
	r->ustack = ustack;
	pk_emit_end(s);
	return true;
}

/* Return: the number of its record, 0: lost. */
static u64 pk_block_stack_take(struct pk_block *b, struct pk_block_here *here,
			       const struct bio *bio, u64 units, u64 now_ns)
{
	u64 id = ++here->nr_recorded << 16 | (smp_processor_id() & 0xffff);
	struct pk_session *s = b->session;
	bool interrupt, written;

	if (!pk_session_claim_stacks(s)) {
		pk_emit_lost(s, PKPROF_SRC_BLOCK, PKPROF_LOSS_NESTED, 1);
		return 0;
	}
	interrupt = pk_stack_capture_waker(&here->scratch.kernel, s->cfg.kernel_depth);
	pk_stack_capture_user(s, &here->scratch.user, NULL, interrupt ? 0 : s->cfg.user_depth);
	written = pk_block_stack_write(b, &here->scratch, bio, interrupt, id, units, now_ns);
	pk_session_release_stacks(s);
	return written ? id : 0;
}

/*
 * One run in PK_BLOCK_TIME_EVERY is timed, for all of them; these are few, and cost far
 * more than others: each is timed, and added such that it counts once.
 */
static void pk_block_stack_time(struct pk_block_run *run, u64 began_ns)
{
	u64 ns = pk_clock_ns() - began_ns;

	local_add(ns / PK_BLOCK_TIME_EVERY, &run->here->books->timed_ns);
	run->here->apart_ns += ns;
}

/* What the record took is no part of the request's time: that would count as often as it stands for. */
static void pk_block_stack_later(struct pk_block_here *here, struct pk_flight *f, u64 now_ns)
{
	u64 ns = pk_block_clock_ns(here) - now_ns;

	f->first_ns += ns;
	if (f->issued_ns)
		f->issued_ns += ns;
}

/* An instant was passed. */
static noinline void pk_block_stack_due(struct pk_block *b, struct pk_block_run *run,
					const struct bio *bio, struct pk_flight *f, u64 now_ns)
{
	u64 units = pk_block_draw_take(&run->here->draw, pk_block_draw_cost(bio->bi_iter.bi_size));
	struct pk_block_draw *draw = &run->here->draw;
	struct pk_session *s = b->session;
	u64 began_ns, sample;

	if (pk_filter_match(&s->filter, current->tgid)) {
		began_ns = pk_clock_ns();
		pk_block_draw_count(draw, pk_session_cap(s, s->cfg.io_cap, PKPROF_DEF_IO_CAP), draw->next - draw->left, now_ns);
		sample = pk_block_stack_take(b, run->here, bio, units, now_ns);
		pk_block_stack_time(run, began_ns);
		if (f) {
			f->sample = sample;
			f->state.has_more = true;
			pk_block_stack_later(run->here, f, now_ns);
		}
	}
	pk_block_draw_go_on(draw);
}

void pk_block_stack_draw(struct pk_block *b, struct pk_block_run *run, const struct bio *bio,
			 struct pk_flight *f, u64 now_ns)
{
	struct pk_block_draw *draw = &run->here->draw;
	u64 cost = pk_block_draw_cost(bio->bi_iter.bi_size);

	draw->left -= cost;
	/* which runs are timed has nothing to do with what is due */
	if (unlikely(run->entered_ns))
		pk_block_draw_look(draw, cost, now_ns);
	if (draw->left < 0)
		pk_block_stack_due(b, run, bio, f, now_ns);
}

/* --- ends --- */

void pk_block_stack_end(struct pk_block *b, u64 sample, const struct pk_block_done *d, u32 flags)
{
	struct pkprof_rec_io_end *r;

	r = pk_emit_begin(b->session, PKPROF_SRC_BLOCK, PKPROF_REC_IO_END, sizeof(*r), 0, d->now_ns);
	if (!r)
		return;
	r->id = sample;
	r->queue_ns = d->timed ? d->queue_ns : 0;
	r->device_ns = d->timed ? d->device_ns : 0;
	r->device = d->device;
	r->flags = flags | (d->timed ? 0 : PKPROF_IO_UNTIMED) | (d->failed ? PKPROF_IO_FAILED : 0);
	pk_emit_end(b->session);
}

void pk_block_stack_gone(struct pk_block *b, struct pk_block_here *here, const struct pk_flight *f,
			 const struct bio *bio, u32 flags)
{
	const struct gendisk *disk = bio ? pk_bio_disk(bio) : NULL;
	struct pk_block_done d = {
		.device = disk ? pk_block_device_of(b, disk) : 0,
		.now_ns = pk_block_clock_ns(here),
	};

	pk_block_stack_end(b, f->sample, &d, flags);
}
