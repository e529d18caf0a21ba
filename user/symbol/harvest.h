/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols on their way into a profile. */
#ifndef PK_HARVEST_H
#define PK_HARVEST_H

#include "base/strbuf.h"
#include "profile/profile.h"

struct pk_harvest {
	struct pk_profile *p;
	PK_VEC(struct pk_symbol) found;
	struct pk_strbuf text;	/* scratch */
};

void pk_harvest_deinit(struct pk_harvest *h);
/*
 * Add a symbol whose name is @raw: demangled (@linkage_name) or only cleaned.
 * The name field of @s is filled in here. 0 or -ENOMEM.
 */
int pk_harvest_add(struct pk_harvest *h, const struct pk_symbol *s, const char *raw,
		   bool linkage_name);
/*
 * Put everything into profile->symbols, sorted; where a symbol is already,
 * the new one gives way. 0 or -ENOMEM.
 */
int pk_harvest_merge(struct pk_harvest *h);

#endif
