/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which runtimes ran during a recording: its processes that have stacks, by the
 * files they mapped, grouped by runtime, version and what their frames lack.
 * Each group is one fact of the profile; pk_runtime_fact_*() write and read it.
 */
#ifndef PK_RUNTIME_RECORDED_H
#define PK_RUNTIME_RECORDED_H

#include "base/strbuf.h"
#include "profile/profile.h"
#include "runtime/runtime.h"

#define PK_RUNTIME_FACT	    "runtime"
#define PK_RUNTIME_MAX_PIDS 64	/* named in a group */
#define PK_RUNTIME_MAX_GROUPS 256

struct pk_runtime_group {
	enum pk_runtime runtime;
	const struct pk_runtime_file *file;	/* of one of its processes; of native code NULL */
	struct pk_runtime_verdict verdict;
	uint64_t nr_processes;
	uint32_t pids[PK_RUNTIME_MAX_PIDS];	/* those with the most stacks first */
};

struct pk_runtime_groups {
	struct pk_runtimes *files;
	PK_VEC(struct pk_runtime_group) v;	/* in order of their processes' stacks */
	uint64_t nr_unknown;	/* processes whose files could not be read */
};

/* What the recorded machine can still tell. Both may be NULL: nothing. */
struct pk_runtime_live {
	/* A file of the profile, or -errno. */
	int (*open)(void *ctx, uint32_t file_id);
	/* What a process was started with besides its arguments, and whether it has a perf map. */
	bool (*ask)(void *ctx, uint32_t tgid, struct pk_strbuf *env);
	void *ctx;
};

/* 0 or -ENOMEM. Counts names of JIT code as they are in p->symbols. */
int pk_runtime_groups_of(const struct pk_profile *p, const struct pk_runtime_live *live,
			 struct pk_runtime_groups *ret);
void pk_runtime_groups_deinit(struct pk_runtime_groups *g);
/* Put a process into its groups, one for each of its runtimes. 0 or -ENOMEM. */
int pk_runtime_groups_add(struct pk_runtime_groups *g, const struct pk_runtime_process *p);

/* Append the value of a group's fact. */
void pk_runtime_fact_put(const struct pk_runtime_group *g, struct pk_strbuf *out);

/* A group as it is in a profile. */
struct pk_runtime_fact {
	const char *key, *title, *version, *pids, *evidence, *names; /* "" where not known */
	uint64_t nr_processes;
	unsigned int nr_lacks;
	struct {
		const char *what, *remedy;	/* "": none */
	} lacks[PK_RUNTIME_MAX_LACKS];
	char *text;	/* owns them */
};

/* False: malformed, or no memory. To be deinitialised if true. */
bool pk_runtime_fact_parse(const char *value, struct pk_runtime_fact *ret);
static inline void pk_runtime_fact_deinit(struct pk_runtime_fact *f)
{
	free(f->text);
}

#endif
