// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the contract's enums; see names.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/names.h"

const struct pk_name pk_source_names[PKPROF_NR_SOURCES] = {
	[PKPROF_SRC_CORE] = { "core", "marks and notices of the session; always on" },
	[PKPROF_SRC_DEF] = { "def", "definitions of stacks and files; always on" },
	[PKPROF_SRC_CPU] = { "cpu", "samples of what each CPU executes, by timer" },
	[PKPROF_SRC_TASK] = { "task", "fork, exec, exit, names, cgroups and mappings of tasks" },
	[PKPROF_SRC_PMU] = { "pmu",
			     "samples of what each CPU executes, by cycle counter; instead of cpu" },
	[PKPROF_SRC_SCHED] = { "sched", "where each thread's time goes: wait ledger, run-queue latencies" },
	[PKPROF_SRC_OFFCPU] = { "offcpu", "stacks of waits and of who ended them; needs sched" },
	[PKPROF_SRC_BLOCK] = { "block", "requests of block devices: counts, bytes, times, who submits" },
	[PKPROF_SRC_TCP] = { "tcp", "TCP connections by process and peer: counts, bytes and times" },
	[PKPROF_SRC_VFS] = { "vfs", "operations on files: counts, bytes and times" },
	[PKPROF_SRC_UNIX] = { "unix", "Unix stream sockets by process and peer: counts, bytes and times" },
};

const struct pk_name pk_loss_names[PKPROF_NR_LOSSES] = {
	[PKPROF_LOSS_RING_FULL] = { "ring_full", "the recorder read too slowly" },
	[PKPROF_LOSS_OVERRUN] = { "overrun", "the instant had passed before the timer ran" },
	[PKPROF_LOSS_NESTED] = { "nested", "a handler interrupted itself" },
	[PKPROF_LOSS_NO_MEM] = { "no_mem", "a preallocated pool was empty" },
	[PKPROF_LOSS_EXITING] = { "exiting", "the task was past taking deferred work" },
	[PKPROF_LOSS_DEFINITION] = { "definition", "the stack's definition found no room" },
};

const struct pk_name pk_line_names[PKPROF_NR_LINES] = {
	[PKPROF_LINE_CPU] = { "cpu", "running on a CPU" },
	[PKPROF_LINE_WAKEUP] = { "runq", "on the run queue after a wake-up" },
	[PKPROF_LINE_PREEMPTED] = { "preempted", "on the run queue, switched out while runnable" },
	[PKPROF_LINE_THROTTLED] = { "throttled", "the quota of its cgroup was used up" },
	[PKPROF_LINE_DISK] = { "disk", "block I/O, page cache, fsync, journal" },
	[PKPROF_LINE_FAULT] = { "fault", "page fault: file, swap, lock of the memory map" },
	[PKPROF_LINE_FUTEX] = { "futex", "lock or condition in user space" },
	[PKPROF_LINE_KLOCK] = { "klock", "lock or wait queue inside the kernel" },
	[PKPROF_LINE_RTLOCK] = { "rtlock", "sleeping spinlock of a PREEMPT_RT kernel" },
	[PKPROF_LINE_SOCKET] = { "socket", "network and Unix sockets" },
	[PKPROF_LINE_PIPE] = { "pipe", "pipe, FIFO or eventfd" },
	[PKPROF_LINE_TTY] = { "tty", "terminal" },
	[PKPROF_LINE_POLL] = { "poll", "poll, select, epoll and the like" },
	[PKPROF_LINE_AIO] = { "aio", "completion of io_uring or AIO requests" },
	[PKPROF_LINE_SLEEP] = { "sleep", "asleep until a time or a signal" },
	[PKPROF_LINE_CHILD] = { "child", "a child process: wait, vfork" },
	[PKPROF_LINE_STOPPED] = { "stopped", "job control, tracing, freezer" },
	[PKPROF_LINE_KTHREAD] = { "kthread", "kernel thread without work" },
	[PKPROF_LINE_OTHER] = { "other", "blocked, cause not known" },
	[PKPROF_LINE_LOST] = { "lost", "not booked" },
};

const struct pk_name pk_block_op_names[PKPROF_NR_BLOCK_OPS] = {
	[PKPROF_BLOCK_READ] = { "read", "read" },
	[PKPROF_BLOCK_WRITE] = { "write", "write that nobody waits for" },
	[PKPROF_BLOCK_SYNC] = { "sync", "write that somebody waits for" },
	[PKPROF_BLOCK_FLUSH] = { "flush", "flush of the device's own cache" },
	[PKPROF_BLOCK_DISCARD] = { "discard", "discard, trim" },
	[PKPROF_BLOCK_ZERO] = { "zero", "write of zeroes, secure erase" },
	[PKPROF_BLOCK_BARRIER] = { "barrier", "write without data that waits for a flush" },
	[PKPROF_BLOCK_OTHER] = { "other", "command of the driver, zone management" },
};

