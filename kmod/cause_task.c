// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The line of a blocked task; see cause_task.h.
 *
 * Types of files are told by their inodes. Objects without an inode of their own
 * (eventfd, epoll and so on) share one, and what they are is only in the name of
 * their dentry; as that costs a careful read, the few that there are are
 * remembered by their table of operations, which is the kernel's own and stays.
 */
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "cause_task.h"

/* Terminals beyond the classic ones: of the kernel's list of device numbers. */
#define PK_MAJOR_USB_MODEM  166
#define PK_MAJOR_USB_SERIAL 188
#define PK_MAJOR_LOW_SERIAL 204
#define PK_MAJOR_HYPERVISOR 229

static bool pk_major_is_tty(unsigned int major)
{
	switch (major) {
	case TTY_MAJOR:
	case TTYAUX_MAJOR:
	case UNIX98_PTY_MASTER_MAJOR ... UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT - 1:
	case PK_MAJOR_USB_MODEM:
	case PK_MAJOR_USB_SERIAL:
	case PK_MAJOR_LOW_SERIAL:
	case PK_MAJOR_HYPERVISOR:
		return true;
	default:
		return false;
	}
}

/* Names as the kernel gives them, since before 5.10. */
static const struct {
	char name[16];
	enum pk_file_type type;
} pk_anon_types[] = {
	{ "[eventfd]", PK_FILE_EVENTFD },   { "[eventpoll]", PK_FILE_EVENTS },
	{ "inotify", PK_FILE_EVENTS },	    { "[fanotify]", PK_FILE_EVENTS },
	{ "[signalfd]", PK_FILE_EVENTS },   { "[timerfd]", PK_FILE_EVENTS },
	{ "[userfaultfd]", PK_FILE_EVENTS }, { "[pidfd]", PK_FILE_EVENTS },
	{ "[perf_event]", PK_FILE_EVENTS }, { "[io_uring]", PK_FILE_IO_URING },
};

/* Tables of operations whose type is known. Racing writers write the same. */
static const struct file_operations *pk_anon_fops[ARRAY_SIZE(pk_anon_types)];

/*
 * The dentry of such a file is freed without a grace period, so that it may be
 * going when the descriptor was closed by another thread: no fault, no matter.
 */
static enum pk_file_type pk_anon_type_by_name(const struct file *file)
{
	const struct dentry *dentry = READ_ONCE(file->f_path.dentry);
	const unsigned char *at;
	unsigned int i;
	char name[16];

	if (copy_from_kernel_nofault(&at, &dentry->d_name.name, sizeof(at)) ||
	    copy_from_kernel_nofault(name, at, sizeof(name)))
		return PK_FILE_UNKNOWN;
	for (i = 0; i < ARRAY_SIZE(pk_anon_types); i++) {
		if (!strncmp(name, pk_anon_types[i].name, sizeof(name))) {
			WRITE_ONCE(pk_anon_fops[i], file->f_op);
			return pk_anon_types[i].type;
		}
	}
	return PK_FILE_UNKNOWN;
}

static enum pk_file_type pk_anon_type(const struct file *file)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pk_anon_types); i++) {
		if (READ_ONCE(pk_anon_fops[i]) == file->f_op)
			return pk_anon_types[i].type;
	}
	return pk_anon_type_by_name(file);
}

static enum pk_file_type pk_file_type_of(const struct file *file)
{
	const struct inode *inode = READ_ONCE(file->f_inode);
	unsigned long magic;

	/* closed meanwhile, and its memory is a new file by now */
	if (unlikely(!inode))
		return PK_FILE_UNKNOWN;
	magic = READ_ONCE(inode->i_sb)->s_magic;
	if (magic == ANON_INODE_FS_MAGIC)
		return pk_anon_type(file);
	switch (inode->i_mode & S_IFMT) {
	case S_IFSOCK:
		return PK_FILE_SOCKET;
	case S_IFIFO:
		return PK_FILE_PIPE;
	case S_IFCHR:
		return pk_major_is_tty(imajor(inode)) ? PK_FILE_TTY : PK_FILE_EVENTS;
	case S_IFREG:
		return magic == PROC_SUPER_MAGIC ? PK_FILE_EVENTS : PK_FILE_DATA;
	case S_IFDIR:
	case S_IFBLK:
		return PK_FILE_DATA;
	default:
		return PK_FILE_UNKNOWN;
	}
}

