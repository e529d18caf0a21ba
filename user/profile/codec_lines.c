// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunk LINES: source lines and inlined functions. Columns of the addresses, then those of
 * their frames. What an address has in common with the one before it is given once.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "profile/codec.h"

#define FRAMES_PER_CHUNK 65536	/* about */

enum {
	LINE_FILE,
	LINE_ADDR,
	LINE_FRAME,	/* place among the frames of the chunk, from 0 */
	NR_LINE_COLS
};

static const struct pk_column line_cols[NR_LINE_COLS] = {
	[LINE_FILE] = { PK_CODED_DIFF, UINT32_MAX },
	[LINE_ADDR] = { PK_CODED_DIFF, UINT64_MAX },
	[LINE_FRAME] = { PK_CODED_DIFF, UINT32_MAX },
};

enum {
	FRAME_OUTER,	/* how far back it is, 0: there is none */
	FRAME_NAME,
	FRAME_SOURCE,
	FRAME_LINE,
	NR_FRAME_COLS
};

static const struct pk_column frame_cols[NR_FRAME_COLS] = {
	[FRAME_OUTER] = { PK_CODED_PLAIN, UINT32_MAX },
	[FRAME_NAME] = { PK_CODED_DICT, UINT32_MAX },
	[FRAME_SOURCE] = { PK_CODED_DICT, UINT32_MAX },
	[FRAME_LINE] = { PK_CODED_DIFF, UINT32_MAX },
};

/* --- encoding --------------------------------------------------------------- */

static int check(struct pk_writer *w, uint32_t file, const struct pk_line_frame *frames, size_t nr)
{
	if (!file || file > pk_writer_count(w, PK_CHUNK_FILES))
		return pk_writer_refuse(w, "line of unknown file %u", file);
	if (!nr || nr > PK_LINE_MAX_FRAMES)
		return pk_writer_refuse(w, "line of %zu frames", nr);
	for (size_t i = 0; i < nr; i++)
		if (!pk_writer_has_string(w, frames[i].name) ||
		    !pk_writer_has_string(w, frames[i].source))
			return pk_writer_refuse(w, "line with an unknown string");
	return w->err.code;
}

static bool is_frame(const struct pk_writer *w, uint32_t at, const struct pk_line_frame *f)
{
	const uint64_t *row = w->subrows[PK_CHUNK_LINES].data + (size_t)at * NR_FRAME_COLS;

	return row[FRAME_NAME] == f->name && row[FRAME_SOURCE] == f->source &&
	       row[FRAME_LINE] == f->line;
}

/* Frames from the outermost on; those that the last line had as well are not given again. */
static int add_frames(struct pk_writer *w, const struct pk_line_frame *frames, size_t nr)
{
	size_t shared = 0;

	while (shared < nr && shared < w->line_chain.nr &&
	       is_frame(w, w->line_chain.data[shared], &frames[nr - 1 - shared]))
		shared++;
	w->line_chain.nr = shared;
	for (size_t i = nr - shared; i-- > 0;) {
		size_t at = w->subrows[PK_CHUNK_LINES].nr / NR_FRAME_COLS;
		const uint64_t row[NR_FRAME_COLS] = {
			[FRAME_OUTER] = w->line_chain.nr ?
						at - w->line_chain.data[w->line_chain.nr - 1] : 0,
			[FRAME_NAME] = frames[i].name,
			[FRAME_SOURCE] = frames[i].source,
			[FRAME_LINE] = frames[i].line,
		};

		if (pk_writer_subrow(w, PK_CHUNK_LINES, row, NR_FRAME_COLS) ||
		    pk_vec_add(&w->line_chain, at))
			return -ENOMEM;
	}
	return 0;
}

int pk_writer_line(struct pk_writer *w, uint32_t file, uint64_t addr,
		   const struct pk_line_frame *frames, size_t nr)
{
	uint64_t row[NR_LINE_COLS] = { [LINE_FILE] = file, [LINE_ADDR] = addr };
	int ret = check(w, file, frames, nr);

	if (ret)
		return ret;
	if (add_frames(w, frames, nr))
		return pk_writer_no_memory(w);
	row[LINE_FRAME] = w->line_chain.data[w->line_chain.nr - 1];
	if (w->subrows[PK_CHUNK_LINES].nr >= FRAMES_PER_CHUNK * NR_FRAME_COLS)
		return pk_writer_last_row(w, PK_CHUNK_LINES, row, NR_LINE_COLS);
	return pk_writer_row(w, PK_CHUNK_LINES, row, NR_LINE_COLS);
}

/* A string of @p as one of the file's. */
static int give_string(struct pk_writer *w, const struct pk_profile *p, uint32_t *id)
{
	return pk_writer_string(w, pk_strtab_get(&p->strings, *id), pk_strtab_len(&p->strings, *id),
				id);
}

