/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole text files whose size is not known beforehand, as those of /proc. */
#ifndef PK_TEXT_FILE_H
#define PK_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All of @fd from its start, with a NUL added; *text_ret is to be freed.
 * -EFBIG: more than @max bytes; -ENOMEM; else as read(2).
 */
int pk_text_read(int fd, size_t max, char **text_ret, size_t *len_ret);

/* Cut the next line off [*pos, end): NUL instead of '\n'. NULL at the end. */
char *pk_text_line(char **pos, char *end);

/* Hexadecimal number at *pos, with or without "0x"; moves on. False: there is none. */
bool pk_text_hex(char **pos, uint64_t *ret);

#endif
