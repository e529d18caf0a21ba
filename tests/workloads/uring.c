// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread that waits for io_uring, without a library.
 *
 *	uring DEVICE SECONDS
 *
 * Reads 4 KB at a time past the page cache and waits in io_uring_enter(). Prints its
 * answer (answer.h), or "absent uring ERRNO" where the kernel does not let it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answer.h"

#define BLOCK_BYTES	4096
#define NR_BLOCKS	256

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *ring_map(int fd, size_t len, off_t what)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	return map == MAP_FAILED ? NULL : map;
}

static int ring_open(struct ring *r)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	r->fd = syscall(SYS_io_uring_setup, 4, &p);
	if (r->fd < 0)
		return -1;
	sq = ring_map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	cq = ring_map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes), IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
	if (!sq || !cq || !r->sqes)
		return -1;
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return 0;
}

/* Submit one read, without waiting. */
static int ring_read(struct ring *r, int fd, void *block, uint64_t at)
{
	unsigned int tail = *r->sq_tail, slot = tail & *r->sq_mask;

	r->sqes[slot] = (struct io_uring_sqe){
		.opcode = IORING_OP_READ,
		.fd = fd,
		.addr = (uintptr_t)block,
		.len = BLOCK_BYTES,
		.off = at,
	};
	r->sq_array[slot] = slot;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) == 1 ? 0 : -1;
}

/* Wait for one completion; its result. */
static int ring_wait(struct ring *r)
{
	unsigned int head = *r->cq_head;
	int ret;

	while (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
			return -1;
	ret = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return ret;
}

int main(int argc, char **argv)
{
	void *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
	uint64_t duration_ns, at = 0;
	struct answer answer;
	struct ring ring;
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: uring DEVICE SECONDS\n");
		return 2;
	}
	answer_apart();
	fd = open(argv[1], O_RDONLY | O_DIRECT);
	duration_ns = strtod(argv[2], NULL) * NSEC_PER_SEC;
	if (fd < 0 || ring_open(&ring)) {
		printf("absent uring %d\n", errno);
		return 0;
	}
	answer_begin(&answer, "uring", "aio");
	while (clock_ns(CLOCK_MONOTONIC) - answer.from_ns < duration_ns) {
		if (ring_read(&ring, fd, block, at) ||
		    ANSWER_WAIT(&answer, ring_wait(&ring)) != BLOCK_BYTES) {
			fprintf(stderr, "uring: read failed: %s\n", strerror(errno));
			return 1;
		}
		at = (at + BLOCK_BYTES) % (NR_BLOCKS * BLOCK_BYTES);
	}
	return answer_end(&answer) ? 1 : 0;
}
