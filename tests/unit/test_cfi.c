// SPDX-License-Identifier: GPL-2.0-or-later
/* Call frame information written by hand, an instruction at a time, and the rows that it means. */
/* link: tests/unit/elf_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "unwind/compile.h"

#define FUNCTION_BYTES 0x80
#define MAX_WANT       6

/* A rule as text: "sp+16 bp2 bx@3 r12?", ra only where it is not 1. */
static const char *rule_text(const struct pkprof_rule *r)
{
	static const char *const reg[PKPROF_NR_REGS] = { "ax",	"dx",  "cx",  "bx", "si",  "di",
							 "bp",	"sp",  "r8",  "r9", "r10", "r11",
							 "r12", "r13", "r14", "r15" };
	static const char *const kind[] = { "gap", "", "", "signal", "end", "unknown", "pointer" };
	static const char *const saved[] = { "bp", "bx", "r12", "r13", "r14", "r15" };
	static char text[256];
	char *p = text;

	if (!r || (r->kind != PKPROF_RULE_CFA && r->kind != PKPROF_RULE_CFA_AT))
		return r ? kind[r->kind] : "gap";
	if (r->kind == PKPROF_RULE_CFA)
		p += sprintf(p, "%s%+d", reg[r->reg], r->off);
	else
		p += sprintf(p, "[%s%+d]%+d", reg[r->reg], r->off, r->add);
	if (r->ra != 1)
		p += sprintf(p, " ra%u", r->ra);
	for (unsigned int i = 0; i < PKPROF_NR_SAVED; i++) {
		if (r->saved[i] == PKPROF_SAVED_LOST)
			p += sprintf(p, " %s?", saved[i]);
		else if (r->saved[i] & PKPROF_SAVED_BY_BP)
			p += sprintf(p, " %s@%u", saved[i], r->saved[i] & ~PKPROF_SAVED_BY_BP);
		else if (r->saved[i])
			p += sprintf(p, " %s%u", saved[i], r->saved[i]);
	}
	return text;
}

static struct pk_rows_blob compile(const char *name)
{
	struct pk_rows_blob b;
	struct pk_err err = { 0 };

	if (pk_rows_compile(pk_open_regular(elf_path(name)), name, &b, NULL, &err))
		fail_msg("%s", err.msg);
	assert_true(pk_rows_valid(b.data, b.bytes));
	return b;
}

static void assert_rule(const struct pk_rows_blob *b, uint64_t off, const char *want,
			const char *what)
{
	const char *got = rule_text(pk_urows_find(b->data, off));

	if (strcmp(got, want))
		fail_msg("%s: at 0x%lx '%s', not '%s'", what, off, got, want);
}

/* Offset in the file of a symbol of an executable section. */
static uint64_t offset_of(const char *file, const char *symbol)
{
	uint64_t svma, size, end;
	struct pk_elf e = elf_open(file);

	elf_symbol(file, symbol, &svma, &size);
	end = svma + 1;
	assert_true(pk_elf_to_off(&e, &svma, &end));
	pk_elf_close(&e);
	return svma;
}

/* A function of FUNCTION_BYTES: what stands in it, and the rules of some of its bytes. */
struct function {
	const char *text;
	struct {
		unsigned int at;
		const char *rule;
	} want[MAX_WANT];
};

static void check(const char *file, const struct function *f, size_t nr, const char *flags)
{
	char *text = malloc(nr * 1024 + 4096), *p = text;
	struct pk_rows_blob b;
	uint64_t code;

	p += sprintf(p, "	.text\n	.globl _start\n	.balign 64\n_start:\ncode:\n");
	for (size_t i = 0; i < nr; i++) {
		p += sprintf(p, "	.cfi_startproc\n%s\n", f[i].text);
		p += sprintf(p, "	.org %zu\n	.cfi_endproc\n", (i + 1) * FUNCTION_BYTES);
	}
	elf_assemble(file, text, flags);
	free(text);
	b = compile(file);
	code = offset_of(file, "code");
	for (size_t i = 0; i < nr; i++)
		for (unsigned int k = 0; k < MAX_WANT && f[i].want[k].rule; k++)
			assert_rule(&b, code + i * FUNCTION_BYTES + f[i].want[k].at,
				    f[i].want[k].rule, f[i].text);
	pk_rows_release(&b);
}

