// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the symbolizer's way through an ELF file: headers, symbol tables,
 * linkage stubs, unwind table, debugging information with its line tables, packed
 * or not, demangling. Input: an ELF file. The answer that comes out must be one to
 * what was asked, and can be sent.
 */
/* folders: base profile model symbol */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "symbol/file_symbols.h"

#define NR_LOOKUPS 512
#define LINES_BYTES (16u << 20)

static int no_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	(void)ctx;
	(void)wish;
	(void)i;
	return -ENOENT;
}

/* One address alone has an answer as it has among others. */
static void check_alone(const struct pk_elf *e, const struct pk_debug_source *nowhere,
			const struct pk_answer *all, uint64_t off)
{
	const struct pk_file_question one = { .off = &off, .nr = 1, .lines_bytes = LINES_BYTES };
	const struct pk_piece *among = pk_answer_find(all, off);
	struct pk_answer alone;

	if (pk_file_answer(e, &one, nowhere, &alone) || !pk_answer_fits(&alone, &off, 1) ||
	    (alone.lines.nr != 1 && !(alone.flags & PK_ANSWER_LINES_CUT)) || !among)
		abort();
	pk_answer_deinit(&alone);
}

static void use(const struct pk_elf *e)
{
	const struct pk_debug_source nowhere = { no_debug_file, NULL };
	struct pk_strbuf encoded = { 0 };
	struct pk_answer a, again;
	uint64_t off[NR_LOOKUPS];
	const struct pk_file_question all = {
		.off = off, .nr = NR_LOOKUPS, .lines_bytes = LINES_BYTES,
	};

	for (unsigned int i = 0; i < NR_LOOKUPS; i++)
		off[i] = i < 256 ? i * 3 : 0x1000 + (i - 256) * 5;
	if (pk_file_answer(e, &all, &nowhere, &a) ||
	    !pk_answer_fits(&a, off, NR_LOOKUPS) ||
	    (a.lines.nr != NR_LOOKUPS && !(a.flags & PK_ANSWER_LINES_CUT)))
		abort();
	check_alone(e, &nowhere, &a, off[7]);
	check_alone(e, &nowhere, &a, off[300]);
	/* whatever a file says, what is made of it can be sent */
	pk_answer_encode(&a, &encoded);
	if (pk_strbuf_failed(&encoded) ||
	    pk_answer_decode(encoded.data, encoded.len, NR_LOOKUPS, &again) ||
	    again.pieces.nr != a.pieces.nr || again.lines.nr != a.lines.nr ||
	    again.frames.nr != a.frames.nr)
		abort();
	pk_answer_deinit(&again);
	pk_answer_deinit(&a);
	pk_strbuf_deinit(&encoded);
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
