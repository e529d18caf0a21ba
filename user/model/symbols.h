/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking up the symbols and lines that a profile carries. */
#ifndef PK_SYMBOLS_H
#define PK_SYMBOLS_H

#include "profile/profile.h"

/* Order of profile->symbols: by (space, id, addr). For qsort(3). */
int pk_symbols_compare(const void *a, const void *b);
/* Symbol whose range holds an address of a space, or NULL. Symbols must be sorted. */
const struct pk_symbol *pk_symbols_find(const struct pk_profile *p, enum pk_space space,
					uint32_t id, uint64_t addr);

/* Order of profile->lines: by (file, addr), then by frame. For qsort(3). */
int pk_lines_compare(const void *a, const void *b);
/* Line of an address of a file, or NULL. Lines must be sorted. */
const struct pk_line *pk_lines_find(const struct pk_profile *p, uint32_t file, uint64_t addr);
/* Likewise, only among the first @nr. */
const struct pk_line *pk_lines_find_in(const struct pk_profile *p, size_t nr, uint32_t file,
				       uint64_t addr);

#endif
