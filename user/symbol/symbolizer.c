// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbolizer; see symbolizer.h. Sorts the addresses that samples use by where
 * they point and hands each group to the source that knows names there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/map64.h"
#include "model/symbols.h"
#include "symbol/collect.h"
#include "symbol/cover.h"
#include "symbol/file_symbols.h"
#include "symbol/harvest.h"
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
	struct pk_debug_search where;
	struct pk_harvest harvest;
	PK_VEC(uint64_t) addr;		/* of the group at hand, ascending */
	struct pk_map64 forked_from;	/* tgid to parent, 0 after an exec */
	struct pk_map64 birth;		/* tgid to the event of its last birth */
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

static int open_perf_map(const struct symbolizer *s, uint32_t tgid)
{
	int fd = pk_perf_map_open(tgid, s->cfg->root, born_wall_ns(s, tgid));

	for (int i = 0; fd < 0 && i < MAX_GENERATIONS; i++) {
		tgid = pk_map64_get(&s->forked_from, tgid);
		if (tgid == PK_MAP64_NONE || !tgid)
			break;
		fd = pk_perf_map_open(tgid, s->cfg->root, born_wall_ns(s, tgid));
	}
	return fd;
}

static int name_jit(struct symbolizer *s, uint32_t tgid)
{
	struct pk_cover c = { 0 };
	struct target t = { s, &c, PK_SPACE_PROCESS, tgid };
	uint32_t dso;
	char *text;
	size_t len;
	int fd, ret;

	if (!s->cfg->jit)
		return 0;
	fd = open_perf_map(s, tgid);
	if (fd < 0)
		return 0;
	ret = pk_perf_map_read(fd, &text, &len);
	close(fd);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	ret = pk_cover_init(&c, s->addr.data, s->addr.nr);
	if (!ret)
		ret = pk_perf_map_offer(text, len, &c);
	if (!ret)
		ret = pk_strtab_intern_z(&s->p->strings, "[jit]", &dso);
	if (!ret) {
		PK_VEC_FOREACH(&c.funcs, f)
			f->dso = dso;
		ret = pk_cover_emit(&c, emit_function, &t);
	}
	pk_cover_deinit(&c);
	free(text);
	return ret;
}

/* Is the file behind @e, opened by its path or (@held) by the recorder, the one recorded? */
static bool is_recorded(const struct pk_file *f, const struct pk_elf *e, bool held)
{
	struct stat st;

	if (f->build_id_len)
		return f->build_id_len == e->build_id_len &&
		       !memcmp(f->build_id, e->build_id, e->build_id_len);
	if (held)
		return true;
	return f->ino && !fstat(e->fd, &st) && st.st_ino == f->ino &&
	       major(st.st_dev) == f->dev >> 20 && minor(st.st_dev) == (f->dev & 0xfffff);
}

/* -ENOENT: not there; -ESTALE: another one is; -ENOMEM. */
static int open_file(struct symbolizer *s, uint32_t id, struct pk_elf *ret)
{
	const struct pk_file *f = &s->p->files.data[id];
	char path[PATH_MAX];
	int fd = s->cfg->file_fd ? s->cfg->file_fd(s->cfg->ctx, id) : -1, err;
	bool held = fd >= 0;

	if (held) {
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	} else {
		snprintf(path, sizeof(path), "%s%s", s->cfg->root ? s->cfg->root : "",
			 pk_strtab_get(&s->p->strings, f->path));
		fd = pk_open_regular(path);
	}
	if (fd < 0)
		return -ENOENT;
	err = pk_elf_open(fd, ret);
	if (err)
		return err == -ENOMEM ? err : -ESTALE;
	if (is_recorded(f, ret, held))
		return 0;
	pk_elf_close(ret);
	return -ESTALE;
}

static int name_file(struct symbolizer *s, uint32_t id)
{
	const char *path = pk_strtab_get(&s->p->strings, s->p->files.data[id].path);
	struct pk_file_query q = { id, path, s->addr.data, s->addr.nr };
	struct pk_elf e;
	int ret;

	if (path[0] == '[') {
		ret = s->cfg->kernel && !strcmp(path, "[vdso]") ? pk_vdso_open(&e) : -ENOENT;
	} else {
		ret = open_file(s, id, &e);
		s->stats->nr_files++;
		s->stats->nr_files_missing += ret == -ENOENT;
		s->stats->nr_files_mismatch += ret == -ESTALE;
	}
	if (!ret) {
		ret = pk_file_symbols(&s->harvest, &q, &e, &s->where);
		pk_elf_close(&e);
	}
	/* a file that is too much for us must not cost the others their names */
	s->stats->nr_files_too_big += ret == -ENOMEM;
	return 0;
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

static int name_all(struct symbolizer *s, const struct pk_wanted_list *l)
{
	unsigned int done = 0, total = count_groups(l);
	int ret = 0;

	for (size_t i = 0; i < l->v.nr && !ret;) {
		uint64_t place = l->v.data[i].place;

		if (s->cfg->progress)
			s->cfg->progress(s->cfg->ctx, done++, total);
		s->addr.nr = 0;
		for (; i < l->v.nr && l->v.data[i].place == place && !ret; i++)
			if (!pk_symbols_find(s->p, place >> 32, place, l->v.data[i].addr))
				ret = pk_vec_add(&s->addr, l->v.data[i].addr);
		if (!ret)
			ret = name_group(s, place);
	}
	if (s->cfg->progress)
		s->cfg->progress(s->cfg->ctx, done, total);
	return ret ? ret : pk_harvest_merge(&s->harvest);
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
	}
}

int pk_symbolize(struct pk_profile *p, const struct pk_symbolizer_config *cfg,
		 struct pk_symbolizer_stats *ret, struct pk_err *err)
{
	struct symbolizer s = {
		.p = p, .cfg = cfg, .stats = ret, .harvest = { .p = p },
		.where = { cfg->debug_dirs, cfg->root, cfg->servers },
	};
	struct pk_wanted_list wanted;
	int code;

	*ret = (struct pk_symbolizer_stats){ 0 };
	code = pk_collect(p, &wanted, err);
	if (code)
		return code;
	code = note_families(&s);
	if (!code)
		code = name_all(&s, &wanted);
	if (!code)
		count_named(&s, &wanted);
	else
		pk_err_set(err, code, "not enough memory for the names of %zu addresses",
			   wanted.v.nr);
	pk_vec_deinit(&wanted.v);
	pk_harvest_deinit(&s.harvest);
	pk_vec_deinit(&s.addr);
	pk_map64_deinit(&s.forked_from);
	pk_map64_deinit(&s.birth);
	return code;
}

const struct pk_symbol *pk_symbol_find(const struct pk_profile *p, enum pk_space space,
				       uint32_t id, uint64_t addr)
{
	return pk_symbols_find(p, space, id, addr);
}
