// SPDX-License-Identifier: GPL-2.0-or-later
/* Versions of language runtimes; see versions.h. Go's is in go.c. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/runtime.h"
#include "runtime/versions.h"

#define MAX_COMMENT_BYTES 4096

static bool may_be_in_version(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("+-._~", c));
}

void pk_version_take(const char *text, size_t len, char *ret)
{
	size_t n = 0;

	while (n < len && n < PK_RUNTIME_VERSION - 1 && may_be_in_version(text[n]))
		n++;
	memcpy(ret, text, n);
	ret[n] = '\0';
}

/* --- texts that have the version behind them ---------------------------------- */

struct behind {
	size_t skip; /* bytes of the text before the version */
	char *ret;
};

static bool take_behind(void *ctx, const char *at, size_t left)
{
	struct behind *b = ctx;

	if (left > b->skip)
		pk_version_take(at + b->skip, left - b->skip, b->ret);
	if (!isdigit((unsigned char)b->ret[0]))
		b->ret[0] = '\0';
	return b->ret[0];
}

/* The version that stands behind @text; its last @keep bytes belong to it. */
static bool version_behind(struct pk_evidence *ev, const char *text, size_t keep, char *ret)
{
	struct behind b = { strlen(text) - keep, ret };

	return pk_evidence_each(ev, text, strlen(text), take_behind, &b);
}

/* --- versions that are texts of their own --------------------------------------- */

/* "MAJOR.MINOR.PATCH", perhaps with letters behind it, and a NUL. */
static bool is_version(const char *text, size_t left, unsigned int *major, unsigned int *minor)
{
	unsigned int part[3] = { 0 }, at = 0;

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int digits = 0;

		for (; at < left && digits < 4 && isdigit((unsigned char)text[at]); digits++)
			part[i] = part[i] * 10 + (text[at++] - '0');
		if (!digits || at == left || (i < 2 && text[at++] != '.'))
			return false;
	}
	while (at < left && at < PK_RUNTIME_VERSION && may_be_in_version(text[at]))
		at++;
	*major = part[0];
	*minor = part[1];
	return at < left && !text[at];
}

struct alone {
	size_t skip; /* bytes before the version: those that it must follow */
	unsigned int major_max, minor_max;
	char *ret;
};

static bool take_alone(void *ctx, const char *at, size_t left)
{
	struct alone *a = ctx;
	unsigned int major, minor;

	if (left <= a->skip || !is_version(at + a->skip, left - a->skip, &major, &minor) ||
	    major > a->major_max || minor > a->minor_max)
		return false;
	pk_version_take(at + a->skip, left - a->skip, a->ret);
	return true;
}

/* --- one by one --------------------------------------------------------------- */

/* The address of the sources is in official builds, the bare version in all. */
void pk_version_of_node(struct pk_evidence *ev, char *ret)
{
	struct alone bare = { 2, 99, 99, ret };

	if (!version_behind(ev, "nodejs.org/download/release/v", 0, ret))
		pk_evidence_each(ev, "\0v", 2, take_alone, &bare);
}

/* "... VM (17.0.15+6) for linux-amd64 JRE (17.0.15+6), built on ...": without the build. */
void pk_version_of_jvm(struct pk_evidence *ev, char *ret)
{
	version_behind(ev, " JRE (", 0, ret);
	ret[strcspn(ret, "+-")] = '\0';
}

/* 0x030b02f0 is 3.11.2, 0x030d00b1 is 3.13.0b1; in the machine's byte order. */
static bool python_by_number(struct pk_evidence *ev, char *ret)
{
	static const char *const levels[16] = { [0xa] = "a", [0xb] = "b", [0xc] = "rc" };
	uint64_t v = 0;
	const char *level;

	if (pk_evidence_object(ev, PK_MARK_PYTHON_VERSION, &v, sizeof(v)) < 4)
		return false;
	v &= 0xffffffff;
	level = levels[v >> 4 & 0xf];
	if (!(v >> 24))
		return false;
	snprintf(ret, PK_RUNTIME_VERSION, "%u.%u.%u", (unsigned int)(v >> 24),
		 (unsigned int)(v >> 16 & 0xff), (unsigned int)(v >> 8 & 0xff));
	if (level)
		snprintf(ret + strlen(ret), PK_RUNTIME_VERSION - strlen(ret), "%s%u", level,
			 (unsigned int)(v & 0xf));
	return true;
}

