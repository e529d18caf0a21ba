// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes pages of a file dirty and leaves it to others to write them.
 *
 *	dirtier write FILE MB STEP FROM	writes MB of them, 64 KB each; of each STEP the FROM-th
 *	dirtier map FILE MB ROUNDS	by a shared mapping, anew after each time all is written
 *
 * Prints its pid and the bytes that it made dirty.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK	65536

static int write_file(int fd, size_t bytes, size_t step, size_t from)
{
	static char chunk[CHUNK];

	memset(chunk, 'x', sizeof(chunk));
	for (size_t i = 0; i < bytes / CHUNK; i++)
		if (pwrite(fd, chunk, CHUNK, (off_t)((i * step + from) * CHUNK)) != CHUNK)
			return -1;
	return 0;
}

static int map_file(int fd, size_t bytes, size_t rounds)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map;

	if (ftruncate(fd, (off_t)bytes))
		return -1;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -1;
	for (size_t round = 0; round < rounds; round++) {
		for (size_t at = 0; at < bytes; at += page)
			map[at]++;
		/* the last round is left to whoever writes it */
		if (round + 1 < rounds && syncfs(fd))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t bytes, n;
	int fd, failed;

	if (argc < 5)
		return 2;
	bytes = strtoul(argv[3], NULL, 0) << 20;
	n = strtoul(argv[4], NULL, 0);
	fd = open(argv[2], O_RDWR | O_CREAT, 0600);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	if (!strcmp(argv[1], "map")) {
		failed = map_file(fd, bytes, n);
		bytes *= n;
	} else {
		failed = write_file(fd, bytes, n, argc > 5 ? strtoul(argv[5], NULL, 0) : 0);
	}
	if (failed) {
		perror(argv[1]);
		return 1;
	}
	printf("%s %d %zu\n", argv[1], getpid(), bytes);
	return 0;
}
