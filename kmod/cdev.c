// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /dev/pkprof: open() checks rights, read() hands out the cookie, mmap() the
 * rings of the session that this descriptor started, write() takes unwind rows for
 * it, poll() waits for records.
 *
 * Rights are asked for here and, by control.c, again at START, MARK and WATCH: a descriptor that
 * was handed on, or kept by who gave up its rights, begins nothing. What was begun it may read.
 *
 * An open descriptor and each mapping of it hold the module and, through the
 * file, the handle; each mapping holds the session whose memory it shows. When
 * the last of them goes, by whatever cause, release() ends the session.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/vmalloc.h>
#include "cdev.h"
#include "compat/mm.h"
#include "control.h"
#include "session.h"
#include "spaces.h"

/*
 * The group that the file has may record, if the file lets it in. Root's group is no grant:
 * it is what the file has where nobody gave it to a group.
 */
static kgid_t pk_cdev_group(const struct inode *inode)
{
	const umode_t both = 0060;

	if (gid_eq(inode->i_gid, GLOBAL_ROOT_GID) || (inode->i_mode & both) != both)
		return INVALID_GID;
	return inode->i_gid;
}

static int pk_cdev_open(struct inode *inode, struct file *file)
{
	kgid_t group = pk_cdev_group(inode);
	struct pk_handle *h;

	if (!pk_may_record(group))
		return -EACCES;
	if (pk_locked_down())
		return -EPERM;
	h = pk_handle_create(group);
	if (!h)
		return -ENOMEM;
	file->private_data = h;
	return nonseekable_open(inode, file);
}

static int pk_cdev_release(struct inode *inode, struct file *file)
{
	pk_handle_destroy(file->private_data);
	return 0;
}

static ssize_t pk_cdev_read(struct file *file, char __user *to, size_t bytes, loff_t *pos)
{
	struct pk_handle *h = file->private_data;
	struct pkprof_hello hello = {
		.abi = PKPROF_ABI,
		.abi_compat = PKPROF_ABI_COMPAT,
		.cookie = h->cookie,
	};

	if (*pos)
		return 0;
	if (bytes < sizeof(hello))
		return -EINVAL;
	if (copy_to_user(to, &hello, sizeof(hello)))
		return -EFAULT;
	*pos = sizeof(hello);
	return sizeof(hello);
}

/* Unwind rows of one file; @pos has no part in it. */
static ssize_t pk_cdev_write(struct file *file, const char __user *from, size_t bytes,
			     loff_t *pos)
{
	struct pk_session *s = pk_handle_session(file->private_data);
	int err = -ENXIO;

	if (!s)
		return err;
	if (s->spaces)
		err = pk_spaces_upload(s->spaces, from, bytes);
	pk_session_put(s);
	return err ?: bytes;
}

static __poll_t pk_cdev_poll(struct file *file, poll_table *wait)
{
	struct pk_handle *h = file->private_data;
	struct pk_session *s;
	__poll_t events = 0;

	poll_wait(file, &h->poll, wait);
	s = pk_handle_session(h);
	if (s) {
		events = pk_session_poll(s);
		pk_session_put(s);
	}
	return events;
}

/* A mapping that is cut in two becomes two. */
static void pk_cdev_vma_open(struct vm_area_struct *vma)
{
	pk_session_get(vma->vm_private_data);
}

static void pk_cdev_vma_close(struct vm_area_struct *vma)
{
	pk_session_put(vma->vm_private_data);
}

static const struct vm_operations_struct pk_cdev_vm_ops = {
	.open = pk_cdev_vma_open,
	.close = pk_cdev_vma_close,
};

/* The reader's page may be written; info and records may not, now or by mprotect(). */
static int pk_cdev_check_part(struct pk_session *s, struct vm_area_struct *vma,
			      unsigned long part)
{
	unsigned long bytes = vma->vm_end - vma->vm_start;

	if (part == 0)
		return bytes == PAGE_SIZE ? 0 : -EINVAL;
	if (part != 1 || bytes != PAGE_SIZE + s->cfg.ring_bytes)
		return -EINVAL;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYWRITE);
	return 0;
}

static int pk_cdev_map(struct pk_session *s, struct vm_area_struct *vma)
{
	unsigned long stride = pk_session_ring_bytes(s) >> PAGE_SHIFT;
	unsigned long cpu = vma->vm_pgoff / stride;
	unsigned long part = vma->vm_pgoff % stride;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	err = pk_cdev_check_part(s, vma, part);
	if (err)
		return err;
	vm_flags_clear(vma, VM_MAYEXEC);
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return remap_vmalloc_range(vma, s->cpu[cpu]->ring_mem, part);
}

static int pk_cdev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pk_session *s = pk_handle_session(file->private_data);
	int err;

	if (!s)
		return -ENXIO;
	err = pk_cdev_map(s, vma);
	if (err) {
		pk_session_put(s);
		return err;
	}
	vma->vm_private_data = s;
	vma->vm_ops = &pk_cdev_vm_ops;
	return 0;
}

static const struct file_operations pk_cdev_fops = {
	.owner = THIS_MODULE,
	.open = pk_cdev_open,
	.release = pk_cdev_release,
	.read = pk_cdev_read,
	.write = pk_cdev_write,
	.poll = pk_cdev_poll,
	.mmap = pk_cdev_mmap,
};

/* Root's alone; who wants others to record gives the file to their group. */
static struct miscdevice pk_cdev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = PKPROF_FAMILY,
	.fops = &pk_cdev_fops,
	.mode = 0660,
};

int __init pk_cdev_init(void)
{
	return misc_register(&pk_cdev);
}

void pk_cdev_deinit(void)
{
	misc_deregister(&pk_cdev);
}
