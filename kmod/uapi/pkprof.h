/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * pkprof: the contract between the kernel module and its readers.
 *
 * Both halves include this very file; nothing else is shared. Control goes
 * over generic netlink, data over memory mapped rings of /dev/pkprof.
 *
 *
 * 1. Rights and the cookie
 *
 * The right to record is CAP_PERFMON or CAP_SYS_ADMIN, or membership in the group that
 * the file /dev/pkprof has, unless that is root's. Opening it needs that right, and what
 * the file's own mode asks for. The first read() of the
 * descriptor returns one struct pkprof_hello. Its cookie (64 random bits) is
 * the proof of that right: all requests but INFO and STATUS must carry it. The netlink
 * family itself asks for no capability; INFO and STATUS are open to all.
 *
 *	START	any open descriptor's cookie, and the right to record; that descriptor
 *		becomes the session's owner. EBUSY (and the owner's name in the extended
 *		ack) while a session runs.
 *	STOP	the owner's cookie only. EPERM else.
 *	MARK	any open descriptor's cookie, and the right to record. ENOENT when
 *		nothing is recorded.
 *	WATCH	likewise.
 *	LEDGER	the cookie of a descriptor that watches or owns a running session.
 *
 * So who gave up its rights, or was handed a descriptor, goes on with what was begun by
 * it and begins nothing. A session that is started without CAP_SYSLOG has no kernel
 * stacks, as if KERNEL_DEPTH were 0: no address of the kernel is told otherwise.
 *
 * When the owner's last reference to the descriptor or to a mapping of it
 * is gone, by whatever cause, the session ends and all probes are detached.
 *
 * open() fails with EACCES without the right and with EPERM under lockdown for
 * confidentiality, which START, MARK and WATCH refuse as well;
 * mmap() with ENXIO before the descriptor's first START. poll() says EPOLLIN
 * from a quarter of unread bytes in any ring, once after a MARK or a FILE record, and EPOLLHUP
 * after STOP.
 *
 *
 * 2. Netlink grammar (family "pkprof", version PKPROF_ABI)
 *
 *	INFO		->	[PIDS]
 *			<-	ABI, ABI_COMPAT, VERSION, SOURCES (mask of what
 *				works on this kernel), NR_CPUS (possible CPUs)
 *				[PIDS, the same in the initial pid namespace,
 *				as records name them; 0: gone]
 *	START		->	ABI, COOKIE, SOURCES, PERIOD_NS [RING_BYTES]
 *				[KERNEL_DEPTH] [USER_DEPTH] [PIDS] [CPUS]
 *				[WAIT_PERIOD_NS] [WAIT_CAP] [IO_CAP] [BUDGET_PPM] [OPTIONAL: SOURCES
 *				that are left out where they cannot be attached; of BLOCK, TCP and VFS]
 *			<-	SESSION, T0_NS, SOURCES, PERIOD_NS, RING_BYTES,
 *				RING_STRIDE, KERNEL_DEPTH, NR_CPUS [WAIT_PERIOD_NS]
 *	STOP		->	COOKIE
 *			<-	(ack) after it no record is written any more
 *	MARK		->	COOKIE, TEXT
 *			<-	(ack) the mark is in a ring, or ENOBUFS
 *	STATUS do	<-	STATE, ABI, VERSION and, while a session is there:
 *				SESSION, T0_NS, SOURCES, PERIOD_NS, RING_BYTES,
 *				OWNER_PID, OWNER_COMM, NOW_NS [GOVERNOR, with a budget]
 *	STATUS dump	<-	one message per possible CPU: CPU, then one
 *				COUNTERS attribute per attached source
 *	WATCH		->	COOKIE [SOURCES, of BLOCK, TCP and VFS; default none]
 *			<-	(ack) the ledger and the sums of SOURCES, of no others from now on,
 *				are kept until that descriptor is closed
 *	LEDGER dump	->	COOKIE [EPOCH_NS] [LEDGER_WHAT, default all but ALIVE]
 *			<-	messages with LEDGER_INFO, which comes first, and any number of
 *				LEDGER_CPU, LEDGER_PROCESS, LEDGER_THREAD, LEDGER_ALIVE,
 *				LEDGER_HIST, SUMS, BLOCK_DEVICE, BLOCK_OPS, NET_CONNS, VFS_FS,
 *				VFS_OPS and WAIT_ON, in this order. ENOENT unless the descriptor watches or
 *				its session runs with source SCHED, BLOCK, TCP, VFS or UNIX
 *
 * A session stays readable by STATUS and mmap() after STOP, until its owner
 * closes the descriptor or starts another one. Multicast group "notice"
 * carries a STATUS message whenever a session starts or stops.
 *
 * Errors besides the usual ones of netlink: EPROTO (ABI not spoken here),
 * EPERM (cookie, right, lockdown), EBUSY (session of somebody else), ESRCH (a pid of PIDS is
 * gone), ERANGE (PERIOD_NS, RING_BYTES or a depth out of range), EOPNOTSUPP
 * (a source that does not work on this kernel). The extended ack names the
 * object in words.
 *
 * write() to the descriptor that owns a running session brings unwind rows of a mapped
 * file, see pkprof_rows.h.
 *
 *
 * 3. The ledger
 *
 * While a session with source SCHED or a descriptor that called WATCH is there, the
 * module keeps an account of the time of each thread (struct
 * pkprof_ledger_thread), of each CPU, and of what the dead of each process had.
 * There is one ledger, whoever looks at it; sums only grow, so any number of
 * readers take differences between two dumps, each with its own epoch: the
 * now_ns of the LEDGER_INFO before. A thread that is not told again has stayed in
 * the state that was told last, or is gone: then its id is missing in ALIVE. A
 * descriptor whose running session has PIDS is told of these processes only; CPUs
 * are told to all. A dump after STOP is not possible: take the last one before it.
 *
 * When a thread dies while a session with SCHED runs, its final account goes into
 * the ring (PKPROF_REC_LEDGER), and with a process's last thread its
 * distributions do (PKPROF_REC_HIST). Memory is bounded by the module parameter
 * "ledger_mb"; tasks that find no room are counted in LEDGER_INFO.
 *
 *
 * 4. Sums of requests, connections and operations on files
 *
 * pkprof_block.h, pkprof_net.h and pkprof_vfs.h, which this file includes. A session
 * with source BLOCK, TCP or VFS has them from its start on, a descriptor that watches
 * these sources without one. A source has one set of sums at a time: while a session
 * with it runs, that one's is told to those who watch, too, of its PIDS only; when it
 * starts and when it stops sums begin anew. SUMS, one for each source that the dump has
 * something of, tells what they are and since when they count.
 *
 *
 * 5. Rings
 *
 * Each possible CPU has one ring. CPU c's ring starts at mmap offset
 * c * RING_STRIDE and has two parts, which are mapped apart:
 *
 *	offset + 0		one page, struct pkprof_ring_reader, read-write
 *	offset + page size	one page, struct pkprof_ring_info, followed by
 *				RING_BYTES of records, read-only, in one mapping
 *
 * Mappings must be MAP_SHARED and of exactly these sizes. Nothing in the
 * reader's page but the tail is ever looked at by the kernel, and a tail out
 * of range only costs the reader its own records.
 *
 *	kernel (producer)			user (reader)
 *
 *	tail = load-acquire(reader->tail) (A)	head = load-acquire(info->head) (B)
 *	if full: count a loss			read records in [tail, head)
 *	write record				store-release(reader->tail)	(A)
 *	store-release(info->head)	(B)
 *
 * head and tail count bytes since the session's start and never wrap; the
 * position in the data is (value & (RING_BYTES - 1)). A record is contiguous:
 * where it would cross the end, a PKPROF_REC_PAD record fills the rest.
 *
 *
 * 6. Versions
 *
 * Structures only grow at their end, enums only get new values before their
 * end marker. A reader skips record types that it does not know and accepts
 * longer records. PKPROF_ABI rises with every change of this file,
 * PKPROF_ABI_COMPAT only when an older peer can no longer work.
 */
