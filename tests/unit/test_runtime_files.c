// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks of language runtimes in files made for it: as they are, stripped, without
 * section headers, cut short and with changed bytes. What a file is called, or
 * uses from another one, is no mark.
 */
/* link: tests/unit/elf_fixture.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "elf_fixture.h"
#include "profile_fixture.h"
#include "runtime/table.h"
#include "runtime/versions.h"

#define LIBRARY "-shared -fPIC -nostdlib"
#define PROGRAM "-static -nostdlib"
#define START	"void _start(void) { for (;;); }\n"
#define TEXT(name, text) "const char " name "[] = \"" text "\";\n"

/* Go's block; @flags: 2 with the version behind it. */
#define GO_HEAD(flags)                                                                             \
	".globl _start\n_start: jmp _start\n"                                                      \
	".section .go.buildinfo,\"aw\"\n.balign 16\n.byte 0xff\n"                                  \
	".ascii \" Go buildinf:\"\n.byte 8, " flags "\n"

struct sample {
	const char *name, *flags, *source;	/* assembly where it begins with a dot */
	bool program;
	enum pk_runtime runtime;
	const char *version;
};

static const struct sample samples[] = {
	{ "node", LIBRARY,
	  "int _ZN4node5StartEiPPc(void) { return 1; }\nint _ZN2v82V87DisposeEv(void) { return 1; }\n"
	  TEXT("url", "https://nodejs.org/download/release/v18.19.0/node-v18.19.0.tar.gz"),
	  false, PK_RUNTIME_NODE, "18.19.0" },
	{ "node-debian", LIBRARY,
	  "int _ZN4node5StartEiPPc(void) { return 1; }\n"
	  TEXT("a", "v8.1") TEXT("b", "v18.19.1") TEXT("c", "v1.2.3.txt and more"),
	  false, PK_RUNTIME_NODE, "18.19.1" },
	{ "node-static", PROGRAM,
	  START TEXT("a", "NODE_OPTIONS") TEXT("b", "perf_basic_prof_only_functions")
	  TEXT("c", "https://nodejs.org/download/release/v20.1.0/node-v20.1.0.tar.gz"),
	  true, PK_RUNTIME_NODE, "20.1.0" },
	{ "v8", PROGRAM, START TEXT("b", "perf_basic_prof_only_functions"),
	  true, PK_RUNTIME_V8, "" },
	{ "jvm", LIBRARY,
	  "void *gHotSpotVMStructs;\nint JNI_CreateJavaVM(void) { return 1; }\n"
	  TEXT("info", "OpenJDK 64-Bit Server VM (17.0.9+9-Debian-1) for linux-amd64 JRE "
		       "(17.0.9+9-Debian-1), built on Oct 1 2023"),
	  false, PK_RUNTIME_JVM, "17.0.9" },
	{ "jvm8", LIBRARY,
	  "void *gHotSpotVMStructs;\n"
	  TEXT("info", "OpenJDK 64-Bit Server VM (25.362-b09) for linux-amd64 JRE (1.8.0_362-b09)"),
	  false, PK_RUNTIME_JVM, "1.8.0_362" },
	{ "python311", LIBRARY,
	  "int Py_GetVersion(void) { return 1; }\nconst unsigned long Py_Version = 0x030b02f0;\n",
	  false, PK_RUNTIME_PYTHON, "3.11.2" },
	{ "python313b", LIBRARY,
	  "int Py_GetVersion(void) { return 1; }\nconst unsigned long Py_Version = 0x030d00b1;\n",
	  false, PK_RUNTIME_PYTHON, "3.13.0b1" },
	{ "python39", LIBRARY " -Wl,-soname,libpython3.9.so.1.0",
	  "int Py_GetVersion(void) { return 1; }\n"
	  TEXT("a", "3.40.1") TEXT("b", "/opt/python/3.9.18"), false, PK_RUNTIME_PYTHON, "3.9.18" },
	{ "python-static", PROGRAM,
	  START TEXT("a", "Fatal Python error: %s") TEXT("b", "PYTHONHASHSEED") TEXT("c", "3.6.15"),
	  true, PK_RUNTIME_PYTHON, "3.6.15" },
	{ "python-section", PROGRAM,
	  START "__attribute__((section(\".PyRuntime\"))) int _PyRuntime = 1;\n"
	  TEXT("c", "3.12.1"), true, PK_RUNTIME_PYTHON, "3.12.1" },
	{ "dotnet", LIBRARY,
	  "int coreclr_initialize(void) { return 1; }\n"
	  TEXT("sccsid", "@(#)Version 8.0.1024.46610 @Commit: 81cabf28"),
	  false, PK_RUNTIME_DOTNET, "8.0.10" },
	{ "ruby", LIBRARY,
	  "int ruby_init(void) { return 1; }\n" TEXT("ruby_version", "3.1.2"),
	  false, PK_RUNTIME_RUBY, "3.1.2" },
	{ "php", PROGRAM, START TEXT("a", "X-Powered-By: PHP/8.2.7") TEXT("b", "PHP_INI_SCAN_DIR"), true,
	  PK_RUNTIME_PHP, "8.2.7" },
	{ "perl", LIBRARY,
	  "int perl_construct(void) { return 1; }\nconst unsigned char PL_revision = 5, "
	  "PL_version = 36, PL_subversion = 2;\n", false, PK_RUNTIME_PERL, "5.36.2" },
	{ "perl-static", PROGRAM,
	  START TEXT("a", "PERL_DESTRUCT_LEVEL") TEXT("b", "PERL_HASH_SEED") TEXT("c", "v5.30.1"),
	  true, PK_RUNTIME_PERL, "5.30.1" },
	{ "luajit", LIBRARY,
	  "int luaJIT_setmode(void) { return 1; }\nint lua_newstate(void) { return 1; }\n"
	  TEXT("a", "LuaJIT 2.1.0-beta3"), false, PK_RUNTIME_LUAJIT, "2.1.0-beta3" },
	{ "lua", PROGRAM,
	  START TEXT("a", "$LuaVersion: Lua 5.4.4  Copyright (C) 1994-2022 Lua.org, PUC-Rio $"),
	  true, PK_RUNTIME_LUA, "5.4.4" },
	{ "go", PROGRAM, GO_HEAD("2") ".zero 16\n.byte 8\n.ascii \"go1.19.8\"\n.byte 0\n.zero 64\n",
	  true, PK_RUNTIME_GO, "1.19.8" },
	{ "go-old", PROGRAM,
	  GO_HEAD("0") ".quad header, 0\n.data\nheader: .quad text, 8\ntext: .ascii \"go1.17.3\"\n",
	  true, PK_RUNTIME_GO, "1.17.3" },
	{ "go-big-endian", PROGRAM,
	  GO_HEAD("3") ".zero 16\n.byte 6\n.ascii \"go1.21\"\n.zero 64\n", true, PK_RUNTIME_GO, "1.21" },
	{ "rust", PROGRAM,
	  ".globl _start\n_start: jmp _start\n.section .comment,\"MS\",@progbits,1\n"
	  ".asciz \"GCC: (Debian 12.2.0-14) 12.2.0\"\n"
	  ".asciz \"rustc version 1.63.0 (4b91a6ea7 2022-08-08) (Debian 1.63.0+dfsg1-2)\"\n",
	  true, PK_RUNTIME_RUST, "1.63.0" },
	{ "rust-texts", PROGRAM,
	  START TEXT("a", "/rustc/abc/library/core/src/slice/index.rs")
	  TEXT("b", "/rustc/abc/library/std/src/rt.rs"), true, PK_RUNTIME_RUST, "" },
	{ "c", PROGRAM, START, true, PK_RUNTIME_NONE, "" },
	/* half of the marks are none */
	{ "talks", PROGRAM,
	  START TEXT("a", "set PYTHONHASHSEED or NODE_OPTIONS, PERL_HASH_SEED") TEXT("b", "3.9.1"),
	  true, PK_RUNTIME_NONE, "" },
	/* a library that calls Python has it not in it */
	{ "uses", LIBRARY,
	  "int Py_GetVersion(void);\nextern unsigned long Py_Version;\n"
	  "long f(void) { return Py_GetVersion() + Py_Version; }\n", false, PK_RUNTIME_NONE, "" },
	/* texts in libraries are not looked at */
	{ "library", LIBRARY, TEXT("a", "X-Powered-By: PHP/8.2.7"), false, PK_RUNTIME_NONE, "" },
};

