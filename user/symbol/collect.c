// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses that samples, waits, wake-ups, operations and block I/O use; see collect.h. Each raw node is visited once per
 * version of the mappings. JIT code belongs to a process, not to a version
 * (which forked processes share), so its addresses are kept per version and
 * given to each process that was sampled in it.
 */
#include <stdlib.h>

#include "base/map64.h"
#include "model/addrspace.h"
#include "symbol/collect.h"

#define RECENT_BITS 14
#define FIRST_COMPACTION (1u << 20)

struct jit_use {
	uint32_t version;
	uint64_t addr;
};

struct collector {
	const struct pk_profile *p;
	struct pk_addrspace *space;
	struct pk_wanted_list *list;
	size_t compact_at;		/* length of the list at which duplicates are removed */
	struct pk_wanted *recent;	/* cache of what is in the list already */
	bool *kernel_seen;		/* per raw node */
	uint32_t *user_seen;		/* per raw node: first version it was seen in, 0: none */
	struct pk_map64 user_seen_more;	/* (version, node), further versions */
	PK_VEC(struct jit_use) jit;
	struct pk_map64 users;		/* (version, tgid) that were sampled */
};

static int compare_wanted(const void *a, const void *b)
{
	const struct pk_wanted *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void compact(struct pk_wanted_list *l)
{
	size_t kept = 0;

	if (!l->v.nr)
		return;
	qsort(l->v.data, l->v.nr, sizeof(*l->v.data), compare_wanted);
	for (size_t i = 0; i < l->v.nr; i++)
		if (!kept || compare_wanted(&l->v.data[kept - 1], &l->v.data[i]))
			l->v.data[kept++] = l->v.data[i];
	l->v.nr = kept;
}

static int want(struct collector *c, uint64_t place, uint64_t addr)
{
	struct pk_wanted w = { place, addr };
	struct pk_wanted *recent =
		&c->recent[pk_hash64(addr ^ place << 20) >> (64 - RECENT_BITS)];

	if (recent->place == place && recent->addr == addr)
		return 0;
	*recent = w;
	if (c->list->v.nr >= c->compact_at) {
		compact(c->list);
		c->compact_at = 2 * c->list->v.nr + FIRST_COMPACTION;
	}
	return pk_vec_add(&c->list->v, w);
}

static uint32_t parent_of(const struct collector *c, uint32_t node)
{
	uint32_t parent = c->p->nodes.data[node].parent;

	return parent < node ? parent : 0;
}

static int visit_kernel(struct collector *c, uint32_t node)
{
	int ret = 0;

	for (; node && !c->kernel_seen[node] && !ret; node = parent_of(c, node)) {
		c->kernel_seen[node] = true;
		ret = want(c, pk_place(PK_SPACE_KERNEL, 0), c->p->nodes.data[node].addr);
	}
	return ret;
}

/* Remember a visit: 1 if it was there before, else 0 or -ENOMEM. */
static int was_seen(struct collector *c, uint32_t version, uint32_t node)
{
	uint64_t key = (uint64_t)version << 32 | node;

	if (c->user_seen[node] == version)
		return 1;
	if (!c->user_seen[node]) {
		c->user_seen[node] = version;
		return 0;
	}
	if (pk_map64_get(&c->user_seen_more, key) != PK_MAP64_NONE)
		return 1;
	return pk_map64_set(&c->user_seen_more, key, 1);
}

static int visit_user(struct collector *c, uint32_t version, uint32_t tgid, uint32_t node)
{
	int ret = pk_map64_set(&c->users, (uint64_t)version << 32 | tgid, 1);

	for (; node && !ret; node = parent_of(c, node)) {
		uint64_t addr = c->p->nodes.data[node].addr;
		struct pk_location loc;

		ret = was_seen(c, version, node);
		if (ret)
			break;
		if (PKPROF_IS_CODE(addr))
			continue;
		loc = pk_addrspace_find(c->space, version, tgid, addr);
		if (!loc.mapped)
			continue;
		if (loc.space == PK_SPACE_PROCESS)
			ret = pk_vec_add(&c->jit, ((struct jit_use){ version, addr }));
		else
			ret = want(c, pk_place(loc.space, loc.id), loc.addr);
	}
	return ret < 0 ? ret : 0;
}

static int visit(struct collector *c, uint64_t time_ns, uint32_t tgid, uint32_t kstack,
		 uint32_t ustack)
{
	int ret = 0;

	if (kstack < c->p->nodes.nr)
		ret = visit_kernel(c, kstack);
	if (!ret && ustack && ustack < c->p->nodes.nr)
		ret = visit_user(c, pk_addrspace_version(c->space, tgid, time_ns), tgid, ustack);
	return ret;
}

static int visit_all(struct collector *c)
{
	const struct pk_samples *s = &c->p->samples;
	int ret = 0;

	for (size_t i = 0; i < s->nr && !ret; i++)
		ret = visit(c, s->time_ns[i], s->tgid[i], s->kstack[i], s->ustack[i]);
	for (size_t i = 0; i < c->p->waits.nr && !ret; i++) {
		const struct pk_wait *w = &c->p->waits.data[i];

		ret = visit(c, w->time_ns, w->tgid, w->kstack, w->ustack);
	}
	for (size_t i = 0; i < c->p->wakes.nr && !ret; i++) {
		const struct pk_wake *w = &c->p->wakes.data[i];

		ret = visit(c, w->time_ns, w->waker_tgid, w->kstack, w->ustack);
	}
	for (size_t i = 0; i < c->p->ops.nr && !ret; i++) {
		const struct pk_op *x = &c->p->ops.data[i];

		ret = visit(c, x->time_ns, x->tgid, 0, x->ustack);
	}
	for (size_t i = 0; i < c->p->bios.nr && !ret; i++) {
		const struct pk_bio *b = &c->p->bios.data[i];

		ret = visit(c, b->time_ns, b->tgid, b->kstack, b->ustack);
	}
	return ret;
}

static int compare_jit(const void *a, const void *b)
{
	const struct jit_use *x = a, *y = b;

	if (x->version != y->version)
		return x->version < y->version ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* First JIT address of a version. */
static size_t first_of(const struct collector *c, uint32_t version)
{
	size_t lo = 0, hi = c->jit.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->jit.data[mid].version < version)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int share_out_jit(struct collector *c)
{
	int ret = 0;

	if (!c->jit.nr)
		return 0;
	qsort(c->jit.data, c->jit.nr, sizeof(*c->jit.data), compare_jit);
	for (size_t i = 0; i < c->users.nr_slots && !ret; i++) {
		const struct pk_map64_slot *slot = &c->users.slot[i];
		uint32_t version = slot->key >> 32, tgid = slot->key;

		if (slot->value == PK_MAP64_NONE)
			continue;
		for (size_t j = first_of(c, version);
		     j < c->jit.nr && c->jit.data[j].version == version && !ret; j++)
			ret = want(c, pk_place(PK_SPACE_PROCESS, tgid), c->jit.data[j].addr);
	}
	return ret;
}

static int collect(struct collector *c)
{
	size_t nr = c->p->nodes.nr + 1;
	int ret;

	c->recent = malloc(sizeof(*c->recent) << RECENT_BITS);
	c->kernel_seen = calloc(nr, sizeof(*c->kernel_seen));
	c->user_seen = calloc(nr, sizeof(*c->user_seen));
	if (!c->recent || !c->kernel_seen || !c->user_seen)
		return -ENOMEM;
	for (size_t i = 0; i < 1u << RECENT_BITS; i++)
		c->recent[i].place = UINT64_MAX;
	ret = visit_all(c);
	if (!ret)
		ret = share_out_jit(c);
	compact(c->list);
	return ret;
}

int pk_collect(const struct pk_profile *p, struct pk_wanted_list *ret, struct pk_err *err)
{
	struct collector c = { .p = p, .list = ret, .compact_at = FIRST_COMPACTION };
	int code;

	*ret = (struct pk_wanted_list){ 0 };
	code = pk_addrspace_build(p, &c.space, err);
	if (!code) {
		code = collect(&c);
		if (code)
			pk_err_set(err, code,
				   "not enough memory for the addresses of %zu samples and %zu waits",
				   p->samples.nr, p->waits.nr);
	}
	pk_addrspace_destroy(c.space);
	free(c.recent);
	free(c.kernel_seen);
	free(c.user_seen);
	pk_map64_deinit(&c.user_seen_more);
	pk_vec_deinit(&c.jit);
	pk_map64_deinit(&c.users);
	if (code)
		pk_vec_deinit(&ret->v);
	return code;
}
