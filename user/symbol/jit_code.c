// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions that jitdumps tell of; see jit_code.h. */
#include "base/ascending.h"
#include "base/map64.h"
#include "model/addrspace.h"
#include "profile/order.h"
#include "symbol/demangle.h"
#include "symbol/harvest.h"
#include "symbol/jit_code.h"
#include "symbol/jitdump.h"

/* A JIT that really writes more than this for what was sampled has only the first of it named. */
#define MAX_FUNCTIONS  (1u << 18)
#define MAX_NAME_BYTES (64u << 20)
#define MAX_MOVED      (1u << 20)

struct reading {
	struct pk_jit_code *c;
	struct pk_profile *p;
	const uint64_t *addr;
	size_t nr;
	uint32_t tgid, file;
	struct pk_jitdump_head head;
	struct pk_map64 moved; /* by index: 1, will be moved; in the second pass where it is
					 * in kept, plus 2 */
	PK_VEC(struct pk_jit_function) kept;
	struct pk_strbuf text;
};

void pk_jit_code_deinit(struct pk_jit_code *c)
{
	pk_vec_deinit(&c->functions);
}

static bool covers(const struct reading *r, uint64_t addr, uint64_t size)
{
	size_t i = pk_lower_u64(r->addr, r->nr, addr);

	return i < r->nr && r->addr[i] - addr < size;
}

/* A child that forked and went on writing into its parent's file is another process. */
static bool is_own(const struct reading *r, const struct pk_jitdump_rec *rec)
{
	return rec->pid == r->head.pid;
}

static int note_move(void *ctx, const struct pk_jitdump_rec *rec, uint64_t at)
{
	struct reading *r = ctx;

	(void)at;
	if (rec->kind != PK_JITDUMP_MOVE || !is_own(r, rec) || r->moved.nr >= MAX_MOVED ||
	    !covers(r, rec->addr, rec->size))
		return 0;
	return pk_map64_set(&r->moved, rec->index, 1);
}

/* LLVM hands on linkage names; others write names as they are to be read. */
static void add_name(struct pk_strbuf *out, const char *name, size_t len)
{
	char mangled[PK_MAX_SYMBOL_NAME + 1];

	if (len < 2 || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R')) {
		pk_add_clean(out, name, len);
		return;
	}
	memcpy(mangled, name, len);
	mangled[len] = '\0';
	pk_demangle(mangled, out);
}

static int name_of(struct reading *r, const struct pk_jitdump_rec *rec, uint32_t *ret)
{
	r->c->name_bytes += rec->name_len;
	pk_strbuf_clear(&r->text);
	add_name(&r->text, rec->name, rec->name_len);
	if (pk_strbuf_failed(&r->text))
		return -ENOMEM;
	return pk_strtab_intern(&r->p->strings, r->text.data, r->text.len, ret);
}

static bool is_enough(const struct reading *r)
{
	return r->c->functions.nr + r->kept.nr >= MAX_FUNCTIONS ||
	       r->c->name_bytes >= MAX_NAME_BYTES;
}

static int keep_load(struct reading *r, const struct pk_jitdump_rec *rec, uint64_t at)
{
	bool moves = r->moved.nr && pk_map64_get(&r->moved, rec->index) != PK_MAP64_NONE;
	struct pk_jit_function f = {
		.time_ns = r->head.own_clock || rec->time_ns > INT64_MAX ? 0 : rec->time_ns,
		.addr = rec->addr,
		.size = rec->size,
		.at = at + rec->code_off,
		.tgid = r->tgid,
		.file = r->file,
	};

	if (!moves && !covers(r, rec->addr, rec->size))
		return 0;
	if (is_enough(r))
		return 0;
	if (name_of(r, rec, &f.name) || pk_vec_add(&r->kept, f))
		return -ENOMEM;
	return moves ? pk_map64_set(&r->moved, rec->index, r->kept.nr - 1 + 2) : 0;
}

static int keep_move(struct reading *r, const struct pk_jitdump_rec *rec)
{
	uint32_t found = pk_map64_get(&r->moved, rec->index);
	struct pk_jit_function f;

	if (found == PK_MAP64_NONE || found < 2 || is_enough(r))
		return 0;
	f = r->kept.data[found - 2];
	f.time_ns = r->head.own_clock || rec->time_ns > INT64_MAX ? 0 : rec->time_ns;
	f.addr = rec->addr;
	/* never more than was there to move */
	if (rec->size < f.size)
		f.size = rec->size;
	return pk_vec_add(&r->kept, f);
}

static int keep(void *ctx, const struct pk_jitdump_rec *rec, uint64_t at)
{
	struct reading *r = ctx;

	if (!is_own(r, rec))
		return 0;
	return rec->kind == PK_JITDUMP_LOAD ? keep_load(r, rec, at) : keep_move(r, rec);
}

