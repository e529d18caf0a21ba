// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single operations on files and block I/O in the JSON export: each by itself, with the
 * file it was on or the requests that were made of it.
 */
#include "analysis/bio_sums.h"
#include "analysis/op_anatomy.h"
#include "base/cleanup.h"
#include "base/map64.h"
#include "export/json_io.h"
#include "export/json_values.h"
#include "source/names.h"

/* --- file systems and files ----------------------------------------------------------- */

/* Index of an element of the output, by the number that the profile gives a thing. */
struct table {
	struct pk_map64 at;
	PK_VEC(uint32_t) items;	/* by element: the last item of the profile about it */
};

static int add_item(struct table *t, uint32_t id, uint32_t item)
{
	uint32_t *at = pk_map64_at(&t->at, id);

	if (!at)
		return -ENOMEM;
	if (*at != PK_MAP64_NONE) {
		t->items.data[*at] = item;
		return 0;
	}
	*at = t->items.nr;
	return pk_vec_add(&t->items, item);
}

static void table_deinit(struct table *t)
{
	pk_map64_deinit(&t->at);
	pk_vec_deinit(&t->items);
}

static void put_dev(struct pk_json *j, uint32_t dev)
{
	pk_json_u64(j, "major", dev >> 20);
	pk_json_u64(j, "minor", dev & 0xfffff);
}

static void put_file_system(struct pk_json *j, const struct pk_scope *s, const struct pk_vfs_fs *x)
{
	pk_json_object(j, NULL);
	pk_json_put_text(j, s, "type", x->type);
	pk_json_put_text(j, s, "name", x->flags & PKPROF_VFS_NO_DEVICE ? 0 : x->name);
	pk_json_put_text(j, s, "mount", x->mount);
	if (x->flags & (PKPROF_VFS_ANY | PKPROF_VFS_NONE)) {
		pk_json_null(j, "major");
		pk_json_null(j, "minor");
	} else {
		put_dev(j, x->dev);
	}
	pk_json_end(j);
}

static int put_file_systems(struct pk_json *j, const struct pk_scope *s, struct table *fs)
{
	const struct pk_profile *p = s->model->profile;
	int rc = 0;

	for (size_t i = 0; !rc && i < p->vfs_fs.nr; i++)
		rc = add_item(fs, p->vfs_fs.data[i].fs, i);
	pk_json_array(j, "file_systems");
	PK_VEC_FOREACH(&fs->items, item)
		put_file_system(j, s, &p->vfs_fs.data[*item]);
	pk_json_end(j);
	return rc;
}

static int put_files(struct pk_json *j, const struct pk_scope *s, struct table *files,
		     struct pk_sink *out)
{
	const struct pk_profile *p = s->model->profile;
	int rc = 0;

	for (size_t i = 0; !rc && i < p->op_files.nr; i++)
		rc = add_item(files, p->op_files.data[i].id, i);
	pk_json_array(j, "files");
	PK_VEC_FOREACH(&files->items, item) {
		const struct pk_op_file *x = &p->op_files.data[*item];

		pk_json_object(j, NULL);
		pk_json_put_text(j, s, "path", x->path);
		put_dev(j, x->dev);
		pk_json_u64(j, "inode", x->ino);
		pk_json_u64(j, "generation", x->gen);
		pk_json_end(j);
		pk_sink_drain(out);
	}
	pk_json_end(j);
	return rc;
}

/* --- operations ----------------------------------------------------------------------- */

static void put_parts(struct pk_json *j, const struct pk_op *x)
{
	if (x->flags & PKPROF_OP_WHOLE) {
		pk_json_null(j, "parts");
		return;
	}
	pk_json_object(j, "parts");
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
		if (x->parts_ns[part])
			pk_json_u64(j, pk_op_part_names[part].name, x->parts_ns[part]);
	pk_json_end(j);
}

static void put_operation(struct pk_json *j, const struct pk_scope *s, size_t i,
			  const struct table *fs, const struct table *files)
{
	const struct pk_op *x = &s->model->profile->ops.data[i];

	pk_json_object(j, NULL);
	pk_json_string(j, "op", pk_vfs_op_names[x->op].name);
	pk_json_u64(j, "thread", s->model->op_thread[i]);
	pk_json_u64(j, "stack", s->model->op_stack[i]);
	pk_json_u64(j, "cpu", x->cpu);
	pk_json_put_time(j, s, "time_ns", x->time_ns);
	pk_json_u64(j, "length_ns", x->length_ns);
	pk_json_u64(j, "count", x->nr);
	pk_json_put_index(j, "file_system", pk_map64_get(&fs->at, x->fs));
	pk_json_put_index(j, "file", pk_map64_get(&files->at, x->file));
	pk_json_u64(j, "bytes", x->bytes);
	if (x->offset == PKPROF_OP_NO_OFFSET)
		pk_json_null(j, "offset");
	else
		pk_json_u64(j, "offset", x->offset);
	pk_json_u64(j, "requests", x->nr_requests);
	pk_json_bool(j, "failed", x->flags & PKPROF_OP_FAILED);
	put_parts(j, x);
	pk_json_end(j);
}

