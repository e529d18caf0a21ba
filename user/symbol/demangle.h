/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names as their authors wrote them: C++ (Itanium ABI), Rust (legacy and v0).
 * Parameters and Rust's hashes are left out. What cannot be demangled or need
 * not be, as Go's names, or would become absurdly long, stays as it is. Control
 * characters become '?'.
 */
#ifndef PK_DEMANGLE_H
#define PK_DEMANGLE_H

#include "base/strbuf.h"

/* Append the name for @raw. A symbol version ("@GLIBC_2.2.5", "@@V") is dropped. */
void pk_demangle(const char *raw, struct pk_strbuf *out);

/* Append text with control characters as '?'. */
void pk_add_clean(struct pk_strbuf *out, const char *text, size_t len);

#endif
