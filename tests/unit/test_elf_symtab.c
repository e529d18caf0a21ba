// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbol tables: what counts as a function and which of several names it gets. */
/* link: tests/unit/elf_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/elf_symtab.h"

/* Offsets from "base" are in the names and comments. */
static const char source[] =
	"	.text\n"
	"	.globl base\n"
	"	.hidden base\n"
	"base:\n"			/* a label of size 0 without an unwind entry */
	"	.skip 0x10, 0x90\n"
	"	.globl f10\n	.type f10, @function\n"
	"f10:	.skip 0x10, 0x90\n	.size f10, 0x10\n"
	"	.skip 0x10, 0x90\n"	/* 0x20: nobody's */
	/* aliases at 0x30 */
	"	.globl __global_alias\n	.type __global_alias, @function\n"
	"	.weak weak_alias\n	.type weak_alias, @function\n"
	"	.globl read_it\n	.type read_it, @function\n"
	"	.type aaa_local, @function\n"
	"	.globl __GI_x\n	.type __GI_x, @function\n"
	"__global_alias:\nweak_alias:\nread_it:\naaa_local:\n__GI_x:\n	.skip 0x10, 0x90\n"
	"	.size __global_alias, 0x10\n	.size weak_alias, 0x10\n"
	"	.size read_it, 0x10\n"
	"	.size aaa_local, 0x10\n	.size __GI_x, 0x10\n"
	/* 0x40: a function within a function */
	"	.type outer, @function\n	.type inner, @function\n"
	"outer:	.skip 0x10, 0x90\n"
	"inner:	.skip 0x10, 0x90\n	.size inner, 0x10\n"
	"	.skip 0x20, 0x90\n	.size outer, 0x40\n"
	/* 0x80: assembly without type, but with a size */
	"sized_label:	.skip 0x10, 0x90\n	.size sized_label, 0x10\n"
	/* 0x90: without a size, but with an unwind entry */
	"	.type unsized, @function\n"
	"unsized:\n	.cfi_startproc\n	.skip 8, 0x90\nmiddle:	.skip 8, 0x90\n"
	"	.cfi_endproc\n"
	/* 0xa0: an object in the text, and what only looks like a name */
	"	.type table, @object\ntable:	.skip 0x10\n	.size table, 0x10\n"
	"	.type too_long, @function\n"
	"too_long:	.skip 0x10, 0x90\n	.size too_long, 0x7fffffffffffffff\n"
	"	.data\n	.type in_data, @function\nin_data:	.skip 0x10\n"
	"	.size in_data, 0x10\n"
	"	.type absolute, @function\n	.set absolute, 0x1234\n	.size absolute, 0x100000\n";

static uint64_t base(const char *name)
{
	uint64_t svma, size;

	elf_symbol(name, "base", &svma, &size);
	return svma;
}

struct want {
	uint64_t off;		/* from base */
	const char *name;	/* NULL: none */
	uint64_t start, size;
};

static void assert_names(const char *file, const struct want *want, size_t nr, bool unsized)
{
	uint64_t addr[64], text = base(file);
	struct pk_elf e = elf_open(file);
	struct pk_eh_frame eh;
	struct pk_cover c;

	for (size_t i = 0; i < nr; i++)
		addr[i] = text + want[i].off;
	assert_int_equal(pk_cover_init(&c, addr, nr), 0);
	assert_int_equal(pk_elf_offer_functions(&e, &c), 0);
	pk_cover_settle(&c, NULL);
	assert_int_equal(pk_eh_frame_init(&eh, &e), 0);
	if (unsized) {
		assert_int_equal(pk_elf_offer_unsized(&e, &eh, &c), 0);
		pk_cover_settle(&c, NULL);
	}
	for (size_t i = 0; i < nr; i++) {
		const struct pk_func *f = NULL;

		if (c.owner[i] != PK_COVER_NONE)
			f = &c.funcs.data[c.owner[i]];
		if (!f && want[i].name)
			fail_msg("%#lx has no name, not %s", (long)want[i].off, want[i].name);
		if (f && !want[i].name)
			fail_msg("%#lx is called %s", (long)want[i].off, f->name);
		if (!f)
			continue;
		assert_string_equal(f->name, want[i].name);
		assert_int_equal(f->start - text, want[i].start);
		assert_int_equal(f->end - f->start, want[i].size);
	}
	pk_eh_frame_deinit(&eh);
	pk_cover_deinit(&c);
	pk_elf_close(&e);
}

