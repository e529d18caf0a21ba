// SPDX-License-Identifier: GPL-2.0-or-later
/* Names in all files; see file_names.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "symbol/cover.h"
#include "symbol/file_names.h"
#include "symbol/file_pool.h"

struct pk_file_wanted {
	struct pk_file_names *names;
	uint32_t file;
	struct pk_file_origin origin;
	bool can_be_kept;	 /* origin is known */
	bool start_anew;	 /* what is kept is out of date */
	uint64_t fingerprint;	 /* of debug files, before it was asked */
	struct pk_answer answer; /* so far */
	size_t nr, nr_missing;	 /* of missing: what the cache had not */
	uint64_t *missing;	 /* points into off */
	uint64_t off[];
};

void pk_file_names_deinit(struct pk_file_names *n)
{
	PK_VEC_FOREACH(&n->wanted, w) {
		pk_answer_deinit(&(*w)->answer);
		free(*w);
	}
	pk_vec_deinit(&n->wanted);
}

int pk_file_names_want(struct pk_file_names *n, uint32_t file, const uint64_t *off, size_t nr)
{
	struct pk_file_wanted *w = calloc(1, sizeof(*w) + 2 * nr * sizeof(*off));

	if (!w || pk_answer_init(&w->answer) || pk_vec_add(&n->wanted, w)) {
		if (w)
			pk_answer_deinit(&w->answer);
		free(w);
		return -ENOMEM;
	}
	w->names = n;
	w->file = file;
	w->missing = w->off + nr;
	/* nothing can be at the last address, and an end behind it could not be told */
	while (nr && off[nr - 1] == UINT64_MAX)
		nr--;
	w->nr = nr;
	memcpy(w->off, off, nr * sizeof(*off));
	return 0;
}

/* ---- names out of an answer ---------------------------------------------------------- */

struct target {
	struct pk_harvest *h;
	const struct pk_cover *c;
	const struct pk_answer *a;
	uint32_t file;
};

/* The name of a function without one: its module and where in it. */
static int add_nameless(const struct target *t, const struct pk_symbol *s, uint64_t svma)
{
	const char *path = pk_strtab_get(&t->h->p->strings, s->dso);
	const char *slash = strrchr(path, '/');
	char name[PKPROF_MAX_STRING + 24];

	snprintf(name, sizeof(name), "%.*s+0x%" PRIx64, PKPROF_MAX_STRING,
		 slash && slash[1] ? slash + 1 : path, svma);
	return pk_harvest_add(t->h, s, name, false);
}

static int add_function(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	const struct target *t = ctx;
	const struct pk_piece *p = &t->a->pieces.data[t->c->funcs.data[func].order];
	struct pk_symbol s = {
		.space = PK_SPACE_FILE,
		.flags = p->flags & PK_SYMBOL_NONE,
		.id = t->file,
		.dso = t->h->p->files.data[t->file].path,
		.addr = start,
		.size = end - start,
	};

	if (start >= end)
		return 0;
	if (s.flags)
		return add_nameless(t, &s, p->svma);
	return pk_harvest_add(t->h, &s, pk_strtab_get(&t->a->strings, p->name), false);
}

static int take_string(struct pk_harvest *h, const struct pk_answer *a, uint32_t id, uint32_t *ret)
{
	return pk_strtab_intern(&h->p->strings, pk_strtab_get(&a->strings, id),
				pk_strtab_len(&a->strings, id), ret);
}

/* Each address has its owner already; the cover only cuts their ranges. */
static int fill_cover(struct pk_cover *c, const struct pk_answer *a)
{
	const struct pk_piece *before = NULL;

	for (uint32_t i = 0; i < c->nr; i++) {
		const struct pk_piece *p = pk_answer_find(a, c->addr[i]);
		struct pk_func f = { 0 };

		if (!p || p->flags & PK_PIECE_NOTHING) {
			before = NULL;
			continue;
		}
		if (!before || (p != before && !pk_piece_same_function(p, before))) {
			f.start = p->func_start;
			f.end = p->func_end;
			f.loose = p->flags & PK_PIECE_LOOSE;
			f.order = p - a->pieces.data;
			if (pk_vec_add(&c->funcs, f))
				return -ENOMEM;
		}
		before = p;
		c->owner[i] = c->funcs.nr - 1;
	}
	return 0;
}

int pk_file_names_add(struct pk_harvest *h, uint32_t file, const struct pk_answer *a,
		      const uint64_t *off, size_t nr)
{
	struct pk_cover c;
	struct target t = { h, &c, a, file };
	int ret = pk_cover_init(&c, off, nr);

	if (!ret)
		ret = fill_cover(&c, a);
	if (!ret)
		ret = pk_cover_emit(&c, add_function, &t);
	pk_cover_deinit(&c);
	return ret;
}

/* ---- files ------------------------------------------------------------------------------ */

