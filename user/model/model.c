// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the model: one pass over all that happened in order of time, in which
 * threads, frames and stacks come into being as they are first needed, and
 * one over the stacks for the totals.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/build.h"

struct builder {
	struct pk_addrspace *space;
	struct pk_lives lives;
	struct pk_frames frames;
	struct pk_stacks stacks;
};

/* --- one item of each table -------------------------------------------------------- */

static int resolve_sample(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_samples *s = &m->profile->samples;
	struct pk_sighting seen = {
		.since_ns = s->time_ns[i],
		.time_ns = s->time_ns[i],
		.tid = s->tid[i],
		.tgid = s->tgid[i],
		.kernel = s->flags[i] & PKPROF_SAMPLE_KTHREAD,
	};
	struct pk_raw_stack raw = { s->time_ns[i], s->tgid[i], s->kstack[i], s->ustack[i],
				    s->flags[i] };
	int err = pk_lives_resolve(&b->lives, &seen, &m->sample_thread[i]);

	return err ? err : pk_stacks_resolve(&b->stacks, &raw, &m->sample_stack[i]);
}

static int resolve_piece(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_ledger_piece *p = &m->profile->ledger.data[i];
	struct pk_sighting seen = { p->from_ns, p->to_ns, p->tid, p->tgid, false };

	return pk_lives_resolve(&b->lives, &seen, &m->ledger_thread[i]);
}

static int resolve_hist(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_hist_piece *h = &m->profile->hists.data[i];

	m->hist_owner[i] = PK_NO_OWNER;
	if (h->key == PKPROF_HIST_PROCESS && h->id)
		return pk_lives_find_process(&b->lives, h->id, h->to_ns, &m->hist_owner[i]);
	if (h->key == PKPROF_HIST_THREAD)
		return pk_lives_find_thread(&b->lives, h->id, h->to_ns, &m->hist_owner[i]);
	return 0;
}

static int resolve_block_ops(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_block_ops *x = &m->profile->block_ops.data[i];

	m->block_owner[i] = PK_NO_OWNER;
	return x->tgid ? pk_lives_find_process(&b->lives, x->tgid, x->to_ns, &m->block_owner[i]) : 0;
}

static int resolve_vfs_ops(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_vfs_ops *x = &m->profile->vfs_ops.data[i];

	m->vfs_owner[i] = PK_NO_OWNER;
	return x->tgid ? pk_lives_find_process(&b->lives, x->tgid, x->to_ns, &m->vfs_owner[i]) : 0;
}

static int resolve_net_conns(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_net_conns *x = &m->profile->net_conns.data[i];

	m->net_owner[i] = PK_NO_OWNER;
	return x->tgid ? pk_lives_find_process(&b->lives, x->tgid, x->to_ns, &m->net_owner[i]) : 0;
}

static int resolve_wait_on(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_wait_on *x = &m->profile->wait_on.data[i];

	m->waited_owner[i] = PK_NO_OWNER;
	return x->tgid ? pk_lives_find_process(&b->lives, x->tgid, x->to_ns, &m->waited_owner[i]) : 0;
}

static int resolve_latency(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_latency *l = &m->profile->latencies.data[i];
	struct pk_sighting seen = { l->queued_ns, l->time_ns, l->tid, l->tgid, false };

	return pk_lives_resolve(&b->lives, &seen, &m->latency_thread[i]);
}

static int resolve_wait(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_wait *w = &m->profile->waits.data[i];
	struct pk_sighting seen = { w->since_ns, w->time_ns, w->tid, w->tgid,
				    w->flags & PKPROF_WAIT_KTHREAD };
	struct pk_raw_stack raw = { w->time_ns, w->tgid, w->kstack, w->ustack, w->ends };
	int err = pk_lives_resolve(&b->lives, &seen, &m->wait_thread[i]);

	return err ? err : pk_stacks_resolve(&b->stacks, &raw, &m->wait_stack[i]);
}

static int resolve_op(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_op *x = &m->profile->ops.data[i];
	struct pk_sighting seen = { x->time_ns - x->length_ns, x->time_ns, x->tid, x->tgid, false };
	struct pk_raw_stack raw = { x->time_ns, x->tgid, 0, x->ustack, x->ends };
	int err = pk_lives_resolve(&b->lives, &seen, &m->op_thread[i]);

	return err ? err : pk_stacks_resolve(&b->stacks, &raw, &m->op_stack[i]);
}