static void make(const struct sample *s)
{
	if (s->source[0] == '.')
		elf_assemble(s->name, s->source, s->flags);
	else
		elf_compile(s->name, s->source, s->flags);
}

static struct pk_runtime_file look(const char *name, bool program)
{
	uint64_t budget = 1 << 30;
	struct pk_runtime_file ret = { 0 };
	struct pk_elf e = elf_open(name);
	struct pk_evidence ev;

	pk_evidence_of(&e, &budget, &ev);
	pk_runtime_look(&ev, program, &ret);
	pk_elf_close(&e);
	return ret;
}

static void check(const struct sample *s, const char *name)
{
	struct pk_runtime_file f = look(name, s->program);

	if (f.runtime != s->runtime)
		fail_msg("%s: taken for '%s' by %s", name, pk_runtime_key(f.runtime), f.evidence);
	if (strcmp(f.version, s->version))
		fail_msg("%s: version '%s'", name, f.version);
	assert_int_equal(f.runtime != PK_RUNTIME_NONE, f.evidence[0] != '\0');
}

static void test_as_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(samples); i++) {
		make(&samples[i]);
		check(&samples[i], samples[i].name);
	}
}

static void test_stripped(void **state)
{
	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(samples); i++) {
		elf_run("strip -s %s -o stripped", samples[i].name);
		check(&samples[i], "stripped");
	}
}

