// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Inlined functions and lines of many addresses; see inlines.h.
 *
 * Per unit: its ranges say which addresses are its own, these are numbered anew from 0; one
 * walk over its entries in the order in which they stand gives each address its innermost
 * scope, for what is inside comes later; one run of its line table gives the lines.
 */
#include <errno.h>
#include <time.h>

#include "base/ascending.h"
#include "base/clock.h"
#include "symbol/dwarf_read.h"
#include "symbol/inlines.h"

/* Compilers nest some ten deep in functions, and as many name spaces and types around. */
#define MAX_DEPTH 512
/* A name may be in the entry that an entry refers to, and so on. */
#define MAX_REFERENCES 16

/* Time for one file, of which the names must be told in time whatever becomes of its lines. */
#define DEFAULT_CPU_NS (12 * 1000000000ULL)
/* For a machine with other work. */
#define WALL_FACTOR 4
#define LOOK_ENTRIES 0x10000

/* What is around the entries that come next. */
struct level {
	uint32_t scope;		/* PK_SCOPE_NONE: no function */
	bool dead;		/* no wanted address is in there */
};

struct walk {
	struct pk_inlines *x;
	const struct pk_dwarf_unit *u;
	uint32_t unit;
	PK_VEC(uint64_t) addr;		/* of the unit, ascending, distinct */
	PK_VEC(uint32_t) scope;		/* parallel to addr */
	PK_VEC(struct pk_line_pos) line;	/* parallel to addr */
	uint32_t first_scope;		/* of the function that the walk is in */
	uint32_t hit;			/* the scope that gets what is in the ranges; or NONE */
	bool any;			/* some address was in the ranges */
	struct pk_line_table table;
	bool has_table;
	PK_VEC(uint32_t) paths;		/* by file of the table: string id, 0: not made yet */
	struct pk_strbuf text;
};

/* --- time ------------------------------------------------------------------------------ */

static bool is_late(struct pk_inlines *x)
{
	if (!x->late)
		x->late = !x->d->steps_left || pk_clock_ns(CLOCK_PROCESS_CPUTIME_ID) > x->cpu_end_ns ||
			  pk_monotonic_ns() > x->wall_end_ns;
	return x->late;
}

/* --- which addresses are a unit's ---------------------------------------------------- */

static int take_range(void *ctx, uint64_t start, uint64_t end)
{
	struct walk *w = ctx;
	const struct pk_inlines *x = w->x;
	size_t i = pk_lower_u64(x->addr, x->nr, start), from = i;

	for (; i < x->nr && x->addr[i] < end; i++)
		if (x->pos[i].scope == PK_SCOPE_NONE && pk_vec_add(&w->addr, x->addr[i]))
			return -ENOMEM;
	/* ranges of hostile files cover everything over and over */
	return pk_dwarf_spend(x->d, i - from) ? 0 : -ETIME;
}

static int own_addresses(struct walk *w, const struct pk_dwarf_die *root)
{
	bool says = root->ranges.form || root->high_pc.form;
	size_t kept = 0;
	int ret;

	w->addr.nr = w->scope.nr = w->line.nr = 0;
	ret = says ? pk_dwarf_ranges(w->x->d, w->u, root, take_range, w) :
		     take_range(w, 0, UINT64_MAX);
	if (ret == -ENOMEM || !w->addr.nr)
		return ret == -ENOMEM ? ret : 0;
	qsort(w->addr.data, w->addr.nr, sizeof(*w->addr.data), pk_compare_u64);
	for (size_t i = 0; i < w->addr.nr; i++)
		if (!kept || w->addr.data[kept - 1] != w->addr.data[i])
			w->addr.data[kept++] = w->addr.data[i];
	w->addr.nr = kept;
	for (size_t i = 0; i < kept; i++)
		if (pk_vec_add(&w->scope, PK_SCOPE_NONE) || !pk_vec_push(&w->line))
			return -ENOMEM;
	return 0;
}

/* --- paths of the unit's files ---------------------------------------------------------- */

static int path_of(struct walk *w, uint64_t file, uint32_t *ret)
{
	uint32_t *known;

	*ret = 0;
	if (!w->has_table || file >= w->table.files.nr)
		return 0;
	while (w->paths.nr < w->table.files.nr)
		if (!pk_vec_push(&w->paths))
			return -ENOMEM;
	known = &w->paths.data[file];
	if (!*known) {
		pk_strbuf_clear(&w->text);
		if (!pk_line_table_path(&w->table, w->u, file, &w->text))
			return 0;
		if (pk_strbuf_failed(&w->text) ||
		    pk_strtab_intern(w->x->paths, w->text.data, w->text.len, known))
			return -ENOMEM;
	}
	*ret = *known;
	return 0;
}

/* --- entries ------------------------------------------------------------------------------ */

/* May what is inlined deeper have an address that is @scope's? It may not take a sibling's. */
static bool is_around(const struct walk *w, uint32_t scope, uint32_t inner)
{
	if (scope == PK_SCOPE_NONE)
		return true;
	while (inner != PK_SCOPE_NONE && inner > scope)
		inner = w->x->scopes.data[inner].parent;
	return inner == scope;
}

