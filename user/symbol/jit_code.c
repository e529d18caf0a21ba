// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions that jitdumps tell of; see jit_code.h. */
#include "base/map64.h"
#include "model/addrspace.h"
#include "profile/order.h"
#include "symbol/demangle.h"
#include "symbol/harvest.h"
#include "symbol/jit_code.h"
#include "symbol/jit_scan.h"

void pk_jit_code_deinit(struct pk_jit_code *c)
{
	pk_vec_deinit(&c->functions);
	pk_strbuf_deinit(&c->text);
}

int pk_jit_code_add(struct pk_jit_code *c, struct pk_profile *p, const struct pk_jit_dump *dump,
		    const void *scanned, size_t bytes)
{
	struct pk_reader r = pk_reader_of(scanned, bytes);
	struct pk_jit_scanned f;

	while (c->functions.nr < PK_JIT_MAX_FUNCTIONS && c->name_bytes < PK_JIT_MAX_NAME_BYTES &&
	       pk_jit_scan_next(&r, dump->addr, dump->nr, &f)) {
		struct pk_jit_function function = {
			.time_ns = f.time_ns,
			.addr = f.addr,
			.size = f.size,
			.at = f.at,
			.tgid = dump->tgid,
			.file = dump->file,
		};

		pk_strbuf_clear(&c->text);
		pk_add_clean(&c->text, f.name, f.name_len);
		c->name_bytes += c->text.len;
		if (pk_strbuf_failed(&c->text) ||
		    pk_strtab_intern(&p->strings, c->text.data, c->text.len, &function.name) ||
		    pk_vec_add(&c->functions, function))
			return -ENOMEM;
	}
	return 0;
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
