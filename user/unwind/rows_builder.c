// SPDX-License-Identifier: GPL-2.0-or-later
/* Builds tables of unwind rows; see rows_builder.h. */
#include <string.h>

#include "base/map64.h"
#include "unwind/rows_builder.h"

/* An index has 16 bits, and one rule says UNKNOWN for what has no place. */
#define MAX_RULES   65535
#define FIRST_SLOTS 256

static const struct pkprof_rule unknown = { .kind = PKPROF_RULE_UNKNOWN };

void pk_rows_builder_deinit(struct pk_rows_builder *b)
{
	pk_vec_deinit(&b->rows);
	pk_vec_deinit(&b->rules);
	pk_vec_deinit(&b->pages);
	free(b->slots);
	*b = (struct pk_rows_builder){ 0 };
}

/* Its slot, or the free one where it belongs. */
static uint32_t *find_slot(const struct pk_rows_builder *b, const struct pkprof_rule *rule)
{
	uint64_t word[3];
	size_t i;

	_Static_assert(sizeof(word) == sizeof(*rule), "hashed as words");
	memcpy(word, rule, sizeof(word));
	i = pk_hash64(word[0] ^ pk_hash64(word[1]) ^ word[2] * 0x9e3779b97f4a7c15ULL);
	for (i &= b->nr_slots - 1; b->slots[i]; i = (i + 1) & (b->nr_slots - 1))
		if (!memcmp(&b->rules.data[b->slots[i] - 1], rule, sizeof(*rule)))
			break;
	return &b->slots[i];
}

static int grow_slots(struct pk_rows_builder *b)
{
	size_t nr = b->nr_slots ? b->nr_slots * 4 : FIRST_SLOTS;
	uint32_t *slots = calloc(nr, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(b->slots);
	b->slots = slots;
	b->nr_slots = nr;
	for (size_t i = 0; i < b->rules.nr; i++)
		*find_slot(b, &b->rules.data[i]) = i + 1;
	return 0;
}

/* Index of a rule, which is stored if it is new. */
static int rule_index(struct pk_rows_builder *b, const struct pkprof_rule *rule, uint16_t *ret)
{
	uint32_t *slot;

	if (b->rules.nr * 2 >= b->nr_slots && grow_slots(b))
		return -ENOMEM;
	slot = find_slot(b, rule);
	if (!*slot && b->rules.nr >= MAX_RULES - 1) {
		b->nr_replaced++;
		rule = &unknown;
		slot = find_slot(b, rule);
	}
	if (!*slot) {
		if (pk_vec_add(&b->rules, *rule))
			return -ENOMEM;
		*slot = b->rules.nr;
	}
	*ret = *slot - 1;
	return 0;
}

/* Pages up to that of @off begin with the next row. */
static int begin_pages(struct pk_rows_builder *b, uint64_t off)
{
	uint64_t nr = (off >> PKPROF_ROWS_PAGE_SHIFT) + 1;

	if (nr <= b->pages.nr)
		return 0;
	if (pk_rows_bytes(MAX_RULES, nr, b->rows.nr) > PK_ROWS_MAX_BYTES)
		return -EFBIG;
	if (pk_vec_reserve(&b->pages, nr))
		return -ENOMEM;
	while (b->pages.nr < nr)
		b->pages.data[b->pages.nr++] = b->rows.nr;
	return 0;
}

int pk_rows_add(struct pk_rows_builder *b, uint64_t off, const struct pkprof_rule *rule)
{
	struct pkprof_row row;
	int ret = rule_index(b, rule, &row.rule);

	if (ret)
		return ret;
	if (off <= b->last_off) {
		off = b->last_off;
		b->rows.nr -= b->has_last;
		b->has_last = false;
	}
	if (b->rows.nr ? b->rows.data[b->rows.nr - 1].rule == row.rule
		       : rule->kind == PKPROF_RULE_GAP)
		return 0;
	ret = begin_pages(b, off);
	if (!ret && pk_rows_bytes(MAX_RULES, b->pages.nr, b->rows.nr + 1) > PK_ROWS_MAX_BYTES)
		ret = -EFBIG;
	if (ret)
		return ret;
	row.off = off;
	b->last_off = off;
	b->has_last = true;
	return pk_vec_add(&b->rows, row);
}

/*
 * Rows come last in the table, behind rules and pages whose number was not known: they are moved
 * up in their own memory, so that there are never two copies of them.
 */
int pk_rows_finish(struct pk_rows_builder *b, uint32_t flags, const struct pkprof_python *python,
		   struct pk_rows_blob *ret)
{
	size_t python_bytes = python ? sizeof(*python) : 0;
	size_t bytes = pk_rows_bytes(b->rules.nr, b->pages.nr, b->rows.nr) + python_bytes;
	size_t rows_bytes = b->rows.nr * sizeof(*b->rows.data);
	struct pkprof_rows head = {
		.magic = PKPROF_ROWS_MAGIC,
		.bytes = bytes,
		.flags = flags | (python ? PKPROF_ROWS_PYTHON : 0),
	};
	char *p = realloc(b->rows.data, bytes), *at = p;

	if (!p)
		return -ENOMEM;
	b->rows.data = NULL;
	head.nr_rules = b->rules.nr;
	head.nr_pages = b->pages.nr;
	head.nr_rows = b->rows.nr;
	if (rows_bytes)
		memmove(p + bytes - python_bytes - rows_bytes, p, rows_bytes);
	if (python)
		memcpy(p + bytes - python_bytes, python, python_bytes);
	at = mempcpy(at, &head, sizeof(head));
	if (b->rules.nr)
		at = mempcpy(at, b->rules.data, b->rules.nr * sizeof(*b->rules.data));
	if (b->pages.nr)
		at = mempcpy(at, b->pages.data, b->pages.nr * sizeof(*b->pages.data));
	memcpy(at, &head.nr_rows, sizeof(head.nr_rows));
	*ret = (struct pk_rows_blob){ (void *)p, bytes };
	return 0;
}