#define STEP "\n	nop\n" /* one byte of code */

static void test_cfa(void **state)
{
	static const struct function f[] = {
		{ "", { { 0, "sp+8" }, { FUNCTION_BYTES - 1, "sp+8" } } },
		{ STEP ".cfi_def_cfa_offset 16\n.cfi_offset rbp, -16" STEP
		       ".cfi_def_cfa_register rbp",
		  { { 0, "sp+8" }, { 1, "sp+16 bp2" }, { 2, "bp+16 bp2" }, { 100, "bp+16 bp2" } } },
		{ STEP ".cfi_def_cfa r10, 0" STEP ".cfi_def_cfa rsp, 300000",
		  { { 1, "r10+0" }, { 2, "sp+300000" } } },
		{ STEP ".cfi_escape 0x12, 6, 0x7e" STEP ".cfi_escape 0x13, 0x7c", /* _sf: * -8 */
		  { { 1, "bp+16" }, { 2, "bp+32" } } },
		{ STEP ".cfi_escape 0x0c, 17, 8" STEP ".cfi_def_cfa rsp, 8", /* no such register */
		  { { 0, "sp+8" }, { 1, "unknown" }, { 2, "sp+8" } } },
		{ STEP ".cfi_escape 0x0e, 0x80, 0x80, 0x80, 0x80, 0x08", /* offset 1 << 31 */
		  { { 1, "unknown" } } },
		{ STEP ".cfi_def_cfa_offset 24\n.cfi_offset rbx, -24\n.cfi_remember_state" STEP
		       ".cfi_def_cfa_offset 8\n.cfi_restore rbx" STEP ".cfi_restore_state",
		  { { 1, "sp+24 bx3" }, { 2, "sp+8" }, { 3, "sp+24 bx3" } } },
	};

	(void)state;
	check("cfa", f, sizeof(f) / sizeof(f[0]), "-static");
}

static void test_cfa_expressions(void **state)
{
	static const struct function f[] = {
		{ STEP ".cfi_escape 0x0f, 3, 0x76, 0x78, 0x06", { { 1, "[bp-8]+0" } } },
		{ STEP ".cfi_escape 0x0f, 6, 0x77, 0x98, 0x01, 0x06, 0x23, 8",
		  { { 1, "[sp+152]+8" } } },
		{ STEP ".cfi_escape 0x0f, 2, 0x7a, 0x10", { { 1, "r10+16" } } },
		{ STEP ".cfi_escape 0x0f, 3, 0x92, 6, 0x10", { { 1, "bp+16" } } }, /* bregx */
		{ STEP ".cfi_escape 0x0f, 6, 0x77, 0, 0x06, 0x23, 8, 0x96" STEP	   /* then a nop */
		       ".cfi_def_cfa rsp, 8",
		  { { 1, "unknown" }, { 2, "sp+8" } } },
		{ STEP ".cfi_escape 0x0f, 4, 0x77, 0, 0x06, 0x06", { { 1, "unknown" } } },
		{ STEP ".cfi_escape 0x0f, 1, 0x9c", { { 1, "unknown" } } },
		/* an offset where there is none to change */
		{ STEP ".cfi_escape 0x0f, 3, 0x76, 0x78, 0x06" STEP ".cfi_def_cfa_offset 8",
		  { { 1, "[bp-8]+0" }, { 2, "unknown" } } },
	};

	(void)state;
	check("cfae", f, sizeof(f) / sizeof(f[0]), "-static");
}

