// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go's function table: each of its layouts, made by hand; damaged ones; and where it is in a file,
 * with and without a section of its own, a build note, a start of the code in the table.
 */
/* link: tests/unit/elf_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/go_pclntab.h"

#define TEXT	  0x401000
#define NR_FUNCS  4
#define NAMES	  0x80
#define INDEX	  0x200
#define DATA	  0x400
#define TABLE_LEN 0x480
#define END	  0xa0

static const struct {
	uint32_t entry; /* from TEXT */
	const char *name;
} funcs[NR_FUNCS] = {
	{ 0x00, "internal/cpu.Initialize" },
	{ 0x40, "main.(*T[...]).Do.func1" },
	{ 0x50, "main.Sum[...]" },
	{ 0x60, "type..eq.struct { A int \"x@y\" }" },
};

struct layout {
	uint32_t magic;
	unsigned int word;
	uint64_t text; /* in the head, where there is a place for it */
};

static const struct layout layouts[] = {
	{ 0xfffffffb, 8, TEXT }, { 0xfffffffb, 4, TEXT }, { 0xfffffffa, 8, TEXT },
	{ 0xfffffffa, 4, TEXT }, { 0xfffffff0, 8, TEXT }, { 0xfffffff0, 4, TEXT },
	{ 0xfffffff1, 8, TEXT }, { 0xfffffff1, 4, TEXT },
};
#define NR_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static void put(uint8_t *table, size_t at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		table[at + i] = value >> 8 * i;
}

static bool is_relative(const struct layout *l)
{
	return l->magic == 0xfffffff0 || l->magic == 0xfffffff1;
}

/* Where the index is, of numbers of so many bytes. */
static size_t index_of(const struct layout *l)
{
	return l->magic == 0xfffffffb ? 8 + l->word : INDEX;
}

static unsigned int field_of(const struct layout *l)
{
	return is_relative(l) ? 4 : l->word;
}

static void make_head(const struct layout *l, uint8_t *table)
{
	const uint64_t parts[] = { NAMES, 0x70, 0x70, 0x70, INDEX };
	size_t at = 8 + 2 * l->word;

	put(table, 0, l->magic, 4);
	table[6] = 1;
	table[7] = l->word;
	put(table, 8, NR_FUNCS, l->word);
	if (l->magic == 0xfffffffb)
		return;
	if (is_relative(l)) {
		put(table, at, l->text, l->word);
		at += l->word;
	}
	for (size_t i = 0; i < 5; i++)
		put(table, at + i * l->word, parts[i], l->word);
}

static void make(const struct layout *l, uint8_t *table)
{
	/* offsets count from here in the older layout */
	uint64_t funcs_at = l->magic == 0xfffffffb ? 0 : INDEX;
	uint64_t names_at = l->magic == 0xfffffffb ? 0 : NAMES, name = NAMES;
	uint64_t text = is_relative(l) ? 0 : TEXT;
	unsigned int field = field_of(l);
	size_t at = index_of(l);

	memset(table, 0, TABLE_LEN);
	make_head(l, table);
	for (size_t i = 0; i < NR_FUNCS; i++, at += 2 * field) {
		put(table, at, text + funcs[i].entry, field);
		put(table, at + field, DATA + 16 * i - funcs_at, field);
		put(table, DATA + 16 * i, text + funcs[i].entry, field);
		put(table, DATA + 16 * i + field, name - names_at, 4);
		strcpy((char *)table + name, funcs[i].name);
		name += strlen(funcs[i].name) + 1;
	}
	put(table, at, text + END, field);
}

static void assert_found(const struct pk_go_pclntab *t, uint64_t svma, size_t i)
{
	struct pk_func f;

	assert_true(pk_go_pclntab_find(t, svma, &f));
	assert_string_equal(f.name, funcs[i].name);
	assert_int_equal(f.start, TEXT + funcs[i].entry);
	assert_int_equal(f.end, TEXT + (i + 1 < NR_FUNCS ? funcs[i + 1].entry : END));
}

static void assert_nothing(const struct pk_go_pclntab *t, uint64_t svma)
{
	struct pk_func f;

	assert_false(pk_go_pclntab_find(t, svma, &f));
}