/*
 * Before 3.11 the version is a text only, which the linker likes to make the tail of
 * another one: of a path, that is. A library's name tells the beginning.
 */
static void python_by_text(struct pk_evidence *ev, char *ret)
{
	static const struct {
		const char text[5];
		uint8_t len, skip;
	} before[] = { { "\0003.", 3, 1 }, { "/3.", 3, 1 },  { "-3.", 3, 1 }, { "\0002.7", 4, 1 },
		       { "/2.7", 4, 1 },   { "-2.7", 4, 1 }, { "3.", 2, 0 } };
	/* a library inside may have a version, too: SQLite's is 3.40 and the like */
	struct alone a = { 0, 3, 29, ret };
	char soname[64], *end;

	pk_evidence_soname(ev, soname, sizeof(soname));
	if (!strncmp(soname, "libpython", 9)) {
		end = soname + 9 + strspn(soname + 9, "0123456789.");
		*end = '\0';
		if (end[-1] != '.')
			strcpy(end, ".");
		if (pk_evidence_each(ev, soname + 9, strlen(soname + 9), take_alone, &a))
			return;
	}
	for (size_t i = 0; i < PK_ARRAY_SIZE(before); i++) {
		a.skip = before[i].skip;
		if (pk_evidence_each(ev, before[i].text, before[i].len, take_alone, &a))
			return;
	}
}

void pk_version_of_python(struct pk_evidence *ev, char *ret)
{
	if (!python_by_number(ev, ret))
		python_by_text(ev, ret);
}

/* "8.0.1024.46610": of the third number all but the last two digits are the patch. */
void pk_version_of_dotnet(struct pk_evidence *ev, char *ret)
{
	unsigned int major, minor, third;

	version_behind(ev, "@(#)Version ", 0, ret);
	if (sscanf(ret, "%4u.%4u.%6u.", &major, &minor, &third) == 3)
		snprintf(ret, PK_RUNTIME_VERSION, "%u.%u.%u", major, minor, third / 100);
}

void pk_version_of_ruby(struct pk_evidence *ev, char *ret)
{
	char text[16];

	pk_version_take(text, pk_evidence_object(ev, PK_MARK_RUBY_VERSION, text, sizeof(text)),
			ret);
}

void pk_version_of_php(struct pk_evidence *ev, char *ret)
{
	version_behind(ev, "X-Powered-By: PHP/", 0, ret);
}

void pk_version_of_perl(struct pk_evidence *ev, char *ret)
{
	struct alone text = { 1, 5, 99, ret };
	uint8_t part[3];

	if (pk_evidence_object(ev, PK_MARK_PERL_REVISION, &part[0], 1) &&
	    pk_evidence_object(ev, PK_MARK_PERL_VERSION, &part[1], 1) &&
	    pk_evidence_object(ev, PK_MARK_PERL_SUBVERSION, &part[2], 1))
		snprintf(ret, PK_RUNTIME_VERSION, "%u.%u.%u", part[0], part[1], part[2]);
	else
		pk_evidence_each(ev, "v5.", 3, take_alone, &text);
}

void pk_version_of_luajit(struct pk_evidence *ev, char *ret)
{
	version_behind(ev, "LuaJIT 2.", 2, ret);
}

void pk_version_of_lua(struct pk_evidence *ev, char *ret)
{
	if (!version_behind(ev, "$LuaVersion: Lua 5.", 2, ret))
		version_behind(ev, "$Lua: Lua 5.", 2, ret);
}

/* The compiler signs among the others: "rustc version 1.63.0 (4b91a6ea7 2022-08-08)". */
void pk_version_of_rust(struct pk_evidence *ev, char *ret)
{
	static const char sign[] = "rustc version ";
	char text[MAX_COMMENT_BYTES], *at;
	size_t len = pk_evidence_section(ev, ".comment", text, sizeof(text));

	at = memmem(text, len, sign, sizeof(sign) - 1);
	if (at)
		pk_version_take(at + sizeof(sign) - 1, text + len - at - (sizeof(sign) - 1), ret);
}
