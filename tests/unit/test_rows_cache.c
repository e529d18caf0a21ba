// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cache of unwind rows: that it is used, and that it is not believed when it is damaged, of
 * another file, or could be somebody else's. Whether rows came from it shows in a program whose
 * call frame information was wiped out after they were made: without the cache it has none.
 */
/* link: tests/unit/elf_fixture.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "unwind/cache.h"
#include "unwind/compile.h"

static const char source[] =
	"	.globl _start\n_start: .cfi_startproc\n	push %rbx\n"
	"	.cfi_def_cfa_offset 16\n	.cfi_offset rbx, -16\n	.skip 500, 0x90\n"
	"	.cfi_endproc\n";

static int get(struct pk_rows_cache *c, const char *file, struct pk_rows_blob *ret)
{
	struct pk_err err = { 0 };

	return pk_rows_cached(c, pk_open_regular(elf_path(file)), NULL, file, ret, &err);
}

static void assert_rows(struct pk_rows_cache *c, const char *file)
{
	struct pk_rows_blob b;

	assert_int_equal(get(c, file, &b), 0);
	assert_true(pk_rows_valid(b.data, b.bytes));
	assert_true(b.data->nr_rows >= 3);
	pk_rows_release(&b);
}

static void assert_none(struct pk_rows_cache *c, const char *file)
{
	struct pk_rows_blob b;

	assert_int_equal(get(c, file, &b), -ENOENT);
}

/* A program, and the same without its entries. */
static void make_program(const char *name, const char *wiped)
{
	const struct pk_section *s;
	struct pk_elf e;
	char text[1024];

	snprintf(text, sizeof(text), "%s	.asciz \"%s\"\n", source, name);
	elf_assemble(name, text, "-static -Wl,--build-id=sha1");
	elf_run("cp %s %s", name, wiped);
	e = elf_open(name);
	s = pk_elf_section(&e, ".eh_frame");
	assert_non_null(s);
	elf_run("dd if=/dev/zero of=%s bs=1 seek=%lu count=%lu conv=notrunc status=none", wiped,
		s->off, s->len);
	pk_elf_close(&e);
}

static struct pk_rows_cache *cache_in(const char *name, uint64_t max_bytes)
{
	struct pk_rows_cache_opt opt = { .dir = elf_path(name), .max_bytes = max_bytes };
	struct pk_rows_cache *c;
	struct pk_err err = { 0 };