static void test_layouts(void **state)
{
	uint8_t table[TABLE_LEN];
	struct pk_go_pclntab t;
	uint64_t start, end;

	(void)state;
	for (size_t n = 0; n < NR_LAYOUTS; n++) {
		make(&layouts[n], table);
		assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
		assert_true(pk_go_pclntab_range(&t, &start, &end));
		assert_int_equal(start, TEXT);
		assert_int_equal(end, TEXT + END);
		assert_nothing(&t, 0);
		assert_nothing(&t, TEXT - 1);
		for (size_t i = 0; i < NR_FUNCS; i++) {
			assert_found(&t, TEXT + funcs[i].entry, i);
			if (i)
				assert_found(&t, TEXT + funcs[i].entry - 1, i - 1);
		}
		assert_found(&t, TEXT + END - 1, NR_FUNCS - 1);
		assert_nothing(&t, TEXT + END);
		assert_nothing(&t, UINT64_MAX);
	}
}

static void test_unknown_heads(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} wrong[] = {
		{ 0, 0xf9 },
		{ 0, 0xf2 },
		{ 3, 0xfe },
		{ 4, 1 },
		{ 5, 1 },
		{ 6, 0 },
		{ 6, 3 },
		{ 6, 8 },
		{ 7, 0 },
		{ 7, 2 },
		{ 7, 16 },
		/* no function; more than there is room for */
		{ 8, 0 },
		{ 9, 1 },
		{ 11, 0xff },
	};
	uint8_t table[TABLE_LEN];
	struct pk_go_pclntab t;

	(void)state;
	for (size_t n = 0; n < NR_LAYOUTS; n++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			make(&layouts[n], table);
			table[wrong[i].at] = wrong[i].byte;
			assert_false(pk_go_pclntab_init(&t, table, sizeof(table)));
		}
	}
	assert_false(pk_go_pclntab_init(&t, NULL, 0));
}

/* What is wrong with one function is its own affair. */
static void test_damaged_functions(void **state)
{
	uint8_t table[TABLE_LEN];
	struct pk_go_pclntab t;

	(void)state;
	for (size_t n = 0; n < NR_LAYOUTS; n++) {
		const struct layout *l = &layouts[n];
		unsigned int field = field_of(l);
		size_t second = DATA + 16, index = index_of(l) + 2 * field;
		const struct {
			size_t at;
			uint64_t value;
			unsigned int bytes;
		} damage[] = {
			{ second, TEXT + 0x41, field },	  /* another entry */
			{ second + field, TABLE_LEN, 4 }, /* names beyond the table */
			{ second + field, UINT32_MAX, 4 },
			{ index + field, TABLE_LEN - 2, field }, /* so is its data */
			{ index + field, UINT64_MAX, field },
			{ index + field, UINT64_MAX - 2 * TABLE_LEN, field },
		};

		for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
			make(l, table);
			put(table, damage[i].at, damage[i].value, damage[i].bytes);
			assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
			assert_found(&t, TEXT, 0);
			assert_nothing(&t, TEXT + 0x44);
			assert_found(&t, TEXT + 0x50, 2);
		}
	}
}

/* A name ends within the table, is not empty and not beyond all reason. */
static void test_names(void **state)
{
	static uint8_t table[TABLE_LEN + PK_MAX_SYMBOL_NAME + 2];
	const struct layout *l = &layouts[6];
	struct pk_go_pclntab t;
	struct pk_func f;

	(void)state;
	make(l, table);
	put(table, DATA + 4, TABLE_LEN - NAMES, 4);
	memset(table + TABLE_LEN, 'x', PK_MAX_SYMBOL_NAME);
	assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
	assert_true(pk_go_pclntab_find(&t, TEXT, &f));
	assert_int_equal(strlen(f.name), PK_MAX_SYMBOL_NAME);
	assert_true(pk_go_pclntab_init(&t, table, TABLE_LEN + PK_MAX_SYMBOL_NAME));
	assert_nothing(&t, TEXT);
	table[TABLE_LEN + PK_MAX_SYMBOL_NAME] = 'x';
	assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
	assert_nothing(&t, TEXT);
	table[TABLE_LEN] = '\0';
	assert_nothing(&t, TEXT);
}