const struct pk_name pk_vfs_op_names[PKPROF_NR_VFS_OPS] = {
	[PKPROF_VFS_READ] = { "read", "read, pread, readv, preadv" },
	[PKPROF_VFS_WRITE] = { "write", "write, pwrite, writev, pwritev" },
	[PKPROF_VFS_FSYNC] = { "fsync", "fsync, fdatasync, msync" },
	[PKPROF_VFS_OPEN] = { "open", "open of a file that was there, or was not to be had" },
	[PKPROF_VFS_CREATE] = { "create", "open that made the file" },
	[PKPROF_VFS_UNLINK] = { "unlink", "unlink, rmdir" },
	[PKPROF_VFS_RENAME] = { "rename", "rename" },
	[PKPROF_VFS_MAKE] = { "make", "mkdir, mknod, link, symlink" },
	[PKPROF_VFS_READDIR] = { "readdir", "getdents" },
	[PKPROF_VFS_SENDFILE] = { "sendfile", "sendfile" },
	[PKPROF_VFS_COPY] = { "copy", "copy_file_range" },
	[PKPROF_VFS_SPLICE] = { "splice", "splice" },
	[PKPROF_VFS_FAULT] = { "fault", "page fault of a mapped file" },
	[PKPROF_VFS_LOAD] = { "load", "read by the kernel itself, as by exec" },
	[PKPROF_VFS_AIO_READ] = { "aio-read", "read by io_submit" },
	[PKPROF_VFS_AIO_WRITE] = { "aio-write", "write by io_submit" },
	[PKPROF_VFS_URING_READ] = { "uring-read", "read by io_uring" },
	[PKPROF_VFS_URING_WRITE] = { "uring-write", "write by io_uring" },
};

const struct pk_name pk_op_part_names[PKPROF_NR_OP_PARTS] = {
	[PKPROF_OP_CPU] = { "cpu", "on the CPU" },
	[PKPROF_OP_CACHE] = { "cache", "on the CPU, making room in the page cache" },
	[PKPROF_OP_SUBMIT] = { "submit", "on the CPU, handing requests to the block layer" },
	[PKPROF_OP_QUEUE] = { "queue", "its request was in the queue" },
	[PKPROF_OP_DEVICE] = { "device", "its request was at the device" },
	[PKPROF_OP_WAKE] = { "wake", "its request was done, until it was woken" },
	[PKPROF_OP_OTHERS_DEVICE] = { "others_device", "others' requests, while the device was busy" },
	[PKPROF_OP_OTHERS] = { "others", "others' requests, while the device was idle" },
	[PKPROF_OP_LOCK] = { "lock", "waiting for a lock" },
	[PKPROF_OP_WAIT] = { "wait", "waiting for something else" },
	[PKPROF_OP_RUNQ] = { "runq", "woken or preempted, until it ran" },
};

static_assert(PKPROF_NR_VFS_OPS == 18, "a new operation on files needs a name");
static_assert(PKPROF_NR_BLOCK_OPS == 8, "a new operation needs a name");
static_assert(PKPROF_NR_SOURCES == 11, "a new source needs a name");
static_assert(PKPROF_NR_LOSSES == 6, "a new loss reason needs a name");
static_assert(PKPROF_NR_LINES == 20, "a new line of the ledger needs a name");

const char *pk_source_name(unsigned int source)
{
	return source < PKPROF_NR_SOURCES ? pk_source_names[source].name : "?";
}

const char *pk_line_name(unsigned int line)
{
	return line < PKPROF_NR_LINES ? pk_line_names[line].name : "?";
}

const char *pk_loss_name(unsigned int loss)
{
	return loss < PKPROF_NR_LOSSES ? pk_loss_names[loss].name : "?";
}

void pk_sources_format(uint32_t mask, struct pk_strbuf *out)
{
	const char *separator = "";

	for (unsigned int i = 0; i < 32; i++) {
		if (!(mask >> i & 1))
			continue;
		pk_strbuf_printf(out, "%s%s", separator, pk_source_name(i));
		separator = ",";
	}
}

/* What a source needs; 0: nothing. */
static const uint32_t needs[PKPROF_NR_SOURCES] = {
	[PKPROF_SRC_SCHED] = 1u << PKPROF_SRC_TASK,
	[PKPROF_SRC_OFFCPU] = 1u << PKPROF_SRC_SCHED,
};

/* Needs are of lower numbers, so one way through the table is enough. */
uint32_t pk_sources_complete(uint32_t mask)
{
	for (unsigned int i = PKPROF_NR_SOURCES; i--;)
		if (mask >> i & 1)
			mask |= needs[i];
	return mask;
}

uint32_t pk_sources_supported(uint32_t mask)
{
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++)
		if (mask >> i & 1 && needs[i] & ~mask)
			mask &= ~(1u << i);
	return mask;
}

static int source_by_name(const char *name, size_t len)
{
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++)
		if (strlen(pk_source_names[i].name) == len &&
		    !memcmp(pk_source_names[i].name, name, len))
			return i;
	return -ENOENT;
}

int pk_sources_parse(const char *text, uint32_t *mask_ret, struct pk_err *err)
{
	uint32_t mask = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		int source = source_by_name(text, len);

		if (source < 0)
			return pk_err_exit(
				err, -EINVAL, PK_EXIT_USAGE,
				"there is no source '%.*s'; `pkprof-user list` names them",
				(int)len, text);
		mask |= 1u << source;
		text += len;
		text += *text == ',';
	}
	*mask_ret = mask;
	return 0;
}

const char *pk_step_name(unsigned int step)
{
	static const char *const names[PKPROF_NR_STEPS] = {
		[PKPROF_STEP_COARSE] = "detail",
		[PKPROF_STEP_RATE] = "rate",
		[PKPROF_STEP_SOURCE] = "source",
		[PKPROF_STEP_FLOOR] = "floor",
	};

	return step < PKPROF_NR_STEPS ? names[step] : NULL;
}
