// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runtimes of processes that run: real ones, as far as this machine has them, under
 * another name and stripped. One that is not installed is left out.
 */
/* link: tests/unit/elf_fixture.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "cmd/processes.h"
#include "elf_fixture.h"

struct program {
	const char *name;
	const char *make;	/* leaves ./name; what fails is not installed */
	const char *run;	/* its arguments */
	enum pk_runtime runtime;
	const char *version;	/* command that prints it */
	const char *lack;	/* a part of what it lacks, NULL: nothing */
};

static const struct program programs[] = {
	{ "calc", "cp $(readlink -f /usr/bin/python3) calc && strip -s calc",
	  "-c 'import time; print(1, flush=True); time.sleep(60)'", PK_RUNTIME_PYTHON,
	  "/usr/bin/python3 -c 'import platform; print(platform.python_version())'",
	  NULL },
	{ "worker", "cp $(readlink -f $(command -v node)) worker && strip -s worker",
	  "-e 'console.log(1); setTimeout(() => 0, 60000)'", PK_RUNTIME_NODE,
	  "node --version | sed s/^v//", "JavaScript functions" },
	{ "named", "cp $(readlink -f $(command -v node)) named",
	  "--perf-basic-prof -e 'console.log(1); setTimeout(() => 0, 60000)'", PK_RUNTIME_NODE,
	  "node --version | sed s/^v//", NULL },
	/* looks for its libraries beside itself, so it has to stay where it is */
	{ "java", "printf 'public class Spin { public static void main(String[] a) throws "
		  "Exception { System.out.println(1); Thread.sleep(60000); } }' >Spin.java && "
		  "javac Spin.java && ln -s $(readlink -f $(command -v java)) java",
	  "-XX:+PreserveFramePointer -cp . Spin", PK_RUNTIME_JVM,
	  "java -version 2>&1 | sed -n 's/.* version \"\\([^\"]*\\)\".*/\\1/p'", "Java methods" },
	{ "gopher", "printf 'package main\\nimport \"time\"\\nfunc main() { println(1); "
		    "time.Sleep(60 * time.Second) }\\n' >g.go && GO111MODULE=off GOCACHE=$PWD/cache "
		    "GOFLAGS= go build -ldflags '-s -w' -o gopher g.go",
	  "2>&1", PK_RUNTIME_GO, "go version | sed 's/.* go\\([0-9.]*\\) .*/\\1/'", NULL },
	{ "crab", "printf 'fn main() { println!(\"1\"); std::thread::sleep("
		  "std::time::Duration::from_secs(60)); }\\n' >r.rs && rustc -C strip=symbols "
		  "-C target-feature=+crt-static -o crab r.rs",
	  "", PK_RUNTIME_RUST, "rustc --version | cut -d' ' -f2", "stripped" },
	{ "pearl", "cp $(readlink -f $(command -v perl)) pearl", "-e '$|=1; print 1; sleep 60'",
	  PK_RUNTIME_PERL, "perl -e 'printf \"%vd\", $^V'", "Perl functions" },
	{ "plus", "printf '#include <iostream>\\n#include <unistd.h>\\nint main() { std::cout << 1 "
		  "<< std::endl; sleep(60); }\\n' >plus.cc && g++ -o plus plus.cc",
	  "", PK_RUNTIME_CXX, "true", NULL },
	/* C, with a library of C++ in the process, as PostgreSQL has ICU */
	{ "guest", "printf '#include <dlfcn.h>\\n#include <stdio.h>\\n#include <unistd.h>\\n"
		   "int main(void) { if (!dlopen(\"libstdc++.so.6\", RTLD_NOW)) return 1; puts(\"1\"); "
		   "fflush(stdout); sleep(60); }\\n' >guest.c && gcc -o guest guest.c",
	  "", PK_RUNTIME_NATIVE, "true", NULL },
	{ "mixed", "printf '#[no_mangle] pub extern \"C\" fn part() { println!(\"1\"); }\\n' >part.rs && "
		   "rustc --crate-type staticlib -o libpart.a part.rs && "
		   "printf '#include <iostream>\\n#include <unistd.h>\\nextern \"C\" void part();\\n"
		   "int main() { part(); std::cout << 2 << std::endl; sleep(60); }\\n' >mixed.cc && "
		   "g++ -o mixed mixed.cc libpart.a -lpthread -ldl",
	  "", PK_RUNTIME_CXX, "true", NULL },
	{ "gem", "cp $(readlink -f $(command -v ruby)) gem", "-e '$stdout.sync = true; puts 1; sleep 60'",
	  PK_RUNTIME_RUBY, "ruby -e 'puts RUBY_VERSION'", "Ruby methods" },
	{ "elephant", "cp $(readlink -f $(command -v php)) elephant && strip -s elephant",
	  "-r 'echo 1; sleep(60);'", PK_RUNTIME_PHP,
	  "php -r 'echo PHP_MAJOR_VERSION.\".\".PHP_MINOR_VERSION.\".\".PHP_RELEASE_VERSION;'",
	  "PHP functions" },
	{ "plain", "printf '#include <stdio.h>\\n#include <unistd.h>\\nint main(void) { puts(\"1\"); "
		   "fflush(stdout); sleep(60); }\\n' >plain.c && gcc -s -o plain plain.c",
	  "", PK_RUNTIME_NATIVE, "true", "stripped" },
};

