// SPDX-License-Identifier: GPL-2.0-or-later
/* The runtimes that are known; see table.h. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/table.h"
#include "runtime/versions.h"

#define NO_MARK PK_NR_MARKS

/*
 * Texts that tell a runtime. They are in a section of their own, where nobody looks for
 * constants: a recording has its own recorder among its processes.
 */
#define TEXT static const char __attribute__((section("pk_texts")))

TEXT v8_flag[] = "perf_basic_prof_only_functions";
TEXT node_variable[] = "NODE_OPTIONS";
TEXT python_error[] = "Fatal Python error: ";
TEXT python_variable[] = "PYTHONHASHSEED";
TEXT php_header[] = "X-Powered-By: PHP/";
TEXT php_variable[] = "PHP_INI_SCAN_DIR";
TEXT perl_variable[] = "PERL_DESTRUCT_LEVEL";
TEXT perl_variable2[] = "PERL_HASH_SEED";
TEXT lua_version[] = ": Lua 5.";
TEXT lua_makers[] = "PUC-Rio";
TEXT rust_core[] = "library/core/src/";
TEXT rust_std[] = "library/std/src/";

struct row {
	const char *key, *title;
	enum pk_runtime_mark mark;	    /* a symbol, NO_MARK: none tells it */
	const char *section;		    /* or a section, NULL: none does */
	const char *texts[2];		    /* or these texts in a program; NULL: none do */
	bool (*in)(struct pk_evidence *ev); /* or this, NULL: nothing else */
	const char *in_words;
	void (*version)(struct pk_evidence *ev, char *ret);
	bool program_only; /* libraries of that kind do not make it the process's */
	bool embedded;
};

static bool cxx_is_in(const struct pk_evidence *ev)
{
	return pk_evidence_has(ev, PK_MARK_CXX) || pk_evidence_needs(ev, "libstdc++.so") ||
	       pk_evidence_needs(ev, "libc++.so");
}

/* Rust within a program of C++: one that begins in Rust says so, as far as it has symbols. */
static bool rust_is_a_part(const struct pk_evidence *ev)
{
	return cxx_is_in(ev) && !pk_evidence_has(ev, PK_MARK_RUST_MAIN);
}

/* The compilers sign in a section for comments. */
static bool rust_is_in(struct pk_evidence *ev)
{
	char version[PK_RUNTIME_VERSION] = "";

	pk_version_of_rust(ev, version);
	return version[0];
}

/* In order of enum pk_runtime: of several in one file, the first one counts. */
static const struct row rows[PK_NR_RUNTIMES] = {
	[PK_RUNTIME_NONE] = { "", "", NO_MARK, .version = NULL },
	[PK_RUNTIME_NODE] = { "node", "Node.js", PK_MARK_NODE, .texts = { node_variable, v8_flag },
			      .version = pk_version_of_node },
	[PK_RUNTIME_V8] = { "v8", "V8", PK_MARK_V8, .texts = { v8_flag } },
	[PK_RUNTIME_JVM] = { "jvm", "Java", PK_MARK_HOTSPOT, .version = pk_version_of_jvm },
	[PK_RUNTIME_PYTHON] = { "python", "Python", PK_MARK_PYTHON, .section = ".PyRuntime",
				.texts = { python_error, python_variable },
				.version = pk_version_of_python },
	[PK_RUNTIME_DOTNET] = { "dotnet", ".NET", PK_MARK_DOTNET, .version = pk_version_of_dotnet },
	[PK_RUNTIME_RUBY] = { "ruby", "Ruby", PK_MARK_RUBY, .version = pk_version_of_ruby },
	[PK_RUNTIME_PHP] = { "php", "PHP", PK_MARK_PHP, .texts = { php_header, php_variable },
			     .version = pk_version_of_php },
	[PK_RUNTIME_PERL] = { "perl", "Perl", PK_MARK_PERL,
			      .texts = { perl_variable, perl_variable2 },
			      .version = pk_version_of_perl },
	[PK_RUNTIME_LUAJIT] = { "luajit", "LuaJIT", PK_MARK_LUAJIT, .version = pk_version_of_luajit,
				.embedded = true },
	[PK_RUNTIME_LUA] = { "lua", "Lua", PK_MARK_LUA, .texts = { lua_version, lua_makers },
			     .version = pk_version_of_lua, .embedded = true },
	[PK_RUNTIME_GO] = { "go", "Go", NO_MARK, .in = pk_go_is_in,
			    .in_words = "build information of Go", .version = pk_version_of_go },
	[PK_RUNTIME_RUST] = { "rust", "Rust", PK_MARK_RUST, .in = rust_is_in,
			      .in_words = "signature of rustc", .texts = { rust_core, rust_std },
			      .version = pk_version_of_rust, .program_only = true },
	/* these two are what is left when nothing else speaks for a process */
	[PK_RUNTIME_CXX] = { "c++", "C++", NO_MARK, .version = NULL },
	[PK_RUNTIME_NATIVE] = { "native", "native code", NO_MARK, .version = NULL },
};

