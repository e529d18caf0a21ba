// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks of user stacks: this very program's stack by the rows of its own file; each kind of
 * rule on memory made up; and rows, registers and memory at random, where a walk must end
 * within its limits and read nothing but user memory.
 */
/* link: kmod/uwalk.c kmod/python.c kmod/python_code.c */
/* cflags: -fno-omit-frame-pointer */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "unwind/compile.h"
#include "user_word.h"
#include "uwalk.h"

/* --- memory ------------------------------------------------------------------------- */

#define STACK	0x7ffe00000000ULL /* made up */
#define STACK32 0xff000000ULL	  /* the same for 32-bit code */
#define WORDS 4096

static u64 made_up[WORDS]; /* at STACK; empty where "own" is set */
static bool own;	   /* this process's memory */
static unsigned int nr_reads;

bool pk_user_word(u64 at, bool compat, u64 *ret)
{
	size_t bytes = compat ? 4 : 8;

	nr_reads++;
	*ret = 0;
	if (at > PK_USER_END - bytes)
		return false;
	if (own) {
		struct iovec to = { ret, bytes }, from = { (void *)at, bytes };

		return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)bytes;
	}
	if (compat && at >= STACK32)
		at += STACK - STACK32;
	if (at < STACK || at + bytes > STACK + sizeof(made_up))
		return false;
	memcpy(ret, (char *)made_up + (at - STACK), bytes);
	return true;
}

/* for names of Python functions, of which there are none here */
bool pk_user_bytes(void *to, u64 at, u32 nr)
{
	(void)to;
	(void)at;
	(void)nr;
	return false;
}

static void put(u64 at, u64 value)
{
	made_up[(at - STACK) / 8] = value;
}

/* --- rows made up ------------------------------------------------------------------- */

#define FILE_START 0x400000ULL
#define FILE_END   0x410000ULL
#define JIT_START  0x500000ULL
#define BARE_START 0x600000ULL /* a file without rows */

static struct {
	struct pkprof_rows head;
	struct pkprof_rule rule[16];
	u32 page[2];
	struct pkprof_row row[16];
} table;
static struct pk_rows_ref with_rows = { &table.head }, without_rows;
static struct {
	struct pk_ranges ranges;
	struct pk_range room[3];
} space = {
	.ranges.nr = 3,
	.room = {
		{ FILE_START, FILE_END, 0, &with_rows },
		{ JIT_START, JIT_START + 0x10000, 0, NULL },
		{ BARE_START, BARE_START + 0x10000, 0, &without_rows },
	},
};

/* Rule n holds from FILE_START + 256 n on. */
static u64 code(unsigned int n)
{
	return FILE_START + 256 * n + 16;
}

static void make_table(const struct pkprof_rule *rules, unsigned int nr)
{
	table.head = (struct pkprof_rows){
		.magic = PKPROF_ROWS_MAGIC,
		.bytes = sizeof(table),
		.nr_rules = 16,
		.nr_pages = 1,
		.nr_rows = 16,
	};
	for (unsigned int i = 0; i < 16; i++) {
		table.rule[i] = i < nr ? rules[i] : (struct pkprof_rule){ .kind = PKPROF_RULE_GAP };
		table.row[i] = (struct pkprof_row){ .off = 256 * i, .rule = i };
	}
	table.page[0] = 0;
	table.page[1] = 16;
	assert_int_equal(pk_urows_check(&table.head, sizeof(table)), 0);
}

static struct pk_stack walked;

/*
 * Without a memo, with an empty one, and with one that knows all of it: the same. Tables of
 * tests change in place, so that the memo never outlives a walk.
 */
static void walk_with(const struct pk_uregs *regs, const struct pk_ranges *ranges, bool compat,
		      u32 max_depth)
{
	struct pk_uspace at = { .ranges = ranges, .compat = compat };
	static struct pk_rule_memo memo;
	static struct pk_stack again;
	unsigned int reads;

	pk_uwalk(&walked, regs, &at, max_depth);
	reads = nr_reads;
	memset(&memo, 0, sizeof(memo));
	at.memo = &memo;
	for (unsigned int i = 0; i < 2; i++) {
		pk_uwalk(&again, regs, &at, max_depth);
		assert_int_equal(again.nr, walked.nr);
		assert_int_equal(again.end, walked.end);
		assert_memory_equal(again.ip, walked.ip, walked.nr * sizeof(walked.ip[0]));
	}
	nr_reads = reads;
}

