/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What /proc says about one process: parsing only. Texts come from the kernel
 * but hold names that anybody chose.
 */
#ifndef PK_PROCFS_H
#define PK_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "uapi/pkprof.h"

/* From /proc/PID/stat. */
struct pk_proc_stat {
	char comm[64];		/* kernel workers have long ones */
	uint32_t parent;	/* process id */
	uint32_t nr_threads;
	bool kthread;
	bool dead;		/* its leader is: a zombie, unless other threads live */
	uint64_t start_ticks;	/* since boot, suspended time included */
};

/* A line of /proc/PID/maps. */
struct pk_proc_map {
	uint64_t from, to;	/* addresses */
	uint64_t file_off;	/* bytes */
	uint32_t dev;		/* major << 20 | minor */
	uint64_t ino;
	bool executable;
	const char *name;	/* in the line, may be "": decoded, without " (deleted)" */
};

/* -EINVAL: not a line of that kind. @text is NUL-terminated. */
int pk_proc_parse_stat(const char *text, struct pk_proc_stat *ret);
/* Changes @line, which must not hold the line feed. */
int pk_proc_parse_map(char *line, struct pk_proc_map *ret);
/* Path within cgroup v2, or NULL; changes @text. */
const char *pk_proc_parse_cgroup(char *text);

/*
 * Content of a file below a directory's descriptor, appended to @out with a
 * NUL that does not count. -errno of opening or reading, -EFBIG above @max.
 */
int pk_proc_read(int dir, const char *name, size_t max, struct pk_strbuf *out);

#endif
