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

static void check_lines(const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->lines, l) {
		unsigned int depth = 0;

		if (!l->file || l->file >= p->files.nr || l->frame >= p->line_frames.nr)
			abort();
		for (uint32_t at = l->frame; at != PK_LINE_OUTERMOST;
		     at = p->line_frames.data[at].outer)
			if (++depth > PK_LINE_MAX_FRAMES || at >= p->line_frames.nr)
				abort();
	}
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

static void check_ledger(const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->ledger, x) {
		const struct pk_ledger_part *part = p->ledger_parts.data + x->first_part;
		uint64_t sum = 0;

		CHECK(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS && x->nr_parts);
		CHECK((uint64_t)x->first_part + x->nr_parts <= p->ledger_parts.nr);
		CHECK(x == p->ledger.data || x[-1].to_ns <= x->to_ns);
		for (uint32_t i = 0; i < x->nr_parts; i++) {
			CHECK(part[i].line < PKPROF_NR_LINES);
			CHECK(!__builtin_add_overflow(sum, part[i].ns, &sum));
		}
		CHECK(sum == x->to_ns - x->from_ns);
	}
	PK_VEC_FOREACH(&p->cpus, x)
		CHECK(x->from_ns < x->to_ns && x->to_ns <= PK_TIME_MAX_NS &&
		      (unsigned __int128)x->busy_ns + x->idle_ns + x->offline_ns ==
			      x->to_ns - x->from_ns);
	PK_VEC_FOREACH(&p->hists, x) {
		const struct pk_hist_bucket *b = &p->hist_buckets.data[x->first_bucket];

		CHECK(x->what < PKPROF_NR_HISTS && x->key < PKPROF_NR_HIST_KEYS);
		CHECK((uint64_t)x->first_bucket + x->nr_buckets <= p->hist_buckets.nr);
		for (uint32_t i = 0; i < x->nr_buckets; i++)
			CHECK(b[i].nr && b[i].bucket < PKPROF_HIST_BUCKETS &&
			      (!i || b[i - 1].bucket < b[i].bucket));
	}
}

static void check_waits(const struct pk_profile *p)
{
	PK_VEC_FOREACH(&p->latencies, x)
		CHECK(x->queued_ns <= x->time_ns && x->line < PKPROF_NR_LINES &&
		      x->prev_comm < p->strings.entries.nr);
	PK_VEC_FOREACH(&p->waits, x) {
		CHECK(x->since_ns <= x->time_ns && x->time_ns <= PK_TIME_MAX_NS);
		CHECK(x->woken_ns <= x->time_ns && x->period_log2 <= 36);
		CHECK(x->line < PKPROF_NR_LINES && x->runq_line < PKPROF_NR_LINES);
		CHECK(((unsigned __int128)x->nr_blocked + x->nr_runq) << x->period_log2 <=
		      PK_TIME_MAX_NS);
		CHECK(x->kstack < p->nodes.nr && x->ustack < p->nodes.nr);
	}
	PK_VEC_FOREACH(&p->wakes, x)
		CHECK(x->since_ns <= x->time_ns && x->kstack < p->nodes.nr &&
		      x->ustack < p->nodes.nr && x->waker_comm < p->strings.entries.nr);
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
	check_lines(&p);
	check_ledger(&p);
	check_waits(&p);
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
