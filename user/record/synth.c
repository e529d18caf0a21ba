// SPDX-License-Identifier: GPL-2.0-or-later
/* Identity of running tasks from /proc; see synth.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "record/procfs.h"
#include "record/synth.h"

#define BATCH_PROCESSES 64
#define BATCH_BYTES	(256u << 10) /* of text; bounds memory together with MAX_MAPS_BYTES */
#define MAX_MAPS_BYTES	(8u << 20)   /* of one process: some 80,000 mappings */
#define MAX_ARGS_BYTES	PKPROF_MAX_STRING

struct thread {
	uint32_t tid;
	uint64_t start_ns;
	uint32_t comm; /* offset in text */
};

/* One process as read, before it is known what records say about it. */
struct process {
	struct pk_proc_stat stat;
	uint32_t tgid;			 /* once translated as records have it, 0: gone */
	uint32_t args, nr_args_bytes;	 /* offset in text */
	uint32_t cgroup;		 /* offset in text, 0: not known */
	uint32_t maps;			 /* offset in text, 0: none or not readable */
	size_t first_thread, nr_threads; /* in threads; without the leader */
};

struct scan {
	const struct pk_synth_config *cfg;
	struct pk_synth_stats *stats;
	int proc; /* directory */
	PK_VEC(struct process) batch;
	PK_VEC(struct thread) threads;
	struct pk_strbuf text;
	struct pk_map64 wanted;	  /* tgids, if cfg->nr_pids */
	struct pk_strtab cgroups; /* paths; cgroup_ids is parallel */
	PK_VEC(uint64_t) cgroup_ids;
};

static uint64_t start_ns(const struct scan *s, uint64_t ticks)
{
	uint64_t ns = ticks * (1000000000ULL / s->cfg->ticks_per_s);

	return ns > s->cfg->suspended_ns ? ns - s->cfg->suspended_ns : 0;
}

static bool is_number(const char *text)
{
	return isdigit((unsigned char)text[0]) && !text[strspn(text, "0123456789")];
}

/* --- reading ------------------------------------------------------------- */

static int read_stat(struct scan *s, int dir, struct pk_proc_stat *ret)
{
	size_t at = s->text.len;
	int code = pk_proc_read(dir, "stat", 4096, &s->text);

	if (!code)
		code = pk_proc_parse_stat(s->text.data + at, ret);
	s->text.len = at;
	return code;
}

/* Text that stays in the batch: its offset, 0 if there is none. */
static uint32_t keep(struct scan *s, const char *text)
{
	uint32_t at = s->text.len;

	if (!text || !*text)
		return 0;
	pk_strbuf_add(&s->text, text, strlen(text) + 1);
	return at;
}

static void read_args(struct scan *s, int dir, struct process *p)
{
	p->args = s->text.len;
	if (pk_proc_read(dir, "cmdline", MAX_ARGS_BYTES, &s->text) == -EFBIG)
		s->text.len = p->args + MAX_ARGS_BYTES;
	while (s->text.len > p->args && !s->text.data[s->text.len - 1])
		s->text.len--;
	p->nr_args_bytes = s->text.len - p->args;
	for (uint32_t i = p->args; i < s->text.len; i++)
		if (!s->text.data[i])
			s->text.data[i] = ' ';
}

static void read_cgroup(struct scan *s, int dir, struct process *p)
{
	char path[PKPROF_MAX_STRING + 1];
	size_t at = s->text.len;
	const char *found = NULL;

	if (!pk_proc_read(dir, "cgroup", 65536, &s->text))
		found = pk_proc_parse_cgroup(s->text.data + at);
	snprintf(path, sizeof(path), "%s", found ? found : "");
	s->text.len = at;
	p->cgroup = keep(s, path);
}

static void read_maps(struct scan *s, int dir, struct process *p)
{
	size_t at = s->text.len;
	int ret = pk_proc_read(dir, "maps", MAX_MAPS_BYTES, &s->text);

	if (ret == -EACCES || ret == -EPERM || ret == -EFBIG)
		s->stats->nr_denied++;
	while (ret == -EFBIG && s->text.len > at && s->text.data[s->text.len - 1] != '\n')
		s->text.len--;
	p->maps = s->text.len > at ? at : 0;
	pk_strbuf_add(&s->text, "", 1);
}

