// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities of mapped files; see files.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/cleanup.h"
#include "base/map64.h"
#include "symbol/build_id.h"
#include "record/files.h"

#define MAX_TRIES 3 /* openings of one file, by different mappings of it */

struct file {
	struct pk_file_key key;
	bool gen_known;
	uint32_t id;   /* in the profile, 0: not written yet */
	uint32_t next; /* position with the same device and inode, or NONE */
	char *path;    /* until written; NULL: not known */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;
	uint8_t nr_tries;
	bool held;
};

struct pk_files {
	struct pk_files_config cfg;
	PK_VEC(struct file) files;
	struct pk_map64 by_inode; /* hash of device and inode: newest position */
	struct pk_map64 fd_of;	  /* by file id */
	uint32_t vdso_id;
	struct pk_files_stats stats;
};

int pk_files_create(const struct pk_files_config *cfg, struct pk_files **ret)
{
	struct pk_files *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->cfg = *cfg;
	*ret = f;
	return 0;
}

static void forget(struct pk_files *f)
{
	PK_VEC_FOREACH(&f->files, it)
		free(it->path);
	f->files.nr = 0;
	pk_map64_clear(&f->by_inode);
}

void pk_files_destroy(struct pk_files *f)
{
	if (!f)
		return;
	forget(f);
	for (size_t i = 0; i < f->fd_of.nr_slots; i++)
		if (f->fd_of.slot[i].value != PK_MAP64_NONE)
			close(f->fd_of.slot[i].value);
	pk_vec_deinit(&f->files);
	pk_map64_deinit(&f->by_inode);
	pk_map64_deinit(&f->fd_of);
	free(f);
}

static uint64_t inode_hash(const struct pk_file_key *key)
{
	return pk_hash64(key->ino ^ pk_hash64(key->dev));
}

static bool same_inode(const struct file *a, const struct pk_file_key *key)
{
	return a->key.ino == key->ino && a->key.dev == key->dev;
}

/* Newest entry of that inode; with @gen, of that generation. */
static struct file *find(struct pk_files *f, const struct pk_file_key *key, bool gen)
{
	uint32_t at = pk_map64_get(&f->by_inode, inode_hash(key));

	while (at != PK_MAP64_NONE) {
		struct file *it = &f->files.data[at];

		if (same_inode(it, key) && (!gen || (it->gen_known && it->key.gen == key->gen)))
			return it;
		at = it->next;
	}
	return NULL;
}

static struct file *add(struct pk_files *f, const struct pk_file_key *key, bool gen_known)
{
	struct file *it;
	uint32_t *newest;

	if (f->files.nr >= f->cfg.max_files)
		forget(f);
	it = pk_vec_push(&f->files);
	newest = it ? pk_map64_at(&f->by_inode, inode_hash(key)) : NULL;
	if (!newest)
		return NULL;
	*it = (struct file){ .key = *key, .gen_known = gen_known, .next = *newest };
	*newest = it - f->files.data;
	return it;
}

int pk_files_define(struct pk_files *f, const struct pk_file_key *key, const char *path,
		    size_t path_len, const uint8_t *build_id, unsigned int build_id_len)
{
	struct file *it = find(f, key, true);

	if (!it)
		it = add(f, key, true);
	if (!it)
		return -ENOMEM;
	/* It may have got an id without a name before: from now on, one with it. */
	if (it->id && !it->path && !it->held)
		it->id = 0;
	if (it->id || it->path)
		return 0;
	it->path = strndup(path, path_len);
	it->build_id_len = build_id_len;
	if (build_id_len)
		memcpy(it->build_id, build_id, build_id_len);
	return it->path ? 0 : -ENOMEM;
}

/*
 * The build ID decides where there is one: an overlay shows another inode number than the
 * kernel's once it has copied a file up.
 */
static bool is_this_file(int fd, const struct file *it)
{
	uint8_t id[PKPROF_MAX_BUILD_ID];
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (it->build_id_len)
		return pk_build_id_read(fd, id) == it->build_id_len &&
		       !memcmp(id, it->build_id, it->build_id_len);
	/* Some file systems give each subvolume a device number of its own. */
	return st.st_ino == it->key.ino;
}