#ifndef _UAPI_PKPROF_H
#define _UAPI_PKPROF_H

#include <linux/types.h>
#include "pkprof_net.h"
#include "pkprof_rows.h"

#define PKPROF_VERSION		"0.1.0"	/* of the whole package */
#define PKPROF_ABI		10
#define PKPROF_ABI_COMPAT	1	/* lowest peer ABI that this side speaks */

#define PKPROF_FAMILY		"pkprof"
#define PKPROF_MCGRP_NOTICE	"notice"
#define PKPROF_DEVICE		"/dev/pkprof"

#define PKPROF_COMM_LEN		16	/* with the final NUL, as in the kernel */
#define PKPROF_MAX_DEPTH	512	/* frames of one stack half */
#define PKPROF_MAX_TEXT		256	/* bytes of a mark, no NUL */
#define PKPROF_MAX_STRING	1024	/* bytes of a path or command line */
#define PKPROF_MAX_BUILD_ID	20	/* bytes, SHA-1 sized */
#define PKPROF_MAX_PIDS		1024

/* bounds of START's parameters */
#define PKPROF_MIN_PERIOD_NS	50000ULL	/* 20 kHz */
#define PKPROF_MAX_PERIOD_NS	10000000000ULL	/* one sample in 10 s */
#define PKPROF_MIN_RING_BYTES	(64u << 10)
#define PKPROF_MAX_RING_BYTES	(64u << 20)
#define PKPROF_DEF_RING_BYTES	(1u << 20)

/* What produces records. Order is wire format. */
enum pkprof_source {
	PKPROF_SRC_CORE,	/* marks, session notices; always on */
	PKPROF_SRC_DEF,		/* definitions: stacks, files; always on */
	PKPROF_SRC_CPU,		/* on-CPU samples by timer */
	PKPROF_SRC_TASK,	/* fork, exec, exit, comm, cgroup, mappings */
	PKPROF_SRC_PMU,		/* on-CPU samples by performance counter; instead of CPU */
	PKPROF_SRC_SCHED,	/* wait ledger, run-queue latencies; needs TASK */
	PKPROF_SRC_OFFCPU,	/* stacks of waits and of who ended them; needs SCHED */
	PKPROF_SRC_BLOCK,	/* block requests: counts, bytes and times by dumps; stacks of some */
	PKPROF_SRC_TCP,		/* TCP connections: counts, bytes and times; dumps only */
	PKPROF_SRC_VFS,		/* operations on files: counts, bytes and times in dumps; some
				 * of them, taken apart, in the ring */
	PKPROF_SRC_UNIX,	/* Unix stream sockets: counts, bytes and times; dumps only */
	PKPROF_NR_SOURCES	/* end marker */
};

