// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was mapped where, when; see addrspace.h.
 *
 * A memory map ("mm") is a sequence of mappings laid over the state in which
 * it was born: nothing after an exec, the parent's map at a fork. Each process
 * has a timeline of the mms that it used; processes that share memory share
 * the mm. All mappings are numbered through, mm by mm, and the version after
 * mapping n is n + FIRST_VERSION, so a child that mapped nothing yet has its
 * parent's version and neither versions nor inheritance cost memory.
 *
 * An exec's record precedes the mappings of the new program.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"
#include "model/addrspace.h"
#include "model/overlay.h"

#define EMPTY_VERSION 1
#define FIRST_VERSION 2

/* Up to so many mappings a search from the last one backwards is fastest. */
#define LINEAR_MAPS 12

struct mm {
	uint32_t born_of;	/* mm it inherits from, NO_MM: starts empty */
	uint32_t born_after;	/* number of mappings that one had */
	uint32_t base;		/* version it was born with */
	uint32_t first, nr;	/* its mappings, in pk_addrspace.maps */
	uint32_t nr_functions;	/* of them, functions of JITs */
	bool indexed, functions_indexed;
	struct pk_overlay index, functions;
};
#define NO_MM UINT32_MAX

enum file_kind {
	FILE_LASTING,
	FILE_ANON,		/* memory that goes with the process */
	FILE_JITDUMP,
};

/* From time_ns on, a process uses an mm. */
struct use {
	uint64_t time_ns;
	uint32_t tgid, mm;
};

struct process {
	uint32_t first, nr;	/* in uses */
	/* the last answer and when it holds */
	uint64_t from_ns, to_ns;
	uint32_t version;
};

struct pk_addrspace {
	const struct pk_profile *p;
	PK_VEC(struct mm) mms;
	PK_VEC(struct use) uses;	/* sorted by (tgid, time) when built */
	PK_VEC(struct process) processes;
	struct pk_map64 by_tgid;	/* while building: tgid to mm; then to processes */
	uint8_t *kind;		/* per file: enum file_kind */
	bool has_functions;	/* of JITs, in any mm */
	uint32_t *maps;		/* map events grouped by mm: indices into profile->maps */
	uint32_t *map_mm;	/* parallel to profile->maps while building, then to maps */
};

static long new_mm(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns, uint32_t born_of)
{
	struct mm *mm = pk_vec_push(&a->mms);

	if (!mm)
		return -ENOMEM;
	mm->born_of = born_of;
	if (born_of != NO_MM)
		mm->born_after = a->mms.data[born_of].nr;
	if (pk_vec_add(&a->uses, ((struct use){ time_ns, tgid, a->mms.nr - 1 })) ||
	    pk_map64_set(&a->by_tgid, tgid, a->mms.nr - 1))
		return -ENOMEM;
	return a->mms.nr - 1;
}

static int share_mm(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns, uint32_t mm)
{
	if (pk_vec_add(&a->uses, ((struct use){ time_ns, tgid, mm })))
		return -ENOMEM;
	return pk_map64_set(&a->by_tgid, tgid, mm);
}

static int apply_task(struct pk_addrspace *a, const struct pk_task_event *e)
{
	uint32_t parent;
	long mm = 0;

	switch (e->kind) {
	case PK_TASK_ALIVE:
		if (pk_map64_get(&a->by_tgid, e->tgid) == PK_MAP64_NONE)
			mm = new_mm(a, e->tgid, 0, NO_MM);
		break;
	case PK_TASK_FORK:
		if (e->flags & PKPROF_TASK_THREAD)
			break;
		parent = pk_map64_get(&a->by_tgid, e->parent_tgid);
		if (e->flags & PKPROF_TASK_SAME_MM && parent != PK_MAP64_NONE)
			return share_mm(a, e->tgid, e->time_ns, parent);
		mm = new_mm(a, e->tgid, e->time_ns, parent == PK_MAP64_NONE ? NO_MM : parent);
		break;
	case PK_TASK_EXEC:
		mm = new_mm(a, e->tgid, e->time_ns, NO_MM);
		break;
	}
	return mm < 0 ? (int)mm : 0;
}

