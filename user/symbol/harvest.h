/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols and source lines on their way into a profile. */
#ifndef PK_HARVEST_H
#define PK_HARVEST_H

#include "base/strbuf.h"
#include "profile/profile.h"

struct pk_harvest {
	struct pk_profile *p;
	PK_VEC(struct pk_symbol) found;
	/* As those of a profile, in order of adding; names and sources are in p->strings. */
	pk_lines lines;
	pk_line_frames line_frames;
	PK_VEC(uint32_t) chain;	/* frames of the last line, outermost first */
	struct pk_strbuf text;	/* scratch */
};

void pk_harvest_deinit(struct pk_harvest *h);
/*
 * Add a symbol whose name is @raw: demangled (@linkage_name) or only cleaned.
 * The name field of @s is filled in here. 0 or -ENOMEM.
 */
int pk_harvest_add(struct pk_harvest *h, const struct pk_symbol *s, const char *raw,
		   bool linkage_name);
/* Id in p->strings of the name that pk_harvest_add() would give. 0 or -ENOMEM. */
int pk_harvest_name(struct pk_harvest *h, const char *raw, bool linkage_name, uint32_t *ret);
/*
 * Add what the code at an address of a file is of: @nr frames, 1..PK_LINE_MAX_FRAMES, the
 * innermost first; their outer fields are not looked at. 0 or -ENOMEM.
 */
int pk_harvest_add_line(struct pk_harvest *h, uint32_t file, uint64_t addr,
			const struct pk_line_frame *frames, size_t nr);
/*
 * Put everything into profile->symbols and profile->lines, sorted; where a symbol or a line
 * is already, the new one gives way. 0 or -ENOMEM.
 */
int pk_harvest_merge(struct pk_harvest *h);

#endif
