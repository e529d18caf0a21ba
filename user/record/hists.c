// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of the ledger to pieces of distributions; see hists.h. */
#include <errno.h>

#include "record/accounts.h"
#include "record/hists.h"
#include "record/reading_times.h"

#define CLOSED_MIN 1024 /* distributions gone before the list is tidied up */
#define WRITTEN (PK_MAP64_NONE - 1) /* in h->where: the last reading told it as a whole */

/* What an entry takes besides buckets: itself, and its share of the index. */
#define STATE_BYTES (sizeof(struct pk_hist_state) + 2 * sizeof(struct pk_map64_slot))

struct pk_hist_state {
	uint64_t key;			/* what, enum pkprof_hist_key and id */
	uint64_t start_ns;		/* tells two processes of one id apart */
	uint64_t at_ns;			/* the sums are of then */
	uint64_t sum_ns;
	struct pk_kept_buckets buckets;
	uint32_t closed;		/* 0: open; else number of the reading before, plus 1 */
};

void pk_hists_init(struct pk_hists *h, struct pk_writer *w, uint64_t t0_ns)
{
	*h = (struct pk_hists){ .writer = w, .t0_ns = t0_ns, .base_ns = t0_ns };
}

void pk_hists_deinit(struct pk_hists *h)
{
	PK_VEC_FOREACH(&h->known, s)
		pk_kept_buckets_deinit(&s->buckets);
	pk_vec_deinit(&h->known);
	pk_map64_deinit(&h->where);
	pk_vec_deinit(&h->told);
	pk_vec_deinit(&h->diff);
}

static uint64_t key_of(const struct pkprof_hist *told)
{
	return (uint64_t)told->what << 40 | (uint64_t)told->key << 32 | told->id;
}

/* --- what is remembered --------------------------------------------------------- */

static void forget(struct pk_hists *h, struct pk_hist_state *s)
{
	h->bytes -= s->buckets.nr * sizeof(*s->buckets.data);
	pk_kept_buckets_deinit(&s->buckets);
}

static void close_state(struct pk_hists *h, struct pk_hist_state *s)
{
	forget(h, s);
	if (!s->closed)
		h->nr_closed++;
	s->closed = h->nr_readings + 1;
}

/* As of accounts: a reading that was under way at its end could tell of it once more. */
static int tidy_up(struct pk_hists *h)
{
	size_t nr = 0;

	if (h->nr_closed < CLOSED_MIN || h->nr_closed < h->known.nr / 2)
		return 0;
	pk_map64_clear(&h->where);
	PK_VEC_FOREACH(&h->known, s) {
		if (s->closed && s->closed < h->nr_readings) {
			h->nr_closed--;
			h->bytes -= STATE_BYTES;
			continue;
		}
		h->known.data[nr] = *s;
		if (pk_map64_set(&h->where, s->key, nr++))
			return -ENOMEM;
	}
	h->known.nr = nr;
	return 0;
}

/* The one that is known; NULL: none, or of another thing that had its id. */
static struct pk_hist_state *known(struct pk_hists *h, const struct pkprof_hist *told)
{
	uint32_t at = pk_map64_get(&h->where, key_of(told));
	struct pk_hist_state *s = at >= WRITTEN ? NULL : &h->known.data[at];

	return s && s->start_ns == told->start_ns ? s : NULL;
}

/* Room for a new one, in place of what had its id before. */
static struct pk_hist_state *add(struct pk_hists *h, const struct pkprof_hist *told)
{
	uint32_t *at = pk_map64_at(&h->where, key_of(told));
	struct pk_hist_state *s;

	if (!at)
		return NULL;
	if (*at < WRITTEN) {
		s = &h->known.data[*at];
		forget(h, s);
		h->nr_closed -= s->closed != 0;
	} else {
		s = pk_vec_push(&h->known);
		if (!s)
			return NULL;
		*at = h->known.nr - 1;
		h->bytes += STATE_BYTES;
	}
	*s = (struct pk_hist_state){ .key = key_of(told), .start_ns = told->start_ns };
	return s;
}

static int remember(struct pk_hists *h, struct pk_hist_state *s, const struct pkprof_hist *told)
{
	uint32_t nr_before = s->buckets.nr;
	int ret = pk_kept_buckets_set(&s->buckets, &h->told);

	if (ret)
		return ret;
	h->bytes += ((size_t)s->buckets.nr - nr_before) * sizeof(*s->buckets.data);
	s->sum_ns = told->sum_ns;
	s->at_ns = h->now_ns;
	return 0;
}