/* What a loader needs is there, the section headers are gone. */
static void remove_sections(const char *from, const char *to)
{
	static const char none[8];
	int fd;

	elf_run("cp %s %s", from, to);
	fd = open(elf_path(to), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, none, 8, 0x28), 8);
	assert_int_equal(pwrite(fd, none, 6, 0x3a), 6);
	close(fd);
}

/* Programs that are known by texts, and Go's, do not need them. */
static void test_without_sections(void **state)
{
	static const char *const names[] = { "node-static", "v8", "python-static", "php",
					     "perl-static", "lua", "go", "go-old", "rust-texts",
					     "c", "talks" };

	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(names); i++) {
		size_t n = 0;

		while (strcmp(samples[n].name, names[i]))
			n++;
		remove_sections(names[i], "bare");
		check(&samples[n], "bare");
	}
}

static void test_cxx(void **state)
{
	(void)state;
	elf_compile("cxx", START "void _ZN3foo3barEv(void) {}\n", PROGRAM);
	assert_true(look("cxx", true).cxx);
	assert_int_equal(look("cxx", true).runtime, PK_RUNTIME_NONE);
	/* who uses a library of C++ is not of C++ for that */
	elf_compile("libcxx", "void __cxa_throw(void) {}\n", LIBRARY);
	assert_false(look("libcxx", false).cxx);
	elf_compile("uses", "extern void _ZSt9terminatev(void);\n"
			    "void begin(void) { _ZSt9terminatev(); }\n", LIBRARY);
	assert_true(look("uses", true).cxx);
	assert_false(look("c", true).cxx);
	assert_false(look("rust", true).cxx);
}

