/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one file says about addresses in it: to whom each belongs, and in what range around it
 * the same holds for every other address. It travels from the process that reads the file to
 * the one that asked, and is kept on disk; either way it is decoded with distrust.
 *
 * All numbers are LEB128 varints but for bytes (u8):
 *
 *	answer	:= u8 flags, link, STRINGS, PIECES, LINES
 *	link	:= number of a string, 0: none; crc of the linked file
 *	STRINGS	:= count, then each: length, its bytes; numbered from 1, all different
 *	PIECES	:= count, then each, ascending and disjoint:
 *		     gap from the end of the one before (from 0), length,
 *		     u8 flags, and unless PK_PIECE_NOTHING:
 *		     start of the function before the piece's, its end behind the piece's,
 *		     PK_SYMBOL_NONE: svma of the start, else: number of the name
 *	LINES	:= count, then each, of one wanted address and ascending:
 *		     gap from behind the one before (from 0), number of frames, innermost first;
 *		     0: it was asked for, and nothing is known
 *		     each frame: number of the function's name, number of its source file's path,
 *		     0: not known; line that is executed in it, 0: not known
 *
 * Places are offsets in the file. Names are as they are shown: demangled and clean.
 */
#ifndef PK_ANSWER_H
#define PK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/strtab.h"
#include "base/vec.h"
#include "symbol/cover.h"

/* To be raised when the format changes, or the same file gives other answers than before. */
#define PK_ANSWER_VERSION 2

/* "@plt" and the like are added to a name of the greatest length. */
#define PK_ANSWER_MAX_STRING (PK_MAX_SYMBOL_NAME + 64)

/* A piece's flags, beside PK_SYMBOL_NONE. */
#define PK_PIECE_LOOSE	 0x40	/* a region, of which only sampled addresses count */
#define PK_PIECE_NOTHING 0x80	/* not in what the file has loaded */

/* An answer's flags. */
#define PK_ANSWER_WANTS_DEBUG 0x1	/* a debug file might say more; there was none */
#define PK_ANSWER_LINES_CUT   0x2	/* lines took too much time or memory: there may be more */

/* [start, end): the addresses for which this is the answer. */
struct pk_piece {
	uint64_t start, end;
	uint64_t func_start, func_end;	/* of the function; start and end are within */
	uint64_t svma;			/* PK_SYMBOL_NONE: of func_start */
	uint32_t name;			/* string, 0 with PK_SYMBOL_NONE and NOTHING */
	uint8_t flags;
};

static inline bool pk_piece_same_function(const struct pk_piece *a, const struct pk_piece *b)
{
	return a->func_start == b->func_start && a->func_end == b->func_end &&
	       a->name == b->name && a->flags == b->flags && a->svma == b->svma;
}

/* A function with code at an address: the symbol's, or inlined into the frame that follows. */
struct pk_answer_frame {
	uint32_t name, source;	/* strings, 0: not known */
	uint32_t line;		/* that is executed in it, 0: not known */
};

struct pk_answer_line {
	uint64_t off;
	uint32_t first, nr;	/* frames, innermost first; at most PK_LINE_MAX_FRAMES */
};

struct pk_answer {
	struct pk_strtab strings;
	PK_VEC(struct pk_piece) pieces;
	PK_VEC(struct pk_answer_line) lines;	/* ascending; none if they were not asked for */
	PK_VEC(struct pk_answer_frame) frames;
	uint32_t link, link_crc;	/* .gnu_debuglink: string, 0: none */
	uint8_t flags;
};

int pk_answer_init(struct pk_answer *a);	/* 0 or -ENOMEM */
void pk_answer_deinit(struct pk_answer *a);

/* Pieces must be ascending and disjoint; check pk_strbuf_failed(). */
void pk_answer_encode(const struct pk_answer *a, struct pk_strbuf *out);
/* Into one to be initialised here. -EBADMSG: not an answer, or of more pieces or lines; -ENOMEM. */
int pk_answer_decode(const void *data, size_t len, size_t max, struct pk_answer *ret);

/* The piece with an address in it, or NULL. */
const struct pk_piece *pk_answer_find(const struct pk_answer *a, uint64_t off);
/* The line of an address, or NULL: it was not asked for. */
const struct pk_answer_line *pk_answer_find_line(const struct pk_answer *a, uint64_t off);
/*
 * Is it an answer to this question, each address in a piece, each piece and each line for one?
 * @off ascends.
 */
bool pk_answer_fits(const struct pk_answer *a, const uint64_t *off, size_t nr);
/* The pieces that addresses are in and their lines, and no others; @ret is initialised here. 0 or -ENOMEM. */
int pk_answer_select(const struct pk_answer *a, const uint64_t *off, size_t nr,
		     struct pk_answer *ret);
/* Add what another answer about the same file has and this one not. 0 or -ENOMEM. */
int pk_answer_merge(struct pk_answer *a, const struct pk_answer *more);
/* Take over a string of another answer. 0 or -ENOMEM. */
int pk_answer_import(struct pk_answer *a, const struct pk_answer *from, uint32_t id, uint32_t *ret);

#endif
