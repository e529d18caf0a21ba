// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of ended requests; see block_sums.h.
 */
#include "block_sums.h"

/* --- keys --- */

/* The slot of a key, added if it is new; @nr: there is no room for it. */
static unsigned int pk_block_slot(atomic64_t *keys, unsigned int nr, u64 key)
{
	unsigned int at = pk_block_hash(key), i;
	u64 there;

	for (i = 0; i < PK_BLOCK_PROBES; i++) {
		atomic64_t *slot = &keys[(at + i) & (nr - 1)];

		there = atomic64_read(slot);
		if (!there) {
			there = atomic64_cmpxchg(slot, 0, key);
			there = there ?: key;
		}
		if (there == key)
			return slot - keys;
	}
	return nr;
}

/* The cell of a kind that was not met before; if there is no room for it, of any. */
static unsigned int pk_block_find_cell(struct pk_block_keys *k, u16 device, u8 op, u64 bytes)
{
	unsigned int at = k->nr;

	if (device)
		at = pk_block_slot(k->cell, k->nr, pk_block_key(device, op, pk_block_size(bytes), 0));
	if (at == k->nr)
		at += op;
	if (device < PK_BLOCK_INDEXED)
		WRITE_ONCE(k->where[device][pk_block_kind(op, bytes)], at + 1);
	return at;
}

static unsigned int pk_block_cell_of(struct pk_block_keys *k, u16 device, u8 op, u64 bytes)
{
	u64 at;

	if (likely(device < PK_BLOCK_INDEXED && pk_block_cell_quick(k, device, op, bytes, &at)))
		return at;
	return pk_block_find_cell(k, device, op, bytes);
}

static unsigned int pk_block_find_own(struct pk_block_keys *k, u16 device, u8 op, u32 who)
{
	unsigned int at = k->nr_owns;

	if (device && who & PK_WHO_TGID)
		at = pk_block_slot(k->own, k->nr_owns, pk_block_key(device, op, 0, who));
	return at < k->nr_owns ? at : at + op;
}

/* --- memory --- */

size_t pk_block_cpu_bytes(const struct pk_block_keys *k)
{
	return (k->nr + PKPROF_NR_BLOCK_OPS) * sizeof(struct pk_block_cell) +
	       (k->nr_owns + PKPROF_NR_BLOCK_OPS) * sizeof(struct pk_block_own);
}

void pk_block_keys_init(struct pk_block_keys *k, unsigned int nr_cpus, u64 bytes)
{
	k->nr = PK_BLOCK_MAX_CELLS;
	k->nr_owns = PK_BLOCK_MAX_OWNS;
	while (k->nr > PK_BLOCK_MIN_CELLS && pk_block_cpu_bytes(k) * nr_cpus > bytes) {
		k->nr /= 2;
		k->nr_owns /= 2;
	}
	k->own_mask = k->nr_owns - 1;
}

void pk_block_cpu_init(struct pk_block_cpu *c, const struct pk_block_keys *k, void *mem)
{
	*c = (struct pk_block_cpu){ .cells = mem };
	c->owns = (void *)(c->cells + k->nr + PKPROF_NR_BLOCK_OPS);
}

/* --- booking --- */

void pk_block_book(struct pk_block_keys *k, struct pk_block_cpu *c, const struct pk_block_done *d)
{
	unsigned int cell = pk_block_cell_of(k, d->device, d->op, d->bytes);
	unsigned int own = pk_block_find_own(k, d->device, d->op, d->who);

	pk_block_book_in(&c->cells[cell], &c->owns[own], d);
}

void pk_block_book_bytes(struct pk_block_keys *k, struct pk_block_cpu *c,
			 const struct pk_block_done *d, u32 bytes)
{
	struct pk_block_own *own = &c->owns[pk_block_find_own(k, d->device, d->op, d->who)];

	own->sums.bytes += bytes;
	own->sums.last_ns = d->now_ns;
}

void pk_block_book_piece(struct pk_block_keys *k, struct pk_block_cpu *c, u16 device, u8 op,
			 u64 bytes, bool merged, u64 now_ns)
{
	pk_block_count_piece(&c->cells[pk_block_cell_of(k, device, op, bytes)].sums, merged, now_ns);
}

/* --- telling --- */

unsigned int pk_block_nr(const struct pk_block_keys *k)
{
	return k->nr + k->nr_owns + 2 * PKPROF_NR_BLOCK_OPS;
}

/* Whose cell it is; false: nobody's. */
static bool pk_block_whose(const struct pk_block_keys *k, unsigned int at,
			   struct pkprof_block_ops *ret)
{
	unsigned int nr_cells = k->nr + PKPROF_NR_BLOCK_OPS;
	bool own = at >= nr_cells;
	unsigned int slot = own ? at - nr_cells : at, nr = own ? k->nr_owns : k->nr;
	u64 key;

