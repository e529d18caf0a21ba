// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Python frames of user stacks, on memory made up: which native frame ran them, in which order,
 * for each way in which CPython links its frames; names at first sight; and memory at random,
 * where a walk must end within its limits and read nothing but user memory.
 */
/* link: kmod/uwalk.c kmod/python.c kmod/python_code.c kmod/urows.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "python.h"
#include "user_word.h"
#include "uwalk.h"

/* --- memory ------------------------------------------------------------------------- */

#define MEMORY 0x7ffe00000000ULL /* made up */
#define BYTES  (256u << 10)
#define STACK  (MEMORY + 0x1000)
#define THREAD 0x7f0000001740ULL

static u8 memory[BYTES];
static unsigned int nr_reads;

static bool is_there(u64 at, u64 bytes)
{
	nr_reads++;
	return at >= MEMORY && at - MEMORY <= BYTES - bytes;
}

bool pk_user_word(u64 at, bool compat, u64 *ret)
{
	assert_false(compat);
	*ret = 0;
	if (!is_there(at, sizeof(*ret)))
		return false;
	memcpy(ret, memory + (at - MEMORY), sizeof(*ret));
	return true;
}

bool pk_user_bytes(void *to, u64 at, u32 nr)
{
	assert_true(nr <= PKPROF_MAX_CODE_LINES);
	if (!is_there(at, nr))
		return false;
	memcpy(to, memory + (at - MEMORY), nr);
	return true;
}

static void put(u64 at, u64 value)
{
	memcpy(memory + (at - MEMORY), &value, sizeof(value));
}

static void put_byte(u64 at, u8 value)
{
	memory[at - MEMORY] = value;
}

/* --- CPython made up ---------------------------------------------------------------- */

static const struct pkprof_python by_cframe = {
	.version = 0x030b02f0,
	.flags = PKPROF_PYTHON_CFRAME | PKPROF_PYTHON_IS_ENTRY,
	.interpreters = 40,
	.interpreter_threads = 16,
	.thread_next = 8,
	.thread_id = 152,
	.thread_frame = 56,
	.cframe_frame = 8,
	.cframe_previous = 16,
	.frame_code = 32,
	.frame_previous = 48,
	.frame_instr = 56,
	.frame_is_entry = 68,
	.frame_owner = 69,
	.shim_owner = 255,
	.code_file = 112,
	.code_name = 128,
	.code_lines = 136,
	.code_first_line = 72,
	.code_instr = 184,
	.text_length = 16,
	.text_state = 32,
	.kind_shift = 2,
	.ascii_data = 48,
	.wide_data = 72,
	.bytes_length = 16,
	.bytes_data = 32,
};

static const struct pkprof_python by_shim = {
	.version = 0x030d05f0,
	.interpreters = 40,
	.interpreter_threads = 16,
	.thread_next = 8,
	.thread_id = 152,
	.thread_frame = 72,
	.frame_code = 0,
	.frame_previous = 8,
	.frame_instr = 56,
	.frame_owner = 70,
	.shim_owner = 3,
	.code_file = 112,
	.code_name = 128,
	.code_lines = 136,
	.code_first_line = 68,
	.code_instr = 200,
	.text_length = 16,
	.text_state = 32,
	.kind_shift = 2,
	.ascii_data = 40,
	.wide_data = 56,
	.bytes_length = 16,
	.bytes_data = 32,
};

#define RUNTIME	    (MEMORY + 0x10000)
#define INTERPRETER (MEMORY + 0x11000)
#define OTHER_STATE (MEMORY + 0x12000)
#define STATE	    (MEMORY + 0x12400)
#define FRAMES	    (MEMORY + 0x14000)
#define CODES	    (MEMORY + 0x18000)
#define TEXTS	    (MEMORY + 0x30000)

#define FILE_START 0x400000ULL

enum {
	PLAIN,
	EVAL,
	END,
	NR_MADE
};

/* Native frames of 64 bytes, the return address on top. */
static struct {
	struct pkprof_rows head;
	struct pkprof_rule rule[NR_MADE];
	u32 page[2];
	struct pkprof_row row[NR_MADE];
	struct pk_python_place python;
} table;

