// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread that waits for a disk.
 *
 *	diskio direct DEVICE SECONDS	reads 4 KB past the page cache
 *	diskio fsync DIRECTORY SECONDS	writes 4 KB and waits until they are safe
 *	diskio fault DIRECTORY SECONDS	reads a mapped file that is not in memory
 *	diskio aio DEVICE SECONDS	reads by io_submit() and io_getevents()
 *
 * Prints its answer (answer.h). For a wait to be seen the device must be slow: it is
 * meant for null_blk with a completion time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "answer.h"

#define BLOCK_BYTES	4096
#define FILE_BLOCKS	256

static uint64_t duration_ns;
static void *block;	/* BLOCK_BYTES, aligned for direct I/O */

static int is_over(const struct answer *a)
{
	return clock_ns(CLOCK_MONOTONIC) - a->from_ns >= duration_ns;
}

static int direct(const char *device)
{
	int fd = open(device, O_RDONLY | O_DIRECT);
	struct answer answer;

	if (fd < 0)
		return -1;
	answer_apart();
	answer_begin(&answer, "direct", "disk");
	for (off_t i = 0; !is_over(&answer); i = (i + 1) % FILE_BLOCKS)
		if (ANSWER_WAIT(&answer, pread(fd, block, BLOCK_BYTES, i * BLOCK_BYTES)) !=
		    BLOCK_BYTES)
			return -1;
	return answer_end(&answer);
}

static int file_in(const char *directory, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

#define FULL_BYTES (24LL << 20)	/* a file that grows begins anew: the disk may be small */

static int sync_writes(const char *directory)
{
	int fd = file_in(directory, "pk-fsync");
	struct answer answer;

	if (fd < 0)
		return -1;
	answer_apart();
	answer_begin(&answer, "fsync", "disk");
	while (!is_over(&answer)) {
		if (ANSWER_WAIT(&answer, write(fd, block, BLOCK_BYTES)) != BLOCK_BYTES ||
		    ANSWER_WAIT(&answer, fsync(fd)))
			return -1;
		if (lseek(fd, 0, SEEK_CUR) >= FULL_BYTES && (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)))
			return -1;
	}
	return answer_end(&answer);
}

/* Its read is the fault. */
static WORK int touch(const volatile char *at)
{
	return *at;
}

static int faults(const char *directory)
{
	int fd = file_in(directory, "pk-fault"), sum = 0;
	struct answer answer;
	const char *map;

	if (fd < 0)
		return -1;
	for (int i = 0; i < FILE_BLOCKS; i++)
		if (write(fd, block, BLOCK_BYTES) != BLOCK_BYTES)
			return -1;
	map = mmap(NULL, FILE_BLOCKS * BLOCK_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	if (fsync(fd) || map == MAP_FAILED || madvise((void *)map, FILE_BLOCKS * BLOCK_BYTES, MADV_RANDOM))
		return -1;
	/* what made the file is not part of the answer */
	answer_apart();
	answer_begin(&answer, "fault", "fault");
	while (!is_over(&answer)) {
		/* out of this address space, then out of the page cache */
		if (madvise((void *)map, FILE_BLOCKS * BLOCK_BYTES, MADV_DONTNEED) ||
		    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
			return -1;
		for (int i = 0; i < FILE_BLOCKS && !is_over(&answer); i++)
			sum += ANSWER_WAIT(&answer, touch(map + i * BLOCK_BYTES));
	}
	return sum == 0 ? answer_end(&answer) : -1;
}

static int aio(const char *device)
{
	int fd = open(device, O_RDONLY | O_DIRECT);
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_nbytes = BLOCK_BYTES };
	struct iocb *list[] = { &cb };
	aio_context_t context = 0;
	struct io_event event;
	struct answer answer;

	answer_apart();
	if (fd < 0 || syscall(SYS_io_setup, 1, &context))
		return -1;
	cb.aio_fildes = fd;
	cb.aio_buf = (uintptr_t)block;
	answer_begin(&answer, "aio", "aio");
	while (!is_over(&answer)) {
		if (syscall(SYS_io_submit, context, 1, list) != 1 ||
		    ANSWER_WAIT(&answer, syscall(SYS_io_getevents, context, 1, 1, &event, NULL)) != 1 ||
		    event.res != BLOCK_BYTES)
			return -1;
		cb.aio_offset = (cb.aio_offset + BLOCK_BYTES) % (FILE_BLOCKS * BLOCK_BYTES);
	}
	return answer_end(&answer);
}

static const struct {
	const char *name;
	int (*run)(const char *path);
} modes[] = {
	{ "direct", direct },
	{ "fsync", sync_writes },
	{ "fault", faults },
	{ "aio", aio },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[1], modes[i].name))
			continue;
		duration_ns = strtod(argv[3], NULL) * NSEC_PER_SEC;
		block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
		memset(block, 0, BLOCK_BYTES);
		if (!modes[i].run(argv[2]))
			return 0;
		fprintf(stderr, "diskio: %s %s: %s\n", argv[1], argv[2], strerror(errno));
		return 1;
	}
	fprintf(stderr, "usage: diskio direct|fsync|fault|aio PATH SECONDS\n");
	return 2;
}
