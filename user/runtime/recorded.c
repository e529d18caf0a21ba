// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runtimes of a recording's processes; see recorded.h.
 *
 * An image is what one process maps from an exec, or its birth, to the next. A
 * forked child has what its parent had mapped by then, and adds its own. Of the
 * images of a process the one with the most stacks stands for it: a shell that
 * becomes a server is that server.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map64.h"
#include "runtime/recorded.h"

#define MAX_FILES 4096 /* of one image */
#define MAX_DEPTH 64   /* of forks without an exec in between */
#define NR_RECENT 8
#define NONE	  PK_MAP64_NONE

struct image {
	uint32_t tgid;
	uint32_t parent, nr_parents_files; /* mapped before the fork; NONE */
	uint32_t program;		   /* file id, 0: not known */
	uint64_t program_addr;		   /* programs are below their libraries */
	uint64_t nr_stacks;
	PK_VEC(uint32_t) files;
};

struct recorded {
	const struct pk_profile *p;
	const struct pk_runtime_live *live;
	struct pk_runtime_groups *groups;
	PK_VEC(struct image) images;
	struct pk_map64 current;   /* tgid to image, while replaying */
	struct pk_map64 args;	   /* tgid to the string id of its last arguments */
	struct pk_map64 jit_names; /* tgid to how many there are */
	PK_VEC(uint32_t) chosen;   /* images */
	/* by file id: what it says as a library and as a program */
	const struct pk_runtime_file **said[2];
	struct pk_strbuf text;
};

/* --- images ------------------------------------------------------------------- */

static struct image *new_image(struct recorded *r, uint32_t tgid, uint32_t parent)
{
	struct image *im = pk_vec_push(&r->images);

	if (!im || pk_map64_set(&r->current, tgid, r->images.nr - 1))
		return NULL;
	im->tgid = tgid;
	im->parent = NONE;
	if (parent != NONE) {
		const struct image *of = &r->images.data[parent];

		im->program = of->program;
		im->program_addr = of->program_addr;
		/* one that has nothing of its own is passed over */
		im->parent = of->files.nr ? parent : of->parent;
		im->nr_parents_files = of->files.nr ? of->files.nr : of->nr_parents_files;
	}
	return im;
}

static struct image *image_of(struct recorded *r, uint32_t tgid)
{
	uint32_t at = pk_map64_get(&r->current, tgid);

	return at == NONE ? new_image(r, tgid, NONE) : &r->images.data[at];
}

static int note_task(struct recorded *r, const struct pk_task_event *e)
{
	struct image *im = r->images.data;

	if (e->args && pk_map64_set(&r->args, e->tgid, e->args))
		return -ENOMEM;
	if (e->kind == PK_TASK_EXEC) {
		im = new_image(r, e->tgid, NONE);
		return im ? 0 : -ENOMEM;
	}
	if (e->kind != PK_TASK_FORK || e->flags & PKPROF_TASK_THREAD)
		return 0;
	im = new_image(r, e->tgid, pk_map64_get(&r->current, e->parent_tgid));
	return im ? 0 : -ENOMEM;
}

static int note_map(struct recorded *r, const struct pk_map_event *e)
{
	struct image *im;
	const char *path;

	if (!e->file || e->file >= r->p->files.nr)
		return 0;
	path = pk_strtab_get(&r->p->strings, r->p->files.data[e->file].path);
	im = path[0] == '[' ? NULL : image_of(r, e->tgid);
	if (!im)
		return path[0] == '[' ? 0 : -ENOMEM;
	if (!im->program || e->addr < im->program_addr) {
		im->program = e->file;
		im->program_addr = e->addr;
	}
	for (size_t i = 0; i < NR_RECENT && i < im->files.nr; i++)
		if (im->files.data[im->files.nr - 1 - i] == e->file)
			return 0;
	return im->files.nr < MAX_FILES ? pk_vec_add(&im->files, e->file) : 0;
}

static int note_stack(struct recorded *r, uint32_t tgid)
{
	struct image *im = image_of(r, tgid);

	if (im)
		im->nr_stacks++;
	return im ? 0 : -ENOMEM;
}

