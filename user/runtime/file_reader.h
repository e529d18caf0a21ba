/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks into files for runtimes (table.h) by a confined child (base/errand.h): they are other
 * people's.
 */
#ifndef PK_RUNTIME_FILE_READER_H
#define PK_RUNTIME_FILE_READER_H

#include "base/errand.h"
#include "runtime/runtime.h"

struct pk_runtime_reader {
	struct pk_errands errands;
	uint64_t budget;	/* bytes of tables and constants that may still be read */
};

void pk_runtime_reader_init(struct pk_runtime_reader *r);
void pk_runtime_reader_deinit(struct pk_runtime_reader *r);

/*
 * @fd: stays the caller's. @path: of a program, where its debug file is looked for. What cannot
 * be read says nothing: *ret is all-zero then.
 */
void pk_runtime_reader_look(struct pk_runtime_reader *r, int fd, bool program, const char *path,
			    struct pk_runtime_file *ret);

#endif
