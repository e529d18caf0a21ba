// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block devices; see block_device.h. In: a disk that is seen for the first time.
 * Out: its row.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "block_device.h"
#include "compat/clock.h"

/* Devices whose work other devices do again, by the beginning of their name. */
static const char *const pk_block_stacked[] = { "dm-", "md", "loop", "bcache", "drbd" };

static u32 pk_block_flags(const struct gendisk *disk)
{
	u32 flags = queue_is_mq(disk->queue) ? 0 : PKPROF_BLOCK_BIO;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pk_block_stacked); i++)
		if (!strncmp(disk->disk_name, pk_block_stacked[i], strlen(pk_block_stacked[i])))
			flags |= PKPROF_BLOCK_STACKED;
	/* the head of several paths to one namespace */
	if (flags & PKPROF_BLOCK_BIO && !strncmp(disk->disk_name, "nvme", 4))
		flags |= PKPROF_BLOCK_STACKED;
	return flags;
}

static void pk_block_device_fill(struct pk_block_device *d, u64 key, const struct gendisk *disk)
{
	d->dev = (u32)disk->major << 20 | disk->first_minor;
	d->flags = pk_block_flags(disk);
	memcpy(d->name, disk->disk_name, strnlen(disk->disk_name, sizeof(d->name) - 1));
	d->depth.base_ns = pk_clock_ns();
	smp_store_release(&d->ready, key);
}

u16 pk_block_device_find(struct pk_block *b, const struct gendisk *disk)
{
	u64 key = pk_block_device_key(disk) ?: 1, there;
	unsigned int at = pk_block_device_slot(key), i;

	for (i = 0; i < PK_BLOCK_PROBES; i++) {
		struct pk_block_device *d = &b->devices[(at + i) & (PK_BLOCK_DEVICES - 1)];

		if (d == b->devices)
			continue;
		there = atomic64_read(&d->key);
		if (!there) {
			there = atomic64_cmpxchg(&d->key, 0, key);
			if (!there)
				pk_block_device_fill(d, key, disk);
			there = there ?: key;
		}
		/* who fills it on another CPU may not be through: until then it is one of any */
		if (there == key)
			return smp_load_acquire(&d->ready) ? d - b->devices : 0;
	}
	return 0;
}

void pk_block_devices_init(struct pk_block *b)
{
	struct pk_block_device *any = &b->devices[0];

	any->flags = PKPROF_BLOCK_ANY;
	memcpy(any->name, "(others)", sizeof("(others)"));
	any->depth.base_ns = pk_clock_ns();
	any->ready = 1;
}
