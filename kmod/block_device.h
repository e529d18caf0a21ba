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

/* Say what is known of a new row's disk. Context: any; the disk is kept by the caller's request. */
void pk_block_device_fill(struct pk_block_device *d, const struct gendisk *disk);

/* Number and name, such that two disks hardly share it; not 0. */
static __always_inline u64 pk_block_device_key(const struct gendisk *disk)
{
	u64 name;

	BUILD_BUG_ON(sizeof(disk->disk_name) < sizeof(name));
	memcpy(&name, disk->disk_name, sizeof(name));
	return (name * PK_GOLDEN ^ disk_devt((struct gendisk *)disk)) | 1;
}

/* The number of a disk, which the caller's request keeps alive. */
static __always_inline u16 pk_block_device_of(struct pk_block *b, const struct gendisk *disk)
{
	u64 key = pk_block_device_key(disk), there;
	unsigned int at = key * PK_GOLDEN >> 40, i;

	for (i = 0; i < PK_BLOCK_PROBES; i++) {
		struct pk_block_device *d = &b->devices[(at + i) & (PK_BLOCK_DEVICES - 1)];

		if (d == b->devices)
			continue;
		there = atomic64_read(&d->key);
		if (unlikely(!there)) {
			there = atomic64_cmpxchg(&d->key, 0, key);
			if (!there)
				pk_block_device_fill(d, disk);
			there = there ?: key;
		}
		/* who fills it on another CPU may not be through: until then it is one of any */
		if (there == key)
			return smp_load_acquire(&d->ready) ? d - b->devices : 0;
	}
	return 0;
}

#endif
