/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile into another file, chunk by chunk: as they are, left out, or with another body.
 */
#ifndef PK_PROFILE_COPY_H
#define PK_PROFILE_COPY_H

#include "base/err.h"
#include "base/strbuf.h"
#include "profile/chunk.h"
#include "profile/profile.h"

enum pk_copy {
	PK_COPY_AS_IS,
	PK_COPY_LEAVE_OUT,
	PK_COPY_ANEW,		/* with the body that was made of it */
};

/*
 * chunk(): what becomes of a chunk; END is left out anyway. @raw, where @unpack asked for its type: its
 * body; @anew: empty, for a raw body of at most PK_CHUNK_MAX_BYTES that has as many items.
 * Return: enum pk_copy, or -errno.
 */
struct pk_copy_how {
	int (*chunk)(void *ctx, unsigned int type, const uint8_t *raw, size_t len,
		     struct pk_strbuf *anew);
	void *ctx;
	unsigned int unpack;	/* this type, 0: none */
	bool known_only;	/* refuse a file of a later version, with -EPROTO */
};

/*
 * @path was loaded into @p and is not damaged. @fd: empty, open for writing; @name: of it, for
 * messages. Makes @p ready for pk_writer_resume() on @fd; what was left out has no items in it
 * any more. Errors: as pk_profile_load(), -ESTALE where the file is no longer what was loaded;
 * of writing PK_EXIT_OUTPUT.
 */
int pk_profile_copy(const char *path, int fd, const char *name, struct pk_profile *p,
		    const struct pk_copy_how *how, struct pk_err *err);

/* Likewise, without its symbols and lines: what is to be named anew. Nothing refers to them. */
int pk_profile_copy_unnamed(const char *path, int fd, const char *name, struct pk_profile *p,
			    struct pk_err *err);

#endif
