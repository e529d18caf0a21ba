// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges from the unwind table: with and without its index, all pointer encodings, damage. */
/* link: tests/unit/elf_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/eh_frame.h"

static const char source[] =
	"	.text\n"
	"first:	.cfi_startproc\n	.skip 0x20, 0x90\n	.cfi_endproc\n	.size first, 0x20\n"
	"	.skip 0x10, 0x90\n"
	"second:	.cfi_startproc\n	.cfi_signal_frame\n	.skip 0x30, 0x90\n"
	"	.cfi_endproc\n	.size second, 0x30\n"
	"third:	.cfi_startproc\n	.cfi_personality 0x9b, where\n	.cfi_lsda 0x1b, lsda\n"
	"	.skip 0x40, 0x90\n	.cfi_endproc\n	.size third, 0x40\n"
	"	.skip 0x40, 0x90\n"
	"	.data\nlsda:	.quad 0\nwhere:	.quad 0\n";

static void assert_ranges(const char *file)
{
	static const struct {
		uint64_t off, start, end;	/* from first; end 0: none */
	} want[] = {
		{ 0x00, 0x00, 0x20 }, { 0x1f, 0x00, 0x20 }, { 0x20, 0, 0 },
		{ 0x2f, 0, 0 },	      { 0x30, 0x30, 0x60 }, { 0x5f, 0x30, 0x60 },
		{ 0x60, 0x60, 0xa0 }, { 0x9f, 0x60, 0xa0 }, { 0xa0, 0, 0 },
		{ -1, 0, 0 },	      { 1 << 20, 0, 0 },
	};
	uint64_t first, size, start, end;
	struct pk_eh_frame eh;
	struct pk_elf e;

	elf_symbol(file, "first", &first, &size);
	e = elf_open(file);
	assert_int_equal(pk_eh_frame_init(&eh, &e), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		bool found = pk_eh_frame_find(&eh, first + want[i].off, &start, &end);

		assert_int_equal(found, want[i].end != 0);
		if (!found)
			continue;
		assert_int_equal(start - first, want[i].start);
		assert_int_equal(end - first, want[i].end);
	}
	pk_eh_frame_deinit(&eh);
	pk_elf_close(&e);
}

static void test_with_index(void **state)
{
	struct pk_elf e;

	(void)state;
	elf_assemble("a.so", source, "-shared -Wl,--eh-frame-hdr");
	e = elf_open("a.so");
	assert_true(e.eh_frame_hdr_len > 0);
	pk_elf_close(&e);
	assert_ranges("a.so");
}

static void test_without_index(void **state)
{
	struct pk_elf e;

	(void)state;
	elf_assemble("b.so", source, "-shared -Wl,--no-eh-frame-hdr");
	e = elf_open("b.so");
	assert_int_equal(e.eh_frame_hdr_len, 0);
	pk_elf_close(&e);
	assert_ranges("b.so");
}

static void test_32_bit(void **state)
{
	(void)state;
	elf_assemble("c.so", source, "-shared -m32 -Wl,--eh-frame-hdr");
	assert_ranges("c.so");
	elf_assemble("d.so", source, "-shared -m32 -Wl,--no-eh-frame-hdr");
	assert_ranges("d.so");
}

/*
 * A table written by hand: one CIE and one FDE per pointer encoding, for
 * functions at code, code + 0x100, ...; of 0x10 bytes each.
 */
static void test_pointer_encodings(void **state)
{
	static const struct {
		unsigned int encoding;
		const char *start, *len;
	} forms[] = {
		{ 0x00, ".quad code + 0x000", ".quad 0x10" },	/* absolute */
		{ 0x02, ".short code + 0x100", ".short 0x10" },
		{ 0x03, ".long code + 0x200", ".long 0x10" },
		{ 0x0a, ".short code + 0x300", ".short 0x10" },
		{ 0x0b, ".long code + 0x400", ".long 0x10" },
		{ 0x04, ".quad code + 0x500", ".quad 0x10" },
		{ 0x1b, ".long code + 0x600 - .", ".long 0x10" },	/* relative */
		{ 0x1c, ".quad code + 0x700 - .", ".quad 0x10" },
		{ 0x01, ".byte 0x80, 0xa0, 0x01", ".uleb128 0x10" },	/* 0x5000 */
		{ 0x09, ".sleb128 0x5000 - 0x100", ".sleb128 0x10" },
	};
	char text[4096], *p = text;
	struct pk_eh_frame eh;
	struct pk_elf e;
	uint64_t start, end;

	(void)state;
	p += sprintf(p, "	.section .eh_frame, \"a\", @progbits\n");
	for (unsigned int i = 0; i < 10; i++) {
		p += sprintf(p, "cie%u:	.long 2f - 1f\n1:	.long 0\n	.byte 1\n"
				"	.asciz \"zR\"\n	.uleb128 1\n	.sleb128 -8\n"
				"	.byte 16\n	.uleb128 1\n	.byte %u\n	.align 4\n2:\n",
			     i, forms[i].encoding);
		p += sprintf(p, "	.long 2f - 1f\n1:	.long . - cie%u\n	%s\n	%s\n"
				"	.uleb128 0\n	.align 4\n2:\n",
			     i, forms[i].start, forms[i].len);
	}
	sprintf(p, "	.long 0\n	.text\ncode:	.skip 0x2000, 0x90\n");
	elf_assemble("e", text,
		     "-static -Wl,-Ttext=0x4000 -Wl,-e,0x4000 -Wl,--no-eh-frame-hdr "
		     "-Wl,--section-start=.eh_frame=0x2000");
	e = elf_open("e");
	assert_int_equal(pk_eh_frame_init(&eh, &e), 0);
	for (unsigned int i = 0; i < 10; i++) {
		uint64_t want = i < 8 ? 0x4000 + 0x100 * i : i == 8 ? 0x5000 : 0x4f00;

		assert_true(pk_eh_frame_find(&eh, want + 0xf, &start, &end));
		assert_int_equal(start, want);
		assert_int_equal(end, want + 0x10);
		assert_false(pk_eh_frame_find(&eh, want + 0x10, &start, &end));
	}
	pk_eh_frame_deinit(&eh);
	pk_elf_close(&e);
}

/* The index and this program's own symbols agree wherever both know a function. */
static void test_running_program(void **state)
{
	uint64_t start, end;
	struct pk_eh_frame eh;
	unsigned int agree = 0, all = 0;
	struct pk_elf e;
	Elf_Data *d;
	GElf_Sym sym;

	(void)state;
	assert_int_equal(pk_elf_open(pk_open_regular("/proc/self/exe"), &e), 0);
	assert_int_equal(pk_eh_frame_init(&eh, &e), 0);
	d = pk_elf_data(&e, pk_elf_section(&e, ".symtab"));
	assert_non_null(d);
	for (int i = 0; gelf_getsym(d, i, &sym); i++) {
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_size < 32 || !sym.st_shndx)
			continue;
		all++;
		agree += pk_eh_frame_find(&eh, sym.st_value, &start, &end) &&
			 start == sym.st_value && end == start + sym.st_size;
	}
	assert_true(all > 20);
	assert_true(agree > all * 9 / 10);
	pk_eh_frame_deinit(&eh);
	pk_elf_close(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_index),
		cmocka_unit_test(test_without_index),
		cmocka_unit_test(test_32_bit),
		cmocka_unit_test(test_pointer_encodings),
		cmocka_unit_test(test_running_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
