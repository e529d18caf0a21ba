// SPDX-License-Identifier: GPL-2.0-or-later
/* "block: remove the request_queue argument to the block_bio_remap tracepoint" and its like, 5.11. */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <trace/events/block.h>

static void pk_bio(void *data, struct bio *bio)
{
}

static void pk_split(void *data, struct bio *bio, unsigned int sector)
{
}

static void pk_remap(void *data, struct bio *bio, dev_t dev, sector_t sector)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_block_bio_queue(pk_bio);
	check_trace_callback_type_block_bio_backmerge(pk_bio);
	check_trace_callback_type_block_split(pk_split);
	check_trace_callback_type_block_bio_remap(pk_remap);
}
