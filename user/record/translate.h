/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From ring records to items of the profile.
 *
 * In: records of each CPU in ring order. Definitions take effect at once: a
 * sample's stack slots are looked up as it is read, because a slot may be
 * redefined by the very next record. Everything that has a place in time goes
 * through the sorter and from there to the writer. Final accounts of the dead go to
 * the accounts that readings of the ledger made.
 *
 * Records are not trusted: one whose sizes or indices make no sense is counted
 * as malformed and left out; a type that is not known is skipped and counted.
 */
#ifndef PK_TRANSLATE_H
#define PK_TRANSLATE_H

#include <stdint.h>

#include "base/err.h"
#include "profile/writer.h"
#include "record/accounts.h"
#include "record/codes.h"
#include "record/files.h"
#include "record/hists.h"
#include "record/nodes.h"
#include "record/op_files.h"
#include "record/sorter.h"
#include "uapi/pkprof.h"

#define PK_TRANSLATE_MAX_SLOTS 65536	/* of one CPU's stack table of one kind */

struct pk_translate_stats {
	uint64_t nr_samples;
	uint64_t nr_waits, nr_wakes;	/* sampled waits, and who ended them */
	uint64_t nr_ops;		/* operations on files, one by one */
	uint64_t nr_latencies;
	uint64_t nr_bios, nr_bio_ends;	/* block I/O with stacks, and ends of its requests */
	uint64_t nr_steps;	/* of the governor */
	uint64_t nr_undefined;	/* samples and waits that referred to a stack never defined; 0 if all is well */
	uint64_t nr_malformed;	/* records that made no sense */
	uint64_t nr_unknown;	/* records of a type newer than this tool */
};

struct pk_slot_table;

struct pk_translator {
	struct pk_writer *writer;
	struct pk_files *files;
	struct pk_accounts *accounts;
	struct pk_hists *hists;
	struct pk_sorter sorter;
	struct pk_nodes nodes;
	struct pk_op_files op_files;
	struct pk_codes codes;
	struct pk_slot_table *slots;	/* nr_cpus * 2, by CPU and enum pkprof_stack_kind */
	unsigned int nr_cpus;
	struct pk_translate_stats stats;
	uint64_t last_sample_ns;	/* time of the last one that went out, or of a mark */
};

struct pk_translate_config {
	unsigned int nr_cpus;
	size_t sorter_bytes;
	uint32_t max_nodes;
	/* take final accounts and distributions; the caller's; NULL: these are passed over */
	struct pk_accounts *accounts;
	struct pk_hists *hists;
};

/* @w and @f stay the caller's and must outlive the translator. 0 or -ENOMEM. */
int pk_translate_init(struct pk_translator *t, const struct pk_translate_config *cfg,
		      struct pk_writer *w, struct pk_files *f);
void pk_translate_deinit(struct pk_translator *t);

/* Take one record, whose rec->size bytes are readable. 0 or the writer's error. */
int pk_translate_record(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec);

/* Write out what is in order up to @upto_ns; UINT64_MAX: all. */
int pk_translate_release(struct pk_translator *t, uint64_t upto_ns);

#endif
