// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for addresses in one ELF file; see file_symbols.h.
 *
 * Addresses that nothing names get the range of their unwind entry, and
 * without one that of their section, marked as nameless: so the samples of a
 * nameless function stay together and none is taken for its neighbour.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascending.h"
#include "base/cleanup.h"
#include "profile/profile.h"
#include "symbol/answer_lines.h"
#include "symbol/cover.h"
#include "symbol/demangle.h"
#include "symbol/dwarf_info.h"
#include "symbol/eh_frame.h"
#include "symbol/elf_symtab.h"
#include "symbol/file_lines.h"
#include "symbol/file_symbols.h"
#include "symbol/go_pclntab.h"

struct namer {
	const struct pk_elf *e;
	const struct pk_file_question *q;
	const struct pk_debug_source *source;
	struct pk_answer *answer;
	struct pk_elf debug, mini;	/* closed when unused */
	bool sought;			/* the debug file was looked for */
	struct pk_eh_frame eh;
	struct pk_strtab stubs;		/* names of linkage stubs */
	struct pk_cover cover;
	struct pk_strbuf text;		/* scratch */
	uint32_t named;			/* function whose name is string name */
	uint32_t name;
};

/* The addresses as svma, ascending and distinct; to be freed. */
static uint64_t *to_svma(const struct pk_elf *e, const uint64_t *off, size_t nr_off, size_t *nr_ret)
{
	uint64_t *svma = malloc((nr_off + 1) * sizeof(*svma));
	size_t nr = 0, kept = 0;

	if (!svma)
		return NULL;
	for (size_t i = 0; i < nr_off; i++)
		if (pk_elf_to_svma(e, off[i], &svma[nr]))
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

static int offer_own_tables(struct namer *n)
{
	int ret = pk_elf_offer_functions(n->e, &n->cover);

	pk_cover_settle(&n->cover, NULL);
	if (!ret)
		ret = pk_elf_offer_plt(n->e, &n->stubs, &n->cover);
	pk_cover_settle(&n->cover, NULL);
	if (!ret)
		ret = pk_go_offer_functions(n->e, &n->cover);
	pk_cover_settle(&n->cover, NULL);
	return ret;
}

static bool wants_debug_lines(const struct namer *n)
{
	return n->q->lines_bytes && !pk_dwarf_is_in(n->e);
}

/* Once. */
static int find_debug_file(struct namer *n)
{
	/* a file with a symbol table may have had more, but not so much as to bother a server */
	bool wants = !pk_elf_has_symtab(n->e) || wants_debug_lines(n);
	int ret;

	if (n->sought)
		return 0;
	n->sought = true;
	ret = optional(pk_debug_file_find(n->source, n->e, wants, &n->debug));
	if (!ret && !n->debug.elf && wants)
		n->answer->flags |= PK_ANSWER_WANTS_DEBUG;
	return ret;
}

static int offer_debug_tables(struct namer *n)
{
	int ret = find_debug_file(n);

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

/* What no section has around an address of a segment. */
static void between_sections(const struct pk_elf *e, uint64_t svma, struct pk_func *f)
{
	PK_VEC_FOREACH(&e->sections, s) {
		if (!s->exec || !s->len)
			continue;
		if (s->svma > svma && s->svma < f->end)
			f->end = s->svma;
		if (s->svma + s->len <= svma && s->svma + s->len > f->start)
			f->start = s->svma + s->len;
	}
}

/*
 * Without an unwind entry: the section, or what is between them in the segment. So two of them
 * are the same or have nothing in common, whichever address it is asked for.
 */
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
			between_sections(e, svma, f);
			return;
		}
	}
}

