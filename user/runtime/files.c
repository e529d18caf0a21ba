// SPDX-License-Identifier: GPL-2.0-or-later
/* What mapped files say about runtimes, each looked into once; see runtime.h. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strtab.h"
#include "base/vec.h"
#include "runtime/file_reader.h"

#define MAX_KEY_BYTES 64

struct pk_runtimes {
	struct pk_strtab keys; /* position in files, plus one */
	PK_VEC(struct pk_runtime_file *) files;
	struct pk_runtime_reader reader;
};

int pk_runtimes_create(struct pk_runtimes **ret)
{
	struct pk_runtimes *r = calloc(1, sizeof(*r));

	if (!r || pk_strtab_init(&r->keys)) {
		free(r);
		return -ENOMEM;
	}
	pk_runtime_reader_init(&r->reader);
	*ret = r;
	return 0;
}

void pk_runtimes_destroy(struct pk_runtimes *r)
{
	if (!r)
		return;
	PK_VEC_FOREACH(&r->files, f)
		free(*f);
	pk_vec_deinit(&r->files);
	pk_strtab_deinit(&r->keys);
	pk_runtime_reader_deinit(&r->reader);
	free(r);
}

static void look(struct pk_runtimes *r, const struct pk_runtime_query *q,
		 struct pk_runtime_file *ret)
{
	PK_AUTO_FD int fd = q->open(q->ctx);

	if (fd >= 0)
		pk_runtime_reader_look(&r->reader, fd, q->program, q->path, ret);
}

const struct pk_runtime_file *pk_runtimes_file(struct pk_runtimes *r,
					       const struct pk_runtime_query *q)
{
	char key[MAX_KEY_BYTES + 1];
	struct pk_runtime_file *f;
	uint32_t id;

	if (q->key_len > MAX_KEY_BYTES)
		return NULL;
	key[0] = q->program ? 'p' : 'l';
	memcpy(key + 1, q->key, q->key_len);
	if (pk_strtab_intern(&r->keys, key, q->key_len + 1, &id))
		return NULL;
	if (id <= r->files.nr)
		return r->files.data[id - 1];
	if (id != r->files.nr + 1) /* memory was short before */
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f || pk_vec_add(&r->files, f)) {
		free(f);
		return NULL;
	}
	look(r, q, f);
	return f;
}
