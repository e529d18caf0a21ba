/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a profile file holds, decoded: the one structure between the file and
 * everything right of it. FORMAT.md says how it is encoded.
 *
 * Ids: strings from 0 (0: empty), files from 1 (0: none), stack nodes from 1
 * (0: root). All times are CLOCK_MONOTONIC ns of the recorded machine; host
 * facts "time.mono_ns" and "time.wall_ns" are one instant on both clocks.
 */
#ifndef PK_PROFILE_H
#define PK_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strtab.h"
#include "base/vec.h"
#include "uapi/pkprof.h"

/*
 * One fact about the host or the recording, for example "host.name",
 * "kernel.release", "cpu.model", "cpu.online", "memory.bytes", "record.command",
 * "record.period_ns". FORMAT.md lists the keys.
 */
struct pk_fact {
	uint32_t key, value;	/* string ids */
};

/* Identity of a mapped file. */
struct pk_file {
	uint32_t path;		/* string id; "[vdso]" and the like have no build id */
	uint32_t dev;		/* major << 20 | minor, as in the contract */
	uint32_t gen;		/* inode generation */
	uint64_t ino;
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;	/* bytes, 0: none known */
};

enum pk_task_kind {
	PK_TASK_ALIVE,		/* was there at the start; time is the start's */
	PK_TASK_FORK,
	PK_TASK_EXEC,
	PK_TASK_COMM,
	PK_TASK_EXIT,
	PK_TASK_INFO,		/* command line and cgroup of a process */
	PK_TASK_CGROUP,		/* moved to another cgroup */
	PK_TASK_NR_KINDS
};

/* Something that happened to a task. Fields that a kind does not set are 0. */
struct pk_task_event {
	uint64_t time_ns;
	uint8_t kind;		/* enum pk_task_kind */
	uint32_t flags;		/* PKPROF_TASK_* (ALIVE, FORK, EXIT) */
	uint32_t tid, tgid;
	uint32_t parent_tgid;	/* ALIVE, FORK */
	uint64_t start_ns;	/* ALIVE, FORK: the task's start time */
	uint32_t comm;		/* string id; ALIVE, FORK, EXEC, COMM */
	uint32_t args;		/* string id, blanks between arguments; ALIVE, INFO */
	uint32_t cgroup;	/* string id, path within cgroup v2; ALIVE, INFO, CGROUP */
	uint64_t cgroup_id;	/* ALIVE, FORK, INFO, CGROUP */
};

/* An executable mapping of a process, from time_ns on. */
struct pk_map_event {
	uint64_t time_ns;
	uint32_t tgid;
	uint32_t file;		/* file id, 0: anonymous */
	uint64_t addr, len;	/* bytes */
	uint64_t file_off;	/* bytes, of addr within the file */
};

typedef PK_VEC(struct pk_map_event) pk_map_events;

/* Node of the tree of raw stacks: the chain to the root is the stack, leaf first. */
struct pk_addr_node {
	uint32_t parent;	/* a smaller node id, 0: root */
	uint64_t addr;		/* return addresses are already lowered by one; or PKPROF_IS_CODE(),
				 * with the number of a code, 0: not known, and as its place a
				 * line, 0: not known */
};

enum pk_code_kind {
	PK_CODE_PYTHON,
};

/* A function of interpreted code. */
struct pk_code {
	uint8_t kind;		/* enum pk_code_kind */
	uint32_t name, file;	/* string ids; qualified; may be empty */
	uint32_t first_line;	/* of the file, 0: not known */
};

/* flags: bits PKPROF_SAMPLE_SHIFT and two more: a sample stands for 2^n periods */
#define PK_SAMPLE_KEND_SHIFT 8	/* flags: enum pkprof_stack_end of the kernel half, 4 bits */
#define PK_SAMPLE_UEND_SHIFT 12	/* likewise of the user half */

/* Samples, ordered by time; column arrays of equal length. */
struct pk_samples {
	size_t nr, cap;
	uint64_t *time_ns;
	uint32_t *tid, *tgid;
	uint32_t *kstack, *ustack;	/* node ids, 0: no stack of that half */
	uint16_t *cpu;
	uint16_t *flags;		/* PKPROF_SAMPLE_* and the PK_SAMPLE_*END_SHIFT fields */
};

