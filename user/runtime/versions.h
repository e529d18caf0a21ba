/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions of language runtimes, from what is in their files. Each function
 * leaves "" in @ret, which has PK_RUNTIME_VERSION bytes, when the file does not
 * say; else letters, digits and "+-._~" only, whatever is in the file.
 */
#ifndef PK_RUNTIME_VERSIONS_H
#define PK_RUNTIME_VERSIONS_H

#include "runtime/evidence.h"

void pk_version_of_node(struct pk_evidence *ev, char *ret);
void pk_version_of_jvm(struct pk_evidence *ev, char *ret);
void pk_version_of_python(struct pk_evidence *ev, char *ret);
void pk_version_of_dotnet(struct pk_evidence *ev, char *ret);
void pk_version_of_ruby(struct pk_evidence *ev, char *ret);
void pk_version_of_php(struct pk_evidence *ev, char *ret);
void pk_version_of_perl(struct pk_evidence *ev, char *ret);
void pk_version_of_luajit(struct pk_evidence *ev, char *ret);
void pk_version_of_lua(struct pk_evidence *ev, char *ret);
void pk_version_of_go(struct pk_evidence *ev, char *ret);
void pk_version_of_rust(struct pk_evidence *ev, char *ret);

/* Keep the first bytes of a text that a version may be made of; at most @len are looked at. */
void pk_version_take(const char *text, size_t len, char *ret);
/* Go's block of build information is in the file, with or without a section around it. */
bool pk_go_is_in(struct pk_evidence *ev);

#endif
