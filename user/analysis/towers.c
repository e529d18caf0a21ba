// SPDX-License-Identifier: GPL-2.0-or-later
/* Weighted stacks; see towers.h. */
#include "analysis/towers.h"
#include "base/strbuf.h"

void pk_towers_init(struct pk_towers *t, const struct pk_model *m)
{
	*t = (struct pk_towers){ .model = m };
}

void pk_towers_deinit(struct pk_towers *t)
{
	pk_vec_deinit(&t->parts);
	pk_vec_deinit(&t->sums);
	pk_vec_deinit(&t->pieces);
	pk_map64_deinit(&t->by_marker);
	pk_map64_deinit(&t->by_stack);
	pk_map64_deinit(&t->by_sum);
	free(t->plumbing);
}

static uint64_t pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static int intern(struct pk_towers *t, struct pk_map64 *map, uint32_t id,
		  const struct pk_tower_part *part, uint32_t *tower_ret)
{
	uint32_t *at = pk_map64_at(map, pair(part->below, id));

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		*at = t->model->nodes.nr + t->parts.nr;
		if (pk_vec_add(&t->parts, *part))
			return -ENOMEM;
	}
	*tower_ret = *at;
	return 0;
}

int pk_towers_mark(struct pk_towers *t, uint32_t below, const char *text, const char *name,
		   uint32_t *tower_ret)
{
	struct pk_tower_part part = { .below = below };
	struct pk_strbuf b = { 0 };
	int rc;

	pk_strbuf_printf(&b, "[%s%s]", text, name ? name : "");
	rc = pk_strbuf_failed(&b) ? -ENOMEM :
				    pk_strtab_intern_z(&t->model->profile->strings, b.data,
						       &part.marker);
	pk_strbuf_deinit(&b);
	return rc ? rc : intern(t, &t->by_marker, part.marker, &part, tower_ret);
}

int pk_towers_stack(struct pk_towers *t, uint32_t below, uint32_t stack, uint32_t stop,
		    uint32_t *tower_ret)
{
	struct pk_tower_part part = { .below = below, .stack = stack, .stop = stop };

	*tower_ret = stack ? stack : below;
	if (!stack || !(below || stop))
		return 0;
	return intern(t, &t->by_stack, stack, &part, tower_ret);
}

int pk_towers_add(struct pk_towers *t, uint32_t base, uint32_t tower, uint64_t weight,
		  uint32_t *sum_ret)
{
	uint32_t *at = pk_map64_at(&t->by_sum, pair(base, tower));

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		*at = t->sums.nr;
		if (pk_vec_add(&t->sums, ((struct pk_tower_sum){ base, tower, 0, 0 })))
			return -ENOMEM;
	}
	t->sums.data[*at].weight += weight;
	if (sum_ret)
		*sum_ret = *at;
	return 0;
}

int pk_towers_add_piece(struct pk_towers *t, uint32_t base, uint32_t tower,
			struct pk_tower_piece *piece)
{
	int rc = pk_towers_add(t, base, tower, piece->weight, &piece->sum);

	return rc ? rc : pk_vec_add(&t->pieces, *piece);
}
