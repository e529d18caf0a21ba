// SPDX-License-Identifier: GPL-2.0-or-later
/* Merge of the rings by time; see merge.h. */
#include <errno.h>
#include <stdlib.h>

#include "source/merge.h"

int pk_merge_init(struct pk_merge *m, unsigned int nr_cpus)
{
	pk_merge_deinit(m);
	m->heap = calloc(nr_cpus, sizeof(*m->heap));
	if (!m->heap)
		return -ENOMEM;
	m->cap = nr_cpus;
	return 0;
}

void pk_merge_deinit(struct pk_merge *m)
{
	free(m->heap);
	*m = (struct pk_merge){ 0 };
}

static bool before(const struct pk_merge_entry *a, const struct pk_merge_entry *b)
{
	return a->time_ns < b->time_ns || (a->time_ns == b->time_ns && a->cpu < b->cpu);
}

void pk_merge_push(struct pk_merge *m, unsigned int cpu, uint64_t time_ns,
		   const struct pkprof_rec *rec)
{
	struct pk_merge_entry e = { .time_ns = time_ns, .rec = rec, .cpu = cpu };
	unsigned int i = m->nr++;

	for (; i && before(&e, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = e;
}

bool pk_merge_pop(struct pk_merge *m, unsigned int *cpu_ret, const struct pkprof_rec **rec_ret)
{
	struct pk_merge_entry last;
	unsigned int i = 0, child;

	if (!m->nr)
		return false;
	*cpu_ret = m->heap[0].cpu;
	*rec_ret = m->heap[0].rec;
	last = m->heap[--m->nr];
	for (; (child = 2 * i + 1) < m->nr; i = child) {
		if (child + 1 < m->nr && before(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!before(&m->heap[child], &last))
			break;
		m->heap[i] = m->heap[child];
	}
	m->heap[i] = last;
	return true;
}
