/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU record ring: one CPU writes (task, softirq, hard irq and NMI may
 * nest), one reader in userspace reads.
 *
 * In: records from handlers, by reserve and commit. Out: bytes behind the
 * published head. Invariants: the private head only grows; the published head
 * never covers a record that is still being written; nothing read from the
 * reader's page but the tail, and that is checked. The same file compiles in
 * the unit tests.
 */
#ifndef PK_RING_H
#define PK_RING_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <asm/local.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

/**
 * struct pk_ring - one CPU's ring
 * @info:	published page, kernel's address; first page of @mem's second part
 * @reader:	reader's page, kernel's address; only ->tail is read
 * @data:	@data_bytes of records
 * @data_bytes:	power of two
 * @head:	bytes reserved; only the owning CPU writes
 * @nest:	writers in flight on this CPU, the outermost publishes
 * @wake_at:	head below which there is no need to ask whether to wake the reader
 */
struct pk_ring {
	struct pkprof_ring_info *info;
	struct pkprof_ring_reader *reader;
	u8 *data;
	u32 data_bytes;
	local_t head;
	local_t nest;
	u64 wake_at;
};

/* Largest record: with the pad before it, its size still fits in 16 bits. */
#define PK_RING_MAX_RECORD ((64u << 10) - 16)

/* Lay a ring over zeroed @mem: reader page, info page, data. Task context. */
void pk_ring_init(struct pk_ring *r, void *mem, size_t page_bytes, u32 data_bytes, u32 cpu);

/**
 * pk_ring_reserve - room for one record in this CPU's ring
 * @size:	bytes, multiple of 8, at least a struct pkprof_rec, at most
 *		PK_RING_MAX_RECORD and data_bytes / 4; NULL for any other
 *
 * Context: any, with preemption disabled, on the ring's CPU. A record must be
 * committed in the same context; after NULL nothing may be.
 * Return: where to write, or NULL when the ring is full.
 */
void *pk_ring_reserve(struct pk_ring *r, u32 size);

/**
 * pk_ring_commit - publish what was reserved, if no outer writer is in flight
 * Return: true when the reader is to be woken (unread bytes passed a quarter).
 */
bool pk_ring_commit(struct pk_ring *r);

/**
 * pk_ring_wake_due - does the reader's backlog call for a wake-up?
 *
 * True once each time the backlog passes a quarter. Part of commit; asked apart
 * only after a failed reserve, which may have published nested records.
 * Context: as pk_ring_commit().
 */
bool pk_ring_wake_due(struct pk_ring *r);

/* Bytes that the reader has not consumed; nonsense if its tail is. Any CPU. */
u64 pk_ring_unread(const struct pk_ring *r);

#endif
