/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbolizer: gives the addresses that stacks use their names, from the
 * files and kernel tables of this machine, into profile->symbols and, if asked
 * for, source lines into profile->lines.
 *
 * Never the nearest name: an address outside every symbol's [value, value +
 * size) becomes module+0xSTART of its unwind entry (without one: of its
 * section) with PK_SYMBOL_NONE; START is an address as objdump(1) shows it. A file
 * is used only if its build ID is the recorded one (or, where it has none, if
 * device and inode agree). ELF of profiled programs is read as hostile, by
 * children without rights (file_pool.h). What comes out does not depend on how
 * many there are, nor on what is in the cache.
 */
#ifndef PK_SYMBOLIZER_H
#define PK_SYMBOLIZER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

struct pk_symbolizer_config {
	bool kernel;		/* read this machine's kallsyms: only of the recorded boot */
	bool jit;		/* read perf-PID.map and the jitdumps of this machine */
	/* Descriptor of a file that the recorder held open, or -1. May be NULL. */
	int (*file_fd)(void *ctx, uint32_t file_id);
	/* Likewise of a process's perf-PID.map. */
	int (*map_fd)(void *ctx, uint32_t tgid);
	void *ctx;		/* of both */
	const char *debug_dirs;	/* colon separated, NULL: /usr/lib/debug */
	const char *root;	/* prefix for paths, NULL: "" */
	pk_map_events *mapped;	/* gets what was added to p->maps, too; may be NULL */
	bool cache;		/* keep what files say, and take what was kept */
	const char *cache_dir;	/* NULL: the user's, see answer_cache.h */
	unsigned int max_children; /* 0: as file_pool.h says */
	bool lines;		/* source lines and inlined functions, too */
	bool servers;		/* ask the debuginfod servers of $DEBUGINFOD_URLS, too */
	/* Progress of long work: done of total files. May be NULL. */
	void (*progress)(void *ctx, unsigned int done, unsigned int total);
};

struct pk_symbolizer_stats {
	uint64_t nr_addresses;	/* distinct ones that samples and waits use */
	uint64_t nr_named;
	uint64_t nr_with_line;
	unsigned int nr_files, nr_files_missing, nr_files_mismatch;
	unsigned int nr_files_too_big;	/* left out for want of memory */
	unsigned int nr_files_failed;	/* their child crashed, took too long or made no sense */
	unsigned int nr_files_lines_cut; /* whose lines took too much: some or all are missing */
	unsigned int nr_files_cached;	/* all of whose answers were kept, so were not opened */
	unsigned int nr_servers_asked;	/* questions to debuginfod servers */
	bool servers_gave_up;		/* they took too long, and were not asked any more */
	int kernel_error;	/* why kernel functions have no names: -EPERM: kptr_restrict
				 * hides them; else -errno of reading kallsyms; 0 */
};

/*
 * Adds to p->symbols and p->lines and keeps them sorted; what is there already stays. Functions of jitdumps
 * are added to p->maps, too (jit_code.h).
 */
int pk_symbolize(struct pk_profile *p, const struct pk_symbolizer_config *cfg,
		 struct pk_symbolizer_stats *ret, struct pk_err *err);

/* Symbol at an address of a space, or NULL. Symbols must be sorted. */
const struct pk_symbol *pk_symbol_find(const struct pk_profile *p, enum pk_space space, uint32_t id,
				       uint64_t addr);

#endif