#define TABLE_BYTES (offsetof(typeof(table), python) + sizeof(struct pkprof_python))

static struct pk_rows_ref ref = { &table.head };
static struct {
	struct pk_ranges ranges;
	struct pk_range room[1];
} space = { .ranges.nr = 1, .room = { { FILE_START, FILE_START + 0x10000, 0, &ref } } };

static struct pk_python_cpu cpu;
static struct pk_stack walked;
static unsigned int nr_told;
static bool no_room;
static struct pkprof_rec_code last_told;
static u8 last_text[sizeof(cpu.codes.told)];

static bool tell(void *ctx, const struct pkprof_rec_code *rec)
{
	size_t len = (size_t)rec->name_len + rec->file_len + rec->lines_len;

	assert_ptr_equal(ctx, &cpu);
	assert_true(sizeof(*rec) + len <= rec->rec.size && rec->rec.size % 8 == 0);
	assert_true(rec->rec.size <= sizeof(cpu.codes.told));
	if (no_room)
		return false;
	nr_told++;
	last_told = *rec;
	memcpy(last_text, rec->text, len);
	return true;
}

static u64 native(unsigned int kind)
{
	return FILE_START + 256 * kind + 16;
}

/* A text of one byte a character. */
static void make_text(const struct pkprof_python *o, u64 at, const char *text)
{
	put(at + o->text_length, strlen(text));
	put(at + o->text_state, (u64)(1 | 8 | 16) << o->kind_shift);
	memcpy(memory + (at + o->ascii_data - MEMORY), text, strlen(text));
}

static u64 code_at(unsigned int n)
{
	return CODES + 1024 * n;
}

static void make_code(const struct pkprof_python *o, unsigned int n)
{
	u64 code = code_at(n), text = TEXTS + 1024 * n;
	char name[] = "function_A";

	name[9] += n;
	make_text(o, text, name);
	make_text(o, text + 256, "/a/file.py");
	put(text + 512 + o->bytes_length, 3);
	put(code + o->code_name, text);
	put(code + o->code_file, text + 256);
	put(code + o->code_lines, text + 512);
	put(code + (o->code_first_line & ~7u), (u64)(10 * n) << (o->code_first_line & 4) * 8);
}

static u64 frame_at(unsigned int n)
{
	return FRAMES + 128 * n;
}

/* Frame @n of code @n, at instruction n. */
static void make_frame(const struct pkprof_python *o, unsigned int n, u64 previous, bool is_entry)
{
	u64 frame = frame_at(n);

	put(frame + o->frame_code, code_at(n));
	put(frame + o->frame_previous, previous);
	put(frame + o->frame_instr, code_at(n) + o->code_instr + 2 * n);
	if (o->flags & PKPROF_PYTHON_IS_ENTRY)
		put_byte(frame + o->frame_is_entry, is_entry);
	make_code(o, n);
}

static void make(const struct pkprof_python *o)
{
	memset(memory, 0, sizeof(memory));
	memset(&cpu, 0, sizeof(cpu));
	nr_told = 0;
	no_room = false;
	table.head = (struct pkprof_rows){
		.magic = PKPROF_ROWS_MAGIC,
		.bytes = TABLE_BYTES,
		.flags = PKPROF_ROWS_PYTHON,
		.nr_rules = NR_MADE,
		.nr_pages = 1,
		.nr_rows = NR_MADE,
	};
	table.rule[PLAIN] = (struct pkprof_rule){ PKPROF_RULE_CFA, PKPROF_REG_SP, 1, 64, 0, { 0 } };
	table.rule[EVAL] = table.rule[PLAIN];
	table.rule[EVAL].kind |= PKPROF_RULE_EVAL;
	table.rule[END] = (struct pkprof_rule){ .kind = PKPROF_RULE_END };
	for (unsigned int i = 0; i < NR_MADE; i++)
		table.row[i] = (struct pkprof_row){ .off = 256 * i, .rule = i };
	table.page[0] = 0;
	table.page[1] = NR_MADE;
	table.python.o = *o;
	/* the library is far from its data here */
	table.python.o.runtime = (s64)(RUNTIME - FILE_START);
	put(RUNTIME + o->interpreters, INTERPRETER);
	put(INTERPRETER + o->interpreter_threads, OTHER_STATE);
	put(OTHER_STATE + o->thread_next, STATE);
	put(OTHER_STATE + o->thread_id, THREAD + 4096);
	put(STATE + o->thread_id, THREAD);
}

