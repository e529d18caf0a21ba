// SPDX-License-Identifier: GPL-2.0-or-later
/* What a descriptor can show; see text.h. */
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "view/text.h"

#define DEFAULT_WIDTH 80	/* of a terminal that does not tell */

/* The locale that counts for characters names UTF-8. */
static bool locale_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

struct pk_text_style pk_text_style_of(int fd)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct pk_text_style style = { .unicode = locale_is_utf8() };
	struct winsize size;

	if (!isatty(fd))
		return style;
	style.width = DEFAULT_WIDTH;
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		style.width = size.ws_col;
	style.colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb");
	return style;
}