/* The expression of linkers, of which the second number differs. */
static void test_plt(void **state)
{
	static const struct function f[] = {
		{ "	.skip 32\n.cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, "
		  "0x24, 0x22\n	.skip 40\n.cfi_def_cfa rsp, 8",
		  { { 31, "sp+8" },
		    { 42, "sp+8" },
		    { 43, "sp+16" },
		    { 47, "sp+16" },
		    { 48, "sp+8" },
		    { 59, "sp+16" } } },
		{ "	.skip 32\n.cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3a, 0x2a, 0x33, "
		  "0x24, 0x22\n	.skip 40\n.cfi_def_cfa rsp, 24",
		  { { 41, "sp+8" },
		    { 42, "sp+16" },
		    { 64, "sp+8" },
		    { 71, "sp+8" },
		    { 72, "sp+24" } } },
		/* begins in the middle of an entry */
		{ "	.skip 13\n.cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, "
		  "0x24, 0x22",
		  { { 12, "sp+8" }, { 13, "sp+16" }, { 16, "sp+8" }, { 127, "sp+16" } } },
		/* not the stack pointer, and another shift */
		{ STEP
		  ".cfi_escape 0x0f, 11, 0x76, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22",
		  { { 1, "unknown" } } },
		{ STEP
		  ".cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x32, 0x24, 0x22",
		  { { 1, "unknown" } } },
	};

	(void)state;
	check("plt", f, sizeof(f) / sizeof(f[0]), "-static");
}

static void test_registers(void **state)
{
	static const struct function f[] = {
		{ STEP ".cfi_def_cfa_offset 64\n.cfi_offset rbp, -16\n.cfi_offset rbx, -24\n"
		       ".cfi_offset r12, -32\n.cfi_offset r13, -40\n.cfi_offset r14, -48\n"
		       ".cfi_offset r15, -56\n.cfi_offset rcx, -64" STEP
		       ".cfi_restore r13\n.cfi_restore rbp",
		  { { 1, "sp+64 bp2 bx3 r124 r135 r146 r157" },
		    { 2, "sp+64 bx3 r124 r146 r157" } } },
		{ STEP ".cfi_undefined rbx" STEP ".cfi_same_value rbx" STEP
		       ".cfi_register rbx, rax" STEP ".cfi_restore rbx" STEP
		       ".cfi_val_offset rbx, -16",
		  { { 1, "sp+8 bx?" },
		    { 2, "sp+8" },
		    { 3, "sp+8 bx?" },
		    { 4, "sp+8" },
		    { 5, "sp+8 bx?" } } },
		/* offset_extended, _sf, restore_extended, GNU_negative_offset_extended */
		{ STEP ".cfi_escape 0x05, 12, 2" STEP ".cfi_escape 0x11, 12, 3" STEP
		       ".cfi_escape 0x06, 12" STEP ".cfi_escape 0x2f, 12, 0",
		  { { 1, "sp+8 r122" }, { 2, "sp+8 r123" }, { 3, "sp+8" }, { 4, "sp+8 r12?" } } },
		{ STEP ".cfi_offset rbx, 8" STEP ".cfi_offset rbx, 0" STEP ".cfi_escape 0x2f, 3, 2",
		  { { 1, "sp+8 bx?" }, { 2, "sp+8 bx?" }, { 3, "sp+8 bx?" } } },
		/* val_offset_sf and val_expression */
		{ STEP ".cfi_escape 0x15, 3, 2" STEP ".cfi_restore rbx" STEP
		       ".cfi_escape 0x16, 3, 2, 0x76, 0",
		  { { 1, "sp+8 bx?" }, { 2, "sp+8" }, { 3, "sp+8 bx?" } } },
		/* by bp, at it, above it, not on a word, by another register, with more behind */
		{ STEP ".cfi_escape 0x10, 3, 2, 0x76, 0x70" STEP
		       ".cfi_escape 0x10, 6, 2, 0x76, 0" STEP ".cfi_escape 0x10, 3, 2, 0x76, 8" STEP
		       ".cfi_escape 0x10, 3, 2, 0x76, 0x74",
		  { { 1, "sp+8 bx@2" },
		    { 2, "sp+8 bp@0 bx@2" },
		    { 3, "sp+8 bp@0 bx?" },
		    { 4, "sp+8 bp@0 bx?" } } },
		{ STEP ".cfi_escape 0x10, 14, 2, 0x77, 0" STEP
		       ".cfi_escape 0x10, 15, 3, 0x76, 0, 0x06",
		  { { 1, "sp+8 r14?" }, { 2, "sp+8 r14? r15?" } } },
		/* far below the CFA: the most that there is room for, and more */
		{ STEP ".cfi_offset rbx, -262112" STEP ".cfi_offset rbx, -262120",
		  { { 1, "sp+8 bx32764" }, { 2, "sp+8 bx?" } } },
	};

	(void)state;
	check("regs", f, sizeof(f) / sizeof(f[0]), "-static");
}

