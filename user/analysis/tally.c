// SPDX-License-Identifier: GPL-2.0-or-later
/* Tallies; see tally.h. */
#include "analysis/tally.h"

int pk_tally_init(const struct pk_scope *s, struct pk_tally *ret)
{
	const struct pk_model *m = s->model;

	*ret = (struct pk_tally){
		.thread = calloc(m->threads.nr + 1, sizeof(uint64_t)),
		.process = calloc(m->processes.nr + 1, sizeof(uint64_t)),
		.active = calloc(m->processes.nr + 1, sizeof(uint64_t)),
	};
	if (!ret->thread || !ret->process || !ret->active) {
		pk_tally_deinit(ret);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->nr_samples; i++)
		ret->thread[m->sample_thread[s->samples[i]]] += pk_scope_weight(s, s->samples[i]);
	for (size_t i = 0; i < m->threads.nr; i++) {
		ret->process[m->threads.data[i].process] += ret->thread[i];
		ret->active[m->threads.data[i].process] += ret->thread[i] > 0;
	}
	return 0;
}

void pk_tally_deinit(struct pk_tally *t)
{
	free(t->thread);
	free(t->process);
	free(t->active);
	*t = (struct pk_tally){ 0 };
}
