// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for addresses in one ELF file; see file_symbols.h.
 *
 * Addresses that nothing names get the range of their unwind entry, and
 * without one that of their section, marked as nameless: so the samples of a
 * nameless function stay together and none is taken for its neighbour.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascending.h"
#include "base/cleanup.h"
#include "symbol/cover.h"
#include "symbol/eh_frame.h"
#include "symbol/dwarf_info.h"
#include "symbol/elf_symtab.h"
#include "symbol/file_lines.h"
#include "symbol/file_symbols.h"
#include "symbol/go_pclntab.h"

struct namer {
	struct pk_harvest *h;
	const struct pk_file_query *q;
	const struct pk_elf *e;
	const struct pk_debug_search *where;
	struct pk_elf debug, mini;	/* closed when unused */
	bool asked_server;
	struct pk_eh_frame eh;
	struct pk_strtab stubs;		/* names of linkage stubs */
	struct pk_cover cover;
};

uint64_t *pk_file_query_svma(const struct pk_file_query *q, const struct pk_elf *e, size_t *nr_ret)
{
	uint64_t *svma = malloc((q->nr + 1) * sizeof(*svma));
	size_t nr = 0, kept = 0;

	if (!svma)
		return NULL;
	for (size_t i = 0; i < q->nr; i++)
		if (pk_elf_to_svma(e, q->off[i], &svma[nr]))
			nr++;
	qsort(svma, nr, sizeof(*svma), pk_compare_u64);
	for (size_t i = 0; i < nr; i++)
		if (!kept || svma[kept - 1] != svma[i])
			svma[kept++] = svma[i];
	*nr_ret = kept;
	return svma;
}

static bool any_free(struct namer *n)
{
	return pk_cover_next_free(&n->cover, 0) < n->cover.nr;
}

/* Open with @open_err; what does not open is done without, but for memory. */
static int optional(int open_err)
{
	return open_err == -ENOMEM ? open_err : 0;
}

static int offer_tables(struct namer *n)
{
	struct pk_debug_search where = *n->where;
	int ret = pk_elf_offer_functions(n->e, &n->cover);

	pk_cover_settle(&n->cover, NULL);
	if (!ret)
		ret = pk_elf_offer_plt(n->e, &n->stubs, &n->cover);
	pk_cover_settle(&n->cover, NULL);
	if (!ret)
		ret = pk_go_offer_functions(n->e, &n->cover);
	pk_cover_settle(&n->cover, NULL);
	if (ret || !any_free(n))
		return ret;
	/* a file with a symbol table may have had more, but not so much as to bother a server */
	where.servers = n->asked_server = where.servers && !pk_elf_has_symtab(n->e);
	ret = optional(pk_debug_file_open(&where, n->e, n->q->path, &n->debug));
	if (!ret && n->debug.elf)
		ret = pk_elf_offer_functions(&n->debug, &n->cover);
	if (!ret && !n->debug.elf) {
		ret = optional(pk_minidebug_open(n->e, &n->mini));
		if (!ret && n->mini.elf)
			ret = pk_elf_offer_functions(&n->mini, &n->cover);
	}
	pk_cover_settle(&n->cover, NULL);
	return ret;
}

static int offer_unsized(struct namer *n)
{
	const struct pk_elf *const files[] = { n->e, &n->debug, &n->mini };
	int ret = 0;

	for (size_t i = 0; i < PK_ARRAY_SIZE(files) && !ret; i++)
		if (files[i]->elf)
			ret = pk_elf_offer_unsized(files[i], &n->eh, &n->cover);
	pk_cover_settle(&n->cover, NULL);
	return ret;
}

/* Without an unwind entry: the section, or in a file without them the segment. */
static void widest_range(const struct pk_elf *e, uint64_t svma, struct pk_func *f)
{
	const struct pk_section *s = pk_elf_exec_section(e, svma);

	if (s) {
		f->start = s->svma;
		f->end = s->svma + s->len;
		return;
	}
	PK_VEC_FOREACH(&e->segments, segment) {
		if (svma - segment->svma < segment->len) {
			f->start = segment->svma;
			f->end = segment->svma + segment->len;
			return;
		}
	}
}

