// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of connections; see net_sums.h.
 */
#include "mix.h"
#include "net_sums.h"

/* --- keys --- */

/* 64 bits of it stand for the whole: two of a thousand share them once in 10^13 sessions. */
static u64 pk_net_hash(const struct pk_net_who *who)
{
	u64 words[sizeof(*who) / sizeof(u64)], hash = 0;
	unsigned int i;

	memcpy(words, who, sizeof(words));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		hash = pk_mix(hash + PK_GOLDEN + words[i]);
	return hash ? hash : 1;
}

unsigned int pk_net_cell_of(struct pk_net_keys *k, const struct pk_net_who *who)
{
	u64 hash = pk_net_hash(who), there;
	unsigned int i;

	for (i = 0; i < PK_NET_PROBES; i++) {
		struct pk_net_key *key = &k->key[(hash + i) & (k->nr - 1)];

		there = atomic64_read(&key->hash);
		if (!there) {
			there = atomic64_cmpxchg(&key->hash, 0, hash);
			if (!there) {
				key->who = *who;
				smp_store_release(&key->ready, 1);
				there = hash;
			}
		}
		if (there == hash)
			return key - k->key;
	}
	return k->nr + who->role;
}

/* --- memory --- */

size_t pk_net_cpu_bytes(const struct pk_net_keys *k)
{
	return (k->nr + PKPROF_NR_NET_ROLES) * sizeof(struct pk_net_cell) +
	       k->nr_dists * sizeof(struct pk_hist);
}

void pk_net_keys_init(struct pk_net_keys *k, unsigned int nr_cpus, u64 bytes)
{
	k->nr = PK_NET_MAX_CELLS;
	k->nr_dists = 2 * k->nr;
	while (k->nr > PK_NET_MIN_CELLS && pk_net_cpu_bytes(k) * nr_cpus > bytes) {
		k->nr /= 2;
		k->nr_dists /= 2;
	}
}

void pk_net_cpu_init(struct pk_net_cpu *c, const struct pk_net_keys *k, void *mem)
{
	c->dists = mem;
	c->cells = (void *)(c->dists + k->nr_dists);
}

/* --- booking --- */

bool pk_net_dist_begin(const struct pk_net_keys *k, struct pk_net_cpu *c, struct pk_net_cell *x,
		       enum pkprof_net_dist what)
{
	if (c->nr_used == k->nr_dists) {
		x->counts[PKPROF_NET_UNTIMED]++;
		return false;
	}
	/* a reader on another CPU finds zeroes there or what follows */
	WRITE_ONCE(x->dist[what], ++c->nr_used);
	return true;
}

/* --- telling --- */

unsigned int pk_net_nr(const struct pk_net_keys *k)
{
	return k->nr + PKPROF_NR_NET_ROLES;
}

/* Whose cell it is; false: nobody's. */
static bool pk_net_whose(const struct pk_net_keys *k, unsigned int at, struct pkprof_net_conns *ret)
{
	const struct pk_net_key *key;

	if (at < k->nr && !smp_load_acquire(&k->key[at].ready))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->id = at;
	if (at >= k->nr) {
		ret->role = at - k->nr;
		return true;
	}
	key = &k->key[at];
	ret->tgid = key->who.tgid;
	ret->role = key->who.role;
	ret->family = key->who.family;
	ret->port = key->who.port;
	memcpy(ret->remote, key->who.remote, sizeof(ret->remote));
	memcpy(ret->local, key->who.local, sizeof(ret->local));
	return true;
}

static const struct pk_hist *pk_net_hist(const struct pk_net_cpu *c, unsigned int at,
					 unsigned int what)
{
	unsigned int nr = READ_ONCE(c->cells[at].dist[what]);

	return nr ? &c->dists[nr - 1] : NULL;
}

/* A distribution of all CPUs, behind those that are there. */
static void pk_net_tell_dist(struct pk_net_cpu *const *cpus, unsigned int nr_cpus,
			     unsigned int at, unsigned int what, struct pkprof_net_conns *ret)
{
	const struct pk_hist *h;
	unsigned int cpu, i;
	bool any = false;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		h = cpus[cpu] ? pk_net_hist(cpus[cpu], at, what) : NULL;
		if (!h)
			continue;
		any = true;
		ret->sums[what] += READ_ONCE(h->sum_ns);
		ret->maxes[what] = max(ret->maxes[what], (__u64)READ_ONCE(h->max_ns));
	}
	for (i = 0; any && i < PKPROF_HIST_BUCKETS; i++) {
		u32 nr = 0;

		for (cpu = 0; cpu < nr_cpus; cpu++) {
			h = cpus[cpu] ? pk_net_hist(cpus[cpu], at, what) : NULL;
			if (h)
				nr += READ_ONCE(h->nr[i]);
		}
		if (nr)
			ret->buckets[ret->nr_buckets++] = (struct pkprof_net_bucket){
				.bucket = i, .dist = what, .nr = nr,
			};
	}
}

size_t pk_net_tell(const struct pk_net_keys *k, struct pk_net_cpu *const *cpus,
		   unsigned int nr_cpus, unsigned int at, u64 epoch_ns,
		   struct pkprof_net_conns *ret)
{
	unsigned int cpu, i;
	u64 last_ns = 0;

	if (!pk_net_whose(k, at, ret))
		return 0;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		const struct pk_net_cell *c;

		if (!cpus[cpu])
			continue;
		c = &cpus[cpu]->cells[at];
		last_ns = max(last_ns, READ_ONCE(c->last_ns));
		for (i = 0; i < PKPROF_NR_NET_COUNTS; i++)
			ret->counts[i] += READ_ONCE(c->counts[i]);
	}
	if (!last_ns || last_ns < epoch_ns)
		return 0;
	for (i = 0; i < PKPROF_NR_NET_DISTS; i++)
		pk_net_tell_dist(cpus, nr_cpus, at, i, ret);
	return sizeof(*ret) + ret->nr_buckets * sizeof(ret->buckets[0]);
}
