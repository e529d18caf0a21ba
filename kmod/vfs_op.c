// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations on files, taken apart and told one by one; see vfs_op.h.
 *
 * What is told of an operation is found out at its end only: the file is looked up by the
 * call's own descriptor, the stack is that of the caller, who is about to go on. So an
 * operation that is not told costs nothing but its parts.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/kdev_t.h>
#include <linux/sched/task_stack.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "block.h"
#include "identity.h"
#include "session.h"
#include "vfs_op.h"
#include "wait_over.h"

struct pk_vfs *pk_op_vfs;

/* --- taking apart --- */

void pk_op_missed(struct pk_vfs *v, struct pk_vfs_flight *f, u64 now_ns)
{
	pk_op_parts_missed(&pk_op_apart(v, f)->parts, now_ns);
}

void pk_op_locking(struct pk_vfs *v, bool begins)
{
	struct pk_vfs_flight *f;

	/* an interrupt that spins has nothing to do with the task */
	if (!in_task())
		return;
	f = pk_vfs_flight_find(v, (u64)current);
	if (f)
		f->locking = begins;
	f = pk_vfs_flight_find(v, (u64)current | PK_VFS_FAULTING);
	if (f)
		f->locking = begins;
}

/* How long the device below the operation's file system was busy. */
static u64 pk_op_busy_ns(const struct pk_vfs *v, const struct pk_vfs_flight *f,
			 const struct pk_op_wait *w)
{
	const struct pk_block *b = v->session->block;
	u16 device;

	if (!b || f->cell >= v->keys.nr)
		return 0;
	device = v->fs[v->keys.owner[f->cell].fs].device;
	return device ? pk_busy_in(&b->devices[device].busy, w->since_ns, w->woken_ns) : 0;
}

static void pk_op_wait_in(struct pk_vfs *v, struct pk_vfs_flight *f, const struct pk_op_wait *w)
{
	struct pk_op_parts *parts = &pk_op_apart(v, f)->parts;
	struct pk_op_wait whole = *w;

	whole.locked = f->locking;
	if (pk_op_parts_is_others(parts, &whole))
		whole.busy_ns = pk_op_busy_ns(v, f, w);
	pk_op_parts_wait(parts, &whole);
}

void pk_op_wait_over(struct task_struct *p, const struct pk_wait_over *over)
{
	struct pk_vfs *v = READ_ONCE(pk_op_vfs);
	const struct pk_op_wait w = {
		.since_ns = over->since_ns,
		.woken_ns = min(over->woken_ns, over->now_ns),
		.now_ns = over->now_ns,
		.line = over->line,
	};
	struct pk_vfs_flight *f;

	if (!v)
		return;
	f = pk_vfs_flight_of(v, p->pid, (u64)p);
	if (f && f->pid == p->pid)
		pk_op_wait_in(v, f, &w);
	f = pk_vfs_flight_of(v, p->pid, (u64)p | PK_VFS_FAULTING);
	if (f && f->pid == p->pid)
		pk_op_wait_in(v, f, &w);
}

/* --- which file, and where in it --- */

#define PK_NO_FD (~0u)

/* The call's descriptor of the file that the operation was on. */
static unsigned int pk_op_fd(u8 op, const unsigned long args[6], long ret)
{
	switch (op) {
	case PKPROF_VFS_READ:
	case PKPROF_VFS_WRITE:
	case PKPROF_VFS_FSYNC:
	case PKPROF_VFS_READDIR:
	case PKPROF_VFS_COPY:
	case PKPROF_VFS_SPLICE:
		return args[0];
	case PKPROF_VFS_SENDFILE:
		return args[1];
	case PKPROF_VFS_OPEN:
	case PKPROF_VFS_CREATE:
		return ret >= 0 ? ret : PK_NO_FD;
	}
	return PK_NO_FD;
}

/* Where a read or write began. */
static u64 pk_op_offset(const struct file *file, u8 op, const struct pk_op_end *end,
			const unsigned long args[6])
{
	loff_t pos;

	if ((op != PKPROF_VFS_READ && op != PKPROF_VFS_WRITE) || !(file->f_mode & FMODE_PREAD))
		return PKPROF_OP_NO_OFFSET;
	switch (syscall_get_nr(current, end->regs)) {
	case __NR_pread64:
	case __NR_pwrite64:
	case __NR_preadv:
	case __NR_pwritev:
	case __NR_preadv2:
	case __NR_pwritev2:
		return args[3];
	}
	/* others go on from where the descriptor is; by now that has gone on */
	pos = READ_ONCE(file->f_pos);
	return pos >= (loff_t)end->bytes ? pos - end->bytes : PKPROF_OP_NO_OFFSET;
}

