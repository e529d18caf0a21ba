// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the symbolizer's way through an ELF file: headers, symbol tables,
 * linkage stubs, unwind table, debugging information with its line tables, packed
 * or not, demangling. Input: an ELF file. The symbols that come out must be within
 * the file and have names, chains of inlined functions must come to an end.
 */
/* folders: base profile model symbol */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "symbol/file_symbols.h"

#define NR_LOOKUPS 512

static void check_lines(const struct pk_profile *p)
{
	for (size_t i = 0; i < p->line_frames.nr; i++) {
		const struct pk_line_frame *f = &p->line_frames.data[i];

		if ((f->outer != PK_LINE_OUTERMOST && f->outer >= i) ||
		    f->name >= p->strings.entries.nr || f->source >= p->strings.entries.nr)
			abort();
	}
	for (size_t i = 0; i < p->lines.nr; i++) {
		const struct pk_line *l = &p->lines.data[i];
		unsigned int depth = 0;

		if (l->frame >= p->line_frames.nr || (i && l[-1].addr >= l->addr))
			abort();
		for (uint32_t at = l->frame; at != PK_LINE_OUTERMOST;
		     at = p->line_frames.data[at].outer)
			if (++depth > PK_LINE_MAX_FRAMES)
				abort();
	}
}

static void use(const struct pk_elf *e)
{
	static const struct pk_debug_search nowhere = { .dirs = "", .root = "/nonexistent" };
	struct pk_profile p;
	struct pk_harvest h = { .p = &p };
	struct pk_file_query q = { .file = 1, .path = "/a/file", .nr = NR_LOOKUPS, .lines = true };
	struct pk_file f = { 0 };
	uint64_t off[NR_LOOKUPS];

	for (unsigned int i = 0; i < NR_LOOKUPS; i++)
		off[i] = i < 256 ? i * 3 : 0x1000 + (i - 256) * 5;
	q.off = off;
	if (pk_profile_init(&p) || pk_vec_add(&p.files, f) ||
	    pk_file_symbols(&h, &q, e, &nowhere) || pk_harvest_merge(&h))
		abort();
	PK_VEC_FOREACH(&p.symbols, s)
		if (!s->size || s->addr + s->size < s->addr ||
		    !*pk_strtab_get(&p.strings, s->name))
			abort();
	for (size_t i = 1; i < p.symbols.nr; i++)
		if (p.symbols.data[i - 1].addr + p.symbols.data[i - 1].size >
		    p.symbols.data[i].addr)
			abort();
	check_lines(&p);
	pk_harvest_deinit(&h);
	pk_profile_deinit(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct pk_elf e;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	if (pk_elf_open(fd, &e))
		return 0;
	use(&e);
	pk_elf_close(&e);
	return 0;
}