static int resolve_wake(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_wake *w = &m->profile->wakes.data[i];
	struct pk_sighting woken = { w->since_ns, w->time_ns, w->tid, w->tgid, false };
	struct pk_sighting waker = { w->time_ns, w->time_ns, w->waker_tid, w->waker_tgid,
				     w->flags & PKPROF_WAKE_KTHREAD };
	struct pk_raw_stack raw = { w->time_ns, w->waker_tgid, w->kstack, w->ustack, w->ends };
	int err = pk_lives_resolve(&b->lives, &woken, &m->wake_thread[i]);

	m->wake_waker[i] = PK_NO_OWNER;
	/* the task that an interrupt happened to meet has no part in it */
	if (w->flags & (PKPROF_WAKE_IRQ | PKPROF_WAKE_IDLE))
		raw.ustack = 0;
	else if (!err)
		err = pk_lives_resolve(&b->lives, &waker, &m->wake_waker[i]);
	return err ? err : pk_stacks_resolve(&b->stacks, &raw, &m->wake_stack[i]);
}

static int resolve_bio(struct builder *b, struct pk_model *m, size_t i)
{
	const struct pk_bio *x = &m->profile->bios.data[i];
	struct pk_sighting seen = { x->time_ns, x->time_ns, x->tid, x->tgid,
				    x->flags & PKPROF_IO_KTHREAD };
	struct pk_raw_stack raw = { x->time_ns, x->tgid, x->kstack, x->ustack, x->ends };
	int err = 0;

	m->bio_thread[i] = PK_NO_OWNER;
	/* what an interrupt happened to meet has no part in it */
	if (x->flags & PKPROF_IO_IRQ)
		raw.ustack = 0;
	else
		err = pk_lives_resolve(&b->lives, &seen, &m->bio_thread[i]);
	return err ? err : pk_stacks_resolve(&b->stacks, &raw, &m->bio_stack[i]);
}

/* --- all of them in order of time ---------------------------------------------------- */

/* A table of the profile whose items are in order of the time at @time_ns. */
struct stream {
	const void *time_ns;	/* of its first item */
	size_t size, nr, next;	/* bytes from one item's time to the next one's; items */
	int (*resolve)(struct builder *b, struct pk_model *m, size_t i);
};

static uint64_t head_ns(const struct stream *s)
{
	uint64_t time_ns;

	memcpy(&time_ns, (const char *)s->time_ns + s->next * s->size, sizeof(time_ns));
	return time_ns;
}

/* Where items are of one time the earlier stream's go first. */
static struct stream *earliest(struct stream *streams, size_t nr)
{
	struct stream *found = NULL;

	for (size_t i = 0; i < nr; i++)
		if (streams[i].next < streams[i].nr &&
		    (!found || head_ns(&streams[i]) < head_ns(found)))
			found = &streams[i];
	return found;
}

#define STREAM(table, field, fn)                                                                   \
	{                                                                                          \
		.time_ns = (table).nr ? &(table).data->field : NULL,                               \
		.size = sizeof(*(table).data), .nr = (table).nr, .resolve = fn                     \
	}

static int resolve_items(struct builder *b, struct pk_model *m)
{
	struct pk_profile *p = m->profile;
	struct stream streams[] = {
		{ p->samples.time_ns, sizeof(uint64_t), p->samples.nr, 0, resolve_sample },
		STREAM(p->latencies, time_ns, resolve_latency),
		STREAM(p->wakes, time_ns, resolve_wake),
		STREAM(p->bios, time_ns, resolve_bio),
		STREAM(p->waits, time_ns, resolve_wait),
		STREAM(p->ops, time_ns, resolve_op),
		STREAM(p->ledger, to_ns, resolve_piece),
		STREAM(p->hists, to_ns, resolve_hist),
		STREAM(p->block_ops, to_ns, resolve_block_ops),
		STREAM(p->net_conns, to_ns, resolve_net_conns),
		STREAM(p->vfs_ops, to_ns, resolve_vfs_ops),
		STREAM(p->wait_on, to_ns, resolve_wait_on),
	}, *s;
	int err = 0;

	while (!err && (s = earliest(streams, PK_ARRAY_SIZE(streams))))
		err = s->resolve(b, m, s->next++);
	return err;
}

