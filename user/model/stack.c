// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks of named frames. A sample's stack is its user part, root first, and
 * its kernel part on top. Where the unwinder did not get to the root of a
 * part, a marker frame stands below what it saw and says why, so that such
 * stacks do not pose as programs of their own.
 *
 * Raw nodes are shared by all stacks that pass through them, so each is
 * resolved once per context (mappings, process of JIT code, reason of the cut)
 * and its stack node kept. Most raw nodes, holding addresses of one process,
 * only ever see one context: that one is kept in an array.
 */
#include "model/build.h"
#include "model/code.h"

#define END_BITS 4
#define END_MASK ((1u << END_BITS) - 1)

int pk_stacks_init(struct pk_stacks *s, struct pk_model *m, struct pk_frames *frames,
		   struct pk_addrspace *space)
{
	size_t nr = m->profile->nodes.nr;

	*s = (struct pk_stacks){ .m = m, .frames = frames, .space = space };
	s->user = calloc(nr + 1, sizeof(*s->user));
	s->kernel_frame = calloc(nr + 1, sizeof(*s->kernel_frame));
	if (!s->user || !s->kernel_frame || !pk_vec_push(&m->nodes))
		return -ENOMEM;
	PK_VEC_FOREACH(&m->profile->symbols, sym) {
		if (sym->space == PK_SPACE_PROCESS &&
		    pk_map64_get(&s->jit_processes, sym->id) == PK_MAP64_NONE &&
		    pk_map64_set(&s->jit_processes, sym->id, s->jit_processes.nr + 1))
			return -ENOMEM;
	}
	return 0;
}

void pk_stacks_deinit(struct pk_stacks *s)
{
	pk_map64_deinit(&s->spots);
	pk_map64_deinit(&s->children);
	pk_vec_deinit(&s->contexts);
	pk_map64_deinit(&s->context_of);
	pk_map64_deinit(&s->jit_processes);
	free(s->user);
	pk_map64_deinit(&s->user_more);
	free(s->kernel_frame);
	pk_map64_deinit(&s->joined);
	pk_vec_deinit(&s->path);
}

/* A number for a frame with a line: that of the frame itself without one. */
static int number_of(struct pk_stacks *s, const struct pk_spot *spot, uint32_t *ret)
{
	uint32_t *at;

	*ret = spot->frame;
	if (!spot->source)
		return 0;
	at = pk_map64_at(&s->spots, (uint64_t)spot->frame << 32 | spot->source);
	if (!at)
		return -ENOMEM;
	/* from the top down, where no frames are */
	if (*at == PK_MAP64_NONE)
		*at = PK_MAP64_NONE - s->spots.nr;
	*ret = *at;
	return 0;
}

static int push(struct pk_stacks *s, uint32_t parent, const struct pk_spot *spot, uint32_t *ret)
{
	uint32_t number, *at;

	if (number_of(s, spot, &number))
		return -ENOMEM;
	at = pk_map64_at(&s->children, (uint64_t)parent << 32 | number);
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		if (pk_vec_add(&s->m->nodes, ((struct pk_stack_node){ parent, spot->frame,
								      spot->source })))
			return -ENOMEM;
		*at = s->m->nodes.nr - 1;
	}
	*ret = *at;
	return 0;
}

static int push_cut(struct pk_stacks *s, uint32_t parent, enum pkprof_stack_end end, uint32_t *ret)
{
	struct pk_spot spot = { 0 };
	int err;

	*ret = parent;
	if (end == PKPROF_END_ROOT)
		return 0;
	err = pk_frames_cut(s->frames, end, &spot.frame);
	return err ? err : push(s, parent, &spot, ret);
}

/* A raw node's parent; a node that is not below its child would never end. */
static uint32_t parent_of(const struct pk_stacks *s, uint32_t node)
{
	uint32_t parent = s->m->profile->nodes.data[node].parent;

	return parent < node ? parent : 0;
}

static int find_context(struct pk_stacks *s, const struct pk_raw_stack *raw, uint32_t *ret)
{
	uint32_t tgid = raw->tgid, jit = 0;
	uint32_t version = pk_addrspace_version(s->space, tgid, raw->time_ns);
	uint32_t end = raw->ends >> PK_SAMPLE_UEND_SHIFT & END_MASK;
	struct pk_context *c;
	uint32_t *at;

	if (s->jit_processes.nr)
		jit = pk_map64_get(&s->jit_processes, tgid);
	if (jit == PK_MAP64_NONE)
		jit = 0;
	at = pk_map64_at(&s->context_of,
			 (uint64_t)version << 32 | (uint64_t)jit << END_BITS | end);
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		c = pk_vec_push(&s->contexts);
		if (!c || push_cut(s, 0, end, &c->root))
			return -ENOMEM;
		c->version = version;
		c->tgid = tgid;
		*at = s->contexts.nr - 1;
	}
	*ret = *at;
	return 0;
}