/* Periods of its CPU's time that sample @i stands for: 1 unless the rate was lowered. */
static inline uint32_t pk_sample_weight(const struct pk_samples *s, size_t i)
{
	return 1u << (s->flags[i] >> PKPROF_SAMPLE_SHIFT & PKPROF_SAMPLE_MAX_SHIFT);
}

struct pk_mark {
	uint64_t time_ns;
	uint32_t text;		/* string id; a phase lasts until the next mark */
};

/* The books of one CPU and source, at time_ns; the last ones are at the end. */
struct pk_counters {
	uint64_t time_ns;
	uint32_t cpu;
	uint64_t delivered;		/* records that the recorder took from the ring */
	struct pkprof_counters kernel;
};

/* Address spaces that symbols belong to. */
enum pk_space {
	PK_SPACE_KERNEL,	/* id 0; addresses as they ran */
	PK_SPACE_FILE,		/* id: file id; addresses are file offsets */
	PK_SPACE_PROCESS,	/* id: tgid; JIT code, addresses as they ran */
	PK_SPACE_NR
};

#define PK_SYMBOL_NONE	(1u << 0)	/* no symbol there; name is module+0xSTART */

/* A function [addr, addr + size). Only those that samples use are kept. */
struct pk_symbol {
	uint8_t space;		/* enum pk_space */
	uint8_t flags;		/* PK_SYMBOL_* */
	uint32_t id;		/* of the space */
	uint32_t name;		/* string id, demangled */
	uint32_t dso;		/* string id: path, "[kernel]", "[ext4]", "[jit]" */
	uint64_t addr, size;
};

/*
 * A function at an address, with the source line that is executed in it: inlined into the
 * outer frame, or the function of its own that the symbol names, too.
 */
struct pk_line_frame {
	uint32_t outer;		/* a smaller index, PK_LINE_OUTERMOST: none */
	uint32_t name;		/* string id, demangled; 0: not known */
	uint32_t source;	/* string id, path of the source file; 0: not known */
	uint32_t line;		/* in it, 0: not known; of outer frames that of the call */
};
#define PK_LINE_OUTERMOST  UINT32_MAX
#define PK_LINE_MAX_FRAMES 256	/* of one address */

/* What the code at an address of a file is of. */
struct pk_line {
	uint32_t file;		/* file id */
	uint32_t frame;		/* the innermost, index in profile->line_frames */
	uint64_t addr;		/* offset in the file */
};

typedef PK_VEC(struct pk_line) pk_lines;
typedef PK_VEC(struct pk_line_frame) pk_line_frames;

/* What a piece of a thread's account spent in one line of the ledger. */
struct pk_ledger_part {
	uint64_t ns;
	uint32_t nr;	/* intervals that ended in it */
	uint16_t line;	/* enum pkprof_line */
	uint16_t part;	/* kept for devices and peers; 0 */
};

/*
 * A ledger that is older than the recording by no more than this was attached by its
 * start, or might as well have been: accounts are from its beginning on, a bit too early.
 */
#define PK_LEDGER_LEAD_NS 1000000000ULL

/*
 * Piece of a thread's account. Its parts sum to to_ns - from_ns exactly, and in
 * between nothing finer is known. Pieces of one thread do not overlap; where none
 * is, nothing is known of it.
 */
struct pk_ledger_piece {
	uint64_t from_ns, to_ns;
	uint32_t tid, tgid;
	uint32_t first_part, nr_parts;	/* in profile->ledger_parts */
};

/* Likewise of a CPU: busy + idle + offline == to_ns - from_ns. */
struct pk_cpu_piece {
	uint64_t from_ns, to_ns;
	uint32_t cpu;
	uint64_t busy_ns, idle_ns, offline_ns;
	uint64_t nr_switches;
	uint64_t steal_ns, softirq_ns, irq_ns, iowait_ns;	/* the kernel's own books */
};

struct pk_hist_bucket {
	uint32_t bucket;	/* as in struct pkprof_hist */
	uint32_t nr;
};

typedef PK_VEC(struct pk_hist_bucket) pk_hist_buckets;

/* What was added to a distribution between two instants. */
struct pk_hist_piece {
	uint64_t from_ns, to_ns;
	uint8_t what, key;	/* enum pkprof_hist_what, pkprof_hist_key */
	uint32_t id;		/* CPU, tgid or tid */
	uint64_t count, sum_ns;
	uint64_t max_ns;	/* largest value so far, also before this piece */
	uint32_t first_bucket, nr_buckets;	/* in profile->hist_buckets */
};

