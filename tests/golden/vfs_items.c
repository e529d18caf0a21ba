// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about operations on files; mkprofile.c has the rest.
 *
 *	filesystem ID TYPE NAME [dev=N] [mount=PATH] [FLAG...]	FLAG: pseudo, nodevice, none
 *	fileops FROM TO ID OP BYTES [pid=PID] [below] [NAME=N...] [TIME/N...]
 *					operations of BYTES each: N of them took TIME; NAME is untimed,
 *					failed, added (bytes), missed, ahead; pid=any: without room
 *	opfile ID INODE [PATH]		a file that single operations are on
 *	op END LENGTH TID OP FS FILE BYTES [at=OFFSET] [nr=N] [requests=N] [stack=NAME]
 *	   [failed] [whole] [PART/TIME...]
 *					one operation that stands for N, taken apart; what the parts
 *					leave is on the CPU
 */
#include <string.h>

#include "model/distribution.h"
#include "script.h"
#include "source/names.h"

struct ops_item {
	struct pk_vfs_ops ops;
	struct pk_hist_bucket buckets[MAX_WORDS];
};

static PK_VEC(struct pk_op_file) files;
static PK_VEC(struct pk_op) singles;
static PK_VEC(struct pk_vfs_fs) systems;
static PK_VEC(struct ops_item) ops;

static void do_filesystem(const struct words *w)
{
	struct pk_vfs_fs *x = pk_vec_push(&systems);

	x->fs = number(word(w, 1));
	x->type = intern(word(w, 2));
	x->name = intern(word(w, 3));
	x->dev = number_or(w, "dev", 0);
	x->mount = intern(option(w, 4, "mount"));
	x->flags = (has_flag(w, 4, "pseudo") ? PKPROF_VFS_PSEUDO : 0) |
		   (has_flag(w, 4, "nodevice") ? PKPROF_VFS_NO_DEVICE : 0) |
		   (has_flag(w, 4, "none") ? PKPROF_VFS_NONE : 0);
}

static uint8_t op_of(const char *name)
{
	for (unsigned int i = 0; i < PKPROF_NR_VFS_OPS; i++)
		if (!strcmp(name, pk_vfs_op_names[i].name))
			return i;
	fail("no such operation", name);
}

/* Times come in ascending order. */
static void add_times(struct ops_item *item, char *text, uint64_t bytes)
{
	char *slash = strchr(text, '/');
	uint32_t nr = number(slash + 1);
	uint64_t ns;

	*slash = '\0';
	ns = duration(text);
	item->ops.nr += nr;
	item->ops.bytes += nr * bytes;
	item->ops.sum_ns += nr * ns;
	item->ops.max_ns = ns;
	item->buckets[item->ops.nr_buckets++] = (struct pk_hist_bucket){ pk_dist_bucket(ns), nr };
}

static void do_fileops(const struct words *w)
{
	struct ops_item *item = pk_vec_push(&ops);
	struct pk_vfs_ops *x = &item->ops;
	uint64_t bytes = number(word(w, 5));
	const char *pid = option(w, 6, "pid");

	x->from_ns = instant(word(w, 1));
	x->to_ns = instant(word(w, 2));
	x->fs = number(word(w, 3));
	x->op = op_of(word(w, 4));
	if (pid && !strcmp(pid, "any"))
		x->flags |= PKPROF_VFS_ANY_TGID;
	else if (pid)
		x->tgid = number(pid);
	if (has_flag(w, 6, "below"))
		x->flags |= PKPROF_VFS_BELOW;
	x->nr_untimed = x->nr = number_or(w, "untimed", 0);
	x->bytes = x->nr * bytes;
	x->nr_failed = number_or(w, "failed", 0);
	x->added_bytes = number_or(w, "added", 0);
	x->nr_missed = number_or(w, "missed", 0);
	x->nr_ahead = number_or(w, "ahead", 0);
	for (unsigned int i = 6; i < w->nr; i++)
		if (strchr(w->word[i], '/') && !strchr(w->word[i], '='))
			add_times(item, w->word[i], bytes);
}

static void do_opfile(const struct words *w)
{
	struct pk_op_file *x = pk_vec_push(&files);

	x->id = number(word(w, 1));
	x->ino = number(word(w, 2));
	x->dev = 266338305;
	x->path = intern(w->nr > 3 ? word(w, 3) : NULL);
}

static unsigned int part_of(const char *name)
{
	for (unsigned int i = 0; i < PKPROF_NR_OP_PARTS; i++)
		if (!strcmp(name, pk_op_part_names[i].name))
			return i;
	fail("no such part of an operation", name);
}

static void add_parts(struct pk_op *x, const struct words *w)
{
	uint64_t left_ns = x->length_ns;

	for (unsigned int i = 8; i < w->nr; i++) {
		char *slash = strchr(w->word[i], '/');

		if (!slash || strchr(w->word[i], '='))
			continue;
		*slash = '\0';
		x->parts_ns[part_of(w->word[i])] = duration(slash + 1);
		left_ns -= duration(slash + 1);
	}
	x->parts_ns[PKPROF_OP_CPU] = left_ns;
}

static void do_op(const struct words *w)
{
	const char *stack = option(w, 8, "stack"), *at = option(w, 8, "at");
	struct pk_op *x = pk_vec_push(&singles);

	x->time_ns = instant(word(w, 1));
	x->length_ns = duration(word(w, 2));
	x->tid = number(word(w, 3));
	x->tgid = process_of(x->tid);
	x->op = op_of(word(w, 4));
	x->fs = number(word(w, 5));
	x->file = number(word(w, 6));
	x->bytes = number(word(w, 7));
	x->offset = at ? number(at) : PKPROF_OP_NO_OFFSET;
	x->nr = number_or(w, "nr", 1);
	x->nr_requests = number_or(w, "requests", 0);
	x->ustack = stack ? find_stack(stack)->node : 0;
	x->flags = (has_flag(w, 8, "failed") ? PKPROF_OP_FAILED : 0) |
		   (has_flag(w, 8, "whole") ? PKPROF_OP_WHOLE : 0);
	if (!(x->flags & PKPROF_OP_WHOLE))
		add_parts(x, w);
}

BY_TIME(ops_by_time, struct ops_item, ops.to_ns)
BY_TIME(singles_by_time, struct pk_op, time_ns)

void write_file_ops(void)
{
	sort(ops, ops_by_time);
	PK_VEC_FOREACH(&systems, x)
		check(pk_writer_vfs_fs(writer, x));
	PK_VEC_FOREACH(&ops, x)
		check(pk_writer_vfs_ops(writer, &x->ops, x->buckets));
	sort(singles, singles_by_time);
	PK_VEC_FOREACH(&files, x)
		check(pk_writer_op_file(writer, x));
	PK_VEC_FOREACH(&singles, x)
		check(pk_writer_op(writer, x));
}

const struct statement vfs_statements[] = {
	{ "filesystem", do_filesystem }, { "fileops", do_fileops }, { "opfile", do_opfile },
	{ "op", do_op },		  { 0 },
};