static const struct pk_file *file_of(const struct pk_file_wanted *w)
{
	return &w->names->h->p->files.data[w->file];
}

static const char *path_of(const struct pk_file_wanted *w)
{
	return pk_strtab_get(&w->names->h->p->strings, file_of(w)->path);
}

static void put_path(const struct pk_profile *p, const struct pk_symbolizer_config *cfg,
		     uint32_t file, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s%s", cfg->root ? cfg->root : "",
		 pk_strtab_get(&p->strings, p->files.data[file].path));
}

int pk_file_open_recorded(const struct pk_profile *p, const struct pk_symbolizer_config *cfg,
			  uint32_t file, bool *held_ret)
{
	int fd = cfg->file_fd ? cfg->file_fd(cfg->ctx, file) : -1;
	char path[PATH_MAX];

	*held_ret = fd >= 0;
	if (*held_ret)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	put_path(p, cfg, file, path);
	return pk_open_regular(path);
}

bool pk_file_is_inode(const struct pk_file *f, const struct stat *st)
{
	return f->ino && st->st_ino == f->ino && major(st->st_dev) == f->dev >> 20 &&
	       minor(st->st_dev) == (f->dev & 0xfffff);
}

/* Without opening it. */
static bool look_at(const struct pk_file_wanted *w, struct stat *ret)
{
	const struct pk_file_names *n = w->names;
	int fd = n->cfg->file_fd ? n->cfg->file_fd(n->cfg->ctx, w->file) : -1;
	char path[PATH_MAX];

	put_path(n->h->p, n->cfg, w->file, path);
	return !(fd >= 0 ? fstat(fd, ret) : stat(path, ret)) && S_ISREG(ret->st_mode);
}

/* For the pool: the file, if it may be the one. Its build ID is for the child to see. */
static int open_file(void *ctx, const struct pk_file_task *t)
{
	const struct pk_file_wanted *w = t->ctx;
	const struct pk_file_names *n = ctx;
	struct stat st;
	bool held;
	int fd = pk_file_open_recorded(n->h->p, n->cfg, w->file, &held);

	if (fd < 0)
		return -ENOENT;
	if (pk_is_elf(fd) &&
	    (t->build_id_len || held || (!fstat(fd, &st) && pk_file_is_inode(file_of(w), &st))))
		return fd;
	close(fd);
	return -ESTALE;
}

/* ---- the cache ---------------------------------------------------------------------------- */

static struct pk_answer_place place_of(const struct pk_file_wanted *w)
{
	return (struct pk_answer_place){ &w->names->where, path_of(w) };
}

/* What of it is kept already. 0 or -ENOMEM. */
static int take_kept(struct pk_file_wanted *w)
{
	const struct pk_answer_place place = place_of(w);
	struct pk_answer kept;
	int ret;

	if (!w->can_be_kept)
		return 0;
	ret = pk_answer_cache_load(w->names->cache, &w->origin, &place, &kept);
	w->start_anew = ret == -ENOENT;
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	/* nobody asked a server then */
	w->start_anew = w->names->where.servers && kept.flags & PK_ANSWER_WANTS_DEBUG;
	if (!w->start_anew) {
		pk_answer_deinit(&w->answer);
		ret = pk_answer_select(&kept, w->off, w->nr, &w->answer);
	}
	pk_answer_deinit(&kept);
	return ret;
}