/* --- pieces ----------------------------------------------------------------------- */

static uint64_t later(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

/*
 * When nothing was in it that is not in @s: the last reading that told of others only,
 * unless some were left for later.
 */
static uint64_t beginning(const struct pk_hists *h, const struct pk_hist_state *s,
			  const struct pkprof_hist *told, uint64_t to_ns)
{
	uint64_t from_ns = s ? s->at_ns : later(told->start_ns, h->base_ns);
	uint64_t quiet_ns = h->told_ns[told->key];

	if (quiet_ns >= to_ns)
		quiet_ns = h->last_ns[told->key];
	if (!h->stats.nr_delayed)
		from_ns = later(from_ns, quiet_ns);
	return from_ns < to_ns ? from_ns : to_ns - 1;
}

/* What @told, its buckets in h->told, has more than @s, which may be NULL: nothing before. */
static int write_piece(struct pk_hists *h, const struct pk_hist_state *s,
		       const struct pkprof_hist *told, uint64_t to_ns)
{
	struct pk_hist_piece piece = { .to_ns = to_ns, .what = told->what, .key = told->key,
				       .id = told->id, .max_ns = told->max_ns };
	int ret = pk_buckets_difference(&h->told, s ? &s->buckets : NULL, &h->diff);

	if (ret)
		return ret;
	PK_VEC_FOREACH(&h->diff, b)
		piece.count += b->nr;
	if (!piece.count || !to_ns)
		return 0;
	piece.sum_ns = pk_sum_growth(told->sum_ns, s ? s->sum_ns : 0);
	piece.from_ns = beginning(h, s, told, to_ns);
	piece.nr_buckets = h->diff.nr;
	h->stats.nr_pieces++;
	return pk_writer_hist(h->writer, &piece, h->diff.data);
}

/* Nothing of it is from before the session. */
static bool all_ours(const struct pk_hists *h, const struct pkprof_hist *told)
{
	return !h->older || told->start_ns >= h->t0_ns;
}

int pk_hists_begin(struct pk_hists *h, const struct pkprof_ledger_info *i, bool final)
{
	if (!h->nr_readings) {
		h->older = i->from_ns + PK_LEDGER_LEAD_NS < h->t0_ns;
		h->base_ns = h->older ? h->t0_ns : i->from_ns;
	}
	h->nr_readings++;
	h->now_ns = i->now_ns;
	h->final = final;
	return tidy_up(h);
}

void pk_hists_end(struct pk_hists *h, bool complete)
{
	for (unsigned int key = 0; !complete && key < PKPROF_NR_HIST_KEYS; key++)
		if (h->told_ns[key] == h->now_ns)
			h->told_ns[key] = h->last_ns[key];
}

int pk_hists_take(struct pk_hists *h, const struct pkprof_hist *told)
{
	struct pk_hist_state *s = known(h, told);
	bool first = h->nr_readings == 1, full = h->bytes >= PK_HISTS_MAX_BYTES;
	int ret;

	if (h->told_ns[told->key] != h->now_ns) {
		h->last_ns[told->key] = h->told_ns[told->key];
		h->told_ns[told->key] = h->now_ns;
	}
	if (s && s->closed)
		return 0;
	if (!s && full && !h->final) {
		h->stats.nr_delayed++;
		return 0;
	}
	ret = pk_buckets_take(&h->told, told->buckets, told->nr_buckets);
	if (ret)
		return ret;
	if (s || all_ours(h, told))
		ret = write_piece(h, s, told, h->now_ns);
	else if (!first)
		h->stats.nr_untold++;
	if (ret)
		return ret;
	/* its final one may still come, and adds next to nothing */
	if (h->final && !s)
		return pk_map64_set(&h->where, key_of(told), WRITTEN);
	if (!s)
		s = add(h, told);
	return s ? remember(h, s, told) : -ENOMEM;
}

int pk_hists_death(struct pk_hists *h, const struct pkprof_hist *told, uint64_t time_ns)
{
	struct pk_hist_state *s = known(h, told);
	int ret;

	if (s ? s->closed : pk_map64_get(&h->where, key_of(told)) == WRITTEN)
		return 0;
	ret = pk_buckets_take(&h->told, told->buckets, told->nr_buckets);
	if (ret)
		return ret;
	if (s || all_ours(h, told))
		ret = write_piece(h, s, told, time_ns);
	else
		h->stats.nr_untold++;
	if (!s)
		s = add(h, told);
	if (!s)
		return -ENOMEM;
	close_state(h, s);
	return ret;
}
