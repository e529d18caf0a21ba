// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the profile reader. Input: a profile file. It is loaded as it is,
 * and once more with its checksums put right, so that changes get behind them:
 * bodies that are said to be neither raw nor zstd are taken as raw then.
 * Whatever loads must hold together.
 */
/* folders: base profile */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "fuzz.h"
#include "profile/chunk.h"
#include "profile/reader.h"

#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			__builtin_trap();                                                          \
	} while (0)

static void check_samples(const struct pk_profile *p)
{
	const struct pk_samples *s = &p->samples;

	for (size_t i = 0; i < s->nr; i++) {
		CHECK(s->kstack[i] < p->nodes.nr && s->ustack[i] < p->nodes.nr);
		CHECK(s->time_ns[i] <= PK_TIME_MAX_NS);
		CHECK(!i || s->time_ns[i - 1] <= s->time_ns[i]);
	}
	for (size_t i = 1; i < p->nodes.nr; i++)
		CHECK(p->nodes.data[i].parent < i);
}

static void check_events(const struct pk_profile *p)
{
	size_t strings = p->strings.entries.nr;

	PK_VEC_FOREACH(&p->facts, f)
		CHECK(f->key < strings && f->value < strings);
	PK_VEC_FOREACH(&p->files, f)
		CHECK(f->path < strings && f->build_id_len <= PKPROF_MAX_BUILD_ID);
	PK_VEC_FOREACH(&p->tasks, e) {
		CHECK(e->kind < PK_TASK_NR_KINDS && e->time_ns <= PK_TIME_MAX_NS);
		CHECK(e->comm < strings && e->args < strings && e->cgroup < strings);
	}
	PK_VEC_FOREACH(&p->maps, m)
		CHECK(m->file < p->files.nr && m->addr + m->len >= m->addr);
	PK_VEC_FOREACH(&p->marks, m)
		CHECK(m->text < strings);
}

static void check_symbols(const struct pk_profile *p)
{
	for (size_t i = 0; i < p->symbols.nr; i++) {
		const struct pk_symbol *s = &p->symbols.data[i], *before = s - 1;

		CHECK(s->space < PK_SPACE_NR && s->addr + s->size >= s->addr);
		CHECK(s->name < p->strings.entries.nr && s->dso < p->strings.entries.nr);
		CHECK(s->space != PK_SPACE_FILE || s->id < p->files.nr);
		CHECK(!i || before->space != s->space || before->id != s->id ||
		      before->addr + before->size <= s->addr);
	}
}

static void check_load(const uint8_t *data, size_t len)
{
	struct pk_books_view books;
	struct pk_err err = { 0 };
	struct pk_profile p;

	if (pk_profile_load_mem(data, len, "input", &p, &err)) {
		CHECK(err.code && *err.msg && err.exit_code == PK_EXIT_BAD_FILE);
		return;
	}
	CHECK((p.state == PK_FILE_CLOSED) == !*p.notice);
	CHECK(p.end_offset <= len && p.file_bytes == len);
	check_samples(&p);
	check_events(&p);
	check_symbols(&p);
	pk_profile_fact_u64(&p, "record.period_ns", 0);
	CHECK(!pk_profile_latest_books(&p, &books));
	pk_vec_deinit(&books.latest);
	pk_profile_deinit(&p);
}

static uint32_t load_u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Make the file head and all chunk heads fit what is there. */
static void heal(uint8_t *data, size_t len)
{
	size_t at = PK_FILE_HEAD_BYTES;
	uint32_t crc;

	if (len < PK_FILE_HEAD_BYTES)
		return;
	crc = pk_file_head_pack(data);
	while (at + PK_CHUNK_HEAD_BYTES < len) {
		uint8_t *head = data + at;
		size_t left = len - at - PK_CHUNK_HEAD_BYTES;
		struct pk_chunk_head h = { .type = head[0] | head[1] << 8, .coding = head[2] };

		h.stored_bytes = load_u32(head + 4);
		if (h.stored_bytes > left)
			h.stored_bytes = left;
		if (h.coding != PK_CODING_ZSTD)
			h.coding = PK_CODING_RAW;
		h.raw_bytes = h.coding == PK_CODING_RAW ? h.stored_bytes : load_u32(head + 8);
		h.body_crc = pk_crc32c(0, head + PK_CHUNK_HEAD_BYTES, h.stored_bytes);
		pk_chunk_head_pack(&h, crc, head);
		crc = h.head_crc;
		at += PK_CHUNK_HEAD_BYTES + h.stored_bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* of exact size, so that the sanitizer sees a read too far */
	uint8_t *copy = malloc(len ? len : 1);

	check_load(data, len);
	if (!copy)
		return 0;
	if (len)
		memcpy(copy, data, len);
	heal(copy, len);
	check_load(copy, len);
	free(copy);
	return 0;
}
