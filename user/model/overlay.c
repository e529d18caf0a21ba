// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges laid over one another; see overlay.h. */
#include "model/overlay.h"

static int compare_points(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int collect_points(struct pk_overlay *o, const struct pk_range *ranges, uint32_t nr)
{
	size_t kept = 0;

	if (pk_vec_reserve(&o->points, 2 * (size_t)nr))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		if (ranges[i].end <= ranges[i].start)
			continue;
		o->points.data[o->points.nr++] = ranges[i].start;
		o->points.data[o->points.nr++] = ranges[i].end;
	}
	if (!o->points.nr)
		return 0;
	qsort(o->points.data, o->points.nr, sizeof(uint64_t), compare_points);
	for (size_t i = 0; i < o->points.nr; i++)
		if (!kept || o->points.data[kept - 1] != o->points.data[i])
			o->points.data[kept++] = o->points.data[i];
	o->points.nr = kept;
	return 0;
}

/* Number of points at or below @point. */
static size_t points_upto(const struct pk_overlay *o, uint64_t point)
{
	size_t lo = 0, hi = o->points.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->points.data[mid] <= point)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Count range @number into the lists' lengths, or (@fill) put it there. */
static void spread(struct pk_overlay *o, const struct pk_range *r, uint32_t number, bool fill)
{
	size_t lo = points_upto(o, r->start) - 1 + o->nr_leaves;
	size_t hi = points_upto(o, r->end) - 1 + o->nr_leaves;

	for (; lo < hi; lo >>= 1, hi >>= 1) {
		if (lo & 1) {
			if (fill)
				o->item[o->first[lo]] = number;
			o->first[lo++]++;
		}
		if (hi & 1) {
			hi--;
			if (fill)
				o->item[o->first[hi]] = number;
			o->first[hi]++;
		}
	}
}

static void spread_all(struct pk_overlay *o, const struct pk_range *ranges, uint32_t nr, bool fill)
{
	for (uint32_t i = 0; i < nr; i++)
		if (ranges[i].end > ranges[i].start)
			spread(o, &ranges[i], i, fill);
}

int pk_overlay_init(struct pk_overlay *o, const struct pk_range *ranges, uint32_t nr)
{
	size_t nr_nodes, sum = 0;

	*o = (struct pk_overlay){ .nr_leaves = 1 };
	if (collect_points(o, ranges, nr))
		goto no_memory;
	while (o->nr_leaves < o->points.nr)
		o->nr_leaves *= 2;
	nr_nodes = 2 * (size_t)o->nr_leaves;
	o->first = calloc(nr_nodes + 1, sizeof(*o->first));
	if (!o->first)
		goto no_memory;
	spread_all(o, ranges, nr, false);
	for (size_t i = 0; i < nr_nodes; i++) {
		uint32_t len = o->first[i];

		o->first[i] = sum;
		sum += len;
	}
	if (sum >= UINT32_MAX)
		goto no_memory;
	o->item = calloc(sum + 1, sizeof(*o->item));
	if (!o->item)
		goto no_memory;
	spread_all(o, ranges, nr, true);
	/* filling moved each start to its list's end, the next list's start */
	memmove(o->first + 1, o->first, nr_nodes * sizeof(*o->first));
	o->first[0] = 0;
	return 0;

no_memory:
	pk_overlay_deinit(o);
	return -ENOMEM;
}

void pk_overlay_deinit(struct pk_overlay *o)
{
	pk_vec_deinit(&o->points);
	free(o->first);
	free(o->item);
	*o = (struct pk_overlay){ 0 };
}

/* Last item of a list that is below @k, or PK_OVERLAY_NONE. */
static uint32_t last_below(const struct pk_overlay *o, size_t node, uint32_t k)
{
	uint32_t lo = o->first[node], hi = o->first[node + 1], start = lo;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (o->item[mid] < k)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > start ? o->item[lo - 1] : PK_OVERLAY_NONE;
}

uint32_t pk_overlay_top(const struct pk_overlay *o, uint32_t k, uint64_t point)
{
	size_t segment = points_upto(o, point);
	uint32_t top = PK_OVERLAY_NONE;

	if (!segment || segment == o->points.nr)
		return PK_OVERLAY_NONE;
	for (size_t node = segment - 1 + o->nr_leaves; node; node >>= 1) {
		uint32_t found = last_below(o, node, k);

		if (found != PK_OVERLAY_NONE && (top == PK_OVERLAY_NONE || found > top))
			top = found;
	}
	return top;
}
