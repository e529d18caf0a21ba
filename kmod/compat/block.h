/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block requests and the tracepoints that tell of them. PK_PROBE_ macros as in
 * compat/tracepoint.h: each defines a probe of the type that this kernel calls,
 * checked where it is defined, which hands on to fn(data, ...) of the newest type.
 */
#ifndef PK_COMPAT_BLOCK_H
#define PK_COMPAT_BLOCK_H

#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <trace/events/block.h>
#include "compat/tracepoint.h"
#include "config.h"

/* NULL: a queue without a disk, as a controller's own has. */
static __always_inline struct gendisk *pk_request_disk(const struct request *rq)
{
#if HAVE_QUEUE_DISK
	return rq->q->disk;
#else
	return rq->rq_disk;
#endif
}

static __always_inline struct gendisk *pk_bio_disk(const struct bio *bio)
{
#if HAVE_BIO_BI_BDEV
	return bio->bi_bdev ? bio->bi_bdev->bd_disk : NULL;
#else
	return bio->bi_disk;
#endif
}

/* Of one that was just submitted: it is on its way to a disk. */
static __always_inline struct request_queue *pk_bio_queue_there(const struct bio *bio)
{
#if HAVE_BIO_BI_BDEV
	return bdev_get_queue(bio->bi_bdev);
#else
	return bio->bi_disk->queue;
#endif
}

/* fn(void *data, struct request *rq, bool failed, unsigned int nr_bytes) */
#if HAVE_BLOCK_RQ_COMPLETE_STATUS
#define PK_PROBE_BLOCK_RQ_COMPLETE(name, fn)                                                 \
	static void name(void *data, struct request *rq, blk_status_t status,                \
			 unsigned int nr_bytes)                                              \
	{                                                                                    \
		fn(data, rq, status != BLK_STS_OK, nr_bytes);                                \
	}                                                                                    \
	PK_PROBE_CHECK(block_rq_complete, name)
#else
#define PK_PROBE_BLOCK_RQ_COMPLETE(name, fn)                                                 \
	static void name(void *data, struct request *rq, int error, unsigned int nr_bytes)   \
	{                                                                                    \
		fn(data, rq, error != 0, nr_bytes);                                          \
	}                                                                                    \
	PK_PROBE_CHECK(block_rq_complete, name)
#endif

/*
 * fn(void *data, struct bio *bio). Before 5.11 tracepoints of bios had the queue as well,
 * and those of merges the request.
 */
#if HAVE_BLOCK_BIO_ALONE
#define PK_PROBE_BLOCK_BIO(event, name, fn)                                                  \
	static void name(void *data, struct bio *bio)                                        \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(event, name)
#define PK_PROBE_BLOCK_MERGE(event, name, fn) PK_PROBE_BLOCK_BIO(event, name, fn)
#define PK_PROBE_BLOCK_SPLIT(name, fn)                                                       \
	static void name(void *data, struct bio *bio, unsigned int sector)                   \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(block_split, name)
#define PK_PROBE_BLOCK_REMAP(name, fn)                                                       \
	static void name(void *data, struct bio *bio, dev_t dev, sector_t sector)            \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(block_bio_remap, name)
#else
#define PK_PROBE_BLOCK_BIO(event, name, fn)                                                  \
	static void name(void *data, struct request_queue *q, struct bio *bio)               \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(event, name)
#define PK_PROBE_BLOCK_MERGE(event, name, fn)                                                \
	static void name(void *data, struct request_queue *q, struct request *rq,            \
			 struct bio *bio)                                                    \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(event, name)
#define PK_PROBE_BLOCK_SPLIT(name, fn)                                                       \
	static void name(void *data, struct request_queue *q, struct bio *bio,               \
			 unsigned int sector)                                                \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(block_split, name)
#define PK_PROBE_BLOCK_REMAP(name, fn)                                                       \
	static void name(void *data, struct request_queue *q, struct bio *bio, dev_t dev,    \
			 sector_t sector)                                                    \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(block_bio_remap, name)
#endif

/* fn(void *data, struct bio *bio). The same on all kernels: with the queue. */
#define PK_PROBE_BLOCK_BIO_COMPLETE(name, fn)                                                \
	static void name(void *data, struct request_queue *q, struct bio *bio)               \
	{                                                                                    \
		fn(data, bio);                                                               \
	}                                                                                    \
	PK_PROBE_CHECK(block_bio_complete, name)

#endif