/* What a block device did between two instants; as struct pkprof_block_device. */
struct pk_block_load {
	uint64_t from_ns, to_ns;
	uint64_t depth_ns[PKPROF_BLOCK_DEPTHS];	/* sum: to_ns - from_ns */
	uint64_t load_ns;	/* integral of the depth over time */
	uint32_t device;	/* names the device in block_ops; 0: all without room */
	uint32_t dev;		/* major << 20 | minor */
	uint32_t flags;		/* PKPROF_BLOCK_* */
	uint32_t max_depth;	/* so far, also before this piece */
	uint32_t name;		/* string id */
};

#define PK_BLOCK_ANY_PROCESS (1u << 0)	/* of processes without room of their own, tgid 0 */
#define PK_BLOCK_BY_SHIFT    1		/* with a tgid: enum pkprof_block_by, two bits */
#define PK_BLOCK_BY(flags)   ((flags) >> PK_BLOCK_BY_SHIFT & 3)

/* Block requests of one kind that ended between two instants; as struct pkprof_block_ops. */
struct pk_block_ops {
	uint64_t from_ns, to_ns;
	uint32_t device, tgid;	/* tgid 0: all processes, or those without room */
	uint8_t op, size;	/* enum pkprof_block_op, class */
	uint8_t flags;		/* PK_BLOCK_* */
	uint64_t nr, bytes;
	uint64_t nr_untimed, nr_failed, nr_partial, nr_requeued, nr_merged, nr_split;
	uint64_t sum_ns[PKPROF_NR_BLOCK_TIMES];
	uint64_t max_ns[PKPROF_NR_BLOCK_TIMES];	/* so far, also before this piece */
	uint32_t first_bucket, nr_buckets;	/* in profile->block_buckets */
};

/* Bucket numbers of the times follow each other. */
#define PK_BLOCK_BUCKETS (PKPROF_NR_BLOCK_TIMES * PKPROF_HIST_BUCKETS)

/* A file system that operations were on; as struct pkprof_vfs_fs. Strings: ids. */
struct pk_vfs_fs {
	uint32_t fs;		/* names it in vfs_ops */
	uint32_t dev;		/* major << 20 | minor */
	uint32_t flags;		/* PKPROF_VFS_* */
	uint32_t type, name;
	uint32_t mount;		/* where the recorder saw it mounted; may be empty */
};

/* Operations on files of one kind that ended between two instants; as struct pkprof_vfs_ops. */
struct pk_vfs_ops {
	uint64_t from_ns, to_ns;
	uint32_t fs, tgid;
	uint8_t op, flags;	/* enum pkprof_vfs_op; PKPROF_VFS_BELOW, _ANY_TGID */
	uint64_t nr, bytes, nr_untimed, nr_failed, added_bytes, nr_missed, nr_ahead;
	uint64_t sum_ns;
	uint64_t max_ns;	/* so far, also before this piece */
	uint32_t first_bucket, nr_buckets;	/* in profile->vfs_buckets */
};

/* A file that operations were on. Given again with its path, once that is known. */
struct pk_op_file {
	uint32_t id;		/* from 1; names it in ops */
	uint32_t dev, gen;	/* as struct pk_file */
	uint64_t ino;
	uint32_t path;		/* string id; empty: not known */
};

/* One operation on a file, taken apart; as struct pkprof_rec_op. */
struct pk_op {
	uint64_t time_ns;	/* its end */
	uint64_t length_ns, bytes;
	uint64_t offset;	/* PKPROF_OP_NO_OFFSET: none, or not known */
	uint64_t parts_ns[PKPROF_NR_OP_PARTS];	/* sum: length_ns, but with PKPROF_OP_WHOLE */
	uint32_t tid, tgid, cpu;
	uint32_t fs, file;	/* of vfs_fs; of op_files, 0: none, or not known */
	uint32_t nr;		/* operations that it stands for, at least 1 */
	uint32_t nr_requests;
	uint32_t ustack;	/* node id */
	uint16_t ends;		/* as struct pk_wait */
	uint8_t op, flags;	/* enum pkprof_vfs_op, PKPROF_OP_* */
};