/* Native frames of these kinds, leaf first; frame n lies at STACK + 64 n. */
static const struct pk_stack *walk(const unsigned int *kinds, unsigned int nr, u32 max_depth)
{
	struct pk_python python = {
		.cpu = &cpu, .space = 7, .thread = THREAD, .tell = tell, .ctx = &cpu
	};
	struct pk_uspace at = { .ranges = &space.ranges, .python = &python };
	struct pk_uregs regs = { .ip = native(kinds[0]), .reg[PKPROF_REG_SP] = STACK };

	for (unsigned int i = 1; i < nr; i++)
		put(STACK + 64 * i - 8, native(kinds[i]));
	pk_uwalk(&walked, &regs, &at, max_depth);
	return &walked;
}

/* "e0,1p" : eval, its frames with codes 0 and 1, plain. */
static void assert_stack(const char *wanted)
{
	char got[4 * PKPROF_MAX_DEPTH], *p = got;
	unsigned int name;

	for (unsigned int i = 0; i < walked.nr; i++) {
		u64 ip = walked.ip[i];

		if (!PKPROF_IS_CODE(ip)) {
			*p++ = "ped"[(ip - FILE_START) / 256];
			continue;
		}
		name = PKPROF_CODE_PLACE(ip);
		*p++ = name < 10 ? '0' + name : '?';
		for (unsigned int k = PKPROF_CODE_NR_RUN_BY(ip); k; k--)
			*p++ = '<';
	}
	*p = '\0';
	assert_string_equal(got, wanted);
}

/* --- the cases ------------------------------------------------------------------------ */

#define WALK(...)                                                                  \
	walk((const unsigned int[]){ __VA_ARGS__ },                                \
	     sizeof((const unsigned int[]){ __VA_ARGS__ }) / sizeof(unsigned int), \
	     PKPROF_MAX_DEPTH)

/* Two activations: the inner one runs frames 0 and 1, the outer one 2. */
static void make_two_by_cframe(u64 inner, u64 outer)
{
	const struct pkprof_python *o = &by_cframe;

	make(o);
	make_frame(o, 0, frame_at(1), false);
	make_frame(o, 1, frame_at(2), true);
	make_frame(o, 2, 0, true);
	put(STATE + o->thread_frame, inner);
	put(inner + o->cframe_frame, frame_at(0));
	put(inner + o->cframe_previous, outer);
	put(outer + o->cframe_frame, frame_at(2));
}

static void test_cframes(void **state)
{
	(void)state;
	make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
	WALK(PLAIN, EVAL, PLAIN, EVAL, PLAIN, END);
	assert_stack("pe0<1pe2<pd");
	assert_int_equal(nr_told, 3);
	assert_int_equal(walked.end, PKPROF_END_ROOT);
	/* the second time nothing is told any more */
	WALK(EVAL, PLAIN, PLAIN, EVAL, END);
	assert_int_equal(nr_told, 3);
}

/* An activation that has begun, and has not said so yet; or one that is unknown to us. */
static void test_native_frames_of_other_kinds(void **state)
{
	(void)state;
	make_two_by_cframe(STACK + 2 * 64 + 16, STACK + 3 * 64 + 16);
	WALK(PLAIN, EVAL, EVAL, EVAL, END);
	assert_stack("pee0<1e2<d");
	/* its code was moved to where no name is */
	make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
	WALK(PLAIN, EVAL, PLAIN, PLAIN, END);
	assert_stack("pe0<1pp2<d");
	/* the first of them: what it ran is not lost, and not given to the other */
	WALK(PLAIN, PLAIN, PLAIN, EVAL, END);
	assert_stack("ppp01e2<d");
}