/* A device or pipe is never opened: that could have effects. */
static int open_regular(struct pk_files *f, const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		f->stats.nr_denied++;
	return fd;
}

/* The process's directory in /proc, or false: it has none that we know. */
static bool proc_dir(struct pk_files *f, const struct pk_mapping *m, char *ret, size_t size)
{
	uint32_t tgid = m->tgid;

	if (f->cfg.local_pids)
		tgid = pk_map64_get(f->cfg.local_pids, tgid);
	if (tgid == PK_MAP64_NONE)
		return false;
	snprintf(ret, size, "%s/%u", f->cfg.proc, tgid);
	return true;
}

static bool map_files_path(struct pk_files *f, const struct pk_mapping *m, char *ret, size_t size)
{
	char dir[PATH_MAX / 2];

	if (!proc_dir(f, m, dir, sizeof(dir)))
		return false;
	snprintf(ret, size, "%s/map_files/%llx-%llx", dir, (unsigned long long)m->addr,
		 (unsigned long long)(m->addr + m->len));
	return true;
}

static int open_mapped(struct pk_files *f, const struct file *it, const struct pk_mapping *m)
{
	char dir[PATH_MAX / 2], path[PATH_MAX];
	int fd = -1;

	if (map_files_path(f, m, path, sizeof(path)))
		fd = open_regular(f, path);
	if (fd < 0 && it->path && proc_dir(f, m, dir, sizeof(dir))) {
		snprintf(path, sizeof(path), "%s/root%s", dir, it->path);
		fd = open_regular(f, path);
	}
	/* the process is gone: the name as seen from here */
	if (fd < 0 && it->path)
		fd = open_regular(f, it->path);
	if (fd >= 0 && !is_this_file(fd, it)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Fill in what the open file tells; the kernel's word is kept where it gave one. */
static void learn(struct file *it, int fd)
{
	int gen = 0;

	if (!it->build_id_len)
		it->build_id_len = pk_build_id_read(fd, it->build_id);
	if (!it->gen_known && !ioctl(fd, FS_IOC_GETVERSION, &gen)) {
		it->key.gen = gen;
		it->gen_known = true;
	}
}

static void learn_name(struct pk_files *f, struct file *it, const struct pk_mapping *m)
{
	char link[PATH_MAX], path[PATH_MAX];
	ssize_t len;

	if (!map_files_path(f, m, link, sizeof(link)))
		return;
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0)
		return;
	path[len] = '\0';
	if (len > 10 && !strcmp(path + len - 10, " (deleted)"))
		path[len - 10] = '\0';
	it->path = strdup(path);
}

/* The same file under another identity: from maps without a generation, from an event with it. */
static struct file *twin(struct pk_files *f, const struct file *it)
{
	uint32_t at = pk_map64_get(&f->by_inode, inode_hash(&it->key));

	for (; at != PK_MAP64_NONE; at = f->files.data[at].next) {
		struct file *other = &f->files.data[at];

		if (other != it && other->id && same_inode(other, &it->key) && it->build_id_len &&
		    other->build_id_len == it->build_id_len &&
		    !memcmp(other->build_id, it->build_id, it->build_id_len))
			return other;
	}
	return NULL;
}

static int write_out(struct pk_files *f, struct file *it)
{
	struct pk_file out = {
		.dev = it->key.dev,
		.gen = it->key.gen,
		.ino = it->key.ino,
		.build_id_len = it->build_id_len,
	};
	int ret = 0;

	memcpy(out.build_id, it->build_id, sizeof(out.build_id));
	if (it->path)
		ret = pk_writer_string(f->cfg.writer, it->path, strlen(it->path), &out.path);
	else
		f->stats.nr_nameless++;
	if (!ret)
		ret = pk_writer_file(f->cfg.writer, &out, &it->id);
	if (!ret)
		f->stats.nr_files++;
	return ret;
}

static void hold(struct pk_files *f, struct file *it, int fd)
{
	if (fd >= 0 && !it->held && f->stats.nr_held < f->cfg.max_held &&
	    !pk_map64_set(&f->fd_of, it->id, fd)) {
		it->held = true;
		f->stats.nr_held++;
	} else if (fd >= 0) {
		close(fd);
	}
}

static void show(struct pk_files *f, const struct file *it, int fd)
{
	if (f->cfg.opened)
		f->cfg.opened(f->cfg.ctx, &it->key, it->gen_known, fd);
}

void pk_files_show(struct pk_files *f, const struct pkprof_rec_file *r)
{
	struct file it = {
		.key = { .dev = r->dev, .gen = r->gen, .ino = r->ino },
		.gen_known = true,
		.build_id_len = r->build_id_len,
	};
	char path[PATH_MAX];
	PK_AUTO_FD int fd = -1;

	/* in a pid namespace threads have other numbers */
	if (!f->cfg.opened || !f->cfg.proc || f->cfg.local_pids)
		return;
	if (it.build_id_len > sizeof(it.build_id) ||
	    sizeof(*r) + r->path_len > r->rec.size)
		return;
	memcpy(it.build_id, r->build_id, it.build_id_len);
	snprintf(path, sizeof(path), "%s/%u/root%.*s", f->cfg.proc, r->rec.tid, (int)r->path_len,
		 r->path);
	fd = open_regular(f, path);
	if (fd >= 0 && is_this_file(fd, &it))
		show(f, &it, fd);
}

/* Give @it an id if it has none, and try to get hold of the file. */
static int resolve(struct pk_files *f, struct file *it, const struct pk_mapping *m,
		   uint32_t *id_ret)
{
	bool try = f->cfg.proc && !it->held && it->nr_tries < MAX_TRIES;
	struct file *other;
	int fd = -1, ret = 0;

	if (try) {
		it->nr_tries++;
		fd = open_mapped(f, it, m);
	}
	if (fd >= 0) {
		learn(it, fd);
		show(f, it, fd);
	}
	if (!it->id && !it->path && try)
		learn_name(f, it, m);
	other = it->id ? NULL : twin(f, it);
	if (other) {
		it->id = other->id;
		it->held = other->held;
	}
	if (!it->id)
		ret = write_out(f, it);
	if (ret && fd >= 0)
		close(fd);
	else
		hold(f, it, fd);
	*id_ret = it->id;
	return ret;
}

int pk_files_of_event(struct pk_files *f, const struct pk_file_key *key, const struct pk_mapping *m,
		      uint32_t *id_ret)
{
	struct file *it;

	*id_ret = 0;
	if (!key->dev && !key->ino)
		return 0;
	it = find(f, key, true);
	if (!it)
		it = add(f, key, true);
	if (!it)
		return -ENOMEM;
	return resolve(f, it, m, id_ret);
}

int pk_files_of_maps(struct pk_files *f, const struct pk_file_key *key, const struct pk_mapping *m,
		     const char *path, uint32_t *id_ret)
{
	struct pk_file_key without_gen = { .dev = key->dev, .ino = key->ino };
	struct file *it = find(f, &without_gen, false);

	if (!it)
		it = add(f, &without_gen, false);
	if (!it)
		return -ENOMEM;
	if (!it->path && !it->id) {
		it->path = strdup(path);
		if (!it->path)
			return -ENOMEM;
	}
	return resolve(f, it, m, id_ret);
}

int pk_files_vdso(struct pk_files *f, uint32_t *id_ret)
{
	static const char name[] = "[vdso]";
	struct pk_file out = { 0 };
	int ret = 0;

	if (!f->vdso_id) {
		ret = pk_writer_string(f->cfg.writer, name, strlen(name), &out.path);
		if (!ret)
			ret = pk_writer_file(f->cfg.writer, &out, &f->vdso_id);
	}
	*id_ret = f->vdso_id;
	return ret;
}

int pk_files_fd(struct pk_files *f, uint32_t id)
{
	uint32_t fd = pk_map64_get(&f->fd_of, id);

	return fd == PK_MAP64_NONE ? -1 : (int)fd;
}

const struct pk_files_stats *pk_files_stats(const struct pk_files *f)
{
	return &f->stats;
}
