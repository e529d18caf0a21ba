// SPDX-License-Identifier: GPL-2.0-or-later
/* Layout of a flame graph; see flame_layout.h. */
#include <math.h>

#include "export/flame_layout.h"

#define NONE UINT32_MAX

enum pk_flame_kind pk_flame_kind_of(const struct pk_calltree *t, uint32_t label)
{
	const struct pk_frame *f = pk_calltree_frame(t, label);

	if (!f)
		return pk_calltree_is_marker(t, label) ? PK_FLAME_MARKER : PK_FLAME_BASE;
	return f->kind <= PK_FRAME_MARKER ? (enum pk_flame_kind)f->kind : PK_FLAME_MARKER;
}

unsigned int pk_flame_shade(const char *name)
{
	return pk_hash_bytes(name, strlen(name)) % PK_FLAME_NR_SHADES;
}

/* Hue in degrees, saturation and lightness 0..1, as CSS defines hsl(). */
struct palette {
	double hue, hue_range, saturation, lightness, lightness_range;
};

static const struct palette palettes[PK_FLAME_NR_KINDS] = {
	[PK_FLAME_USER] = { 22, 26, 0.88, 0.66, 0.13 },
	[PK_FLAME_KERNEL] = { 196, 24, 0.58, 0.68, 0.13 },
	[PK_FLAME_JIT] = { 92, 40, 0.44, 0.66, 0.13 },
	[PK_FLAME_PYTHON] = { 48, 12, 0.90, 0.62, 0.13 },
	[PK_FLAME_MARKER] = { 0, 0, 0.00, 0.78, 0.08 },
	[PK_FLAME_BASE] = { 256, 24, 0.24, 0.80, 0.06 },
};

/* One channel of hsl(): CSS Color Module Level 4, section 7.1; n: 0 red, 8 green, 4 blue. */
static uint32_t channel(double hue, double saturation, double lightness, int n)
{
	double k = fmod(n + hue / 30, 12);
	double a = saturation * fmin(lightness, 1 - lightness);
	double v = lightness - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));

	return (uint32_t)(v * 255 + 0.5);
}

uint32_t pk_flame_colour(enum pk_flame_kind kind, unsigned int shade)
{
	const struct palette *p = &palettes[kind];
	/* neighbours in hue get lightnesses far apart */
	double h = (double)shade / (PK_FLAME_NR_SHADES - 1);
	double l = (double)(shade * 7 % PK_FLAME_NR_SHADES) / (PK_FLAME_NR_SHADES - 1);
	double hue = p->hue + h * p->hue_range;
	double lightness = p->lightness + l * p->lightness_range;

	return channel(hue, p->saturation, lightness, 0) << 16 |
	       channel(hue, p->saturation, lightness, 8) << 8 |
	       channel(hue, p->saturation, lightness, 4);
}

/* What init() needs for each depth on the way down. */
struct level {
	uint32_t box;		/* that is open at this depth */
	uint64_t next_x;	/* where its next child goes */
};

static int add_label(struct pk_flame_layout *l, uint32_t *number, uint32_t label, uint32_t *ret)
{
	if (number[label] == NONE) {
		number[label] = l->labels.nr;
		if (pk_vec_add(&l->labels, label))
			return -ENOMEM;
	}
	*ret = number[label];
	return 0;
}

static int add_box(struct pk_flame_layout *l, uint32_t idx, struct level *levels, uint32_t *number)
{
	const struct pk_call *c = &l->tree->calls.data[idx];
	struct pk_flame_box *b = pk_vec_push(&l->boxes);

	if (!b || add_label(l, number, c->label, &b->label))
		return -ENOMEM;
	b->call = idx;
	b->depth = c->depth;
	b->total = c->total;
	if (c->depth) {
		b->x = levels[c->depth - 1].next_x;
		levels[c->depth - 1].next_x += c->total;
	}
	levels[c->depth] = (struct level){ l->boxes.nr - 1, b->x };
	if (c->depth > l->max_depth)
		l->max_depth = c->depth;
	return 0;
}

static int place(struct pk_flame_layout *l, double min_share, struct level *levels,
		 uint32_t *number)
{
	const struct pk_calltree *t = l->tree;
	double least = t->calls.data[0].total * min_share;

	for (size_t i = 0; i < t->calls.nr; i++) {
		const struct pk_call *c = &t->calls.data[i];

		/* the root is drawn even if it has no weight */
		if (!i || c->total >= least) {
			if (add_box(l, i, levels, number))
				return -ENOMEM;
			continue;
		}
		l->boxes.data[levels[c->depth - 1].box].narrow += c->total;
		l->narrow_weight += c->total;
		l->nr_narrow += c->nr_below + 1;
		i += c->nr_below;
	}
	return 0;
}

int pk_flame_layout_init(const struct pk_calltree *t, double min_share,
			 struct pk_flame_layout *ret)
{
	size_t nr_labels = t->model->frames.nr + t->bases.nr + t->markers.nr;
	struct level *levels = calloc(t->max_depth + 1, sizeof(*levels));
	uint32_t *number = malloc((nr_labels + 1) * sizeof(*number));
	int rc = levels && number ? 0 : -ENOMEM;

	*ret = (struct pk_flame_layout){ .tree = t };
	if (!rc) {
		memset(number, 0xff, (nr_labels + 1) * sizeof(*number));
		rc = place(ret, min_share, levels, number);
	}
	free(levels);
	free(number);
	if (rc)
		pk_flame_layout_deinit(ret);
	return rc;
}

void pk_flame_layout_deinit(struct pk_flame_layout *l)
{
	pk_vec_deinit(&l->boxes);
	pk_vec_deinit(&l->labels);
}
