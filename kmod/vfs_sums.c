// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of operations on files; see vfs_sums.h.
 */
#include "vfs_sums.h"

size_t pk_vfs_cpu_bytes(const struct pk_vfs_keys *k)
{
	return pk_vfs_nr(k) * sizeof(struct pk_vfs_cell);
}

void pk_vfs_keys_init(struct pk_vfs_keys *k, unsigned int nr_cpus, u64 bytes)
{
	k->nr = PK_VFS_MAX_CELLS;
	while (k->nr > PK_VFS_MIN_CELLS && pk_vfs_cpu_bytes(k) * nr_cpus > bytes)
		k->nr /= 2;
}

/* --- claiming --- */

static u32 pk_vfs_always(const struct pk_vfs_keys *k, const struct pk_vfs_what *w)
{
	return k->nr + w->op + (w->flags & PKPROF_VFS_BELOW ? PKPROF_NR_VFS_OPS : 0);
}

/* A slot of the key's own, claimed if there is room; negative: there is none. */
static int pk_vfs_slot(struct pk_vfs_keys *k, const struct pk_vfs_what *w, u32 fs, u8 flags)
{
	u64 key = pk_vfs_key(w->fs_key, w->dev, w->tgid, w->op, w->flags);
	struct pk_vfs_owner *o;
	bool known;
	int at = pk_group_get(k->key, pk_vfs_group_of(k, key), PK_VFS_GROUP, key, &known);

	if (at < 0 || known)
		return at;
	o = &k->owner[at];
	atomic64_add(1, &k->next_id);
	o->id = (u32)atomic64_read(&k->next_id);
	o->fs = fs;
	o->tgid = w->tgid;
	o->op = w->op;
	o->flags = (w->flags & PKPROF_VFS_BELOW) | flags;
	smp_store_release(&o->ready, 1);
	return at;
}

u32 pk_vfs_cell_claim(struct pk_vfs_keys *k, const struct pk_vfs_what *w, u32 fs)
{
	struct pk_vfs_what any = *w;
	int at = pk_vfs_slot(k, w, fs, 0);

	if (at >= 0)
		return at;
	any.tgid = 0;
	at = pk_vfs_slot(k, &any, fs, PKPROF_VFS_ANY_TGID);
	return at >= 0 ? (u32)at : pk_vfs_always(k, w);
}

/* --- telling --- */

/* Whose cell it is; false: nobody's. */
static bool pk_vfs_whose(const struct pk_vfs_keys *k, unsigned int at, struct pkprof_vfs_ops *ret)
{
	const struct pk_vfs_owner *o;

	memset(ret, 0, sizeof(*ret));
	ret->cell = at;
	if (at >= k->nr) {
		ret->op = (at - k->nr) % PKPROF_NR_VFS_OPS;
		ret->flags = PKPROF_VFS_ANY_TGID |
			     (at - k->nr >= PKPROF_NR_VFS_OPS ? PKPROF_VFS_BELOW : 0);
		return true;
	}
	o = &k->owner[at];
	if (!smp_load_acquire(&o->ready))
		return false;
	ret->id = o->id;
	ret->fs = o->fs;
	ret->tgid = o->tgid;
	ret->op = o->op;
	ret->flags = o->flags;
	return true;
}

static void pk_vfs_sum_up(const struct pk_vfs_cell *c, struct pkprof_vfs_ops *ret)
{
	ret->nr += READ_ONCE(c->nr);
	ret->bytes += READ_ONCE(c->bytes);
	ret->nr_untimed += READ_ONCE(c->nr_untimed);
	ret->nr_failed += READ_ONCE(c->nr_failed);
	ret->added_bytes += READ_ONCE(c->added_bytes);
	ret->nr_missed += READ_ONCE(c->nr_missed);
	ret->nr_ahead += READ_ONCE(c->nr_ahead);
	ret->sum_ns += READ_ONCE(c->time.sum_ns);
	ret->max_ns = max(ret->max_ns, (__u64)READ_ONCE(c->time.max_ns));
}

static void pk_vfs_tell_time(struct pk_vfs_cell *const *cpus, unsigned int nr_cpus, unsigned int at,
			     struct pkprof_vfs_ops *ret)
{
	unsigned int cpu, i;

	for (i = 0; i < PKPROF_HIST_BUCKETS; i++) {
		u32 nr = 0;

		for (cpu = 0; cpu < nr_cpus; cpu++)
			if (cpus[cpu])
				nr += READ_ONCE(cpus[cpu][at].time.nr[i]);
		if (nr)
			ret->buckets[ret->nr_buckets++] = (struct pkprof_hist_bucket){ i, nr };
	}
}

size_t pk_vfs_tell(const struct pk_vfs_keys *k, struct pk_vfs_cell *const *cpus,
		   unsigned int nr_cpus, unsigned int at, u64 epoch_ns, bool *idle_ret,
		   struct pkprof_vfs_ops *ret)
{
	unsigned int cpu;
	u64 last_ns = 0;

	*idle_ret = false;
	if (!pk_vfs_whose(k, at, ret))
		return 0;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		if (!cpus[cpu])
			continue;
		last_ns = max(last_ns, READ_ONCE(cpus[cpu][at].last_ns));
		pk_vfs_sum_up(&cpus[cpu][at], ret);
	}
	*idle_ret = last_ns && last_ns < epoch_ns;
	if (!last_ns || last_ns < epoch_ns)
		return 0;
	pk_vfs_tell_time(cpus, nr_cpus, at, ret);
	return sizeof(*ret) + ret->nr_buckets * sizeof(ret->buckets[0]);
}

void pk_vfs_cell_free(struct pk_vfs_keys *k, struct pk_vfs_cell *const *cpus, unsigned int nr_cpus,
		      unsigned int at)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu])
			memset(&cpus[cpu][at], 0, sizeof(cpus[cpu][at]));
	WRITE_ONCE(k->owner[at].ready, 0);
	pk_group_drop(k->key, at);
}