/* Tasks and mappings up to a time. An exec's record precedes the new program's mappings. */
static int replay_until(struct recorded *r, uint64_t time_ns, size_t *task, size_t *map)
{
	const struct pk_profile *p = r->p;
	int ret = 0;

	while (!ret) {
		uint64_t task_ns = *task < p->tasks.nr ? p->tasks.data[*task].time_ns : UINT64_MAX;
		uint64_t map_ns = *map < p->maps.nr ? p->maps.data[*map].time_ns : UINT64_MAX;

		if (*task < p->tasks.nr && task_ns <= map_ns && task_ns <= time_ns)
			ret = note_task(r, &p->tasks.data[(*task)++]);
		else if (*map < p->maps.nr && map_ns <= time_ns)
			ret = note_map(r, &p->maps.data[(*map)++]);
		else
			break;
	}
	return ret;
}

static int replay(struct recorded *r)
{
	const struct pk_samples *s = &r->p->samples;
	size_t task = 0, map = 0, sample = 0, wait = 0;
	int ret = 0;

	while (!ret && (sample < s->nr || wait < r->p->waits.nr)) {
		uint64_t sample_ns = sample < s->nr ? s->time_ns[sample] : UINT64_MAX;
		uint64_t wait_ns = wait < r->p->waits.nr ? r->p->waits.data[wait].time_ns
							 : UINT64_MAX;
		bool is_sample = sample < s->nr && sample_ns <= wait_ns;

		ret = replay_until(r, is_sample ? sample_ns : wait_ns, &task, &map);
		if (ret)
			break;
		ret = note_stack(r, is_sample ? s->tgid[sample] : r->p->waits.data[wait].tgid);
		sample += is_sample;
		wait += !is_sample;
	}
	return ret;
}

