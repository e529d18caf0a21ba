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
 * Begin a profile. @fd: empty file or pipe, open for writing; not closed by
 * the writer. @name: for messages.
 * Errors: -ENOSPC, -EIO ... as write(2), PK_EXIT_OUTPUT; -ENOMEM.
 */
int pk_writer_create(int fd, const char *name, struct pk_writer **ret, struct pk_err *err);

/*
 * Go on with a profile that was loaded from this very file, closed or cut:
 * its end chunk and what may be broken behind it give way to what comes. @fd:
 * open for writing, not for appending, seekable. File and node ids go on where
 * they were; string ids of @loaded mean nothing here, texts are to be given
 * again. Errors: as create(); -ESTALE if the file is shorter than what was loaded,
 * -EBADMSG if it is damaged.
 */
int pk_writer_resume(int fd, const char *name, const struct pk_profile *loaded,
		     struct pk_writer **ret, struct pk_err *err);
void pk_writer_destroy(struct pk_writer *w);	/* does not flush; NULL is fine */

/*
 * All return 0 or -errno, as pk_writer_error() then explains; after a first
 * failure all calls fail likewise. A failed write leaves the file readable to
 * its last complete chunk. -EINVAL: an item that refers to what was not given
 * before, or a time beyond INT64_MAX. Items are best given in order of time.
 *
 * The fact "record.period_ns", given before the samples, halves their size.
 * Texts longer than 1 MiB are cut.
 */
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
/*
 * @parts: p->nr_parts of them, in order of line and part; p->first_part is not looked
 * at. @buckets likewise, none empty. What breaks the rules of valid.h is refused.
 */
int pk_writer_ledger(struct pk_writer *w, const struct pk_ledger_piece *p,
		     const struct pk_ledger_part *parts);
int pk_writer_cpu(struct pk_writer *w, const struct pk_cpu_piece *p);
int pk_writer_hist(struct pk_writer *w, const struct pk_hist_piece *h,
		   const struct pk_hist_bucket *buckets);
int pk_writer_latency(struct pk_writer *w, const struct pk_latency *l);
int pk_writer_step(struct pk_writer *w, const struct pk_step *x);
int pk_writer_wait(struct pk_writer *w, const struct pk_wait *x);
int pk_writer_wake(struct pk_writer *w, const struct pk_wake *x);
int pk_writer_bio(struct pk_writer *w, const struct pk_bio *x);
int pk_writer_bio_end(struct pk_writer *w, const struct pk_bio_end *x);
int pk_writer_block_load(struct pk_writer *w, const struct pk_block_load *x);
int pk_writer_block_ops(struct pk_writer *w, const struct pk_block_ops *x,
			const struct pk_hist_bucket *buckets);
int pk_writer_net_conns(struct pk_writer *w, const struct pk_net_conns *x,
			const struct pk_hist_bucket *buckets);
int pk_writer_vfs_fs(struct pk_writer *w, const struct pk_vfs_fs *x);
int pk_writer_vfs_ops(struct pk_writer *w, const struct pk_vfs_ops *x,
		      const struct pk_hist_bucket *buckets);
int pk_writer_op_file(struct pk_writer *w, const struct pk_op_file *x);
int pk_writer_op(struct pk_writer *w, const struct pk_op *x);
/* @id_ret: its number. */
int pk_writer_code(struct pk_writer *w, const struct pk_code *x, uint32_t *id_ret);
int pk_writer_wait_on(struct pk_writer *w, const struct pk_wait_on *x);
/*
 * Frames of an address, the innermost first; outer fields are not looked at. At most
 * PK_LINE_MAX_FRAMES. Lines are best given in order of file and address.
 */
int pk_writer_line(struct pk_writer *w, uint32_t file, uint64_t addr,
		   const struct pk_line_frame *frames, size_t nr);
/* All symbols, or lines, of a profile whose file and node ids are this file's (resume). */
int pk_writer_symbols_of(struct pk_writer *w, const struct pk_profile *p);
int pk_writer_lines_of(struct pk_writer *w, const struct pk_profile *p);

/* Everything given so far goes out as complete chunks. */
int pk_writer_flush(struct pk_writer *w);
/*
 * What somebody else put behind all that was given here, or began to, is cut off. For a file whose
 * descriptor another process had meanwhile.
 */
int pk_writer_cut_back(struct pk_writer *w);
/* Flush and write the end chunk: the file is closed. */
int pk_writer_finish(struct pk_writer *w, uint64_t end_ns);

uint64_t pk_writer_bytes(const struct pk_writer *w);	/* of the file so far */
const struct pk_err *pk_writer_error(const struct pk_writer *w);

#endif
