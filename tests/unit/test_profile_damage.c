// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damaged profiles: cut at every byte, bits flipped, bodies changed under right
 * checksums. Never a crash, and never a number that is not the original's.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <cmocka.h>

#include "base/crc32c.h"
#include "base/strbuf.h"
#include "profile/chunk.h"
#include "profile/reader.h"
#include "profile_fixture.h"

#define FLIPPED_COPIES 10000
#define CHANGED_COPIES 10000
#define MAX_CHUNKS 1000

static struct image whole_image;
static struct pk_profile whole;
static size_t chunk[MAX_CHUNKS], nr_chunks;	/* offsets; the last one is the file's end */

static int setup(void **state)
{
	(void)state;
	whole_image = fixture_image(fixture_fill_ordinary, ORDINARY_END_NS);
	nr_chunks = fixture_chunks(&whole_image, chunk, MAX_CHUNKS);
	assert_int_equal(pk_profile_load_mem(whole_image.data, whole_image.len, "whole", &whole,
					     NULL), 0);
	assert_int_equal(whole.state, PK_FILE_CLOSED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_profile_deinit(&whole);
	image_free(&whole_image);
	return 0;
}

/* Where the chunk begins that holds a byte; the file's end for what is behind it. */
static size_t chunk_of(size_t at)
{
	size_t i = 0;

	while (i + 1 < nr_chunks && chunk[i + 1] <= at)
		i++;
	return chunk[i];
}

static void assert_names_offset(const struct pk_profile *p, const char *what)
{
	char number[32];

	snprintf(number, sizeof(number), "byte %llu ", (unsigned long long)p->end_offset);
	assert_non_null(strstr(p->notice, what));
	assert_non_null(strstr(p->notice, number));
}

/* --- cut ------------------------------------------------------------------------ */

/* A copy of just the right size, so that the sanitizer sees reads behind it. */
static uint8_t *copy_of(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t len = 0; len < whole_image.len; len++) {
		uint8_t *copy = copy_of(whole_image.data, len);
		struct pk_err err = { 0 };
		struct pk_profile p;
		int ret = pk_profile_load_mem(copy, len, "cut", &p, &err);

		if (len < PK_FILE_HEAD_BYTES) {
			assert_int_equal(ret, -EINVAL);
			assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
			assert_non_null(strstr(err.msg, len ? "cut off at byte" : "is empty"));
		} else {
			assert_int_equal(ret, 0);
			assert_int_equal(p.state, PK_FILE_CUT);
			assert_int_equal(p.end_offset, chunk_of(len));
			assert_int_equal(p.file_bytes, len);
			assert_names_offset(&p, "cut off");
			assert_is_prefix(&p, &whole);
			assert_sane(&p);
			pk_profile_deinit(&p);
		}
		free(copy);
	}
}

static void fill_big(struct pk_writer *w)
{
	uint64_t rng = 5;

	fixture_fill_ordinary(w);
	for (int i = 0; i < 40; i++) {
		uint64_t text[512];
		uint32_t id;

		for (size_t n = 0; n < 512; n++)
			text[n] = fixture_random(&rng);
		assert_int_equal(pk_writer_string(w, (char *)text, sizeof(text), &id), 0);
		assert_int_equal(pk_writer_mark(w, 4000000000 + i, (char *)text, 100), 0);
	}
}

/* A longer file, with large chunks, at many places; the short one above was cut at all. */
static void test_cut_big(void **state)
{
	struct image i = fixture_image(fill_big, ORDINARY_END_NS);
	struct pk_profile all, p;

	(void)state;
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "big", &all, NULL), 0);
	for (size_t len = PK_FILE_HEAD_BYTES; len < i.len; len += 61) {
		assert_int_equal(pk_profile_load_mem(i.data, len, "cut", &p, NULL), 0);
		assert_int_equal(p.state, PK_FILE_CUT);
		assert_true(p.end_offset <= len);
		assert_is_prefix(&p, &all);
		pk_profile_deinit(&p);
	}
	pk_profile_deinit(&all);
	image_free(&i);
}

/* Zeroes behind the last whole chunk: as file systems leave it after a power cut. */
static void test_zero_tail(void **state)
{
	size_t len = chunk[nr_chunks / 2] + 100000;
	uint8_t *copy = calloc(1, len);
	struct pk_profile p;

	(void)state;
	memcpy(copy, whole_image.data, chunk[nr_chunks / 2]);
	assert_int_equal(pk_profile_load_mem(copy, len, "zero", &p, NULL), 0);
	assert_int_equal(p.state, PK_FILE_CUT);
	assert_int_equal(p.end_offset, chunk[nr_chunks / 2]);
	assert_is_prefix(&p, &whole);
	pk_profile_deinit(&p);
	free(copy);
}

