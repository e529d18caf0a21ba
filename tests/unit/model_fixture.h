/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles put together in memory, for tests of what comes after the file.
 * All functions fail the test when memory runs out.
 */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "profile/profile.h"

/* A profile of 0 to 1000 s without anything in it. */
void fix_init(struct pk_profile *p);
uint32_t fix_string(struct pk_profile *p, const char *text);
void fix_fact(struct pk_profile *p, const char *key, const char *value);
/* A file without a build ID; its id. */
uint32_t fix_file(struct pk_profile *p, const char *path);

/* Events. Each must not be earlier than the one before it of its kind. */
void fix_task(struct pk_profile *p, const struct pk_task_event *e);
void fix_alive(struct pk_profile *p, uint32_t tgid, const char *comm);
void fix_fork(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, uint32_t parent,
	      const char *comm);
void fix_thread(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
		const char *comm);
void fix_exec(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, const char *comm);
void fix_comm(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
	      const char *comm);
void fix_exit(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid, uint32_t flags);
void fix_map(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, uint64_t addr, uint64_t len,
	     uint32_t file, uint64_t off);
void fix_mark(struct pk_profile *p, uint64_t time_ns, const char *text);

/* Raw stack of @nr addresses, root first; its leaf's node. */
uint32_t fix_stack(struct pk_profile *p, const uint64_t *root_first, size_t nr);
/* Index of the sample. */
size_t fix_sample(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
		  uint32_t ustack, uint32_t kstack, uint16_t flags);

/* Pieces of accounts and of distributions, likewise not earlier than the one before. */
void fix_piece(struct pk_profile *p, uint64_t from_ns, uint64_t to_ns, uint32_t tid, uint32_t tgid,
	       const struct pk_ledger_part *parts, uint32_t nr);
void fix_cpu_piece(struct pk_profile *p, uint64_t from_ns, uint64_t to_ns, uint32_t cpu,
		   uint64_t busy_ns);
void fix_hist(struct pk_profile *p, const struct pk_hist_piece *h,
	      const struct pk_hist_bucket *buckets, uint32_t nr);

/* Symbols; fix_sort_symbols() after the last one. */
void fix_symbol(struct pk_profile *p, enum pk_space space, uint32_t id, uint64_t addr,
		uint64_t size, const char *name, const char *dso);
void fix_sort_symbols(struct pk_profile *p);

#endif