	if (pk_rows_cache_open(&opt, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static void test_kept(void **state)
{
	struct pk_rows_cache *c;

	(void)state;
	make_program("one", "one-wiped");
	assert_none(NULL, "one-wiped");
	assert_rows(NULL, "one");
	c = cache_in("a/deep/kept", 0);
	assert_none(c, "one-wiped"); /* and nothing is kept of that */
	assert_rows(c, "one");
	assert_rows(c, "one-wiped");
	pk_rows_cache_close(c);
	c = cache_in("a/deep/kept", 0);
	assert_rows(c, "one-wiped");
	pk_rows_cache_close(c);
	elf_run("test $(ls a/deep/kept | wc -l) = 1");
	elf_run("test $(stat -c %%a a/deep/kept/*) = 600");
}

static void test_same_blob(void **state)
{
	struct pk_rows_cache *c = cache_in("same", 0);
	struct pk_rows_blob made, kept;

	(void)state;
	assert_int_equal(get(c, "one", &made), 0);
	assert_int_equal(get(c, "one", &kept), 0);
	assert_int_equal(made.bytes, kept.bytes);
	assert_memory_equal(made.data, kept.data, made.bytes);
	pk_rows_release(&made);
	pk_rows_release(&kept);
	pk_rows_cache_close(c);
}

/* Any byte changed, any length: made again where that can be done, and then whole again. */
static void test_damaged(void **state)
{
	struct pk_rows_cache *c = cache_in("damaged", 0);
	struct stat st;

	(void)state;
	assert_rows(c, "one");
	elf_run("cp damaged/* whole-entry");
	assert_int_equal(stat(elf_path("whole-entry"), &st), 0);
	for (long at = 0; at < st.st_size; at += at < 100 ? 7 : 41) {
		elf_run("for f in damaged/*; do cp whole-entry $f; x=$(od -An -tu1 -j%ld -N1 $f); "
			"printf \"\\\\$(printf %%o $((x ^ 64)))\" | "
			"dd of=$f bs=1 seek=%ld conv=notrunc status=none; done",
			at, at);
		assert_none(c, "one-wiped");
	}
	for (long len = 0; len < st.st_size; len += 37) {
		elf_run("for f in damaged/*; do head -c %ld whole-entry >$f; done", len);
		assert_none(c, "one-wiped");
	}
	elf_run("for f in damaged/*; do echo more >>$f; done");
	assert_none(c, "one-wiped");
	assert_rows(c, "one");
	assert_rows(c, "one-wiped");
	elf_run("cmp damaged/* whole-entry");
	pk_rows_cache_close(c);
}

/* Another file under its name; and the same build ID in a file of another length. */
static void test_foreign(void **state)
{
	struct pk_rows_cache *c = cache_in("foreign", 0);

	(void)state;
	make_program("two", "two-wiped");
	assert_rows(c, "two");
	elf_run("mkdir -p other && cp foreign/* other/two");
	elf_run("rm foreign/*");
	assert_rows(c, "one");
	elf_run("for f in foreign/*; do cp other/two $f; done");
	assert_none(c, "one-wiped");
	assert_rows(c, "one");
	assert_rows(c, "one-wiped");
	elf_run("cp one-wiped longer && echo >>longer");
	assert_none(c, "longer");
	pk_rows_cache_close(c);
}

static void test_permissions(void **state)
{
	struct pk_rows_cache *c = cache_in("safe", 0), *none;
	struct pk_rows_cache_opt opt;
	struct pk_err err = { 0 };

	(void)state;
	assert_rows(c, "one");
	assert_rows(c, "one-wiped");
	elf_run("chmod 0660 safe/*");
	assert_none(c, "one-wiped");
	elf_run("chmod 0606 safe/*");
	assert_none(c, "one-wiped");
	elf_run("chmod 0644 safe/*");
	assert_rows(c, "one-wiped");
	elf_run("for f in safe/*; do mv $f elsewhere; ln -s ../elsewhere $f; done");
	assert_none(c, "one-wiped");
	assert_rows(c, "one"); /* takes the place of the link */
	elf_run("test -f safe/* && test ! -L safe/*");
	if (!geteuid()) {
		elf_run("chown 12345 safe/*");
		assert_none(c, "one-wiped");
		elf_run("cp one-wiped theirs && chown 12345 theirs && chown 0 safe/*");
		assert_none(c, "theirs");
	}
	pk_rows_cache_close(c);

	opt = (struct pk_rows_cache_opt){ .dir = elf_path("open") };
	elf_run("mkdir -p open && chmod 0777 open");
	assert_int_equal(pk_rows_cache_open(&opt, &none, &err), -EPERM);
	assert_non_null(strstr(err.msg, "open"));
	elf_run("rmdir open && ln -s safe open");
	assert_true(pk_rows_cache_open(&opt, &none, &err) < 0);
	elf_run("rm open && touch open");
	assert_int_equal(pk_rows_cache_open(&opt, &none, &err), -ENOTDIR);
}

/* It stays small: what was used last goes last. Files of others are left alone. */
static void test_size(void **state)
{
	struct pk_rows_cache *c = cache_in("small", 1500);
	char name[32], wiped[32];

	(void)state;
	elf_run("echo mine >small/README; echo old >small/tmp.1.1; touch -d '2 hours ago' "
		"small/tmp.1.1; echo new >small/tmp.1.2");
	for (unsigned int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		snprintf(wiped, sizeof(wiped), "w%u", i);
		make_program(name, wiped);
		assert_rows(c, name);
		elf_run("touch -d '%u minutes ago' $(ls -t small/[0-9a-f]*.[0-9]* | head -1)", 100 - i);
	}
	elf_run("test $(cat small/[0-9a-f]*.[0-9]* | wc -c) -le 1500");
	elf_run("test $(ls small/[0-9a-f]*.[0-9]* | wc -l) -ge 3");
	elf_run("grep -q mine small/README && test -f small/tmp.1.2 && test ! -f small/tmp.1.1");
	assert_rows(c, "w11");
	assert_none(c, "w0");
	pk_rows_cache_close(c);
}

/* A reading makes it young again, but not more than once a day. */
static void test_use_is_noted(void **state)
{
	struct pk_rows_cache *c = cache_in("used", 0);

	(void)state;
	assert_rows(c, "one");
	elf_run("touch -d '3 hours ago' used/*");
	assert_rows(c, "one-wiped");
	elf_run("test -z \"$(find used -type f -mmin -60)\"");
	elf_run("touch -d '3 days ago' used/*");
	assert_rows(c, "one-wiped");
	elf_run("test -n \"$(find used -type f -mmin -60)\"");
	pk_rows_cache_close(c);
}

/* A directory that cannot be written to costs nothing but time. */
static void test_no_room(void **state)
{
	struct pk_rows_cache *c = cache_in("gone", 0);

	(void)state;
	elf_run("rmdir gone");
	assert_rows(c, "one");
	assert_none(c, "one-wiped");
	pk_rows_cache_close(c);
	pk_rows_cache_close(NULL);
}

/* Where it is by default. */
static void test_default_place(void **state)
{
	struct pk_rows_cache_opt opt = { 0 };
	struct pk_rows_cache *c;
	struct pk_err err = { 0 };

	(void)state;
	if (!geteuid())
		skip(); /* not to write into the system's own */
	setenv("XDG_CACHE_HOME", elf_path("xdg"), 1);
	assert_int_equal(pk_rows_cache_open(&opt, &c, &err), 0);
	pk_rows_cache_close(c);
	elf_run("test -d xdg/pkprof/rows");
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", elf_path("home"), 1);
	assert_int_equal(pk_rows_cache_open(&opt, &c, &err), 0);
	pk_rows_cache_close(c);
	elf_run("test -d home/.cache/pkprof/rows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),	      cmocka_unit_test(test_same_blob),
		cmocka_unit_test(test_damaged),	      cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_permissions),   cmocka_unit_test(test_size),
		cmocka_unit_test(test_use_is_noted),  cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_default_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
