/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the statements of a profile script have in common: a line's words, what they
 * mean, and the writer they go to. Whatever is wrong ends the program with the
 * line's number.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "profile/writer.h"

#define T0_NS	      1000000000000ULL
#define MAX_WORDS     128

extern struct pk_writer *writer;
extern const char *script;
extern unsigned int line_nr;

struct words {
	unsigned int nr;
	char *word[MAX_WORDS];
};

_Noreturn void fail(const char *what, const char *word);
/* What the writer returned. */
void check(int rc);

/* Splits in place. */
void split(char *line, struct words *w);
const char *word(const struct words *w, unsigned int i);
/* Value of "key=value" among the words from @from on, or NULL. */
const char *option(const struct words *w, unsigned int from, const char *key);
bool has_flag(const struct words *w, unsigned int from, const char *flag);
uint64_t number(const char *text);
uint32_t number_or(const struct words *w, const char *key, uint32_t otherwise);
/* Seconds since the start of the recording, as CLOCK_MONOTONIC ns; and seconds as ns. */
uint64_t instant(const char *text);
uint64_t duration(const char *text);
uint64_t duration_or(const struct words *w, const char *key, uint64_t otherwise);
/* String id; NULL is the empty string. */
uint32_t intern(const char *text);

/* Who a thread is, as told by the statements before. */
uint32_t process_of(uint32_t tid);
uint32_t name_of(uint32_t tid);

struct stack {
	char *name;
	uint32_t node;
	unsigned int end;
	bool kernel;
};
const struct stack *find_stack(const char *name);

struct statement {
	const char *name;	/* NULL ends a table */
	void (*run)(const struct words *w);
};
extern const struct statement ledger_statements[], block_statements[], net_statements[],
	vfs_statements[], bio_statements[], waited_statements[];
/* What the ledger's statements collected, in order of time. */
void write_ledger(void);
void write_blocks(void);
void write_bios(void);
void write_nets(void);
void write_file_ops(void);
void write_waited(void);

/* qsort() over the items of a vector by the time that each has in a field. */
#define BY_TIME(name, type, field)                                                                 \
	static int name(const void *a, const void *b)                                              \
	{                                                                                          \
		const type *x = a, *y = b;                                                         \
                                                                                                   \
		return x->field < y->field ? -1 : x->field > y->field;                             \
	}

#define sort(v, order)                                                                             \
	do {                                                                                       \
		if ((v).nr)                                                                        \
			qsort((v).data, (v).nr, sizeof(*(v).data), order);                         \
	} while (0)

#endif
