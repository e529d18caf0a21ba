// SPDX-License-Identifier: GPL-2.0-or-later
/* What rows of a live picture are compared by; see live.h. */
#include "model/live.h"

uint64_t pk_live_amount_total(const struct pk_live_amount *a)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		sum += a->ns[i];
	return sum;
}

uint64_t pk_live_amount_value(const struct pk_live_amount *a, unsigned int key)
{
	if (key < PKPROF_NR_LINES)
		return a->ns[key];
	return key == PK_LIVE_BY_SWITCHES ? a->nr_switches : pk_live_amount_total(a);
}

/* First by value, then by process and thread, so that equal input has one order. */
static int by_value(const struct pk_live_amount *a, const struct pk_live_amount *b, uint64_t id_a,
		    uint64_t id_b, unsigned int key)
{
	uint64_t va = pk_live_amount_value(a, key), vb = pk_live_amount_value(b, key);

	if (va != vb)
		return va > vb ? -1 : 1;
	return id_a < id_b ? -1 : id_a > id_b;
}

static int compare_processes(const void *a, const void *b, void *key)
{
	const struct pk_live_process *pa = a, *pb = b;

	return by_value(&pa->amount, &pb->amount, pa->tgid, pb->tgid, *(unsigned int *)key);
}

static int compare_threads(const void *a, const void *b, void *key)
{
	const struct pk_live_thread *ta = a, *tb = b;

	return by_value(&ta->amount, &tb->amount, ta->tid, tb->tid, *(unsigned int *)key);
}

void pk_live_picture_sort_processes(struct pk_live_picture *p, unsigned int key)
{
	if (p->processes.nr)
		qsort_r(p->processes.data, p->processes.nr, sizeof(*p->processes.data),
			compare_processes, &key);
}

void pk_live_picture_sort_threads(struct pk_live_picture *p, unsigned int key)
{
	if (p->threads.nr)
		qsort_r(p->threads.data, p->threads.nr, sizeof(*p->threads.data), compare_threads,
			&key);
}
