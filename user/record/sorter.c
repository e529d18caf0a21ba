// SPDX-License-Identifier: GPL-2.0-or-later
/* Ordering across CPUs; see sorter.h. */
#include <errno.h>

#include "record/sorter.h"

void pk_sorter_init(struct pk_sorter *s, size_t limit_bytes, pk_sorter_fn fn, void *ctx)
{
	*s = (struct pk_sorter){
		.limit_bytes = limit_bytes,
		.fn = fn,
		.ctx = ctx,
		.ordered = true,
	};
}

void pk_sorter_deinit(struct pk_sorter *s)
{
	pk_vec_deinit(&s->entries);
	pk_strbuf_deinit(&s->payload);
	pk_strbuf_deinit(&s->spare);
}

static int by_time(const void *a, const void *b)
{
	const struct pk_sorter_entry *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static void put_in_order(struct pk_sorter *s)
{
	if (!s->ordered)
		qsort(s->entries.data, s->entries.nr, sizeof(*s->entries.data), by_time);
	s->ordered = true;
}

static int add_payload(struct pk_strbuf *b, const void *payload, size_t len)
{
	static const char zero[8];

	pk_strbuf_add(b, payload, len);
	pk_strbuf_add(b, zero, -len % 8);
	return pk_strbuf_failed(b) ? -ENOMEM : 0;
}

/* Drop the first @nr entries and pack the payload of the others. */
static int drop(struct pk_sorter *s, size_t nr)
{
	size_t left = s->entries.nr - nr;
	struct pk_strbuf swap;

	pk_strbuf_clear(&s->spare);
	for (size_t i = 0; i < left; i++) {
		struct pk_sorter_entry e = s->entries.data[nr + i];
		const char *payload = s->payload.data + e.offset * 8UL;

		e.offset = s->spare.len / 8;
		if (add_payload(&s->spare, payload, e.len))
			return -ENOMEM;
		s->entries.data[i] = e;
	}
	s->entries.nr = left;
	swap = s->payload;
	s->payload = s->spare;
	s->spare = swap;
	return 0;
}

static int let_out(struct pk_sorter *s, size_t nr)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++) {
		const struct pk_sorter_entry *e = &s->entries.data[i];

		if (e->time_ns < s->last_ns)
			s->nr_late++;
		else
			s->last_ns = e->time_ns;
		ret = s->fn(s->ctx, e->time_ns, e->kind, s->payload.data + e->offset * 8UL, e->len);
	}
	return ret ? ret : drop(s, nr);
}

int pk_sorter_release(struct pk_sorter *s, uint64_t upto_ns)
{
	size_t nr = 0;

	put_in_order(s);
	while (nr < s->entries.nr && s->entries.data[nr].time_ns <= upto_ns)
		nr++;
	return nr ? let_out(s, nr) : 0;
}

static size_t held_bytes(const struct pk_sorter *s)
{
	return s->payload.len + s->entries.nr * sizeof(*s->entries.data);
}

static int force_half_out(struct pk_sorter *s)
{
	s->nr_forced++;
	put_in_order(s);
	return let_out(s, (s->entries.nr + 1) / 2);
}

int pk_sorter_push(struct pk_sorter *s, uint64_t time_ns, unsigned int kind, const void *payload,
		   size_t len)
{
	struct pk_sorter_entry *e;

	if (len > UINT16_MAX)
		return -EINVAL;
	if (held_bytes(s) + len + sizeof(*e) > s->limit_bytes && s->entries.nr) {
		int ret = force_half_out(s);

		if (ret)
			return ret;
	}
	e = pk_vec_push(&s->entries);
	if (!e)
		return -ENOMEM;
	*e = (struct pk_sorter_entry){
		.time_ns = time_ns,
		.seq = s->seq++,
		.offset = s->payload.len / 8,
		.len = len,
		.kind = kind,
	};
	if (s->entries.nr > 1 && time_ns < e[-1].time_ns)
		s->ordered = false;
	if (add_payload(&s->payload, payload, len)) {
		s->entries.nr--;
		return -ENOMEM;
	}
	return 0;
}
