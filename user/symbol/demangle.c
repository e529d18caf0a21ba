// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Demangling by libiberty; see demangle.h.
 *
 * Mangled names may refer back to their own parts, so a hundred bytes can ask
 * for gigabytes of output. The callback interface is used because the library
 * then allocates nothing that a jump out of the callback could leak (but for
 * the scratch buffer of a punycoded Rust identifier), and we jump as soon as
 * the result is too long.
 */
#include <ctype.h>
#include <setjmp.h>
#include <string.h>

#include <libiberty/demangle.h>

#include "symbol/demangle.h"

#define MAX_MANGLED 4096
#define MAX_DEMANGLED 4096

struct sink {
	char text[MAX_DEMANGLED];
	size_t len;
	jmp_buf too_long;
};

static void take(const char *text, size_t len, void *opaque)
{
	struct sink *s = opaque;

	if (len > sizeof(s->text) - s->len)
		longjmp(s->too_long, 1);
	if (len)
		memcpy(s->text + s->len, text, len);
	s->len += len;
}

typedef int (*demangle_fn)(const char *mangled, int options, demangle_callbackref callback,
			   void *opaque);

static bool run(demangle_fn fn, const char *mangled, struct sink *s)
{
	s->len = 0;
	if (setjmp(s->too_long))
		return false;
	return fn(mangled, DMGL_NO_OPTS, take, s) && s->len;
}

void pk_add_clean(struct pk_strbuf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text[i];

		pk_strbuf_putc(out, c < ' ' || c == 0x7f ? '?' : (char)c);
	}
}

/* Length of a name without its version, if it is one that ends it: Go's names may hold any text. */
static size_t without_version(const char *raw)
{
	const char *at = strrchr(raw, '@'), *version = at;

	if (!at)
		return strlen(raw);
	while (*++version)
		if (!isalnum((unsigned char)*version) && !strchr("_.+-", *version))
			return strlen(raw);
	return at - raw - (at > raw && at[-1] == '@');
}

void pk_demangle(const char *raw, struct pk_strbuf *out)
{
	size_t len = without_version(raw);
	/* not a version but our own mark of a linkage stub */
	const char *stub = !strcmp(raw + len, "@plt") ? "@plt" : "";
	char mangled[MAX_MANGLED + 1];
	struct sink s;

	if (!len)
		len = strlen(raw);
	if (len <= MAX_MANGLED && raw[0] == '_' && (raw[1] == 'Z' || raw[1] == 'R')) {
		memcpy(mangled, raw, len);
		mangled[len] = '\0';
		/* Rust's legacy names are C++ names with a hash at their end */
		if (run(rust_demangle_callback, mangled, &s) ||
		    run(cplus_demangle_v3_callback, mangled, &s)) {
			pk_add_clean(out, s.text, s.len);
			pk_strbuf_puts(out, stub);
			return;
		}
	}
	pk_add_clean(out, raw, len);
	pk_strbuf_puts(out, stub);
}