/* Entries that are not in order, or around the end of all addresses. */
static void test_disorder(void **state)
{
	uint8_t table[TABLE_LEN];
	struct pk_go_pclntab t;
	struct pk_func f;

	(void)state;
	make(&layouts[6], table);
	put(table, INDEX + 8, 0x70, 4); /* the second comes after all others but one */
	put(table, DATA + 16, 0x70, 4);
	assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
	for (uint64_t at = 0; at < 2 * END; at++)
		if (pk_go_pclntab_find(&t, TEXT + at, &f))
			assert_true(f.start <= TEXT + at && TEXT + at < f.end);
	make(&layouts[6], table);
	put(table, 8 + 2 * 8, UINT64_MAX - 0x48, 8);
	assert_true(pk_go_pclntab_init(&t, table, sizeof(table)));
	assert_true(pk_go_pclntab_find(&t, UINT64_MAX - 0x40, &f));
	assert_nothing(&t, UINT64_MAX);
	assert_nothing(&t, 2);
}

/* The results do not matter, coming back does. */
static void use(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct pk_go_pclntab t;
	uint64_t start, end;
	struct pk_func f;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	if (pk_go_pclntab_init(&t, copy, len)) {
		pk_go_pclntab_range(&t, &start, &end);
		for (uint64_t at = TEXT - 8; at < TEXT + END + 8; at += 4)
			if (pk_go_pclntab_find(&t, at, &f))
				assert_true(f.start <= at && at < f.end && f.name[0]);
	}
	free(copy);
}

static void test_damaged_tables(void **state)
{
	uint8_t table[TABLE_LEN];

	(void)state;
	srandom(7);
	for (size_t n = 0; n < NR_LAYOUTS; n++) {
		make(&layouts[n], table);
		for (size_t len = 0; len <= sizeof(table); len++)
			use(table, len);
		for (unsigned int round = 0; round < 5000; round++) {
			make(&layouts[n], table);
			for (unsigned int i = 0; i < 1 + round % 6; i++) {
				size_t at = random() % (random() % 2 ? sizeof(table) : 0x60);

				table[at] = random() % 3 ? random() : random() % 2 ? 0xff : 0;
			}
			use(table, round % 4 ? sizeof(table) : random() % sizeof(table));
		}
	}
}

/* --- in files -------------------------------------------------------------------- */

/* Code of END bytes; @before: what comes first, as the C linker's own code does. */
#define CODE(before)   "	.text\n	.globl _start\n_start:\n" before "code:	.skip 0xa0, 0x90\n"
#define C_CODE	       "	.skip 0x40, 0x90\n"
#define TABLE(section) "	.section " section "\n	.p2align 5\ntable:	.incbin \"table\"\n"
#define NOTE                                                       \
	"	.section .note.go.buildid,\"a\",@note\n	.long 4, 4, 4\n" \
	"	.asciz \"Go\\0\"\n	.long 1\n"
#define OTHER_NOTE                                            \
	"	.section .note.other,\"a\",@note\n	.long 5, 3, 4\n" \
	"	.asciz \"Loose\\0\\0\"\n	.long 1\n"
/* The runtime's record of the program, and what only begins like one. */
#define RECORD                                                      \
	"	.data\n	.p2align 3\n	.quad table\n	.skip 200\n	.quad 0\n" \
	"	.quad table\n	.skip 168\n	.quad code\n"
#define RELRO  ".data.rel.ro,\"aw\""
#define NO_PIE "-static -no-pie -Wl,-Ttext=0x401000"
#define PIE    "-pie -Wl,--no-dynamic-linker"

/* Names in the code that begins at "code" of a file made of that; none at its end. */
static void assert_named(const struct layout *l, const char *source, const char *flags,
			 const char *after, bool is_named)
{
	uint8_t table[TABLE_LEN];
	uint64_t code, size, addr[NR_FUNCS + 1];
	struct pk_cover c;
	struct pk_elf e;
	FILE *f = fopen(elf_path("table"), "w");

	make(l, table);
	assert_non_null(f);
	assert_int_equal(fwrite(table, 1, sizeof(table), f), sizeof(table));
	assert_int_equal(fclose(f), 0);
	elf_assemble("whole", source, flags);
	elf_symbol("whole", "code", &code, &size);
	elf_run("strip -o stripped whole && %s", after);
	for (size_t i = 0; i < NR_FUNCS; i++)
		addr[i] = code + funcs[i].entry + 1;
	addr[NR_FUNCS] = code + END;
	e = elf_open("stripped");
	assert_int_equal(pk_cover_init(&c, addr, NR_FUNCS + 1), 0);
	assert_int_equal(pk_go_offer_functions(&e, &c), 0);
	pk_cover_settle(&c, NULL);
	for (size_t i = 0; i < NR_FUNCS; i++) {
		assert_int_equal(c.owner[i] != PK_COVER_NONE, is_named);
		if (is_named)
			assert_string_equal(c.funcs.data[c.owner[i]].name, funcs[i].name);
	}
	assert_int_equal(c.owner[NR_FUNCS], PK_COVER_NONE);
	pk_cover_deinit(&c);
	pk_elf_close(&e);
}

