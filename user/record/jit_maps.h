/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perf-PID.map files of processes that made memory executable which is no file:
 * found while the process lives, by its own pid in its own /tmp, and kept open,
 * so that its functions have names at the end of the recording although the
 * process, its pid namespace and its mounts may be gone by then.
 *
 * A map that is not there at first, because the JIT writes it late, is looked for
 * again once per tick while the process is sampled, at its exit and at the end.
 * Jitdumps need no such care: they are mapped, so files.c holds them.
 *
 * Bounded: PK_JIT_MAPS_MAX processes with two descriptors each. Beyond that those
 * are given up first that were not sampled, then those without a map, then the
 * oldest ones.
 */
#ifndef PK_JIT_MAPS_H
#define PK_JIT_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map64.h"
#include "base/vec.h"
#include "uapi/pkprof.h"

#define PK_JIT_MAPS_MAX 64

struct pk_jit_map {
	uint32_t tgid;	  /* as records have it */
	uint32_t pid;	  /* in our /proc; 0: could not be had */
	uint32_t own_pid; /* as the process sees itself */
	uid_t owner;
	int dir; /* its /tmp; -1: could not be had */
	int fd;	 /* of the map; -1: not found yet */
	bool sampled, ended;
	bool news; /* sampled since the map was looked for */
	bool asked; /* to write it; see jvm_maps.h */
};

/* All-zero is valid: nothing is kept, and nobody's maps are looked for. */
struct pk_jit_maps {
	bool on;			   /* records are of this machine */
	const struct pk_map64 *local_pids; /* as pk_files_config */
	PK_VEC(struct pk_jit_map) all; /* oldest first */
	uint64_t maybe[16];	       /* a bit by tgid: may be in @all */
	uint64_t nr_given_up;	       /* processes that were sampled */
};

void pk_jit_maps_deinit(struct pk_jit_maps *m);
/* Take note of a record, of which rec->size bytes are readable. */
void pk_jit_maps_record(struct pk_jit_maps *m, const struct pkprof_rec *rec);
/* A process has executable memory that is no file. */
void pk_jit_maps_add(struct pk_jit_maps *m, uint32_t tgid);
/* Look for maps that are missing: of processes sampled since; @last: of all, replaced ones too. */
void pk_jit_maps_look(struct pk_jit_maps *m, bool last);
/* Descriptor of a process's map, or -1; stays ours. */
int pk_jit_maps_fd(const struct pk_jit_maps *m, uint32_t tgid);
unsigned int pk_jit_maps_held(const struct pk_jit_maps *m);

#endif
