// SPDX-License-Identifier: GPL-2.0-or-later
/* User half of a ring; see ring_reader.h. */
#include <errno.h>
#include <stdbool.h>

#include "source/ring_reader.h"

int pk_ring_reader_init(struct pk_ring_reader *r, struct pkprof_ring_reader *reader,
			const struct pkprof_ring_info *info, size_t info_bytes, struct pk_err *err)
{
	uint64_t bytes = info->data_bytes;
	uint32_t offset = info->data_offset;

	if (info->abi_compat > PKPROF_ABI || info->abi < PKPROF_ABI_COMPAT)
		return pk_err_exit(err, -EPROTO, PK_EXIT_VERSION,
				   "the ring of CPU %u is of ABI %u, this tool speaks %u",
				   info->cpu, info->abi, PKPROF_ABI);
	if (!bytes || bytes & (bytes - 1) || offset < sizeof(*info) || offset % 8 ||
	    offset > info_bytes || bytes > info_bytes - offset)
		return pk_err_set(
			err, -EPROTO,
			"the ring of CPU %u describes itself wrongly: %llu bytes at %u of %zu",
			info->cpu, (unsigned long long)bytes, offset, info_bytes);
	*r = (struct pk_ring_reader){
		.reader = reader,
		.info = info,
		.data = (const uint8_t *)info + offset,
		.data_bytes = bytes,
		.tail = reader->tail,
	};
	r->head = r->tail;
	return 0;
}

/* Everything up to the head is given up: where the next record starts is unknown. */
static void give_up(struct pk_ring_reader *r)
{
	r->nr_bad++;
	r->bad_bytes += r->head - r->tail;
	r->tail = r->head;
}

void pk_ring_reader_refresh(struct pk_ring_reader *r)
{
	/* Pairs with (B), the store-release of head in the kernel's commit. */
	r->head = __atomic_load_n(&r->info->head, __ATOMIC_ACQUIRE);
	if (r->head - r->tail > r->data_bytes || r->head % 8)
		give_up(r);
}

static bool size_fits(const struct pk_ring_reader *r, uint32_t size)
{
	uint64_t to_end = r->data_bytes - (r->tail & (r->data_bytes - 1));

	return size >= 8 && size % 8 == 0 && size <= r->head - r->tail && size <= to_end;
}

const struct pkprof_rec *pk_ring_reader_peek(struct pk_ring_reader *r)
{
	while (r->tail != r->head) {
		const uint8_t *pos = r->data + (r->tail & (r->data_bytes - 1));
		const struct pkprof_rec *rec = (const void *)pos;
		uint32_t size = rec->size;

		if (!size_fits(r, size)) {
			give_up(r);
			return NULL;
		}
		if (rec->type != PKPROF_REC_PAD) {
			if (size >= sizeof(*rec)) {
				r->peeked = size;
				return rec;
			}
			give_up(r);
			return NULL;
		}
		r->tail += size;
	}
	return NULL;
}

void pk_ring_reader_advance(struct pk_ring_reader *r)
{
	r->tail += r->peeked;
	r->peeked = 0;
}

void pk_ring_reader_release(struct pk_ring_reader *r)
{
	/*
	 * Pairs with (A), the kernel's load-acquire of tail: our reads of the records
	 * are over before it may overwrite them.
	 */
	__atomic_store_n(&r->reader->tail, r->tail, __ATOMIC_RELEASE);
}

uint64_t pk_ring_reader_held(const struct pk_ring_reader *r)
{
	return r->tail - r->reader->tail;
}