static void test_return_address(void **state)
{
	static const struct function f[] = {
		{ STEP ".cfi_undefined rip" STEP ".cfi_restore rip",
		  { { 1, "end" }, { 2, "sp+8" } } },
		{ STEP ".cfi_offset rip, -24", { { 1, "sp+8 ra3" } } },
		{ STEP ".cfi_register rip, rdx", { { 1, "unknown" } } },
		{ STEP ".cfi_same_value rip", { { 1, "unknown" } } },
		{ STEP ".cfi_escape 0x10, 16, 2, 0x76, 8", { { 1, "unknown" } } },
		{ STEP ".cfi_escape 0x10, 16, 2, 0x76, 0x70",
		  { { 1, "unknown" } } }, /* by bp too */
		{ STEP ".cfi_offset rsp, -16" STEP ".cfi_restore rsp" STEP ".cfi_same_value rsp",
		  { { 1, "unknown" }, { 2, "sp+8" }, { 3, "unknown" } } },
		{ STEP ".cfi_val_offset rsp, 0" STEP ".cfi_val_offset rsp, -8",
		  { { 1, "sp+8" }, { 2, "unknown" } } },
	};

	(void)state;
	check("ra", f, sizeof(f) / sizeof(f[0]), "-static");
}

/* Steps of all widths, what says nothing, and what is no instruction. */
static void test_steps_and_damage(void **state)
{
	static const struct function f[] = {
		{ ".cfi_escape 0x02, 5, 0x0e, 16, 0x03, 7, 0, 0x0e, 24, 0x04, 9, 0, 0, 0, 0x0e, 32, "
		  "0x1d, 11, 0, 0, 0, 0, 0, 0, 0, 0x0e, 40",
		  { { 4, "sp+8" },
		    { 5, "sp+16" },
		    { 12, "sp+24" },
		    { 20, "sp+24" },
		    { 21, "sp+32" },
		    { 32, "sp+40" } } },
		{ STEP ".cfi_escape 0x2e, 0x20" STEP ".cfi_escape 0, 0",
		  { { 1, "sp+8" }, { 2, "sp+8" } } },
		{ STEP ".cfi_def_cfa_offset 16" STEP ".cfi_escape 0x3f" STEP
		       ".cfi_def_cfa_offset 24",
		  { { 0, "sp+8" }, { 1, "sp+16" }, { 2, "unknown" }, { 100, "unknown" } } },
		{ STEP ".cfi_escape 0x0b" STEP ".cfi_def_cfa_offset 24", /* recall nothing */
		  { { 0, "sp+8" }, { 1, "unknown" }, { 2, "unknown" } } },
		{ STEP ".cfi_escape 0x0f, 0x7f", { { 0, "sp+8" }, { 1, "unknown" } } },
		/* beyond the end, and further than numbers go */
		{ ".cfi_escape 0x02, 200, 0x0e, 16", { { 0, "sp+8" }, { 127, "sp+8" } } },
		{ STEP ".cfi_escape 0x1d, 255, 255, 255, 255, 255, 255, 255, 255, 0x0e, 16",
		  { { 0, "sp+8" }, { 1, "unknown" } } },
		/* remembered too often */
		{ STEP ".rept 40\n.cfi_remember_state\n.endr",
		  { { 0, "sp+8" }, { 1, "unknown" } } },
	};

	(void)state;
	check("steps", f, sizeof(f) / sizeof(f[0]), "-static");
}

static void test_signal_frames(void **state)
{
	static const struct function f[] = {
		{ ".cfi_signal_frame\n.cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06",
		  { { 0, "signal" } } },
		/* another place, or a frame as any other */
		{ ".cfi_signal_frame\n.cfi_escape 0x0f, 4, 0x77, 0xa8, 0x01, 0x06",
		  { { 0, "[sp+168]+0" } } },
		{ ".cfi_signal_frame", { { 0, "sp+8" } } },
		{ ".cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06", { { 0, "[sp+160]+0" } } },
	};

	(void)state;
	check("signal", f, sizeof(f) / sizeof(f[0]), "-static");
}

