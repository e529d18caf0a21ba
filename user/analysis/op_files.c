// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of single operations; see op_files.h. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/op_files.h"

int pk_op_names_init(const struct pk_model *m, struct pk_result *result, struct pk_op_names *ret)
{
	size_t nr = m->profile->op_files.nr;

	*ret = (struct pk_op_names){ .model = m, .text = calloc(nr + 1, sizeof(*ret->text)) };
	if (!ret->text)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		const struct pk_op_file *f = &m->profile->op_files.data[i];
		const char *path = pk_model_string(m, f->path);

		ret->text[i] = *path ? path :
				       pk_result_text(result, "(inode %llu)", (unsigned long long)f->ino);
		/* the item with the path comes later */
		if (!ret->text[i] || pk_map64_set(&ret->at, f->id, i))
			return -ENOMEM;
	}
	return 0;
}

void pk_op_names_deinit(struct pk_op_names *n)
{
	free(n->text);
	n->text = NULL;
	pk_map64_deinit(&n->at);
}

const char *pk_op_names_get(const struct pk_op_names *n, uint32_t file)
{
	uint32_t at = file ? pk_map64_get(&n->at, file) : PK_MAP64_NONE;

	return at == PK_MAP64_NONE ? "" : n->text[at];
}

const struct pk_op_file *pk_op_names_file(const struct pk_op_names *n, uint32_t file)
{
	uint32_t at = file ? pk_map64_get(&n->at, file) : PK_MAP64_NONE;

	return at == PK_MAP64_NONE ? NULL : &n->model->profile->op_files.data[at];
}

static struct pk_op_file_sum *sum_of(struct pk_op_file_sums *f, uint32_t file, uint8_t op)
{
	uint32_t *at = pk_map64_at(&f->at, (uint64_t)file << 8 | op);
	struct pk_op_file_sum *new;

	if (!at)
		return NULL;
	if (*at != PK_MAP64_NONE)
		return &f->all.data[*at];
	new = pk_vec_push(&f->all);
	if (!new)
		return NULL;
	new->file = file;
	new->op = op;
	*at = f->all.nr - 1;
	return new;
}

int pk_op_file_sums_init(const struct pk_op_anatomy *a, const struct pk_scope *s,
			 struct pk_op_file_sums *ret)
{
	*ret = (struct pk_op_file_sums){ 0 };
	PK_VEC_FOREACH(&a->ops, i) {
		const struct pk_op *x = &s->model->profile->ops.data[*i];
		struct pk_op_file_sum *sum = sum_of(ret, x->file, x->op);

		if (!sum)
			return -ENOMEM;
		sum->nr_told++;
		sum->nr += x->nr;
		sum->bytes += (double)x->bytes * x->nr;
		sum->sum_ns += (double)x->length_ns * x->nr;
		for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
			sum->parts_ns[part] += (double)x->parts_ns[part] * x->nr;
	}
	return 0;
}

void pk_op_file_sums_deinit(struct pk_op_file_sums *f)
{
	pk_vec_deinit(&f->all);
	pk_map64_deinit(&f->at);
}
