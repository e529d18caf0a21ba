// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of waits by what they were for; see waited_sums.h.
 */
#include "waited_sums.h"

/* A slot of the key's own, claimed if there is room; negative: there is none. */
static int pk_waited_slot(struct pk_waited_keys *k, const struct pk_waited_what *w, bool any_tgid)
{
	u64 key = pk_waited_key(w);
	struct pk_waited_owner *o;
	bool known;
	int at = pk_group_get(k->key, pk_waited_group_of(key), PK_WAITED_GROUP, key, &known);

	if (at < 0 || known)
		return at;
	o = &k->owner[at];
	o->what = *w;
	o->any_tgid = any_tgid;
	atomic64_add(1, &k->next_id);
	o->id = (u32)atomic64_read(&k->next_id);
	smp_store_release(&o->ready, 1);
	return at;
}

u32 pk_waited_claim(struct pk_waited_keys *k, const struct pk_waited_what *w)
{
	struct pk_waited_what any = *w;
	int at = pk_waited_slot(k, w, false);

	if (at >= 0)
		return at;
	any.tgid = 0;
	at = pk_waited_slot(k, &any, true);
	return at >= 0 ? (u32)at : (u32)PK_WAITED_CELLS + w->line;
}

/* Whose cell it is; false: nobody's. */
static bool pk_waited_whose(const struct pk_waited_keys *k, unsigned int at,
			    struct pk_waited_told *ret)
{
	const struct pk_waited_owner *o;

	if (at >= PK_WAITED_CELLS) {
		*ret = (struct pk_waited_told){ .what.line = at - PK_WAITED_CELLS, .any_tgid = true };
		return true;
	}
	o = &k->owner[at];
	if (!smp_load_acquire(&o->ready))
		return false;
	*ret = (struct pk_waited_told){ .what = o->what, .id = o->id, .any_tgid = o->any_tgid };
	return true;
}

bool pk_waited_tell(const struct pk_waited_keys *k, struct pk_waited_cell *const *cpus,
		    unsigned int nr_cpus, unsigned int at, u64 epoch_ns, bool *idle_ret,
		    struct pk_waited_told *ret)
{
	unsigned int cpu;
	u64 last_ns = 0;

	*idle_ret = false;
	if (!pk_waited_whose(k, at, ret))
		return false;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		const struct pk_waited_cell *c;

		if (!cpus[cpu])
			continue;
		c = &cpus[cpu][at];
		last_ns = max(last_ns, READ_ONCE(c->last_ns));
		ret->nr += READ_ONCE(c->nr);
		ret->ns += READ_ONCE(c->ns);
	}
	*idle_ret = last_ns && last_ns < epoch_ns;
	return last_ns && last_ns >= epoch_ns;
}

void pk_waited_free(struct pk_waited_keys *k, struct pk_waited_cell *const *cpus,
		    unsigned int nr_cpus, unsigned int at)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu])
			memset(&cpus[cpu][at], 0, sizeof(cpus[cpu][at]));
	WRITE_ONCE(k->owner[at].ready, 0);
	pk_group_drop(k->key, at);
}
