/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * The budget of a recording: what is given up to keep within it, and how it stands.
 *
 * Included by pkprof.h, behind struct pkprof_rec.
 */
#ifndef _UAPI_PKPROF_BUDGET_H
#define _UAPI_PKPROF_BUDGET_H

/*
 * The governor. What sources cost is measured in windows of 250 ms; over the budget detail
 * is given up, below it it comes back, step by step. Sources TASK and SCHED are never touched.
 */
enum pkprof_step {
	PKPROF_STEP_COARSE,	/* instants of waits and single operations, bios and late wake-ups
				 * that are told: 2^level times fewer */
	PKPROF_STEP_RATE,	/* samples: 2^level times fewer */
	PKPROF_STEP_SOURCE,	/* level 1: it is detached, from here to level 0 nothing is known */
	PKPROF_STEP_FLOOR,	/* level 1: over the budget with nothing left to give up; 0: no more */
	PKPROF_NR_STEPS		/* end marker */
};

/*
 * One step. rec.time_ns: it is done. Shares are of the time of all online CPUs, in the
 * window before, in millionths; what was steady by then is not always what led to it.
 */
struct pkprof_rec_step {
	struct pkprof_rec rec;
	__u8 step;		/* enum pkprof_step */
	__u8 level;		/* from now on; 0: as START said */
	__u16 source;		/* enum pkprof_source; SOURCE: this one, else the dearest */
	__u32 source_ppm;	/* its share; of one that comes back: when it went */
	__u32 share_ppm;	/* all sources and the recorder */
	__u32 kept_ppm;		/* of it TASK and SCHED */
	__u32 recorder_ppm;	/* of it the recorder's process */
	__u32 budget_ppm;
};

/* Value of PKPROF_A_GOVERNOR: how it stands. */
struct pkprof_governor {
	__u32 budget_ppm;
	__u32 share_ppm, kept_ppm, recorder_ppm;	/* of the last window */
	__u32 detached;		/* mask of 1 << enum pkprof_source */
	__u32 nr_steps;
	__u8 coarse, rate;	/* levels */
	__u8 floor;		/* 1: nothing is left to give up */
	__u8 reserved[5];
};

#endif /* _UAPI_PKPROF_BUDGET_H */
