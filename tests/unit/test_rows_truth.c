// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unwind rows of real files against elfutils' reading of the same: with registers and memory of
 * made-up values, both must find the same CFA and the same places of saved registers, at both ends
 * of each row. Nothing may differ.
 */
/* link: tests/unit/elf_fixture.c */
#include <elfutils/libdw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/vdso.h"
#include "unwind/compile.h"

#define MAX_ENTRIES 3000 /* of a file: every n-th of more */
#define STACK	    16
#define PADDING	    16

/* Whose rows are compared. */
struct truth {
	const char *name;
	struct pk_elf e;
	Dwarf_CFI *cfi;
	const struct pkprof_rows *rows;
	bool is64;
	unsigned int word;
	unsigned long nr, nr_unknown, nr_different, nr_lost, of_kind[PKPROF_NR_RULE_KINDS];
};

/* ---- made-up values ---------------------------------------------------------------- */

static uint64_t reg_value(uint64_t reg)
{
	return 0x100000000 * (reg + 1) + 0x1230;
}

static uint64_t memory(uint64_t addr)
{
	return pk_hash64(addr);
}

/* In 64-bit numbers, from those of the file. */
static uint64_t number(const struct truth *t, uint64_t reg)
{
	static const uint64_t of_32[] = { 0, 2, 1, 3, 7, 6, 4, 5, 16 };

	return t->is64 ? reg : of_32[reg];
}

/* What an expression of elfutils' comes to; false: an operation that this does not know. */
static bool evaluate(const struct truth *t, const Dwarf_Op *ops, size_t nr, uint64_t pc,
		     uint64_t cfa, uint64_t *ret, bool *is_value_ret)
{
	uint64_t s[STACK] = { 0 };
	int top = -1;

	*is_value_ret = false;
	for (const Dwarf_Op *op = ops; op < ops + nr; op++) {
		uint8_t atom = op->atom;

		if (top > STACK - 2)
			return false;
		if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
			uint64_t reg = number(t, atom - DW_OP_breg0);

			s[++top] = (reg == 16 ? pc : reg_value(reg)) + op->number;
		} else if (atom == DW_OP_bregx) {
			s[++top] = reg_value(number(t, op->number)) + op->number2;
		} else if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
			s[++top] = atom - DW_OP_lit0;
		} else if (atom == DW_OP_call_frame_cfa) {
			s[++top] = cfa;
		} else if (atom == DW_OP_stack_value) {
			*is_value_ret = true;
		} else if (top >= 0 && atom == DW_OP_deref) {
			s[top] = memory(s[top]);
		} else if (top >= 0 && atom == DW_OP_plus_uconst) {
			s[top] += op->number;
		} else if (top >= 1) {
			uint64_t b = s[top--];

			switch (atom) {
			case DW_OP_and:
				s[top] &= b;
				break;
			case DW_OP_plus:
				s[top] += b;
				break;
			case DW_OP_shl:
				s[top] <<= b;
				break;
			case DW_OP_ge:
				s[top] = (int64_t)s[top] >= (int64_t)b;
				break;
			default:
				return false;
			}
		} else {
			return false;
		}
	}
	*ret = top >= 0 ? s[top] : 0;
	return top >= 0;
}

/* ---- one address ------------------------------------------------------------------- */

static void differ(struct truth *t, uint64_t pc, const char *what)
{
	if (t->nr_different++ < 10)
		printf("%s: 0x%lx: %s differs\n", t->name, pc, what);
}

static const struct pkprof_rule *rule_at(const struct truth *t, uint64_t pc)
{
	uint64_t off = pc, end = pc + 1;

	assert_true(pk_elf_to_off(&t->e, &off, &end));
	return pk_urows_find(t->rows, off);
}