/* Why an event that was generated did not reach the ring. */
enum pkprof_loss {
	PKPROF_LOSS_RING_FULL,	/* the reader is too slow */
	PKPROF_LOSS_OVERRUN,	/* the instant passed before the timer ran */
	PKPROF_LOSS_NESTED,	/* interrupted its own handler, no scratch space */
	PKPROF_LOSS_NO_MEM,	/* preallocated pool exhausted */
	PKPROF_LOSS_EXITING,	/* the task took no more deferred work */
	PKPROF_LOSS_DEFINITION,	/* its stack's definition found no room */
	PKPROF_NR_LOSSES	/* end marker */
};

/*
 * The books of one source on one CPU, value of PKPROF_A_COUNTERS.
 * generated == records in the ring + sum(lost), exactly, after STOP.
 * All count since the session's start.
 */
struct pkprof_counters {
	__u32 source;			/* enum pkprof_source */
	__u32 reserved;			/* 0 */
	__u64 generated;		/* events */
	__u64 lost[PKPROF_NR_LOSSES];	/* events, by enum pkprof_loss */
	__u64 hits;			/* runs of the handler, also fruitless ones */
	__u64 timed_hits;		/* runs that were timed */
	__u64 timed_ns;			/* ns, sum over the timed runs */
	__u64 entry_ns;			/* ns per hit outside the handler (trap,
					 * trampoline), calibrated at start */
};

/* First read() of /dev/pkprof. */
struct pkprof_hello {
	__u32 abi;
	__u32 abi_compat;
	__u64 cookie;
};

/* Written by the reader, one page per CPU. */
struct pkprof_ring_reader {
	__u64 tail;		/* bytes consumed since the session's start */
};

/* Written by the kernel, one page per CPU. */
struct pkprof_ring_info {
	__u32 abi;
	__u32 abi_compat;
	__u32 cpu;
	__u32 data_offset;	/* bytes from this structure to the records */
	__u64 data_bytes;	/* power of two */
	__u64 head;		/* bytes produced since the session's start */
};

enum pkprof_rec_type {
	PKPROF_REC_PAD,		/* skip size bytes */
	PKPROF_REC_SAMPLE,
	PKPROF_REC_STACK,
	PKPROF_REC_FORK,
	PKPROF_REC_EXEC,
	PKPROF_REC_COMM,
	PKPROF_REC_EXIT,
	PKPROF_REC_TASK_INFO,
	PKPROF_REC_CGROUP,
	PKPROF_REC_MAP,
	PKPROF_REC_FILE,
	PKPROF_REC_MARK,
	PKPROF_REC_CPU_STATE,
	PKPROF_REC_LEDGER,
	PKPROF_REC_HIST,
	PKPROF_REC_LATENCY,
	PKPROF_REC_WAIT,
	PKPROF_REC_WAKE,
	PKPROF_REC_OP,		/* pkprof_vfs.h */
	PKPROF_REC_OP_FILE,
	PKPROF_REC_IO,
	PKPROF_REC_IO_END,
	PKPROF_REC_CODE,
	PKPROF_REC_STEP,
	PKPROF_NR_RECS		/* end marker */
};

/* Head of each record. Aligned to 8 bytes; size includes the head. */
struct pkprof_rec {
	__u8 type;		/* enum pkprof_rec_type */
	__u8 source;		/* enum pkprof_source, whose books it is in */
	__u16 size;		/* bytes, multiple of 8 */
	__u32 tid;		/* thread, initial pid namespace; 0: idle */
	__u64 time_ns;		/* CLOCK_MONOTONIC; nearly ordered within a ring:
				 * a handler that was interrupted commits first */
};

#define PKPROF_NO_STACK		0xffffffffu

#define PKPROF_SAMPLE_USER	(1u << 0)	/* was in user mode */
#define PKPROF_SAMPLE_SOFTIRQ	(1u << 1)	/* was in softirq context */
#define PKPROF_SAMPLE_KTHREAD	(1u << 2)	/* kernel thread */
#define PKPROF_SAMPLE_NO_MM	(1u << 3)	/* user task between address spaces */
#define PKPROF_SAMPLE_COMPAT	(1u << 4)	/* 32-bit user mode */
#define PKPROF_SAMPLE_SHIFT	5		/* three bits: binary logarithm of periods */
#define PKPROF_SAMPLE_MAX_SHIFT	7

/*
 * One sample of a busy CPU: stands for 2^n periods of its time (source PMU: for
 * the cycles of so many at the processor's nominal rate), n being in the flags; 0 unless
 * the rate was lowered. kstack and
 * ustack are slots of this CPU's stack table, last defined by an earlier
 * PKPROF_REC_STACK of the same ring and kind, or PKPROF_NO_STACK.
 */