static int read_threads(struct scan *s, int dir, struct process *p)
{
	int fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((e = readdir(d))) {
		PK_AUTO_FD int task = -1;
		struct pk_proc_stat st;
		struct thread *t;

		if (!is_number(e->d_name) || strtoul(e->d_name, NULL, 10) == p->tgid)
			continue;
		task = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (task < 0 || read_stat(s, task, &st))
			continue;
		t = pk_vec_push(&s->threads);
		if (!t)
			break;
		t->tid = strtoul(e->d_name, NULL, 10);
		t->start_ns = start_ns(s, st.start_ticks);
		t->comm = keep(s, st.comm);
		p->nr_threads++;
	}
	closedir(d);
	return e ? -ENOMEM : 0;
}

/* A process that ends meanwhile is left out: its records tell of the end. */
static int read_process(struct scan *s, uint32_t tgid, const char *name)
{
	PK_AUTO_FD int dir = openat(s->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct process p = { .tgid = tgid, .first_thread = s->threads.nr };
	int ret = 0;

	if (dir < 0 || read_stat(s, dir, &p.stat))
		return 0;
	if (!p.stat.kthread) {
		read_args(s, dir, &p);
		read_cgroup(s, dir, &p);
		read_maps(s, dir, &p);
	}
	if (p.stat.nr_threads > 1)
		ret = read_threads(s, dir, &p);
	if (ret || pk_strbuf_failed(&s->text))
		return -ENOMEM;
	return pk_vec_add(&s->batch, p);
}

/* --- writing ------------------------------------------------------------- */

static uint64_t cgroup_id(struct scan *s, const char *path)
{
	char full[4096];
	struct stat st;
	uint32_t at;

	if (!s->cfg->cgroup || pk_strtab_intern_z(&s->cgroups, path, &at))
		return 0;
	while (s->cgroup_ids.nr <= at) {
		snprintf(full, sizeof(full), "%s%s", s->cfg->cgroup,
			 pk_strtab_get(&s->cgroups, s->cgroup_ids.nr));
		if (pk_vec_add(&s->cgroup_ids, stat(full, &st) ? 0 : st.st_ino))
			return 0;
	}
	return s->cgroup_ids.data[at];
}

static int string_id(struct scan *s, const char *text, size_t len, uint32_t *ret)
{
	return pk_writer_string(s->cfg->writer, text, len, ret);
}

static int write_thread(struct scan *s, const struct process *p, const struct thread *t)
{
	const char *comm = s->text.data + t->comm;
	struct pk_task_event e = {
		.time_ns = s->cfg->t0_ns,
		.kind = PK_TASK_ALIVE,
		.flags = PKPROF_TASK_THREAD,
		.tid = t->tid,
		.tgid = p->tgid,
		.parent_tgid = p->tgid,
		.start_ns = t->start_ns,
	};
	int ret = 0;

	if (!t->tid)
		return 0;
	if (pk_seen_is(&s->cfg->seen->born, t->tid)) {
		s->stats->nr_beaten++;
		return 0;
	}
	if (p->stat.kthread)
		e.flags |= PKPROF_TASK_KTHREAD;
	if (t->comm && !pk_seen_is(&s->cfg->seen->renamed, t->tid))
		ret = string_id(s, comm, strlen(comm), &e.comm);
	s->stats->nr_threads++;
	return ret ? ret : pk_writer_task(s->cfg->writer, &e);
}

/* The process and its leader. Facts that may be younger than the start are left out. */
static int write_leader(struct scan *s, const struct process *p)
{
	const struct pk_seen *seen = s->cfg->seen;
	bool execed = pk_seen_is(&seen->execed, p->tgid);
	struct pk_task_event e = {
		.time_ns = s->cfg->t0_ns,
		.kind = PK_TASK_ALIVE,
		.flags = p->stat.kthread ? PKPROF_TASK_KTHREAD : 0,
		.tid = p->tgid,
		.tgid = p->tgid,
		.parent_tgid = p->stat.parent,
		.start_ns = start_ns(s, p->stat.start_ticks),
	};
	int ret = 0;

	if (!execed && !pk_seen_is(&seen->renamed, p->tgid))
		ret = string_id(s, p->stat.comm, strlen(p->stat.comm), &e.comm);
	if (!ret && !execed && p->nr_args_bytes)
		ret = string_id(s, s->text.data + p->args, p->nr_args_bytes, &e.args);
	if (!ret && p->cgroup && !pk_seen_is(&seen->moved, p->tgid)) {
		const char *path = s->text.data + p->cgroup;

		e.cgroup_id = cgroup_id(s, path);
		ret = string_id(s, path, strlen(path), &e.cgroup);
	}
	s->stats->nr_beaten += execed;
	s->stats->nr_processes++;
	s->stats->nr_threads++;
	return ret ? ret : pk_writer_task(s->cfg->writer, &e);
}

static int write_map(struct scan *s, const struct process *p, const struct pk_proc_map *m)
{
	struct pk_map_event e = {
		.time_ns = s->cfg->t0_ns,
		.tgid = p->tgid,
		.addr = m->from,
		.len = m->to - m->from,
		.file_off = m->file_off,
	};
	struct pk_mapping where = { .tgid = p->tgid, .addr = e.addr, .len = e.len };
	struct pk_file_key key = { .dev = m->dev, .ino = m->ino };
	int ret = 0;

	if (pk_seen_mapped(s->cfg->seen, p->tgid, m->from, m->to)) {
		s->stats->nr_beaten++;
		return 0;
	}
	if (m->ino)
		ret = pk_files_of_maps(s->cfg->files, &key, &where, m->name, &e.file);
	else if (!strcmp(m->name, "[vdso]"))
		ret = pk_files_vdso(s->cfg->files, &e.file);
	else if (s->cfg->nameless_code)
		s->cfg->nameless_code(s->cfg->ctx, p->tgid);
	s->stats->nr_mappings++;
	return ret ? ret : pk_writer_map(s->cfg->writer, &e);
}

static int write_maps(struct scan *s, const struct process *p)
{
	char *save = NULL, *line = s->text.data + p->maps;
	struct pk_proc_map m;
	int ret = 0;

	if (!p->maps || pk_seen_is(&s->cfg->seen->execed, p->tgid))
		return 0;
	for (line = strtok_r(line, "\n", &save); !ret && line; line = strtok_r(NULL, "\n", &save)) {
		/* the top half of addresses is the kernel's: [vsyscall] */
		if (!pk_proc_parse_map(line, &m) && m.executable && m.from < 1ULL << 63)
			ret = write_map(s, p, &m);
	}
	return ret;
}

/* Whoever died before the start is not to be told of, though he lies in /proc yet. */
static bool was_dead(const struct scan *s, const struct process *p)
{
	return p->stat.dead && p->stat.nr_threads <= 1 &&
	       !pk_seen_is(&s->cfg->seen->exited, p->tgid);
}

static int write_process(struct scan *s, const struct process *p)
{
	int ret;

	if (pk_seen_is(&s->cfg->seen->born, p->tgid)) {
		s->stats->nr_beaten++;
		return 0;
	}
	if (was_dead(s, p))
		return 0;
	ret = write_leader(s, p);
	for (size_t i = 0; !ret && i < p->nr_threads; i++)
		ret = write_thread(s, p, &s->threads.data[p->first_thread + i]);
	return ret ? ret : write_maps(s, p);
}

/* One process's ids, its parent's, then those of its threads. */
static int translate_process(struct scan *s, struct process *p)
{
	uint32_t local = p->tgid, *pids = malloc((2 + p->nr_threads) * sizeof(*pids));
	int ret;

	if (!pids)
		return -ENOMEM;
	pids[0] = p->tgid;
	pids[1] = p->stat.parent;
	for (size_t i = 0; i < p->nr_threads; i++)
		pids[2 + i] = s->threads.data[p->first_thread + i].tid;
	ret = s->cfg->global_pids(s->cfg->ctx, pids, 2 + p->nr_threads);
	if (!ret) {
		p->tgid = pids[0];
		p->stat.parent = pids[1];
		for (size_t i = 0; i < p->nr_threads; i++)
			s->threads.data[p->first_thread + i].tid = pids[2 + i];
		ret = pk_map64_set(s->cfg->local_pids, p->tgid, local);
	}
	free(pids);
	return ret;
}

static int write_batch(struct scan *s)
{
	int ret = s->cfg->catch_up ? s->cfg->catch_up(s->cfg->ctx) : 0;

	for (size_t i = 0; !ret && i < s->batch.nr; i++) {
		struct process *p = &s->batch.data[i];

		if (s->cfg->global_pids)
			ret = translate_process(s, p);
		if (!ret && p->tgid)
			ret = write_process(s, p);
	}
	s->batch.nr = 0;
	s->threads.nr = 0;
	/* offset 0 means "none" */
	s->text.len = 0;
	pk_strbuf_putc(&s->text, '\0');
	return ret;
}

/* --- who is wanted ------------------------------------------------------- */

struct relation {
	uint32_t tgid, parent;
};

static int read_relation(struct scan *s, uint32_t tgid, const char *name, struct relation *ret)
{
	PK_AUTO_FD int dir = openat(s->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pk_proc_stat st;

	if (dir < 0 || read_stat(s, dir, &st))
		return -ESRCH;
	*ret = (struct relation){ .tgid = tgid, .parent = st.parent };
	return 0;
}

/* The processes asked for and their descendants, generation by generation. */
static int find_wanted(struct scan *s, DIR *d)
{
	PK_VEC(struct relation) all = { 0 };
	struct relation r;
	struct dirent *e;
	bool more = true;
	int ret = 0;

	while (!ret && (e = readdir(d)))
		if (is_number(e->d_name) &&
		    !read_relation(s, strtoul(e->d_name, NULL, 10), e->d_name, &r))
			ret = pk_vec_add(&all, r);
	rewinddir(d);
	for (unsigned int i = 0; !ret && i < s->cfg->nr_pids; i++)
		ret = pk_map64_set(&s->wanted, s->cfg->pids[i], 1);
	while (!ret && more) {
		more = false;
		PK_VEC_FOREACH(&all, it) {
			if (pk_seen_is(&s->wanted, it->tgid) || !pk_seen_is(&s->wanted, it->parent))
				continue;
			more = true;
			ret = pk_map64_set(&s->wanted, it->tgid, 1);
			if (ret)
				break;
		}
	}
	pk_vec_deinit(&all);
	return ret;
}

static int scan_all(struct scan *s, DIR *d)
{
	struct dirent *e;
	int ret = 0;

	while (!ret && (e = readdir(d))) {
		uint32_t tgid = is_number(e->d_name) ? strtoul(e->d_name, NULL, 10) : 0;

		if (!tgid || (s->cfg->nr_pids && !pk_seen_is(&s->wanted, tgid)))
			continue;
		ret = read_process(s, tgid, e->d_name);
		if (!ret && (s->batch.nr >= BATCH_PROCESSES || s->text.len >= BATCH_BYTES))
			ret = write_batch(s);
	}
	return ret ? ret : write_batch(s);
}

int pk_synth_run(const struct pk_synth_config *cfg, struct pk_synth_stats *ret, struct pk_err *err)
{
	struct scan s = { .cfg = cfg, .stats = ret };
	DIR *d = opendir(cfg->proc);
	int code = 0;

	*ret = (struct pk_synth_stats){ 0 };
	if (!d)
		return pk_err_set(err, -errno, "cannot read %s: %s", cfg->proc, strerror(errno));
	s.proc = dirfd(d);
	pk_strbuf_putc(&s.text, '\0');
	code = pk_strtab_init(&s.cgroups);
	if (!code && cfg->nr_pids)
		code = find_wanted(&s, d);
	if (!code)
		code = scan_all(&s, d);
	closedir(d);
	pk_vec_deinit(&s.batch);
	pk_vec_deinit(&s.threads);
	pk_vec_deinit(&s.cgroup_ids);
	pk_strbuf_deinit(&s.text);
	pk_map64_deinit(&s.wanted);
	pk_strtab_deinit(&s.cgroups);
	return code;
}