/* One program may have both in it: what it begins with is what it is. */
static void test_rust_and_cxx(void **state)
{
	static const char part[] = START "void rust_eh_personality(void) {}\n"
					 "void _ZN4core3fmt17h0123456789abcdefE(void) {}\n";
	static const char main_of_rust[] =
		START "void rust_eh_personality(void) {}\nvoid _ZN3foo3barEv(void) {}\n"
		"void _ZN3std2rt10lang_start17h0123456789abcdefE(void) {}\n"
		"__asm__(\".globl _ZN4core3fmt17h0123456789abcdefE.llvm.77\\n\"\n"
		"\"_ZN4core3fmt17h0123456789abcdefE.llvm.77: ret\");\n";
	char both[512];

	(void)state;
	snprintf(both, sizeof(both), "%svoid _ZN3foo3barEv(void) {}\n", part);
	elf_compile("part", part, PROGRAM);
	assert_int_equal(look("part", true).runtime, PK_RUNTIME_RUST);
	elf_compile("both", both, PROGRAM);
	assert_int_equal(look("both", true).runtime, PK_RUNTIME_NONE);
	assert_true(look("both", true).cxx);
	elf_compile("main", main_of_rust, PROGRAM);
	assert_int_equal(look("main", true).runtime, PK_RUNTIME_RUST);
}

/* A static program that is not stripped exports nothing, but has its symbols. */
static void test_static_symbols(void **state)
{
	(void)state;
	elf_compile("embeds", START "int Py_GetVersion(void) { return 1; }\n"
			    "const unsigned long Py_Version = 0x030a0df0;\n", PROGRAM);
	assert_int_equal(look("embeds", true).runtime, PK_RUNTIME_PYTHON);
	assert_string_equal(look("embeds", true).version, "3.10.13");
	assert_string_equal(look("embeds", true).evidence, "symbol Py_GetVersion");
}

/* Versions come from whoever made the file, and go to a terminal. */
static void test_hostile_versions(void **state)
{
	char version[PK_RUNTIME_VERSION];
	char text[200];

	(void)state;
	elf_compile("evil", "int Py_GetVersion(void) { return 1; }\n"
			    "int _ZN4node5StartEiPPc(void) { return 1; }\n"
			    TEXT("a", "nodejs.org/download/release/v1\\033[31m\\n2"), LIBRARY);
	assert_string_equal(look("evil", false).version, "1");
	elf_compile("evil", "int perl_construct(void) { return 1; }\n"
			    "unsigned char PL_revision, PL_version, PL_subversion;\n", LIBRARY);
	/* they are in no file: memory that is zero */
	assert_string_equal(look("evil", false).version, "");
	memset(text, '1', sizeof(text));
	pk_version_take(text, sizeof(text), version);
	assert_int_equal(strlen(version), PK_RUNTIME_VERSION - 1);
	pk_version_take("3.1\x80", 4, version);
	assert_string_equal(version, "3.1");
	pk_version_take("", 0, version);
	assert_string_equal(version, "");
}

static void test_hostile_go(void **state)
{
	static const char *const ends[] = {
		".byte 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1\n", /* length */
		".byte 0x80\n",
		".byte 200\n.ascii \"go1.2\"\n",
	};
	static const char *const heads[] = {
		GO_HEAD("0") ".quad -1, -1\n",
		GO_HEAD("0") ".quad 16, 16\n",
		GO_HEAD("0") ".quad header, 0\n.data\nheader: .quad header, -1\n",
		".globl _start\n_start: jmp _start\n.section .go.buildinfo,\"aw\"\n.byte 0xff\n"
		".ascii \" Go buildinf:\"\n.byte 255, 0\n.zero 16\n",
	};
	char source[1024];

	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(ends); i++) {
		snprintf(source, sizeof(source), "%s.zero 16\n%s", GO_HEAD("2"), ends[i]);
		elf_assemble("gohost", source, PROGRAM);
		assert_int_equal(look("gohost", true).runtime, PK_RUNTIME_GO);
	}
	for (size_t i = 0; i < PK_ARRAY_SIZE(heads); i++) {
		elf_assemble("gohost", heads[i], PROGRAM);
		assert_string_equal(look("gohost", true).version, "");
	}
}