static int by_stacks(const void *a, const void *b, void *ctx)
{
	const struct recorded *r = ctx;
	const struct image *x = &r->images.data[*(const uint32_t *)a];
	const struct image *y = &r->images.data[*(const uint32_t *)b];

	if (x->nr_stacks != y->nr_stacks)
		return x->nr_stacks > y->nr_stacks ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

/* Of each process the image with the most stacks, in order of them. */
static int choose(struct recorded *r)
{
	int ret = 0;

	pk_map64_clear(&r->current);
	for (size_t i = 0; i < r->images.nr && !ret; i++) {
		const struct image *im = &r->images.data[i];
		uint32_t best = pk_map64_get(&r->current, im->tgid);

		if (im->nr_stacks &&
		    (best == NONE || r->images.data[best].nr_stacks < im->nr_stacks))
			ret = pk_map64_set(&r->current, im->tgid, i);
	}
	for (size_t i = 0; i < r->current.nr_slots && !ret; i++)
		if (r->current.slot[i].value != NONE)
			ret = pk_vec_add(&r->chosen, r->current.slot[i].value);
	if (!ret && r->chosen.nr)
		qsort_r(r->chosen.data, r->chosen.nr, sizeof(*r->chosen.data), by_stacks, r);
	return ret;
}

/* --- files -------------------------------------------------------------------- */

struct opening {
	const struct recorded *r;
	uint32_t file;
};

static int open_file(void *ctx)
{
	const struct opening *o = ctx;

	return o->r->live->open ? o->r->live->open(o->r->live->ctx, o->file) : -ENOENT;
}

/* NULL: no memory. */
static const struct pk_runtime_file *said(struct recorded *r, uint32_t id, bool program)
{
	const struct pk_file *f = &r->p->files.data[id];
	const struct pk_runtime_file **at = &r->said[program][id];
	struct opening o = { r, id };
	struct pk_runtime_query q = {
		.key = f->build_id,
		.key_len = f->build_id_len,
		.path = pk_strtab_get(&r->p->strings, f->path),
		.program = program,
		.open = open_file,
		.ctx = &o,
	};

	if (!f->build_id_len) {
		q.key = &id;
		q.key_len = sizeof(id);
	}
	if (!*at)
		*at = pk_runtimes_file(r->groups->files, &q);
	return *at;
}

static int add_files(struct recorded *r, const struct image *im, struct pk_runtime_process *proc)
{
	size_t nr = im->files.nr;

	if (im->program) {
		const struct pk_runtime_file *f = said(r, im->program, true);

		if (!f)
			return -ENOMEM;
		pk_runtime_add(proc, f, true);
	}
	for (unsigned int depth = 0; depth < MAX_DEPTH; depth++) {
		for (size_t i = 0; i < nr; i++) {
			uint32_t id = im->files.data[i];
			const struct pk_runtime_file *f = id == im->program ? NULL
									    : said(r, id, false);

			if (f)
				pk_runtime_add(proc, f, false);
			else if (id != im->program)
				return -ENOMEM;
		}
		if (im->parent == NONE)
			break;
		nr = im->nr_parents_files;
		im = &r->images.data[im->parent];
	}
	return 0;
}

/* --- processes ---------------------------------------------------------------- */

static int count_jit_names(struct recorded *r)
{
	PK_VEC_FOREACH(&r->p->symbols, s) {
		uint32_t *nr;

		if (s->space != PK_SPACE_PROCESS || s->flags & PK_SYMBOL_NONE)
			continue;
		nr = pk_map64_at(&r->jit_names, s->id);
		if (!nr)
			return -ENOMEM;
		*nr = *nr == NONE ? 1 : *nr + 1;
	}
	return 0;
}

static int add_process(struct recorded *r, const struct image *im)
{
	struct pk_runtime_process proc = { .pid = im->tgid };
	uint32_t args = pk_map64_get(&r->args, im->tgid);
	uint32_t names = pk_map64_get(&r->jit_names, im->tgid);
	int ret;

	/* a kernel thread, or a process of which nothing is known */
	if (!im->program)
		return 0;
	ret = add_files(r, im, &proc);
	if (ret)
		return ret;
	pk_strbuf_clear(&r->text);
	if (args != NONE)
		pk_strbuf_puts(&r->text, pk_strtab_get(&r->p->strings, args));
	pk_strbuf_putc(&r->text, ' ');
	/* what was compiled beforehand is not asked what it was started with */
	if (r->live->ask && proc.nr_found)
		proc.has_perf_map = r->live->ask(r->live->ctx, im->tgid, &r->text);
	if (pk_strbuf_failed(&r->text))
		return -ENOMEM;
	proc.args = r->text.data;
	proc.args_len = r->text.len;
	proc.nr_jit_names = names == NONE ? 0 : names;
	return pk_runtime_groups_add(r->groups, &proc);
}

static int find_all(struct recorded *r)
{
	int ret = pk_runtimes_create(&r->groups->files);

	for (unsigned int i = 0; i < 2 && !ret; i++) {
		r->said[i] = calloc(r->p->files.nr + 1, sizeof(*r->said[i]));
		ret = r->said[i] ? 0 : -ENOMEM;
	}
	if (!ret)
		ret = replay(r);
	if (!ret)
		ret = choose(r);
	if (!ret)
		ret = count_jit_names(r);
	for (size_t i = 0; i < r->chosen.nr && !ret; i++)
		ret = add_process(r, &r->images.data[r->chosen.data[i]]);
	return ret;
}

int pk_runtime_groups_of(const struct pk_profile *p, const struct pk_runtime_live *live,
			 struct pk_runtime_groups *ret)
{
	struct recorded r = { .p = p, .live = live, .groups = ret };
	int code;

	*ret = (struct pk_runtime_groups){ 0 };
	code = find_all(&r);
	if (code)
		pk_runtime_groups_deinit(ret);
	PK_VEC_FOREACH(&r.images, im)
		pk_vec_deinit(&im->files);
	pk_vec_deinit(&r.images);
	pk_vec_deinit(&r.chosen);
	pk_map64_deinit(&r.current);
	pk_map64_deinit(&r.args);
	pk_map64_deinit(&r.jit_names);
	pk_strbuf_deinit(&r.text);
	free(r.said[0]);
	free(r.said[1]);
	return code;
}