static void compare_saved(struct truth *t, Dwarf_Frame *frame, uint64_t pc, uint64_t cfa,
			  unsigned int saved, int reg, uint16_t ours)
{
	static const char *const names[] = { "bp", "bx", "r12", "r13", "r14", "r15" };
	Dwarf_Op mem[3], *ops;
	uint64_t place = 0, want;
	bool is_value = false, is_place;
	size_t nr;

	assert_int_equal(dwarf_frame_register(frame, reg, mem, &ops, &nr), 0);
	/*
	 * The same value. elfutils' list of registers that functions preserve has rax for rbx,
	 * and no ebp and ebx: of those it says undefined where the file says nothing.
	 */
	if (!nr && (!ops || ((saved == PKPROF_SAVED_BX || !t->is64) && ours == PKPROF_SAVED_NOT))) {
		if (ours != PKPROF_SAVED_NOT)
			differ(t, pc, names[saved]);
		return;
	}
	is_place = nr && evaluate(t, ops, nr, pc, cfa, &place, &is_value) && !is_value;
	if (ours == PKPROF_SAVED_LOST) {
		/* in memory, but neither below the CFA nor by bp */
		t->nr_lost++;
		if (is_place && place < cfa &&
		    (nr == 1 || (nr == 2 && ops[1].atom == DW_OP_plus_uconst) ||
		     (nr == 2 && ops[1].atom == DW_OP_breg6)))
			differ(t, pc, names[saved]);
		return;
	}
	want = ours & PKPROF_SAVED_BY_BP
		       ? reg_value(PKPROF_REG_BP) - (uint64_t)(ours & ~PKPROF_SAVED_BY_BP) * t->word
		       : cfa - (uint64_t)ours * t->word;
	if (!is_place || ours == PKPROF_SAVED_NOT || place != want)
		differ(t, pc, names[saved]);
}

static void compare_registers(struct truth *t, Dwarf_Frame *frame, uint64_t pc, uint64_t cfa,
			      int ra_reg, const struct pkprof_rule *rule)
{
	static const int of_64[] = { 6, 3, 12, 13, 14, 15 }, of_32[] = { 5, 3 };
	Dwarf_Op mem[3], *ops;
	bool is_value;
	uint64_t ra;
	size_t nr;

	assert_int_equal(dwarf_frame_register(frame, ra_reg, mem, &ops, &nr), 0);
	if (!evaluate(t, ops, nr, pc, cfa, &ra, &is_value) || is_value ||
	    ra != cfa - (uint64_t)rule->ra * t->word)
		differ(t, pc, "return address");
	for (unsigned int i = 0; i < (t->is64 ? 6 : 2); i++)
		compare_saved(t, frame, pc, cfa, i, t->is64 ? of_64[i] : of_32[i], rule->saved[i]);
}

static bool is_undefined(Dwarf_Frame *frame, int reg)
{
	Dwarf_Op mem[3], *ops;
	size_t nr;

	return !dwarf_frame_register(frame, reg, mem, &ops, &nr) && !nr && ops == mem;
}

static void compare_at(struct truth *t, Dwarf_Frame *frame, uint64_t pc, int ra_reg, bool signal)
{
	const struct pkprof_rule *rule = rule_at(t, pc);
	uint64_t want, cfa;
	bool is_value;
	Dwarf_Op *ops;
	size_t nr;

	t->nr++;
	if (!rule) {
		differ(t, pc, "row, of which there is none,");
		return;
	}
	t->of_kind[rule->kind]++;
	if (is_undefined(frame, ra_reg) != (rule->kind == PKPROF_RULE_END) &&
	    rule->kind != PKPROF_RULE_UNKNOWN)
		differ(t, pc, "end of stacks");
	if (dwarf_frame_cfa(frame, &ops, &nr) || rule->kind == PKPROF_RULE_UNKNOWN ||
	    rule->kind == PKPROF_RULE_END)
		return;
	if (rule->kind == PKPROF_RULE_SIGNAL) {
		if (!signal || ops[0].atom != DW_OP_breg7 || ops[0].number != 160)
			differ(t, pc, "signal frame");
		return;
	}
	cfa = reg_value(rule->reg) + rule->off;
	if (rule->kind == PKPROF_RULE_CFA_AT)
		cfa = memory(cfa) + rule->add;
	if (!evaluate(t, ops, nr, pc, 0, &want, &is_value) || want != cfa ||
	    rule->kind == PKPROF_RULE_GAP)
		differ(t, pc, "CFA");
	else
		compare_registers(t, frame, pc, cfa, ra_reg, rule);
}

