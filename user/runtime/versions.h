/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions of language runtimes, from what is in their files. Each function
 * leaves "" in @ret, which has PK_RUNTIME_VERSION bytes, when the file does not
 * say; else letters, digits and "+-._~" only, whatever is in the file.
 */
#ifndef PK_RUNTIME_VERSIONS_H
#define PK_RUNTIME_VERSIONS_H

#include "runtime/evidence.h"

void pk_version_of_node(const struct pk_evidence *ev, char *ret);
void pk_version_of_jvm(const struct pk_evidence *ev, char *ret);
void pk_version_of_python(const struct pk_evidence *ev, char *ret);
void pk_version_of_dotnet(const struct pk_evidence *ev, char *ret);
void pk_version_of_ruby(const struct pk_evidence *ev, char *ret);
void pk_version_of_php(const struct pk_evidence *ev, char *ret);
void pk_version_of_perl(const struct pk_evidence *ev, char *ret);
void pk_version_of_luajit(const struct pk_evidence *ev, char *ret);
void pk_version_of_lua(const struct pk_evidence *ev, char *ret);
void pk_version_of_go(const struct pk_evidence *ev, char *ret);
void pk_version_of_rust(const struct pk_evidence *ev, char *ret);

/* Keep the first bytes of a text that a version may be made of; at most @len are looked at. */
void pk_version_take(const char *text, size_t len, char *ret);
/* Go's block of build information is in the file, with or without a section around it. */
bool pk_go_is_in(const struct pk_evidence *ev);

#endif
