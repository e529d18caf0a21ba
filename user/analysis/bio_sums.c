// SPDX-License-Identifier: GPL-2.0-or-later
/* What recorded block I/O stands for; see bio_sums.h. */
#include "analysis/bio_sums.h"

static double cost_of(const struct pk_bio *x)
{
	return (double)x->bytes + PKPROF_IO_COST;
}

static void add_end(struct pk_bio_sum *sum, const struct pk_bio_end *end)
{
	if (end->flags & PKPROF_IO_NEVER)
		sum->never = true;
	/* where it was handed on, its data went elsewhere; where is told when that ends */
	if (end->flags & (PKPROF_IO_NEVER | PKPROF_IO_MOVED))
		return;
	sum->device = end->device;
	if (end->flags & PKPROF_IO_MERGED)
		return;
	sum->nr++;
	sum->nr_failed += end->flags & PKPROF_IO_FAILED;
	sum->nr_untimed += !!(end->flags & PKPROF_IO_UNTIMED);
	sum->ns += end->queue_ns + end->device_ns;
}

static int fill(const struct pk_scope *s, const struct pk_block_devices *devices,
		struct pk_bio_sums *ret)
{
	const struct pk_profile *p = s->model->profile;
	const struct pk_block_device *d;

	if (pk_vec_reserve(&ret->all, p->bios.nr))
		return -ENOMEM;
	PK_VEC_FOREACH(&p->bios, x)
		ret->all.data[ret->all.nr++] = (struct pk_bio_sum){
			.weight = (double)x->units / cost_of(x),
			.device = x->device,
		};
	for (size_t i = 0; i < p->bio_ends.nr; i++)
		if (s->model->bio_end_bio[i] != PK_NO_BIO)
			add_end(&ret->all.data[s->model->bio_end_bio[i]], &p->bio_ends.data[i]);
	PK_VEC_FOREACH(&ret->all, sum) {
		d = pk_block_devices_find(devices, sum->device);
		sum->stacked = d && d->flags & PKPROF_BLOCK_STACKED;
	}
	return 0;
}

int pk_bio_sums_init(const struct pk_scope *s, struct pk_bio_sums *ret)
{
	struct pk_block_devices devices;
	int rc = pk_block_devices_init(s, &devices);

	*ret = (struct pk_bio_sums){ 0 };
	if (!rc)
		rc = fill(s, &devices, ret);
	pk_block_devices_deinit(&devices);
	return rc;
}

void pk_bio_sums_deinit(struct pk_bio_sums *b)
{
	pk_vec_deinit(&b->all);
}

bool pk_bio_in_scope(const struct pk_scope *s, size_t i)
{
	uint64_t time_ns = s->model->profile->bios.data[i].time_ns;
	uint32_t thread = s->model->bio_thread[i];

	if (!s->filtered)
		return true;
	if (!pk_filter_clip_ns(s->filter, time_ns, time_ns + 1))
		return false;
	if (thread == PK_NO_OWNER)
		return !s->filter->tgid && !s->filter->comm;
	return pk_filter_match_thread(s->filter, s->model, thread);
}

bool pk_bio_sums_has(const struct pk_bio_sums *b, const struct pk_scope *s, size_t i)
{
	return !b->all.data[i].never && pk_bio_in_scope(s, i);
}

double pk_bio_variance(const struct pk_bio *x, double value)
{
	double cost = cost_of(x), units = x->units, each = value / cost;

	return units > cost ? each * each * units * (units - cost) : 0;
}
