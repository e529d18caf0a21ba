/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a disk to the number of its row, in any context and without a lock: a table by
 * a key of number and name, in which rows are only added, by compare and exchange.
 */
#ifndef PK_BLOCK_DEVICE_H
#define PK_BLOCK_DEVICE_H

#include <linux/string.h>

#include "block.h"
#include "compat/block.h"

/* The row for devices beyond the table. Context: before any probe. */
void pk_block_devices_init(struct pk_block *b);

/* Number and name, such that two disks hardly share it; not 0. */
static __always_inline u64 pk_block_device_key(const struct gendisk *disk)
{
	u64 name;

	BUILD_BUG_ON(sizeof(disk->disk_name) < sizeof(name));
	memcpy(&name, disk->disk_name, sizeof(name));
	return (name * PK_GOLDEN ^ disk_devt((struct gendisk *)disk)) | 1;
}

/* The first slot that it may be in. */
static __always_inline u16 pk_block_device_slot(u64 key)
{
	return key * PK_GOLDEN >> 40 & (PK_BLOCK_DEVICES - 1);
}

/* The number of a disk, which the caller's request keeps alive. Context: any. */
u16 pk_block_device_find(struct pk_block *b, const struct gendisk *disk);

/* Likewise; 0: of any, or to be looked for. */
static __always_inline u16 pk_block_device_quick(struct pk_block *b, const struct gendisk *disk)
{
	u64 key = pk_block_device_key(disk);
	u16 at = pk_block_device_slot(key);

	return likely(smp_load_acquire(&b->devices[at].ready) == key) ? at : 0;
}

static __always_inline u16 pk_block_device_of(struct pk_block *b, const struct gendisk *disk)
{
	u16 at = pk_block_device_quick(b, disk);

	return likely(at) ? at : pk_block_device_find(b, disk);
}

#endif
