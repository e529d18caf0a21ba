// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbolizer; see symbolizer.h. Sorts the addresses that samples use by where
 * they point and hands each group to the source that knows names there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascending.h"
#include "base/cleanup.h"
#include "base/map64.h"
#include "model/addrspace.h"
#include "model/symbols.h"
#include "symbol/collect.h"
#include "symbol/cover.h"
#include "symbol/file_names.h"
#include "symbol/file_symbols.h"
#include "symbol/harvest.h"
#include "symbol/jit_code.h"
#include "symbol/jit_reader.h"
#include "symbol/kallsyms.h"
#include "symbol/perf_map.h"
#include "symbol/symbolizer.h"
#include "symbol/vdso.h"

/* A process may run JIT code that an ancestor so many forks ago wrote and named. */
#define MAX_GENERATIONS 8

struct symbolizer {
	struct pk_profile *p;
	const struct pk_symbolizer_config *cfg;
	struct pk_symbolizer_stats *stats;
	struct pk_harvest harvest;
	struct pk_file_names files;
	unsigned int nr_done, nr_groups; /* for who watches */
	PK_VEC(uint64_t) addr;		/* of the group at hand, ascending */
	struct pk_map64 forked_from;	/* tgid to parent, 0 after an exec */
	struct pk_map64 birth;		/* tgid to the event of its last birth */
	struct pk_jit_code code;	/* what jitdumps tell */
	struct pk_jit_reader jit;	/* reads them, and perf maps */
};

/* Where the functions of a cover go that is emitted as it is. */
struct target {
	struct symbolizer *s;
	const struct pk_cover *c;
	enum pk_space space;
	uint32_t id;
};

static int emit_function(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	struct target *t = ctx;
	const struct pk_func *f = &t->c->funcs.data[func];
	struct pk_symbol sym = {
		.space = t->space,
		.id = t->id,
		.dso = f->dso,
		.addr = start,
		.size = end - start,
	};

	return pk_harvest_add(&t->s->harvest, &sym, f->name, t->space == PK_SPACE_KERNEL);
}

static int name_kernel(struct symbolizer *s)
{
	struct pk_cover c = { 0 };
	struct target t = { s, &c, PK_SPACE_KERNEL, 0 };
	struct pk_kallsyms k;
	int ret;

	if (!s->cfg->kernel)
		return 0;
	ret = pk_kallsyms_read("/proc/kallsyms", &k);
	if (ret == -ENOMEM)
		return ret;
	s->stats->kernel_error = ret;
	if (ret)
		return 0;
	if (k.hidden)
		s->stats->kernel_error = -EPERM;
	ret = pk_cover_init(&c, s->addr.data, s->addr.nr);
	if (!ret)
		ret = pk_kallsyms_offer(&k, &s->p->strings, &c);
	if (!ret) {
		pk_cover_settle(&c, NULL);
		ret = pk_cover_emit(&c, emit_function, &t);
	}
	pk_cover_deinit(&c);
	pk_kallsyms_deinit(&k);
	return ret;
}

/* When a process was born, on the wall clock; 0: not known. */
static uint64_t born_wall_ns(const struct symbolizer *s, uint32_t tgid)
{
	uint64_t mono_ns = pk_profile_fact_u64(s->p, "time.mono_ns", 0);
	uint64_t wall_ns = pk_profile_fact_u64(s->p, "time.wall_ns", 0);
	uint32_t event = pk_map64_get(&s->birth, tgid);
	uint64_t start_ns = event == PK_MAP64_NONE ? 0 : s->p->tasks.data[event].start_ns;

	return mono_ns && wall_ns && start_ns ? start_ns + (wall_ns - mono_ns) : 0;
}

/* The map of one process: the one that the recorder held, else that which is there now. */
static int open_own_map(const struct symbolizer *s, uint32_t tgid)
{
	uint64_t born_ns = born_wall_ns(s, tgid);
	int fd = s->cfg->map_fd ? s->cfg->map_fd(s->cfg->ctx, tgid) : -1;

	if (fd >= 0 && pk_perf_map_is_recent(fd, born_ns))
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return pk_perf_map_open(tgid, s->cfg->root, born_ns);
}

/* The process, or (@i) its ancestor so many forks ago. False: there is none. */
static bool go_up(const struct symbolizer *s, int i, uint32_t *tgid)
{
	if (i)
		*tgid = pk_map64_get(&s->forked_from, *tgid);
	return i <= MAX_GENERATIONS && *tgid != PK_MAP64_NONE && *tgid;
}