static void make_two_by_shim(u64 inner, u64 outer)
{
	const struct pkprof_python *o = &by_shim;

	make(o);
	make_frame(o, 0, frame_at(1), false);
	make_frame(o, 1, inner, false);
	make_frame(o, 2, outer, false);
	put(inner + o->frame_previous, frame_at(2));
	put_byte(inner + o->frame_owner, 3);
	put(outer + o->frame_previous, 0);
	put_byte(outer + o->frame_owner, 4);
	put(STATE + o->thread_frame, frame_at(0));
}

/* Return addresses are at +56 of each frame: shims, of which +8 and +70 are used, lie across. */
static void test_shims(void **state)
{
	(void)state;
	make_two_by_shim(STACK + 64 + 64 + 16, STACK + 4 * 64 + 16);
	WALK(PLAIN, EVAL, EVAL, PLAIN, EVAL, PLAIN, END);
	assert_stack("pee0<1pe2<pd");
	/* instructions that are functions */
	table.python.o.flags |= PKPROF_PYTHON_TAIL;
	WALK(PLAIN, PLAIN, EVAL, PLAIN, EVAL, PLAIN, END);
	assert_stack("ppe0<<1pe2<<pd");
}

static void test_depth(void **state)
{
	const struct pkprof_python *o = &by_cframe;

	(void)state;
	make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
	walk((const unsigned int[]){ PLAIN, EVAL, PLAIN, EVAL, END }, 5, 3);
	assert_stack("pe0<");
	assert_int_equal(walked.end, PKPROF_END_DEPTH);
	/* more than there is room for: those next to the leaf, in order */
	for (unsigned int i = 0; i < 8; i++)
		make_frame(o, i, frame_at(i + 1), false);
	for (unsigned int i = 8; i < 64; i++) {
		make_frame(o, 8, frame_at(8), false); /* one that leads to itself */
	}
	WALK(PLAIN, EVAL, END);
	assert_int_equal(walked.nr, PKPROF_MAX_DEPTH);
	assert_int_equal(PKPROF_CODE_PLACE(walked.ip[2]), 0);
	assert_int_equal(PKPROF_CODE_PLACE(walked.ip[9]), 7);
	assert_int_equal(PKPROF_CODE_PLACE(walked.ip[PKPROF_MAX_DEPTH - 1]), 8);
}

static void test_names(void **state)
{
	const struct pkprof_python *o = &by_cframe;
	u64 text = TEXTS;

	(void)state;
	make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
	put(STACK + 64 + 16 + o->cframe_previous, 0);
	make_frame(o, 0, 0, true);
	WALK(PLAIN, EVAL, END);
	assert_int_equal(nr_told, 1);
	assert_int_equal(last_told.id, 1);
	assert_int_equal(last_told.lines_len, 3);
	assert_int_equal(last_told.name_width, 1);
	assert_memory_equal(last_text, "function_A/a/file.py", 20);
	/* another one in the same memory */
	put(code_at(0) + (o->code_first_line & ~7u), 77ULL);
	WALK(PLAIN, EVAL, END);
	assert_int_equal(nr_told, 2);
	assert_int_equal(PKPROF_CODE_ID(walked.ip[2]), 2);
	assert_int_equal(last_told.first_line, 77);
	/* of two bytes a character */
	put(text + o->text_state, (u64)(2 | 8) << o->kind_shift);
	put(code_at(0) + (o->code_first_line & ~7u), 78ULL);
	WALK(PLAIN, EVAL, END);
	assert_int_equal(last_told.name_width, 2);
	assert_int_equal(last_told.name_len, 20);
	/* longer than memory: tried again, then told without it */
	put(text + o->text_length, 1ULL << 40);
	put(code_at(0) + (o->code_first_line & ~7u), 79ULL);
	put(code_at(0) + o->code_name, MEMORY + BYTES - 64);
	for (unsigned int i = 1; i < PK_CODE_TRIES; i++) {
		WALK(PLAIN, EVAL, END);
		assert_int_equal(nr_told, 3);
		assert_int_equal(PKPROF_CODE_ID(walked.ip[2]), 0);
	}
	WALK(PLAIN, EVAL, END);
	assert_int_equal(nr_told, 4);
	assert_int_equal(last_told.flags, PKPROF_CODE_PART);
	assert_int_equal(last_told.name_len, 0);
	/* the ring is full: later */
	put(code_at(0) + (o->code_first_line & ~7u), 80ULL);
	put(code_at(0) + o->code_name, text + 256);
	no_room = true;
	WALK(PLAIN, EVAL, END);
	assert_int_equal(PKPROF_CODE_ID(walked.ip[2]), 0);
	no_room = false;
	WALK(PLAIN, EVAL, END);
	assert_int_equal(PKPROF_CODE_ID(walked.ip[2]), 5);
}

