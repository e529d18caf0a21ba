/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * The part of pkprof's contract that is about block requests; included by pkprof.h.
 *
 * A session with source BLOCK keeps, from its start, sums of what each device did
 * (struct pkprof_block_device) and of requests that ended, by device, operation and
 * size, and by submitting process (struct pkprof_block_ops). They come with LEDGER
 * dumps, and are cumulative like the ledger. A session with
 * PIDS is told of these processes' requests, and of all devices. What finds no room
 * is booked under device and process 0, nowhere else, so sums stay whole. Without
 * source SCHED the LEDGER_INFO has nothing but now_ns.
 *
 * Besides, some bios are recorded with the stacks of who submits them, and how long they
 * took (struct pkprof_rec_io, struct pkprof_rec_io_end), unless START asks for no frames
 * of either kind. A session with PIDS records what these processes submit themselves.
 */
#ifndef _UAPI_PKPROF_BLOCK_H
#define _UAPI_PKPROF_BLOCK_H

#include <linux/types.h>

/* What a block request asks for. Order is wire format. */
enum pkprof_block_op {
	PKPROF_BLOCK_READ,
	PKPROF_BLOCK_WRITE,	/* nobody waits for it, as far as the request says */
	PKPROF_BLOCK_SYNC,	/* write that somebody waits for */
	PKPROF_BLOCK_FLUSH,	/* of the device's own cache */
	PKPROF_BLOCK_DISCARD,
	PKPROF_BLOCK_ZERO,	/* write zeroes, erase securely */
	PKPROF_BLOCK_BARRIER,	/* write without data: waits for a FLUSH, is none of its own */
	PKPROF_BLOCK_OTHER,	/* commands of the driver, zones */
	PKPROF_NR_BLOCK_OPS	/* end marker */
};

/* Classes of a request's size: 0: no data; c: up to 1 KB << 2c (4 KB, 16 KB, ...); the last: all above. */
#define PKPROF_BLOCK_SIZES	8

/* How a request is a process's. */
enum pkprof_block_by {
	PKPROF_BLOCK_BY_SELF,	/* it submitted it */
	PKPROF_BLOCK_BY_KTHREAD, /* it made the pages dirty, a kernel thread wrote them back */
	PKPROF_BLOCK_BY_OTHER,	/* likewise, another process did, as by sync */
	PKPROF_BLOCK_BY_JOURNAL, /* blocks of a journal: tgid is its thread */
	PKPROF_NR_BLOCK_BYS	/* end marker */
};

/* The parts of a request's time. */
enum pkprof_block_time {
	PKPROF_BLOCK_QUEUE,	/* from the request's making on, while not at the driver */
	PKPROF_BLOCK_DEVICE,	/* at the driver, up to the completion */
	PKPROF_BLOCK_TOTAL,	/* their sum */
	PKPROF_NR_BLOCK_TIMES	/* end marker */
};

#define PKPROF_BLOCK_NAME	32	/* bytes of a device's name, with the final NUL */
#define PKPROF_BLOCK_DEPTHS	16	/* classes of depth: 0, 1, 2..3, 4..7, ... */

#define PKPROF_BLOCK_STACKED	(1u << 0)	/* dm, md, loop: what it does, another device
						 * does again */
#define PKPROF_BLOCK_BIO	(1u << 1)	/* it has no queue of its own: queue time is 0 */
#define PKPROF_BLOCK_ANY	(1u << 2)	/* devices without room of their own; depth unknown */

/*
 * A device, since the source knows it. Requests are in flight from issue to
 * completion; sum(depth_ns) == read_ns - from_ns, busy without the first of them.
 */
struct pkprof_block_device {
	__u32 id;		/* of this row; 0: devices that found no room */
	__u32 dev;		/* major << 20 | minor */
	__u32 flags;		/* PKPROF_BLOCK_* */
	__u32 depth;		/* requests in flight now */
	__u64 from_ns, read_ns;	/* CLOCK_MONOTONIC */
	__u64 depth_ns[PKPROF_BLOCK_DEPTHS];	/* time with so many in flight */
	__u64 load_ns;		/* integral of the depth over time */
	__u32 max_depth;
	__u32 reserved;
	char name[PKPROF_BLOCK_NAME];
};

