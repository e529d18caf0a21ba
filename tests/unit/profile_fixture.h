/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profiles for tests: written into memory, compared item by item.
 */
#ifndef PROFILE_FIXTURE_H
#define PROFILE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"
#include "profile/writer.h"

struct image {
	uint8_t *data;
	size_t len;	/* bytes */
};

/* A descriptor of an empty file in memory. */
int fixture_fd(void);
/* What is in the file; the image is to be freed. Closes @fd. */
struct image fixture_read(int fd);
/* The profile that @fill writes, closed at @end_ns; UINT64_MAX: not closed, only flushed. */
struct image fixture_image(void (*fill)(struct pk_writer *w), uint64_t end_ns);
void image_free(struct image *i);

/* Several chunks of every type, in order of time, about 20 KB. */
#define ORDINARY_END_NS 5000000000ULL
void fixture_fill_ordinary(struct pk_writer *w);

/* Reproducible numbers (splitmix64). */
uint64_t fixture_random(uint64_t *state);

/* Fails the test where an item of @part is not the same in @whole. */
void assert_is_prefix(const struct pk_profile *part, const struct pk_profile *whole);
/* Likewise, and both have the same number of items. */
void assert_same(const struct pk_profile *a, const struct pk_profile *b);
/* Fails the test where an item refers to what is not there or tables are not in order. */
void assert_sane(const struct pk_profile *p);

/* Offsets where chunks begin, and the file's end as the last one. Returns how many. */
size_t fixture_chunks(const struct image *i, size_t *offsets, size_t max);
/* Type of the chunk at an offset. */
static inline unsigned int fixture_chunk_type(const struct image *i, size_t offset)
{
	return i->data[offset] | i->data[offset + 1] << 8;
}

#endif
