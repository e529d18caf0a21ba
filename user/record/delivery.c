// SPDX-License-Identifier: GPL-2.0-or-later
/* The recorder's side of the books; see delivery.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/delivery.h"

int pk_delivery_init(struct pk_delivery *t, unsigned int nr_cpus)
{
	*t = (struct pk_delivery){ .nr_cpus = nr_cpus };
	t->rows = calloc((size_t)nr_cpus * PKPROF_NR_SOURCES, sizeof(*t->rows));
	return t->rows ? 0 : -ENOMEM;
}

void pk_delivery_deinit(struct pk_delivery *t)
{
	free(t->rows);
	*t = (struct pk_delivery){ 0 };
}

static struct pk_delivery_row *row_of(struct pk_delivery *t, unsigned int cpu, unsigned int source)
{
	if (cpu < t->nr_cpus && source < PKPROF_NR_SOURCES)
		return &t->rows[cpu * PKPROF_NR_SOURCES + source];
	t->nr_foreign++;
	return NULL;
}

void pk_delivery_count(struct pk_delivery *t, unsigned int cpu, unsigned int source)
{
	struct pk_delivery_row *row = row_of(t, cpu, source);

	if (!row)
		return;
	row->delivered++;
	row->changed = true;
}

int pk_delivery_book(void *delivery, unsigned int cpu, const struct pkprof_counters *c)
{
	struct pk_delivery_row *row = row_of(delivery, cpu, c->source);

	if (!row)
		return 0;
	if (!row->known || memcmp(&row->kernel, c, sizeof(*c)))
		row->changed = true;
	row->kernel = *c;
	row->known = true;
	return 0;
}

int pk_delivery_write(struct pk_delivery *t, struct pk_writer *w, uint64_t time_ns, bool all)
{
	for (unsigned int i = 0; i < t->nr_cpus * PKPROF_NR_SOURCES; i++) {
		struct pk_delivery_row *row = &t->rows[i];
		struct pk_counters c = {
			.time_ns = time_ns,
			.cpu = i / PKPROF_NR_SOURCES,
			.delivered = row->delivered,
			.kernel = row->kernel,
		};
		int ret;

		if (!row->known && !row->delivered)
			continue;
		if (!row->changed && !all)
			continue;
		c.kernel.source = i % PKPROF_NR_SOURCES;
		ret = pk_writer_counters(w, &c);
		if (ret)
			return ret;
		row->changed = false;
	}
	return 0;
}

uint64_t pk_delivery_lost(const struct pk_delivery *t, unsigned int why)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < t->nr_cpus * PKPROF_NR_SOURCES; i++)
		sum += t->rows[i].kernel.lost[why];
	return sum;
}

uint64_t pk_delivery_all_lost(const struct pk_delivery *t)
{
	uint64_t sum = 0;

	for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
		sum += pk_delivery_lost(t, why);
	return sum;
}

bool pk_delivery_closes(const struct pk_delivery *t)
{
	if (t->nr_foreign)
		return false;
	for (unsigned int i = 0; i < t->nr_cpus * PKPROF_NR_SOURCES; i++) {
		const struct pk_delivery_row *row = &t->rows[i];
		uint64_t sum = row->delivered;

		for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
			sum += row->kernel.lost[why];
		if (sum != row->kernel.generated)
			return false;
	}
	return true;
}