static bool is_function(const struct pk_addrspace *a, const struct pk_map_event *e)
{
	return e->file < a->p->files.nr && a->kind[e->file] == FILE_JITDUMP &&
	       pk_is_jit_function(e);
}

static int apply_map(struct pk_addrspace *a, uint32_t map)
{
	const struct pk_map_event *e = &a->p->maps.data[map];
	uint32_t mm = pk_map64_get(&a->by_tgid, e->tgid);
	long made;

	if (mm == PK_MAP64_NONE) {
		made = new_mm(a, e->tgid, 0, NO_MM);
		if (made < 0)
			return made;
		mm = made;
	}
	a->map_mm[map] = mm;
	a->mms.data[mm].nr++;
	if (is_function(a, e)) {
		a->mms.data[mm].nr_functions++;
		a->has_functions = true;
	}
	return 0;
}

static int replay(struct pk_addrspace *a)
{
	const struct pk_task_event *task = a->p->tasks.data, *end = task + a->p->tasks.nr;
	size_t map = 0;
	int ret = 0;

	while (!ret && (task < end || map < a->p->maps.nr)) {
		if (task < end && (map == a->p->maps.nr ||
				   task->time_ns <= a->p->maps.data[map].time_ns))
			ret = apply_task(a, task++);
		else
			ret = apply_map(a, map++);
	}
	return ret;
}

/* Group the map events by mm and number the versions. */
static int number_maps(struct pk_addrspace *a)
{
	size_t nr = a->p->maps.nr;
	uint32_t first = 0, *mm_of;
	const struct mm *parent;

	a->maps = calloc(nr + 1, sizeof(*a->maps));
	mm_of = calloc(nr + 1, sizeof(*mm_of));
	if (!a->maps || !mm_of) {
		free(mm_of);
		return -ENOMEM;
	}
	PK_VEC_FOREACH(&a->mms, mm) {
		mm->first = first;
		first += mm->nr;
		mm->base = EMPTY_VERSION;
		if (mm->born_of == NO_MM)
			continue;
		/* the parent was made before: its numbers are known */
		parent = &a->mms.data[mm->born_of];
		mm->base = parent->base;
		if (mm->born_after)
			mm->base = parent->first + mm->born_after - 1 + FIRST_VERSION;
	}
	PK_VEC_FOREACH(&a->mms, mm)
		mm->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		struct mm *mm = &a->mms.data[a->map_mm[i]];
		uint32_t to = mm->first + mm->nr++;

		a->maps[to] = i;
		mm_of[to] = a->map_mm[i];
	}
	free(a->map_mm);
	a->map_mm = mm_of;
	return 0;
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->mm < y->mm ? -1 : x->mm > y->mm;
}

static int group_uses(struct pk_addrspace *a)
{
	struct process *last = NULL;

	if (a->uses.nr)
		qsort(a->uses.data, a->uses.nr, sizeof(*a->uses.data), compare_uses);
	pk_map64_clear(&a->by_tgid);
	for (size_t i = 0; i < a->uses.nr; i++) {
		if (!last || a->uses.data[i].tgid != a->uses.data[i - 1].tgid) {
			last = pk_vec_push(&a->processes);
			if (!last || pk_map64_set(&a->by_tgid, a->uses.data[i].tgid,
						  a->processes.nr - 1))
				return -ENOMEM;
			last->first = i;
		}
		last->nr++;
	}
	return 0;
}

/*
 * Files in memory, such as a JIT's second mapping of its code: what is in them
 * goes with the process. One with a build ID is a program after all.
 */
