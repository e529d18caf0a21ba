/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of JIT code from perf-PID.map files: lines "START SIZE NAME", both in
 * hex, written by the JIT itself (JVM agents, Node --perf-basic-prof, Python
 * -X perf). Code is replaced at run time: of lines that cover an address the
 * last one counts.
 */
#ifndef PK_PERF_MAP_H
#define PK_PERF_MAP_H

#include <sys/types.h>

#include "symbol/cover.h"

/*
 * Open the map of a process: in the mount root and under the pid that the
 * process itself sees, while it lives; in @root (NULL: "") /tmp afterwards or
 * where @root is another system's. Only a regular file of the process's own
 * user (or root), not older than @born_wall_ns (0: not known), is taken.
 * Descriptor or -errno.
 */
int pk_perf_map_open(uint32_t tgid, const char *root, uint64_t born_wall_ns);

/*
 * For who holds on to it while the process lives: its /tmp, and the pid that it sees itself,
 * which together lead to the map whatever becomes of the process. Descriptor or -errno.
 */
int pk_perf_map_dir(uint32_t tgid, uint32_t *own_pid_ret);
/* The map in such a directory, taken as above from @owner or root. Descriptor or -errno. */
int pk_perf_map_open_at(int dir, uint32_t own_pid, uid_t owner);
/* Was a map that is held open written since then? */
bool pk_perf_map_is_recent(int fd, uint64_t born_wall_ns);

/* All of a map file. -EFBIG, -ENOMEM, else as read(2). To be freed. */
int pk_perf_map_read(int fd, char **text_ret, size_t *len_ret);

/*
 * Offer the entries of a map, cutting @text (with a NUL at [len]) into
 * strings, which must outlive the names; ends the round. 0 or -ENOMEM.
 */
int pk_perf_map_offer(char *text, size_t len, struct pk_cover *c);

#endif
