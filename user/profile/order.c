// SPDX-License-Identifier: GPL-2.0-or-later
/* Order of a profile's tables; see order.h. All sorting here is stable. */
#include <stdlib.h>
#include <string.h>

#include "profile/order.h"

/* Sort key: time or address, and where the item was, which makes it stable. */
struct key {
	uint64_t value, group;
	size_t at;
};

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Reorder an array of @nr elements of @size bytes: element i becomes what was key[i].at. */
static int permute(void *array, size_t nr, size_t size, const struct key *key)
{
	char *copy = nr ? reallocarray(NULL, nr, size) : NULL;

	if (nr && !copy)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		memcpy(copy + i * size, (char *)array + key[i].at * size, size);
	if (nr)
		memcpy(array, copy, nr * size);
	free(copy);
	return 0;
}

/* Keys of an array whose elements hold their time at @offset, NULL if they are in order. */
static int keys_by_time(const void *array, size_t nr, size_t size, size_t offset,
			struct key **ret)
{
	const char *field;
	bool sorted = true;
	uint64_t last = 0, time_ns;

	*ret = NULL;
	if (!nr)
		return 0;
	field = (const char *)array + offset;
	for (size_t i = 0; i < nr && sorted; i++) {
		memcpy(&time_ns, field + i * size, sizeof(time_ns));
		sorted = time_ns >= last;
		last = time_ns;
	}
	if (sorted)
		return 0;
	*ret = calloc(nr, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		memcpy(&(*ret)[i].value, field + i * size, sizeof(time_ns));
		(*ret)[i].at = i;
	}
	qsort(*ret, nr, sizeof(**ret), by_key);
	return 0;
}

static int order_table(void *array, size_t nr, size_t size, size_t offset)
{
	struct key *key;
	int ret = keys_by_time(array, nr, size, offset, &key);

	if (!ret && key)
		ret = permute(array, nr, size, key);
	free(key);
	return ret;
}

#define ORDER_BY(v, field)                                                                         \
	order_table((v)->data, (v)->nr, sizeof(*(v)->data),                                        \
		    offsetof(__typeof__(*(v)->data), field))
#define ORDER_TABLE(v) ORDER_BY(v, time_ns)

static int order_samples(struct pk_samples *s)
{
	struct key *key;
	int ret = keys_by_time(s->time_ns, s->nr, sizeof(*s->time_ns), 0, &key);

	if (!ret && key &&
	    (permute(s->time_ns, s->nr, sizeof(*s->time_ns), key) ||
	     permute(s->tid, s->nr, sizeof(*s->tid), key) ||
	     permute(s->tgid, s->nr, sizeof(*s->tgid), key) ||
	     permute(s->kstack, s->nr, sizeof(*s->kstack), key) ||
	     permute(s->ustack, s->nr, sizeof(*s->ustack), key) ||
	     permute(s->cpu, s->nr, sizeof(*s->cpu), key) ||
	     permute(s->flags, s->nr, sizeof(*s->flags), key)))
		ret = -ENOMEM;
	free(key);
	return ret;
}

static bool same_space(const struct pk_symbol *a, const struct pk_symbol *b)
{
	return a->space == b->space && a->id == b->id;
}

/* Of two symbols at one address the later one stays; what begins within another goes. */
static int order_symbols(struct pk_profile *p)
{
	size_t nr = p->symbols.nr, kept = 0;
	struct pk_symbol *s = p->symbols.data;
	struct key *key = nr ? calloc(nr, sizeof(*key)) : NULL;
	int ret;

	if (nr && !key)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		key[i] = (struct key){ s[i].addr, (uint64_t)s[i].space << 32 | s[i].id, i };
	if (nr)
		qsort(key, nr, sizeof(*key), by_key);
	ret = permute(s, nr, sizeof(*s), key);
	free(key);
	if (ret)
		return ret;
	for (size_t i = 0; i < nr; i++) {
		const struct pk_symbol *last = kept ? &s[kept - 1] : NULL;

		if (last && same_space(last, &s[i]) && last->addr == s[i].addr)
			s[kept - 1] = s[i];
		else if (!last || !same_space(last, &s[i]) || last->addr + last->size <= s[i].addr)
			s[kept++] = s[i];
	}
	p->symbols.nr = kept;
	return 0;
}

