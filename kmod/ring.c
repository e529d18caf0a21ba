// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-CPU record ring, the kernel's half of uapi/pkprof.h section 3.
 *
 * In: records of nested writers of one CPU. Out: bytes behind info->head.
 *
 * A writer may be interrupted anywhere by another one, which then runs to its
 * end first. So reserving is one compare-and-exchange, records of different
 * writers never overlap, and only the outermost writer publishes: what was
 * reserved after it by others is complete by the time it commits. A writer that
 * comes between the outermost one's publishing and its leaving sees a count
 * that is not zero and leaves publishing to it; that is why it looks again.
 *
 * The reader's page is hostile ground. Its tail enters one subtraction: ahead
 * of the head it makes the ring look full, behind it either full or emptier
 * than it is, and then the reader's own records are overwritten.
 */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <asm/barrier.h>
#endif
#include "ring.h"

void pk_ring_init(struct pk_ring *r, void *mem, size_t page_bytes, u32 data_bytes, u32 cpu)
{
	r->reader = mem;
	r->info = mem + page_bytes;
	r->data = mem + 2 * page_bytes;
	r->data_bytes = data_bytes;
	local_set(&r->head, 0);
	local_set(&r->nest, 0);
	r->wake_at = data_bytes / 4;

	r->info->abi = PKPROF_ABI;
	r->info->abi_compat = PKPROF_ABI_COMPAT;
	r->info->cpu = cpu;
	r->info->data_offset = page_bytes;
	r->info->data_bytes = data_bytes;
}

u64 pk_ring_unread(const struct pk_ring *r)
{
	return READ_ONCE(r->info->head) - READ_ONCE(r->reader->tail);
}

/* Leave the ring; the outermost writer publishes for all. */
static bool pk_ring_leave(struct pk_ring *r)
{
	unsigned long head;

	if (local_read(&r->nest) > 1) {
		local_dec(&r->nest);
		return false;
	}
	for (;;) {
		head = local_read(&r->head);
		smp_store_release(&r->info->head, (u64)head);	/* (B) */
		barrier();
		local_set(&r->nest, 0);
		barrier();	/* who comes from here on publishes itself */
		if (likely(head == (unsigned long)local_read(&r->head)))
			return true;
		local_inc(&r->nest);
		barrier();
	}
}

bool pk_ring_wake_due(struct pk_ring *r)
{
	u64 head = local_read(&r->head);
	u64 quarter = r->data_bytes / 4;
	u64 tail;

	if (likely((s64)(head - READ_ONCE(r->wake_at)) < 0))
		return false;
	tail = READ_ONCE(r->reader->tail);
	if (head - tail < quarter) {
		WRITE_ONCE(r->wake_at, tail + quarter);
		return false;
	}
	WRITE_ONCE(r->wake_at, head + quarter);
	return true;
}

static void pk_ring_write_pad(u8 *at, u32 bytes)
{
	struct pkprof_rec *pad = (struct pkprof_rec *)at;

	pad->type = PKPROF_REC_PAD;
	pad->source = PKPROF_SRC_CORE;
	pad->size = bytes;
	pad->tid = 0;
	pad->time_ns = 0;
}

/*
 * Bytes of pad before a record, so that it does not cross the end, nor leave
 * less behind it than the head that a pad needs.
 */
static u32 pk_ring_pad_for(u32 room, u32 size)
{
	if (size > room || (size < room && room - size < sizeof(struct pkprof_rec)))
		return room;
	return 0;
}

void *pk_ring_reserve(struct pk_ring *r, u32 size)
{
	unsigned long head, next;
	u32 pos, pad;
	u64 tail;

	if (unlikely(size < sizeof(struct pkprof_rec) || size % 8 || size > PK_RING_MAX_RECORD ||
		     size > r->data_bytes / 4))
		return NULL;

	local_inc(&r->nest);
	barrier();
	do {
		/* (A): what the reader has consumed is read before it is overwritten */
		tail = smp_load_acquire(&r->reader->tail);
		head = local_read(&r->head);
		pos = head & (r->data_bytes - 1);
		pad = pk_ring_pad_for(r->data_bytes - pos, size);
		next = head + pad + size;
		if (unlikely((u64)next - tail > r->data_bytes)) {
			pk_ring_leave(r);
			return NULL;
		}
	} while (unlikely((unsigned long)local_cmpxchg(&r->head, head, next) != head));

	if (!pad)
		return r->data + pos;
	pk_ring_write_pad(r->data + pos, pad);
	return r->data + ((head + pad) & (r->data_bytes - 1));
}

bool pk_ring_commit(struct pk_ring *r)
{
	return pk_ring_leave(r) && pk_ring_wake_due(r);
}
