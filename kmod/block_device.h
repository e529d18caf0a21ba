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

#define PK_DEVT_MIX 0x2c1b3c6dU	/* odd, no relation to PK_GOLDEN */

/* Number and name, such that two disks hardly share it. */
static __always_inline u64 pk_block_device_key(const struct gendisk *disk)
{
	u64 name, number;

	BUILD_BUG_ON(sizeof(disk->disk_name) < sizeof(name));
	memcpy(&name, disk->disk_name, sizeof(name));
	/* both halves in one load */
	BUILD_BUG_ON(offsetof(struct gendisk, first_minor) !=
		     offsetof(struct gendisk, major) + sizeof(number) / 2);
	memcpy(&number, &disk->major, sizeof(number));
	return (name ^ number * PK_DEVT_MIX) * PK_GOLDEN;
}

/* The first slot that it may be in, told by the bits that all of name and number have a part in. */
static __always_inline u16 pk_block_device_slot(u64 key)
{
	BUILD_BUG_ON(PK_BLOCK_DEVICES & (PK_BLOCK_DEVICES - 1));
	return key >> (64 - __builtin_ctz(PK_BLOCK_DEVICES));
}

/* The number of a disk, which the caller's request keeps alive. Context: any. */
u16 pk_block_device_find(struct pk_block *b, const struct gendisk *disk);

/* Likewise, and its row, where it is at once; false: it is to be looked for. */
static __always_inline bool pk_block_device_quick(struct pk_block *b, const struct gendisk *disk,
						  u16 *at_ret, struct pk_block_device **ret)
{
	u64 key = pk_block_device_key(disk);

	*at_ret = pk_block_device_slot(key);
	*ret = &b->devices[*at_ret];
	/* one address: else the compiler makes it twice */
	asm("" : "+r"(*ret));
	return likely(smp_load_acquire(&(*ret)->ready) == key);
}

static __always_inline u16 pk_block_device_of(struct pk_block *b, const struct gendisk *disk)
{
	struct pk_block_device *d;
	u16 at;

	return pk_block_device_quick(b, disk, &at, &d) ? at : pk_block_device_find(b, disk);
}

#endif