static void test_32_bit(void **state)
{
	static const struct function f[] = {
		{ "", { { 0, "sp+4" } } },
		{ STEP ".cfi_def_cfa_offset 20\n.cfi_offset ebp, -8\n.cfi_offset ebx, -12\n"
		       ".cfi_offset esi, -16\n.cfi_offset edi, -20" STEP
		       ".cfi_def_cfa_register ebp",
		  { { 1, "sp+20 bp2 bx3" }, { 2, "bp+20 bp2 bx3" } } },
		{ STEP ".cfi_def_cfa eax, 4" STEP ".cfi_def_cfa ecx, 0" STEP
		       ".cfi_def_cfa edx, 0" STEP ".cfi_def_cfa esi, 0" STEP ".cfi_def_cfa edi, 0",
		  { { 1, "ax+4" }, { 2, "cx+0" }, { 3, "dx+0" }, { 4, "si+0" }, { 5, "di+0" } } },
		{ STEP ".cfi_escape 0x0f, 3, 0x75, 0x7c, 0x06\n.cfi_escape 0x10, 5, 2, 0x75, 0\n"
		       ".cfi_escape 0x10, 3, 2, 0x75, 0x78",
		  { { 1, "[bp-4]+0 bp@0 bx@2" } } },
		{ "	.skip 32\n.cfi_escape 0x0f, 11, 0x74, 4, 0x78, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x32, "
		  "0x24, 0x22",
		  { { 42, "sp+4" }, { 43, "sp+8" }, { 48, "sp+4" } } },
		{ STEP ".cfi_undefined eip", { { 1, "end" } } },
		/* the layout of a 32-bit signal frame is another */
		{ ".cfi_signal_frame\n.cfi_escape 0x0f, 4, 0x74, 0xa0, 0x01, 0x06",
		  { { 0, "[sp+160]+0" } } },
		{ STEP ".cfi_escape 0x0c, 12, 8", { { 1, "unknown" } } },
	};

	(void)state;
	check("small", f, sizeof(f) / sizeof(f[0]), "-static -m32");
}

/* Go's code: frame pointers, and the functions of its runtime that go to another stack. */
#define GO_FUNCTION(name, body)                                                                    \
	"	.globl " name "\n	.type " name ", @function\n" name ":\n	.cfi_startproc\n"  \
	body "	.balign 0x20\n	.cfi_endproc\n	.size " name ", . - " name "\n"

#define GO_CODE                                                                                    \
	"	.cfi_sections .debug_frame\n	.text\n	.globl _start\n	.balign 0x20\n"    \
	"_start:\ncode:\n"                                                                         \
	GO_FUNCTION("main.leaf", "	nop\n")                                                    \
	GO_FUNCTION("main.work", "	nop\n	.cfi_def_cfa_offset 64\n")			   \
	GO_FUNCTION("runtime.systemstack.abi0", "	nop\n	.cfi_def_cfa_offset 24\n")	   \
	GO_FUNCTION("runtime.systemstack_switch", "	nop\n")				   \
	GO_FUNCTION("runtime.goexit.abi0", "	nop\n")					   \
	"	.skip 0x20\n"									   \
	GO_FUNCTION("runtime.sigreturn", "	nop\n")					   \
	"	.skip 0x40\n	.section .go.buildinfo, \"a\"\n	.quad 1\n"

static void test_go(void **state)
{
	struct pk_rows_blob b;
	uint64_t code;

	(void)state;
	elf_assemble("go", GO_CODE, "-static");
	b = compile("go");
	code = offset_of("go", "code");
	assert_rule(&b, code, "sp+8", "no frame yet");
	assert_rule(&b, code + 0x21, "sp+64 bp2", "a frame");
	assert_rule(&b, code + 0x40, "pointer", "another stack");
	assert_rule(&b, code + 0x5f, "pointer", "another stack");
	assert_rule(&b, code + 0x60, "sp+8", "a name that begins like another");
	assert_rule(&b, code + 0x80, "end", "where goroutines begin");
	assert_rule(&b, code + 0x9f, "end", "where goroutines begin");
	assert_rule(&b, code + 0xa0, "pointer", "nothing said of it");
	assert_rule(&b, code + 0xbf, "signal", "as if called before its start");
	assert_rule(&b, code + 0xdf, "signal", "its end");
	assert_rule(&b, code + 0xe0, "pointer", "behind all");
	pk_rows_release(&b);

	/* without anything but the mark of who built it, beyond one page of rows */
	elf_assemble("bare-go",
		     "	.text\n	.globl _start\n_start:\ncode:\n	.skip 0x20000\nend:\n"
		     "	.section .go.buildinfo, \"a\"\n	.quad 1\n",
		     "-static");
	b = compile("bare-go");
	code = offset_of("bare-go", "code");
	assert_rule(&b, code, "pointer", "first");
	assert_rule(&b, code + 0x1ffff, "pointer", "last");
	assert_rule(&b, code + 0x20000, "gap", "behind all");
	pk_rows_release(&b);
}

