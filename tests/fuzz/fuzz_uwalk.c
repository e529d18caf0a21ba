// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of what the module does with unwind rows: the check of an upload, look-ups, walks.
 * Input: registers, 512 bytes of stack, then a table as it is written to the device. What the
 * check lets pass must never lead a walk out of user memory or on without end.
 */
/* folders: base */
/* link: kmod/uwalk.c kmod/python.c kmod/python_code.c kmod/urows.c */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "user_word.h"
#include "uwalk.h"

#define STACK	    0x7ff000000000ULL
#define STACK_BYTES 512
#define FILE_START  0x400000ULL
#define FILE_BYTES  0x200000ULL
#define DEPTH	    64

static unsigned char stack[STACK_BYTES];
static unsigned int nr_reads;

bool pk_user_word(u64 at, bool compat, u64 *ret)
{
	size_t bytes = compat ? 4 : 8;

	/* a frame: its CFA, its return address, at most all registers of a signal */
	if (++nr_reads > (DEPTH + 1) * 20)
		abort();
	*ret = 0;
	if (at < STACK || at - STACK > STACK_BYTES - bytes)
		return false;
	memcpy(ret, stack + (at - STACK), bytes);
	return true;
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
