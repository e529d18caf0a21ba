// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a recording's processes to groups by runtime: which image of a process
 * counts, what a fork hands down, what frames lack, and the facts they become.
 */
/* link: tests/unit/elf_fixture.c tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "model_fixture.h"
#include "runtime/recorded.h"

#define LIBRARY "-shared -fPIC -nostdlib"
#define PROGRAM "-static -nostdlib"
#define START	"void _start(void) { for (;;); }\n"
#define LOW	0x400000
#define HIGH	0x7f0000000000

static struct {
	struct pk_profile p;
	struct pk_runtime_groups g;
	uint32_t mapped_pid;	/* has a perf map */
	const char *env;
} t;

static int open_file(void *ctx, uint32_t id)
{
	(void)ctx;
	return pk_open_regular(pk_strtab_get(&t.p.strings, t.p.files.data[id].path));
}

static bool ask(void *ctx, uint32_t tgid, struct pk_strbuf *env)
{
	(void)ctx;
	pk_strbuf_puts(env, t.env ? t.env : "");
	return tgid == t.mapped_pid;
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	fix_init(&t.p);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_runtime_groups_deinit(&t.g);
	pk_profile_deinit(&t.p);
	return 0;
}

static int make_files(void **state)
{
	(void)state;
	elf_compile("node", START "int _ZN4node5StartEiPPc(void) { return 1; }\n"
			  "const char url[] = \"nodejs.org/download/release/v18.19.0/node\";\n",
		    PROGRAM);
	elf_compile("libjvm", "void *gHotSpotVMStructs;\n"
			      "const char info[] = \"VM (17.0.9+9) for linux-amd64 JRE (17.0.9+9)\";\n",
		    LIBRARY);
	elf_compile("libpython", "int Py_GetVersion(void) { return 1; }\n"
				 "const unsigned long Py_Version = 0x030c01f0;\n", LIBRARY);
	elf_compile("liblua", "int lua_newstate(void) { return 1; }\n", LIBRARY);
	elf_compile("shell", START, PROGRAM " -Wl,--build-id");
	elf_run("strip -s shell -o stripped");
	return 0;
}

static uint32_t file(const char *name)
{
	return fix_file(&t.p, elf_path(name));
}

static void sample(uint64_t time_ns, uint32_t tgid)
{
	fix_sample(&t.p, time_ns, tgid, tgid, 0, 0, 0);
}

static void find(void)
{
	const struct pk_runtime_live live = { open_file, ask, NULL };

	assert_int_equal(pk_runtime_groups_of(&t.p, &live, &t.g), 0);
}

static const struct pk_runtime_group *group(size_t i, enum pk_runtime runtime, uint64_t nr)
{
	const struct pk_runtime_group *g;

	assert_true(i < t.g.v.nr);
	g = &t.g.v.data[i];
	assert_string_equal(pk_runtime_key(g->runtime), pk_runtime_key(runtime));
	assert_int_equal(g->nr_processes, nr);
	return g;
}

/* A shell that becomes a server is that server; it forks, and one child stays a shell. */
static void test_images(void **state)
{
	const struct pk_runtime_group *g;
	uint32_t shell = file("shell"), node = file("node");

	(void)state;
	fix_alive(&t.p, 10, "sh");
	fix_fork(&t.p, 5, 11, 10, "sh");
	fix_fork(&t.p, 6, 12, 10, "sh");
	fix_exec(&t.p, 7, 11, "worker");
	fix_fork(&t.p, 20, 13, 11, "worker");
	fix_map(&t.p, 0, 10, LOW, 0x1000, shell, 0);
	fix_map(&t.p, 8, 11, LOW, 0x1000, node, 0);
	sample(6, 11);
	sample(9, 10);
	sample(10, 11);
	sample(11, 11);
	sample(12, 12);
	sample(21, 13);
	find();
	assert_int_equal(t.g.v.nr, 2);
	g = group(0, PK_RUNTIME_NODE, 2);
	assert_string_equal(g->file->version, "18.19.0");
	assert_int_equal(g->pids[0], 11);
	assert_int_equal(g->pids[1], 13);
	group(1, PK_RUNTIME_NATIVE, 2);
}

/* Who has no stack is left out, and so are kernel threads and what cannot be read. */
static void test_left_out(void **state)
{
	(void)state;
	fix_alive(&t.p, 2, "kthreadd");
	fix_alive(&t.p, 10, "idle");
	fix_alive(&t.p, 11, "gone");
	fix_map(&t.p, 0, 10, LOW, 0x1000, file("node"), 0);
	fix_map(&t.p, 0, 11, LOW, 0x1000, file("not-there"), 0);
	sample(1, 2);
	sample(2, 11);
	find();
	assert_int_equal(t.g.v.nr, 0);
	assert_int_equal(t.g.nr_unknown, 1);
}