static int allocate(struct pk_model *m)
{
	const struct pk_profile *p = m->profile;
	const struct {
		uint32_t **array;
		size_t nr;
	} arrays[] = {
		{ &m->sample_thread, p->samples.nr },	  { &m->sample_stack, p->samples.nr },
		{ &m->ledger_thread, p->ledger.nr },	  { &m->hist_owner, p->hists.nr },
		{ &m->latency_thread, p->latencies.nr },  { &m->wait_thread, p->waits.nr },
		{ &m->wait_stack, p->waits.nr },	  { &m->wake_thread, p->wakes.nr },
		{ &m->wake_waker, p->wakes.nr },	  { &m->wake_stack, p->wakes.nr },
		{ &m->wait_wake, p->waits.nr },		  { &m->block_owner, p->block_ops.nr },
		{ &m->net_owner, p->net_conns.nr },	  { &m->op_thread, p->ops.nr },
		{ &m->op_stack, p->ops.nr },		  { &m->bio_thread, p->bios.nr },
		{ &m->bio_stack, p->bios.nr },		  { &m->bio_end_bio, p->bio_ends.nr },
		{ &m->vfs_owner, p->vfs_ops.nr },
		{ &m->waited_owner, p->wait_on.nr },
	};

	for (size_t i = 0; i < PK_ARRAY_SIZE(arrays); i++) {
		*arrays[i].array = calloc(arrays[i].nr + 1, sizeof(uint32_t));
		if (!*arrays[i].array)
			return -ENOMEM;
	}
	return 0;
}

/* --- the whole --------------------------------------------------------------------------- */

static int build(struct builder *b, struct pk_model *m, bool no_inline, struct pk_err *err)
{
	int ret = pk_addrspace_build(m->profile, &b->space, err);

	if (!ret)
		ret = allocate(m);
	if (!ret)
		ret = pk_lives_init(&b->lives, m);
	if (!ret)
		ret = pk_frames_init(&b->frames, m, b->space, no_inline);
	if (!ret)
		ret = pk_stacks_init(&b->stacks, m, &b->frames, b->space);
	if (!ret)
		ret = resolve_items(b, m);
	if (!ret)
		ret = pk_waits_join(m);
	if (!ret)
		ret = pk_bios_join(m);
	if (!ret)
		ret = pk_lives_finish(&b->lives);
	return ret;
}

int pk_model_build(struct pk_profile *p, const struct pk_model_opts *o, struct pk_model *ret,
		   struct pk_err *err)
{
	struct builder b = { 0 };
	int code;

	*ret = (struct pk_model){ .profile = p };
	code = build(&b, ret, o && o->no_inline, err);
	pk_stacks_deinit(&b.stacks);
	pk_frames_deinit(&b.frames);
	pk_lives_deinit(&b.lives);
	pk_addrspace_destroy(b.space);
	if (code) {
		pk_model_deinit(ret);
		return pk_err_set(err, code, "not enough memory for the model of %zu samples",
				  p->samples.nr);
	}
	return 0;
}

int pk_model_count_frames(const struct pk_model *m, const uint32_t *samples, size_t nr,
			  struct pk_frame_counts *ret)
{
	/* of each stack; parents come first, so one pass sums them up */
	struct pk_frame_counts *of = calloc(m->nodes.nr + 1, sizeof(*of));

	*ret = (struct pk_frame_counts){ 0 };
	if (!of)
		return -ENOMEM;
	for (size_t i = 1; i < m->nodes.nr; i++) {
		const struct pk_stack_node *node = &m->nodes.data[i];
		const struct pk_frame *f = &m->frames.data[node->frame];

		of[i] = of[node->parent];
		of[i].nr += f->kind != PK_FRAME_MARKER;
		of[i].nr_named += f->named;
	}
	for (size_t i = 0; i < nr; i++) {
		ret->nr += of[m->sample_stack[samples[i]]].nr;
		ret->nr_named += of[m->sample_stack[samples[i]]].nr_named;
	}
	free(of);
	return 0;
}

void pk_model_deinit(struct pk_model *m)
{
	pk_vec_deinit(&m->processes);
	pk_vec_deinit(&m->threads);
	pk_vec_deinit(&m->frames);
	pk_vec_deinit(&m->sources);
	pk_vec_deinit(&m->nodes);
	free(m->sample_thread);
	free(m->sample_stack);
	free(m->ledger_thread);
	free(m->hist_owner);
	free(m->latency_thread);
	free(m->wait_thread);
	free(m->wait_stack);
	free(m->wake_thread);
	free(m->wake_waker);
	free(m->wake_stack);
	free(m->wait_wake);
	free(m->bio_thread);
	free(m->bio_stack);
	free(m->bio_end_bio);
	free(m->block_owner);
	free(m->net_owner);
	free(m->op_thread);
	free(m->op_stack);
	free(m->vfs_owner);
	free(m->waited_owner);
	*m = (struct pk_model){ 0 };
}
