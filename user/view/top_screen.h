/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal of `top`: the only user of ncurses. From open to close the terminal is
 * the screen's; close puts it back as it was, whatever happened in between.
 */
#ifndef PK_TOP_SCREEN_H
#define PK_TOP_SCREEN_H

#include "base/err.h"
#include "view/top.h"

struct pk_top_screen;

/* PK_EXIT_USAGE: standard input or output is no terminal, or none that can do it. */
int pk_top_screen_check(struct pk_err *err);
int pk_top_screen_open(struct pk_top_screen **ret, struct pk_err *err);
void pk_top_screen_close(struct pk_top_screen *s);	/* NULL is fine */
void pk_top_screen_size(const struct pk_top_screen *s, unsigned int *height_ret,
			unsigned int *width_ret);
bool pk_top_screen_unicode(const struct pk_top_screen *s);
void pk_top_screen_draw(struct pk_top_screen *s, const struct pk_top_page *p);
/* Next key that is there, without waiting: as pk_top_key() takes it. */
int pk_top_screen_key(struct pk_top_screen *s);

#endif
