// SPDX-License-Identifier: GPL-2.0-or-later
/* "block: store a block_device pointer in struct bio", 5.12. */
#include <linux/bio.h>

struct block_device *pk_probe(struct bio *bio);
struct block_device *pk_probe(struct bio *bio)
{
	return bio->bi_bdev;
}