static const struct pk_stack *walk(u64 ip, u64 sp, u64 bp)
{
	struct pk_uregs regs = { .ip = ip };

	for (unsigned int i = 0; i < PKPROF_NR_REGS; i++)
		regs.reg[i] = 0xdead0000 + i;
	regs.reg[PKPROF_REG_SP] = sp;
	regs.reg[PKPROF_REG_BP] = bp;
	own = false;
	walk_with(&regs, &space.ranges, false, PKPROF_MAX_DEPTH);
	return &walked;
}

static int set_up(void **state)
{
	(void)state;
	memset(made_up, 0, sizeof(made_up));
	return 0;
}

/* --- each kind ------------------------------------------------------------------------ */

enum { PLAIN, END, UNKNOWN, REALIGNED, SIGNAL, BX_BASE, LOST_BP, POINTER, NR_MADE };

static const struct pkprof_rule made[NR_MADE] = {
	/* pushed: rbp, rbx; and 24 bytes of locals */
	[PLAIN] = { PKPROF_RULE_CFA, PKPROF_REG_SP, 1, 48, 0, { 2, 3 } },
	[END] = { .kind = PKPROF_RULE_END },
	[UNKNOWN] = { .kind = PKPROF_RULE_UNKNOWN },
	/* gcc's realigned frames: the CFA is at bp - 8, the caller's bp at bp */
	[REALIGNED] = { PKPROF_RULE_CFA_AT, PKPROF_REG_BP, 1, -8, 0, { PKPROF_SAVED_BY_BP } },
	[SIGNAL] = { .kind = PKPROF_RULE_SIGNAL },
	[BX_BASE] = { PKPROF_RULE_CFA, PKPROF_REG_BX, 1, 16, 0, { 0 } },
	[LOST_BP] = { PKPROF_RULE_CFA, PKPROF_REG_SP, 1, 16, 0, { PKPROF_SAVED_LOST } },
	[POINTER] = { .kind = PKPROF_RULE_POINTER },
};

static void test_plain_frames(void **state)
{
	const struct pk_stack *st;

	(void)state;
	make_table(made, NR_MADE);
	put(STACK + 40, code(PLAIN));
	put(STACK + 48 + 40, code(END));
	st = walk(code(PLAIN), STACK, 0);
	assert_int_equal(st->nr, 3);
	assert_int_equal(st->ip[2], code(END));
	assert_int_equal(st->end, PKPROF_END_ROOT);
	/* a return address of 0 is the end as well */
	put(STACK + 48 + 40, 0);
	assert_int_equal(walk(code(PLAIN), STACK, 0)->end, PKPROF_END_ROOT);
	assert_int_equal(walked.nr, 2);
}

/* The row of a return address is that of the call before it. */
static void test_call_at_the_end_of_a_function(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	put(STACK + 40, FILE_START + 256 * END);	 /* called by PLAIN's last instruction */
	put(STACK + 48 + 40, code(END));
	assert_int_equal(walk(code(PLAIN), STACK, 0)->nr, 3);
	/* but what was interrupted counts itself */
	assert_int_equal(walk(FILE_START + 256 * END, STACK, 0)->nr, 1);
}

static void test_preserved_registers(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	/* PLAIN saved rbx, which BX_BASE is found from; it lies two frames above */
	put(STACK + 48 - 24, STACK + 256);
	put(STACK + 40, code(BX_BASE));
	put(STACK + 256 + 8, code(END));
	assert_int_equal(walk(code(PLAIN), STACK, 0)->nr, 3);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* rbp passes BX_BASE as it was and carries code with a frame pointer */
	put(STACK + 48 - 16, STACK + 512);
	put(STACK + 256 + 8, JIT_START + 5);
	put(STACK + 512, 0);
	put(STACK + 520, code(END));
	assert_int_equal(walk(code(PLAIN), STACK, 0)->nr, 4);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* and is not made use of where it is lost */
	put(STACK + 8, JIT_START + 5);
	assert_int_equal(walk(code(LOST_BP), STACK, STACK + 512)->nr, 2);
	assert_int_equal(walked.end, PKPROF_END_JIT);
}

static void test_realigned_frames(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	put(STACK + 1024 - 8, STACK + 2048); /* the CFA */
	put(STACK + 1024, STACK + 4096);     /* the caller's bp */
	put(STACK + 2048 - 8, JIT_START);
	put(STACK + 4096, 0);
	put(STACK + 4104, code(END));
	assert_int_equal(walk(code(REALIGNED), STACK, STACK + 1024)->nr, 3);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
}

