/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands for a text that is not to be told. Equal texts have equal ones, different texts
 * different ones, so all that is counted by them stays as it is; which one it was nobody can
 * tell who does not have the key. What says nothing of a user stays.
 */
#ifndef PK_REDACT_TEXT_H
#define PK_REDACT_TEXT_H

#include <stdbool.h>

#include "base/siphash.h"
#include "base/strbuf.h"

/*
 * A path: as it is below /usr, /lib* , /bin and /sbin, and where it is a directory that each
 * system has; else /redacted/HASH and what kind of file its name says. What the model knows
 * memory by that is no file's (/memfd:, /dev/zero, [stack]) and the name of a JIT's dump stay.
 */
void pk_redact_path(const struct pk_siphash_key *key, const char *path, struct pk_strbuf *out);

/* Whether that leaves it as it is. */
bool pk_redact_keeps_path(const char *path);

/* The last part of what pk_redact_path() makes of it. */
void pk_redact_basename(const struct pk_siphash_key *key, const char *path, struct pk_strbuf *out);

/* A text in which absolute paths stand: each of them as above. */
void pk_redact_paths_in(const struct pk_siphash_key *key, const char *text, struct pk_strbuf *out);

/* A network address or a socket's name; numbers and this machine's own addresses stay. */
void pk_redact_peer(const struct pk_siphash_key *key, const char *peer, struct pk_strbuf *out);

/* Any other name: PREFIX and a hash; empty stays. */
void pk_redact_name(const struct pk_siphash_key *key, const char *prefix, const char *name,
		    struct pk_strbuf *out);

#endif