struct pkprof_rec_sample {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 flags;		/* PKPROF_SAMPLE_* */
	__u32 kstack;
	__u32 ustack;
};

enum pkprof_stack_kind {
	PKPROF_STACK_KERNEL,
	PKPROF_STACK_USER,
};

/* Why a stack ends where it does. */
enum pkprof_stack_end {
	PKPROF_END_ROOT,	/* the unwinder reached the entry */
	PKPROF_END_DEPTH,	/* deeper than the depth limit */
	PKPROF_END_FAULT,	/* stack page not in memory */
	PKPROF_END_BAD_FRAME,	/* senseless: no unwind row for the code, nor a frame pointer */
	PKPROF_END_UNWIND,	/* kernel unwinder met no entry for an address */
	PKPROF_END_NO_TABLE,	/* no frame pointer, and no unwind rows of that file (yet) */
	PKPROF_END_NO_RULE,	/* its unwind row cannot be followed */
	PKPROF_END_JIT,		/* no frame pointer in code of no file, made at run time */
	PKPROF_END_LOOP,	/* handlers of signals without end */
	PKPROF_NR_STACK_ENDS	/* end marker */
};

/* Defines slot "slot" of this CPU's table of its kind, replacing what it was. */
struct pkprof_rec_stack {
	struct pkprof_rec rec;
	__u32 slot;
	__u16 nr;		/* frames, 1..PKPROF_MAX_DEPTH */
	__u8 kind;		/* enum pkprof_stack_kind */
	__u8 end;		/* enum pkprof_stack_end */
	__u64 ip[];		/* leaf first; ip[0] as interrupted, the others are
				 * return addresses, or one behind what a signal
				 * interrupted: look them up at minus one. Or PKPROF_IS_CODE() */
};

/*
 * A frame of interpreted code, which is no address: its code object, by its number in this CPU's
 * ring, and where in it. It lies next to the native frames that ran it, of which those of the
 * interpreter itself are counted in the one that is nearest to them.
 */
#define PKPROF_CODE_TAG		0x70ULL		/* bits 63 to 56: neither user's nor kernel's */
#define PKPROF_CODE_NO_PLACE	0xffffffu	/* not known, or further */
#define PKPROF_CODE_MAX_ID	0x3fffffffu
#define PKPROF_CODE(id, place)	(PKPROF_CODE_TAG << 56 | (__u64)(id) << 24 | (place))
#define PKPROF_CODE_RUN_BY(nr)	((__u64)(nr) << 54)	/* 1 or 2 native frames */
#define PKPROF_IS_CODE(ip)	((ip) >> 56 == PKPROF_CODE_TAG)
#define PKPROF_CODE_ID(ip)	((__u32)((ip) >> 24) & PKPROF_CODE_MAX_ID)	/* 0: no name was read */
#define PKPROF_CODE_PLACE(ip)	((__u32)(ip) & 0xffffff)	/* instruction, in code units */
#define PKPROF_CODE_NR_RUN_BY(ip) ((__u32)((ip) >> 54) & 3)

#define PKPROF_MAX_CODE_TEXT	2048	/* bytes of a name */
#define PKPROF_MAX_CODE_LINES	8192	/* bytes of a line table */

#define PKPROF_CODE_PART	(1u << 0)	/* not all of it could be read */

/*
 * A code object at first sight; its number is not used again in this ring. The texts are as the
 * process has them: characters of 1 (Latin-1), 2 or 4 bytes. The table of lines is CPython's
 * "location table" of 3.11 and later, maybe cut.
 */
struct pkprof_rec_code {
	struct pkprof_rec rec;
	__u32 id;		/* 1..PKPROF_CODE_MAX_ID */
	__u32 tgid;
	__u32 first_line;
	__u32 version;		/* as PY_VERSION_HEX */
	__u16 name_len, file_len, lines_len;	/* bytes */
	__u8 name_width, file_width;	/* bytes of a character */
	__u32 flags;		/* PKPROF_CODE_PART */
	__u32 reserved;		/* 0 */
	__u8 text[];		/* name, file, lines */
};

#define PKPROF_TASK_THREAD	(1u << 0)	/* shares its parent's process */
#define PKPROF_TASK_KTHREAD	(1u << 1)
#define PKPROF_TASK_SAME_MM	(1u << 2)	/* shares its parent's memory */
#define PKPROF_TASK_GROUP_DEAD	(1u << 3)	/* exit: the last thread */

/* rec.tid is the new task. */
struct pkprof_rec_fork {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 parent_tid;	/* the caller of fork or clone */
	__u32 parent_tgid;
	__u32 flags;		/* PKPROF_TASK_* */
	__u64 start_ns;		/* task's start_time, CLOCK_MONOTONIC */
	__u64 cgroup_id;	/* cgroup v2 inode number */
	char comm[PKPROF_COMM_LEN];
};

/*
 * Precedes the mappings of the new program. Where a thread other than the leader
 * called exec, it is the leader already; the ID that it had before ends with a
 * PKPROF_REC_EXIT when exec is through.
 */