static void make_signal_frame(u64 at, u64 ip, u64 sp, u64 bp)
{
	put(at + 40 + 8 * 10, bp);
	put(at + 40 + 8 * 15, sp);
	put(at + 40 + 8 * 16, ip);
}

static void test_signals(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	/* a handler on a stack above that of what it interrupted, whose own address counts */
	put(STACK + 8192 + 40, code(SIGNAL));
	make_signal_frame(STACK + 8192 + 48, FILE_START + 256 * PLAIN, STACK + 64, 0);
	put(STACK + 64 + 40, code(END));
	assert_int_equal(walk(code(PLAIN), STACK + 8192, 0)->nr, 4);
	/* what is looked up at minus one, like a return address */
	assert_int_equal(walked.ip[2], FILE_START + 256 * PLAIN + 1);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* a frame that interrupted itself */
	make_signal_frame(STACK, code(SIGNAL), STACK, 0);
	assert_int_equal(walk(code(SIGNAL), STACK, 0)->end, PKPROF_END_LOOP);
	assert_true(walked.nr < 20);
}

/* Code that goes to another stack, which may lie below, and leaves its bp in the old one. */
static void test_other_stacks(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	put(STACK + 8192 + 40, code(POINTER));
	put(STACK + 8192 + 48 - 16, STACK + 64); /* bp when PLAIN was called */
	put(STACK + 64, STACK + 128);
	put(STACK + 72, code(END));
	assert_int_equal(walk(code(PLAIN), STACK + 8192, 0)->nr, 3);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* where nothing is said of code, a frame that lies below is none */
	put(STACK + 8192 + 40, code(NR_MADE));
	assert_int_equal(walk(code(PLAIN), STACK + 8192, 0)->end, PKPROF_END_BAD_FRAME);
	/* two frames that lead to each other */
	put(STACK + 64, STACK + 512);
	put(STACK + 72, code(POINTER));
	put(STACK + 512, STACK + 64);
	put(STACK + 520, code(POINTER));
	assert_int_equal(walk(code(POINTER), STACK, STACK + 64)->end, PKPROF_END_LOOP);
	assert_true(walked.nr < 25);
	/* no address at all */
	assert_int_equal(walk(code(POINTER), STACK, 8)->end, PKPROF_END_BAD_FRAME);
	assert_int_equal(walk(code(POINTER), STACK, STACK + 3)->end, PKPROF_END_BAD_FRAME);
}

static void test_reasons(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	assert_int_equal(walk(code(UNKNOWN), STACK, 0)->end, PKPROF_END_NO_RULE);
	/* the caller's slot is not there */
	assert_int_equal(walk(code(PLAIN), STACK + sizeof(made_up) - 40, 0)->end, PKPROF_END_FAULT);
	/* code with nothing said of it, no frame pointer: in a file, in one without rows, in none */
	assert_int_equal(walk(code(NR_MADE), STACK + 64, STACK)->end, PKPROF_END_BAD_FRAME);
	assert_int_equal(walk(BARE_START, STACK + 64, STACK)->end, PKPROF_END_NO_TABLE);
	assert_int_equal(walk(JIT_START, STACK + 64, STACK)->end, PKPROF_END_JIT);
	assert_int_equal(walk(0x700000, STACK + 64, STACK)->end, PKPROF_END_BAD_FRAME);
	/* a frame pointer that leads to an address which is no code */
	put(STACK + 512, 0);
	put(STACK + 520, 0x700000);
	assert_int_equal(walk(JIT_START, STACK, STACK + 512)->end, PKPROF_END_JIT);
	assert_int_equal(walked.nr, 1);
	/* of an address space that is not known; and where a program begins */
	{
		struct pk_uregs first = { .ip = code(PLAIN), .reg[PKPROF_REG_SP] = STACK };

		walk_with(&first, NULL, false, PKPROF_MAX_DEPTH);
		assert_int_equal(walked.end, PKPROF_END_ROOT);
		first.reg[PKPROF_REG_BX] = 1;
		walk_with(&first, NULL, false, PKPROF_MAX_DEPTH);
		assert_int_equal(walked.end, PKPROF_END_NO_TABLE);
	}
	/* a return address that is none */
	put(STACK + 40, 17);
	assert_int_equal(walk(code(PLAIN), STACK, 0)->end, PKPROF_END_BAD_FRAME);
	/* a CFA below the frame */
	assert_int_equal(walk(code(REALIGNED), STACK + 4096, STACK + 1024)->end,
			 PKPROF_END_BAD_FRAME);
}

