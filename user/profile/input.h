/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the profile reader's bytes come from: a file, a pipe or memory, handed
 * out piece by piece so that no file is in memory as a whole.
 */
#ifndef PK_PROFILE_INPUT_H
#define PK_PROFILE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct pk_input {
	const char *name;	/* for messages; the caller's */
	int fd;			/* -1: memory */
	const uint8_t *mem;
	size_t mem_len;
	uint8_t *buf;
	size_t buf_cap;
	uint64_t offset;	/* bytes taken */
	int code;		/* -errno of a read that failed, 0: none */
};

/* "-" is standard input. Errors: as open(2); -EISDIR. */
int pk_input_open(struct pk_input *in, const char *path, struct pk_err *err);
void pk_input_of_mem(struct pk_input *in, const void *data, size_t len, const char *name);
void pk_input_close(struct pk_input *in);

/*
 * The next @len bytes, good until the next call. Returns how many there are:
 * fewer than @len at the end or where reading failed (in->code).
 */
size_t pk_input_take(struct pk_input *in, size_t len, const uint8_t **ret);
/* Whether these @len bytes and all that follow are zero; takes them. */
bool pk_input_all_zero(struct pk_input *in, const uint8_t *head, size_t len);
/* Bytes from the beginning to the end; takes what is left of a pipe. */
uint64_t pk_input_size(struct pk_input *in);

#endif