struct pkprof_rec_exec {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 old_tid;		/* as rec.tid */
	char comm[PKPROF_COMM_LEN];
};

struct pkprof_rec_comm {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 reserved;
	char comm[PKPROF_COMM_LEN];
};

struct pkprof_rec_exit {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 flags;		/* PKPROF_TASK_GROUP_DEAD */
};

/* Follows an exec, in sleeping context: what the program was called with. */
struct pkprof_rec_task_info {
	struct pkprof_rec rec;
	__u32 tgid;
	__u16 cgroup_len;	/* bytes of the cgroup path, no NUL */
	__u16 args_len;		/* bytes of the arguments, NULs between */
	__u64 cgroup_id;
	char text[];		/* cgroup path, then arguments */
};

/* The task (with flag THREADGROUP: its whole process) moved to a cgroup. */
#define PKPROF_CGROUP_THREADGROUP	(1u << 0)
struct pkprof_rec_cgroup {
	struct pkprof_rec rec;
	__u32 tgid;
	__u16 path_len;		/* bytes, no NUL */
	__u16 flags;		/* PKPROF_CGROUP_* */
	__u64 cgroup_id;
	char path[];
};

/*
 * An executable mapping was made. The file is known by (dev, ino, gen); its
 * name follows in a PKPROF_REC_FILE, at first sight only, maybe later and on
 * another CPU's ring. dev == 0 and ino == 0: anonymous memory.
 */
#define PKPROF_MAP_VDSO		(1u << 0)	/* the kernel's own code in 64-bit processes; no file */

struct pkprof_rec_map {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 dev;		/* major << 20 | minor */
	__u64 addr;
	__u64 len;		/* bytes */
	__u64 file_off;		/* bytes, of addr within the file */
	__u64 ino;
	__u32 gen;		/* inode generation */
	__u32 flags;		/* PKPROF_MAP_* */
};

struct pkprof_rec_file {
	struct pkprof_rec rec;
	__u32 dev;
	__u32 gen;
	__u64 ino;
	__u16 path_len;		/* bytes, no NUL; as the mapping task sees it */
	__u8 build_id_len;	/* 0: the file has none */
	__u8 reserved[5];
	__u8 build_id[PKPROF_MAX_BUILD_ID];
	__u8 reserved2[4];
	char path[];
};

struct pkprof_rec_mark {
	struct pkprof_rec rec;	/* tid: the marker */
	__u32 text_len;		/* bytes, no NUL */
	__u32 reserved;
	char text[];
};

struct pkprof_rec_cpu_state {
	struct pkprof_rec rec;
	__u32 cpu;
	__u32 online;		/* 1 came online, 0 went offline */
};

/*
 * Where a thread's time goes: the lines of the wait ledger. A thread is in
 * exactly one of them at any time, so they sum to its life. Order is wire format.
 */
enum pkprof_line {
	PKPROF_LINE_CPU,	/* running; samples tell user from kernel */
	PKPROF_LINE_WAKEUP,	/* on the run queue, after a wake-up */
	PKPROF_LINE_PREEMPTED,	/* on the run queue, switched out while runnable */
	PKPROF_LINE_THROTTLED,	/* runnable, but its cgroup's quota is used up */
	PKPROF_LINE_DISK,	/* block I/O, page cache, fsync, journal */
	PKPROF_LINE_FAULT,	/* page fault: file, swap, memory map's lock */
	PKPROF_LINE_FUTEX,	/* lock or condition in user space */
	PKPROF_LINE_KLOCK,	/* mutex, semaphore, wait queue inside the kernel */
	PKPROF_LINE_RTLOCK,	/* sleeping spinlock of a PREEMPT_RT kernel */
	PKPROF_LINE_SOCKET,
	PKPROF_LINE_PIPE,	/* pipe, FIFO, eventfd */
	PKPROF_LINE_TTY,
	PKPROF_LINE_POLL,	/* poll, select, epoll, inotify, signalfd, timerfd */
	PKPROF_LINE_AIO,	/* completion of io_uring or AIO requests */
	PKPROF_LINE_SLEEP,	/* nanosleep, sigsuspend, sigtimedwait */
	PKPROF_LINE_CHILD,	/* wait for a child, vfork */
	PKPROF_LINE_STOPPED,	/* job control, ptrace, freezer */
	PKPROF_LINE_KTHREAD,	/* kernel thread or worker without work */
	PKPROF_LINE_OTHER,	/* blocked, cause not in the table */
	PKPROF_LINE_LOST,	/* not known: no entry was free, or booked before us */
	PKPROF_NR_LINES		/* end marker */
};

/* Sum of one line. Counts and sums only grow; of two readings take the difference. */
struct pkprof_ledger_line {
	__u64 ns;
	__u32 nr;		/* intervals, modulo 2^32 */
	__u16 line;		/* enum pkprof_line */
	__u16 part;		/* 0 */
};

#define PKPROF_LEDGER_DEAD	(1u << 8)	/* besides PKPROF_TASK_*: final, at its death */