static void test_what_counts(void **state)
{
	static const struct want want[] = {
		{ 0x00, NULL, 0, 0 },
		{ 0x0f, NULL, 0, 0 },
		{ 0x10, "f10", 0x10, 0x10 },
		{ 0x1f, "f10", 0x10, 0x10 },
		{ 0x20, NULL, 0, 0 },	/* one past the end */
		{ 0x2f, NULL, 0, 0 },
		{ 0x30, "read_it", 0x30, 0x10 },
		{ 0x40, "outer", 0x40, 0x40 },
		{ 0x50, "inner", 0x50, 0x10 },
		{ 0x5f, "inner", 0x50, 0x10 },
		{ 0x60, "outer", 0x40, 0x40 },
		{ 0x80, "sized_label", 0x80, 0x10 },
		{ 0x90, "unsized", 0x90, 0x10 },
		{ 0x9f, "unsized", 0x90, 0x10 },
		{ 0xa0, NULL, 0, 0 },
		{ 0xaf, NULL, 0, 0 },
		{ 0xb0, "too_long", 0xb0, 0x10 },	/* ends with its section */
		{ 0xc0, NULL, 0, 0 },
	};

	(void)state;
	elf_assemble("a.so", source, "-shared");
	assert_names("a.so", want, sizeof(want) / sizeof(want[0]), true);
	elf_assemble("a32.so", source, "-shared -m32");
	assert_names("a32.so", want, 12, false);
}

static void test_size_zero_without_unwind_entry(void **state)
{
	static const struct want want[] = {
		{ 0x00, NULL, 0, 0 }, { 0x90, NULL, 0, 0 }, { 0x98, NULL, 0, 0 },
	};

	(void)state;
	elf_assemble("b.so", source, "-shared");
	assert_names("b.so", want, 3, false);
}

static void test_dynamic_symbols_of_a_stripped_file(void **state)
{
	uint64_t text, addr[2];
	struct pk_cover c;
	struct pk_elf e;

	(void)state;
	elf_assemble("c.so", source, "-shared");
	text = base("c.so");
	elf_run("strip c.so");
	e = elf_open("c.so");
	assert_false(pk_elf_has_symtab(&e));
	addr[0] = text + 0x18;	/* exported */
	addr[1] = text + 0x48;	/* local */
	assert_int_equal(pk_cover_init(&c, addr, 2), 0);
	assert_int_equal(pk_elf_offer_functions(&e, &c), 0);
	pk_cover_settle(&c, NULL);
	assert_string_equal(c.funcs.data[c.owner[0]].name, "f10");
	assert_int_equal(c.owner[1], PK_COVER_NONE);
	pk_cover_deinit(&c);
	pk_elf_close(&e);
}

/* Lazy stubs, stubs of .plt.sec after IBT, and .plt.got for functions used by address too. */
static void test_linkage_stubs(void **state)
{
	static const char program[] =
		"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
		"void (*volatile keep)(void *) = free;\n"
		"int main(int c, char **v) { free(v[c]); return puts(getenv(v[0])); }\n";
	static const char *const flags[] = {
		"-Wl,-z,lazy", "-fcf-protection=full -Wl,-z,ibtplt,-z,lazy", "-Wl,-z,now",
	};

	unsigned int found_free = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		static const char *const stubs[] = { ".plt", ".plt.sec", ".plt.got" };
		unsigned int found_puts = 0, found_getenv = 0;
		struct pk_elf e;

		elf_compile("p", program, flags[i]);
		e = elf_open("p");
		for (size_t n = 0; n < 3; n++) {
			const struct pk_section *s = pk_elf_section(&e, stubs[n]);
			uint64_t addr[64];
			struct pk_strtab names;
			struct pk_cover c;
			size_t nr = 0;

			if (!s)
				continue;
			for (uint64_t at = 3; at < s->len && nr < 64; at += 8)
				addr[nr++] = s->svma + at;
			assert_int_equal(pk_strtab_init(&names), 0);
			assert_int_equal(pk_cover_init(&c, addr, nr), 0);
			assert_int_equal(pk_elf_offer_plt(&e, &names, &c), 0);
			pk_cover_settle(&c, NULL);
			for (size_t k = 0; k < c.funcs.nr; k++) {
				found_puts += !strcmp(c.funcs.data[k].name, "puts@plt");
				found_getenv += !strcmp(c.funcs.data[k].name, "getenv@plt");
				found_free += !strcmp(c.funcs.data[k].name, "free@plt");
			}
			pk_cover_deinit(&c);
			pk_strtab_deinit(&names);
		}
		assert_true(found_puts > 0);
		assert_true(found_getenv > 0);
		pk_elf_close(&e);
	}
	assert_true(found_free > 0);
}