static int offer_functions(const struct symbolizer *s, uint32_t tgid, struct pk_cover *c)
{
	int ret = 0;

	for (int i = 0; !ret && go_up(s, i, &tgid); i++)
		ret = pk_jit_code_offer(&s->code, s->p, tgid, c);
	return ret;
}

/* Addresses that no dump has a function for; to be freed. */
static uint64_t *free_addresses(struct pk_cover *c, size_t *nr_ret)
{
	uint64_t *addr = malloc((c->nr + 1) * sizeof(*addr));
	size_t nr = 0;

	if (!addr)
		return NULL;
	for (uint32_t i = pk_cover_next_free(c, 0); i < c->nr; i = pk_cover_free_after(c, i))
		addr[nr++] = c->addr[i];
	*nr_ret = nr;
	return addr;
}

static int offer_pieces(const struct pk_answer *a, struct pk_cover *c)
{
	PK_VEC_FOREACH(&a->pieces, p) {
		const struct pk_func f = {
			.start = p->start,
			.end = p->end,
			.name = pk_strtab_get(&a->strings, p->name),
		};

		if (p->name && pk_cover_offer(c, &f))
			return -ENOMEM;
	}
	pk_cover_settle(c, NULL);
	return 0;
}

/* The names stay in *ret. 0 or -ENOMEM. */
static int offer_perf_map(struct symbolizer *s, uint32_t tgid, struct pk_cover *c,
			  struct pk_answer *ret)
{
	PK_AUTO_FREE uint64_t *addr = NULL;
	PK_AUTO_FD int fd = -1;
	size_t nr;
	int code;

	for (int i = 0; fd < 0 && go_up(s, i, &tgid); i++)
		fd = open_own_map(s, tgid);
	if (fd < 0)
		return 0;
	addr = free_addresses(c, &nr);
	if (!addr)
		return -ENOMEM;
	code = pk_jit_reader_map(&s->jit, fd, addr, nr, ret);
	return code ? code : offer_pieces(ret, c);
}

static int name_jit(struct symbolizer *s, uint32_t tgid)
{
	struct pk_cover c = { 0 };
	struct target t = { s, &c, PK_SPACE_PROCESS, tgid };
	struct pk_answer map = { 0 };
	uint32_t dso;
	int ret;

	if (!s->cfg->jit)
		return 0;
	ret = pk_cover_init(&c, s->addr.data, s->addr.nr);
	if (!ret)
		ret = offer_functions(s, tgid, &c);
	if (!ret)
		ret = offer_perf_map(s, tgid, &c, &map);
	if (!ret)
		ret = pk_strtab_intern_z(&s->p->strings, "[jit]", &dso);
	if (!ret) {
		PK_VEC_FOREACH(&c.funcs, f)
			f->dso = dso;
		ret = pk_cover_emit(&c, emit_function, &t);
	}
	pk_cover_deinit(&c);
	pk_answer_deinit(&map);
	return ret;
}

/* What the kernel maps has no debug file of its own. */
static int no_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	(void)ctx;
	(void)wish;
	(void)i;
	return -ENOENT;
}

static int name_vdso(struct symbolizer *s, uint32_t id)
{
	const struct pk_debug_source none = { no_debug_file, NULL };
	const struct pk_file_question q = { .off = s->addr.data, .nr = s->addr.nr };
	struct pk_answer a;
	struct pk_elf e;
	int ret = s->cfg->kernel ? pk_vdso_open(&e) : -ENOENT;

	if (ret)
		return ret == -ENOMEM ? ret : 0;
	ret = pk_file_answer(&e, &q, &none, &a);
	if (!ret) {
		ret = pk_file_names_add(&s->harvest, id, &a, s->addr.data, s->addr.nr);
		pk_answer_deinit(&a);
	}
	pk_elf_close(&e);
	return ret;
}

static int name_file(struct symbolizer *s, uint32_t id)
{
	const char *path = pk_strtab_get(&s->p->strings, s->p->files.data[id].path);

	if (pk_is_jitdump(path))
		return 0;
	if (path[0] == '[')
		return strcmp(path, "[vdso]") ? 0 : name_vdso(s, id);
	s->stats->nr_files++;
	return pk_file_names_want(&s->files, id, s->addr.data, s->addr.nr);
}

