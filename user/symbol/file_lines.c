// SPDX-License-Identifier: GPL-2.0-or-later
/* Source lines and inlined functions of one file; see file_lines.h. */
#include <errno.h>
#include <stdlib.h>

#include "base/ascending.h"
#include "base/cleanup.h"
#include "symbol/file_lines.h"
#include "symbol/inlines.h"

struct liner {
	struct pk_harvest *h;
	const struct pk_file_query *q;
	const struct pk_elf *e;
	struct pk_inlines inlines;
	struct pk_map64 names;	/* pk_inlines_name_key() to string id */
};

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
		if (raw && pk_harvest_name(l->h, raw, linkage, known))
			return -ENOMEM;
	}
	*ret = *known;
	return 0;
}

/* Each function has the line that is executed in it: the call of the one inside it. */
static int add_line(struct liner *l, uint64_t off, const struct pk_inline_pos *pos)
{
	struct pk_line_frame frames[PK_LINE_MAX_FRAMES] = { { .source = pos->file,
							       .line = pos->line } };
	uint32_t scope = pos->scope;
	size_t nr = 0;

	while (scope != PK_SCOPE_NONE && nr < PK_LINE_MAX_FRAMES) {
		const struct pk_inline_scope *s = &l->inlines.scopes.data[scope];

		if (name_of(l, s, &frames[nr++].name))
			return -ENOMEM;
		scope = s->parent;
		if (scope != PK_SCOPE_NONE && nr < PK_LINE_MAX_FRAMES) {
			frames[nr].source = s->call_file;
			frames[nr].line = s->call_line;
		}
	}
	/* what says no more than the symbol does is not worth its bytes */
	if (nr <= 1 && !pos->file)
		return 0;
	return pk_harvest_add_line(l->h, l->q->file, off, frames, nr ? nr : 1);
}

static int add_lines(struct liner *l)
{
	const struct pk_inlines *x = &l->inlines;
	int ret = 0;

	for (size_t i = 0; i < l->q->nr && !ret; i++) {
		uint64_t svma, *at;

		if (!pk_elf_to_svma(l->e, l->q->off[i], &svma))
			continue;
		at = bsearch(&svma, x->addr, x->nr, sizeof(*x->addr), pk_compare_u64);
		if (at)
			ret = add_line(l, l->q->off[i], &x->pos[at - x->addr]);
	}
	return ret;
}

static int read_info(struct liner *l, struct pk_dwarf_info *info)
{
	size_t nr;
	PK_AUTO_FREE uint64_t *svma = pk_file_query_svma(l->q, l->e, &nr);
	int ret = svma ? 0 : -ENOMEM;

	if (ret || !nr)
		return ret;
	ret = pk_inlines_init(&l->inlines, info, &l->h->p->strings, svma, nr);
	if (ret)
		return ret;
	ret = add_lines(l);
	pk_inlines_deinit(&l->inlines);
	return ret;
}

/* With what the debug file shares with others, if it does and that is there. */
static int read_shared(struct liner *l, struct pk_dwarf_info *info, const struct pk_elf *debug,
		       const struct pk_debug_search *where)
{
	struct pk_dwarf_info shared;
	struct pk_elf alt;
	int ret = pk_debug_alt_open(where, debug, &alt);

	if (ret)
		return ret == -ENOMEM ? ret : read_info(l, info);
	ret = pk_dwarf_info_init(&shared, &alt);
	if (!ret)
		info->alt = &shared;
	if (ret != -ENOMEM)
		ret = read_info(l, info);
	if (info->alt)
		pk_dwarf_info_deinit(&shared);
	pk_elf_close(&alt);
	return ret;
}

int pk_file_lines(struct pk_harvest *h, const struct pk_file_query *q, const struct pk_elf *e,
		  const struct pk_elf *debug, const struct pk_debug_search *where)
{
	struct liner l = { .h = h, .q = q, .e = e };
	struct pk_dwarf_info info;
	int ret = pk_dwarf_info_init(&info, debug);

	if (ret)
		return ret == -ENOMEM ? ret : 0;
	ret = read_shared(&l, &info, debug, where);
	pk_dwarf_info_deinit(&info);
	pk_map64_deinit(&l.names);
	return ret;
}