/* ---- one file ---------------------------------------------------------------------- */

/* All bytes of a few entries of a PLT, else both ends. */
static void compare_row(struct truth *t, Dwarf_Frame *frame, uint64_t start, uint64_t end,
			int ra_reg, bool signal)
{
	Dwarf_Op *ops;
	size_t nr;

	if (!dwarf_frame_cfa(frame, &ops, &nr) && nr > 3) {
		for (uint64_t pc = start; pc < end && pc < start + 100; pc++)
			compare_at(t, frame, pc, ra_reg, signal);
		return;
	}
	compare_at(t, frame, start, ra_reg, signal);
	compare_at(t, frame, end - 1, ra_reg, signal);
}

/* Padding, which takes the rule of what follows, or a gap. */
static void check_between(struct truth *t, uint64_t pc)
{
	uint64_t off = pc, end = pc + 1;
	const struct pkprof_rule *rule, *next;
	Dwarf_Frame *frame;

	if (!pk_elf_to_off(&t->e, &off, &end))
		return;
	rule = pk_urows_find(t->rows, off);
	if (!rule || rule->kind == PKPROF_RULE_GAP)
		return;
	for (uint64_t ahead = pc; ahead < pc + PADDING; ahead++) {
		if (dwarf_cfi_addrframe(t->cfi, ahead, &frame))
			continue;
		free(frame);
		next = rule_at(t, ahead);
		if (next == rule && rule->kind == PKPROF_RULE_CFA && rule->ra == 1 &&
		    rule->reg == PKPROF_REG_SP && rule->off == (int)t->word)
			return;
		break;
	}
	differ(t, pc, "gap");
}

static void compare_entry(struct truth *t, uint64_t pc, uint64_t limit)
{
	Dwarf_Addr start, end;
	Dwarf_Frame *frame;
	bool signal;

	while (pc < limit && !dwarf_cfi_addrframe(t->cfi, pc, &frame)) {
		int ra_reg = dwarf_frame_info(frame, &start, &end, &signal);

		assert_true(end > pc);
		compare_row(t, frame, pc, end < limit ? end : limit, ra_reg, signal);
		free(frame);
		pc = end;
	}
	if (pc < limit)
		check_between(t, pc);
}

static void compare(struct truth *t, size_t nr, const struct pk_fde *fde)
{
	size_t step = nr / MAX_ENTRIES + 1;

	t->is64 = gelf_getclass(t->e.elf) == ELFCLASS64;
	t->word = t->is64 ? 8 : 4;
	for (size_t i = 0; i < nr; i += step)
		compare_entry(t, fde[i].start, i + 1 < nr ? fde[i + 1].start : UINT64_MAX);
	for (size_t i = 0; i < PKPROF_NR_RULE_KINDS; i++)
		assert_true(i != PKPROF_RULE_GAP || !t->of_kind[i]);
	t->nr_unknown = t->of_kind[PKPROF_RULE_UNKNOWN];
	printf("%s: %lu places, %lu by a word in memory, %lu ends, %lu signals, %lu registers lost, "
	       "%lu unknown, %lu differ\n",
	       t->name, t->nr, t->of_kind[PKPROF_RULE_CFA_AT], t->of_kind[PKPROF_RULE_END],
	       t->of_kind[PKPROF_RULE_SIGNAL], t->nr_lost, t->nr_unknown, t->nr_different);
	assert_true(t->nr > 0);
	assert_int_equal(t->nr_different, 0);
	assert_true(t->nr_unknown <= t->nr / 100);
}

