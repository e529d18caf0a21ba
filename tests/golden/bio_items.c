// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about block I/O with stacks; mkprofile.c has the rest.
 *
 *	bio T CPU ID OP BYTES TID KSTACK USTACK [log2=N] [FLAG...] [END...]
 *					thread TID submitted BYTES to device ID; it stands for one
 *					stratum of 2^N, without it for itself; FLAG: irq, kthread, no_mm;
 *					END: T:QUEUE/DEVICE[:ID] or T:merged, failed, untimed, moved, never
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "script.h"
#include "source/names.h"

static PK_VEC(struct pk_bio) bios;
static PK_VEC(struct pk_bio_end) ends;

static uint8_t op_of(const char *name)
{
	for (unsigned int i = 0; i < PKPROF_NR_BLOCK_OPS; i++)
		if (!strcmp(name, pk_block_op_names[i].name))
			return i;
	fail("no such operation", name);
}

/* What is behind the next colon; cuts the word there. NULL: nothing. */
static char *behind_colon(char *text)
{
	char *colon = text ? strchr(text, ':') : NULL;

	if (colon)
		*colon++ = '\0';
	return colon;
}

static uint8_t end_flags(const char *name)
{
	static const struct {
		const char *name;
		uint8_t flag;
	} flags[] = {
		{ "failed", PKPROF_IO_FAILED }, { "untimed", PKPROF_IO_UNTIMED },
		{ "merged", PKPROF_IO_MERGED }, { "moved", PKPROF_IO_MOVED },
		{ "never", PKPROF_IO_NEVER },
	};

	for (unsigned int i = 0; i < PK_ARRAY_SIZE(flags); i++)
		if (!strcmp(name, flags[i].name))
			return flags[i].flag;
	fail("no such flag", name);
}

static void add_end(const struct pk_bio *bio, char *text)
{
	char *what = behind_colon(text), *where = behind_colon(what), *slash;
	struct pk_bio_end *x = pk_vec_push(&ends);

	x->time_ns = instant(text);
	x->id = bio->id;
	x->device = where ? number(where) : bio->device;
	slash = strchr(what, '/');
	if (!slash) {
		x->flags = end_flags(what);
		return;
	}
	*slash = '\0';
	x->queue_ns = duration(what);
	x->device_ns = duration(slash + 1);
}

static void do_bio(const struct words *w)
{
	const struct stack *k = find_stack(word(w, 7)), *u = find_stack(word(w, 8));
	struct pk_bio *x = pk_vec_push(&bios);
	uint32_t log2 = number_or(w, "log2", 0);

	x->time_ns = instant(word(w, 1));
	x->cpu = number(word(w, 2));
	x->device = number(word(w, 3));
	x->op = op_of(word(w, 4));
	x->bytes = number(word(w, 5));
	x->tid = number(word(w, 6));
	x->tgid = x->tid ? process_of(x->tid) : 0;
	x->kstack = k->node;
	x->ustack = u->node;
	x->ends = k->end << PK_SAMPLE_KEND_SHIFT | u->end << PK_SAMPLE_UEND_SHIFT;
	x->id = bios.nr << 16 | x->cpu;
	x->units = log2 ? 1ULL << log2 : (uint64_t)x->bytes + PKPROF_IO_COST;
	x->flags = (has_flag(w, 9, "irq") ? PKPROF_IO_IRQ : 0) |
		   (has_flag(w, 9, "kthread") ? PKPROF_IO_KTHREAD : 0) |
		   (has_flag(w, 9, "no_mm") ? PKPROF_IO_NO_MM : 0);
	for (unsigned int i = 9; i < w->nr; i++)
		if (strchr(w->word[i], ':'))
			add_end(x, w->word[i]);
}

BY_TIME(bio_by_time, struct pk_bio, time_ns)
BY_TIME(end_by_time, struct pk_bio_end, time_ns)

void write_bios(void)
{
	sort(bios, bio_by_time);
	sort(ends, end_by_time);
	PK_VEC_FOREACH(&bios, x)
		check(pk_writer_bio(writer, x));
	PK_VEC_FOREACH(&ends, x)
		check(pk_writer_bio_end(writer, x));
}

const struct statement bio_statements[] = {
	{ "bio", do_bio }, { 0 },
};