/* Ranges may enclose one another; the cover takes the innermost. */
static int offer_nameless(struct namer *n)
{
	struct pk_func entry = { .name = "", .flags = PK_SYMBOL_NONE }, wide = entry;
	uint32_t i = pk_cover_next_free(&n->cover, 0);
	int ret = 0;

	while (i < n->cover.nr && !ret) {
		uint64_t svma = n->cover.addr[i];

		if (pk_eh_frame_find(&n->eh, svma, &entry.start, &entry.end)) {
			ret = pk_cover_offer(&n->cover, &entry);
			i = pk_cover_next_free(&n->cover, entry.end);
			continue;
		}
		/* offered once, not once for each address in it */
		if (svma - wide.start >= wide.end - wide.start) {
			wide.loose = true;
			widest_range(n->e, svma, &wide);
			ret = pk_cover_offer(&n->cover, &wide);
		}
		i = pk_cover_free_after(&n->cover, i);
	}
	pk_cover_settle(&n->cover, NULL);
	return ret;
}

static int take(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	struct namer *n = ctx;
	const struct pk_func *f = &n->cover.funcs.data[func];
	const char *slash = strrchr(n->q->path, '/');
	char name[PKPROF_MAX_STRING + 24];
	struct pk_symbol s = {
		.space = PK_SPACE_FILE,
		.flags = f->flags,
		.id = n->q->file,
		.dso = n->h->p->files.data[n->q->file].path,
	};

	if (!pk_elf_to_off(n->e, &start, &end))
		return 0;
	s.addr = start;
	s.size = end - start;
	if (!(f->flags & PK_SYMBOL_NONE))
		return pk_harvest_add(n->h, &s, f->name, true);
	snprintf(name, sizeof(name), "%.*s+0x%" PRIx64, PKPROF_MAX_STRING,
		 slash && slash[1] ? slash + 1 : n->q->path, f->start);
	return pk_harvest_add(n->h, &s, name, false);
}

/* Of the file's own debugging information, else of that of its debug file. */
static int add_lines(struct namer *n)
{
	bool own = pk_dwarf_is_in(n->e);
	int ret = 0;

	if (!n->q->lines)
		return 0;
	if (!own && !n->debug.elf && !n->asked_server)
		ret = optional(pk_debug_file_open(n->where, n->e, n->q->path, &n->debug));
	if (ret || !(own || n->debug.elf))
		return ret;
	return pk_file_lines(n->h, n->q, n->e, own ? n->e : &n->debug, n->where);
}

static int name_all(struct namer *n)
{
	int ret = offer_tables(n);

	if (!ret && any_free(n)) {
		ret = pk_eh_frame_init(&n->eh, n->e);
		if (!ret)
			ret = offer_unsized(n);
		if (!ret)
			ret = offer_nameless(n);
	}
	return ret ? ret : pk_cover_emit(&n->cover, take, n);
}

int pk_file_symbols(struct pk_harvest *h, const struct pk_file_query *q, const struct pk_elf *e,
		    const struct pk_debug_search *where)
{
	struct namer n = { .h = h, .q = q, .e = e, .where = where };
	size_t nr;
	uint64_t *svma = pk_file_query_svma(q, e, &nr);
	int ret = -ENOMEM;

	if (svma && !pk_strtab_init(&n.stubs) && !pk_cover_init(&n.cover, svma, nr))
		ret = name_all(&n);
	/* lines that take too much memory must not cost the file its names */
	if (!ret)
		add_lines(&n);
	pk_cover_deinit(&n.cover);
	pk_strtab_deinit(&n.stubs);
	pk_eh_frame_deinit(&n.eh);
	pk_elf_close(&n.debug);
	pk_elf_close(&n.mini);
	free(svma);
	return ret;
}
