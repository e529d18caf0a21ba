// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay - run a fuzzer without libFuzzer: on each file of the given folders,
 * and on copies of these with some bytes changed, the same ones at every run.
 *
 *	fuzz_NAME SECONDS FOLDER...
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

#define MAX_BYTES (1 << 20)
#define MAX_SEEDS 1000

static struct {
	uint8_t *data;
	size_t len;
} seeds[MAX_SEEDS];
static size_t nr_seeds;

static uint64_t next(void)
{
	static uint64_t state;
	uint64_t z = state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void read_seed(const char *path)
{
	uint8_t *data = malloc(MAX_BYTES);
	FILE *f = fopen(path, "rb");

	if (!f || !data || nr_seeds == MAX_SEEDS) {
		fprintf(stderr, "replay: cannot take %s\n", path);
		exit(1);
	}
	seeds[nr_seeds].data = data;
	seeds[nr_seeds++].len = fread(data, 1, MAX_BYTES, f);
	fclose(f);
}

static void read_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[1024];

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		read_seed(path);
	}
	if (d)
		closedir(d);
}

static void run_changed(void)
{
	size_t n = next() % nr_seeds, len = seeds[n].len;
	uint8_t *copy = malloc(len + 1);

	if (!copy)
		exit(1);
	memcpy(copy, seeds[n].data, len);
	if (len && next() % 4 == 0)
		len = next() % len;
	for (uint64_t i = next() % 8; len && i > 0; i--)
		copy[next() % len] = next();
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 0);
	unsigned long nr = 0;

	for (int i = 2; i < argc; i++)
		read_folder(argv[i]);
	if (!nr_seeds) {
		fprintf(stderr, "replay: no seeds\n");
		return 1;
	}
	for (size_t i = 0; i < nr_seeds; i++)
		LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].len);
	for (; time(NULL) < end; nr++)
		run_changed();
	for (size_t i = 0; i < nr_seeds; i++)
		free(seeds[i].data);
	printf("%zu seeds and %lu changed copies\n", nr_seeds, nr);
	return 0;
}
