/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables as text: aligned columns, numbers to the right, one unit per column.
 * Colours, bars and cutting to the line's width are for terminals only, so
 * that a file or a pipe gets everything.
 */
#ifndef PK_TEXT_VIEW_H
#define PK_TEXT_VIEW_H

#include "analysis/table.h"
#include "base/strbuf.h"

struct pk_text_style {
	unsigned int width;	/* columns of the terminal, 0: lines are not cut */
	bool colour;
	bool unicode;		/* bars, ellipsis and plus-minus signs */
	bool detail;		/* also tables marked as detail */
};

/* The style that fits a descriptor: terminal or not, its width, locale, NO_COLOR. */
struct pk_text_style pk_text_style_of(int fd);

void pk_text_table(const struct pk_table *t, const struct pk_text_style *style,
		   struct pk_strbuf *out);
/* All tables that have rows, then the notes. */
void pk_text_result(const struct pk_result *r, const struct pk_text_style *style,
		    struct pk_strbuf *out);

/* A sentence that stands apart, wrapped to the width. */
void pk_text_note(const char *text, const struct pk_text_style *style, struct pk_strbuf *out);

#endif
