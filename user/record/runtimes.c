// SPDX-License-Identifier: GPL-2.0-or-later
/* Runtimes of a recording; see runtimes.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbol/build_id.h"
#include "record/host.h"
#include "record/procfs.h"
#include "record/runtimes.h"
#include "runtime/recorded.h"
#include "symbol/elf_file.h"
#include "symbol/perf_map.h"

#define MAX_ENV_BYTES  (256u << 10)
#define START_SLACK_NS 1000000000LL /* start times are ticks in /proc and may be off in records */

struct source {
	const struct pk_profile *p;
	struct pk_files *files;
	bool live;
	bool inner;	       /* records' process ids are not those of /proc here */
	struct pk_map64 birth; /* tgid to the event of its last birth */
};

static bool is_recorded(const struct pk_file *f, int fd)
{
	uint8_t id[PKPROF_MAX_BUILD_ID];
	struct stat st;

	if (f->build_id_len)
		return pk_build_id_read(fd, id) == f->build_id_len &&
		       !memcmp(id, f->build_id, f->build_id_len);
	return f->ino && !fstat(fd, &st) && st.st_ino == f->ino;
}

static int open_file(void *ctx, uint32_t file_id)
{
	const struct source *s = ctx;
	const struct pk_file *f = &s->p->files.data[file_id];
	int fd = pk_files_fd(s->files, file_id);

	if (fd >= 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (!s->live)
		return -ENOENT;
	fd = pk_open_regular(pk_strtab_get(&s->p->strings, f->path));
	if (fd < 0 || is_recorded(f, fd))
		return fd;
	close(fd);
	return -ENOENT;
}

/* When a process was born, CLOCK_MONOTONIC; 0: not known. */
static uint64_t born_ns(const struct source *s, uint32_t tgid)
{
	uint32_t event = pk_map64_get(&s->birth, tgid);

	return event == PK_MAP64_NONE ? 0 : s->p->tasks.data[event].start_ns;
}

/* Is what has this id now still the recorded process? Its directory in /proc, or -1. */
static int open_process(const struct source *s, uint32_t tgid)
{
	int64_t off = born_ns(s, tgid), ticks = sysconf(_SC_CLK_TCK);
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf text = { 0 };
	struct pk_proc_stat stat;
	char path[32];
	int dir;

	snprintf(path, sizeof(path), "/proc/%u", tgid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	if (pk_proc_read(dir, "stat", 4096, &text) || pk_proc_parse_stat(text.data, &stat)) {
		close(dir);
		return -1;
	}
	off -= (int64_t)(stat.start_ticks * (1000000000 / ticks) - pk_host_suspended_ns());
	if (!born_ns(s, tgid) || (off > -START_SLACK_NS && off < START_SLACK_NS))
		return dir;
	close(dir);
	return -1;
}

static bool has_perf_map(const struct source *s, uint32_t tgid)
{
	uint64_t mono_ns = pk_profile_fact_u64(s->p, "time.mono_ns", 0);
	uint64_t wall_ns = pk_profile_fact_u64(s->p, "time.wall_ns", 0);
	uint64_t born = born_ns(s, tgid);
	int fd = pk_perf_map_open(tgid, NULL,
				  mono_ns && wall_ns && born ? born + (wall_ns - mono_ns) : 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool ask(void *ctx, uint32_t tgid, struct pk_strbuf *env)
{
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf all = { 0 };
	const struct source *s = ctx;
	PK_AUTO_FD int dir = -1;

	if (!s->live || s->inner)
		return false;
	dir = open_process(s, tgid);
	if (dir >= 0 && !pk_proc_read(dir, "environ", MAX_ENV_BYTES, &all))
		pk_runtime_keep_env(all.data, all.len, env);
	return has_perf_map(s, tgid);
}

static int note_births(struct source *s)
{
	for (size_t i = 0; i < s->p->tasks.nr; i++) {
		const struct pk_task_event *e = &s->p->tasks.data[i];

		if (e->tid == e->tgid && (e->kind == PK_TASK_FORK || e->kind == PK_TASK_ALIVE) &&
		    pk_map64_set(&s->birth, e->tgid, i))
			return -ENOMEM;
	}
	return 0;
}

static int write_groups(struct pk_writer *w, const struct pk_runtime_groups *g)
{
	struct pk_strbuf text = { 0 };
	int ret = 0;

	for (size_t i = 0; i < g->v.nr && !ret; i++) {
		pk_strbuf_clear(&text);
		pk_runtime_fact_put(&g->v.data[i], &text);
		ret = pk_strbuf_failed(&text) ? 0 : pk_writer_fact(w, PK_RUNTIME_FACT, text.data);
	}
	pk_strbuf_deinit(&text);
	return ret;
}

int pk_runtimes_write(struct pk_writer *w, const struct pk_profile *p, struct pk_files *files,
		      bool live)
{
	struct source s = { .p = p, .files = files, .live = live };
	const struct pk_runtime_live from = { open_file, ask, &s };
	const char *namespace = pk_profile_fact(p, "record.pid_namespace");
	struct pk_runtime_groups groups;
	int ret = 0;

	s.inner = namespace && !strcmp(namespace, "inner");
	/* a recording is as good without: for want of memory it goes without */
	if (!note_births(&s) && !pk_runtime_groups_of(p, &from, &groups)) {
		ret = write_groups(w, &groups);
		pk_runtime_groups_deinit(&groups);
	}
	pk_map64_deinit(&s.birth);
	return ret;
}