/* What connections of a process with a peer did between two instants; as struct pkprof_net_conns. */
struct pk_net_conns {
	uint64_t from_ns, to_ns;
	uint32_t tgid;
	uint16_t port;
	uint8_t role, family;
	uint32_t remote, local;	/* string ids, addresses as people write them; may be empty. Of Unix
				 * sockets the name, and the process that has a pair's other end */
	uint64_t counts[PKPROF_NR_NET_COUNTS];
	uint64_t sums[PKPROF_NR_NET_DISTS];
	uint64_t maxes[PKPROF_NR_NET_DISTS];	/* so far, also before this piece */
	uint32_t first_bucket, nr_buckets;	/* in profile->net_buckets */
};

/* Bucket numbers of the distributions follow each other. */
#define PK_NET_BUCKETS (PKPROF_NR_NET_DISTS * PKPROF_HIST_BUCKETS)

/* What a process waited for, between two instants; as struct pkprof_wait_on. */
struct pk_wait_on {
	uint64_t from_ns, to_ns;
	uint32_t tgid;
	uint8_t line, kind;	/* enum pkprof_line, enum pkprof_wait_on_kind */
	uint8_t family, flags;	/* 4, 6 or 0; PKPROF_ON_ANY_TGID, PKPROF_ON_OTHERS */
	uint16_t port;
	uint32_t name;		/* string id, of a device or a remote address; may be empty */
	uint32_t local;		/* string id, likewise */
	uint64_t nr, ns;
};

/* A long wait on a run queue; as struct pkprof_rec_latency. */
struct pk_latency {
	uint64_t time_ns, queued_ns, threshold_ns, prev_ns;
	uint32_t tid, tgid, cpu;
	uint32_t prev_tid, prev_tgid;
	uint32_t prev_comm;	/* string id */
	uint8_t line;		/* enum pkprof_line */
};

/* A sampled wait: stands for (nr_blocked + nr_runq) << period_log2 ns off the CPUs. */
struct pk_wait {
	uint64_t since_ns, woken_ns, time_ns;	/* as struct pkprof_rec_wait */
	uint64_t nr_blocked, nr_runq;
	uint32_t tid, tgid, cpu;
	uint32_t kstack, ustack;	/* node ids */
	uint16_t ends;		/* as in samples' flags: PK_SAMPLE_KEND_SHIFT, PK_SAMPLE_UEND_SHIFT */
	uint8_t line, runq_line;	/* enum pkprof_line */
	uint8_t period_log2;
	uint8_t flags;		/* PKPROF_WAIT_* */
};

/* Who ended the wait (tid, since_ns); stacks are the waker's. */
struct pk_wake {
	uint64_t since_ns, time_ns;
	uint32_t tid, tgid, cpu;	/* of the woken; CPU of the waker */
	uint32_t waker_tid, waker_tgid;
	uint32_t waker_comm;	/* string id */
	uint32_t kstack, ustack;
	uint16_t ends;
	uint16_t flags;		/* PKPROF_WAKE_* */
};

/*
 * A bio with the stacks of who submitted it; as struct pkprof_rec_io. Stands for
 * units / (bytes + PKPROF_IO_COST) bios like it.
 */
struct pk_bio {
	uint64_t time_ns, id, units;
	uint32_t tid, tgid, cpu;
	uint32_t device, bytes;
	uint32_t kstack, ustack;	/* node ids */
	uint16_t ends;
	uint8_t op;		/* enum pkprof_block_op */
	uint8_t flags;		/* PKPROF_IO_* */
};

/* A request of it ended; as struct pkprof_rec_io_end. */
struct pk_bio_end {
	uint64_t time_ns, id, queue_ns, device_ns;
	uint32_t device;
	uint8_t flags;		/* PKPROF_IO_*, of ends */
};

/* What the governor gave up or took back; as struct pkprof_rec_step. Shares in millionths. */
struct pk_step {
	uint64_t time_ns;
	uint8_t step, level;	/* enum pkprof_step */
	uint16_t source;	/* enum pkprof_source */
	uint32_t source_ppm, share_ppm, kept_ppm, recorder_ppm, budget_ppm;
};

#define PK_STEP_MAX_LEVEL 31	/* 2^level is a number */

/* How the file ended. */
enum pk_file_state {
	PK_FILE_CLOSED,		/* written to its end */
	PK_FILE_CUT,		/* the recorder died; complete up to end_offset */
	PK_FILE_DAMAGED,	/* bytes changed at end_offset; complete up to there */
};

