/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profile file writer: takes decoded items in the order in which they
 * happened, packs them into chunks (FORMAT.md) and appends those to a
 * descriptor. Memory is bounded by one chunk per kind. After a flush, all
 * that was given is readable however the process ends.
 */
#ifndef PK_WRITER_H
#define PK_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

struct pk_writer;

/*
 * @fd: open for writing at its end, at offset 0 or at the end of a profile
 * that is to be extended (@extend: then @fd is also readable); not closed by
 * the writer. @name: for messages.
 * Errors: -ENOSPC, -EIO ... as write(2), PK_EXIT_OUTPUT; the file stays
 * readable to its last complete chunk.
 */
int pk_writer_create(int fd, const char *name, struct pk_writer **ret, struct pk_err *err);
void pk_writer_destroy(struct pk_writer *w);	/* does not flush; NULL is fine */

/* All return 0, or -errno with @err of create() filled by the failing write. */
int pk_writer_fact(struct pk_writer *w, const char *key, const char *value);
int pk_writer_string(struct pk_writer *w, const char *text, size_t len, uint32_t *id_ret);
int pk_writer_file(struct pk_writer *w, const struct pk_file *f, uint32_t *id_ret);
int pk_writer_task(struct pk_writer *w, const struct pk_task_event *e);
int pk_writer_map(struct pk_writer *w, const struct pk_map_event *e);
/* Nodes get consecutive ids from 1. */
int pk_writer_node(struct pk_writer *w, uint32_t parent, uint64_t addr, uint32_t *id_ret);

struct pk_sample_row {
	uint64_t time_ns;
	uint32_t tid, tgid, kstack, ustack;
	uint16_t cpu, flags;
};
int pk_writer_sample(struct pk_writer *w, const struct pk_sample_row *s);
int pk_writer_mark(struct pk_writer *w, uint64_t time_ns, const char *text, size_t len);
int pk_writer_counters(struct pk_writer *w, const struct pk_counters *c);
int pk_writer_symbol(struct pk_writer *w, const struct pk_symbol *s);

/* Everything given so far goes out as complete chunks. */
int pk_writer_flush(struct pk_writer *w);
/* Flush and write the end chunk: the file is closed. */
int pk_writer_finish(struct pk_writer *w, uint64_t end_ns);

uint64_t pk_writer_bytes(const struct pk_writer *w);	/* of the file so far */
const struct pk_err *pk_writer_error(const struct pk_writer *w);

#endif
