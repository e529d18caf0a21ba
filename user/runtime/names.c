// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What runs a process, and what its frames lack to have names; see runtime.h.
 *
 * Code that is compiled at run time has names only in a file that the runtime
 * itself writes, and interpreted functions only where the runtime gives each of
 * them a piece of code. Both have to be asked for, mostly at the start.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/table.h"

void pk_runtime_add(struct pk_runtime_process *p, const struct pk_runtime_file *f, bool program)
{
	if (program)
		p->program = f;
	/* a library in C++ makes no program of C: PostgreSQL has ICU */
	p->cxx |= f->cxx;
	if (!f->runtime)
		return;
	for (unsigned int i = 0; i < p->nr_found; i++) {
		if (p->found[i]->runtime != f->runtime)
			continue;
		if (!p->found[i]->version[0])
			p->found[i] = f;
		return;
	}
	if (p->nr_found < PK_RUNTIME_MAX_FOUND)
		p->found[p->nr_found++] = f;
}

/* Is there, beside what was found, a program to speak of? */
static bool is_native_too(const struct pk_runtime_process *p)
{
	for (unsigned int i = 0; i < p->nr_found; i++)
		if (!pk_runtime_is_embedded(p->found[i]->runtime))
			return false;
	return p->program && p->program->is_read;
}

unsigned int pk_runtime_count(const struct pk_runtime_process *p)
{
	return p->nr_found + is_native_too(p);
}

enum pk_runtime pk_runtime_at(const struct pk_runtime_process *p, unsigned int i,
			      const struct pk_runtime_file **file_ret)
{
	if (i < p->nr_found) {
		*file_ret = p->found[i];
		return p->found[i]->runtime;
	}
	*file_ret = NULL;
	return p->cxx ? PK_RUNTIME_CXX : PK_RUNTIME_NATIVE;
}

/* --- what is known of how it was started ---------------------------------------- */

/* Is the text in the arguments or the environment? Whether as a word of its own is not asked. */
static bool is_started_with(const struct pk_runtime_process *p, const char *text)
{
	return p->args_len && memmem(p->args, p->args_len, text, strlen(text));
}

void pk_runtime_keep_env(const char *env, size_t len, struct pk_strbuf *out)
{
	static const char *const names[] = { "NODE_OPTIONS=", "JAVA_TOOL_OPTIONS=",
					     "JDK_JAVA_OPTIONS=", "_JAVA_OPTIONS=" };
	const char *end = env + len, *next;

	for (; env < end; env = next) {
		size_t n = strnlen(env, end - env);

		next = env + n + 1;
		for (size_t i = 0; i < PK_ARRAY_SIZE(names); i++) {
			if (n < strlen(names[i]) || memcmp(env, names[i], strlen(names[i])))
				continue;
			pk_strbuf_putc(out, ' ');
			pk_strbuf_add(out, env, n);
		}
	}
}

/* First two numbers of a version; 0 where there are none. */
static void parse_version(const struct pk_runtime_file *f, unsigned int *major, unsigned int *minor)
{
	*major = *minor = 0;
	if (f)
		sscanf(f->version, "%5u.%5u", major, minor);
}

static void lack(struct pk_runtime_verdict *v, const char *what, const char *remedy)
{
	v->lacks[v->nr_lacks].what = what;
	v->lacks[v->nr_lacks++].remedy = remedy;
}

/* --- one by one --------------------------------------------------------------- */

static bool has_jit_names(const struct pk_runtime_process *p, struct pk_runtime_verdict *v)
{
	if (!p->has_perf_map && !p->nr_jit_names)
		return false;
	v->names = "from the list of its code that the process writes";
	return true;
}

static void judge_v8(const struct pk_runtime_process *p, enum pk_runtime runtime,
		     struct pk_runtime_verdict *v)
{
	if (has_jit_names(p, v))
		return;
	lack(v, "JavaScript functions have no names",
	     is_started_with(p, "--perf-basic-prof")
		     ? "it was started with --perf-basic-prof: give it a writable /tmp"
	     : runtime == PK_RUNTIME_NODE
		     ? "start it with --perf-basic-prof --interpreted-frames-native-stack, or with "
		       "both in NODE_OPTIONS"
		     : "start it with V8's flags --perf-basic-prof --interpreted-frames-native-stack");
}

static void judge_jvm(const struct pk_runtime_process *p, const struct pk_runtime_file *f,
		      struct pk_runtime_verdict *v)
{
	unsigned int major, minor;