/* The program lies below its libraries, in whatever order they come. */
static void test_libraries(void **state)
{
	const struct pk_runtime_group *g;

	(void)state;
	fix_alive(&t.p, 10, "app");
	fix_map(&t.p, 0, 10, HIGH, 0x1000, file("libpython"), 0);
	fix_map(&t.p, 0, 10, HIGH + 0x10000, 0x1000, file("libjvm"), 0);
	fix_map(&t.p, 0, 10, LOW, 0x1000, file("stripped"), 0);
	sample(1, 10);
	find();
	assert_int_equal(t.g.v.nr, 2);
	g = group(0, PK_RUNTIME_PYTHON, 1);
	assert_string_equal(g->file->version, "3.12.1");
	assert_int_equal(g->verdict.nr_lacks, 1);
	g = group(1, PK_RUNTIME_JVM, 1);
	assert_string_equal(g->file->version, "17.0.9");
	assert_int_equal(g->verdict.nr_lacks, 2);
}

/* A scripting language inside does not speak for the program. */
static void test_embedded(void **state)
{
	const struct pk_runtime_group *g;

	(void)state;
	fix_alive(&t.p, 10, "db");
	fix_map(&t.p, 0, 10, LOW, 0x1000, file("stripped"), 0);
	fix_map(&t.p, 0, 10, HIGH, 0x1000, file("liblua"), 0);
	sample(1, 10);
	find();
	assert_int_equal(t.g.v.nr, 2);
	group(0, PK_RUNTIME_LUA, 1);
	g = group(1, PK_RUNTIME_NATIVE, 1);
	assert_null(g->file);
	assert_true(g->verdict.lacks[0].symbols);
}

static void test_symbols(void **state)
{
	(void)state;
	fix_alive(&t.p, 10, "a");
	fix_alive(&t.p, 11, "b");
	fix_map(&t.p, 0, 10, LOW, 0x1000, file("shell"), 0);
	fix_map(&t.p, 0, 11, LOW, 0x1000, file("stripped"), 0);
	sample(1, 10);
	sample(2, 11);
	sample(3, 11);
	find();
	assert_int_equal(t.g.v.nr, 2);
	assert_int_equal(group(0, PK_RUNTIME_NATIVE, 1)->verdict.nr_lacks, 1);
	assert_int_equal(group(1, PK_RUNTIME_NATIVE, 1)->verdict.nr_lacks, 0);
}

/* All texts that are looked for are in this very program, as in the recorder, which is none. */
static void test_self(void **state)
{
	(void)state;
	elf_run("cp /proc/%d/exe self && strip -s self -o self-stripped", getpid());
	fix_alive(&t.p, 10, "a");
	fix_alive(&t.p, 11, "b");
	fix_map(&t.p, 0, 10, LOW, 0x1000, file("self"), 0);
	fix_map(&t.p, 0, 11, LOW, 0x1000, file("self-stripped"), 0);
	sample(1, 10);
	sample(2, 11);
	find();
	assert_int_equal(t.g.v.nr, 2);
	group(0, PK_RUNTIME_NATIVE, 1);
	group(1, PK_RUNTIME_NATIVE, 1);
}

static void java(uint32_t pid, const char *args)
{
	struct pk_task_event e = { .kind = PK_TASK_ALIVE, .tid = pid, .tgid = pid };

	e.args = fix_string(&t.p, args);
	fix_task(&t.p, &e);
	fix_map(&t.p, 0, pid, LOW, 0x1000, file("shell"), 0);
	fix_map(&t.p, 0, pid, HIGH, 0x1000, file("libjvm"), 0);
	sample(1, pid);
}

static const struct pk_runtime_group *group_of(uint32_t pid)
{
	PK_VEC_FOREACH(&t.g.v, g)
		for (uint64_t i = 0; i < g->nr_processes; i++)
			if (g->pids[i] == pid)
				return g;
	fail_msg("process %u is in no group", pid);
	return NULL;
}

