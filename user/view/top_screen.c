// SPDX-License-Identifier: GPL-2.0-or-later
/* The terminal of `top`; see top_screen.h. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "view/text.h"
#include "view/top_screen.h"

#define KEY_CODE_ESCAPE 27
#define ESCAPE_DELAY_MS 50	/* after it a lone Esc is no begin of a longer sequence */

struct pk_top_screen {
	SCREEN *screen;
	bool unicode, colour;
};

int pk_top_screen_check(struct pk_err *err)
{
	const char *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return pk_err_exit(err, -ENOTTY, PK_EXIT_USAGE,
				   "top needs a terminal for input and output; for a file or a "
				   "pipe there is `pkprof-user stat`");
	if (!term || !*term || !strcmp(term, "dumb"))
		return pk_err_exit(err, -ENOTTY, PK_EXIT_USAGE,
				   "top cannot draw on a terminal of type '%s' (set TERM); "
				   "`pkprof-user stat` prints plain lines",
				   term ? term : "");
	return 0;
}

static void set_colours(struct pk_top_screen *s)
{
	s->colour = pk_text_style_of(STDOUT_FILENO).colour && has_colors() &&
		    start_color() == OK;
	if (!s->colour)
		return;
	use_default_colors();
	init_pair(1, COLOR_CYAN, -1);
}

int pk_top_screen_open(struct pk_top_screen **ret, struct pk_err *err)
{
	int rc = pk_top_screen_check(err);
	struct pk_top_screen *s;

	if (rc)
		return rc;
	s = calloc(1, sizeof(*s));
	if (!s)
		return pk_err_set(err, -ENOMEM, "no memory for the screen");
	setlocale(LC_CTYPE, "");
	s->unicode = !strcmp(nl_langinfo(CODESET), "UTF-8");
	s->screen = newterm(NULL, stdout, stdin);
	if (!s->screen) {
		free(s);
		return pk_err_exit(err, -ENOTTY, PK_EXIT_USAGE,
				   "the terminal's type '%s' is not known here: set TERM to one "
				   "that is, for example xterm",
				   getenv("TERM"));
	}
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	set_colours(s);
	*ret = s;
	return 0;
}

void pk_top_screen_close(struct pk_top_screen *s)
{
	if (!s)
		return;
	curs_set(1);
	endwin();
	delscreen(s->screen);
	free(s);
}

void pk_top_screen_size(const struct pk_top_screen *s, unsigned int *height_ret,
			unsigned int *width_ret)
{
	int height, width;

	(void)s;
	getmaxyx(stdscr, height, width);
	*height_ret = height > 0 ? height : 1;
	*width_ret = width > 0 ? width : 1;
}

bool pk_top_screen_unicode(const struct pk_top_screen *s)
{
	return s->unicode;
}

static attr_t attributes(const struct pk_top_screen *s, enum pk_top_style style)
{
	switch (style) {
	case PK_TOP_BOLD:
		return A_BOLD;
	case PK_TOP_DIM:
		return s->colour ? (attr_t)COLOR_PAIR(1) : A_NORMAL;
	case PK_TOP_HEAD:
		return A_REVERSE;
	case PK_TOP_CURSOR:
		return A_BOLD | A_UNDERLINE;
	default:
		return A_NORMAL;
	}
}

void pk_top_screen_draw(struct pk_top_screen *s, const struct pk_top_page *p)
{
	erase();
	for (size_t i = 0; i < p->lines.nr; i++) {
		const struct pk_top_line *l = &p->lines.data[i];
		unsigned int from = l->mark_from, to = l->mark_to;

		attrset(attributes(s, l->style));
		if (l->text.data)
			mvaddstr(i, 0, l->text.data);
		/* the head of the sorted column; it is plain text, so bytes are columns */
		if (to > l->text.len)
			to = l->text.len;
		if (from < to) {
			attrset(A_BOLD);
			mvaddnstr(i, from, l->text.data + from, to - from);
		}
	}
	attrset(A_NORMAL);
	refresh();
}

int pk_top_screen_key(struct pk_top_screen *s)
{
	int key = getch();

	(void)s;
	switch (key) {
	case ERR:
		return PK_TOP_KEY_NONE;
	case '\r':
	case '\n':
	case KEY_ENTER:
		return PK_TOP_KEY_ENTER;
	case KEY_CODE_ESCAPE:
		return PK_TOP_KEY_ESCAPE;
	case KEY_BACKSPACE:
	case 0x7f:
	case '\b':
		return PK_TOP_KEY_ERASE;
	case KEY_UP:
		return PK_TOP_KEY_UP;
	case KEY_DOWN:
		return PK_TOP_KEY_DOWN;
	case KEY_LEFT:
		return PK_TOP_KEY_LEFT;
	case KEY_RIGHT:
		return PK_TOP_KEY_RIGHT;
	case KEY_PPAGE:
		return PK_TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return PK_TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return PK_TOP_KEY_HOME;
	case KEY_END:
		return PK_TOP_KEY_END;
	case KEY_RESIZE:
		return PK_TOP_KEY_RESIZE;
	default:
		return key;
	}
}