	parse_version(f, &major, &minor);
	if (!has_jit_names(p, v))
		lack(v, "Java methods have no names",
		     major >= 17 ? "record with --jvm-maps, which asks it to list them, or run "
				   "`jcmd PID Compiler.perfmap` while it runs"
				 : "Java 17 and newer can list them (jcmd PID Compiler.perfmap); "
				   "older ones need an agent that writes /tmp/perf-PID.map");
	if (!is_started_with(p, "-XX:+PreserveFramePointer"))
		lack(v, "-XX:+PreserveFramePointer is missing: stacks end in compiled code",
		     "start it with -XX:+PreserveFramePointer, on the command line or in "
		     "JAVA_TOOL_OPTIONS");
}

static void judge_python(const struct pk_runtime_process *p, const struct pk_runtime_file *f,
			 struct pk_runtime_verdict *v)
{
	unsigned int major, minor;
	bool old;

	parse_version(f, &major, &minor);
	if (has_jit_names(p, v))
		return;
	if (f->has_frames) {
		v->names = "from its frames in memory, as they are sampled";
		return;
	}
	/* of these versions it is this build: user/symbol/python_code.c */
	if (major == 3 && (minor == 11 || minor >= 13)) {
		lack(v,
		     "Python functions appear as _PyEval_EvalFrameDefault: this build does not "
		     "tell where its frames are (free-threaded, newer than pkprof, or stripped of "
		     "what others may link to)",
		     minor == 11 ? "use a build that exports _PyRuntime, like the distributions'"
				 : "start it with -X perf or with PYTHONPERFSUPPORT=1");
		return;
	}
	old = major == 2 || (major == 3 && minor < 6);
	lack(v,
	     old ? "Python functions appear as PyEval_EvalFrameEx"
		 : "Python functions appear as _PyEval_EvalFrameDefault",
	     major == 3 && minor == 12 ? "start it with -X perf or with PYTHONPERFSUPPORT=1"
				       : "Python 3.12 and newer can name them (-X perf)");
}

static void judge_ruby(const struct pk_runtime_file *f, struct pk_runtime_verdict *v)
{
	unsigned int major, minor;

	parse_version(f, &major, &minor);
	lack(v, "Ruby methods appear as vm_exec_core",
	     major > 3 || (major == 3 && minor >= 3) ? "start it with --yjit --yjit-perf"
						     : "Ruby 3.3 and newer can name what YJIT "
						       "compiles (--yjit-perf)");
}

/* What was compiled before it ran; @program: NULL, it is a library. */
static void judge_compiled(const struct pk_runtime_file *program, struct pk_runtime_verdict *v)
{
	v->names = "from symbol tables and debug files";
	if (!program || program->has_symbols)
		return;
	lack(v, "stripped: functions that are not exported have no names",
	     "install its debug symbols");
	v->lacks[v->nr_lacks - 1].symbols = true;
}

void pk_runtime_judge(const struct pk_runtime_process *p, unsigned int i,
		      struct pk_runtime_verdict *ret)
{
	const struct pk_runtime_file *f;
	enum pk_runtime runtime = pk_runtime_at(p, i, &f);

	*ret = (struct pk_runtime_verdict){ 0 };
	switch (runtime) {
	case PK_RUNTIME_NODE:
	case PK_RUNTIME_V8:
		judge_v8(p, runtime, ret);
		break;
	case PK_RUNTIME_JVM:
		judge_jvm(p, f, ret);
		break;
	case PK_RUNTIME_PYTHON:
		judge_python(p, f, ret);
		break;
	case PK_RUNTIME_DOTNET:
		if (!has_jit_names(p, ret))
			lack(ret, ".NET methods have no names",
			     "start it with DOTNET_PerfMapEnabled=1");
		break;
	case PK_RUNTIME_RUBY:
		if (!has_jit_names(p, ret))
			judge_ruby(f, ret);
		break;
	case PK_RUNTIME_PHP:
		if (!has_jit_names(p, ret))
			lack(ret, "PHP functions appear as execute_ex",
			     "with opcache's JIT, opcache.jit_debug=16 names what it compiles");
		break;
	case PK_RUNTIME_PERL:
		lack(ret, "Perl functions appear as Perl_runops_standard", NULL);
		break;
	case PK_RUNTIME_LUAJIT:
		if (!has_jit_names(p, ret))
			lack(ret, "Lua functions have no names", NULL);
		break;
	case PK_RUNTIME_LUA:
		lack(ret, "Lua functions appear as luaV_execute", NULL);
		break;
	case PK_RUNTIME_GO:
	case PK_RUNTIME_RUST:
		judge_compiled(f == p->program ? f : NULL, ret);
		break;
	case PK_RUNTIME_CXX:
	case PK_RUNTIME_NATIVE:
		judge_compiled(p->program, ret);
		break;
	case PK_RUNTIME_NONE:
	case PK_NR_RUNTIMES:
		break;
	}
}