/* Flags come from the command line or the environment; a list of code, or names found, do. */
static void test_java(void **state)
{
	const struct pk_runtime_group *g;

	(void)state;
	java(20, "java -jar a.jar");
	java(21, "java -XX:+PreserveFramePointer -jar a.jar");
	java(22, "java -jar b.jar");
	java(23, "java -XX:+PreserveFramePointer -jar c.jar");
	t.mapped_pid = 22;
	fix_symbol(&t.p, PK_SPACE_PROCESS, 23, 0x1000, 10, "Main.run", "[jit]");
	fix_sort_symbols(&t.p);
	find();
	assert_int_equal(group_of(20)->verdict.nr_lacks, 2);
	assert_null(group_of(20)->verdict.names);
	g = group_of(21);
	assert_int_equal(g->verdict.nr_lacks, 1);
	assert_string_equal(g->verdict.lacks[0].what, "Java methods have no names");
	g = group_of(22);
	assert_int_equal(g->verdict.nr_lacks, 1);
	assert_non_null(strstr(g->verdict.lacks[0].what, "PreserveFramePointer"));
	g = group_of(23);
	assert_int_equal(g->verdict.nr_lacks, 0);
	assert_non_null(g->verdict.names);
}

static void test_environment(void **state)
{
	static const char env[] = "HOME=/\0MAVEN_OPTS=-XX:+PreserveFramePointer\0"
				  "NODE_OPTIONS=--perf-basic-prof\0XNODE_OPTIONS=x\0NODE_OPTION";
	struct pk_strbuf out = { 0 };

	(void)state;
	pk_runtime_keep_env(env, sizeof(env) - 1, &out);
	assert_string_equal(out.data, " NODE_OPTIONS=--perf-basic-prof");
	pk_strbuf_deinit(&out);
	t.env = " JAVA_TOOL_OPTIONS=-XX:+PreserveFramePointer";
	java(20, "java");
	find();
	assert_int_equal(group_of(20)->verdict.nr_lacks, 1);
}