static void test_something_behind(void **state)
{
	uint8_t *copy = calloc(1, whole_image.len + 1);
	struct pk_profile p;

	(void)state;
	memcpy(copy, whole_image.data, whole_image.len);
	copy[whole_image.len] = 'x';
	assert_int_equal(pk_profile_load_mem(copy, whole_image.len + 1, "more", &p, NULL), 0);
	assert_int_equal(p.state, PK_FILE_DAMAGED);
	assert_int_equal(p.end_offset, whole_image.len);
	assert_is_prefix(&p, &whole);
	pk_profile_deinit(&p);
	free(copy);
}

/* --- flipped bits ------------------------------------------------------------------ */

/* @first: the lowest byte that was changed. */
static void check_flipped(const uint8_t *copy, size_t len, size_t first)
{
	struct pk_err err = { 0 };
	struct pk_profile p;
	int ret = pk_profile_load_mem(copy, len, "flipped", &p, &err);

	if (first < chunk[1]) {
		assert_true(ret < 0);
		assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
		assert_non_null(strstr(err.msg, "flipped: "));
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(p.state, PK_FILE_DAMAGED);
	assert_int_equal(p.end_offset, chunk_of(first));
	assert_names_offset(&p, "damaged");
	assert_is_prefix(&p, &whole);
	assert_sane(&p);
	pk_profile_deinit(&p);
}

static void test_each_bit_of_heads(void **state)
{
	uint8_t *copy = copy_of(whole_image.data, whole_image.len);

	(void)state;
	for (size_t c = 0; c + 1 < nr_chunks; c++) {
		size_t from = c ? chunk[c] : 0, to = chunk[c] + PK_CHUNK_HEAD_BYTES;

		for (size_t bit = from * 8; bit < to * 8; bit++) {
			copy[bit / 8] ^= 1 << bit % 8;
			check_flipped(copy, whole_image.len, bit / 8);
			copy[bit / 8] ^= 1 << bit % 8;
		}
	}
	free(copy);
}

static void test_flipped_bits(void **state)
{
	uint8_t *copy = copy_of(whole_image.data, whole_image.len);
	uint64_t rng = 1;

	(void)state;
	for (int i = 0; i < FLIPPED_COPIES; i++) {
		unsigned int nr = i % 2 ? 1 : 1 + fixture_random(&rng) % 16;
		size_t first = whole_image.len;

		while (nr--) {
			size_t bit = fixture_random(&rng) % (whole_image.len * 8);

			copy[bit / 8] ^= 1 << bit % 8;
		}
		for (first = 0; first < whole_image.len; first++)
			if (copy[first] != whole_image.data[first])
				break;
		if (first < whole_image.len)
			check_flipped(copy, whole_image.len, first);
		memcpy(copy, whole_image.data, whole_image.len);
	}
	free(copy);
}

/* Whole chunks missing, twice, or swapped: each one's checksum is right. */
static void test_moved_chunks(void **state)
{
	uint8_t *copy = malloc(2 * whole_image.len);
	struct pk_profile p;

	(void)state;
	for (size_t c = 1; c + 2 < nr_chunks; c++) {
		size_t at = chunk[c], next = chunk[c + 1], tail = whole_image.len - next;

		memcpy(copy, whole_image.data, at);
		memcpy(copy + at, whole_image.data + next, tail);
		assert_int_equal(pk_profile_load_mem(copy, at + tail, "missing", &p, NULL), 0);
		assert_int_equal(p.state, PK_FILE_DAMAGED);
		assert_int_equal(p.end_offset, at);
		assert_is_prefix(&p, &whole);
		pk_profile_deinit(&p);

		memcpy(copy, whole_image.data, next);
		memcpy(copy + next, whole_image.data + at, whole_image.len - at);
		assert_int_equal(pk_profile_load_mem(copy, next + whole_image.len - at, "twice", &p,
						     NULL), 0);
		assert_int_equal(p.state, PK_FILE_DAMAGED);
		assert_int_equal(p.end_offset, next);
		assert_is_prefix(&p, &whole);
		pk_profile_deinit(&p);
	}
	free(copy);
}

/* --- changed under right checksums -------------------------------------------------- */

/* Appends a chunk and returns its head_crc. */
static uint32_t put_chunk(struct pk_strbuf *out, uint32_t prev, unsigned int type,
			  unsigned int coding, const void *body, size_t len, uint32_t raw_bytes)
{
	uint8_t head[PK_CHUNK_HEAD_BYTES];
	struct pk_chunk_head h = { .type = type, .coding = coding, .stored_bytes = len,
				   .raw_bytes = raw_bytes, .body_crc = pk_crc32c(0, body, len) };

	pk_chunk_head_pack(&h, prev, head);
	pk_strbuf_add(out, head, sizeof(head));
	pk_strbuf_add(out, body, len);
	return h.head_crc;
}

static uint32_t put_file_head(struct pk_strbuf *out)
{
	uint8_t head[PK_FILE_HEAD_BYTES];
	uint32_t crc = pk_file_head_pack(head);

	pk_strbuf_add(out, head, sizeof(head));
	return crc;
}

/* The raw body of a chunk of the ordinary profile; to be freed. */
static uint8_t *raw_body(size_t c, size_t *len_ret)
{
	const uint8_t *head = whole_image.data + chunk[c], *body = head + PK_CHUNK_HEAD_BYTES;
	size_t stored = chunk[c + 1] - chunk[c] - PK_CHUNK_HEAD_BYTES;
	uint8_t *raw;

	*len_ret = head[8] | head[9] << 8 | head[10] << 16 | (size_t)head[11] << 24;
	raw = malloc(*len_ret + 1);
	if (head[2] == PK_CODING_ZSTD)
		assert_int_equal(ZSTD_decompress(raw, *len_ret, body, stored), *len_ret);
	else
		memcpy(raw, body, *len_ret);
	return raw;
}

static void change(uint8_t *raw, size_t *len, uint64_t *rng)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff, 0xfe };
	uint64_t r = fixture_random(rng);
	size_t at = r % *len;

	switch (r >> 32 & 3) {
	case 0:
		raw[at] ^= 1 << (r >> 40 & 7);
		break;
	case 1:
		raw[at] = telling[(r >> 40) % sizeof(telling)];
		break;
	case 2:
		*len -= (r >> 40) % *len;
		break;
	case 3:
		/* the numbers at the front say how much there is: worth more tries */
		raw[(r >> 40) % (*len < 8 ? *len : 8)] = r >> 48;
		break;
	}
}

