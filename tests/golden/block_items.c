// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about block devices; mkprofile.c has the rest.
 *
 *	blockdev FROM TO ID NAME [dev=N] [max=N] [FLAG...] DEPTH=TIME...
 *					what device ID did; FLAG: stacked, bio, any; TIME with so
 *					many requests in flight, the rest with none
 *	block FROM TO ID OP BYTES [pid=PID] [NAME=N...] [QUEUE/DEVICE=N...]
 *					N requests of BYTES each that were QUEUE in the queue and
 *					DEVICE at the device; NAME is untimed, failed, partial, requeued,
 *					merged, split; pid=any: processes without room; by=kworker,
 *					other, journal: how they are the process's
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/distribution.h"
#include "script.h"
#include "source/names.h"

struct ops_item {
	struct pk_block_ops ops;
	struct pk_hist_bucket buckets[3 * MAX_WORDS];
};

static PK_VEC(struct pk_block_load) loads;
static PK_VEC(struct ops_item) ops;

static void do_blockdev(const struct words *w)
{
	struct pk_block_load *x = pk_vec_push(&loads);
	uint64_t busy_ns = 0;

	x->from_ns = instant(word(w, 1));
	x->to_ns = instant(word(w, 2));
	x->device = number(word(w, 3));
	x->name = intern(word(w, 4));
	x->dev = number_or(w, "dev", 0);
	x->max_depth = number_or(w, "max", 0);
	x->flags = (has_flag(w, 5, "stacked") ? PKPROF_BLOCK_STACKED : 0) |
		   (has_flag(w, 5, "bio") ? PKPROF_BLOCK_BIO : 0) |
		   (has_flag(w, 5, "any") ? PKPROF_BLOCK_ANY : 0);
	for (unsigned int i = 5; i < w->nr; i++) {
		char *equals = strchr(w->word[i], '=');
		unsigned int depth, class = 0;
		uint64_t ns;

		if (!equals || *w->word[i] < '0' || *w->word[i] > '9')
			continue;
		depth = strtoul(w->word[i], NULL, 10);
		ns = duration(equals + 1);
		while (depth >> class)
			class++;
		x->depth_ns[class] += ns;
		x->load_ns += ns * depth;
		busy_ns += ns;
	}
	x->depth_ns[0] = x->to_ns - x->from_ns - busy_ns;
}

static uint8_t op_of(const char *name)
{
	for (unsigned int i = 0; i < PKPROF_NR_BLOCK_OPS; i++)
		if (!strcmp(name, pk_block_op_names[i].name))
			return i;
	fail("no such operation", name);
}

/* The class that the contract gives a size. */
static uint8_t size_of(uint64_t bytes)
{
	uint8_t c = bytes ? 1 : 0;

	while (c && c < PKPROF_BLOCK_SIZES - 1 && bytes > 1024ULL << 2 * c)
		c++;
	return c;
}

static void add_bucket(struct ops_item *item, uint32_t bucket, uint32_t nr)
{
	uint32_t i = 0;

	while (i < item->ops.nr_buckets && item->buckets[i].bucket < bucket)
		i++;
	if (i == item->ops.nr_buckets || item->buckets[i].bucket != bucket) {
		memmove(&item->buckets[i + 1], &item->buckets[i],
			(item->ops.nr_buckets - i) * sizeof(item->buckets[0]));
		item->buckets[i] = (struct pk_hist_bucket){ .bucket = bucket };
		item->ops.nr_buckets++;
	}
	item->buckets[i].nr += nr;
}

static void add_time(struct ops_item *item, unsigned int time, uint64_t ns, uint32_t nr, bool told)
{
	item->ops.sum_ns[time] += ns * nr;
	if (ns > item->ops.max_ns[time])
		item->ops.max_ns[time] = ns;
	if (told)
		add_bucket(item, time * PKPROF_HIST_BUCKETS + pk_dist_bucket(ns), nr);
}

static void add_requests(struct ops_item *item, char *text, uint64_t bytes)
{
	char *slash = strchr(text, '/'), *equals = strchr(text, '=');
	bool own = item->ops.tgid || item->ops.flags & PK_BLOCK_ANY_PROCESS;
	uint64_t queue_ns, device_ns;
	uint32_t nr = number(equals + 1);

	*slash = *equals = '\0';
	queue_ns = duration(text);
	device_ns = duration(slash + 1);
	item->ops.nr += nr;
	item->ops.bytes += nr * bytes;
	if (!own) {
		add_time(item, PKPROF_BLOCK_QUEUE, queue_ns, nr, true);
		add_time(item, PKPROF_BLOCK_DEVICE, device_ns, nr, true);
	}
	add_time(item, PKPROF_BLOCK_TOTAL, queue_ns + device_ns, nr, true);
}

static unsigned int role_of(const char *name)
{
	static const char *const names[] = { "self", "kworker", "other", "journal" };

	for (unsigned int i = 0; name && i < PKPROF_NR_BLOCK_BYS; i++)
		if (!strcmp(name, names[i]))
			return i;
	if (name)
		fail("no such role", name);
	return PKPROF_BLOCK_BY_SELF;
}

static void do_block(const struct words *w)
{
	struct ops_item *item = pk_vec_push(&ops);
	struct pk_block_ops *x = &item->ops;
	uint64_t bytes = number(word(w, 5));
	const char *pid = option(w, 6, "pid");

	x->from_ns = instant(word(w, 1));
	x->to_ns = instant(word(w, 2));
	x->device = number(word(w, 3));
	x->op = op_of(word(w, 4));
	if (pid && !strcmp(pid, "any"))
		x->flags = PK_BLOCK_ANY_PROCESS;
	else if (pid)
		x->tgid = number(pid);
	x->flags |= role_of(option(w, 6, "by")) << PK_BLOCK_BY_SHIFT;
	x->size = pid ? 0 : size_of(bytes);
	x->nr_untimed = x->nr = number_or(w, "untimed", 0);
	x->bytes = x->nr * bytes;
	x->nr_failed = number_or(w, "failed", 0);
	x->nr_partial = number_or(w, "partial", 0);
	x->nr_requeued = number_or(w, "requeued", 0);
	x->nr_merged = number_or(w, "merged", 0);
	x->nr_split = number_or(w, "split", 0);
	for (unsigned int i = 6; i < w->nr; i++)
		if (strchr(w->word[i], '/'))
			add_requests(item, w->word[i], bytes);
}

BY_TIME(load_by_time, struct pk_block_load, to_ns)
BY_TIME(ops_by_time, struct ops_item, ops.to_ns)

void write_blocks(void)
{
	sort(loads, load_by_time);
	sort(ops, ops_by_time);
	PK_VEC_FOREACH(&loads, x)
		check(pk_writer_block_load(writer, x));
	PK_VEC_FOREACH(&ops, x)
		check(pk_writer_block_ops(writer, &x->ops, x->buckets));
}

const struct statement block_statements[] = {
	{ "blockdev", do_blockdev }, { "block", do_block }, { 0 },
};