/* What is between entries: padding, a hole, code without entries, the end. */
static void test_between(void **state)
{
	static const char source[] =
		"	.text\n	.globl _start\n_start:\ncode:\n"
		"	.skip 0x20\n"
		"	.cfi_startproc\n	nop\n	.cfi_def_cfa_offset 16\n	.skip 0xf\n	.cfi_endproc\n"
		"	.skip 0xf\n"						/* 0x30 */
		"	.cfi_startproc\n	.skip 0x11\n	.cfi_endproc\n" /* 0x3f */
		"	.skip 0x10\n"						/* 0x50 */
		"	.cfi_startproc\n	.skip 0x10\n	.cfi_endproc\n" /* 0x60 */
		"	.skip 8\n"						/* 0x70 */
		"	.cfi_startproc\n	.cfi_def_cfa_offset 32\n"	/* 0x78 */
		"	.skip 8\n	.cfi_endproc\n"
		"	.skip 0x40\n"; /* 0x80 */
	struct pk_rows_blob b;
	uint64_t code;

	(void)state;
	elf_assemble("between", source, "-static");
	b = compile("between");
	code = offset_of("between", "code");
	assert_rule(&b, 0, "gap", "before all code");
	assert_rule(&b, code + 0x1f, "gap", "before the first entry");
	assert_rule(&b, code + 0x20, "sp+8", "first");
	assert_rule(&b, code + 0x2f, "sp+16", "end of the first");
	assert_rule(&b, code + 0x30, "sp+8", "padding");
	assert_rule(&b, code + 0x3e, "sp+8", "padding");
	assert_rule(&b, code + 0x3f, "sp+8", "second");
	assert_rule(&b, code + 0x4f, "sp+8", "second");
	assert_rule(&b, code + 0x50, "gap", "more than padding");
	assert_rule(&b, code + 0x5f, "gap", "more than padding");
	assert_rule(&b, code + 0x60, "sp+8", "third");
	assert_rule(&b, code + 0x70, "gap", "before what is no start of a function");
	assert_rule(&b, code + 0x78, "sp+32", "fourth");
	assert_rule(&b, code + 0x7f, "sp+32", "fourth");
	assert_rule(&b, code + 0x80, "gap", "behind all");
	assert_rule(&b, 1 << 30, "gap", "far behind all");
	pk_rows_release(&b);
}

/* A table of one CIE with FDEs as given, in a section at a place of its own. */
static void write_table(const char *file, const char *fdes)
{
	char text[4096];

	snprintf(
		text, sizeof(text),
		"	.section .eh_frame, \"a\", @progbits\n"
		"cie:	.long 2f - 1f\n1:	.long 0\n	.byte 1\n	.asciz \"zR\"\n"
		"	.uleb128 1\n	.sleb128 -8\n	.byte 16\n	.uleb128 1\n	.byte 0x1b\n"
		"	.byte 0x0c, 7, 8, 0x90, 1\n	.balign 4\n2:\n%s	.long 0\n"
		"	.text\n	.globl _start\n_start:\ncode:	.skip 0x100, 0x90\n",
		fdes);
	elf_assemble(file, text,
		     "-static -Wl,-Ttext=0x4000 -Wl,--no-eh-frame-hdr "
		     "-Wl,--section-start=.eh_frame=0x2000");
}

#define FDE(start, len, insns)                                                                   \
	"	.long 2f - 1f\n1:	.long . - cie\n	.long " start " - .\n	.long " len "\n" \
	"	.uleb128 0\n" insns "	.balign 4\n2:\n"

