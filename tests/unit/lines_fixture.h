/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, source lines and inlined functions in profiles of tests: part of profile_fixture.h's own. */
#ifndef LINES_FIXTURE_H
#define LINES_FIXTURE_H

#include "profile/writer.h"

/* 40 functions, some without a name. */
void fixture_fill_symbols(struct pk_writer *w, uint32_t space);
/* 60 lines of file 1; other ones for each part. */
void fixture_fill_lines(struct pk_writer *w, uint32_t part);
/* @a has the first ones of @b. */
void fixture_compare_lines(const struct pk_profile *a, const struct pk_profile *b);
void assert_sane_lines(const struct pk_profile *p);

#endif
