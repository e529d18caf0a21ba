/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where functions of the VFS have what they work on. Since 5.12 those that change a
 * directory get the mount's user namespace (later its ID map) before it.
 */
#ifndef PK_COMPAT_VFS_H
#define PK_COMPAT_VFS_H

#include <linux/fs.h>
#include <trace/events/syscalls.h>
#include <trace/events/filemap.h>
#include "compat/ftrace.h"
#include "compat/tracepoint.h"
#include "config.h"

/* The entry that vfs_unlink(), vfs_rmdir(), vfs_mkdir(), ... are to change. */
#define PK_VFS_DENTRY_ARG (HAVE_VFS_MOUNT_FIRST ? 2 : 1)

/* fn(void *data, struct address_space *mapping, size_t bytes): pages joined the page cache. */
#if HAVE_FILEMAP_ADD_FOLIO
#define PK_PROBE_PAGE_ADDED(name, fn)                                                        \
	static void name(void *data, struct folio *folio)                                    \
	{                                                                                    \
		fn(data, folio->mapping, folio_size(folio));                                 \
	}                                                                                    \
	PK_PROBE_CHECK(mm_filemap_add_to_page_cache, name)
#else
#define PK_PROBE_PAGE_ADDED(name, fn)                                                        \
	static void name(void *data, struct page *page)                                      \
	{                                                                                    \
		fn(data, page->mapping, PAGE_SIZE);                                          \
	}                                                                                    \
	PK_PROBE_CHECK(mm_filemap_add_to_page_cache, name)
#endif

#endif