static void test_set_loc(void **state)
{
	struct pk_rows_blob b;
	uint64_t code;

	(void)state;
	write_table("set", FDE("code", "0x40",
			       "	.byte 0x01\n	.long code + 0x11 - .\n	.byte 0x0e, 16\n"
			       "	.byte 0x01\n	.long code + 0x31 - .\n	.byte 0x0e, 24\n")
		    /* backwards */
		    FDE("code + 0x40", "0x40",
			"	.byte 0x42, 0x0e, 16, 0x01\n	.long code + 0x41 - .\n"));
	b = compile("set");
	code = offset_of("set", "code");
	assert_rule(&b, code + 0x10, "sp+8", "set_loc");
	assert_rule(&b, code + 0x11, "sp+16", "set_loc");
	assert_rule(&b, code + 0x30, "sp+16", "set_loc");
	assert_rule(&b, code + 0x31, "sp+24", "set_loc");
	assert_rule(&b, code + 0x41, "sp+8", "set_loc backwards");
	assert_rule(&b, code + 0x42, "unknown", "set_loc backwards");
	pk_rows_release(&b);
}

/* Out of order, overlapping, twice the same, of no length, not in the code. */
static void test_entries_in_disorder(void **state)
{
	struct pk_rows_blob b;
	uint64_t code;

	(void)state;
	write_table("dis",
		    FDE("code + 0x80", "0x20",
			"	.byte 0x0e, 48\n") FDE("code", "0x30", "	.byte 0x0e, 16\n")
			    FDE("code + 0x20", "0x20", "	.byte 0x0e, 24\n")
				    FDE("code + 0x20", "0x20", "	.byte 0x0e, 32\n") FDE(
					    "code + 0x40", "0", "	.byte 0x0e, 40\n")
					    FDE("code + 0x40", "0x10", "	.byte 0x0e, 64\n")
						    FDE("code + 0x10000", "0x10", "")
							    FDE("code + 0xf0", "0x1000",
								"	.byte 0x0e, 56\n"));
	b = compile("dis");
	code = offset_of("dis", "code");
	assert_rule(&b, code, "sp+16", "first");
	assert_rule(&b, code + 0x1f, "sp+16", "first, up to the next");
	assert_rule(&b, code + 0x20, "sp+24", "one of two");
	assert_rule(&b, code + 0x3f, "sp+24", "one of two");
	assert_rule(&b, code + 0x40, "sp+64", "beside one of no length");
	assert_rule(&b, code + 0x50, "gap", "none");
	assert_rule(&b, code + 0x80, "sp+48", "in another order");
	assert_rule(&b, code + 0xa0, "gap", "none");
	assert_rule(&b, code + 0xff, "sp+56", "beyond the segment");
	assert_rule(&b, code + 0x100, "gap", "beyond the segment");
	pk_rows_release(&b);
}

static void assert_error(const char *file, int code, const char *word)
{
	struct pk_rows_blob b;
	struct pk_err err = { 0 };

	assert_int_equal(pk_rows_compile(pk_open_regular(elf_path(file)), file, &b, NULL, &err),
			 code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.msg, file));
	assert_non_null(strstr(err.msg, word));
}

static void test_errors(void **state)
{
	(void)state;
	elf_write("text", "no ELF file at all, whatever its length may be\n");
	assert_error("text", -EINVAL, "x86");
	elf_assemble("bare", "	.globl _start\n_start: nop\n", "-static");
	assert_error("bare", -ENOENT, "no call frame information");
	elf_assemble("arm", "	.globl _start\n_start: .cfi_startproc\n	nop\n	.cfi_endproc\n",
		     "-static");
	elf_run("printf '\\267' | dd of=arm bs=1 seek=18 conv=notrunc status=none");
	assert_error("arm", -EINVAL, "x86");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cfa),
		cmocka_unit_test(test_cfa_expressions),
		cmocka_unit_test(test_plt),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_return_address),
		cmocka_unit_test(test_steps_and_damage),
		cmocka_unit_test(test_signal_frames),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_go),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_set_loc),
		cmocka_unit_test(test_entries_in_disorder),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