struct pkprof_block_bucket {
	__u16 bucket;		/* as in struct pkprof_hist */
	__u8 time;		/* enum pkprof_block_time */
	__u8 reserved;
	__u32 nr;		/* modulo 2^32 */
};

/*
 * Requests of one kind that ended: of a device, operation and size, or, with a tgid,
 * of a process, device and operation (size 0, only TOTAL has buckets). A request is
 * counted at its end, with the bytes of all its parts. One with dirty pages of several
 * processes is its main one's; the others' bytes are told as theirs, without a request.
 */
struct pkprof_block_ops {
	__u32 device;		/* id of a struct pkprof_block_device */
	__u32 tgid;		/* whose they are, 0: all processes */
	__u8 op;		/* enum pkprof_block_op */
	__u8 size;		/* class, below PKPROF_BLOCK_SIZES */
	__u8 any_tgid;		/* 1: of processes that found no room of their own, tgid 0 */
	__u8 by;		/* with a tgid: enum pkprof_block_by */
	__u32 nr_buckets;	/* those that are not 0, by time, then bucket */
	__u64 nr, bytes;
	__u64 nr_untimed;	/* of them: issued before the start, or no room to follow them */
	__u64 nr_failed;	/* of them: with an error */
	__u64 nr_partial;	/* completions that left a rest to be done */
	__u64 nr_requeued;	/* times that the driver gave one back */
	__u64 nr_merged;	/* pieces that joined a request which was there */
	__u64 nr_split;		/* pieces that were cut in two */
	__u64 sum_ns[PKPROF_NR_BLOCK_TIMES], max_ns[PKPROF_NR_BLOCK_TIMES];
	struct pkprof_block_bucket buckets[];
};

/*
 * Which bios (what the block layer is asked for; it makes requests of them) are recorded:
 * each has a cost of its bytes and PKPROF_IO_COST. On each CPU costs are laid end to end,
 * with one instant anywhere in each stratum of 2^p, and a bio is recorded if instants lie
 * in it: with equal chance for all of the same cost. It stands for units / cost bios of its
 * kind, units being the sum of these strata; so sums of bytes, requests and times are not
 * biased. Below the cap p is 0 and all bios are recorded, each for itself.
 */
#define PKPROF_IO_COST		4096
#define PKPROF_MAX_IO_UNITS	(1ULL << 42)	/* of one bio */
#define PKPROF_DEF_IO_CAP	500	/* bios recorded per second and CPU, more or less */

#define PKPROF_IO_IRQ		(1u << 0)	/* by an interrupt: the task that it met has no
						 * part in it, tid and tgid are 0 */
#define PKPROF_IO_KTHREAD	(1u << 1)
#define PKPROF_IO_NO_MM		(1u << 2)
#define PKPROF_IO_COMPAT	(1u << 3)	/* 32-bit user mode */

/* A bio was submitted, by rec.tid. Stacks as in samples, but from who submits on. */
struct pkprof_rec_io {
	struct pkprof_rec rec;
	__u64 id;		/* of this bio, never used twice in a session; not 0 */
	__u64 units;		/* what it stands for */
	__u32 tgid;
	__u32 device;		/* id of a struct pkprof_block_device */
	__u32 bytes;
	__u8 op;		/* enum pkprof_block_op */
	__u8 flags;		/* PKPROF_IO_* */
	__u16 reserved;
	__u32 kstack, ustack;
};

#define PKPROF_IO_FAILED	(1u << 0)
#define PKPROF_IO_UNTIMED	(1u << 1)	/* times are not known */
#define PKPROF_IO_MERGED	(1u << 2)	/* it joined a request, which has the time */
#define PKPROF_IO_MOVED		(1u << 3)	/* the device handed the bio on to another one */
#define PKPROF_IO_NEVER		(1u << 4)	/* no request was made of it */

/*
 * A request ended that was made of a recorded bio: one that was cut has several. Without
 * MERGED, MOVED and NEVER it is counted in struct pkprof_block_ops, with these times.
 */
struct pkprof_rec_io_end {
	struct pkprof_rec rec;	/* tid 0 */
	__u64 id;		/* as in the bio's record, which may be in another CPU's ring */
	__u64 queue_ns, device_ns;
	__u32 device;
	__u32 flags;
};

#endif /* _UAPI_PKPROF_BLOCK_H */
