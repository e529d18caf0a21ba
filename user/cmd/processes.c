// SPDX-License-Identifier: GPL-2.0-or-later
/* Runtimes of the processes that run now; see processes.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/packages.h"
#include "cmd/processes.h"
#include "record/procfs.h"
#include "symbol/elf_file.h"
#include "symbol/perf_map.h"

#define MAX_MAPS_BYTES (8u << 20)
#define MAX_ARGS_BYTES (256u << 10)
#define MAX_FILES      1024 /* of one process */
#define MAX_STRIPPED   64
#define MAX_SHOWN      8 /* packages, or files */

/* A file of a process: from the first of its executable mappings. */
struct mapped {
	struct {
		uint64_t dev, ino;
	} key;
	uint64_t from, to;
	const char *path;
};

struct look {
	struct pk_processes *ret;
	const char *proc;
	uint32_t pid;
	int dir; /* of the process */
	struct pk_strbuf maps, args;
	PK_VEC(struct mapped) files; /* of the process at hand; the program is the first */
	uint64_t boot_wall_ns;
	long ticks_per_s;
};

/* --- files ---------------------------------------------------------------------- */

/* A device or pipe is never opened: that could have effects. */
static int open_regular(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -ENOENT;
	return pk_open_regular(path);
}

struct opening {
	const struct look *l;
	const struct mapped *m;
};

/* By the mapping, so that deleted files and those of containers are found, too. */
static int open_mapped(void *ctx)
{
	const struct opening *o = ctx;
	char path[PATH_MAX];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%u/map_files/%llx-%llx", o->l->proc, o->l->pid,
		 (unsigned long long)o->m->from, (unsigned long long)o->m->to);
	fd = open_regular(path);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/%u/root%s", o->l->proc, o->l->pid, o->m->path);
	fd = open_regular(path);
	if (fd < 0 || (!fstat(fd, &st) && st.st_ino == o->m->key.ino))
		return fd;
	close(fd);
	return -ENOENT;
}