/*
 * The account of one thread. The lines reach from from_ns to since_ns; from
 * there to read_ns it was in line "state". So sum(lines) == since_ns - from_ns.
 */
struct pkprof_ledger_thread {
	__u64 id;		/* of this account, never used twice since load */
	__u32 tid, tgid;	/* as of now: an exec by a non-leader changes its tid */
	__u64 start_ns;		/* task's start_time, CLOCK_MONOTONIC */
	__u64 from_ns;		/* when its booking began: wake-up of the new task, or
				 * when the ledger was attached */
	__u64 since_ns;
	__u64 read_ns;		/* of the dead: == since_ns, its last switch */
	__u64 nr_switches;	/* times it was switched in */
	__u64 max_runq_ns;	/* longest wait on the run queue, all runnable lines */
	__u64 max_slice_ns;	/* longest run without a switch */
	char comm[PKPROF_COMM_LEN];
	__u32 flags;		/* PKPROF_TASK_KTHREAD, PKPROF_LEDGER_DEAD */
	__u8 state;		/* enum pkprof_line */
	__u8 reserved;
	__u16 nr_lines;		/* those that are not 0 */
	struct pkprof_ledger_line lines[];
};

/*
 * A process's threads that are gone: the sum of their final accounts. tgid 0:
 * of all processes that are gone.
 */
struct pkprof_ledger_process {
	__u32 tgid;
	__u32 nr_threads;	/* alive now; with tgid 0: 0 */
	__u64 start_ns;		/* start_time of the leader, CLOCK_MONOTONIC */
	__u64 nr_exited;	/* threads in these sums */
	__u64 read_ns;
	char comm[PKPROF_COMM_LEN];	/* of the leader */
	__u16 nr_lines;
	__u16 reserved[3];
	struct pkprof_ledger_line lines[];
};

/*
 * The account of one possible CPU: busy + idle + offline == read_ns - from_ns.
 * The last four are the kernel's own books since boot, with its own precision.
 */
struct pkprof_ledger_cpu {
	__u32 cpu;
	__u32 online;		/* 1 or 0 */
	__u64 from_ns, read_ns;
	__u64 busy_ns, idle_ns, offline_ns;
	__u64 nr_switches;
	__u64 steal_ns, softirq_ns, irq_ns, iowait_ns;
};

/* Goes before a dump: what it is a dump of. */
struct pkprof_ledger_info {
	__u64 from_ns;		/* the ledger was attached */
	__u64 now_ns;		/* begin of the dump: epoch for the next one */
	__u64 memory_bytes, memory_cap_bytes;
	__u32 nr_threads;	/* accounts in use */
	__u32 nr_processes;
	__u64 nr_overflow;	/* tasks that found no free account */
	__u64 overflow_cpu_ns;	/* their time on CPUs; their waits are not known */
	__u64 nr_overflow_hist;	/* processes whose latencies went to "other" (tgid 0) */
	__u64 nr_aggregated;	/* final accounts that found no room in the ring and are
				 * in the sum of tgid 0 only */
};

/* What a LEDGER dump is to tell. */
#define PKPROF_LEDGER_CPUS	(1u << 0)
#define PKPROF_LEDGER_PROCESSES	(1u << 1)
#define PKPROF_LEDGER_THREADS	(1u << 2)
#define PKPROF_LEDGER_HISTS	(1u << 3)	/* of CPUs and processes */
#define PKPROF_LEDGER_COARSE	(1u << 4)	/* coarse ones of threads */
#define PKPROF_LEDGER_ALIVE	(1u << 5)	/* ids of all accounts of the living; only if
						 * asked for by name */
#define PKPROF_LEDGER_BLOCK	(1u << 6)	/* block requests; with source BLOCK */
#define PKPROF_LEDGER_NET	(1u << 7)	/* connections; with source TCP or UNIX */
#define PKPROF_LEDGER_VFS	(1u << 8)	/* operations on files; with source VFS */
#define PKPROF_LEDGER_WAIT_ON	(1u << 9)	/* what waits were for; with SCHED and BLOCK or TCP */

#define PKPROF_SUMS_RECORDED	(1u << 0)	/* a session's, which is recorded */
#define PKPROF_SUMS_FILTERED	(1u << 1)	/* only of the processes of its PIDS */

/* The sums of one source. Cells, devices and file systems have their numbers from these alone. */
struct pkprof_sums {
	__u32 source;		/* enum pkprof_source */
	__u32 flags;		/* PKPROF_SUMS_* */
	__u64 from_ns;		/* CLOCK_MONOTONIC, since when they count; another one: they are others */
};

enum pkprof_hist_what {
	PKPROF_HIST_RUNQ,	/* from wake-up or preemption to running, ns; not throttled */
	PKPROF_HIST_SLICE,	/* from being switched in to being switched out, ns */
	PKPROF_NR_HISTS		/* end marker */
};

enum pkprof_hist_key {
	PKPROF_HIST_CPU,	/* id: CPU */
	PKPROF_HIST_PROCESS,	/* id: tgid; 0: processes that found no room */
	PKPROF_HIST_THREAD,	/* id: tid; coarse: bucket b is [2^b, 2^(b+1)) ns, the
				 * first takes 0, too, the last all above; 32 buckets */
	PKPROF_NR_HIST_KEYS	/* end marker */
};