int pk_writer_lines_of(struct pk_writer *w, const struct pk_profile *p)
{
	struct pk_line_frame chain[PK_LINE_MAX_FRAMES];

	PK_VEC_FOREACH(&p->lines, l) {
		size_t nr = 0;
		int ret = 0;

		for (uint32_t at = l->frame; at != PK_LINE_OUTERMOST && nr < PK_LINE_MAX_FRAMES;
		     at = p->line_frames.data[at].outer)
			chain[nr++] = p->line_frames.data[at];
		for (size_t i = 0; !ret && i < nr; i++) {
			ret = give_string(w, p, &chain[i].name);
			if (!ret)
				ret = give_string(w, p, &chain[i].source);
		}
		if (!ret)
			ret = pk_writer_line(w, l->file, l->addr, chain, nr);
		if (ret)
			return ret;
	}
	return 0;
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const pk_column_rows *frames = &w->subrows[PK_CHUNK_LINES];
	int ret = pk_columns_encode(line_cols, NR_LINE_COLS, w->rows[PK_CHUNK_LINES].data,
				    w->pending[PK_CHUNK_LINES].nr, &w->scratch, out);

	w->line_chain.nr = 0;
	if (ret)
		return ret;
	pk_strbuf_varint(out, frames->nr / NR_FRAME_COLS);
	return pk_columns_encode(frame_cols, NR_FRAME_COLS, frames->data,
				 frames->nr / NR_FRAME_COLS, &w->scratch, out);
}

/* --- decoding --------------------------------------------------------------- */

/* @depth: of each frame of the chunk, its own included. */
static int take_frames(struct pk_loading *l, const uint64_t *rows, uint64_t nr, uint16_t *depth)
{
	pk_line_frames *frames = &l->p->line_frames;

	if (frames->nr + nr >= PK_LINE_OUTERMOST)
		return pk_loading_bad(l, "more frames of lines than there are numbers");
	if (pk_vec_reserve(frames, frames->nr + nr))
		return -ENOMEM;
	for (uint64_t i = 0; i < nr; i++, rows += NR_FRAME_COLS) {
		uint64_t back = rows[FRAME_OUTER];
		struct pk_line_frame f = { .outer = PK_LINE_OUTERMOST, .line = rows[FRAME_LINE] };

		if (back > i)
			return pk_loading_bad(l, "a frame inlined into one that was not given");
		depth[i] = back ? depth[i - back] + 1 : 1;
		if (depth[i] > PK_LINE_MAX_FRAMES)
			return pk_loading_bad(l, "more than %u frames of one address",
					      PK_LINE_MAX_FRAMES);
		if (back)
			f.outer = frames->nr - back;
		if (pk_loading_string_id(l, rows[FRAME_NAME], &f.name) ||
		    pk_loading_string_id(l, rows[FRAME_SOURCE], &f.source))
			return -EBADMSG;
		frames->data[frames->nr++] = f;
	}
	return 0;
}

static int take_lines(struct pk_loading *l, const uint64_t *rows, uint32_t nr, uint64_t nr_frames)
{
	size_t first = l->p->line_frames.nr - nr_frames;

	if (pk_vec_reserve(&l->p->lines, l->p->lines.nr + nr))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++, rows += NR_LINE_COLS) {
		if (!rows[LINE_FILE] || rows[LINE_FILE] >= l->p->files.nr)
			return pk_loading_bad(l, "line of file %llu, of which nothing was said",
					      (unsigned long long)rows[LINE_FILE]);
		if (rows[LINE_FRAME] >= nr_frames)
			return pk_loading_bad(l, "line of a frame that was not given");
		l->p->lines.data[l->p->lines.nr++] = (struct pk_line){
			.file = rows[LINE_FILE],
			.frame = first + rows[LINE_FRAME],
			.addr = rows[LINE_ADDR],
		};
	}
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	PK_AUTO_FREE uint64_t *lines = NULL, *frames = NULL;
	PK_AUTO_FREE uint16_t *depth = NULL;
	uint64_t nr_frames = 0;
	int ret = pk_columns_decode(l, r, line_cols, NR_LINE_COLS, nr, &lines);

	if (!ret)
		ret = pk_loading_number(l, r, pk_reader_left(r), &nr_frames);
	if (!ret)
		ret = pk_columns_decode(l, r, frame_cols, NR_FRAME_COLS, nr_frames, &frames);
	if (ret)
		return ret;
	depth = malloc((nr_frames + 1) * sizeof(*depth));
	if (!depth)
		return -ENOMEM;
	ret = take_frames(l, frames, nr_frames, depth);
	return ret ? ret : take_lines(l, lines, nr, nr_frames);
}

const struct pk_codec pk_codec_lines = {
	.name = "lines",
	.needs = 1 << PK_CHUNK_STRINGS | 1 << PK_CHUNK_FILES,
	.encode = encode,
	.decode = decode,
};