static bool lives_in_memory(const struct pk_profile *p, const struct pk_file *f)
{
	static const char *const names[] = { "/memfd:", "/dev/zero", "/anon_hugepage", "/SYSV",
					     "//anon", "[heap]", "[stack", "[anon" };
	const char *path = pk_strtab_get(&p->strings, f->path);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !f->build_id_len; i++)
		if (!strncmp(path, names[i], strlen(names[i])))
			return true;
	return false;
}

bool pk_is_jitdump(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t digits;

	if (!name || strncmp(name, "/jit-", 5))
		return false;
	digits = strspn(name + 5, "0123456789");
	return digits && !strcmp(name + 5 + digits, ".dump");
}

static enum file_kind kind_of(const struct pk_profile *p, const struct pk_file *f)
{
	if (lives_in_memory(p, f))
		return FILE_ANON;
	if (!f->build_id_len && pk_is_jitdump(pk_strtab_get(&p->strings, f->path)))
		return FILE_JITDUMP;
	return FILE_LASTING;
}

static int note_files(struct pk_addrspace *a)
{
	a->kind = calloc(a->p->files.nr + 1, sizeof(*a->kind));
	if (!a->kind)
		return -ENOMEM;
	/* what has no file is nobody's */
	a->kind[0] = FILE_ANON;
	for (size_t i = 1; i < a->p->files.nr; i++)
		a->kind[i] = kind_of(a->p, &a->p->files.data[i]);
	return 0;
}

static int build(struct pk_addrspace *a)
{
	int ret;

	a->map_mm = calloc(a->p->maps.nr + 1, sizeof(*a->map_mm));
	if (!a->map_mm || note_files(a))
		return -ENOMEM;
	ret = replay(a);
	if (!ret)
		ret = number_maps(a);
	return ret ? ret : group_uses(a);
}

int pk_addrspace_build(const struct pk_profile *p, struct pk_addrspace **ret, struct pk_err *err)
{
	struct pk_addrspace *a = calloc(1, sizeof(*a));

	if (a) {
		a->p = p;
		if (!build(a)) {
			*ret = a;
			return 0;
		}
	}
	pk_addrspace_destroy(a);
	return pk_err_set(err, -ENOMEM, "not enough memory for the %zu mappings of the profile",
			  p->maps.nr);
}

void pk_addrspace_destroy(struct pk_addrspace *a)
{
	if (!a)
		return;
	PK_VEC_FOREACH(&a->mms, mm) {
		pk_overlay_deinit(&mm->index);
		pk_overlay_deinit(&mm->functions);
	}
	pk_vec_deinit(&a->mms);
	pk_vec_deinit(&a->uses);
	pk_vec_deinit(&a->processes);
	pk_map64_deinit(&a->by_tgid);
	free(a->kind);
	free(a->maps);
	free(a->map_mm);
	free(a);
}

static const struct pk_map_event *map_of(const struct pk_addrspace *a, const struct mm *mm,
					 uint32_t number)
{
	return &a->p->maps.data[a->maps[mm->first + number]];
}