static int claim_range(void *ctx, uint64_t start, uint64_t end)
{
	struct walk *w = ctx;
	size_t i = pk_lower_u64(w->addr.data, w->addr.nr, start), from = i;

	for (; i < w->addr.nr && w->addr.data[i] < end; i++) {
		if (!is_around(w, w->scope.data[i], w->hit))
			continue;
		w->scope.data[i] = w->hit;
		w->any = true;
	}
	return pk_dwarf_spend(w->x->d, 1 + i - from) ? 0 : -ETIME;
}

static uint32_t depth_of(const struct walk *w, uint32_t scope)
{
	uint32_t depth = 0;

	for (; scope != PK_SCOPE_NONE; scope = w->x->scopes.data[scope].parent)
		depth++;
	return depth;
}

/*
 * An entry with code: a function or an inlined call gets a scope of its own if it has wanted
 * addresses; if not, nothing in it has.
 */
static int visit_code(struct walk *w, const struct pk_dwarf_die *die, struct level *inside)
{
	struct pk_inline_scope s = {
		.parent = die->tag == DW_TAG_inlined_subroutine ? inside->scope : PK_SCOPE_NONE,
		.unit = w->unit,
		.die = die->off,
	};
	int ret;

	if (die->tag != DW_TAG_subprogram && die->tag != DW_TAG_inlined_subroutine)
		return 0;
	if (s.parent != PK_SCOPE_NONE) {
		if (depth_of(w, s.parent) >= PK_MAX_INLINED)
			return 0;
		s.call_line = die->call_line <= UINT32_MAX ? die->call_line : 0;
		if (path_of(w, die->call_file, &s.call_file))
			return -ENOMEM;
	}
	w->hit = w->x->scopes.nr;
	w->any = false;
	if (w->hit >= PK_SCOPE_NONE - 1 || pk_vec_add(&w->x->scopes, s))
		return -ENOMEM;
	ret = pk_dwarf_ranges(w->x->d, w->u, die, claim_range, w);
	if (ret == -ETIME)
		return ret;
	if (!w->any) {
		w->x->scopes.nr--;
		inside->dead = true;
		return 0;
	}
	inside->scope = w->hit;
	return 0;
}

/* Behind an entry's subtree, if it says where that is. */
static bool jump(const struct walk *w, struct pk_reader *r, const struct pk_dwarf_value *sibling)
{
	const uint8_t *info = w->x->d->section[PK_DWARF_INFO].data;
	struct pk_dwarf_info *file;
	uint64_t off;

	if (!sibling->form || !pk_dwarf_reference(w->x->d, w->u, sibling, &file, &off) ||
	    file != w->x->d || off <= (uint64_t)(r->pos - info) || off >= w->u->end)
		return false;
	r->pos = info + off;
	return true;
}

/* One entry. 1: its children follow; 0: what is behind it; below 0: end. */
static int visit(struct walk *w, struct pk_reader *r, const struct pk_abbrev *a, uint64_t off,
		 struct level *inside)
{
	struct pk_dwarf_die die = { .off = off };
	int ret;

	if (!(a->has_code || (inside->dead && a->has_sibling))) {
		pk_dwarf_skip(r, w->u, a);
		return a->has_children;
	}
	if (!pk_dwarf_attributes(r, w->u, a, &die))
		return -EINVAL;
	ret = inside->dead ? 0 : visit_code(w, &die, inside);
	if (ret)
		return ret;
	return a->has_children && !(inside->dead && jump(w, r, &die.sibling));
}

static int walk_unit(struct walk *w)
{
	const uint8_t *info = w->x->d->section[PK_DWARF_INFO].data;
	struct pk_reader r = pk_reader_of(info + w->u->die, w->u->end - w->u->die);
	struct level around[MAX_DEPTH + 1] = { { PK_SCOPE_NONE, false } };
	unsigned int depth = 0, nr = 0;
	int ret = 0;

	while (ret >= 0 && pk_reader_left(&r) && pk_dwarf_spend(w->x->d, 1)) {
		uint64_t off = r.pos - info, code = pk_dwarf_uleb(&r);
		const struct pk_abbrev *a = code ? pk_abbrev_find(w->u->abbrevs, code) : NULL;
		struct level inside = around[depth];

		if (++nr % LOOK_ENTRIES == 0 && is_late(w->x))
			break;
		if (!code && depth--) {
			if (!depth)
				break;
			continue;
		}
		if (!a)
			break;
		ret = visit(w, &r, a, off, &inside);
		if (ret <= 0 && !depth)
			break;
		if (ret > 0 && depth == MAX_DEPTH)
			break;
		if (ret > 0)
			around[++depth] = inside;
	}
	return ret == -ENOMEM ? ret : 0;
}

/* --- a unit --------------------------------------------------------------------------------- */

