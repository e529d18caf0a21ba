// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds "io": bytes that the block layer was asked to read and write, and the times of the
 * requests that were made of it, by the stacks of who submitted it. Data that is written
 * back later is the writer's, mostly a kernel thread's.
 */
#include "analysis/bio_sums.h"
#include "analysis/kind.h"

static int base_of(const struct pk_model *m, uint32_t thread, bool threads, uint32_t *ret)
{
	if (thread == PK_NO_OWNER)
		return pk_strtab_intern_z(&m->profile->strings, "[interrupt]", ret);
	*ret = pk_kind_base(m, thread, threads);
	return 0;
}

static int add_bio(const struct pk_scope *s, const struct pk_bio_sum *sum, size_t i, bool time,
		   bool threads, struct pk_towers *ret)
{
	const struct pk_bio *x = &s->model->profile->bios.data[i];
	double value = time ? sum->ns : x->bytes;
	uint64_t weight = (uint64_t)(value * sum->weight + 0.5);
	uint32_t base, at;
	int rc;

	if (!weight)
		return 0;
	if (sum->stacked) {
		ret->left_out += weight;
		return 0;
	}
	rc = base_of(s->model, s->model->bio_thread[i], threads, &base);
	if (!rc)
		rc = pk_towers_add(ret, base, s->model->bio_stack[i], weight, &at);
	if (rc)
		return rc;
	ret->sums.data[at].variance += pk_bio_variance(x, value);
	ret->nr_items++;
	return 0;
}

int pk_kind_collect_io(const struct pk_scope *s, const struct pk_kind_choice *c, bool threads,
		       struct pk_towers *ret)
{
	const struct pk_kind *kind = pk_kind_of(c);
	struct pk_bio_sums sums;
	int rc = pk_bio_sums_init(s, &sums);

	for (size_t i = 0; !rc && i < sums.all.nr; i++) {
		if (kind->words && s->model->profile->bios.data[i].op != c->word)
			continue;
		if (pk_bio_sums_has(&sums, s, i))
			rc = add_bio(s, &sums.all.data[i], i, kind->unit == PK_WEIGHT_NS, threads,
				     ret);
	}
	pk_bio_sums_deinit(&sums);
	return rc;
}
