// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sampling grid, see grid.h. In: origin, period, seed. Out: instants and
 * their numbers. No state, no rounding: all is integer arithmetic on indices.
 */
#include "grid.h"
#include "mix.h"

/*
 * The high half of hash * period is uniform over [0, period) up to period / 2^64,
 * where a remainder would cost a division.
 */
static u64 pk_grid_jitter(const struct pk_grid *g, u64 k)
{
	u64 hash = pk_mix(g->key + k * PK_GOLDEN);

	return (u64)(((unsigned __int128)hash * g->period_ns) >> 64);
}

void pk_grid_init(struct pk_grid *g, u64 t0_ns, u64 period_ns, u64 seed, u32 cpu)
{
	g->t0_ns = t0_ns;
	g->period_ns = period_ns;
	g->key = pk_mix(seed ^ pk_mix(cpu + 1));
}

u64 pk_grid_instant(const struct pk_grid *g, u64 k)
{
	return g->t0_ns + k * g->period_ns + pk_grid_jitter(g, k);
}

u64 pk_grid_count(const struct pk_grid *g, u64 time_ns)
{
	u64 age, k;

	if (time_ns < g->t0_ns)
		return 0;
	age = time_ns - g->t0_ns;
	k = age / g->period_ns;
	return k + (pk_grid_jitter(g, k) <= age - k * g->period_ns);
}
