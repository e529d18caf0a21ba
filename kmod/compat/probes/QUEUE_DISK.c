// SPDX-License-Identifier: GPL-2.0-or-later
/* "block: hold a request_queue reference for the lifetime of struct gendisk", 5.15. */
#include <linux/blkdev.h>

struct gendisk *pk_probe(struct request_queue *q);
struct gendisk *pk_probe(struct request_queue *q)
{
	return q->disk;
}
