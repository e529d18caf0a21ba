/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of the model builder, used by model.c only: who ran (process.c), what
 * an address is called (frame.c), and stacks of such names (stack.c). All fill
 * the one struct pk_model; what they need besides lives here until the model
 * is complete. Functions return 0 or -ENOMEM; *_deinit() takes all-zero ones.
 */
#ifndef PK_MODEL_BUILD_H
#define PK_MODEL_BUILD_H

#include "base/map64.h"
#include "model/addrspace.h"
#include "model/model.h"

/* What of a process only matters while lives are put together. */
struct pk_life {
	uint32_t alive_parent;	/* tgid of the parent at the start, 0: known or none */
	uint64_t task_start_ns;	/* start time that the kernel gave, 0: not known */
	uint64_t exec_ns;	/* last exec, which ended all other threads */
	uint64_t cgroup_id;
};

/* Processes and threads as they are at the event or sighting that comes next. */
struct pk_lives {
	struct pk_model *m;
	const struct pk_task_event *next, *end;	/* of profile->tasks */
	struct pk_map64 thread_of, process_of;	/* tid, tgid to index of the current life */
	struct pk_map64 cgroup_path;		/* cgroup id to string id */
	/* parallel to m->processes */
	PK_VEC(struct pk_life) more;
};

/* A thread that something in the profile tells of. */
struct pk_sighting {
	uint64_t since_ns, time_ns;	/* it was there from, and at */
	uint32_t tid, tgid;
	bool kernel;			/* said to be a kernel thread */
};

int pk_lives_init(struct pk_lives *l, struct pk_model *m);
void pk_lives_deinit(struct pk_lives *l);
/* The thread, made up if need be. Sightings must come in order of time_ns. */
int pk_lives_resolve(struct pk_lives *l, const struct pk_sighting *s, uint32_t *thread_ret);
/* Current thread or process of that number, PK_NO_OWNER: there is none. Likewise in order. */
int pk_lives_find_thread(struct pk_lives *l, uint32_t tid, uint64_t time_ns, uint32_t *thread_ret);
int pk_lives_find_process(struct pk_lives *l, uint32_t tgid, uint64_t time_ns,
			  uint32_t *process_ret);
/* After the last sighting: events that follow it, ends of lives, parents. */
int pk_lives_finish(struct pk_lives *l);

/* One slot of the cache of frames that addresses resolve to. */
struct pk_frame_slot {
	uint32_t context, frame;
	uint32_t line;		/* index in profile->lines + 1, 0: none */
	uint64_t addr;
};

/* What a stack node is made from. */
struct pk_spot {
	uint32_t frame, source;
};

struct pk_frames {
	struct pk_model *m;
	struct pk_addrspace *space;
	bool no_inline;
	struct pk_map64 by_name[PK_FRAME_MARKER + 1];	/* (name, dso) to frame, per kind */
	struct pk_map64 inlined;	/* likewise, of those that are inlined */
	struct pk_map64 sources;	/* (file, line) to source */
	PK_VEC(struct pk_spot) chain;	/* of the address that was last asked for */
	uint32_t *of_code;	/* parallel to profile->codes behind [0], the unknown one; 0: not made yet */
	uint32_t *of_symbol;	/* parallel to profile->symbols, 0: not made yet */
	struct pk_frame_slot *cache;
	uint32_t unmapped;	/* the frame of addresses outside all mappings, 0: none yet */
	uint32_t str_kernel, str_anon;	/* string ids */
};

int pk_frames_init(struct pk_frames *f, struct pk_model *m, struct pk_addrspace *space,
		   bool no_inline);
void pk_frames_deinit(struct pk_frames *f);
int pk_frames_kernel(struct pk_frames *f, uint64_t addr, uint32_t *frame_ret);
/*
 * Puts the function at the address and what is inlined into it there, outermost first, into
 * f->chain. @context: number that stands for (@version, @tgid) in the cache, not UINT32_MAX.
 */
int pk_frames_user(struct pk_frames *f, uint32_t context, uint32_t version, uint32_t tgid,
		   uint64_t addr);
/* Marker that says why a stack ends early. */
int pk_frames_cut(struct pk_frames *f, enum pkprof_stack_end end, uint32_t *frame_ret);

/* Where user addresses are looked up: all stacks of a context resolve alike. */
struct pk_context {
	uint32_t version, tgid;
	uint32_t root;		/* stack node: 0, or the marker of a cut stack */
};

/* Resolved stack of a raw node, in the first context that asked. */
struct pk_stack_slot {
	uint32_t context;	/* + 1, 0: free */
	uint32_t stack;
};

struct pk_stacks {
	struct pk_model *m;
	struct pk_frames *frames;
	struct pk_addrspace *space;
	struct pk_map64 spots;		/* (frame, source) to a number of its own */
	struct pk_map64 children;	/* (parent, number of the spot) to node */
	PK_VEC(struct pk_context) contexts;
	struct pk_map64 context_of;	/* (version, JIT process, end) to context */
	struct pk_map64 jit_processes;	/* tgids with symbols of their own, to 1, 2, ... */
	struct pk_stack_slot *user;	/* parallel to profile->nodes */
	struct pk_map64 user_more;	/* (context, raw node) to stack, further contexts */
	uint32_t *kernel_frame;		/* parallel to profile->nodes, 0: not known yet */
	struct pk_map64 joined;		/* (user stack, raw kernel node) to stack */
	PK_VEC(uint32_t) path;		/* scratch: raw nodes from leaf to root */
};

/* Both halves of a stack as the profile has them, and whose it is. */
struct pk_raw_stack {
	uint64_t time_ns;
	uint32_t tgid;
	uint32_t kstack, ustack;	/* raw nodes, 0: no such half */
	uint16_t ends;			/* PK_SAMPLE_KEND_SHIFT, PK_SAMPLE_UEND_SHIFT */
};

int pk_stacks_init(struct pk_stacks *s, struct pk_model *m, struct pk_frames *frames,
		   struct pk_addrspace *space);
void pk_stacks_deinit(struct pk_stacks *s);
/* Node of the named stack, 0: it has none. */
int pk_stacks_resolve(struct pk_stacks *s, const struct pk_raw_stack *raw, uint32_t *stack_ret);

/* Find who ended which wait. */
int pk_waits_join(struct pk_model *m);
/* And which request was made of what. */
int pk_bios_join(struct pk_model *m);

#endif
