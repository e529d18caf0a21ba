// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * linetruth - functions and source lines of addresses, in the form of addr2line -a -i -f.
 *
 *	linetruth [-d DIRS] FILE < ADDRESSES	one hexadecimal svma a line
 *	linetruth -n NR FILE			NR addresses spread over its code, instead of that
 *
 * What is printed comes from the code that names the addresses of profiles. How long that took,
 * and the most memory, go to stderr. Built by make -f tests/build.mk linetruth; see
 * tests/bench/lines.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/ascending.h"
#include "model/symbols.h"
#include "symbol/file_lines.h"

static PK_VEC(uint64_t) svma, off;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void read_addresses(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin))
		if (pk_vec_add(&svma, strtoull(line, NULL, 16)))
			exit(1);
}

/* Evenly over the file's .text. */
static void print_addresses(const struct pk_elf *e, unsigned long nr)
{
	const struct pk_section *text = pk_elf_section(e, ".text");

	for (unsigned long i = 0; text && i < nr; i++)
		printf("%#" PRIx64 "\n", text->svma + text->len * i / nr);
}

static void find_lines(const struct pk_elf *e, const struct pk_debug_search *where,
		       struct pk_profile *p)
{
	struct pk_harvest h = { .p = p };
	struct pk_file_query q = { .path = "", .lines = true };
	struct rusage usage;
	double from;

	PK_VEC_FOREACH(&svma, a) {
		uint64_t start = *a, end = *a + 1;

		if (pk_elf_to_off(e, &start, &end) && pk_vec_add(&off, start))
			exit(1);
	}
	qsort(off.data, off.nr, sizeof(*off.data), pk_compare_u64);
	q.off = off.data;
	q.nr = off.nr;
	from = now();
	if (pk_file_symbols(&h, &q, e, where) || pk_harvest_merge(&h))
		exit(1);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%zu addresses: %.3f s, %ld MB, %zu with lines, %zu frames\n", q.nr,
		now() - from, usage.ru_maxrss / 1024, p->lines.nr, p->line_frames.nr);
	pk_harvest_deinit(&h);
}

static void put_frame(const struct pk_profile *p, const char *name, const struct pk_line_frame *f)
{
	const char *source = pk_strtab_get(&p->strings, f->source);

	printf("%s\n%s:", *name ? name : "??", *source ? source : "??");
	if (f->line)
		printf("%" PRIu32 "\n", f->line);
	else
		printf("?\n");
}

/* The outermost function is called what its symbol is called, as in reports. */
static void put_address(const struct pk_profile *p, const struct pk_elf *e, uint64_t addr)
{
	static const struct pk_line_frame nothing = { .outer = PK_LINE_OUTERMOST };
	uint64_t start = addr, end = addr + 1;
	bool in = pk_elf_to_off(e, &start, &end);
	const struct pk_line *l = in ? pk_lines_find(p, 0, start) : NULL;
	const struct pk_symbol *s = in ? pk_symbols_find(p, PK_SPACE_FILE, 0, start) : NULL;
	const struct pk_line_frame *f = l ? &p->line_frames.data[l->frame] : &nothing;

	printf("0x%016" PRIx64 "\n", addr);
	for (; f->outer != PK_LINE_OUTERMOST; f = &p->line_frames.data[f->outer])
		put_frame(p, pk_strtab_get(&p->strings, f->name), f);
	if (s && !(s->flags & PK_SYMBOL_NONE))
		put_frame(p, pk_strtab_get(&p->strings, s->name), f);
	else
		put_frame(p, pk_strtab_get(&p->strings, f->name), f);
}

int main(int argc, char **argv)
{
	struct pk_debug_search where = { 0 };
	unsigned long nr = 0;
	struct pk_profile p;
	struct pk_elf e;
	int opt;

	while ((opt = getopt(argc, argv, "d:n:")) != -1) {
		if (opt == 'd')
			where.dirs = optarg;
		else if (opt == 'n')
			nr = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind + 1 != argc || pk_elf_open(open(argv[optind], O_RDONLY | O_CLOEXEC), &e)) {
		fprintf(stderr, "linetruth: one ELF file, please\n");
		return 2;
	}
	if (nr) {
		print_addresses(&e, nr);
		return 0;
	}
	if (pk_profile_init(&p) || !pk_vec_push(&p.files))
		return 1;
	read_addresses();
	find_lines(&e, &where, &p);
	PK_VEC_FOREACH(&svma, a)
		put_address(&p, &e, *a);
	pk_profile_deinit(&p);
	pk_elf_close(&e);
	return 0;
}