struct pk_profile {
	struct pk_strtab strings;
	PK_VEC(struct pk_fact) facts;
	PK_VEC(struct pk_file) files;		/* [0] is the empty file of id 0 */
	PK_VEC(struct pk_task_event) tasks;	/* by time */
	pk_map_events maps;			/* by time */
	PK_VEC(struct pk_addr_node) nodes;	/* [0] is the root */
	struct pk_samples samples;
	PK_VEC(struct pk_mark) marks;		/* by time */
	PK_VEC(struct pk_counters) counters;	/* in order of writing */
	PK_VEC(struct pk_symbol) symbols;	/* sorted by (space, id, addr), disjoint */
	pk_lines lines;				/* sorted by (file, addr), distinct */
	pk_line_frames line_frames;		/* of addresses that follow each other the outer
						 * ones are often the same ones */
	PK_VEC(struct pk_ledger_piece) ledger;	/* by to_ns */
	PK_VEC(struct pk_ledger_part) ledger_parts;
	PK_VEC(struct pk_cpu_piece) cpus;	/* by to_ns */
	PK_VEC(struct pk_hist_piece) hists;	/* by to_ns */
	pk_hist_buckets hist_buckets;
	PK_VEC(struct pk_latency) latencies;	/* by time_ns */
	PK_VEC(struct pk_wait) waits;		/* by time_ns */
	PK_VEC(struct pk_wake) wakes;		/* by time_ns */
	PK_VEC(struct pk_block_load) block_loads;	/* by to_ns */
	PK_VEC(struct pk_block_ops) block_ops;	/* by to_ns */
	pk_hist_buckets block_buckets;	/* time * PKPROF_HIST_BUCKETS + bucket */
	PK_VEC(struct pk_bio) bios;		/* by time_ns */
	PK_VEC(struct pk_bio_end) bio_ends;	/* by time_ns */
	PK_VEC(struct pk_vfs_fs) vfs_fs;
	PK_VEC(struct pk_vfs_ops) vfs_ops;	/* by to_ns */
	pk_hist_buckets vfs_buckets;
	PK_VEC(struct pk_op_file) op_files;	/* in order of writing */
	PK_VEC(struct pk_op) ops;		/* by time_ns */
	PK_VEC(struct pk_net_conns) net_conns;	/* by to_ns */
	pk_hist_buckets net_buckets;	/* dist * PKPROF_HIST_BUCKETS + bucket */
	PK_VEC(struct pk_wait_on) wait_on;	/* by to_ns */
	PK_VEC(struct pk_code) codes;		/* [n - 1]: code of number n */
	bool all_native;	/* for the model: frames of interpreters themselves are wanted, too */
	PK_VEC(struct pk_step) steps;	/* by time_ns */
	enum pk_file_state state;
	/* Of the recording; a cut file's end is that of the last thing in it. Never reversed. */
	uint64_t start_ns, end_ns;
	uint64_t end_offset;		/* bytes of the file that were good */
	uint64_t file_bytes;
	char notice[256];		/* sentence about a cut or damage, else empty */
	/* Where a writer can go on: behind the last whole chunk that is not the end chunk. */
	struct {
		uint64_t offset;
		uint32_t crc;		/* of the head of that chunk */
		uint64_t nr_items[64];	/* by chunk type */
	} resume;
};

int pk_profile_init(struct pk_profile *p);	/* 0 or -ENOMEM */
void pk_profile_deinit(struct pk_profile *p);

/* Append one sample's row of zeroes; its index, or -ENOMEM. */
long pk_samples_push(struct pk_samples *s);

/* Room for @more samples; 0 or -ENOMEM. */
int pk_samples_reserve(struct pk_samples *s, size_t more);

/* Text of a fact, or NULL. */
const char *pk_profile_fact(const struct pk_profile *p, const char *key);
/* Number of a fact, or @otherwise. */
uint64_t pk_profile_fact_u64(const struct pk_profile *p, const char *key, uint64_t otherwise);

/*
 * A moment of the recording as people write it, in UTC, since files are read elsewhere:
 * "2025-11-20 08:46:12 UTC". False: the file does not say.
 */
#define PK_WALL_TIME_LEN 64
bool pk_profile_wall_time(const struct pk_profile *p, uint64_t when_ns,
			  char ret[PK_WALL_TIME_LEN]);

/* Latest books per CPU and source (indices into counters) in order of CPU, source. */
struct pk_books_view {
	PK_VEC(uint32_t) latest;
};
int pk_profile_latest_books(const struct pk_profile *p, struct pk_books_view *ret);

#endif