/* Files that have a name, and are on the file system that the operation was on. */
static bool pk_op_is_file(struct pk_vfs *v, const struct pk_vfs_flight *f, const struct file *file)
{
	const struct inode *inode = file_inode(file);
	umode_t mode = inode->i_mode;

	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISBLK(mode) && !S_ISCHR(mode))
		return false;
	return f->cell >= v->keys.nr ||
	       v->keys.owner[f->cell].fs == pk_vfs_fs_of(v, inode->i_sb);
}

static void pk_op_name(struct pk_vfs *v, struct file *file, struct pkprof_rec_op *r)
{
	const struct inode *inode = file_inode(file);
	dev_t d = inode->i_sb->s_dev;
	const struct pk_file_id id = {
		.dev = MAJOR(d) << 20 | MINOR(d),
		.gen = inode->i_generation,
		.ino = inode->i_ino,
	};

	r->dev = id.dev;
	r->ino = id.ino;
	r->gen = id.gen;
	pk_identity_name_file(v->identity, file, &id);
}

/* Numbers of 32-bit calls are others, so of them only the file is known that was handed in. */
static void pk_op_find_file(struct pk_vfs *v, const struct pk_vfs_flight *f, struct pk_op_end *end,
			    struct pkprof_rec_op *r)
{
	struct file *file = end->file;
	unsigned long args[6];
	unsigned int fd;

	if (end->regs && !(r->flags & PKPROF_OP_COMPAT)) {
		syscall_get_arguments(current, end->regs, args);
		fd = pk_op_fd(f->op, args, end->ret);
		file = fd == PK_NO_FD ? NULL : fget(fd);
	}
	if (!file)
		return;
	if (pk_op_is_file(v, f, file)) {
		pk_op_name(v, file, r);
		r->offset = end->regs ? pk_op_offset(file, f->op, end, args) : end->offset;
	}
	if (file != end->file)
		fput(file);
}

/* --- telling --- */

static void pk_op_put_parts(struct pk_vfs *v, struct pk_vfs_flight *f, const struct pk_op_end *end,
			    struct pkprof_rec_op *r)
{
	struct pk_op_parts *parts = &pk_op_slot_of(v, f)->parts;

	if (READ_ONCE(pk_op_vfs) != v) {
		r->flags |= PKPROF_OP_WHOLE;
	} else if (f->apart) {
		pk_op_parts_end(parts, end->now_ns);
		memcpy(r->parts_ns, parts->ns, sizeof(r->parts_ns));
		r->nr_requests = min_t(u32, parts->nr_requests, U16_MAX);
	} else {
		r->parts_ns[PKPROF_OP_CPU] = end->length_ns;
	}
}

static void pk_op_fill(struct pk_vfs *v, struct pk_vfs_flight *f, struct pk_op_end *end, u32 nr,
		       struct pkprof_rec_op *r)
{
	memset(r, 0, sizeof(*r));
	r->tgid = current->tgid;
	r->fs = f->cell < v->keys.nr ? v->keys.owner[f->cell].fs : 0;
	r->op = f->op;
	r->nr = nr;
	r->length_ns = end->length_ns;
	r->bytes = end->bytes;
	r->offset = PKPROF_OP_NO_OFFSET;
	if (end->failed)
		r->flags |= PKPROF_OP_FAILED;
	if (!user_64bit_mode(task_pt_regs(current)))
		r->flags |= PKPROF_OP_COMPAT;
	pk_op_put_parts(v, f, end, r);
	pk_op_find_file(v, f, end, r);
}

/* Context: irqs off. */
static void pk_op_write(struct pk_session *s, struct pk_stack *user, struct pkprof_rec_op *op,
			u64 now_ns)
{
	struct pkprof_rec_op *r;

	pk_stack_capture_user(s, user, NULL, s->cfg.user_depth);
	if (pk_stack_intern(s, PKPROF_STACK_USER, user, current->pid, now_ns,
			    &op->ustack)) {
		pk_emit_lost(s, PKPROF_SRC_VFS, PKPROF_LOSS_DEFINITION, 1);
		return;
	}
	r = pk_emit_begin(s, PKPROF_SRC_VFS, PKPROF_REC_OP, sizeof(*r), current->pid, now_ns);
	if (!r)
		return;
	op->rec = r->rec;
	*r = *op;
	pk_emit_end(s);
}

void pk_op_tell(struct pk_vfs *v, struct pk_op_cpu *cpu, struct pk_vfs_flight *f,
		struct pk_op_end *end, u32 nr)
{
	struct pk_session *s = v->session;
	struct pkprof_rec_op op;
	unsigned long irqs;

	pk_op_fill(v, f, end, nr, &op);
	local_irq_save(irqs);
	if (pk_session_claim_stacks(s)) {
		pk_op_write(s, &cpu->user, &op, end->now_ns);
		pk_session_release_stacks(s);
	} else {
		pk_emit_lost(s, PKPROF_SRC_VFS, PKPROF_LOSS_NESTED, 1);
	}
	local_irq_restore(irqs);
}
