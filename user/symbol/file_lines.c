// SPDX-License-Identifier: GPL-2.0-or-later
/* Source lines and inlined functions of one file; see file_lines.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascending.h"
#include "base/map64.h"
#include "profile/profile.h"
#include "symbol/demangle.h"
#include "symbol/file_lines.h"
#include "symbol/inlines.h"

struct liner {
	const struct pk_elf *e;
	const struct pk_lines_wanted *wanted;
	struct pk_answer *a;
	struct pk_inlines inlines;
	struct pk_map64 names;	/* pk_inlines_name_key() to string id */
	struct pk_strbuf text;	/* scratch */
};

static int intern_name(struct liner *l, const char *raw, bool linkage, uint32_t *ret)
{
	pk_strbuf_clear(&l->text);
	if (linkage)
		pk_demangle(raw, &l->text);
	else
		pk_add_clean(&l->text, raw, strlen(raw));
	if (pk_strbuf_failed(&l->text))
		return -ENOMEM;
	if (l->text.len > PK_ANSWER_MAX_STRING)
		return 0;
	return pk_strtab_intern(&l->a->strings, l->text.len ? l->text.data : "", l->text.len, ret);
}

static int name_of(struct liner *l, const struct pk_inline_scope *s, uint32_t *ret)
{
	uint64_t key = pk_inlines_name_key(&l->inlines, s);
	uint32_t *known = pk_map64_at(&l->names, key);
	const char *raw;
	bool linkage;

	if (!known)
		return -ENOMEM;
	if (*known == PK_MAP64_NONE) {
		*known = 0;
		raw = pk_inlines_name(&l->inlines, s, &linkage);
		if (raw && intern_name(l, raw, linkage, known))
			return -ENOMEM;
	}
	*ret = *known;
	return 0;
}

/* Each function has the line that is executed in it: the call of the one inside it. */
static int add_frames(struct liner *l, const struct pk_inline_pos *pos, uint32_t *nr_ret)
{
	struct pk_answer_frame f = { .source = pos->file, .line = pos->line };
	uint32_t scope = pos->scope, nr = 0;

	/* what says no more than the symbol does is not worth its bytes */
	if (!pos->file && (scope == PK_SCOPE_NONE ||
			   l->inlines.scopes.data[scope].parent == PK_SCOPE_NONE))
		return 0;
	do {
		const struct pk_inline_scope *s =
			scope == PK_SCOPE_NONE ? NULL : &l->inlines.scopes.data[scope];

		if ((s && name_of(l, s, &f.name)) || pk_vec_add(&l->a->frames, f))
			return -ENOMEM;
		nr++;
		scope = s ? s->parent : PK_SCOPE_NONE;
		if (s)
			f = (struct pk_answer_frame){ .source = s->call_file, .line = s->call_line };
	} while (scope != PK_SCOPE_NONE && nr < PK_LINE_MAX_FRAMES);
	*nr_ret = nr;
	return 0;
}

static bool is_known(const struct pk_inline_pos *pos)
{
	return pos->has_line || pos->scope != PK_SCOPE_NONE;
}

static int add_lines(struct liner *l)
{
	const struct pk_inlines *x = &l->inlines;

	for (size_t i = 0; i < l->wanted->nr_off; i++) {
		struct pk_answer_line line = { .off = l->wanted->off[i],
					       .first = l->a->frames.nr };
		uint64_t svma, *at = NULL;

		if (pk_elf_to_svma(l->e, line.off, &svma) && x->nr)
			at = bsearch(&svma, x->addr, x->nr, sizeof(*x->addr), pk_compare_u64);
		/* to be asked again another time */
		if (x->late && !(at && is_known(&x->pos[at - x->addr])))
			continue;
		if (at && add_frames(l, &x->pos[at - x->addr], &line.nr))
			return -ENOMEM;
		if (pk_vec_add(&l->a->lines, line))
			return -ENOMEM;
	}
	return 0;
}

static int read_info(struct liner *l, struct pk_dwarf_info *info)
{
	int ret = pk_inlines_init(&l->inlines, info, &l->a->strings, l->wanted->svma,
				  l->wanted->nr_svma, l->wanted->cpu_ns);

	if (ret)
		return ret;
	if (l->inlines.late)
		l->a->flags |= PK_ANSWER_LINES_CUT;
	ret = add_lines(l);
	pk_inlines_deinit(&l->inlines);
	return ret;
}

/* With what the debug file shares with others, if it does and that is there. */
static int read_shared(struct liner *l, struct pk_dwarf_info *info, const struct pk_elf *debug,
		       const struct pk_debug_source *source)
{
	struct pk_dwarf_info shared;
	struct pk_elf file;
	int ret = pk_debug_shared_find(source, debug, &file);

	if (ret)
		return ret == -ENOMEM ? ret : read_info(l, info);
	ret = pk_dwarf_shared_init(&shared, &file);
	if (!ret)
		info->alt = &shared;
	if (ret != -ENOMEM)
		ret = read_info(l, info);
	if (info->alt)
		pk_dwarf_info_deinit(&shared);
	pk_elf_close(&file);
	return ret;
}

int pk_file_lines(const struct pk_elf *e, const struct pk_elf *debug,
		  const struct pk_debug_source *source, const struct pk_lines_wanted *wanted,
		  struct pk_answer *a)
{
	struct liner l = { .e = e, .wanted = wanted, .a = a };
	struct pk_dwarf_info info;
	int ret = pk_dwarf_info_init(&info, debug);

	if (ret)
		return ret == -ENOMEM ? ret : -ENOENT;
	ret = read_shared(&l, &info, debug, source);
	pk_dwarf_info_deinit(&info);
	pk_map64_deinit(&l.names);
	pk_strbuf_deinit(&l.text);
	return ret;
}
