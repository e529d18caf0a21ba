// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts of Go's function table; see go_pclntab.h. */
#include <string.h>

#include "base/reader.h"
#include "symbol/go_pclntab.h"

#define MAGIC_1_2  0xfffffffb
#define MAGIC_1_16 0xfffffffa
#define MAGIC_1_18 0xfffffff0
#define MAGIC_1_20 0xfffffff1

static uint64_t number(struct pk_reader *r, unsigned int bytes)
{
	return bytes == 4 ? pk_reader_u32(r) : pk_reader_u64(r);
}

/* A number at an offset of the table; false: not in it. */
static bool number_at(const struct pk_go_pclntab *t, uint64_t off, unsigned int bytes,
		      uint64_t *ret)
{
	struct pk_reader r = pk_reader_of(t->data, t->len);

	pk_reader_bytes(&r, off);
	*ret = number(&r, bytes);
	return !pk_reader_bad(&r);
}

/* Offsets of the parts in between are of files, units and lines. */
static void read_parts(struct pk_go_pclntab *t, struct pk_reader *r)
{
	unsigned int word = t->word_bytes;

	number(r, word); /* files */
	if (t->is_relative)
		t->text = number(r, word);
	t->names = number(r, word);
	for (unsigned int i = 0; i < 3; i++)
		number(r, word);
	t->index = t->funcs = number(r, word);
}

bool pk_go_pclntab_init(struct pk_go_pclntab *t, const void *data, size_t len)
{
	struct pk_reader r = pk_reader_of(data, len);
	uint32_t magic = pk_reader_u32(&r);
	uint8_t zero = pk_reader_u8(&r) | pk_reader_u8(&r);
	uint8_t quantum = pk_reader_u8(&r), word = pk_reader_u8(&r);

	*t = (struct pk_go_pclntab){ .data = data, .len = len, .word_bytes = word };
	if (zero || (quantum != 1 && quantum != 2 && quantum != 4) || (word != 4 && word != 8))
		return false;
	t->is_relative = magic == MAGIC_1_18 || magic == MAGIC_1_20;
	t->field_bytes = t->is_relative ? 4 : word;
	t->nr_funcs = number(&r, word);
	if (magic == MAGIC_1_2)
		t->index = sizeof(magic) + 4 + word;
	else if (magic == MAGIC_1_16 || t->is_relative)
		read_parts(t, &r);
	else
		return false;
	/* one entry more, which is the end of the last function */
	return !pk_reader_bad(&r) && t->nr_funcs && t->index < len &&
	       t->nr_funcs < (len - t->index) / (2 * t->field_bytes);
}

/* Entry of a function as the table has it. */
static bool entry_of(const struct pk_go_pclntab *t, uint64_t i, uint64_t *ret)
{
	return number_at(t, t->index + 2 * i * t->field_bytes, t->field_bytes, ret);
}

bool pk_go_pclntab_range(const struct pk_go_pclntab *t, uint64_t *start_ret, uint64_t *end_ret)
{
	if (!entry_of(t, 0, start_ret) || !entry_of(t, t->nr_funcs, end_ret))
		return false;
	*start_ret += t->text;
	*end_ret += t->text;
	return *start_ret < *end_ret;
}

static const char *name_at(const struct pk_go_pclntab *t, uint64_t off)
{
	struct pk_reader r = pk_reader_of(t->data, t->len);
	const char *name;
	size_t left;

	pk_reader_bytes(&r, t->names);
	pk_reader_bytes(&r, off);
	left = pk_reader_left(&r);
	if (left > PK_MAX_SYMBOL_NAME + 1)
		left = PK_MAX_SYMBOL_NAME + 1;
	name = pk_reader_bytes(&r, left);
	return name && left && name[0] && memchr(name, '\0', left) ? name : NULL;
}

/* The function's data begins with its entry once more and the offset of its name. */
static const char *name_of(const struct pk_go_pclntab *t, uint64_t i, uint64_t entry)
{
	uint64_t off, again, name;

	if (!number_at(t, t->index + (2 * i + 1) * t->field_bytes, t->field_bytes, &off) ||
	    off > t->len || t->funcs > t->len ||
	    !number_at(t, t->funcs + off, t->field_bytes, &again) || again != entry ||
	    !number_at(t, t->funcs + off + t->field_bytes, 4, &name))
		return NULL;
	return name_at(t, name);
}

bool pk_go_pclntab_at(const struct pk_go_pclntab *t, uint64_t i, struct pk_func *ret)
{
	uint64_t entry, end;

	if (i >= t->nr_funcs || !entry_of(t, i, &entry) || !entry_of(t, i + 1, &end))
		return false;
	*ret = (struct pk_func){ .start = t->text + entry, .end = t->text + end };
	ret->name = name_of(t, i, entry);
	return ret->name && ret->start < ret->end;
}

bool pk_go_pclntab_find(const struct pk_go_pclntab *t, uint64_t svma, struct pk_func *ret)
{
	uint64_t lo = 0, hi = t->nr_funcs, at = svma - t->text, entry;

	if (svma < t->text)
		return false;
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (!entry_of(t, mid, &entry))
			return false;
		if (entry <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* in a table out of order what was found may be anywhere */
	return lo && pk_go_pclntab_at(t, lo - 1, ret) && svma - ret->start < ret->end - ret->start;
}
