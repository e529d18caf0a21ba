// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading of text; see text_file.h. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbol/text_file.h"

#define FIRST_BYTES (64u << 10)

int pk_text_read(int fd, size_t max, char **text_ret, size_t *len_ret)
{
	PK_AUTO_FREE char *text = NULL;
	size_t len = 0, cap = 0;
	ssize_t n;

	do {
		if (len == cap) {
			size_t bigger = cap ? cap * 2 : FIRST_BYTES;
			char *p = realloc(text, bigger + 1);

			if (!p)
				return -ENOMEM;
			text = p;
			cap = bigger;
		}
		n = pread(fd, text + len, cap - len, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		len += n;
		if (len > max)
			return -EFBIG;
	} while (n);
	text[len] = '\0';
	*len_ret = len;
	*text_ret = pk_take(text);
	return 0;
}

char *pk_text_line(char **pos, char *end)
{
	char *line = *pos, *nl;

	if (line >= end)
		return NULL;
	nl = memchr(line, '\n', end - line);
	if (nl)
		*nl = '\0';
	*pos = nl ? nl + 1 : end;
	return line;
}

bool pk_text_hex(char **pos, uint64_t *ret)
{
	char *p = *pos;
	uint64_t v = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2]))
		p += 2;
	for (; isxdigit((unsigned char)*p); p++) {
		unsigned int digit = *p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10;

		if (v >> 60)
			return false;
		v = v << 4 | digit;
	}
	if (p == *pos)
		return false;
	*pos = p;
	*ret = v;
	return true;
}