	memset(ret, 0, sizeof(*ret));
	if (slot >= nr) {
		ret->op = slot - nr;
		ret->any_tgid = own;
		return true;
	}
	key = atomic64_read(own ? &k->own[slot] : &k->cell[slot]);
	ret->tgid = (u32)key & PK_WHO_TGID;
	ret->by = (u32)key >> PK_WHO_SHIFT;
	ret->device = key >> PK_BLOCK_KEY_DEVICE & 0xffff;
	ret->op = key >> PK_BLOCK_KEY_OP & 0xff;
	ret->size = key >> PK_BLOCK_KEY_SIZE & 0x7f;
	return key;
}

static void pk_block_sum_up(const struct pk_block_sums *s, struct pkprof_block_ops *ret)
{
	ret->nr += READ_ONCE(s->nr);
	ret->bytes += READ_ONCE(s->bytes);
	ret->nr_untimed += READ_ONCE(s->nr_untimed);
	ret->nr_failed += READ_ONCE(s->nr_failed);
	ret->nr_partial += READ_ONCE(s->nr_partial);
	ret->nr_requeued += READ_ONCE(s->nr_requeued);
	ret->nr_merged += READ_ONCE(s->nr_merged);
	ret->nr_split += READ_ONCE(s->nr_split);
}

/* A cell's distributions start with that of @first_ret; there are @return of them. */
static const struct pk_block_sums *pk_block_at(const struct pk_block_keys *k,
					       const struct pk_block_cpu *c, unsigned int at,
					       const struct pk_hist *times_ret[PKPROF_NR_BLOCK_TIMES])
{
	unsigned int nr_cells = k->nr + PKPROF_NR_BLOCK_OPS, i;

	if (at >= nr_cells) {
		times_ret[PKPROF_BLOCK_QUEUE] = times_ret[PKPROF_BLOCK_DEVICE] = NULL;
		times_ret[PKPROF_BLOCK_TOTAL] = &c->owns[at - nr_cells].total;
		return &c->owns[at - nr_cells].sums;
	}
	for (i = 0; i < PKPROF_NR_BLOCK_TIMES; i++)
		times_ret[i] = &c->cells[at].times[i];
	return &c->cells[at].sums;
}

/* The buckets of one of the times, summed up over all CPUs, behind those that are there. */
static void pk_block_tell_time(const struct pk_block_keys *k, struct pk_block_cpu *const *cpus,
			       unsigned int nr_cpus, unsigned int at, unsigned int time,
			       struct pkprof_block_ops *ret)
{
	const struct pk_hist *times[PKPROF_NR_BLOCK_TIMES];
	unsigned int cpu, i;

	for (i = 0; i < PKPROF_HIST_BUCKETS; i++) {
		u32 nr = 0;

		for (cpu = 0; cpu < nr_cpus; cpu++) {
			if (!cpus[cpu])
				continue;
			pk_block_at(k, cpus[cpu], at, times);
			if (!times[time])
				return;
			nr += READ_ONCE(times[time]->nr[i]);
		}
		if (nr)
			ret->buckets[ret->nr_buckets++] = (struct pkprof_block_bucket){
				.bucket = i, .time = time, .nr = nr,
			};
	}
}

size_t pk_block_tell(const struct pk_block_keys *k, struct pk_block_cpu *const *cpus,
		     unsigned int nr_cpus, unsigned int at, u64 epoch_ns,
		     struct pkprof_block_ops *ret)
{
	const struct pk_hist *times[PKPROF_NR_BLOCK_TIMES];
	const struct pk_block_sums *s;
	unsigned int cpu, i;
	u64 last_ns = 0;

	if (!pk_block_whose(k, at, ret))
		return 0;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		if (!cpus[cpu])
			continue;
		s = pk_block_at(k, cpus[cpu], at, times);
		last_ns = max(last_ns, READ_ONCE(s->last_ns));
		pk_block_sum_up(s, ret);
		for (i = 0; i < PKPROF_NR_BLOCK_TIMES; i++) {
			if (!times[i])
				continue;
			ret->sum_ns[i] += READ_ONCE(times[i]->sum_ns);
			ret->max_ns[i] = max(ret->max_ns[i], (__u64)READ_ONCE(times[i]->max_ns));
		}
	}
	if (!last_ns || last_ns < epoch_ns)
		return 0;
	for (i = 0; i < PKPROF_NR_BLOCK_TIMES; i++)
		pk_block_tell_time(k, cpus, nr_cpus, at, i, ret);
	return sizeof(*ret) + ret->nr_buckets * sizeof(ret->buckets[0]);
}
