// SPDX-License-Identifier: GPL-2.0-or-later
/* "block: pass a block_status_t to blk_rq tracepoints", 5.16. */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <trace/events/block.h>

static void pk_callback(void *data, struct request *rq, blk_status_t status, unsigned int nr_bytes)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_block_rq_complete(pk_callback);
}
