// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps of JIT code, kept open; see jit_maps.h. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/jit_maps.h"
#include "symbol/perf_map.h"

#define MAYBE_BITS (sizeof(((struct pk_jit_maps *)0)->maybe) * 8)

static void drop(struct pk_jit_map *it)
{
	if (it->dir >= 0)
		close(it->dir);
	if (it->fd >= 0)
		close(it->fd);
	it->dir = it->fd = -1;
}

void pk_jit_maps_deinit(struct pk_jit_maps *m)
{
	PK_VEC_FOREACH(&m->all, it)
		drop(it);
	pk_vec_deinit(&m->all);
}

/* Most samples are of processes that are not in the list: this costs them next to nothing. */
static struct pk_jit_map *find(const struct pk_jit_maps *m, uint32_t tgid)
{
	uint32_t bit = tgid % MAYBE_BITS;

	if (!(m->maybe[bit / 64] >> bit % 64 & 1))
		return NULL;
	PK_VEC_FOREACH(&m->all, it)
		if (it->tgid == tgid)
			return it;
	return NULL;
}

static void note_all(struct pk_jit_maps *m)
{
	memset(m->maybe, 0, sizeof(m->maybe));
	PK_VEC_FOREACH(&m->all, it)
		m->maybe[it->tgid % MAYBE_BITS / 64] |= 1ULL << it->tgid % 64;
}

static void remove_at(struct pk_jit_maps *m, size_t at)
{
	drop(&m->all.data[at]);
	memmove(&m->all.data[at], &m->all.data[at + 1],
		(m->all.nr - at - 1) * sizeof(*m->all.data));
	m->all.nr--;
	note_all(m);
}

/* How much it would be missed. */
static unsigned int worth(const struct pk_jit_map *it)
{
	return 2 * it->sampled + (it->fd >= 0);
}

static void make_room(struct pk_jit_maps *m)
{
	size_t least = 0;

	if (m->all.nr < PK_JIT_MAPS_MAX)
		return;
	for (size_t i = 1; i < m->all.nr; i++)
		if (worth(&m->all.data[i]) < worth(&m->all.data[least]))
			least = i;
	m->nr_given_up += m->all.data[least].sampled;
	remove_at(m, least);
}

/* Another file may have taken the place of the one that is open. */
static bool is_same(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void look(struct pk_jit_map *it)
{
	int fd = it->dir < 0 ? -1 : pk_perf_map_open_at(it->dir, it->own_pid, it->owner);

	it->news = false;
	if (fd < 0)
		return;
	if (it->fd >= 0 && is_same(fd, it->fd)) {
		close(fd);
		return;
	}
	if (it->fd >= 0)
		close(it->fd);
	it->fd = fd;
}

static struct pk_jit_map find_out(const struct pk_jit_maps *m, uint32_t tgid)
{
	struct pk_jit_map ret = { .tgid = tgid, .dir = -1, .fd = -1 };
	uint32_t local = m->local_pids ? pk_map64_get(m->local_pids, tgid) : tgid;
	struct stat proc;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u", local);
	if (local == PK_MAP64_NONE || stat(path, &proc))
		return ret;
	ret.pid = local;
	ret.owner = proc.st_uid;
	ret.dir = pk_perf_map_dir(local, &ret.own_pid);
	look(&ret);
	return ret;
}

static void forget(struct pk_jit_maps *m, uint32_t tgid)
{
	struct pk_jit_map *it = find(m, tgid);

	if (it)
		remove_at(m, it - m->all.data);
}

void pk_jit_maps_add(struct pk_jit_maps *m, uint32_t tgid)
{
	const struct pk_jit_map *it = find(m, tgid);

	if (!m->on || (it && !it->ended))
		return;
	/* its pid is somebody else's now */
	forget(m, tgid);
	make_room(m);
	/* without memory its code has no names, that is all */
	if (!pk_vec_reserve(&m->all, m->all.nr + 1)) {
		m->all.data[m->all.nr++] = find_out(m, tgid);
		note_all(m);
	}
}

static void note_exit(struct pk_jit_maps *m, const struct pkprof_rec_exit *r)
{
	struct pk_jit_map *it = find(m, r->tgid);

	if (!it || !(r->flags & PKPROF_TASK_GROUP_DEAD))
		return;
	look(it);
	it->ended = true;
}

static void note_sample(struct pk_jit_maps *m, uint32_t tgid)
{
	struct pk_jit_map *it = find(m, tgid);

	if (it)
		it->sampled = it->news = true;
}

static bool is_nameless(const struct pkprof_rec_map *r)
{
	return !r->dev && !r->ino && !(r->flags & PKPROF_MAP_VDSO);
}

void pk_jit_maps_record(struct pk_jit_maps *m, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_map *map = (const void *)rec;

	if (!m->on)
		return;
	switch (rec->type) {
	case PKPROF_REC_SAMPLE:
		if (m->all.nr && rec->size >= sizeof(struct pkprof_rec_sample))
			note_sample(m, ((const struct pkprof_rec_sample *)rec)->tgid);
		break;
	case PKPROF_REC_MAP:
		if (rec->size >= sizeof(*map) && is_nameless(map))
			pk_jit_maps_add(m, map->tgid);
		break;
	case PKPROF_REC_EXEC:
		/* another program, maybe with another root */
		if (m->all.nr && rec->size >= sizeof(struct pkprof_rec_exec))
			forget(m, ((const struct pkprof_rec_exec *)rec)->tgid);
		break;
	case PKPROF_REC_EXIT:
		if (m->all.nr && rec->size >= sizeof(struct pkprof_rec_exit))
			note_exit(m, (const void *)rec);
		break;
	}
}

void pk_jit_maps_look(struct pk_jit_maps *m, bool last)
{
	/* who has ended with a map will not write another, but whoever has its pid now might */
	PK_VEC_FOREACH(&m->all, it)
		if (last ? !it->ended || it->fd < 0 : it->news && it->fd < 0)
			look(it);
}

int pk_jit_maps_fd(const struct pk_jit_maps *m, uint32_t tgid)
{
	const struct pk_jit_map *it = find(m, tgid);

	return it ? it->fd : -1;
}

unsigned int pk_jit_maps_held(const struct pk_jit_maps *m)
{
	unsigned int nr = 0;

	PK_VEC_FOREACH(&m->all, it)
		nr += it->fd >= 0;
	return nr;
}
