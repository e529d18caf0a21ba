/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was mapped where, when: from the map and task events of a profile,
 * answers which file (and offset in it) an address of a process was at an
 * instant. A forked child starts with its parent's mappings, an exec with
 * none; threads share.
 *
 * A function that a jitdump told of is a mapping, too: of its bytes in the dump,
 * from the time on at which it was written. It shows wherever there is memory
 * without a file, whether that was mapped before or after.
 */
#ifndef PK_ADDRSPACE_H
#define PK_ADDRSPACE_H

#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

struct pk_addrspace;

int pk_addrspace_build(const struct pk_profile *p, struct pk_addrspace **ret, struct pk_err *err);
void pk_addrspace_destroy(struct pk_addrspace *a);

/* Where an address points. */
struct pk_location {
	enum pk_space space;
	uint32_t id;		/* file id or tgid; as struct pk_symbol */
	uint64_t addr;		/* file offset, or the address as it ran */
	bool mapped;		/* false: outside all known mappings */
	bool jit;		/* a JIT wrote the code: in PK_SPACE_PROCESS or in its dump */
};

/* Is it jit-PID.dump, wherever that is? */
bool pk_is_jitdump(const char *path);
/* Is a mapping of such a file a function in it, not the file as the process mapped it? */
static inline bool pk_is_jit_function(const struct pk_map_event *e)
{
	return e->file_off;
}

/*
 * Version of the process's mappings at that time: equal versions map alike, so
 * results may be kept per (version, address). Never 0.
 */
uint32_t pk_addrspace_version(struct pk_addrspace *a, uint32_t tgid, uint64_t time_ns);
struct pk_location pk_addrspace_find(struct pk_addrspace *a, uint32_t version, uint32_t tgid,
				     uint64_t addr);

#endif
