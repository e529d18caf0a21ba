/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where file systems are mounted, as the recorder sees it. */
#ifndef PK_MOUNTS_H
#define PK_MOUNTS_H

#include <stdint.h>

#include "base/strbuf.h"

/*
 * The mount point of a file system's root, else of a part of it; nothing if it is not
 * mounted. @table: as /proc/PID/mountinfo; @dev: major << 20 | minor. 0 or -errno.
 */
int pk_mounts_find(const char *table, uint32_t dev, struct pk_strbuf *ret);

#endif