int pk_jit_code_read(struct pk_jit_code *c, struct pk_profile *p, int fd, uint32_t tgid,
		     uint32_t file, const uint64_t *addr, size_t nr)
{
	struct reading r = { .c = c, .p = p, .addr = addr, .nr = nr, .tgid = tgid, .file = file };
	int ret = pk_jitdump_each(fd, &r.head, note_move, &r);

	if (!ret)
		ret = pk_jitdump_each(fd, &r.head, keep, &r);
	for (size_t i = 0; !ret && i < r.kept.nr; i++)
		if (covers(&r, r.kept.data[i].addr, r.kept.data[i].size))
			ret = pk_vec_add(&c->functions, r.kept.data[i]);
	pk_vec_deinit(&r.kept);
	pk_map64_deinit(&r.moved);
	pk_strbuf_deinit(&r.text);
	return ret == -ENOMEM ? ret : 0;
}

/* --- into the profile ---------------------------------------------------- */

/* By process, then by place. */
static int compare_places(const void *a, const void *b)
{
	const struct pk_jit_function *x = *(struct pk_jit_function *const *)a;
	const struct pk_jit_function *y = *(struct pk_jit_function *const *)b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Most code is never replaced: versions of mappings for it would cost all who read the profile. */
static int find_shared(struct pk_jit_code *c)
{
	struct pk_jit_function **by_place = calloc(c->functions.nr, sizeof(*by_place));
	struct pk_jit_function *highest = NULL; /* of those before: it reaches farthest */

	if (!by_place)
		return -ENOMEM;
	for (size_t i = 0; i < c->functions.nr; i++)
		by_place[i] = &c->functions.data[i];
	qsort(by_place, c->functions.nr, sizeof(*by_place), compare_places);
	for (size_t i = 0; i < c->functions.nr; i++) {
		struct pk_jit_function *f = by_place[i];

		if (highest && highest->tgid == f->tgid && f->addr < highest->addr + highest->size)
			f->shares = highest->shares = true;
		if (!highest || highest->tgid != f->tgid ||
		    f->addr + f->size > highest->addr + highest->size)
			highest = f;
	}
	free(by_place);
	return 0;
}

/* Files that mappings other than from their beginning are of: dumps that were placed before. */
static int note_placed(const struct pk_profile *p, struct pk_map64 *ret)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->maps.nr; i++)
		if (pk_is_jit_function(&p->maps.data[i]))
			err = pk_map64_set(ret, p->maps.data[i].file, 1);
	return err;
}

static int place(const struct pk_jit_function *f, struct pk_profile *p, struct pk_harvest *h,
		 uint32_t dso, pk_map_events *mapped)
{
	struct pk_map_event e = {
		.time_ns = f->time_ns,
		.tgid = f->tgid,
		.file = f->file,
		.addr = f->addr,
		.len = f->size,
		.file_off = f->at,
	};
	struct pk_symbol s = {
		.space = PK_SPACE_FILE,
		.id = f->file,
		.name = f->name,
		.dso = dso,
		.addr = f->at,
		.size = f->size,
	};

	if (pk_vec_add(&p->maps, e) || pk_vec_add(&h->found, s))
		return -ENOMEM;
	return mapped ? pk_vec_add(mapped, e) : 0;
}

int pk_jit_code_place(struct pk_jit_code *c, struct pk_profile *p, pk_map_events *mapped)
{
	struct pk_harvest h = { .p = p };
	struct pk_map64 placed = { 0 };
	uint32_t dso;
	int ret;

	if (!c->functions.nr)
		return 0;
	ret = find_shared(c);
	if (!ret)
		ret = pk_strtab_intern_z(&p->strings, "[jit]", &dso);
	if (!ret)
		ret = note_placed(p, &placed);
	for (size_t i = 0; !ret && i < c->functions.nr; i++) {
		const struct pk_jit_function *f = &c->functions.data[i];

		if (f->shares && f->time_ns && pk_map64_get(&placed, f->file) == PK_MAP64_NONE)
			ret = place(f, p, &h, dso, mapped);
	}
	if (!ret && h.found.nr)
		ret = pk_harvest_merge(&h);
	if (!ret && h.found.nr)
		ret = pk_profile_order(p);
	pk_harvest_deinit(&h);
	pk_map64_deinit(&placed);
	return ret;
}

/* The first one first, or the last: by how the order was turned on offering. */
static int compare_order(const void *a, const void *b)
{
	const struct pk_func *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

int pk_jit_code_offer(const struct pk_jit_code *c, const struct pk_profile *p, uint32_t tgid,
		      struct pk_cover *cover)
{
	/* those without a time are offered from the end on */
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < c->functions.nr; i++) {
			size_t at = pass ? c->functions.nr - 1 - i : i;
			const struct pk_jit_function *f = &c->functions.data[at];
			struct pk_func func = {
				.start = f->addr,
				.end = f->addr + f->size,
				.name = pk_strtab_get(&p->strings, f->name),
			};

			if (f->tgid == tgid && (f->time_ns ? 0 : 1) == pass &&
			    pk_cover_offer(cover, &func))
				return -ENOMEM;
		}
	pk_cover_settle(cover, compare_order);
	return 0;
}
