/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ELF file, looked into for marks of language runtimes: symbols that it
 * defines, sections, texts among its constants. Symbols that other files may
 * use and texts are still there after strip(1); neither depends on the file's
 * name. All of it is read as hostile, and tables and texts only as far as a budget goes.
 */
#ifndef PK_EVIDENCE_H
#define PK_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/elf_file.h"

/* Symbols that tell a runtime, or its version. */
enum pk_runtime_mark {
	PK_MARK_NODE,
	PK_MARK_V8,
	PK_MARK_HOTSPOT,
	PK_MARK_PYTHON,
	PK_MARK_PYTHON_VERSION,
	PK_MARK_DOTNET,
	PK_MARK_RUBY,
	PK_MARK_RUBY_VERSION,
	PK_MARK_PHP,
	PK_MARK_PERL,
	PK_MARK_PERL_REVISION,
	PK_MARK_PERL_VERSION,
	PK_MARK_PERL_SUBVERSION,
	PK_MARK_LUAJIT,
	PK_MARK_LUA,
	PK_MARK_RUST,
	PK_MARK_RUST_MAIN,	/* what a program written in Rust begins with */
	PK_MARK_CXX,		/* any C++ name, also of another file's that this one uses */
	PK_NR_MARKS
};

struct pk_evidence {
	const struct pk_elf *e;
	uint32_t marks;			/* 1 << enum pk_runtime_mark: defined in the file, but for C++ */
	struct {
		uint64_t svma, size;
	} at[PK_NR_MARKS];
	bool is_partial;		/* not all could be read: what was not found may be there */
	uint64_t *budget;		/* bytes of tables and constants that may still be read */
};

/* Note the marks among the symbols of @e, which must outlive @ret. */
void pk_evidence_of(const struct pk_elf *e, uint64_t *budget, struct pk_evidence *ret);

static inline bool pk_evidence_has(const struct pk_evidence *ev, enum pk_runtime_mark mark)
{
	return ev->marks >> mark & 1;
}

/* Name of a mark's symbol. */
const char *pk_runtime_mark_name(enum pk_runtime_mark mark);

/* Content of a mark's object, at most @len bytes; how many there are. */
size_t pk_evidence_object(const struct pk_evidence *ev, enum pk_runtime_mark mark, void *buf,
			  size_t len);

/* Bytes of a section from its start, at most @len; how many there are. */
size_t pk_evidence_section(const struct pk_evidence *ev, const char *name, void *buf, size_t len);

/*
 * Each place of a text among the constants, until @fn is content: it gets the text
 * and what follows it, @left bytes in all, and may see a place twice, the second
 * time with more behind it. False: it never was, or the budget is used up.
 */
bool pk_evidence_each(struct pk_evidence *ev, const void *text, size_t len,
		      bool (*fn)(void *ctx, const char *at, size_t left), void *ctx);
/*
 * Which of these texts are among the constants, a bit for each; at most 32, NULL is none
 * of them. All are looked for in one pass.
 */
uint32_t pk_evidence_find_texts(struct pk_evidence *ev, const char *const *texts, unsigned int nr);

/* Bytes at an address of the file's own numbering, at most @len; how many there are. */
size_t pk_evidence_at(const struct pk_evidence *ev, uint64_t svma, void *buf, size_t len);

/* Is it linked against a library whose name begins like this? */
bool pk_evidence_needs(const struct pk_evidence *ev, const char *library);

/* The name by which a library is linked against, "" where it has none. */
void pk_evidence_soname(const struct pk_evidence *ev, char *ret, size_t size);

#endif