/*
 * A wrong writer or a forger: one body changed, all checksums right. The
 * numbers may be others then, but must fit together.
 */
static void test_changed_bodies(void **state)
{
	uint64_t rng = 2;
	unsigned int nr_refused = 0;
	uint8_t *raw[MAX_CHUNKS];
	size_t len[MAX_CHUNKS];

	(void)state;
	for (size_t c = 0; c + 1 < nr_chunks; c++)
		raw[c] = raw_body(c, &len[c]);
	for (int i = 0; i < CHANGED_COPIES; i++) {
		size_t victim = fixture_random(&rng) % (nr_chunks - 1);
		struct pk_strbuf out = { 0 };
		uint32_t crc = put_file_head(&out);
		struct pk_profile p;

		for (size_t c = 0; c + 1 < nr_chunks; c++) {
			uint8_t *body = copy_of(raw[c], len[c]);
			size_t body_len = len[c];

			if (c == victim)
				change(body, &body_len, &rng);
			crc = put_chunk(&out, crc, fixture_chunk_type(&whole_image, chunk[c]),
					PK_CODING_RAW, body, body_len, body_len);
			free(body);
		}
		if (!pk_profile_load_mem(out.data, out.len, "changed", &p, NULL)) {
			assert_sane(&p);
			nr_refused += p.state == PK_FILE_DAMAGED;
			pk_profile_deinit(&p);
		} else {
			nr_refused++;
		}
		pk_strbuf_deinit(&out);
	}
	for (size_t c = 0; c + 1 < nr_chunks; c++)
		free(raw[c]);
	/* else the changes did not reach the decoders */
	assert_in_range(nr_refused, CHANGED_COPIES / 10, CHANGED_COPIES);
}

