/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that operations were on: from what the kernel knows them by to numbers of the
 * profile. In: operations, which come first, and paths, which come later, if at all. Out, to
 * the writer: each file as it is first met, and again with its path.
 */
#ifndef PK_OP_FILES_H
#define PK_OP_FILES_H

#include <stddef.h>

#include "base/map64.h"
#include "record/files.h"
#include "profile/writer.h"

struct pk_op_files {
	struct pk_writer *writer;
	struct pk_map64 id_of;	/* hash of the key; two files share it by a chance of 1 in 2^64 */
	uint32_t nr;
};

void pk_op_files_init(struct pk_op_files *f, struct pk_writer *w);
void pk_op_files_deinit(struct pk_op_files *f);

/* All 0: *@id_ret is 0. 0, -ENOMEM or the writer's error. */
int pk_op_files_of(struct pk_op_files *f, const struct pk_file_key *key, uint32_t *id_ret);
int pk_op_files_name(struct pk_op_files *f, const struct pk_file_key *key, const char *path,
		     size_t len);

#endif