/* What each runtime lacks without further ado, by version. */
static void test_lacks(void **state)
{
	static const struct {
		enum pk_runtime runtime;
		const char *version, *what, *remedy;
	} cases[] = {
		{ PK_RUNTIME_NODE, "18.19.0", "JavaScript", "NODE_OPTIONS" },
		{ PK_RUNTIME_V8, "", "JavaScript", "V8's flags" },
		{ PK_RUNTIME_JVM, "17.0.9", "Java methods", "jcmd PID Compiler.perfmap" },
		{ PK_RUNTIME_JVM, "1.8.0_362", "Java methods", "agent" },
		{ PK_RUNTIME_JVM, "", "Java methods", "agent" },
		{ PK_RUNTIME_PYTHON, "2.7.18", " PyEval_EvalFrameEx", "3.12 and newer" },
		{ PK_RUNTIME_PYTHON, "3.10.9", " _PyEval_EvalFrameDefault", "3.12 and newer" },
		{ PK_RUNTIME_PYTHON, "3.11.2", "this build does not tell", "exports _PyRuntime" },
		{ PK_RUNTIME_PYTHON, "3.12.0", " _PyEval_EvalFrameDefault", "-X perf" },
		{ PK_RUNTIME_PYTHON, "3.13.5", "this build does not tell", "-X perf" },
		{ PK_RUNTIME_DOTNET, "8.0.1", ".NET", "DOTNET_PerfMapEnabled=1" },
		{ PK_RUNTIME_RUBY, "3.1.2", "vm_exec_core", "3.3 and newer" },
		{ PK_RUNTIME_RUBY, "3.4.0", "vm_exec_core", "--yjit-perf" },
		{ PK_RUNTIME_PHP, "8.2.7", "execute_ex", "jit_debug" },
		{ PK_RUNTIME_PERL, "5.36.0", "Perl_runops_standard", NULL },
		{ PK_RUNTIME_LUAJIT, "2.1.0", "Lua", NULL },
		{ PK_RUNTIME_LUA, "5.4.4", "luaV_execute", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pk_runtime_file f = { .is_read = true, .runtime = cases[i].runtime };
		struct pk_runtime_process p = { .pid = 1 };
		struct pk_runtime_verdict v;

		strcpy(f.version, cases[i].version);
		pk_runtime_add(&p, &f, true);
		pk_runtime_judge(&p, 0, &v);
		assert_true(v.nr_lacks >= 1);
		assert_non_null(strstr(v.lacks[0].what, cases[i].what));
		if (cases[i].remedy)
			assert_non_null(strstr(v.lacks[0].remedy, cases[i].remedy));
		else
			assert_null(v.lacks[0].remedy);
	}
}

/* A build that tells where its frames are lacks nothing. */
static void test_python_frames(void **state)
{
	struct pk_runtime_file f = { .is_read = true,
				     .runtime = PK_RUNTIME_PYTHON,
				     .version = "3.13.5",
				     .has_frames = true };
	struct pk_runtime_process p = { .pid = 1 };
	struct pk_runtime_verdict v;

	(void)state;
	pk_runtime_add(&p, &f, true);
	pk_runtime_judge(&p, 0, &v);
	assert_int_equal(v.nr_lacks, 0);
	assert_non_null(strstr(v.names, "frames in memory"));
}

static void check_fact(const struct pk_runtime_group *g)
{
	struct pk_strbuf text = { 0 };
	struct pk_runtime_fact f;

	pk_runtime_fact_put(g, &text);
	assert_true(pk_runtime_fact_parse(text.data, &f));
	assert_string_equal(f.key, pk_runtime_key(g->runtime));
	assert_string_equal(f.title, pk_runtime_title(g->runtime));
	assert_string_equal(f.version, g->file ? g->file->version : "");
	assert_int_equal(f.nr_processes, g->nr_processes);
	assert_int_equal(strtoul(f.pids, NULL, 10), g->pids[0]);
	assert_string_equal(f.evidence, g->file ? g->file->evidence : "");
	assert_string_equal(f.names, g->verdict.names ? g->verdict.names : "");
	assert_int_equal(f.nr_lacks, g->verdict.nr_lacks);
	for (unsigned int i = 0; i < f.nr_lacks; i++) {
		assert_string_equal(f.lacks[i].what, g->verdict.lacks[i].what);
		assert_string_equal(f.lacks[i].remedy,
				    g->verdict.lacks[i].remedy ? g->verdict.lacks[i].remedy : "");
	}
	pk_runtime_fact_deinit(&f);
	pk_strbuf_deinit(&text);
}

static void test_facts(void **state)
{
	(void)state;
	java(20, "java");
	fix_alive(&t.p, 30, "db");
	fix_map(&t.p, 0, 30, LOW, 0x1000, file("stripped"), 0);
	fix_map(&t.p, 0, 30, HIGH, 0x1000, file("liblua"), 0);
	for (uint64_t i = 0; i < 100; i++)
		sample(i + 1, 30);
	find();
	PK_VEC_FOREACH(&t.g.v, g)
		check_fact(g);
}

/* What another version, or nobody, wrote. */
static void test_odd_facts(void **state)
{
	static const char *const bad[] = { "", "node", "node\t1\t2\t3", "\t\t\t\t" };
	struct pk_runtime_fact f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pk_runtime_fact_parse(bad[i], &f));
	assert_true(pk_runtime_fact_parse("cobol\t85\tx\t\t\t\tall is lost", &f));
	assert_string_equal(f.title, "cobol");
	assert_int_equal(f.nr_processes, 0);
	assert_int_equal(f.nr_lacks, 1);
	assert_string_equal(f.lacks[0].remedy, "");
	pk_runtime_fact_deinit(&f);
	assert_true(pk_runtime_fact_parse("go\t1\t1\t1\te\tn\ta\tb\tc\td\te\tf\tg", &f));
	assert_int_equal(f.nr_lacks, PK_RUNTIME_MAX_LACKS);
	assert_string_equal(f.lacks[1].remedy, "d");
	pk_runtime_fact_deinit(&f);
}

/* More processes than are named, in a chain of forks longer than it is followed. */
static void test_many(void **state)
{
	const struct pk_runtime_group *g;
	char text[64];
	size_t commas = 0;
	struct pk_strbuf fact = { 0 };

	(void)state;
	fix_alive(&t.p, 100, "first");
	fix_map(&t.p, 0, 100, LOW, 0x1000, file("node"), 0);
	for (uint32_t i = 1; i < 1000; i++)
		fix_fork(&t.p, i, 100 + i, 99 + i, "next");
	for (uint32_t i = 0; i < 1000; i++)
		sample(1000 + i, 100 + i);
	find();
	assert_int_equal(t.g.v.nr, 1);
	g = group(0, PK_RUNTIME_NODE, 1000);
	pk_runtime_fact_put(g, &fact);
	snprintf(text, sizeof(text), "node\t18.19.0\t1000\t100,101,");
	assert_memory_equal(fact.data, text, strlen(text));
	for (const char *c = fact.data; *c; c++)
		commas += *c == ',' && c < strstr(fact.data, "\tJava");
	assert_true(commas >= PK_RUNTIME_MAX_PIDS - 1);
	pk_strbuf_deinit(&fact);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_images),   TEST(test_left_out),    TEST(test_libraries),
		TEST(test_embedded), TEST(test_symbols),     TEST(test_self),
		TEST(test_java),      TEST(test_lacks),
		TEST(test_python_frames),
		TEST(test_environment), TEST(test_facts),    TEST(test_odd_facts),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, make_files, NULL);
}
