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

static void pk_grids_no_later(struct pk_grids *g)
{
	g->later = (struct pk_grid){ .t0_ns = PK_NO_GRID };
	g->later_first = PK_NO_GRID;
}

void pk_grids_init(struct pk_grids *g, u64 t0_ns, u64 period_ns, u64 seed, u32 cpu)
{
	g->base_ns = period_ns;
	pk_grid_init(&g->now, t0_ns, period_ns, seed, cpu);
	g->first = 0;
	g->shift = 0;
	pk_grids_no_later(g);
}

u64 pk_grids_instant(const struct pk_grids *g, u64 k)
{
	if (k >= g->later_first)
		return pk_grid_instant(&g->later, k - g->later_first);
	return pk_grid_instant(&g->now, k - g->first);
}

u64 pk_grids_count(const struct pk_grids *g, u64 time_ns)
{
	if (time_ns >= g->later.t0_ns)
		return g->later_first + pk_grid_count(&g->later, time_ns);
	return g->first + pk_grid_count(&g->now, time_ns);
}

void pk_grids_change(struct pk_grids *g, u64 next, u32 shift)
{
	u64 strata = next - g->first + 1;

	if (g->later_first != PK_NO_GRID || shift == g->shift)
		return;
	g->later_first = next + 1;
	g->later_shift = shift;
	g->later.t0_ns = g->now.t0_ns + strata * g->now.period_ns;
	g->later.period_ns = g->base_ns << shift;
	g->later.key = pk_mix(g->now.key ^ pk_mix(g->later.t0_ns));
}

void pk_grids_settle(struct pk_grids *g, u64 next)
{
	if (next < g->later_first || g->later_first == PK_NO_GRID)
		return;
	g->now = g->later;
	g->first = g->later_first;
	g->shift = g->later_shift;
	pk_grids_no_later(g);
}