/* A chunk left out, all checksums right: the numbers of items tell. */
static void test_left_out(void **state)
{
	(void)state;
	for (size_t victim = 1; victim + 1 < nr_chunks; victim++) {
		struct pk_strbuf out = { 0 };
		uint32_t crc = put_file_head(&out);
		struct pk_profile p;

		for (size_t c = 0; c + 1 < nr_chunks; c++) {
			size_t len;
			uint8_t *raw = raw_body(c, &len);

			if (c != victim)
				crc = put_chunk(&out, crc,
						fixture_chunk_type(&whole_image, chunk[c]),
						PK_CODING_RAW, raw, len, len);
			free(raw);
		}
		assert_int_equal(pk_profile_load_mem(out.data, out.len, "left out", &p, NULL), 0);
		assert_int_equal(p.state, victim + 2 == nr_chunks ? PK_FILE_CUT : PK_FILE_DAMAGED);
		assert_sane(&p);
		pk_profile_deinit(&p);
		pk_strbuf_deinit(&out);
	}
}

static void check_one_chunk(unsigned int coding, const void *body, size_t len, uint32_t raw_bytes,
			    unsigned int type, enum pk_file_state expected)
{
	static const uint8_t nothing[] = { 0, 0, 0 };
	struct pk_strbuf out = { 0 };
	struct pk_profile p;
	uint32_t crc = put_file_head(&out);

	/* an empty chunk first: what is damaged before any data is an error */
	crc = put_chunk(&out, crc, PK_CHUNK_FACTS, PK_CODING_RAW, nothing, 2, 2);
	put_chunk(&out, crc, type, coding, body, len, raw_bytes);
	assert_int_equal(pk_profile_load_mem(out.data, out.len, "one", &p, NULL), 0);
	assert_int_equal(p.state, expected);
	assert_sane(&p);
	pk_profile_deinit(&p);
	pk_strbuf_deinit(&out);
}

/* Chunks of no items are no use, but no damage either. */
static void test_empty_chunks(void **state)
{
	(void)state;
	for (unsigned int type = PK_CHUNK_END; type < PK_CHUNK_NR_TYPES; type++)
		check_one_chunk(PK_CODING_RAW, "\0\0", 2, 2, type, PK_FILE_CUT);
}

/* Sizes that lie, and more in a chunk than there may be. */
static void test_bombs(void **state)
{
	size_t raw_bytes = PK_CHUNK_MAX_BYTES + 1, bound = ZSTD_compressBound(raw_bytes);
	uint8_t *zeroes = calloc(1, raw_bytes), *packed = malloc(bound);
	size_t len = ZSTD_compress(packed, bound, zeroes, raw_bytes, 1);

	(void)state;
	assert_true(len < 10000);
	check_one_chunk(PK_CODING_ZSTD, packed, len, raw_bytes, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_ZSTD, packed, len, 1000, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_ZSTD, packed, len / 2, 1000, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_ZSTD, packed, 0, 0, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_RAW, zeroes, 10, 11, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_NR, zeroes, 10, 10, PK_CHUNK_SAMPLES, PK_FILE_DAMAGED);
	/* counts far beyond the bytes that are there */
	check_one_chunk(PK_CODING_RAW, "\0\xff\xff\xff\xff\x0f", 6, 6, PK_CHUNK_SAMPLES,
			PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_RAW, "\0\xff\xff\xff\xff\x0f", 6, 6, PK_CHUNK_NODES,
			PK_FILE_DAMAGED);
	check_one_chunk(PK_CODING_RAW, "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 11,
			PK_CHUNK_STRINGS, PK_FILE_DAMAGED);
	free(zeroes);
	free(packed);
}

/* A small file must not take all memory, even if each of its chunks is within bounds. */
static void test_many_bombs(void **state)
{
	size_t raw_bytes = 8 << 20, bound = ZSTD_compressBound(raw_bytes), len;
	uint8_t *raw = calloc(1, raw_bytes), *packed = malloc(bound);
	struct pk_strbuf body = { 0 }, out = { 0 };
	uint32_t crc = put_file_head(&out), nr = (4 << 20) - 10;
	struct pk_profile p;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		/* nodes: parent 1 back, address as before */
		pk_strbuf_clear(&body);
		pk_strbuf_varint(&body, i * nr);
		pk_strbuf_varint(&body, nr);
		memset(raw, 0, raw_bytes);
		memcpy(raw, body.data, body.len);
		memset(raw + body.len, 1, nr);
		len = ZSTD_compress(packed, bound, raw, raw_bytes, 1);
		crc = put_chunk(&out, crc, PK_CHUNK_NODES, PK_CODING_ZSTD, packed, len, raw_bytes);
	}
	assert_true(out.len < 1 << 20);
	assert_int_equal(pk_profile_load_mem(out.data, out.len, "bombs", &p, NULL), 0);
	assert_int_equal(p.state, PK_FILE_DAMAGED);
	assert_true(p.nodes.nr < 100 * (nr / 2));
	pk_profile_deinit(&p);
	free(raw);
	free(packed);
	pk_strbuf_deinit(&body);
	pk_strbuf_deinit(&out);
}