enum pk_file_type pk_cause_file_type(const struct task_struct *p, unsigned int fd)
{
	const struct files_struct *files = READ_ONCE(p->files);
	const struct fdtable *fdt;
	const struct file *file;

	if (!files)
		return PK_FILE_UNKNOWN;
	fdt = rcu_dereference_raw(files->fdt);
	if (fd >= fdt->max_fds)
		return PK_FILE_UNKNOWN;
	file = rcu_dereference_raw(fdt->fd[fd]);
	return file ? pk_file_type_of(file) : PK_FILE_UNKNOWN;
}

u8 pk_cause_quick_calls[PK_NR_CALLS] __ro_after_init;
u8 pk_cause_quick_modes[16] __ro_after_init;
u8 pk_cause_iowait_calls[PK_NR_CALLS] __ro_after_init;

void __init pk_cause_init(void)
{
	struct pk_blocked w = { .sleep = PK_SLEEP_UNINTERRUPTIBLE, .in_iowait = true };
	unsigned int i;

	for (i = 0; i < PK_NR_CALLS; i++) {
		pk_cause_quick_calls[i] = pk_cause_row_line(pk_cause_calls_64[i]);
		w.call = i;
		pk_cause_iowait_calls[i] = pk_cause_of(&w);
	}
	memset(pk_cause_quick_modes, PK_ASK_ALL, sizeof(pk_cause_quick_modes));
	pk_cause_quick_modes[S_IFSOCK >> 12] = pk_cause_file_lines[PK_FILE_SOCKET];
	pk_cause_quick_modes[S_IFIFO >> 12] = pk_cause_file_lines[PK_FILE_PIPE];
}

/* @p->frozen: by its cgroup; the parent of a vfork and a tracee have it set as well. */
static u8 pk_task_sleep(const struct task_struct *p, unsigned int state)
{
	if (state & TASK_RTLOCK_WAIT)
		return PK_SLEEP_RTLOCK;
	if (state & (__TASK_STOPPED | __TASK_TRACED) || pk_task_is_frozen(p, state) ||
	    (p->frozen && !(state & TASK_UNINTERRUPTIBLE)))
		return PK_SLEEP_STOPPED;
	if (!(state & TASK_UNINTERRUPTIBLE))
		return state & TASK_PARKED ? PK_SLEEP_IDLE : PK_SLEEP_INTERRUPTIBLE;
	if (state & TASK_NOLOAD)
		return PK_SLEEP_IDLE;
	return state & TASK_WAKEKILL ? PK_SLEEP_KILLABLE : PK_SLEEP_UNINTERRUPTIBLE;
}

static u8 pk_task_kind(const struct task_struct *p)
{
	if (p->flags & PK_CAUSE_PF_WORKER)
		return PK_KIND_WORKER;
	return p->flags & PF_EXITING ? PK_KIND_EXITING : PK_KIND_USER;
}

/* An x32 call is its 64-bit namesake with a bit more, which not all headers name. */
#define PK_X32_BIT 0x40000000

static u32 pk_task_call(const struct pt_regs *regs, bool compat)
{
	long call = (int)regs->orig_ax;

	if (call < 0)
		return PK_CALL_NONE;
	return compat ? call : call & ~PK_X32_BIT;
}

u8 pk_cause_of_task(const struct task_struct *p, unsigned int state, u8 *call_inout)
{
	const struct pt_regs *regs = task_pt_regs((struct task_struct *)p);
	struct pk_blocked w = {
		.kind = pk_task_kind(p),
		.sleep = pk_task_sleep(p, state),
		.in_iowait = p->in_iowait,
		.call = PK_CALL_NONE,
	};
	u8 line;

	if (w.kind == PK_KIND_USER) {
		w.compat = READ_ONCE(task_thread_info((struct task_struct *)p)->status) & TS_COMPAT;
		w.call = pk_task_call(regs, w.compat);
	}
	line = pk_cause_of(&w);
	if (line == PK_ASK_AGAIN)
		return *call_inout;
	if (line == PK_ASK_FILE)
		line = pk_cause_of_file(&w, pk_cause_file_type(p, w.compat ? regs->bx : regs->di));
	if (w.kind == PK_KIND_USER && w.call != PK_CALL_NONE && w.sleep == PK_SLEEP_INTERRUPTIBLE)
		*call_inout = line;
	return line;
}