/*
 * Log-linear buckets: 8 to each power of two, so that the middle of a bucket is
 * within 1/16 of what is in it. Value v (ns): below 8 bucket v; else, e being the
 * position of v's highest bit, bucket (e - 2) * 8 + ((v >> (e - 3)) & 7). Values
 * from 2^40 on are in the last one.
 */
#define PKPROF_HIST_BUCKETS	304
#define PKPROF_HIST_COARSE	32

struct pkprof_hist_bucket {
	__u32 bucket;
	__u32 nr;		/* modulo 2^32 */
};

/* A distribution, cumulative since the ledger was attached, or the thing began. */
struct pkprof_hist {
	__u8 what;		/* enum pkprof_hist_what */
	__u8 key;		/* enum pkprof_hist_key */
	__u16 nr_buckets;	/* those that are not 0 */
	__u32 id;
	__u64 start_ns;		/* start_time of leader or thread; CPU: 0 */
	__u64 count, sum_ns, max_ns;
	struct pkprof_hist_bucket buckets[];
};

/* Final account of a thread that died, at its last switch; its tid is rec.tid. */
struct pkprof_rec_ledger {
	struct pkprof_rec rec;
	struct pkprof_ledger_thread thread;
};

/* Final distribution of a process whose last thread died. Those of its threads are in dumps only. */
struct pkprof_rec_hist {
	struct pkprof_rec rec;
	struct pkprof_hist hist;
};

/*
 * A long wait on this ring's CPU's run queue, told when rec.tid was switched in.
 * A CPU tells at most a few hundred per second: its threshold follows.
 */
struct pkprof_rec_latency {
	struct pkprof_rec rec;
	__u32 tgid;
	__u32 line;		/* enum pkprof_line: WAKEUP, PREEMPTED */
	__u64 queued_ns;	/* CLOCK_MONOTONIC, since when it was runnable */
	__u64 threshold_ns;	/* waits below it were not told */
	__u32 prev_tid, prev_tgid;	/* who ran instead, at last; 0: idle */
	__u64 prev_ns;		/* how long that one had run without a switch */
	char prev_comm[PKPROF_COMM_LEN];
};

/*
 * Waits are sampled at instants that all CPUs share: t0 + kP + hash(k) mod P, P a
 * power of two. A wait is recorded if an instant lies within it, and stands for
 * as many P as there are; P = 1 ns: each wait, weighted by its exact length.
 */
#define PKPROF_MAX_WAIT_PERIOD_NS (1ULL << 36)
#define PKPROF_DEF_WAIT_CAP	500	/* stacks of waits and wakers per second and CPU */

#define PKPROF_WAIT_OPEN	(1u << 0)	/* not over: still waiting at time_ns */
#define PKPROF_WAIT_KTHREAD	(1u << 1)
#define PKPROF_WAIT_NO_MM	(1u << 2)
#define PKPROF_WAIT_COMPAT	(1u << 3)	/* 32-bit user mode */

/* A time off the CPUs of rec.tid, told when it was over. Stacks as in samples. */
struct pkprof_rec_wait {
	struct pkprof_rec rec;	/* time_ns: switched in again */
	__u32 tgid;
	__u8 line;		/* enum pkprof_line before it was runnable */
	__u8 runq_line;		/* enum pkprof_line of the runnable part */
	__u8 period_log2;	/* P in ns */
	__u8 flags;		/* PKPROF_WAIT_* */
	__u64 since_ns;		/* switched out; with rec.tid, names the wait */
	__u64 woken_ns;		/* runnable since; since_ns: it never was blocked; 0 with
				 * flag OPEN: still blocked */
	__u64 nr_blocked;	/* instants in [since_ns, woken_ns) */
	__u64 nr_runq;		/* instants in [woken_ns, time_ns) */
	__u32 kstack, ustack;
};

#define PKPROF_WAKE_IRQ		(1u << 0)	/* hard irq: the waker's task has no part in it */
#define PKPROF_WAKE_SOFTIRQ	(1u << 1)
#define PKPROF_WAKE_KTHREAD	(1u << 2)	/* of the waker */
#define PKPROF_WAKE_IDLE	(1u << 3)	/* the waker is an idle task */
#define PKPROF_WAKE_NO_MM	(1u << 4)
#define PKPROF_WAKE_COMPAT	(1u << 5)

/* Who ended a sampled wait of rec.tid; on the waker's CPU's ring. Stacks: the waker's. */
struct pkprof_rec_wake {
	struct pkprof_rec rec;	/* time_ns: of the waking */
	__u32 tgid;
	__u32 flags;		/* PKPROF_WAKE_* */
	__u32 waker_tid, waker_tgid;
	__u64 since_ns;		/* as in the wait's record */
	__u32 kstack, ustack;
	char waker_comm[PKPROF_COMM_LEN];
};

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

#include "pkprof_block.h"
#include "pkprof_vfs.h"
#include "pkprof_wait_on.h"