/* Ranges may enclose one another; the cover takes the innermost. */
static int offer_nameless(struct namer *n)
{
	struct pk_func entry = { .name = "", .flags = PK_SYMBOL_NONE }, wide = entry;
	uint32_t i = pk_cover_next_free(&n->cover, 0);
	uint64_t gap_start, gap_end;
	int ret = 0;

	while (i < n->cover.nr && !ret) {
		uint64_t svma = n->cover.addr[i];

		if (pk_eh_frame_find(&n->eh, svma, &entry.start, &entry.end)) {
			ret = pk_cover_offer(&n->cover, &entry);
			i = pk_cover_next_free(&n->cover, entry.end);
			continue;
		}
		pk_eh_frame_gap(&n->eh, svma, &gap_start, &gap_end);
		pk_cover_clip(&n->cover, i, gap_start, gap_end);
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

static int name_all(struct namer *n)
{
	int ret = offer_own_tables(n);

	if (!ret && any_free(n))
		ret = offer_debug_tables(n);
	if (!ret && any_free(n)) {
		ret = pk_eh_frame_init(&n->eh, n->e);
		if (!ret)
			ret = offer_unsized(n);
		if (!ret)
			ret = offer_nameless(n);
	}
	return ret;
}

/* ---- the answer ----------------------------------------------------------------------- */

/* Addresses ascend, so those of one function mostly follow each other. */
static int name_of(struct namer *n, uint32_t func, uint32_t *ret)
{
	if (func != n->named) {
		pk_strbuf_clear(&n->text);
		pk_demangle(n->cover.funcs.data[func].name, &n->text);
		if (pk_strbuf_failed(&n->text) ||
		    pk_strtab_intern(&n->answer->strings, n->text.data, n->text.len, &n->name))
			return -ENOMEM;
		n->named = func;
	}
	*ret = n->name;
	return 0;
}

/* Offsets around an address of which nothing else is asked: [first, end). */
struct room {
	uint64_t first, off, end;
};

/*
 * The piece around an address that owner @func has, index @i of the cover. What lies beyond the
 * next address is for that one to know. False: in a file whose segments lie over each other,
 * where no range holds.
 */
static bool place(const struct namer *n, const struct room *room, uint32_t i, uint32_t func,
		  struct pk_piece *ret)
{
	const struct pk_func *f = &n->cover.funcs.data[func];
	uint64_t svma = n->cover.addr[i], off = room->off;
	uint64_t below = svma - n->cover.low[i], above = n->cover.high[i] - svma;
	uint64_t start = f->start, end = f->end;

	if (!pk_elf_to_off(n->e, &start, &end) || off < start || off >= end)
		return false;
	*ret = (struct pk_piece){
		.func_start = start,
		.func_end = end,
		.svma = f->start,
		.flags = f->flags | (f->loose ? PK_PIECE_LOOSE : 0),
		.start = start > room->first ? start : room->first,
		.end = end < room->end ? end : room->end,
	};
	if (below < off - ret->start)
		ret->start = off - below;
	if (above < ret->end - off)
		ret->end = off + above;
	return true;
}

/* @i: of the cover, nr: the address is in no segment. */
static int add_piece(struct namer *n, const struct room *room, uint32_t i)
{
	uint32_t func = i < n->cover.nr ? n->cover.owner[i] : PK_COVER_NONE;
	struct pk_piece *last = n->answer->pieces.nr ?
		&n->answer->pieces.data[n->answer->pieces.nr - 1] : NULL;
	struct pk_piece p;

	if (func == PK_COVER_NONE || !place(n, room, i, func, &p))
		p = (struct pk_piece){
			.start = room->off,
			.end = room->off + 1,
			.flags = PK_PIECE_NOTHING,
		};
	else if (!(p.flags & PK_SYMBOL_NONE) && name_of(n, func, &p.name))
		return -ENOMEM;
	if (last && p.start < last->end)
		p.start = last->end;
	if (last && p.start == last->end && pk_piece_same_function(&p, last)) {
		last->end = p.end;
		return 0;
	}
	return pk_vec_add(&n->answer->pieces, p);
}

static int add_link(struct namer *n)
{
	uint32_t crc;
	const char *link = pk_debug_link(n->e, &crc);

	pk_strbuf_clear(&n->text);
	if (!link)
		return 0;
	pk_add_clean(&n->text, link, strlen(link));
	if (pk_strbuf_failed(&n->text) || pk_strtab_intern(&n->answer->strings, n->text.data,
							   n->text.len, &n->answer->link))
		return -ENOMEM;
	n->answer->link_crc = crc;
	return 0;
}

/* How many addresses: nothing can be at the last one. */
static size_t nr_wanted(const struct pk_file_question *q)
{
	return q->nr && q->off[q->nr - 1] == UINT64_MAX ? q->nr - 1 : q->nr;
}

static int make_answer(struct namer *n)
{
	const uint64_t *off = n->q->off;
	size_t nr = nr_wanted(n->q);
	int ret = add_link(n);

	n->named = PK_COVER_NONE;
	for (size_t i = 0; i < nr && !ret; i++) {
		const struct room room = {
			.first = i ? off[i - 1] + 1 : 0,
			.off = off[i],
			.end = i + 1 < nr ? off[i + 1] : UINT64_MAX,
		};
		uint64_t svma;
		uint32_t at = n->cover.nr;

		if (pk_elf_to_svma(n->e, off[i], &svma))
			at = pk_cover_lower(&n->cover, svma);
		ret = add_piece(n, &room, at);
	}
	return ret;
}

/* ---- lines ------------------------------------------------------------------------------ */

static int no_lines(struct namer *n)
{
	return pk_answer_no_lines(n->answer, n->q->off, nr_wanted(n->q));
}

/* Of the file's own debugging information, else of that of its debug file. */
static int find_lines(struct namer *n, struct pk_answer *found)
{
	const struct pk_lines_wanted wanted = {
		n->q->off, n->cover.addr, nr_wanted(n->q), n->cover.nr, n->q->lines_cpu_ns,
	};
	bool own = !wants_debug_lines(n);
	int ret = own ? 0 : find_debug_file(n);

	if (ret || (!own && !n->debug.elf))
		return ret ? ret : -ENOENT;
	return pk_file_lines(n->e, own ? n->e : &n->debug, n->source, &wanted, found);
}

/* A string may have a longer number among the answer's than among the lines' alone. */
static bool fits(const struct namer *n, const struct pk_answer *found)
{
	struct pk_strbuf b = { 0 };
	bool ret;

	pk_answer_encode(found, &b);
	ret = !pk_strbuf_failed(&b) && b.len <= n->q->lines_bytes / 3;
	pk_strbuf_deinit(&b);
	return ret;
}

/* Beside the answer until all of them are there: what fails midway leaves nothing behind. */
static int add_lines(struct namer *n)
{
	struct pk_answer found;
	int ret = pk_answer_init(&found);

	if (ret)
		return ret;
	ret = find_lines(n, &found);
	if (!ret)
		ret = fits(n, &found) ? pk_answer_merge_lines(n->answer, &found) : -EFBIG;
	if (!ret)
		n->answer->flags |= found.flags;
	pk_answer_deinit(&found);
	if (!ret)
		return 0;
	if (ret != -ENOENT)
		n->answer->flags |= PK_ANSWER_LINES_CUT;
	n->answer->lines.nr = n->answer->frames.nr = 0;
	return no_lines(n);
}

int pk_file_answer(const struct pk_elf *e, const struct pk_file_question *q,
		   const struct pk_debug_source *debug, struct pk_answer *ret)
{
	struct namer n = { .e = e, .q = q, .source = debug, .answer = ret };
	size_t nr_svma;
	uint64_t *svma = to_svma(e, q->off, q->nr, &nr_svma);
	int code = pk_answer_init(ret);

	if (!code && (!svma || pk_strtab_init(&n.stubs) ||
		      pk_cover_init(&n.cover, svma, nr_svma)))
		code = -ENOMEM;
	if (!code)
		code = name_all(&n);
	if (!code)
		code = make_answer(&n);
	if (!code && q->lines_bytes)
		code = add_lines(&n);
	pk_cover_deinit(&n.cover);
	pk_strtab_deinit(&n.stubs);
	pk_eh_frame_deinit(&n.eh);
	pk_elf_close(&n.debug);
	pk_elf_close(&n.mini);
	pk_strbuf_deinit(&n.text);
	free(svma);
	if (code)
		pk_answer_deinit(ret);
	return code;
}
