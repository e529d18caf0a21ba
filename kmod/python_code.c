// SPDX-License-Identifier: GPL-2.0-or-later
/* Code objects of CPython; see python_code.h. */
#include "python_code.h"
#include "user_word.h"

#define PK_CODE_K0 0xa0761d6478bd642fULL /* odd constants without structure */
#define PK_CODE_K1 0xe7037ed1a0b428dbULL

static u64 pk_code_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static bool pk_code_word(u64 at, u64 *ret)
{
	return at < PK_USER_END - sizeof(*ret) && pk_user_word(at, false, ret);
}

/* 32 bits that are aligned, within a word that is. */
static bool pk_code_int(u64 at, u32 *ret)
{
	u64 word;

	if (!pk_code_word(at & ~7ULL, &word))
		return false;
	*ret = (u32)(word >> (at & 4) * 8);
	return true;
}

/* --- what is said of one --- */

/* A compact string's text, at most @max bytes of it. Return: false, there is none to be had. */
static bool pk_code_text(const struct pkprof_python *o, u64 at, u8 *to, u16 max, u16 *len_ret,
			 u8 *width_ret)
{
	u64 text, length;
	u32 state, kind;

	*len_ret = 0;
	*width_ret = 1;
	if (!pk_code_word(at, &text) || !pk_code_word(text + o->text_length, &length) ||
	    !pk_code_int(text + o->text_state, &state))
		return false;
	state >>= o->kind_shift;
	kind = state & 7;
	/* compact; only such are names */
	if (!(state & 8) || (kind != 1 && kind != 2 && kind != 4) || (s64)length < 0)
		return false;
	length = min(length, (u64)(max / kind));
	if (!pk_user_bytes(to, text + (state & 16 ? o->ascii_data : o->wide_data),
			   (u32)length * kind))
		return false;
	*len_ret = (u16)(length * kind);
	*width_ret = (u8)kind;
	return true;
}

static bool pk_code_lines(const struct pkprof_python *o, u64 at, u8 *to, u16 *len_ret)
{
	u64 bytes, length;

	*len_ret = 0;
	if (!pk_code_word(at, &bytes) || !pk_code_word(bytes + o->bytes_length, &length) ||
	    (s64)length < 0)
		return false;
	length = min(length, (u64)PKPROF_MAX_CODE_LINES);
	if (!pk_user_bytes(to, bytes + o->bytes_data, (u32)length))
		return false;
	*len_ret = (u16)length;
	return true;
}

/* Return: false, part of it is missing. */
static bool pk_code_describe(const struct pkprof_python *o, u64 code, struct pkprof_rec_code *rec)
{
	u8 *to = rec->text;
	bool whole;
	u32 used;

	memset(rec, 0, sizeof(*rec));
	rec->version = o->version;
	whole = pk_code_int(code + o->code_first_line, &rec->first_line);
	whole &= pk_code_text(o, code + o->code_name, to, PKPROF_MAX_CODE_TEXT, &rec->name_len,
			      &rec->name_width);
	to += rec->name_len;
	whole &= pk_code_text(o, code + o->code_file, to, PKPROF_MAX_CODE_TEXT, &rec->file_len,
			      &rec->file_width);
	to += rec->file_len;
	whole &= pk_code_lines(o, code + o->code_lines, to, &rec->lines_len);
	used = sizeof(*rec) + rec->name_len + rec->file_len + rec->lines_len;
	rec->rec.size = (u16)((used + 7) & ~7u);
	/* what is behind it is not the process's */
	memset((u8 *)rec + used, 0, rec->rec.size - used);
	if (!whole)
		rec->flags = PKPROF_CODE_PART;
	return whole;
}

/* --- numbers --- */

/* Where the key is, or which it is to replace. */
static struct pk_code_slot *pk_code_slot_of(struct pk_code_table *t, u64 key)
{
	u32 first = (u32)(key & (PK_CODE_SLOTS - 1)) & ~(PK_CODE_WAYS - 1u), i;
	struct pk_code_slot *oldest = &t->slot[first];

	t->clock++;
	for (i = first; i < first + PK_CODE_WAYS; i++) {
		struct pk_code_slot *s = &t->slot[i];

		if (s->key == key) {
			s->age = t->clock;
			return s;
		}
		if (oldest->key && (!s->key || t->clock - s->age > t->clock - oldest->age))
			oldest = s;
	}
	*oldest = (struct pk_code_slot){ .key = key, .age = t->clock };
	return oldest;
}

static void pk_code_first_sight(struct pk_code_table *t, const struct pk_code_reader *r, u64 code,
				struct pk_code_slot *s)
{
	struct pkprof_rec_code *rec = &t->told.rec;

	if (t->last_id == PKPROF_CODE_MAX_ID)
		return;
	if (!pk_code_describe(r->o, code, rec) && ++s->nr_tries < PK_CODE_TRIES)
		return;
	rec->id = t->last_id + 1;
	if (r->tell(r->ctx, rec))
		s->id = ++t->last_id;
}

u32 pk_python_code_id(struct pk_code_table *t, const struct pk_code_reader *r, u64 code)
{
	struct pk_code_slot *s;
	u64 name, key;
	u32 first_line;

	if (!pk_code_word(code + r->o->code_name, &name) ||
	    !pk_code_int(code + r->o->code_first_line, &first_line))
		return 0;
	key = pk_code_fold(code ^ PK_CODE_K0, r->space ^ PK_CODE_K1);
	key = pk_code_fold(key ^ name, PK_CODE_K0 ^ first_line) | 1;
	s = pk_code_slot_of(t, key);
	if (unlikely(!s->id))
		pk_code_first_sight(t, r, code, s);
	return s->id;
}