enum pkprof_state {
	PKPROF_STATE_IDLE,	/* no session */
	PKPROF_STATE_RUNNING,
	PKPROF_STATE_STOPPED,	/* its rings may still be read */
};

enum pkprof_cmd {
	PKPROF_CMD_UNSPEC,
	PKPROF_CMD_INFO,
	PKPROF_CMD_START,
	PKPROF_CMD_STOP,
	PKPROF_CMD_MARK,
	PKPROF_CMD_STATUS,
	PKPROF_CMD_WATCH,
	PKPROF_CMD_LEDGER,
	__PKPROF_CMD_END
};
#define PKPROF_CMD_MAX (__PKPROF_CMD_END - 1)

enum pkprof_attr {
	PKPROF_A_UNSPEC,
	PKPROF_A_PAD,
	PKPROF_A_ABI,		/* u32 */
	PKPROF_A_ABI_COMPAT,	/* u32 */
	PKPROF_A_VERSION,	/* string */
	PKPROF_A_COOKIE,	/* u64 */
	PKPROF_A_SOURCES,	/* u32, mask of 1 << enum pkprof_source */
	PKPROF_A_PERIOD_NS,	/* u64, ns between two samples of a CPU */
	PKPROF_A_RING_BYTES,	/* u32, power of two, per CPU */
	PKPROF_A_RING_STRIDE,	/* u32, bytes between two CPUs' mmap offsets */
	PKPROF_A_KERNEL_DEPTH,	/* u32, frames, 0..PKPROF_MAX_DEPTH, 0: none */
	PKPROF_A_USER_DEPTH,	/* u32, likewise */
	PKPROF_A_PIDS,		/* u32[], caller's pid namespace; START: these
				 * processes and all their descendants only */
	PKPROF_A_CPUS,		/* bytes, bitmap, CPU c is bit c % 8 of byte c / 8 */
	PKPROF_A_NR_CPUS,	/* u32, possible CPUs: ring indices are below it */
	PKPROF_A_SESSION,	/* u64, number of this session since load */
	PKPROF_A_STATE,		/* u32, enum pkprof_state */
	PKPROF_A_T0_NS,		/* u64, CLOCK_MONOTONIC, start; grid origin */
	PKPROF_A_NOW_NS,	/* u64, CLOCK_MONOTONIC */
	PKPROF_A_OWNER_PID,	/* u32, initial pid namespace */
	PKPROF_A_OWNER_COMM,	/* string */
	PKPROF_A_TEXT,		/* string, at most PKPROF_MAX_TEXT */
	PKPROF_A_CPU,		/* u32 */
	PKPROF_A_COUNTERS,	/* struct pkprof_counters, repeated */
	PKPROF_A_WAIT_PERIOD_NS, /* u64, power of two up to PKPROF_MAX_WAIT_PERIOD_NS, 0: default */
	PKPROF_A_WAIT_CAP,	/* u32, stacks of waits and wakers per second and CPU, beyond
				 * them the wait period doubles; 0: no cap */
	PKPROF_A_EPOCH_NS,	/* u64, CLOCK_MONOTONIC: only what changed since; 0: all */
	PKPROF_A_LEDGER_WHAT,	/* u32, mask of PKPROF_LEDGER_*S */
	PKPROF_A_LEDGER_INFO,	/* struct pkprof_ledger_info */
	PKPROF_A_LEDGER_CPU,	/* struct pkprof_ledger_cpu, repeated */
	PKPROF_A_LEDGER_PROCESS, /* struct pkprof_ledger_process, repeated */
	PKPROF_A_LEDGER_THREAD,	/* struct pkprof_ledger_thread, repeated */
	PKPROF_A_LEDGER_HIST,	/* struct pkprof_hist, repeated */
	PKPROF_A_LEDGER_ALIVE,	/* u64[], ids of accounts, repeated */
	PKPROF_A_BLOCK_DEVICE,	/* struct pkprof_block_device, repeated */
	PKPROF_A_BLOCK_OPS,	/* struct pkprof_block_ops, repeated */
	PKPROF_A_NET_CONNS,	/* struct pkprof_net_conns of pkprof_net.h, repeated */
	PKPROF_A_VFS_FS,	/* struct pkprof_vfs_fs of pkprof_vfs.h, repeated */
	PKPROF_A_VFS_OPS,	/* struct pkprof_vfs_ops, repeated */
	PKPROF_A_SUMS,		/* struct pkprof_sums, repeated */
	PKPROF_A_OPTIONAL,	/* u32, mask of 1 << enum pkprof_source */
	PKPROF_A_IO_CAP,	/* u32, stacks of block I/O per second and CPU, beyond them
				 * fewer bios are sampled; 0: no cap */
	PKPROF_A_WAIT_ON,	/* struct pkprof_wait_on of pkprof_wait_on.h, repeated */
	PKPROF_A_BUDGET_PPM,	/* u32, millionths of the CPUs' time that recording may take;
				 * 0: no budget */
	PKPROF_A_GOVERNOR,	/* struct pkprof_governor */
	__PKPROF_A_END
};
#define PKPROF_A_MAX (__PKPROF_A_END - 1)

#endif /* _UAPI_PKPROF_H */
