// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of a profile script; see script.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

struct pk_writer *writer;
const char *script;
unsigned int line_nr;

_Noreturn void fail(const char *what, const char *word)
{
	fprintf(stderr, "%s:%u: %s '%s'\n", script, line_nr, what, word ? word : "");
	exit(1);
}

void check(int rc)
{
	if (rc)
		fail("the writer refuses", pk_writer_error(writer)->msg);
}

static char unescape(char **p)
{
	char c = *(*p)++, hex[3] = "";

	if (c != '\\')
		return c;
	c = *(*p)++;
	if (c == 'n' || c == 't')
		return c == 'n' ? '\n' : '\t';
	if (c != 'x')
		return c;
	memcpy(hex, *p, 2);
	*p += 2;
	return (char)strtoul(hex, NULL, 16);
}

/* Splits in place. */
void split(char *line, struct words *w)
{
	char *in = line, *out = line;

	w->nr = 0;
	for (;;) {
		bool quoted = false;

		in += strspn(in, " \t\n");
		if (!*in || *in == '#')
			return;
		if (w->nr == MAX_WORDS)
			fail("too many words", in);
		w->word[w->nr++] = out;
		while (*in && (quoted || !strchr(" \t\n", *in))) {
			if (*in == '"') {
				quoted = !quoted;
				in++;
			} else if (quoted) {
				*out++ = unescape(&in);
			} else {
				*out++ = *in++;
			}
		}
		if (*in)
			in++;
		*out++ = '\0';
	}
}

const char *word(const struct words *w, unsigned int i)
{
	if (i >= w->nr)
		fail("a word is missing after", w->word[w->nr - 1]);
	return w->word[i];
}

/* Value of "key=value" among the words from @from on, or NULL. */
const char *option(const struct words *w, unsigned int from, const char *key)
{
	size_t len = strlen(key);

	for (; from < w->nr; from++)
		if (!strncmp(w->word[from], key, len) && w->word[from][len] == '=')
			return w->word[from] + len + 1;
	return NULL;
}

bool has_flag(const struct words *w, unsigned int from, const char *flag)
{
	for (; from < w->nr; from++)
		if (!strcmp(w->word[from], flag))
			return true;
	return false;
}

uint64_t number(const char *text)
{
	char *end;
	uint64_t v = strtoull(text, &end, 0);

	if (!*text || *end)
		fail("not a number", text);
	return v;
}

uint64_t instant(const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (!*text || *end)
		fail("not a time", text);
	return T0_NS + (uint64_t)(s * 1e9 + 0.5);
}

uint32_t intern(const char *text)
{
	uint32_t id = 0;

	if (text)
		check(pk_writer_string(writer, text, strlen(text), &id));
	return id;
}

uint64_t duration(const char *text)
{
	return instant(text) - T0_NS;
}

uint32_t number_or(const struct words *w, const char *key, uint32_t otherwise)
{
	const char *v = option(w, 1, key);

	return v ? number(v) : otherwise;
}

uint64_t duration_or(const struct words *w, const char *key, uint64_t otherwise)
{
	const char *v = option(w, 1, key);

	return v ? duration(v) : otherwise;
}