static void test_refused_files(void **state)
{
	struct pk_elf e;

	(void)state;
	elf_write("text", "this is no program at all, but long enough to hold a header or two\n");
	elf_write("empty", "");
	elf_write("unit.c", "int f(void) { return 1; }\n");
	elf_run("gcc -c -o object.o unit.c && ar rc archive.a object.o && mkfifo fifo");
	assert_int_equal(pk_elf_open(pk_open_regular(elf_path("text")), &e), -EINVAL);
	assert_int_equal(pk_elf_open(pk_open_regular(elf_path("empty")), &e), -EINVAL);
	assert_int_equal(pk_elf_open(pk_open_regular(elf_path("object.o")), &e), -EINVAL);
	assert_int_equal(pk_elf_open(pk_open_regular(elf_path("archive.a")), &e), -EINVAL);
	assert_int_equal(pk_open_regular(elf_path("fifo")), -EINVAL);
	assert_int_equal(pk_open_regular("/dev/zero"), -EINVAL);
	assert_int_equal(pk_open_regular("/"), -EINVAL);
	assert_int_equal(pk_open_regular(elf_path("nothing")), -ENOENT);
}

/* Use all that a file offers; the results do not matter, coming back does. */
static void use(const char *image, size_t len)
{
	uint64_t addr[200];
	struct pk_eh_frame eh;
	struct pk_strtab names;
	struct pk_cover c;
	struct pk_elf e;
	char *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, image, len);
	if (pk_elf_open_mem(copy, len, true, &e))
		return;
	for (size_t i = 0; i < 200; i++)
		addr[i] = 0x1000 + 7 * i;
	assert_int_equal(pk_strtab_init(&names), 0);
	assert_int_equal(pk_cover_init(&c, addr, 200), 0);
	assert_int_equal(pk_elf_offer_functions(&e, &c), 0);
	pk_cover_settle(&c, NULL);
	assert_int_equal(pk_elf_offer_plt(&e, &names, &c), 0);
	assert_int_equal(pk_eh_frame_init(&eh, &e), 0);
	assert_int_equal(pk_elf_offer_unsized(&e, &eh, &c), 0);
	pk_cover_settle(&c, NULL);
	pk_eh_frame_deinit(&eh);
	pk_cover_deinit(&c);
	pk_strtab_deinit(&names);
	pk_elf_close(&e);
}

static void test_damaged_files(void **state)
{
	static char image[1 << 16], damaged[1 << 16];
	ssize_t len;
	int fd;

	(void)state;
	elf_assemble("d.so", source, "-shared -Wl,--hash-style=gnu");
	fd = open(elf_path("d.so"), O_RDONLY);
	len = read(fd, image, sizeof(image));
	close(fd);
	assert_true(len > 1000);
	srandom(11);
	for (unsigned int round = 0; round < 4000; round++) {
		size_t cut = round % 4 ? (size_t)len : (size_t)(random() % len);

		memcpy(damaged, image, len);
		for (unsigned int i = 0; i < 1 + round % 8; i++) {
			/* headers, where they are, matter most */
			size_t at = random() % 3 ? random() % len :
				    random() % 2 ? random() % 512 : len - 1 - random() % 1024;

			damaged[at] = random() % 3 ? random() : random() % 2 ? 0xff : 0;
		}
		use(damaged, cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_counts),
		cmocka_unit_test(test_size_zero_without_unwind_entry),
		cmocka_unit_test(test_dynamic_symbols_of_a_stripped_file),
		cmocka_unit_test(test_linkage_stubs),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