/* The executable mappings of files, each file once, the lowest one first. */
static int read_files(struct look *l)
{
	char *save = NULL;

	l->files.nr = 0;
	for (char *line = strtok_r(l->maps.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct pk_proc_map m;
		struct mapped file;
		bool known = false;

		if (pk_proc_parse_map(line, &m) || !m.executable || !m.ino || m.name[0] != '/')
			continue;
		PK_VEC_FOREACH(&l->files, it)
			known |= it->key.ino == m.ino && it->key.dev == m.dev;
		if (known || l->files.nr == MAX_FILES)
			continue;
		file = (struct mapped){ { m.dev, m.ino }, m.from, m.to, m.name };
		if (pk_vec_add(&l->files, file))
			return -ENOMEM;
	}
	return 0;
}

static int add_files(struct look *l, struct pk_runtime_process *p)
{
	PK_VEC_FOREACH(&l->files, m) {
		struct opening o = { l, m };
		struct pk_runtime_query q = {
			.key = &m->key,
			.key_len = sizeof(m->key),
			.path = m->path,
			.program = m == l->files.data,
			.open = open_mapped,
			.ctx = &o,
		};
		const struct pk_runtime_file *f = pk_runtimes_file(l->ret->groups.files, &q);

		if (!f)
			return -ENOMEM;
		pk_runtime_add(p, f, q.program);
	}
	return 0;
}

/* --- processes ------------------------------------------------------------------ */

static bool has_perf_map(const struct look *l, const struct pk_proc_stat *stat)
{
	uint64_t born = stat->start_ticks * (1000000000ULL / l->ticks_per_s);
	int fd = pk_perf_map_open(l->pid, NULL, l->boot_wall_ns ? l->boot_wall_ns + born : 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int ask_how_started(struct look *l, const struct pk_proc_stat *stat,
			   struct pk_runtime_process *p)
{
	struct pk_strbuf env = { 0 };

	pk_strbuf_clear(&l->args);
	pk_proc_read(l->dir, "cmdline", MAX_ARGS_BYTES, &l->args);
	if (!pk_proc_read(l->dir, "environ", MAX_ARGS_BYTES, &env))
		pk_runtime_keep_env(env.data, env.len, &l->args);
	pk_strbuf_deinit(&env);
	p->args = l->args.data;
	p->args_len = l->args.len;
	p->has_perf_map = has_perf_map(l, stat);
	return pk_strbuf_failed(&l->args) ? -ENOMEM : 0;
}

static int note_stripped(struct look *l, const struct pk_runtime_process *p,
			 enum pk_runtime runtime)
{
	const struct mapped *m = l->files.data;
	struct pk_stripped *s;
	struct stat st;

	PK_VEC_FOREACH(&l->ret->stripped, it)
		if (it->runtime == runtime && !strcmp(it->path, m->path) &&
		    it->build_id_len == p->program->build_id_len &&
		    !memcmp(it->build_id, p->program->build_id, it->build_id_len))
			return 0;
	if (l->ret->stripped.nr == MAX_STRIPPED)
		return 0;
	s = pk_vec_push(&l->ret->stripped);
	if (!s)
		return -ENOMEM;
	s->path = strdup(m->path);
	if (!s->path) {
		l->ret->stripped.nr--;
		return -ENOMEM;
	}
	s->runtime = runtime;
	memcpy(s->build_id, p->program->build_id, sizeof(s->build_id));
	s->build_id_len = p->program->build_id_len;
	s->here = !stat(m->path, &st) && st.st_ino == m->key.ino;
	return 0;
}

static int note_lacks(struct look *l, const struct pk_runtime_process *p)
{
	const struct pk_runtime_file *f;
	struct pk_runtime_verdict v;
	int ret = 0;

	for (unsigned int i = 0; i < pk_runtime_count(p); i++) {
		pk_runtime_judge(p, i, &v);
		for (unsigned int n = 0; n < v.nr_lacks && !ret; n++)
			if (v.lacks[n].symbols)
				ret = note_stripped(l, p, pk_runtime_at(p, i, &f));
	}
	return ret;
}

static int look_at(struct look *l)
{
	struct pk_runtime_process p = { .pid = l->pid };
	struct pk_proc_stat stat;
	int ret;

	pk_strbuf_clear(&l->maps);
	/* one that ends meanwhile is left out */
	if (pk_proc_read(l->dir, "stat", 4096, &l->maps) ||
	    pk_proc_parse_stat(l->maps.data, &stat) || stat.kthread || stat.dead)
		return 0;
	l->ret->nr++;
	pk_strbuf_clear(&l->maps);
	ret = pk_proc_read(l->dir, "maps", MAX_MAPS_BYTES, &l->maps);
	if (ret == -EACCES || ret == -EPERM)
		l->ret->nr_denied++;
	if ((ret && ret != -EFBIG) || !l->maps.len)
		return ret == -ENOMEM ? ret : 0;
	ret = read_files(l);
	if (!ret && l->files.nr)
		ret = add_files(l, &p);
	if (ret || !l->files.nr)
		return ret;
	/* only what makes code at run time is asked */
	if (p.nr_found)
		ret = ask_how_started(l, &stat, &p);
	if (!ret)
		ret = note_lacks(l, &p);
	return ret ? ret : pk_runtime_groups_add(&l->ret->groups, &p);
}

static int look_at_all(struct look *l, DIR *d)
{
	struct dirent *e;
	int ret = 0;

	while (!ret && (e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		l->pid = strtoul(e->d_name, NULL, 10);
		l->dir = l->pid == (uint32_t)getpid()
				 ? -1
				 : openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (l->dir < 0)
			continue;
		ret = look_at(l);
		close(l->dir);
	}
	return ret;
}

/* What makes code at run time comes first, then who has more processes. */
static int by_runtime(const void *a, const void *b)
{
	const struct pk_runtime_group *x = a, *y = b;
	int order;

	if (x->runtime != y->runtime)
		return x->runtime < y->runtime ? -1 : 1;
	order = strverscmp(x->file ? x->file->version : "", y->file ? y->file->version : "");
	if (order)
		return order;
	if (x->verdict.nr_lacks != y->verdict.nr_lacks)
		return x->verdict.nr_lacks > y->verdict.nr_lacks ? -1 : 1;
	return x->pids[0] < y->pids[0] ? -1 : x->pids[0] > y->pids[0];
}

static void find_packages(struct pk_processes *p)
{
	const char *paths[MAX_STRIPPED];
	char packages[MAX_STRIPPED][PK_MAX_PACKAGE];

	for (size_t i = 0; i < p->stripped.nr; i++)
		paths[i] = p->stripped.data[i].here ? p->stripped.data[i].path : "";
	pk_packages_of(paths, p->stripped.nr, packages);
	for (size_t i = 0; i < p->stripped.nr; i++)
		memcpy(p->stripped.data[i].package, packages[i], PK_MAX_PACKAGE);
}

int pk_processes_look(const char *proc, struct pk_processes *ret)
{
	struct look l = { .ret = ret, .proc = proc, .ticks_per_s = sysconf(_SC_CLK_TCK) };
	DIR *d = opendir(proc);
	int code;

	*ret = (struct pk_processes){ 0 };
	if (!d)
		return -errno;
	l.boot_wall_ns = pk_clock_ns(CLOCK_REALTIME) - pk_clock_ns(CLOCK_BOOTTIME);
	code = pk_runtimes_create(&ret->groups.files);
	if (!code)
		code = look_at_all(&l, d);
	closedir(d);
	pk_strbuf_deinit(&l.maps);
	pk_strbuf_deinit(&l.args);
	pk_vec_deinit(&l.files);
	if (ret->groups.v.nr)
		qsort(ret->groups.v.data, ret->groups.v.nr, sizeof(*ret->groups.v.data),
		      by_runtime);
	if (code)
		pk_processes_deinit(ret);
	else if (ret->stripped.nr)
		find_packages(ret);
	return code;
}

void pk_processes_deinit(struct pk_processes *p)
{
	pk_runtime_groups_deinit(&p->groups);
	PK_VEC_FOREACH(&p->stripped, s)
		free(s->path);
	pk_vec_deinit(&p->stripped);
}

/* --- where names of stripped programs come from ----------------------------------- */

static void put_hex(const uint8_t *bytes, size_t len, struct pk_strbuf *out)
{
	for (size_t i = 0; i < len; i++)
		pk_strbuf_printf(out, "%02x", bytes[i]);
}

static void put_by_build_id(const struct pk_stripped *s, struct pk_strbuf *out)
{
	if (s->build_id_len < 2) {
		pk_strbuf_printf(out, "%s has no build ID: build it anew, not stripped", s->path);
		return;
	}
	pk_strbuf_printf(out, "debug file of %s: `debuginfod-find debuginfo ", s->path);
	put_hex(s->build_id, s->build_id_len, out);
	pk_strbuf_printf(out, "`, to /usr/lib/debug/.build-id/%02x/", s->build_id[0]);
	put_hex(s->build_id + 1, s->build_id_len - 1, out);
	pk_strbuf_puts(out, ".debug");
}

/* Was the package of place @i there before? */
static bool is_before(const struct pk_processes *p, size_t i)
{
	for (size_t n = 0; n < i; n++)
		if (p->stripped.data[n].runtime == p->stripped.data[i].runtime &&
		    !strcmp(p->stripped.data[n].package, p->stripped.data[i].package))
			return true;
	return false;
}

void pk_processes_put_symbols(const struct pk_processes *p, enum pk_runtime runtime,
			      struct pk_strbuf *out)
{
	const struct pk_stripped *other = NULL;
	unsigned int nr_packages = 0, nr_others = 0;

	for (size_t i = 0; i < p->stripped.nr; i++) {
		const struct pk_stripped *s = &p->stripped.data[i];

		if (s->runtime != runtime)
			continue;
		nr_others += !s->package[0];
		/* one is an example for the others */
		if (!s->package[0] && !other)
			other = s;
		if (!s->package[0] || is_before(p, i) || nr_packages++ >= MAX_SHOWN)
			continue;
		pk_strbuf_printf(out, "%s%s-dbgsym", nr_packages > 1 ? ", " : "install ",
				 s->package);
	}
	if (nr_packages > MAX_SHOWN)
		pk_strbuf_printf(out, " and %u more", nr_packages - MAX_SHOWN);
	if (!other)
		return;
	pk_strbuf_puts(out, nr_packages ? "; " : "");
	put_by_build_id(other, out);
	if (nr_others > 1)
		pk_strbuf_printf(out, "; likewise %u more", nr_others - 1);
}