/* --- other files ------------------------------------------------------------------------ */

/* A later version's chunk is passed over; what it holds is not looked at. */
static void test_unknown_chunk(void **state)
{
	struct pk_strbuf out = { 0 };
	uint32_t crc = put_file_head(&out);
	struct pk_profile p;

	(void)state;
	for (size_t c = 0; c + 1 < nr_chunks; c++) {
		size_t len;
		uint8_t *raw = raw_body(c, &len);

		crc = put_chunk(&out, crc, 32 + c * 1000, PK_CODING_ZSTD, "what?", 5, 1 << 20);
		crc = put_chunk(&out, crc, fixture_chunk_type(&whole_image, chunk[c]),
				PK_CODING_RAW, raw, len, len);
		free(raw);
	}
	assert_int_equal(pk_profile_load_mem(out.data, out.len, "newer", &p, NULL), 0);
	assert_same(&p, &whole);
	pk_profile_deinit(&p);
	pk_strbuf_deinit(&out);
}

static void check_error(const void *data, size_t len, int code, const char *text)
{
	struct pk_err err = { 0 };
	struct pk_profile p;

	assert_int_equal(pk_profile_load_mem(data, len, "some.file", &p, &err), code);
	assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
	assert_non_null(strstr(err.msg, "some.file: "));
	assert_non_null(strstr(err.msg, text));
}

static void fill_late_start(struct pk_writer *w)
{
	assert_int_equal(pk_writer_fact(w, "record.start_ns", "9000000000"), 0);
}

/* An end before the start is none: nobody is to subtract them. */
static void test_reversed(void **state)
{
	struct image i = fixture_image(fill_late_start, 5000000000);
	struct pk_profile p;

	(void)state;
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "reversed", &p, NULL), 0);
	assert_int_equal(p.state, PK_FILE_CLOSED);
	assert_int_equal(p.start_ns, 9000000000);
	assert_int_equal(p.end_ns, 9000000000);
	pk_profile_deinit(&p);
	image_free(&i);
}

static void test_other_files(void **state)
{
	uint8_t *copy = copy_of(whole_image.data, whole_image.len);
	uint32_t crc;

	(void)state;
	check_error("", 0, -EINVAL, "is empty");
	check_error("#!/bin/sh\n", 10, -EINVAL, "not a profile");
	check_error("PERFILE2 and so on, more than a head", 36, -EINVAL, "not a profile");
	memcpy(copy, "\x89PKP\n\x1a\n\r", 8);
	check_error(copy, whole_image.len, -EBADMSG, "text mode");
	memcpy(copy, whole_image.data, whole_image.len);
	memcpy(copy + 8, "\x0a\x0b\x0c\x0d", 4);
	check_error(copy, whole_image.len, -EPROTO, "byte order");
	memcpy(copy, whole_image.data, whole_image.len);
	copy[12]++;
	check_error(copy, whole_image.len, -EBADMSG, "byte 0");
	crc = pk_crc32c(0, copy, PK_FILE_HEAD_BYTES - 4);
	for (int i = 0; i < 4; i++)
		copy[PK_FILE_HEAD_BYTES - 4 + i] = crc >> 8 * i;
	check_error(copy, whole_image.len, -EPROTO, "format version 2");
	free(copy);
}

static void test_missing_file(void **state)
{
	struct pk_err err = { 0 };
	struct pk_profile p;

	(void)state;
	assert_int_equal(pk_profile_load("/nonexistent/x.pkp", &p, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/x.pkp"));
	assert_int_equal(pk_profile_load("/", &p, &err), -EISDIR);
	assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_cut_big),
		cmocka_unit_test(test_zero_tail),
		cmocka_unit_test(test_something_behind),
		cmocka_unit_test(test_each_bit_of_heads),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_moved_chunks),
		cmocka_unit_test(test_changed_bodies),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_empty_chunks),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_many_bombs),
		cmocka_unit_test(test_unknown_chunk),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