/* With the list of entries that the rows were made by. */
static void compare_all(struct truth *t, struct pk_rows_blob *b)
{
	struct pk_cfi c;

	assert_true(pk_rows_valid(b->data, b->bytes));
	assert_non_null(t->cfi);
	t->rows = b->data;
	assert_int_equal(pk_cfi_init(&c, &t->e), 0);
	compare(t, c.eh.fdes.nr, c.eh.fdes.data);
	pk_cfi_deinit(&c);
	pk_rows_release(b);
}

static struct truth compare_file(const char *path)
{
	struct truth t = { .name = path };
	struct pk_rows_blob b;
	struct pk_err err;
	Elf *elf;
	int fd;

	assert_int_equal(pk_rows_compile(pk_open_regular(path), path, &b, NULL, &err), 0);
	assert_int_equal(pk_elf_open(pk_open_regular(path), &t.e), 0);
	/* a reading of its own, that nothing of ours has touched */
	fd = pk_open_regular(path);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	t.cfi = dwarf_getcfi_elf(elf);
	compare_all(&t, &b);
	dwarf_cfi_end(t.cfi);
	elf_end(elf);
	close(fd);
	pk_elf_close(&t.e);
	return t;
}

/* Its entries are in .debug_frame alone. */
static struct truth compare_debug_frame(const char *path)
{
	struct truth t = { .name = path };
	struct pk_rows_blob b;
	struct pk_err err;
	Dwarf *dw;
	int fd;

	assert_int_equal(pk_rows_compile(pk_open_regular(path), path, &b, NULL, &err), 0);
	assert_int_equal(pk_elf_open(pk_open_regular(path), &t.e), 0);
	fd = pk_open_regular(path);
	dw = dwarf_begin(fd, DWARF_C_READ);
	assert_non_null(dw);
	t.cfi = dwarf_getcfi(dw);
	compare_all(&t, &b);
	dwarf_end(dw);
	close(fd);
	pk_elf_close(&t.e);
	return t;
}

/* ---- tests ------------------------------------------------------------------------- */

static void test_files_of_the_system(void **state)
{
	static const char *const paths[] = {
		"/lib/x86_64-linux-gnu/libc.so.6",
		"/lib64/libc.so.6",
		"/lib64/ld-linux-x86-64.so.2",
		"/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
		"/usr/lib/x86_64-linux-gnu/libgcc_s.so.1",
		"/usr/lib/x86_64-linux-gnu/libpthread.so.0",
		"/usr/lib/x86_64-linux-gnu/libm.so.6",
		"/usr/lib32/libc.so.6",
		"/usr/bin/python3",
		"/usr/bin/perl",
		"/usr/bin/bash",
		"/proc/self/exe",
	};
	unsigned int files = 0;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		fd = pk_open_regular(paths[i]);
		if (fd < 0)
			continue;
		close(fd);
		compare_file(paths[i]);
		files++;
	}
	assert_true(files >= 3);
}

static void test_vdso(void **state)
{
	struct truth t = { .name = "[vdso]" };
	struct pk_rows_blob b;
	struct pk_elf e;
	struct pk_err err;

	(void)state;
	if (pk_rows_compile_vdso(&b, NULL, &err) == -ENOENT)
		skip();
	assert_int_equal(b.data->flags, PKPROF_ROWS_VDSO);
	assert_int_equal(pk_vdso_open(&t.e), 0);
	assert_int_equal(pk_vdso_open(&e), 0);
	t.cfi = dwarf_getcfi_elf(e.elf);
	compare_all(&t, &b);
	dwarf_cfi_end(t.cfi);
	pk_elf_close(&e);
	pk_elf_close(&t.e);
}