static int name_group(struct symbolizer *s, uint64_t place)
{
	uint32_t id = place;

	if (!s->addr.nr)
		return 0;
	switch ((enum pk_space)(place >> 32)) {
	case PK_SPACE_KERNEL:
		return name_kernel(s);
	case PK_SPACE_FILE:
		return name_file(s, id);
	case PK_SPACE_PROCESS:
		return name_jit(s, id);
	case PK_SPACE_NR:
		break;
	}
	return 0;
}

static unsigned int count_groups(const struct pk_wanted_list *l)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < l->v.nr; i++)
		nr += !i || l->v.data[i].place != l->v.data[i - 1].place;
	return nr;
}

static void tell_progress(struct symbolizer *s)
{
	if (s->cfg->progress)
		s->cfg->progress(s->cfg->ctx, s->nr_done, s->nr_groups);
}

static void step(void *ctx)
{
	struct symbolizer *s = ctx;

	s->nr_done++;
	tell_progress(s);
}

/* Is something to be found out yet of an address? */
static bool is_open(const struct symbolizer *s, const struct pk_wanted *w)
{
	enum pk_space space = w->place >> 32;

	return !pk_symbols_find(s->p, space, w->place, w->addr) ||
	       (s->cfg->lines && space == PK_SPACE_FILE &&
		!pk_lines_find(s->p, w->place, w->addr));
}

static int name_all(struct symbolizer *s, const struct pk_wanted_list *l)
{
	size_t nr_wanted = 0;
	int ret = 0;

	s->nr_groups = count_groups(l);
	tell_progress(s);
	for (size_t i = 0; i < l->v.nr && !ret;) {
		uint64_t place = l->v.data[i].place;

		s->addr.nr = 0;
		for (; i < l->v.nr && l->v.data[i].place == place && !ret; i++)
			if (is_open(s, &l->v.data[i]))
				ret = pk_vec_add(&s->addr, l->v.data[i].addr);
		if (!ret)
			ret = name_group(s, place);
		/* files are asked when it is known what of */
		if (s->files.wanted.nr == nr_wanted)
			step(s);
		nr_wanted = s->files.wanted.nr;
	}
	if (!ret)
		ret = pk_file_names_get(&s->files);
	return ret ? ret : pk_harvest_merge(&s->harvest);
}

/* --- jitdumps: before the rest, for they tell what is where ------------------------ */

/* Addresses in nameless memory, whoever's it is. */
static int collect_jit(struct symbolizer *s, const struct pk_wanted_list *l)
{
	int ret = 0;

	s->addr.nr = 0;
	for (size_t i = 0; !ret && i < l->v.nr; i++)
		if (l->v.data[i].place >> 32 == PK_SPACE_PROCESS)
			ret = pk_vec_add(&s->addr, l->v.data[i].addr);
	if (s->addr.nr)
		qsort(s->addr.data, s->addr.nr, sizeof(*s->addr.data), pk_compare_u64);
	return ret;
}

static int read_dump(struct symbolizer *s, uint32_t tgid, uint32_t file)
{
	const struct pk_jit_dump dump = { tgid, file, s->addr.data, s->addr.nr };
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf scanned = { 0 };
	bool held;
	PK_AUTO_FD int fd = pk_file_open_recorded(s->p, s->cfg, file, &held);
	struct stat st;
	int ret;

	s->stats->nr_files++;
	s->stats->nr_files_missing += fd < 0;
	if (fd < 0)
		return 0;
	if (!held && (fstat(fd, &st) || !pk_file_is_inode(&s->p->files.data[file], &st))) {
		s->stats->nr_files_mismatch++;
		return 0;
	}
	ret = pk_jit_reader_dump(&s->jit, fd, dump.addr, dump.nr, &scanned);
	return ret ? ret : pk_jit_code_add(&s->code, s->p, &dump, scanned.data, scanned.len);
}