static void test_section(void **state)
{
	(void)state;
	for (size_t n = 0; n < NR_LAYOUTS; n++)
		assert_named(&layouts[n], CODE("") TABLE(".gopclntab,\"a\""), NO_PIE, "true", true);
	assert_named(&layouts[4], CODE("") TABLE(".data.rel.ro.gopclntab,\"aw\""),
		     NO_PIE " -Wl,--unique=.data.rel.ro.gopclntab", "true", true);
	/* the wrong kind of bytes in it; code that is elsewhere */
	assert_named(&(struct layout){ 0xfffffff2, 8, TEXT }, CODE("") TABLE(".gopclntab,\"a\""),
		     NO_PIE, "true", false);
	assert_named(&(struct layout){ 0xfffffff1, 8, TEXT + 0x100000 },
		     CODE("") TABLE(".gopclntab,\"a\""), NO_PIE, "true", false);
}

/* Among other constants, or without a section header that would tell. */
static void test_search(void **state)
{
	/* e_shoff, e_shnum and e_shstrndx */
	static const char no_headers[] =
		"head -c 8 /dev/zero | dd of=stripped bs=1 seek=40 conv=notrunc status=none && "
		"head -c 4 /dev/zero | dd of=stripped bs=1 seek=60 conv=notrunc status=none";
	static const char decoys[] =
		"	.section " RELRO "\n	.long 0xfffffff1, 0x08010000, 0, 0, 0, 0\n"
		"	.long 0xfffffffb, 0x08010000, 1, 0, 0, 0, 0, 0, 0xfffffff0\n";

	(void)state;
	assert_named(&layouts[6], CODE("") NOTE TABLE(RELRO), NO_PIE, "true", true);
	assert_named(&layouts[0], CODE("") NOTE TABLE(RELRO), NO_PIE, "true", true);
	assert_named(&layouts[6], CODE("") OTHER_NOTE NOTE TABLE(RELRO), NO_PIE, no_headers, true);
	assert_named(&layouts[6],
		     CODE("") TABLE(RELRO) "	.section .go.buildinfo,\"aw\"\n"
					   "	.skip 16\n",
		     NO_PIE, "true", true);
	assert_named(&layouts[6], CODE("") OTHER_NOTE TABLE(RELRO), NO_PIE, "true", false);
	elf_write("decoys.s", decoys);
	assert_named(&layouts[6], CODE("") NOTE "	.include \"decoys.s\"\n" TABLE(RELRO),
		     NO_PIE, "true", true);
}

/* Go 1.26: the runtime's record says where the code begins, if need be with a relocation. */
static void test_record(void **state)
{
	static const char no_pointers[] =
		"head -c 400 /dev/zero >zeros && objcopy --update-section .data=zeros stripped";
	const struct layout l = { 0xfffffff1, 8, 0 };

	(void)state;
	assert_named(&l, CODE(C_CODE) TABLE(".gopclntab,\"a\"") RECORD, NO_PIE, "true", true);
	assert_named(&l, CODE(C_CODE) NOTE TABLE(RELRO) RECORD, NO_PIE, "true", true);
	assert_named(&l, CODE(C_CODE) TABLE(".gopclntab,\"a\"") RECORD, PIE, "true", true);
	assert_named(&l, CODE(C_CODE) TABLE(".gopclntab,\"a\"") RECORD,
		     PIE " -Wl,-z,noseparate-code", "true", true);
	/* linkers may write pointers into relocations alone */
	assert_named(&l, CODE(C_CODE) TABLE(".gopclntab,\"a\"") RECORD,
		     PIE " -Wl,-z,noseparate-code", no_pointers, true);
	assert_named(&l, CODE(C_CODE) NOTE TABLE(RELRO) RECORD, PIE, no_pointers, true);
	assert_named(&l, CODE(C_CODE) TABLE(".gopclntab,\"a\""), NO_PIE, "true", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_unknown_heads),
		cmocka_unit_test(test_damaged_functions),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_disorder),
		cmocka_unit_test(test_damaged_tables),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