/* No more is read than the budget has. */
static void test_budget(void **state)
{
	static const char *const texts[] = { "not there", NULL, "X-Powered-By: PHP/" };
	struct pk_elf e = elf_open("php");
	uint64_t budget = 1 << 20;
	struct pk_evidence ev;

	(void)state;
	pk_evidence_of(&e, &budget, &ev);
	assert_int_equal(pk_evidence_find_texts(&ev, texts, 3), 4);
	assert_false(ev.is_partial);
	assert_true(budget < 1 << 20);
	budget = 0;
	assert_int_equal(pk_evidence_find_texts(&ev, texts, 3), 0);
	assert_true(ev.is_partial);
	pk_elf_close(&e);
	e = elf_open("perl");
	pk_evidence_of(&e, &budget, &ev);
	assert_int_equal(ev.marks, 0);
	pk_elf_close(&e);
}

/* All of a file in memory; freed by image_free(). */
static struct image read_file(const char *name)
{
	int fd = open(elf_path(name), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fixture_read(fd);
}

static void look_at_bytes(const uint8_t *data, size_t len)
{
	uint64_t budget = 1 << 24;
	struct pk_runtime_file f = { 0 };
	struct pk_evidence ev;
	struct pk_elf e;
	uint8_t *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, data, len);
	if (pk_elf_open_mem(copy, len, true, &e))
		return;
	pk_evidence_of(&e, &budget, &ev);
	pk_runtime_look(&ev, true, &f);
	for (const char *c = f.version; *c; c++)
		assert_true(*c > ' ' && *c < 0x7f);
	pk_elf_close(&e);
}

/* Files that were cut or changed: whatever is found, nothing breaks. */
static void test_damage(void **state)
{
	uint64_t random = 42;

	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(samples); i++) {
		struct image im = read_file(samples[i].name);

		for (size_t len = 64; len < im.len; len += im.len / 40 + 1)
			look_at_bytes(im.data, len);
		for (unsigned int n = 0; n < 60; n++) {
			uint8_t was[8];
			size_t at[8];

			for (unsigned int k = 0; k < 8; k++) {
				at[k] = fixture_random(&random) % im.len;
				/* headers and tables at the end are what is most trusted */
				if (k < 4)
					at[k] = k < 2 ? at[k] % 1024 : im.len - 1 - at[k] % 1024;
				was[k] = im.data[at[k]];
				im.data[at[k]] = fixture_random(&random);
			}
			look_at_bytes(im.data, im.len);
			for (unsigned int k = 8; k--;)
				im.data[at[k]] = was[k];
		}
		image_free(&im);
	}
}

static void test_keys(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < PK_NR_RUNTIMES; i++) {
		assert_true(pk_runtime_key(i)[0] && pk_runtime_title(i)[0]);
		assert_int_equal(pk_runtime_find(pk_runtime_key(i)), i);
	}
	assert_int_equal(pk_runtime_find("cobol"), PK_RUNTIME_NONE);
	assert_string_equal(pk_runtime_title(PK_NR_RUNTIMES), "");
	/* marks are looked up in order of their names */
	for (unsigned int i = 0; i < PK_NR_MARKS; i++)
		assert_true(pk_runtime_mark_name(i)[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_made),	       cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_without_sections), cmocka_unit_test(test_cxx),
		cmocka_unit_test(test_rust_and_cxx),
		cmocka_unit_test(test_static_symbols), cmocka_unit_test(test_hostile_versions),
		cmocka_unit_test(test_hostile_go),     cmocka_unit_test(test_budget),
		cmocka_unit_test(test_damage),	       cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
