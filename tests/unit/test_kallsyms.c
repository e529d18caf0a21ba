// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel symbols: sizes by the next symbol, marks, modules, scattered code, hidden addresses. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "symbol/kallsyms.h"

static const char text[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A cpu_debug_store\n"
	"ffffffff81000000 T startup_64\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000060 T secondary_startup_64\n"
	"ffffffff81000100 t __pfx_do_one\n"
	"ffffffff81000110 t do_one\n"
	"ffffffff81000200 T __x64_sys_read\n"
	"ffffffff81000200 t __se_sys_read\n"
	"ffffffff81000200 T read_it\n"
	"ffffffff81000300 T __irqentry_text_start\n"
	"ffffffff81000300 T asm_common_interrupt\n"
	"ffffffff81000380 T __irqentry_text_end\n"
	"ffffffff81000400 t last_one\n"
	"ffffffff81000500 T _etext\n"
	"ffffffff81800000 R __start_rodata\n"
	"ffffffff82000000 T _sinittext\n"
	"ffffffff82000000 t early\n"
	"ffffffff82000800 D some_data\n"
	"ffffffffc0102000 d mod_data\t[ext4]\n"
	/* modules are not in order */
	"ffffffffc0100000 t ext4_map\t[ext4]\n"
	"ffffffffc0100800 T init_module\t[ext4]\n"
	"ffffffffc0100800 t ext4_init_fs\t[ext4]\n"
	"ffffffffc0200000 t lonely\t[jbd2]\n"
	"ffffffffc0300000 t bpf_prog_6deef7357e7b4530_main\t[bpf]\n"
	"ffffffffc0300100 t bpf_trampoline_1\t[bpf]\n"
	"ffffffffc0900000 t bpf_prog_0123456789abcdef\t[bpf]\n"
	"ffffffffc0a00000 t ftrace_trampoline\t[__builtin__ftrace]\n"
	"not a line\n"
	"ffffffff81000110\n"
	"ffffffff81000111 t\n"
	"ffffffff81000112 t \n"
	"fffffffffffffffff1 t too_long_a_number\n";

struct want {
	uint64_t addr;
	const char *name;	/* NULL: none */
	const char *dso;
};

static struct pk_kallsyms parse(const char *lines)
{
	struct pk_kallsyms k;

	assert_int_equal(pk_kallsyms_parse(strdup(lines), strlen(lines), &k), 0);
	return k;
}

static void assert_names(const char *lines, const struct want *want, size_t nr)
{
	struct pk_kallsyms k = parse(lines);
	uint64_t *addr = calloc(nr, sizeof(*addr));
	struct pk_strtab strings;
	struct pk_cover c;

	assert_non_null(addr);
	for (size_t i = 0; i < nr; i++)
		addr[i] = want[i].addr;
	assert_int_equal(pk_strtab_init(&strings), 0);
	assert_int_equal(pk_cover_init(&c, addr, nr), 0);
	assert_int_equal(pk_kallsyms_offer(&k, &strings, &c), 0);
	pk_cover_settle(&c, NULL);
	for (size_t i = 0; i < nr; i++) {
		const struct pk_func *f;

		if (!want[i].name) {
			assert_int_equal(c.owner[i], PK_COVER_NONE);
			continue;
		}
		if (c.owner[i] == PK_COVER_NONE)
			fail_msg("%#lx has no name, not %s", (long)addr[i], want[i].name);
		f = &c.funcs.data[c.owner[i]];
		assert_string_equal(f->name, want[i].name);
		assert_string_equal(pk_strtab_get(&strings, f->dso), want[i].dso);
		assert_true(f->start <= addr[i] && addr[i] < f->end);
	}
	pk_cover_deinit(&c);
	pk_strtab_deinit(&strings);
	pk_kallsyms_deinit(&k);
	free(addr);
}

static void test_names_and_ends(void **state)
{
	static const struct want want[] = {
		{ 0x10, NULL, NULL },
		{ 0x1000, NULL, NULL },
		{ 0xffffffff80ffffff, NULL, NULL },
		{ 0xffffffff81000000, "startup_64", "[kernel]" },
		{ 0xffffffff8100005f, "startup_64", "[kernel]" },
		{ 0xffffffff81000060, "secondary_startup_64", "[kernel]" },
		{ 0xffffffff8100010f, "__pfx_do_one", "[kernel]" },
		{ 0xffffffff81000110, "do_one", "[kernel]" },
		{ 0xffffffff810001ff, "do_one", "[kernel]" },
		{ 0xffffffff81000200, "read_it", "[kernel]" },
		{ 0xffffffff81000300, "asm_common_interrupt", "[kernel]" },
		/* a mark ends a function and names nothing */
		{ 0xffffffff81000380, NULL, NULL },
		{ 0xffffffff81000400, "last_one", "[kernel]" },
		{ 0xffffffff810004ff, "last_one", "[kernel]" },
		{ 0xffffffff81000500, NULL, NULL },
		{ 0xffffffff81700000, NULL, NULL },
		{ 0xffffffff81800000, NULL, NULL },
		{ 0xffffffff82000000, "early", "[kernel]" },
		{ 0xffffffff820007ff, "early", "[kernel]" },
		{ 0xffffffff82000800, NULL, NULL },
		{ 0xffffffffc0100000, "ext4_map", "[ext4]" },
		{ 0xffffffffc0100800, "ext4_init_fs", "[ext4]" },
		{ 0xffffffffc0101fff, "ext4_init_fs", "[ext4]" },
		{ 0xffffffffc0102000, NULL, NULL },
		/* the next symbol is far away and another module's */
		{ 0xffffffffc020ffff, "lonely", "[jbd2]" },
		{ 0xffffffffc0210000, NULL, NULL },
		{ 0xffffffffc0300000, "bpf_prog_6deef7357e7b4530_main", "[bpf]" },
		{ 0xffffffffc0300100, "bpf_trampoline_1", "[bpf]" },
		{ 0xffffffffc0320000, NULL, NULL },
		{ 0xffffffffc0900010, "bpf_prog_0123456789abcdef", "[bpf]" },
		{ 0xffffffffc0a00010, "ftrace_trampoline", "[__builtin__ftrace]" },
		{ 0xffffffffc0b00000, NULL, NULL },
		{ 0xffffffffffffffff, NULL, NULL },
	};

	(void)state;
	assert_names(text, want, sizeof(want) / sizeof(want[0]));
}

static void test_hidden_addresses(void **state)
{
	struct pk_kallsyms k = parse("0000000000000000 T _stext\n0000000000000000 T schedule\n");

	(void)state;
	assert_true(k.hidden);
	assert_int_equal(k.syms.nr, 0);
	pk_kallsyms_deinit(&k);
	k = parse("0000000000000000 A fixed_percpu_data\nffffffff81000000 T _stext\n");
	assert_false(k.hidden);
	pk_kallsyms_deinit(&k);
	k = parse("");
	assert_false(k.hidden);
	pk_kallsyms_deinit(&k);
}

static void test_files(void **state)
{
	char path[] = "/tmp/pkprof-kallsyms.XXXXXX";
	struct pk_kallsyms k;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pk_kallsyms_read("/nonexistent/kallsyms", &k), -ENOENT);
	assert_int_equal(pk_kallsyms_read("/", &k), -EISDIR);
	assert_int_equal(pk_kallsyms_read(path, &k), -EINVAL);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(pk_kallsyms_read(path, &k), 0);
	assert_true(k.syms.nr > 20);
	pk_kallsyms_deinit(&k);
	close(fd);
	unlink(path);
}

/* This machine's own, where it may be read. */
static void test_running_kernel(void **state)
{
	static const char *const known[] = { "schedule", "do_exit", "vfs_read" };
	struct pk_kallsyms k;
	size_t found = 0;

	(void)state;
	if (pk_kallsyms_read("/proc/kallsyms", &k))
		skip();
	for (size_t i = 0; i < k.syms.nr; i++) {
		assert_true(!i || k.syms.data[i - 1].addr <= k.syms.data[i].addr);
		for (size_t n = 0; n < 3; n++)
			found += !strcmp(k.syms.data[i].name, known[n]);
	}
	if (k.hidden)
		assert_int_equal(found, 0);
	else
		assert_true(found >= 3);
	pk_kallsyms_deinit(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_ends),
		cmocka_unit_test(test_hidden_addresses),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