/* Stack kept for a raw node in a context, or PK_MAP64_NONE. */
static uint32_t kept(const struct pk_stacks *s, uint32_t context, uint32_t node)
{
	if (s->user[node].context == context + 1)
		return s->user[node].stack;
	if (!s->user[node].context)
		return PK_MAP64_NONE;
	return pk_map64_get(&s->user_more, (uint64_t)context << 32 | node);
}

static int keep(struct pk_stacks *s, uint32_t context, uint32_t node, uint32_t stack)
{
	if (s->user[node].context)
		return pk_map64_set(&s->user_more, (uint64_t)context << 32 | node, stack);
	s->user[node] = (struct pk_stack_slot){ context + 1, stack };
	return 0;
}

static bool is_entry(const struct pk_stacks *s, uint32_t stack)
{
	return s->m->frames.data[s->m->nodes.data[stack].frame].entry;
}

static int resolve_user(struct pk_stacks *s, uint32_t context, uint32_t node, uint32_t *ret)
{
	const struct pk_context *c = &s->contexts.data[context];
	const struct pk_frames *f = s->frames;
	uint32_t stack = PK_MAP64_NONE;
	int err = 0;

	s->path.nr = 0;
	for (; node; node = parent_of(s, node)) {
		stack = kept(s, context, node);
		if (stack != PK_MAP64_NONE)
			break;
		if (pk_vec_add(&s->path, node))
			return -ENOMEM;
	}
	if (!node)
		stack = c->root;
	while (!err && s->path.nr) {
		node = s->path.data[--s->path.nr];
		if (pk_node_is_interpreter(s->m->profile, node)) {
			err = keep(s, context, node, stack);
			continue;
		}
		err = pk_frames_user(s->frames, context, c->version, c->tgid,
				     s->m->profile->nodes.data[node].addr);
		/* beyond an entry there is nothing: what the walk met there is not code that ran */
		if (!err && s->m->frames.data[f->chain.data[0].frame].entry && !is_entry(s, stack))
			stack = 0;
		for (size_t i = 0; !err && i < f->chain.nr; i++)
			err = push(s, stack, &f->chain.data[i], &stack);
		if (!err)
			err = keep(s, context, node, stack);
	}
	*ret = stack;
	return err;
}

static int kernel_frame(struct pk_stacks *s, uint32_t node, uint32_t *ret)
{
	int err = 0;

	if (!s->kernel_frame[node])
		err = pk_frames_kernel(s->frames, s->m->profile->nodes.data[node].addr,
				       &s->kernel_frame[node]);
	*ret = s->kernel_frame[node];
	return err;
}

/* Put the kernel part on a user part. */
static int join(struct pk_stacks *s, uint32_t stack, uint32_t node, enum pkprof_stack_end end,
		uint32_t *ret)
{
	struct pk_spot spot = { 0 };
	uint32_t base;
	int err = push_cut(s, stack, end, &base);
	uint32_t *at = err ? NULL : pk_map64_at(&s->joined, (uint64_t)base << 32 | node);

	if (!at)
		return -ENOMEM;
	if (*at != PK_MAP64_NONE) {
		*ret = *at;
		return 0;
	}
	s->path.nr = 0;
	for (uint32_t n = node; n; n = parent_of(s, n))
		if (pk_vec_add(&s->path, n))
			return -ENOMEM;
	while (!err && s->path.nr) {
		err = kernel_frame(s, s->path.data[--s->path.nr], &spot.frame);
		if (!err)
			err = push(s, base, &spot, &base);
	}
	*at = base;
	*ret = base;
	return err;
}

int pk_stacks_resolve(struct pk_stacks *s, const struct pk_raw_stack *raw, uint32_t *stack_ret)
{
	size_t nr_nodes = s->m->profile->nodes.nr;
	uint32_t context;
	int err = 0;

	*stack_ret = 0;
	if (raw->ustack && raw->ustack < nr_nodes) {
		err = find_context(s, raw, &context);
		if (!err)
			err = resolve_user(s, context, raw->ustack, stack_ret);
	}
	if (!err && raw->kstack && raw->kstack < nr_nodes)
		err = join(s, *stack_ret, raw->kstack,
			   raw->ends >> PK_SAMPLE_KEND_SHIFT & END_MASK, stack_ret);
	return err;
}

uint32_t *pk_model_same_stacks(const struct pk_model *m)
{
	uint32_t *same = calloc(m->nodes.nr + 1, sizeof(*same));
	struct pk_map64 known = { 0 };

	for (size_t i = 1; same && i < m->nodes.nr; i++) {
		const struct pk_stack_node *n = &m->nodes.data[i];
		uint32_t *at = pk_map64_at(&known, (uint64_t)same[n->parent] << 32 | n->frame);

		if (!at) {
			free(same);
			same = NULL;
			break;
		}
		if (*at == PK_MAP64_NONE)
			*at = i;
		same[i] = *at;
	}
	pk_map64_deinit(&known);
	return same;
}
