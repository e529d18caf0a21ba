/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which language runtimes run in a process, by evidence in the files that it
 * maps: never by what a program is called. What is in one file is found once
 * (pk_runtimes_file), what that makes of a process is put together from there
 * (pk_runtime_add), and what its frames lack to have names is said in words,
 * with the remedy (pk_runtime_judge).
 *
 * To add a runtime: a row in table.c, a mark in evidence.h if a symbol tells
 * it, and a case in names.c if its frames need more than symbols.
 */
#ifndef PK_RUNTIME_H
#define PK_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "uapi/pkprof.h"

/* Where a file has marks of several, the first one counts. */
enum pk_runtime {
	PK_RUNTIME_NONE,
	PK_RUNTIME_NODE,
	PK_RUNTIME_V8,
	PK_RUNTIME_JVM,
	PK_RUNTIME_PYTHON,
	PK_RUNTIME_DOTNET,
	PK_RUNTIME_RUBY,
	PK_RUNTIME_PHP,
	PK_RUNTIME_PERL,
	PK_RUNTIME_LUAJIT,
	PK_RUNTIME_LUA,
	PK_RUNTIME_GO,
	PK_RUNTIME_RUST,
	PK_RUNTIME_CXX,
	PK_RUNTIME_NATIVE,
	PK_NR_RUNTIMES
};

const char *pk_runtime_key(enum pk_runtime runtime);	/* "python": in files and JSON */
const char *pk_runtime_title(enum pk_runtime runtime);	/* "Python": for people */
enum pk_runtime pk_runtime_find(const char *key);	/* NONE: no such key */

#define PK_RUNTIME_VERSION 48

/* What one mapped file says. */
struct pk_runtime_file {
	bool is_read;				/* else what it has is not known, or not all */
	enum pk_runtime runtime;
	char version[PK_RUNTIME_VERSION];	/* letters, digits and "+-._~"; "": not known */
	char evidence[64];			/* "symbol Py_Version" */
	bool cxx;				/* a program that uses C++ itself */
	bool has_symbols;			/* of programs: all functions have names */
	bool has_frames;			/* of interpreters: says where their frames are */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;
};

/* What was found out about files; each is read once. */
struct pk_runtimes;

int pk_runtimes_create(struct pk_runtimes **ret);
void pk_runtimes_destroy(struct pk_runtimes *r);	/* NULL is fine */

struct pk_runtime_query {
	const void *key;	/* what tells files apart: build ID, or device and inode */
	size_t key_len;		/* at most 64 */
	const char *path;	/* as mapped: where its debug file is looked for */
	bool program;		/* what the process runs, not a library of it */
	int (*open)(void *ctx);	/* a descriptor to be taken over, or -errno */
	void *ctx;
};

/*
 * Look into a file, or remember it. Never NULL but for want of memory; a file
 * that cannot be read is one that says nothing. Lives as long as @r.
 */
const struct pk_runtime_file *pk_runtimes_file(struct pk_runtimes *r,
					       const struct pk_runtime_query *q);

#define PK_RUNTIME_MAX_FOUND 4	/* in one process */

/* A process, and what is known of it. All-zero to begin with. */
struct pk_runtime_process {
	uint32_t pid;
	const struct pk_runtime_file *program;	/* NULL: not known */
	const struct pk_runtime_file *found[PK_RUNTIME_MAX_FOUND];
	unsigned int nr_found;
	bool cxx;
	const char *args;	/* how it was started: words with blanks or NULs between them */
	size_t args_len;
	bool has_perf_map;	/* it writes the names of code that it makes to a file */
	uint64_t nr_jit_names;	/* of such code, in a recording's stacks */
};

/* One of its files; runtimes are kept in order of the files. */
void pk_runtime_add(struct pk_runtime_process *p, const struct pk_runtime_file *f, bool program);

/*
 * What runs it, one after the other: native code where its program has marks of
 * nothing else. 0: its program could not be read and its other files say nothing.
 */
unsigned int pk_runtime_count(const struct pk_runtime_process *p);
enum pk_runtime pk_runtime_at(const struct pk_runtime_process *p, unsigned int i,
			      const struct pk_runtime_file **file_ret);

/* Append those of the variables in @env, as /proc/PID/environ has them, that set up runtimes. */
void pk_runtime_keep_env(const char *env, size_t len, struct pk_strbuf *out);

#define PK_RUNTIME_MAX_LACKS 2

/* All texts are constants. */
struct pk_runtime_verdict {
	const char *names;	/* where its frames have their names from, a clause; NULL: they lack */
	unsigned int nr_lacks;
	struct {
		const char *what;	/* a sentence without its period */
		const char *remedy;	/* an order, "PID" is the process; NULL: there is none */
		bool symbols;		/* debug symbols of the program would do */
	} lacks[PK_RUNTIME_MAX_LACKS];
};

/* What the frames of the runtime at place @i lack. */
void pk_runtime_judge(const struct pk_runtime_process *p, unsigned int i,
		      struct pk_runtime_verdict *ret);

#endif