/* Whoever writes a jitdump maps it, so that it can be found. */
static int read_dumps(struct symbolizer *s, const struct pk_wanted_list *l)
{
	struct pk_map64 done = { 0 };
	int ret = s->cfg->jit ? collect_jit(s, l) : 0;

	for (size_t i = 0; !ret && s->addr.nr && i < s->p->maps.nr; i++) {
		const struct pk_map_event *e = &s->p->maps.data[i];
		uint64_t key = (uint64_t)e->tgid << 32 | e->file;

		if (!e->file || pk_is_jit_function(e) || s->p->files.data[e->file].build_id_len ||
		    !pk_is_jitdump(pk_strtab_get(&s->p->strings,
						 s->p->files.data[e->file].path)) ||
		    pk_map64_get(&done, key) != PK_MAP64_NONE)
			continue;
		ret = pk_map64_set(&done, key, 1);
		if (!ret)
			ret = read_dump(s, e->tgid, e->file);
	}
	pk_map64_deinit(&done);
	return ret ? ret : pk_jit_code_place(&s->code, s->p, s->cfg->mapped);
}

/* Who descends from whom, for the sake of JIT code that was inherited. */
static int note_families(struct symbolizer *s)
{
	for (size_t i = 0; i < s->p->tasks.nr; i++) {
		const struct pk_task_event *e = &s->p->tasks.data[i];
		bool leader = e->tid == e->tgid;
		int ret = 0;

		if (e->kind == PK_TASK_EXEC)
			ret = pk_map64_set(&s->forked_from, e->tgid, 0);
		else if (e->kind == PK_TASK_FORK && leader)
			ret = pk_map64_set(&s->forked_from, e->tgid, e->parent_tgid);
		if (!ret && leader && (e->kind == PK_TASK_FORK || e->kind == PK_TASK_ALIVE))
			ret = pk_map64_set(&s->birth, e->tgid, i);
		if (ret)
			return ret;
	}
	return 0;
}

static void count_named(struct symbolizer *s, const struct pk_wanted_list *l)
{
	s->stats->nr_addresses = l->v.nr;
	PK_VEC_FOREACH(&l->v, w) {
		const struct pk_symbol *sym = pk_symbols_find(s->p, w->place >> 32, w->place,
							      w->addr);

		s->stats->nr_named += sym && !(sym->flags & PK_SYMBOL_NONE);
		s->stats->nr_with_line += w->place >> 32 == PK_SPACE_FILE &&
					  pk_lines_find(s->p, w->place, w->addr);
	}
}

int pk_symbolize(struct pk_profile *p, const struct pk_symbolizer_config *cfg,
		 struct pk_symbolizer_stats *ret, struct pk_err *err)
{
	struct symbolizer s = {
		.p = p, .cfg = cfg, .stats = ret, .harvest = { .p = p },
		.files = {
			.h = &s.harvest, .cfg = cfg, .stats = ret, .step = step, .ctx = &s,
			.where = { cfg->debug_dirs, cfg->root, cfg->servers },
		},
	};
	struct pk_wanted_list wanted;
	size_t nr_maps;
	int code;

	*ret = (struct pk_symbolizer_stats){ 0 };
	code = pk_collect(p, &wanted, err);
	if (code)
		return code;
	pk_jit_reader_init(&s.jit);
	code = note_families(&s);
	nr_maps = p->maps.nr;
	if (!code)
		code = read_dumps(&s, &wanted);
	if (!code && p->maps.nr > nr_maps) {
		/* what lay in nameless memory lies in dumps now */
		pk_vec_deinit(&wanted.v);
		code = pk_collect(p, &wanted, err);
	}
	/* without a cache it takes longer, that is all */
	if (cfg->cache && pk_answer_cache_open(cfg->cache_dir, 0, &s.files.cache, NULL))
		s.files.cache = NULL;
	if (!code)
		code = name_all(&s, &wanted);
	if (!code)
		count_named(&s, &wanted);
	else
		pk_err_set(err, code, "not enough memory for the names of %zu addresses",
			   wanted.v.nr);
	pk_vec_deinit(&wanted.v);
	pk_file_names_deinit(&s.files);
	pk_answer_cache_close(s.files.cache);
	pk_harvest_deinit(&s.harvest);
	pk_vec_deinit(&s.addr);
	pk_map64_deinit(&s.forked_from);
	pk_map64_deinit(&s.birth);
	pk_jit_code_deinit(&s.code);
	ret->nr_files_failed += s.jit.nr_failed;
	pk_jit_reader_deinit(&s.jit);
	return code;
}

const struct pk_symbol *pk_symbol_find(const struct pk_profile *p, enum pk_space space,
				       uint32_t id, uint64_t addr)
{
	return pk_symbols_find(p, space, id, addr);
}