const char *pk_runtime_key(enum pk_runtime runtime)
{
	return runtime < PK_NR_RUNTIMES ? rows[runtime].key : "";
}

const char *pk_runtime_title(enum pk_runtime runtime)
{
	return runtime < PK_NR_RUNTIMES ? rows[runtime].title : "";
}

enum pk_runtime pk_runtime_find(const char *key)
{
	for (unsigned int i = 1; i < PK_NR_RUNTIMES; i++)
		if (!strcmp(rows[i].key, key))
			return i;
	return PK_RUNTIME_NONE;
}

bool pk_runtime_is_embedded(enum pk_runtime runtime)
{
	return rows[runtime].embedded;
}

/* Texts of all runtimes that are in a file: row i has bits 2 i and 2 i + 1. */
static uint32_t find_texts(struct pk_evidence *ev)
{
	const char *texts[2 * PK_NR_RUNTIMES];

	_Static_assert(2 * PK_NR_RUNTIMES <= 32, "a bit for each text");
	for (unsigned int i = 0; i < PK_NR_RUNTIMES; i++)
		memcpy(&texts[2 * i], rows[i].texts, sizeof(rows[i].texts));
	return pk_evidence_find_texts(ev, texts, PK_ARRAY_SIZE(texts));
}

static bool has_texts(uint32_t found, unsigned int i)
{
	uint32_t want = rows[i].texts[1] ? 3 : 1;

	return rows[i].texts[0] && (found >> 2 * i & want) == want;
}

/* Evidence in words, or false. */
static bool is_in(struct pk_evidence *ev, const struct row *row, struct pk_runtime_file *f)
{
	if (row->mark != NO_MARK && pk_evidence_has(ev, row->mark))
		snprintf(f->evidence, sizeof(f->evidence), "symbol %s",
			 pk_runtime_mark_name(row->mark));
	else if (row->section && pk_elf_section(ev->e, row->section))
		snprintf(f->evidence, sizeof(f->evidence), "section %s", row->section);
	else if (row->in && row->in(ev))
		snprintf(f->evidence, sizeof(f->evidence), "%s", row->in_words);
	else
		return false;
	return true;
}

static enum pk_runtime find(struct pk_evidence *ev, bool program, struct pk_runtime_file *f)
{
	for (unsigned int i = 1; i < PK_NR_RUNTIMES; i++)
		if ((program || !rows[i].program_only) &&
		    (i != PK_RUNTIME_RUST || !rust_is_a_part(ev)) && is_in(ev, &rows[i], f))
			return i;
	return PK_RUNTIME_NONE;
}

/* The costly look: through all constants. */
static enum pk_runtime find_by_text(struct pk_evidence *ev, struct pk_runtime_file *f)
{
	uint32_t found = find_texts(ev);

	for (unsigned int i = 1; i < PK_NR_RUNTIMES; i++) {
		if (!has_texts(found, i) || (i == PK_RUNTIME_RUST && rust_is_a_part(ev)))
			continue;
		snprintf(f->evidence, sizeof(f->evidence), "text \"%s\"", rows[i].texts[0]);
		return i;
	}
	return PK_RUNTIME_NONE;
}

void pk_runtime_look(struct pk_evidence *ev, bool program, struct pk_runtime_file *ret)
{
	ret->runtime = find(ev, program, ret);
	if (!ret->runtime && program)
		ret->runtime = find_by_text(ev, ret);
	ret->cxx = program && cxx_is_in(ev);
	if (rows[ret->runtime].version)
		rows[ret->runtime].version(ev, ret->version);
}