/* Hand what the unit knows to the addresses; what is in no function of it another may know. */
static int settle(struct walk *w)
{
	size_t i = 0;

	for (size_t n = 0; n < w->addr.nr; n++) {
		struct pk_inline_pos *p;
		const struct pk_line_pos *line = &w->line.data[n];

		i += pk_lower_u64(w->x->addr + i, w->x->nr - i, w->addr.data[n]);
		p = &w->x->pos[i];
		if (w->scope.data[n] == PK_SCOPE_NONE && (p->has_line || !line->known))
			continue;
		p->scope = w->scope.data[n];
		p->has_line = line->known;
		p->line = line->line;
		p->file = 0;
		if (line->known && path_of(w, line->file, &p->file))
			return -ENOMEM;
	}
	return 0;
}

static int read_unit(struct walk *w, struct pk_dwarf_unit *u)
{
	struct pk_dwarf_die root;
	int ret;

	if (u->type != DW_UT_compile && u->type != DW_UT_skeleton)
		return 0;
	if (!pk_dwarf_unit_read(w->x->d, u, &root) || root.tag == DW_TAG_partial_unit ||
	    root.tag == DW_TAG_type_unit)
		return 0;
	w->u = u;
	w->unit = u - w->x->d->units.data;
	ret = own_addresses(w, &root);
	if (ret || !w->addr.nr)
		return ret;
	ret = pk_line_table_init(&w->table, w->x->d, u);
	w->has_table = !ret;
	w->paths.nr = 0;
	ret = ret == -ENOMEM ? ret : walk_unit(w);
	if (!ret && w->has_table)
		pk_line_table_run(&w->table, w->x->d, w->addr.data, w->addr.nr, w->line.data);
	/* what ended midway would be taken for the innermost function, and is not */
	if (!ret && !is_late(w->x))
		ret = settle(w);
	if (w->has_table)
		pk_line_table_deinit(&w->table);
	return ret;
}

int pk_inlines_init(struct pk_inlines *x, struct pk_dwarf_info *d, struct pk_strtab *paths,
		    const uint64_t *addr, size_t nr, uint64_t cpu_ns)
{
	struct walk w = { .x = x };
	uint64_t ns = cpu_ns ? cpu_ns : DEFAULT_CPU_NS;
	int ret = 0;

	*x = (struct pk_inlines){ .d = d, .paths = paths, .addr = addr, .nr = nr };
	x->cpu_end_ns = pk_clock_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;
	x->wall_end_ns = pk_monotonic_ns() + ns * WALL_FACTOR;
	x->pos = calloc(nr + 1, sizeof(*x->pos));
	if (!x->pos)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		x->pos[i].scope = PK_SCOPE_NONE;
	for (size_t i = 0; i < d->units.nr && !ret && !is_late(x); i++)
		ret = read_unit(&w, &d->units.data[i]);
	pk_vec_deinit(&w.addr);
	pk_vec_deinit(&w.scope);
	pk_vec_deinit(&w.line);
	pk_vec_deinit(&w.paths);
	pk_strbuf_deinit(&w.text);
	if (ret)
		pk_inlines_deinit(x);
	return ret;
}

void pk_inlines_deinit(struct pk_inlines *x)
{
	free(x->pos);
	pk_vec_deinit(&x->scopes);
	*x = (struct pk_inlines){ 0 };
}

/* --- names ------------------------------------------------------------------------------------ */

/* An entry, maybe of the other file. */
struct entry {
	struct pk_dwarf_info *d;
	struct pk_dwarf_unit *u;
	struct pk_dwarf_die die;
};

static bool read_entry(struct entry *e, struct pk_dwarf_info *d, uint64_t off)
{
	e->d = d;
	e->u = pk_dwarf_unit_at(d, off);
	return e->u && pk_dwarf_spend(d, 1) && pk_dwarf_unit_read(d, e->u, NULL) &&
	       pk_dwarf_die_read(d, e->u, off, &e->die);
}

/* Where more is said of an entry. */
static bool next_entry(const struct entry *e, struct pk_dwarf_info **d_ret, uint64_t *off_ret)
{
	const struct pk_dwarf_value *v = e->die.abstract_origin.form ? &e->die.abstract_origin :
								       &e->die.specification;

	return v->form && pk_dwarf_reference(e->d, e->u, v, d_ret, off_ret);
}

static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

const char *pk_inlines_name(struct pk_inlines *x, const struct pk_inline_scope *s,
			    bool *linkage_ret)
{
	struct pk_dwarf_info *d = x->d;
	const char *found = NULL, *linked;
	uint64_t off = s->die;
	struct entry e;

	*linkage_ret = true;
	for (unsigned int i = 0; i < MAX_REFERENCES && read_entry(&e, d, off); i++) {
		linked = pk_dwarf_string(e.d, e.u, &e.die.linkage_name);
		if (linked && is_mangled(linked))
			return linked;
		if (!found)
			found = pk_dwarf_string(e.d, e.u, &e.die.name);
		if (!found)
			found = linked;
		if (!next_entry(&e, &d, &off))
			break;
	}
	*linkage_ret = false;
	return found;
}

uint64_t pk_inlines_name_key(struct pk_inlines *x, const struct pk_inline_scope *s)
{
	struct pk_dwarf_info *d = x->d;
	uint64_t off = s->die;
	struct entry e;

	if (read_entry(&e, d, off))
		next_entry(&e, &d, &off);
	return off << 1 | (d != x->d);
}