/* The process's version at @time_ns, and the times between which it holds. */
static void look_up_version(struct pk_addrspace *a, struct process *proc, uint64_t time_ns)
{
	const struct use *uses = &a->uses.data[proc->first];
	uint32_t lo = 0, hi = proc->nr;
	const struct mm *mm;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (uses[mid].time_ns <= time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	proc->version = EMPTY_VERSION;
	proc->from_ns = lo ? uses[lo - 1].time_ns : 0;
	proc->to_ns = lo < proc->nr ? uses[lo].time_ns : UINT64_MAX;
	if (!lo)
		return;
	mm = &a->mms.data[uses[lo - 1].mm];
	lo = 0;
	hi = mm->nr;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (map_of(a, mm, mid)->time_ns <= time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	proc->version = lo ? mm->first + lo - 1 + FIRST_VERSION : mm->base;
	if (lo && map_of(a, mm, lo - 1)->time_ns > proc->from_ns)
		proc->from_ns = map_of(a, mm, lo - 1)->time_ns;
	if (lo < mm->nr && map_of(a, mm, lo)->time_ns < proc->to_ns)
		proc->to_ns = map_of(a, mm, lo)->time_ns;
}

uint32_t pk_addrspace_version(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns)
{
	uint32_t idx = pk_map64_get(&a->by_tgid, tgid);
	struct process *proc;

	if (idx == PK_MAP64_NONE)
		return EMPTY_VERSION;
	proc = &a->processes.data[idx];
	if (!proc->version || time_ns < proc->from_ns || time_ns >= proc->to_ns)
		look_up_version(a, proc, time_ns);
	return proc->version;
}

/* Of the mappings that are functions of JITs, or of all others. */
static int make_index(const struct pk_addrspace *a, const struct mm *mm, bool functions,
		      struct pk_overlay *ret)
{
	struct pk_range *ranges = calloc(mm->nr, sizeof(*ranges));
	int err = -ENOMEM;

	for (uint32_t i = 0; ranges && i < mm->nr; i++) {
		const struct pk_map_event *e = map_of(a, mm, i);

		if (is_function(a, e) != functions)
			continue;
		ranges[i].start = e->addr;
		if (__builtin_add_overflow(e->addr, e->len, &ranges[i].end))
			ranges[i].end = UINT64_MAX;
	}
	if (ranges)
		err = pk_overlay_init(ret, ranges, mm->nr);
	free(ranges);
	return err;
}

/* Number of the mapping that is at @addr after the first @k of an mm. */
static uint32_t find_in_mm(const struct pk_addrspace *a, struct mm *mm, uint32_t k, uint64_t addr,
			   bool functions)
{
	bool *indexed = functions ? &mm->functions_indexed : &mm->indexed;
	struct pk_overlay *index = functions ? &mm->functions : &mm->index;

	if (functions && !mm->nr_functions)
		return PK_OVERLAY_NONE;
	if (mm->nr > LINEAR_MAPS && !*indexed)
		*indexed = !make_index(a, mm, functions, index);
	if (*indexed)
		return pk_overlay_top(index, k, addr);
	while (k--) {
		const struct pk_map_event *e = map_of(a, mm, k);

		if (addr - e->addr < e->len && is_function(a, e) == functions)
			return k;
	}
	return PK_OVERLAY_NONE;
}

/* What is mapped at @addr, in the mm or in those that it inherits from; NULL: nothing known. */
static const struct pk_map_event *find(struct pk_addrspace *a, uint32_t version, uint64_t addr,
				       bool functions)
{
	while (version >= FIRST_VERSION && version - FIRST_VERSION < a->p->maps.nr) {
		struct mm *mm = &a->mms.data[a->map_mm[version - FIRST_VERSION]];
		uint32_t k = version - FIRST_VERSION - mm->first + 1;
		uint32_t found = find_in_mm(a, mm, k, addr, functions);

		if (found != PK_OVERLAY_NONE)
			return map_of(a, mm, found);
		version = mm->base;
	}
	return NULL;
}

struct pk_location pk_addrspace_find(struct pk_addrspace *a, uint32_t version, uint32_t tgid,
				     uint64_t addr)
{
	struct pk_location loc = { .space = PK_SPACE_PROCESS, .id = tgid, .addr = addr };
	const struct pk_map_event *e = find(a, version, addr, false);

	loc.mapped = e;
	loc.jit = !e || e->file >= a->p->files.nr || a->kind[e->file] == FILE_ANON;
	if (loc.jit) {
		e = a->has_functions ? find(a, version, addr, true) : NULL;
		if (!e)
			return loc;
		loc.mapped = true;
	}
	loc.space = PK_SPACE_FILE;
	loc.id = e->file;
	loc.addr = addr - e->addr + e->file_off;
	return loc;
}