/* Frames of all kinds: aligned ones, of variable size, large ones, cold parts, a PLT. */
static const char source[] =
	"#include <stdio.h>\n"
	"#include <stdlib.h>\n"
	"#include <string.h>\n"
	"extern void take(void *);\n"
	"void aligned(int n) { char c[64] __attribute__((aligned(64))); memset(c, n, 64); take(c); }\n"
	"void both(int n) { char c[64] __attribute__((aligned(64))); char *p = __builtin_alloca(n);\n"
	"	take(c); take(p); }\n"
	"void variable(int n) { char c[n]; memset(c, 0, n); take(c); puts(c); }\n"
	"int large(int a) { char c[100000]; take(c); return c[a]; }\n"
	"int many(int a, int b, int c, int d, int e, int f) { int i; for (i = 0; i < a; i++) {\n"
	"	take(&i); b += c * rand(); c ^= d + rand(); d += e; e += f; f += b; take(&b); }\n"
	"	return b + c + d + e + f; }\n"
	"int cold(int a) { if (__builtin_expect(a == 77, 0)) { puts(\"cold\"); abort(); }\n"
	"	return a + rand(); }\n"
	"void take(void *p) { __asm__ volatile(\"\" :: \"r\"(p)); }\n";

static void test_kinds_of_frames(void **state)
{
	struct truth t;

	(void)state;
	elf_compile("frames.so", source, "-O2 -shared -fPIC -fplt");
	t = compare_file(elf_path("frames.so"));
	assert_true(t.of_kind[PKPROF_RULE_CFA_AT] > 0);
	assert_true(t.nr_lost == 0 && t.nr_unknown == 0);
	elf_compile("small.so", source, "-Os -shared -fPIC");
	compare_file(elf_path("small.so"));
	elf_compile("bp.so", source, "-O0 -fno-omit-frame-pointer -shared -fPIC");
	compare_file(elf_path("bp.so"));
	elf_compile("bindnow.so", source, "-O2 -shared -fPIC -Wl,-z,now -fcf-protection=full");
	compare_file(elf_path("bindnow.so"));
}

static void test_32_bit(void **state)
{
	struct truth t;

	(void)state;
	elf_write("freestanding.h", "typedef unsigned long size_t;\n");
	elf_compile("frames32.so",
		    "extern void take(void *);\n"
		    "void aligned(void) { char c[64] __attribute__((aligned(64))); take(c); }\n"
		    "int many(int a, int b, int c) { int i; for (i = 0; i < a; i++) {\n"
		    "	take(&i); b += c; c ^= b * a; take(&b); } return b + c; }\n"
		    "void big(int n) { char c[n]; take(c); }\n"
		    "int entry(int n) { take(&n); return n; }\n",
		    "-O2 -m32 -shared -fPIC -nostdlib -Wl,-z,lazy");
	t = compare_file(elf_path("frames32.so"));
	assert_false(t.is64);
	assert_true(t.of_kind[PKPROF_RULE_CFA_AT] > 0);
	assert_int_equal(t.nr_unknown, 0);
}

static void test_debug_frame(void **state)
{
	static const char flags[] = "-O2 -g -shared -fPIC -nostartfiles -nostdlib "
				    "-fno-asynchronous-unwind-tables -fno-exceptions "
				    "-Wl,-z,norelro -Wl,--no-ld-generated-unwind-info";
	char packed[256];
	struct truth t;

	(void)state;
	elf_compile("debug.so", source, flags);
	t = compare_debug_frame(elf_path("debug.so"));
	assert_true(t.nr > 20);
	snprintf(packed, sizeof(packed), "%s -gz=zlib", flags);
	elf_compile("packed.so", source, packed);
	assert_int_equal(compare_debug_frame(elf_path("packed.so")).nr, t.nr);
	elf_run("objcopy --compress-debug-sections=zlib-gnu debug.so gnu.so");
	assert_int_equal(compare_debug_frame(elf_path("gnu.so")).nr, t.nr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_of_frames),	    cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_debug_frame),	    cmocka_unit_test(test_vdso),
		cmocka_unit_test(test_files_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
