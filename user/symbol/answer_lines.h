/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section LINES of answers: what code each of the wanted addresses is of, function by
 * function, the innermost first. For answer.c and those who make answers; see answer.h.
 */
#ifndef PK_ANSWER_LINES_H
#define PK_ANSWER_LINES_H

#include "base/reader.h"
#include "symbol/answer.h"

void pk_answer_encode_lines(const struct pk_answer *a, struct pk_strbuf *out);
/* Into an answer that has its strings. -EBADMSG: no such section, or of more lines; -ENOMEM. */
int pk_answer_decode_lines(struct pk_reader *r, size_t max_lines, struct pk_answer *a);

/* Add a line behind those that there are, with strings of @from. 0 or -ENOMEM. */
int pk_answer_import_line(struct pk_answer *a, const struct pk_answer *from,
			  const struct pk_answer_line *l);
/* Add the lines that @more has and @a has not. 0 or -ENOMEM. */
int pk_answer_merge_lines(struct pk_answer *a, const struct pk_answer *more);

/* Of each of @nr addresses, ascending, that nothing is known. 0 or -ENOMEM. */
int pk_answer_no_lines(struct pk_answer *a, const uint64_t *off, size_t nr);

#endif
