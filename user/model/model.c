// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Builds the model: one pass over the samples in order of time, in which
 * threads, frames and stacks come into being as they are first needed, and
 * one over the stacks for the totals.
 */
#include <stdlib.h>

#include "model/build.h"

struct builder {
	struct pk_addrspace *space;
	struct pk_lives lives;
	struct pk_frames frames;
	struct pk_stacks stacks;
};

static int resolve_samples(struct builder *b, struct pk_model *m)
{
	size_t nr = m->profile->samples.nr;
	int err = 0;

	m->sample_thread = calloc(nr + 1, sizeof(*m->sample_thread));
	m->sample_stack = calloc(nr + 1, sizeof(*m->sample_stack));
	if (!m->sample_thread || !m->sample_stack)
		return -ENOMEM;
	for (size_t i = 0; i < nr && !err; i++) {
		err = pk_lives_resolve(&b->lives, i, &m->sample_thread[i]);
		if (!err)
			err = pk_stacks_resolve(&b->stacks, i, &m->sample_stack[i]);
	}
	return err;
}

/* What a stack is made of; parents come first, so one pass sums them up. */
struct makeup {
	uint32_t seen, named, unmapped;	/* frames, without markers */
};

static int count_frames(struct pk_model *m, uint32_t unmapped)
{
	struct makeup *of = calloc(m->nodes.nr, sizeof(*of));

	if (!of)
		return -ENOMEM;
	for (size_t i = 1; i < m->nodes.nr; i++) {
		const struct pk_stack_node *node = &m->nodes.data[i];
		const struct pk_frame *f = &m->frames.data[node->frame];

		of[i] = of[node->parent];
		of[i].seen += f->kind != PK_FRAME_MARKER;
		of[i].named += f->named;
		of[i].unmapped += unmapped && node->frame == unmapped;
	}
	for (size_t i = 0; i < m->profile->samples.nr; i++) {
		const struct makeup *s = &of[m->sample_stack[i]];

		m->nr_frames_seen += s->seen;
		m->nr_frames_named += s->named;
		m->nr_without_mapping += s->unmapped;
	}
	free(of);
	return 0;
}

static int build(struct builder *b, struct pk_model *m, struct pk_err *err)
{
	int ret = pk_addrspace_build(m->profile, &b->space, err);

	if (!ret)
		ret = pk_lives_init(&b->lives, m);
	if (!ret)
		ret = pk_frames_init(&b->frames, m, b->space);
	if (!ret)
		ret = pk_stacks_init(&b->stacks, m, &b->frames, b->space);
	if (!ret)
		ret = resolve_samples(b, m);
	if (!ret)
		ret = pk_lives_finish(&b->lives);
	return ret ? ret : count_frames(m, b->frames.unmapped);
}

int pk_model_build(struct pk_profile *p, struct pk_model *ret, struct pk_err *err)
{
	struct builder b = { 0 };
	int code;

	*ret = (struct pk_model){ .profile = p };
	code = build(&b, ret, err);
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

void pk_model_deinit(struct pk_model *m)
{
	pk_vec_deinit(&m->processes);
	pk_vec_deinit(&m->threads);
	pk_vec_deinit(&m->frames);
	pk_vec_deinit(&m->nodes);
	free(m->sample_thread);
	free(m->sample_stack);
	*m = (struct pk_model){ 0 };
}