static void test_depth(void **state)
{
	(void)state;
	make_table(made, NR_MADE);
	for (unsigned int i = 0; i < 600; i++)
		put(STACK + 48 * i + 40, code(PLAIN));
	assert_int_equal(walk(code(PLAIN), STACK, 0)->end, PKPROF_END_DEPTH);
	assert_int_equal(walked.nr, PKPROF_MAX_DEPTH);
	nr_reads = 0;
	walk(code(PLAIN), STACK, 0);
	assert_true(nr_reads <= PKPROF_MAX_DEPTH + 1);
}

static void test_32_bits(void **state)
{
	/* pushed: ebp; 8 bytes of locals */
	static const struct pkprof_rule rules[] = {
		{ PKPROF_RULE_CFA, PKPROF_REG_SP, 1, 16, 0, { 2 } },
		{ .kind = PKPROF_RULE_END },
	};
	struct pk_uregs regs = { .ip = code(0) };
	u32 *words = (u32 *)made_up;

	(void)state;
	make_table(rules, 2);
	own = false;
	regs.reg[PKPROF_REG_SP] = STACK32;
	words[2] = STACK32 + 64;	/* the caller's ebp */
	words[3] = JIT_START;		/* which keeps frame pointers */
	words[16] = STACK32 + 128;
	words[17] = code(1);
	walk_with(&regs, &space.ranges, true, 8);
	assert_int_equal(walked.nr, 3);
	assert_int_equal(walked.ip[2], code(1));
	assert_int_equal(walked.end, PKPROF_END_ROOT);
}

/* --- by chance ----------------------------------------------------------------------- */

static u64 random_state = 88172645463325252ULL;

static u64 chance(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* An address that may mean something, mostly. */
static u64 some_address(void)
{
	switch (chance() % 6) {
	case 0:
		return STACK + chance() % sizeof(made_up);
	case 1:
		return STACK + chance() % sizeof(made_up) / 8 * 8;
	case 2:
		return FILE_START + chance() % 0x1000;
	case 3:
		return (chance() % 2 ? JIT_START : BARE_START) + chance() % 0x10000;
	case 4:
		return chance() % 2 ? 0 : (u64)-1 - chance() % 256;
	default:
		return chance();
	}
}

static struct pkprof_rule some_rule(void)
{
	struct pkprof_rule r = {
		.kind = chance() % PKPROF_NR_RULE_KINDS,
		.reg = chance() % 3 ? PKPROF_REG_SP : chance() % PKPROF_NR_REGS,
		.ra = chance() % 8 ? 1 : chance(),
		.off = chance() % 4 ? (s32)(chance() % 256) : (s32)chance(),
		.add = chance() % 4 ? 0 : (s32)chance(),
	};

	for (unsigned int i = 0; i < PKPROF_NR_SAVED; i++)
		r.saved[i] = chance() % 2 ? 0 : chance() % 16 ? chance() % 16 : chance();
	return r;
}

static void test_by_chance(void **state)
{
	struct pkprof_rule rules[16];
	unsigned int ends[PKPROF_NR_STACK_ENDS] = { 0 };

	(void)state;
	for (unsigned int round = 0; round < 200000; round++) {
		u32 depth = 1 + chance() % (chance() % 4 ? 64 : 2);
		struct pk_uregs regs;

		if (round % 16 == 0) {
			for (unsigned int i = 0; i < 16; i++)
				rules[i] = some_rule();
			make_table(rules, 16);
			for (unsigned int i = 0; i < WORDS; i++)
				made_up[i] = some_address();
		}
		regs.ip = some_address();
		for (unsigned int i = 0; i < PKPROF_NR_REGS; i++)
			regs.reg[i] = some_address();
		own = false;
		nr_reads = 0;
		walk_with(&regs, chance() % 16 ? &space.ranges : NULL, chance() % 8 == 0,
			 depth);
		assert_in_range(walked.nr, 1, depth);
		assert_true(walked.end < PKPROF_NR_STACK_ENDS);
		/* a frame reads its CFA, its return address, and registers of its own */
		assert_true(nr_reads <= (depth + 1) * 4 + 9 * 17);
		ends[walked.end]++;
	}
	/* it came to all kinds of ends */
	for (unsigned int i = 0; i < PKPROF_NR_STACK_ENDS; i++)
		if (!ends[i] && i != PKPROF_END_UNWIND && i != PKPROF_END_LOOP)
			fail_msg("no walk ended with %u", i);
}

/* --- this program -------------------------------------------------------------------- */

#define MAX_AREAS 256

static struct {
	struct pk_ranges ranges;
	struct pk_range room[MAX_AREAS];
} self;
static struct pk_rows_ref refs[MAX_AREAS];

/* Executable areas of this process with their rows. */
static void read_self(void)
{
	unsigned long start, end, off;
	char line[512], path[256];
	FILE *maps = fopen("/proc/self/maps", "r");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		struct pk_rows_blob rows = { 0 };
		struct pk_err err = { 0 };
		u32 nr = self.ranges.nr;

		if (sscanf(line, "%lx-%lx %*c%*cxp %lx %*s %*s %255s", &start, &end, &off, path) != 4 ||
		    path[0] != '/')
			continue;
		assert_true(nr < MAX_AREAS);
		if (!pk_rows_compile(open(path, O_RDONLY | O_CLOEXEC), path, &rows, NULL, &err)) {
			assert_int_equal(pk_urows_check(rows.data, rows.bytes), 0);
			refs[nr].rows = rows.data;
		}
		self.room[nr] = (struct pk_range){ start, end, off, &refs[nr] };
		self.ranges.nr++;
	}
	fclose(maps);
}

