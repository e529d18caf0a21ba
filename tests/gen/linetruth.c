// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * linetruth - functions and source lines of addresses, in the form of addr2line -a -i -f.
 *
 *	linetruth [-d DIRS] FILE < ADDRESSES	one hexadecimal svma a line
 *	linetruth -n NR FILE			NR addresses spread over its code, instead of that
 *	linetruth -c < ANSWER			addr2line's own answer, with names as they are shown here
 *
 * What is printed comes from the code that names the addresses of profiles. How long that took,
 * and the most memory, go to stderr. Built by make -f tests/build.mk linetruth; see
 * tests/bench/names.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/ascending.h"
#include "symbol/debug_search.h"
#include "symbol/demangle.h"
#include "symbol/file_symbols.h"

/* Far more than addr2line is asked for in one go. */
#define LINES_BYTES (1u << 30)

struct places {
	struct pk_debug_search where;
	unsigned int next;
	bool shared;	/* which file was looked for last */
};

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

static int next_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	struct places *p = ctx;

	if (!i || wish->shared != p->shared)
		p->next = 0;
	p->shared = wish->shared;
	return pk_debug_open_next(&p->where, wish, "", &p->next);
}

/* Ascending and distinct, as they are asked for. */
static void find_offsets(const struct pk_elf *e)
{
	size_t kept = 0;

	PK_VEC_FOREACH(&svma, a) {
		uint64_t start = *a, end = *a + 1;

		if (pk_elf_to_off(e, &start, &end) && pk_vec_add(&off, start))
			exit(1);
	}
	if (off.nr)
		qsort(off.data, off.nr, sizeof(*off.data), pk_compare_u64);
	for (size_t i = 0; i < off.nr; i++)
		if (!kept || off.data[kept - 1] != off.data[i])
			off.data[kept++] = off.data[i];
	off.nr = kept;
}

static void ask(const struct pk_elf *e, struct places *places, struct pk_answer *a)
{
	const struct pk_debug_source source = { next_debug_file, places };
	struct pk_file_question q = { .lines_bytes = LINES_BYTES };
	struct rusage usage;
	double from;

	find_offsets(e);
	q.off = off.data;
	q.nr = off.nr;
	from = now();
	if (pk_file_answer(e, &q, &source, a))
		exit(1);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "%zu addresses: %.3f s, %.3f s of CPU time, %ld MB, %zu with lines, %zu frames\n",
		q.nr, now() - from,
		usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
			(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		usage.ru_maxrss / 1024, a->lines.nr, a->frames.nr);
}

static void put_frame(const struct pk_answer *a, uint32_t name, const struct pk_answer_frame *f)
{
	const char *source = pk_strtab_get(&a->strings, f->source);

	printf("%s\n%s:", name ? pk_strtab_get(&a->strings, name) : "??", *source ? source : "??");
	if (f->line)
		printf("%" PRIu32 "\n", f->line);
	else
		printf("?\n");
}

/* The outermost function is called what its symbol is called, as in reports. */
static void put_address(const struct pk_answer *a, const struct pk_elf *e, uint64_t addr)
{
	static const struct pk_answer_frame nothing;
	uint64_t start = addr, end = addr + 1;
	bool in = pk_elf_to_off(e, &start, &end);
	const struct pk_answer_line *l = in ? pk_answer_find_line(a, start) : NULL;
	const struct pk_piece *p = in ? pk_answer_find(a, start) : NULL;
	const struct pk_answer_frame *f = l && l->nr ? &a->frames.data[l->first] : &nothing;

	printf("0x%016" PRIx64 "\n", addr);
	for (uint32_t i = 1; l && i < l->nr; i++, f++)
		put_frame(a, f->name, f);
	put_frame(a, p && p->name ? p->name : f->name, f);
}

/* Each second line is a name, behind one with an address. */
static void clean_names(void)
{
	struct pk_strbuf b = { 0 };
	bool is_name = false;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		line[len - 1] = '\0';
		if (!strncmp(line, "0x", 2)) {
			is_name = true;
			puts(line);
			continue;
		}
		pk_strbuf_clear(&b);
		if (is_name)
			pk_demangle(line, &b);
		else
			pk_strbuf_puts(&b, line);
		puts(b.data ? b.data : "");
		is_name = !is_name;
	}
	free(line);
	pk_strbuf_deinit(&b);
}

int main(int argc, char **argv)
{
	struct places places = { 0 };
	unsigned long nr = 0;
	struct pk_answer a;
	struct pk_elf e;
	int opt;

	while ((opt = getopt(argc, argv, "cd:n:")) != -1) {
		if (opt == 'c') {
			clean_names();
			return 0;
		}
		if (opt == 'd')
			places.where.dirs = optarg;
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
	read_addresses();
	ask(&e, &places, &a);
	PK_VEC_FOREACH(&svma, s)
		put_address(&a, &e, *s);
	pk_answer_deinit(&a);
	pk_elf_close(&e);
	return 0;
}
