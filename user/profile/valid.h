/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What items of the ledger and of waits must be like, whether they are to be
 * written or were read. Each returns NULL, or what is wrong in a few words.
 */
#ifndef PK_PROFILE_VALID_H
#define PK_PROFILE_VALID_H

#include "profile/profile.h"

#define PK_LEDGER_MAX_PARTS 4096	/* of one piece */

const char *pk_ledger_wrong(const struct pk_ledger_piece *p, const struct pk_ledger_part *parts);
const char *pk_cpu_wrong(const struct pk_cpu_piece *p);
const char *pk_hist_wrong(const struct pk_hist_piece *h, const struct pk_hist_bucket *buckets);
const char *pk_latency_wrong(const struct pk_latency *l);
const char *pk_step_wrong(const struct pk_step *x);
const char *pk_wait_wrong(const struct pk_wait *x);	/* stacks are not looked at */
const char *pk_wake_wrong(const struct pk_wake *x);	/* likewise */
const char *pk_op_wrong(const struct pk_op *x);
const char *pk_bio_wrong(const struct pk_bio *x);	/* likewise */
const char *pk_bio_end_wrong(const struct pk_bio_end *x);
const char *pk_block_load_wrong(const struct pk_block_load *x);
const char *pk_wait_on_wrong(const struct pk_wait_on *x);
const char *pk_net_conns_wrong(const struct pk_net_conns *x, const struct pk_hist_bucket *buckets);
const char *pk_vfs_ops_wrong(const struct pk_vfs_ops *x, const struct pk_hist_bucket *buckets);
const char *pk_block_ops_wrong(const struct pk_block_ops *x, const struct pk_hist_bucket *buckets);

#endif