/* Of two lines of one address the later one stays. */
static int order_lines(struct pk_profile *p)
{
	size_t nr = p->lines.nr, kept = 0;
	struct pk_line *x = p->lines.data;
	struct key *key = nr ? calloc(nr, sizeof(*key)) : NULL;
	int ret;

	if (nr && !key)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		key[i] = (struct key){ x[i].addr, x[i].file, i };
	if (nr)
		qsort(key, nr, sizeof(*key), by_key);
	ret = permute(x, nr, sizeof(*x), key);
	free(key);
	for (size_t i = 0; !ret && i < nr; i++) {
		if (kept && x[kept - 1].file == x[i].file && x[kept - 1].addr == x[i].addr)
			kept--;
		x[kept++] = x[i];
	}
	if (!ret)
		p->lines.nr = kept;
	return ret;
}

/* First and last time of what was recorded, for files that do not tell it. */
static void find_span(const struct pk_profile *p, uint64_t *first_ret, uint64_t *last_ret)
{
	uint64_t first = UINT64_MAX, last = 0;

#define SPAN(from, to)                                                                             \
	do {                                                                                       \
		first = (from) < first ? (from) : first;                                           \
		last = (to) > last ? (to) : last;                                                  \
	} while (0)
	if (p->samples.nr)
		SPAN(p->samples.time_ns[0], p->samples.time_ns[p->samples.nr - 1]);
	if (p->tasks.nr)
		SPAN(p->tasks.data[0].time_ns, p->tasks.data[p->tasks.nr - 1].time_ns);
	if (p->marks.nr)
		SPAN(p->marks.data[0].time_ns, p->marks.data[p->marks.nr - 1].time_ns);
	if (p->waits.nr)
		SPAN(p->waits.data[0].time_ns, p->waits.data[p->waits.nr - 1].time_ns);
	if (p->bios.nr)
		SPAN(p->bios.data[0].time_ns, p->bios.data[p->bios.nr - 1].time_ns);
	PK_VEC_FOREACH(&p->ledger, l)
		SPAN(l->from_ns, l->to_ns);
	PK_VEC_FOREACH(&p->block_loads, b)
		SPAN(b->from_ns, b->to_ns);
	PK_VEC_FOREACH(&p->net_conns, n)
		SPAN(n->from_ns, n->to_ns);
	PK_VEC_FOREACH(&p->vfs_ops, f)
		SPAN(f->from_ns, f->to_ns);
	if (p->ops.nr)
		SPAN(p->ops.data[0].time_ns, p->ops.data[p->ops.nr - 1].time_ns);
	PK_VEC_FOREACH(&p->wait_on, o)
		SPAN(o->from_ns, o->to_ns);
	PK_VEC_FOREACH(&p->counters, c)
		SPAN(c->time_ns, c->time_ns);
#undef SPAN
	*first_ret = first == UINT64_MAX ? 0 : first;
	*last_ret = last;
}

int pk_profile_order(struct pk_profile *p)
{
	uint64_t first_ns, last_ns;

	if (ORDER_TABLE(&p->tasks) || ORDER_TABLE(&p->maps) || ORDER_TABLE(&p->marks) ||
	    ORDER_BY(&p->ledger, to_ns) || ORDER_BY(&p->cpus, to_ns) ||
	    ORDER_BY(&p->hists, to_ns) || ORDER_TABLE(&p->latencies) || ORDER_TABLE(&p->steps) || ORDER_TABLE(&p->waits) ||
	    ORDER_TABLE(&p->wakes) || ORDER_BY(&p->block_loads, to_ns) ||
	    ORDER_BY(&p->block_ops, to_ns) || ORDER_BY(&p->net_conns, to_ns) ||
	    ORDER_BY(&p->vfs_ops, to_ns) || ORDER_TABLE(&p->ops) || ORDER_TABLE(&p->bios) ||
	    ORDER_TABLE(&p->bio_ends) || ORDER_BY(&p->wait_on, to_ns) ||
	    order_samples(&p->samples) || order_symbols(p) || order_lines(p))
		return -ENOMEM;
	find_span(p, &first_ns, &last_ns);
	p->start_ns = pk_profile_fact_u64(p, "record.start_ns", first_ns);
	if (p->state != PK_FILE_CLOSED)
		p->end_ns = last_ns;
	if (p->end_ns < p->start_ns)
		p->end_ns = p->start_ns;
	return 0;
}
