// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rowtime - how long it takes to make unwind rows, and what they hold.
 *
 *	rowtime [-c DIR] [-v] FILE...	also from a list of names on stdin, one a line, with "-"
 *
 * Files that are not programs or libraries are passed over. With -c they come from the cache in
 * DIR where it has them. -v: a line for each file. Built by make -f tests/build.mk rowtime.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "unwind/cache.h"
#include "unwind/compile.h"

struct sums {
	unsigned int files, without, failed;
	uint64_t rules, rows, blob_bytes, of_kind[PKPROF_NR_RULE_KINDS];
	struct pk_rows_stats s;
};

static struct sums sums;
static struct pk_rows_cache *cache;
static bool verbose;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void add_stats(const struct pk_rows_stats *s)
{
	const uint64_t *from = (const void *)s;
	uint64_t *to = (void *)&sums.s;

	for (size_t i = 0; i < sizeof(*s) / sizeof(*from); i++)
		to[i] += from[i];
}

static void add_blob(const char *name, const struct pk_rows_blob *b, double seconds)
{
	const struct pkprof_row *row = pk_urows_rows(b->data);

	sums.files++;
	sums.rules += b->data->nr_rules;
	sums.rows += b->data->nr_rows;
	sums.blob_bytes += b->bytes;
	for (uint32_t i = 0; i < b->data->nr_rows; i++)
		sums.of_kind[pk_urows_rules(b->data)[row[i].rule].kind]++;
	if (verbose)
		printf("%10zu bytes %8u rows %6u rules %8.3f ms  %s\n", b->bytes, b->data->nr_rows,
		       b->data->nr_rules, seconds * 1e3, name);
}

static void take(const char *name)
{
	struct pk_rows_stats stats = { 0 };
	struct pk_rows_blob blob = { 0 };
	int fd = pk_open_regular(name), ret;
	struct pk_err err = { 0 };
	double start = now();

	if (fd < 0)
		return;
	ret = cache ? pk_rows_cached(cache, fd, NULL, name, &blob, &err)
		    : pk_rows_compile(fd, name, &blob, &stats, &err);
	if (!ret) {
		add_stats(&stats);
		add_blob(name, &blob, now() - start);
		pk_rows_release(&blob);
	} else if (ret == -ENOENT) {
		sums.without++;
	} else if (ret != -EINVAL) {
		sums.failed++;
		printf("%s\n", err.msg);
	}
}

static void take_list(FILE *f)
{
	char line[4096];

	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		take(line);
	}
}

static void print_sums(double seconds)
{
	static const char *const kind[] = { "gap", "cfa", "cfa-at", "signal", "end", "unknown", "pointer" };
	const struct pk_cfi_counts *c = &sums.s.cfi;
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	printf("files %u, without %u, failed %u; text %.1f MB; rows %lu, rules %lu, tables %.1f MB\n",
	       sums.files, sums.without, sums.failed, sums.s.text_bytes / 1e6, sums.rows,
	       sums.rules, sums.blob_bytes / 1e6);
	printf("CPU %.3f s, peak %ld MB; entries %lu, bad %lu; rows before merging %lu, %.1f ns each\n",
	       seconds, use.ru_maxrss >> 10, c->entries, c->bad_entries, c->rows,
	       c->rows ? seconds * 1e9 / c->rows : 0);
	for (unsigned int i = 0; i < PKPROF_NR_RULE_KINDS; i++)
		printf("%s %lu  ", kind[i], sums.of_kind[i]);
	printf("\nwith a register lost %lu, of too many rules %lu\n", c->lost, sums.s.nr_replaced);
	for (unsigned int i = PK_CFI_KNOWN + 1; i < PK_CFI_NR_WHYS; i++)
		if (c->unknown[i])
			printf("unknown: %s %lu\n", pk_cfi_why_name(i), c->unknown[i]);
	for (unsigned int i = 0; i < PKPROF_NR_REGS; i++)
		if (c->cfa_reg[i])
			printf("CFA by register %u: %lu\n", i, c->cfa_reg[i]);
}

int main(int argc, char **argv)
{
	struct pk_rows_cache_opt opt = { 0 };
	struct pk_err err = { 0 };
	double start;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (!strcmp(argv[i], "-c") && i + 1 < argc)
			opt.dir = argv[++i];
		else if (!strcmp(argv[i], "-v"))
			verbose = true;
	}
	if (opt.dir && pk_rows_cache_open(&opt, &cache, &err)) {
		fprintf(stderr, "rowtime: %s\n", err.msg);
		return 1;
	}
	start = now();
	for (; i < argc; i++) {
		if (strcmp(argv[i], "-"))
			take(argv[i]);
		else
			take_list(stdin);
	}
	print_sums(now() - start);
	pk_rows_cache_close(cache);
	return sums.failed != 0;
}