static void keep(struct pk_file_wanted *w, const struct pk_answer *a)
{
	const struct pk_answer_place place = place_of(w);
	struct pk_answer all;
	uint64_t bytes;

	/* debug files that came or went meanwhile may be in it or not */
	if (!w->can_be_kept ||
	    w->fingerprint != pk_answer_fingerprint(&w->origin, &place, NULL, &bytes))
		return;
	if (w->start_anew) {
		pk_answer_cache_store(w->names->cache, &w->origin,
				      pk_answer_fingerprint(&w->origin, &place, a, &bytes), a);
		return;
	}
	if (pk_answer_cache_load(w->names->cache, &w->origin, &place, &all))
		return;
	/* it was asked for what was missing */
	all.flags &= ~PK_ANSWER_LINES_CUT;
	if (!pk_answer_merge(&all, a))
		pk_answer_cache_store(w->names->cache, &w->origin,
				      pk_answer_fingerprint(&w->origin, &place, &all, &bytes),
				      &all);
	pk_answer_deinit(&all);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int file_done(void *ctx, const struct pk_file_task *t, int code, const struct pk_answer *a)
{
	struct pk_file_names *n = ctx;
	struct pk_file_wanted *w = t->ctx;

	n->stats->nr_files_missing += code == -ENOENT;
	n->stats->nr_files_mismatch += code == -ESTALE;
	/* a file that is too much for us must not cost the others their names */
	n->stats->nr_files_too_big += code == -ENOMEM;
	n->stats->nr_files_failed += code && code != -ENOENT && code != -ESTALE && code != -ENOMEM;
	if (n->step)
		n->step(n->ctx);
	if (code)
		return 0;
	keep(w, a);
	/* the child that was to tell them is no more */
	if (n->cfg->lines && !t->lines)
		w->answer.flags |= PK_ANSWER_LINES_CUT;
	return pk_answer_merge(&w->answer, a);
}

static bool is_known(const struct pk_file_wanted *w, uint64_t off)
{
	return pk_answer_find(&w->answer, off) &&
	       (!w->names->cfg->lines || pk_answer_find_line(&w->answer, off));
}

/* What is to be asked, if anything; *needed_ret false: all was kept. 0 or -ENOMEM. */
static int prepare(struct pk_file_wanted *w, struct pk_file_task *t, bool *needed_ret)
{
	const struct pk_file *f = file_of(w);
	const struct pk_answer_place place = place_of(w);
	uint64_t debug_bytes = 0;
	struct stat st = { 0 };
	bool there = look_at(w, &st);
	int ret;

	w->can_be_kept = w->names->cache && there &&
			 pk_file_origin_of(&st, f->build_id, f->build_id_len, &w->origin);
	if (w->can_be_kept)
		w->fingerprint = pk_answer_fingerprint(&w->origin, &place, NULL, &debug_bytes);
	ret = take_kept(w);
	for (size_t i = 0; !ret && i < w->nr; i++)
		if (!is_known(w, w->off[i]))
			w->missing[w->nr_missing++] = w->off[i];
	if (w->nr_missing)
		w->answer.flags &= ~PK_ANSWER_LINES_CUT;
	*t = (struct pk_file_task){
		.off = w->missing,
		.nr = w->nr_missing,
		.path = path_of(w),
		.build_id_len = f->build_id_len,
		.owner = st.st_uid,
		.bytes = st.st_size + debug_bytes,
		.lines = w->names->cfg->lines,
		.ctx = w,
	};
	memcpy(t->build_id, f->build_id, sizeof(t->build_id));
	*needed_ret = w->nr_missing;
	return ret;
}

static int prepare_all(struct pk_file_names *n, struct pk_file_task *tasks, size_t *nr_ret)
{
	int ret = 0;

	*nr_ret = 0;
	PK_VEC_FOREACH(&n->wanted, w) {
		bool needed;

		ret = prepare(*w, &tasks[*nr_ret], &needed);
		if (ret)
			return ret;
		*nr_ret += needed;
		n->stats->nr_files_cached += !needed;
		if (!needed && n->step)
			n->step(n->ctx);
	}
	return 0;
}

static int ask(struct pk_file_names *n, struct pk_file_task *tasks, size_t nr)
{
	const struct pk_file_pool_config cfg = {
		.max_children = n->cfg->max_children,
		.where = &n->where,
		.open = open_file,
		.done = file_done,
		.ctx = n,
	};
	struct pk_file_pool_stats stats;
	int ret = pk_file_pool_run(&cfg, tasks, nr, &stats);

	n->stats->nr_servers_asked = stats.nr_asked;
	n->stats->servers_gave_up = stats.servers_gave_up;
	return ret;
}

static int add_line(struct pk_harvest *h, const struct pk_file_wanted *w,
		    const struct pk_answer_line *l)
{
	struct pk_line_frame frames[PK_LINE_MAX_FRAMES];
	const struct pk_answer *a = &w->answer;

	for (uint32_t i = 0; i < l->nr; i++) {
		const struct pk_answer_frame *f = &a->frames.data[l->first + i];

		frames[i] = (struct pk_line_frame){ .line = f->line };
		if (take_string(h, a, f->name, &frames[i].name) ||
		    take_string(h, a, f->source, &frames[i].source))
			return -ENOMEM;
	}
	return pk_harvest_add_line(h, w->file, l->off, frames, l->nr);
}

static int add_lines(struct pk_harvest *h, const struct pk_file_wanted *w)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < w->nr; i++) {
		const struct pk_answer_line *l = pk_answer_find_line(&w->answer, w->off[i]);

		if (l && l->nr)
			ret = add_line(h, w, l);
	}
	return ret;
}

int pk_file_names_get(struct pk_file_names *n)
{
	struct pk_file_task *tasks = calloc(n->wanted.nr + 1, sizeof(*tasks));
	size_t nr;
	int ret = tasks ? prepare_all(n, tasks, &nr) : -ENOMEM;

	if (!ret)
		ret = ask(n, tasks, nr);
	free(tasks);
	for (size_t i = 0; !ret && i < n->wanted.nr; i++) {
		const struct pk_file_wanted *w = n->wanted.data[i];

		ret = pk_file_names_add(n->h, w->file, &w->answer, w->off, w->nr);
		if (!ret && n->cfg->lines)
			ret = add_lines(n->h, w);
		n->stats->nr_files_lines_cut += n->cfg->lines &&
						w->answer.flags & PK_ANSWER_LINES_CUT;
	}
	return ret;
}