/* First line that a shell command prints in the directory; "" also where it fails. */
static void first_line(const char *command, char *ret, size_t size)
{
	char line[2048];
	FILE *f;

	snprintf(line, sizeof(line), "cd '%s' && { %s; } 2>/dev/null", elf_dir(), command);
	f = popen(line, "r");
	assert_non_null(f);
	ret[0] = '\0';
	if (fgets(ret, size, f))
		ret[strcspn(ret, "\n")] = '\0';
	pclose(f);
}

/* Start it and wait until it says something: then its libraries are there. */
static FILE *start(const struct program *x, pid_t *pid)
{
	char line[1024];
	int out[2];
	FILE *f;

	snprintf(line, sizeof(line), "cd '%s' && exec ./%s %s", elf_dir(), x->name, x->run);
	assert_int_equal(pipe(out), 0);
	*pid = fork();
	if (!*pid) {
		dup2(out[1], 1);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	assert_non_null(f);
	if (fgetc(f) == EOF)
		fail_msg("%s does not run", x->name);
	return f;
}

static const struct pk_runtime_group *group_of(const struct pk_processes *p, uint32_t pid,
					       unsigned int *nr)
{
	const struct pk_runtime_group *found = NULL;

	*nr = 0;
	PK_VEC_FOREACH(&p->groups.v, g) {
		for (uint64_t i = 0; i < g->nr_processes && i < PK_RUNTIME_MAX_PIDS; i++) {
			if (g->pids[i] != pid)
				continue;
			found = g;
			++*nr;
		}
	}
	return found;
}

static void check(const struct program *x, uint32_t pid)
{
	const struct pk_runtime_group *g;
	struct pk_processes p;
	char version[128];
	unsigned int nr;

	/* of a machine with many processes a group names only some */
	elf_run("rm -rf alone && mkdir alone && ln -s /proc/%u alone/", pid);
	assert_int_equal(pk_processes_look(elf_path("alone"), &p), 0);
	g = group_of(&p, pid, &nr);
	if (nr != 1)
		fail_msg("%s: %u runtimes", x->name, nr);
	assert_string_equal(pk_runtime_key(g->runtime), pk_runtime_key(x->runtime));
	first_line(x->version, version, sizeof(version));
	assert_string_equal(g->file ? g->file->version : "", version);
	if (!x->lack && g->verdict.nr_lacks)
		fail_msg("%s: %s", x->name, g->verdict.lacks[0].what);
	if (x->lack) {
		assert_int_equal(g->verdict.nr_lacks, 1);
		assert_non_null(strstr(g->verdict.lacks[0].what, x->lack));
	}
	pk_processes_deinit(&p);
}

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(programs); i++) {
		char line[2048], made[64];
		pid_t pid;
		FILE *f;

		snprintf(line, sizeof(line), "%s && echo made", programs[i].make);
		first_line(line, made, sizeof(made));
		if (strcmp(made, "made")) {
			print_message("%s: not installed here\n", programs[i].name);
			continue;
		}
		f = start(&programs[i], &pid);
		check(&programs[i], pid);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		fclose(f);
		snprintf(line, sizeof(line), "/tmp/perf-%d.map", pid);
		unlink(line);
	}
}

/* Processes that are no processes, and mappings that are not there. */
static void test_odd_proc(void **state)
{
	struct pk_processes p;

	(void)state;
	elf_run("mkdir -p proc/1 proc/2 proc/3/map_files proc/4x proc/5 proc/notes");
	elf_write("proc/1/stat", "1 (init) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n");
	elf_write("proc/2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0\n");
	elf_write("proc/3/stat", "3 (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n");
	elf_write("proc/3/maps", "garbage\n400000-401000 r-xp 00000000 08:01 77 /no/such\n"
				 "401000-400000 r-xp 00000000 08:01 77 /no/such\n"
				 "500000-501000 r-xp 00000000 08:01 78 /dev/zero\n"
				 "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]");
	elf_write("proc/5/stat", "garbage");
	assert_int_equal(pk_processes_look(elf_path("proc"), &p), 0);
	assert_int_equal(p.nr, 2);
	assert_int_equal(p.groups.v.nr, 0);
	assert_int_equal(p.groups.nr_unknown, 1);
	pk_processes_deinit(&p);
	assert_true(pk_processes_look(elf_path("none"), &p) < 0);
	pk_processes_deinit(&p);
}

/* What is said about stripped programs, of packages and without. */
static void test_symbols(void **state)
{
	struct pk_strbuf out = { 0 };
	struct pk_processes p = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 12; i++) {
		struct pk_stripped *s = pk_vec_push(&p.stripped);

		assert_non_null(s);
		s->runtime = PK_RUNTIME_NATIVE;
		s->path = strdup("/opt/app");
		s->build_id_len = 4;
		memcpy(s->build_id, "\xab\xcd\xef\x01", 4);
		if (i < 10)
			snprintf(s->package, sizeof(s->package), "pkg%u", i / 2 ? i : 1);
	}
	pk_processes_put_symbols(&p, PK_RUNTIME_NATIVE, &out);
	assert_string_equal(out.data,
			    "install pkg1-dbgsym, pkg2-dbgsym, pkg3-dbgsym, pkg4-dbgsym, pkg5-dbgsym, "
			    "pkg6-dbgsym, pkg7-dbgsym, pkg8-dbgsym and 1 more; debug file of /opt/app: "
			    "`debuginfod-find debuginfo abcdef01`, to "
			    "/usr/lib/debug/.build-id/ab/cdef01.debug; likewise 1 more");
	pk_strbuf_clear(&out);
	pk_processes_put_symbols(&p, PK_RUNTIME_RUST, &out);
	assert_int_equal(out.len, 0);
	pk_strbuf_deinit(&out);
	pk_processes_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_odd_proc),
		cmocka_unit_test(test_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
