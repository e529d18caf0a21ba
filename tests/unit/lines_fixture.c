// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and source lines in profiles of tests; see lines_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lines_fixture.h"

static uint32_t intern(struct pk_writer *w, const char *text)
{
	uint32_t id;

	assert_int_equal(pk_writer_string(w, text, strlen(text), &id), 0);
	return id;
}

void fixture_fill_symbols(struct pk_writer *w, uint32_t space)
{
	uint64_t addr = 4096;

	for (uint32_t i = 0; i < 40; i++) {
		char name[40];
		struct pk_symbol s = { .space = space, .id = space, .addr = addr, .size = 16 + i,
				       .flags = i % 5 ? 0 : PK_SYMBOL_NONE };

		snprintf(name, sizeof(name), "function_%u_of_%u", i, space);
		s.name = intern(w, name);
		s.dso = intern(w, space ? "/usr/lib/lib.so" : "[kernel]");
		assert_int_equal(pk_writer_symbol(w, &s), 0);
		addr += s.size + i % 3;
	}
}

/* Chains that have more or less in common with the one before. */
void fixture_fill_lines(struct pk_writer *w, uint32_t part)
{
	uint32_t source = intern(w, "/src/a.c"), other = intern(w, "/src/include/b.h");
	uint32_t outer = intern(w, "outer");

	for (uint32_t i = 0; i < 60; i++) {
		struct pk_line_frame f[8];
		unsigned int nr = 1 + i % 8;

		for (unsigned int n = 0; n < nr; n++) {
			char name[40];

			snprintf(name, sizeof(name), "inlined_%u", n % 3);
			f[n] = (struct pk_line_frame){
				.name = n + 1 < nr ? intern(w, name) : outer,
				.source = n % 2 ? source : other,
				.line = n ? n * 10 : i,
			};
		}
		assert_int_equal(pk_writer_line(w, 1, 4096 + (part * 60 + i) * 7, f, nr), 0);
	}
}

static void assert_same_text(const struct pk_profile *a, uint32_t x, const struct pk_profile *b,
			     uint32_t y)
{
	assert_string_equal(pk_strtab_get(&a->strings, x), pk_strtab_get(&b->strings, y));
}

void fixture_compare_lines(const struct pk_profile *a, const struct pk_profile *b)
{
	assert_true(a->lines.nr <= b->lines.nr);
	assert_true(a->line_frames.nr <= b->line_frames.nr);
	for (size_t i = 0; i < a->lines.nr; i++) {
		const struct pk_line *x = &a->lines.data[i], *y = &b->lines.data[i];

		assert_int_equal(x->file, y->file);
		assert_int_equal(x->frame, y->frame);
		assert_int_equal(x->addr, y->addr);
	}
	for (size_t i = 0; i < a->line_frames.nr; i++) {
		const struct pk_line_frame *x = &a->line_frames.data[i], *y = &b->line_frames.data[i];

		assert_int_equal(x->outer, y->outer);
		assert_int_equal(x->line, y->line);
		assert_same_text(a, x->name, b, y->name);
		assert_same_text(a, x->source, b, y->source);
	}
}

void assert_sane_lines(const struct pk_profile *p)
{
	size_t strings = p->strings.entries.nr;

	PK_VEC_FOREACH(&p->lines, l)
		assert_true(l->file && l->file < p->files.nr && l->frame < p->line_frames.nr);
	for (size_t i = 0; i < p->line_frames.nr; i++) {
		const struct pk_line_frame *f = &p->line_frames.data[i];

		assert_true((f->outer == PK_LINE_OUTERMOST || f->outer < i) && f->name < strings &&
			    f->source < strings);
	}
}
