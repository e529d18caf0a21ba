// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of what the module does with unwind rows: the check of an upload, look-ups, walks.
 * Input: registers, 512 bytes of stack, then a table as it is written to the device. What the
 * check lets pass must never lead a walk out of user memory or on without end, nor what it says of
 * CPython's data. The stack is seen a second time where the file is, which Python's data can reach.
 */
/* folders: base */
/* link: kmod/uwalk.c kmod/python.c kmod/python_code.c kmod/urows.c */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "python.h"
#include "user_word.h"
#include "uwalk.h"

#define STACK	    0x7ff000000000ULL
#define STACK_BYTES 512
#define FILE_START  0x400000ULL
#define FILE_BYTES  0x200000ULL
#define DEPTH	    64

static unsigned char stack[STACK_BYTES];
static unsigned int nr_reads;

/* A frame: its CFA, its return address, at most all registers of a signal. */
#define MAX_NATIVE_READS ((DEPTH + 1) * 20)
/* Steps along frames and threads, and what is read of the code of each. */
#define MAX_PYTHON_READS (4096 * 8 + 1024 * 4 + DEPTH * 64)

static unsigned int max_reads;

static const unsigned char *place_of(u64 at, u64 bytes)
{
	u64 from = at < STACK ? at - FILE_START : at - STACK;

	if (++nr_reads > max_reads)
		abort();
	return from > STACK_BYTES || bytes > STACK_BYTES - from ? NULL : stack + from;
}

bool pk_user_word(u64 at, bool compat, u64 *ret)
{
	size_t bytes = compat ? 4 : 8;
	const unsigned char *from = place_of(at, bytes);

	*ret = 0;
	if (!from)
		return false;
	memcpy(ret, from, bytes);
	return true;
}

bool pk_user_bytes(void *to, u64 at, u32 nr)
{
	const unsigned char *from = place_of(at, nr);

	if (from)
		memcpy(to, from, nr);
	return from;
}

static bool tell(void *ctx, const struct pkprof_rec_code *rec)
{
	(void)ctx;
	if (sizeof(*rec) + rec->name_len + rec->file_len + rec->lines_len > rec->rec.size ||
	    !rec->id)
		abort();
	return rec->first_line & 1;
}

static void walk_python(const struct pk_uregs *regs, struct pk_uspace *at)
{
	static struct pk_python_cpu cpu;
	static struct pk_stack st;

	memset(&cpu, 0, sizeof(cpu));
	max_reads = MAX_NATIVE_READS + MAX_PYTHON_READS;
	for (int i = 0; i < 2; i++) {
		struct pk_python python = {
			.cpu = &cpu, .space = 1, .thread = FILE_START, .tell = tell,
		};

		at->python = &python;
		nr_reads = 0;
		pk_uwalk(&st, regs, at, DEPTH);
		if (!st.nr || st.nr > DEPTH || st.end >= PKPROF_NR_STACK_ENDS)
			abort();
	}
	at->python = NULL;
}

static void walk(const struct pkprof_rows *rows, const struct pk_uregs *regs, bool compat)
{
	static struct pk_stack st, again;
	static struct pk_rule_memo memo;
	const struct pk_rows_ref ref = { rows };
	struct {
		struct pk_ranges ranges;
		struct pk_range room[1];
	} space = {
		.ranges.nr = 1,
		.room = { { FILE_START, FILE_START + FILE_BYTES, 0, &ref } },
	};

	struct pk_uspace at = { .ranges = &space.ranges, .compat = compat };

	max_reads = MAX_NATIVE_READS;
	nr_reads = 0;
	pk_uwalk(&st, regs, &at, DEPTH);
	/* with what was looked up before it is the same walk */
	memset(&memo, 0, sizeof(memo));
	at.memo = &memo;
	for (int i = 0; i < 2; i++) {
		nr_reads = 0;
		pk_uwalk(&again, regs, &at, DEPTH);
		if (again.nr != st.nr || again.end != st.end ||
		    memcmp(again.ip, st.ip, st.nr * sizeof(st.ip[0])))
			abort();
	}
	if (!st.nr || st.nr > DEPTH || st.end >= PKPROF_NR_STACK_ENDS)
		abort();
	walk_python(regs, &at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pk_uregs regs;
	struct pkprof_rows *rows;

	if (len < sizeof(regs) + STACK_BYTES)
		return 0;
	memcpy(&regs, data, sizeof(regs));
	memcpy(stack, data + sizeof(regs), STACK_BYTES);
	data += sizeof(regs) + STACK_BYTES;
	len -= sizeof(regs) + STACK_BYTES;
	/* of exactly this size: what is read behind it is found */
	rows = malloc(len ? len : 1);
	if (!rows)
		abort();
	memcpy(rows, data, len);
	if (!pk_urows_check(rows, len)) {
		for (u64 off = 0; off < FILE_BYTES; off += 509)
			pk_urows_find(rows, off);
		walk(rows, &regs, false);
		walk(rows, &regs, true);
	}
	free(rows);
	return 0;
}
