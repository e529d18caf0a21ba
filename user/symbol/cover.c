// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions that cover sampled addresses; see cover.h. */
#include "base/ascending.h"
#include "symbol/cover.h"

/* A file with more candidates than this for its addresses was not made by a compiler. */
#define MAX_SPARE_FUNCS (1u << 20)
#define MAX_FUNCS_PER_ADDRESS 16

int pk_cover_init(struct pk_cover *c, const uint64_t *addr, size_t nr)
{
	*c = (struct pk_cover){ .addr = addr, .nr = nr };
	c->owner = malloc((nr + 1) * sizeof(*c->owner));
	c->next_free = malloc((nr + 1) * sizeof(*c->next_free));
	c->low = calloc(nr + 1, sizeof(*c->low));
	c->high = malloc((nr + 1) * sizeof(*c->high));
	if (!c->owner || !c->next_free || !c->low || !c->high) {
		pk_cover_deinit(c);
		return -ENOMEM;
	}
	for (size_t i = 0; i <= nr; i++) {
		c->owner[i] = PK_COVER_NONE;
		c->next_free[i] = i;
		c->high[i] = UINT64_MAX;
	}
	return 0;
}

void pk_cover_deinit(struct pk_cover *c)
{
	free(c->owner);
	free(c->next_free);
	free(c->low);
	free(c->high);
	pk_vec_deinit(&c->funcs);
	*c = (struct pk_cover){ 0 };
}

uint32_t pk_cover_lower(const struct pk_cover *c, uint64_t addr)
{
	return pk_lower_u64(c->addr, c->nr, addr);
}

/* First free index from @i on; halves the chain on its way. */
static uint32_t skip(struct pk_cover *c, uint32_t i)
{
	while (c->next_free[i] != i) {
		c->next_free[i] = c->next_free[c->next_free[i]];
		i = c->next_free[i];
	}
	return i;
}

uint32_t pk_cover_next_free(struct pk_cover *c, uint64_t addr)
{
	return skip(c, pk_cover_lower(c, addr));
}

uint32_t pk_cover_free_after(struct pk_cover *c, uint32_t i)
{
	return skip(c, i + 1);
}

void pk_cover_clip(struct pk_cover *c, uint32_t i, uint64_t start, uint64_t end)
{
	if (c->owner[i] != PK_COVER_NONE)
		return;
	if (start > c->low[i])
		c->low[i] = start;
	if (end < c->high[i])
		c->high[i] = end;
}

/* Those in between are in it, to whomever they will belong. */
void pk_cover_bound(struct pk_cover *c, uint64_t start, uint64_t end)
{
	uint32_t i = pk_cover_lower(c, start);

	if (i)
		pk_cover_clip(c, i - 1, 0, start);
	if (i < c->nr && c->addr[i] < end)
		i = pk_cover_lower(c, end);
	if (i < c->nr)
		pk_cover_clip(c, i, end, UINT64_MAX);
}

int pk_cover_offer(struct pk_cover *c, const struct pk_func *f)
{
	uint32_t i;

	if (f->end <= f->start)
		return 0;
	pk_cover_bound(c, f->start, f->end);
	i = pk_cover_next_free(c, f->start);
	if (i == c->nr || c->addr[i] >= f->end)
		return 0;
	if (c->funcs.nr >= MAX_SPARE_FUNCS + (size_t)c->nr * MAX_FUNCS_PER_ADDRESS)
		return 0;
	if (pk_vec_add(&c->funcs, *f))
		return -ENOMEM;
	c->funcs.data[c->funcs.nr - 1].order = c->funcs.nr - 1;
	return 0;
}

/* How much a name looks like one that is not for its users' eyes. */
static size_t underscores(const char *name)
{
	/* the C library's names for calls of itself */
	if (!strncmp(name, "__GI_", 5))
		return SIZE_MAX;
	return strspn(name, "_");
}

static int compare_names(const char *x, const char *y)
{
	size_t a = underscores(x), b = underscores(y);

	if (a != b)
		return a < b ? -1 : 1;
	a = strlen(x);
	b = strlen(y);
	if (a != b)
		return a < b ? -1 : 1;
	return strcmp(x, y);
}

static int compare_innermost(const void *a, const void *b)
{
	const struct pk_func *x = a, *y = b;

	if (x->start != y->start)
		return x->start > y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return compare_names(x->name, y->name);
}

void pk_cover_settle(struct pk_cover *c, pk_func_compare compare)
{
	size_t nr = c->funcs.nr - c->nr_settled;

	if (nr)
		qsort(c->funcs.data + c->nr_settled, nr, sizeof(*c->funcs.data),
		      compare ? compare : compare_innermost);
	for (size_t f = c->nr_settled; f < c->funcs.nr; f++) {
		uint32_t i = pk_cover_next_free(c, c->funcs.data[f].start);

		while (i < c->nr && c->addr[i] < c->funcs.data[f].end) {
			c->owner[i] = f;
			c->next_free[i] = i + 1;
			i = skip(c, i + 1);
		}
	}
	c->nr_settled = c->funcs.nr;
}

/* A stretch of addresses with one owner. */
struct stretch {
	uint32_t func;
	uint64_t start, end;
	uint64_t last;		/* its highest address */
};

/*
 * Separate two neighbours whose functions overlap. Whichever of them was
 * better does not cover the other's addresses, so there is a place to cut.
 */
static void separate(struct stretch *low, struct stretch *high)
{
	if (low->end <= high->start)
		return;
	if (high->start > low->last)
		low->end = high->start;
	else
		high->start = low->end;
}

int pk_cover_emit(const struct pk_cover *c, pk_cover_fn fn, void *ctx)
{
	struct stretch before = { .func = PK_COVER_NONE };
	int ret = 0;

	for (uint32_t i = 0; i < c->nr && !ret; i++) {
		struct stretch now = { .func = c->owner[i], .last = c->addr[i] };

		if (now.func == PK_COVER_NONE)
			continue;
		if (now.func == before.func) {
			before.last = now.last;
			if (c->funcs.data[now.func].loose)
				before.end = now.last + 1;
			continue;
		}
		now.start = c->funcs.data[now.func].start;
		now.end = c->funcs.data[now.func].end;
		if (c->funcs.data[now.func].loose) {
			now.start = now.last;
			now.end = now.last + 1;
		}
		if (before.func != PK_COVER_NONE) {
			separate(&before, &now);
			ret = fn(ctx, before.start, before.end, before.func);
		}
		before = now;
	}
	if (before.func != PK_COVER_NONE && !ret)
		ret = fn(ctx, before.start, before.end, before.func);
	return ret;
}