/* A thread without a state, and one whose state moved. */
static void test_states(void **state)
{
	const struct pkprof_python *o = &by_cframe;

	(void)state;
	make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
	put(STATE + o->thread_id, 5);
	WALK(PLAIN, EVAL, END);
	assert_stack("ped");
	put(STATE + o->thread_id, THREAD);
	WALK(PLAIN, EVAL, END);
	assert_stack("pe0<1d");
	/* a list without end */
	put(STATE + o->thread_id, 5);
	put(STATE + o->thread_next, OTHER_STATE);
	WALK(PLAIN, EVAL, END);
	assert_stack("ped");
}

static u64 rest;

static u64 random64(void)
{
	rest ^= rest << 13;
	rest ^= rest >> 7;
	rest ^= rest << 17;
	return rest;
}

static void test_at_random(void **state)
{
	const unsigned int kinds[] = { PLAIN, EVAL, PLAIN, EVAL, EVAL, PLAIN, EVAL, PLAIN, END };

	(void)state;
	rest = 88172645463325252ULL;
	for (unsigned int round = 0; round < 3000; round++) {
		const struct pkprof_python *o = round & 1 ? &by_shim : &by_cframe;
		unsigned int nr = random64() % 4096;

		if (round & 1)
			make_two_by_shim(STACK + 64 + 16, STACK + 3 * 64 + 16);
		else
			make_two_by_cframe(STACK + 64 + 16, STACK + 3 * 64 + 16);
		/* addresses, mostly: of memory that is there, at its end, and of none */
		for (unsigned int i = 0; i < nr; i++) {
			u64 to = MEMORY + random64() % BYTES;

			if (random64() % 8 == 0)
				to = random64();
			put(RUNTIME + random64() % (BYTES - 0x10008), to);
		}
		put(STATE + o->thread_id, THREAD);
		nr_reads = 0;
		walk(kinds, 9, 1 + random64() % PKPROF_MAX_DEPTH);
		assert_true(walked.nr >= 1 && walked.nr <= PKPROF_MAX_DEPTH);
		assert_true(nr_reads < 4 * 1024 + 20 * 4096);
	}
}

static void test_bounds_of_what_is_uploaded(void **state)
{
	(void)state;
	make(&by_cframe);
	table.python.o.runtime = 4096;
	assert_int_equal(pk_urows_check(&table.head, TABLE_BYTES), 0);
	table.python.o.frame_code = PKPROF_PYTHON_MAX_OFFSET + 1;
	assert_int_not_equal(pk_urows_check(&table.head, TABLE_BYTES), 0);
	make(&by_cframe);
	assert_int_not_equal(pk_urows_check(&table.head, TABLE_BYTES), 0); /* runtime */
	table.python.o.runtime = 4096;
	table.python.o.flags = 8;
	assert_int_not_equal(pk_urows_check(&table.head, TABLE_BYTES), 0);
	table.python.o.flags = 0;
	table.head.flags = 0;
	assert_int_not_equal(pk_urows_check(&table.head, TABLE_BYTES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cframes),
		cmocka_unit_test(test_native_frames_of_other_kinds),
		cmocka_unit_test(test_shims),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_at_random),
		cmocka_unit_test(test_bounds_of_what_is_uploaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