static int put_operations(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	struct table fs = { 0 }, files = { 0 };
	int rc = put_file_systems(j, s, &fs);

	if (!rc)
		rc = put_files(j, s, &files, out);
	if (!rc) {
		pk_json_array(j, "operations");
		for (size_t i = 0; i < s->model->profile->ops.nr; i++) {
			if (!pk_op_in_scope(s, i))
				continue;
			put_operation(j, s, i, &fs, &files);
			pk_sink_drain(out);
		}
		pk_json_end(j);
	}
	table_deinit(&fs);
	table_deinit(&files);
	return rc;
}

/* --- block I/O ------------------------------------------------------------------------ */

/* One run; what ended of a bio is a chain of ends, each with the index of the next one. */
struct block_io {
	const struct pk_scope *s;
	struct pk_block_devices devices;
	struct pk_bio_sums sums;
	uint32_t *first, *next;	/* by bio; by end. PK_NO_BIO: none */
};

static void put_device(struct pk_json *j, const struct block_io *x, uint32_t id)
{
	const struct pk_block_device *d = pk_block_devices_find(&x->devices, id);

	pk_json_string(j, "device", d ? d->name : NULL);
}

static const char *outcome(const struct pk_bio_end *end)
{
	if (end->flags & PKPROF_IO_NEVER)
		return "never";
	if (end->flags & PKPROF_IO_MOVED)
		return "moved";
	if (end->flags & PKPROF_IO_MERGED)
		return "merged";
	return end->flags & PKPROF_IO_FAILED ? "failed" : "done";
}

static void put_end(struct pk_json *j, const struct block_io *x, const struct pk_bio_end *end)
{
	const uint32_t no_times = PKPROF_IO_NEVER | PKPROF_IO_MOVED | PKPROF_IO_MERGED |
				  PKPROF_IO_UNTIMED;

	pk_json_object(j, NULL);
	pk_json_string(j, "what", outcome(end));
	pk_json_put_time(j, x->s, "time_ns", end->time_ns);
	put_device(j, x, end->device);
	if (end->flags & no_times) {
		pk_json_null(j, "queue_ns");
		pk_json_null(j, "device_ns");
	} else {
		pk_json_u64(j, "queue_ns", end->queue_ns);
		pk_json_u64(j, "device_ns", end->device_ns);
	}
	pk_json_end(j);
}

static void put_bio(struct pk_json *j, const struct block_io *x, size_t i)
{
	const struct pk_model *m = x->s->model;
	const struct pk_bio *bio = &m->profile->bios.data[i];

	pk_json_object(j, NULL);
	pk_json_string(j, "op", pk_block_op_names[bio->op].name);
	pk_json_put_index(j, "thread", m->bio_thread[i]);
	pk_json_u64(j, "stack", m->bio_stack[i]);
	pk_json_u64(j, "cpu", bio->cpu);
	pk_json_put_time(j, x->s, "time_ns", bio->time_ns);
	put_device(j, x, bio->device);
	pk_json_bool(j, "stacked", x->sums.all.data[i].stacked);
	pk_json_u64(j, "bytes", bio->bytes);
	pk_json_double(j, "count", x->sums.all.data[i].weight);
	pk_json_array(j, "ends");
	for (uint32_t end = x->first[i]; end != PK_NO_BIO; end = x->next[end])
		put_end(j, x, &m->profile->bio_ends.data[end]);
	pk_json_end(j);
	pk_json_end(j);
}

/* Chains the ends of each bio, in order of time. */
static int chain_ends(struct block_io *x)
{
	const struct pk_model *m = x->s->model;
	size_t nr = m->profile->bios.nr, nr_ends = m->profile->bio_ends.nr;

	x->first = malloc((nr + 1) * sizeof(*x->first));
	x->next = malloc((nr_ends + 1) * sizeof(*x->next));
	if (!x->first || !x->next)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		x->first[i] = PK_NO_BIO;
	for (size_t end = nr_ends; end-- > 0;) {
		uint32_t bio = m->bio_end_bio[end];

		if (bio == PK_NO_BIO)
			continue;
		x->next[end] = x->first[bio];
		x->first[bio] = end;
	}
	return 0;
}

static int put_block_io(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	struct block_io x = { .s = s };
	int rc = pk_block_devices_init(s, &x.devices);

	if (!rc)
		rc = pk_bio_sums_init(s, &x.sums);
	if (!rc)
		rc = chain_ends(&x);
	if (!rc) {
		pk_json_array(j, "block_io");
		for (size_t i = 0; i < s->model->profile->bios.nr; i++) {
			if (!pk_bio_in_scope(s, i))
				continue;
			put_bio(j, &x, i);
			pk_sink_drain(out);
		}
		pk_json_end(j);
	}
	free(x.first);
	free(x.next);
	pk_bio_sums_deinit(&x.sums);
	pk_block_devices_deinit(&x.devices);
	return rc;
}

int pk_json_put_io(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	int rc = put_operations(j, s, out);

	return rc ? rc : put_block_io(j, s, out);
}
