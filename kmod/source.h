/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event sources. A new source is one file source_NAME.c, one row in source.c
 * and one value of enum pkprof_source.
 */
#ifndef PK_SOURCE_H
#define PK_SOURCE_H

#include "uapi/pkprof.h"

struct pk_session;

/**
 * struct pk_source - one row of the table of sources
 * @name:	as --sources names it
 * @id:		its books and record mark
 * @works:	0 when this kernel can do it, else -errno. May sleep. Called at load.
 * @attach:	start producing for the session. May sleep. 0 or -errno, then
 *		nothing is left attached.
 * @detach:	stop; returns when no handler and no deferred work of it is in
 *		flight and none can start. May sleep.
 * @pause:	likewise, but the session goes on: sums stay as they are, to be read. NULL:
 *		the source is always there
 * @resume:	go on after it, with nothing known of what is under way. As attach()
 */
struct pk_source {
	const char *name;
	enum pkprof_source id;
	int (*works)(void);
	int (*attach)(struct pk_session *s);
	void (*detach)(struct pk_session *s);
	void (*pause)(struct pk_session *s);
	int (*resume)(struct pk_session *s);
};

extern const struct pk_source pk_source_cpu;
extern const struct pk_source pk_source_task;
extern const struct pk_source pk_source_pmu;
extern const struct pk_source pk_source_offcpu;
extern const struct pk_source pk_source_sched;
extern const struct pk_source pk_source_block;
extern const struct pk_source pk_source_tcp;
extern const struct pk_source pk_source_unix;
extern const struct pk_source pk_source_vfs;

/* Module parameter: source pmu takes perf's software clock, where there is no PMU to try it. */
extern bool pk_pmu_software;

/* Table in attach order; detached in reverse. */
extern const struct pk_source *const pk_sources[];
extern const unsigned int pk_nr_sources;

/* Mask of 1 << id of all sources that work here; computed at load. */
u32 pk_sources_working(void);

/* Ask each source whether it works. Context: module load. */
void pk_sources_init(void);

/* The one line of the kernel log: version and what works. */
void pk_sources_announce(void);

/* Name of a source by enum pkprof_source, NULL for what no row produces. */
const char *pk_source_name(unsigned int id);

/**
 * pk_sources_attach - attach the rows that are in s->cfg.sources, optional ones if they can be
 * @failed_ret:	the row that refused
 * Return: 0 or what its attach() said; then none is attached.
 */
int pk_sources_attach(struct pk_session *s, const struct pk_source **failed_ret);
void pk_sources_detach(struct pk_session *s);

/*
 * Detach one of the attached sources for a while, and attach it again. Context: control mutex.
 * Return: 0 or what its resume() said; then it stays away.
 */
void pk_source_pause(struct pk_session *s, unsigned int id);
int pk_source_resume(struct pk_session *s, unsigned int id);

#endif