static u64 leaf_ip, middle_ip, outer_ip;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	const struct pk_uregs regs = {
		.ip = g[REG_RIP],
		.reg = { g[REG_RAX], g[REG_RDX], g[REG_RCX], g[REG_RBX], g[REG_RSI], g[REG_RDI],
			 g[REG_RBP], g[REG_RSP], g[REG_R8], g[REG_R9], g[REG_R10], g[REG_R11],
			 g[REG_R12], g[REG_R13], g[REG_R14], g[REG_R15] },
	};

	(void)sig;
	(void)info;
	own = true;
	walk_with(&regs, &self.ranges, false, PKPROF_MAX_DEPTH);
	own = false;
}

static __attribute__((noinline)) void leaf(void)
{
	leaf_ip = (u64)__builtin_return_address(0);
	raise(SIGUSR1);
	asm volatile("");
}

static __attribute__((noinline)) int compare(const void *a, const void *b)
{
	(void)a;
	(void)b;
	if (!walked.nr)
		leaf();
	asm volatile("");
	return 0;
}

/* Through code of libc that nobody compiled for us. */
static __attribute__((noinline)) void middle(int depth)
{
	volatile char array[64];
	int some[2] = { 1, 2 };

	array[0] = depth;
	middle_ip = (u64)__builtin_return_address(0);
	if (depth)
		middle(depth - 1);
	else
		qsort(some, 2, sizeof(some[0]), compare);
	asm volatile("" : : "r"(array[0]));
}

static unsigned int position(u64 ip)
{
	unsigned int i;

	for (i = 0; i < walked.nr && walked.ip[i] != ip; i++)
		;
	return i;
}

static void test_own_stack(void **state)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, old;

	(void)state;
	read_self();
	assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
	memset(&walked, 0, sizeof(walked));
	outer_ip = (u64)__builtin_return_address(0);
	middle(20);
	sigaction(SIGUSR1, &old, NULL);
	print_message("[          ] %u frames, end %u\n", walked.nr, walked.end);
	assert_true(self.ranges.nr > 5);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* 21 calls of middle() between the comparison and the caller of this */
	assert_true(position(leaf_ip) < position(outer_ip));
	assert_true(position(outer_ip) < walked.nr);
	assert_true(position(outer_ip) - position(leaf_ip) >= 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plain_frames, set_up),
		cmocka_unit_test_setup(test_call_at_the_end_of_a_function, set_up),
		cmocka_unit_test_setup(test_preserved_registers, set_up),
		cmocka_unit_test_setup(test_realigned_frames, set_up),
		cmocka_unit_test_setup(test_signals, set_up),
		cmocka_unit_test_setup(test_other_stacks, set_up),
		cmocka_unit_test_setup(test_reasons, set_up),
		cmocka_unit_test_setup(test_depth, set_up),
		cmocka_unit_test_setup(test_32_bits, set_up),
		cmocka_unit_test_setup(test_by_chance, set_up),
		cmocka_unit_test(test_own_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
