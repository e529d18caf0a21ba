// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who ended which wait: a wake-up names the wait that it ended by the thread's
 * number and the instant since which it waited.
 */
#include "model/build.h"

static uint64_t key_of(uint32_t tid, uint64_t since_ns)
{
	return pk_hash64(since_ns) ^ tid;
}

int pk_waits_join(struct pk_model *m)
{
	const struct pk_profile *p = m->profile;
	struct pk_map64 wakes = { 0 };
	int err = 0;

	for (size_t i = 0; i < p->wakes.nr && !err; i++)
		err = pk_map64_set(&wakes, key_of(p->wakes.data[i].tid, p->wakes.data[i].since_ns),
				   i);
	for (size_t i = 0; i < p->waits.nr && !err; i++) {
		const struct pk_wait *w = &p->waits.data[i];
		uint32_t found = pk_map64_get(&wakes, key_of(w->tid, w->since_ns));
		const struct pk_wake *wake = found == PK_MAP64_NONE ? NULL : &p->wakes.data[found];

		/* two waits may have one key by chance */
		m->wait_wake[i] = wake && wake->tid == w->tid && wake->since_ns == w->since_ns ?
					  found : PK_NO_WAKE;
	}
	pk_map64_deinit(&wakes);
	return err;
}
