/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engine for tests: hands out what a test scripted, and can fail where asked.
 *
 * A script is a list of rounds; each drain hands out one round. The books are
 * those of the script, by default what was scripted as delivered and nothing
 * lost. Readings of the ledger stand where they were scripted, between rounds. A
 * script is opened by giving its address as text, see pk_fake_arg().
 */
#ifndef PK_SOURCE_FAKE_H
#define PK_SOURCE_FAKE_H

#include "source/source.h"

struct pk_fake_record {
	unsigned int cpu;
	size_t offset;			/* of the record in bytes */
};

struct pk_fake_round {
	uint64_t now_ns;		/* engine's clock before this round */
	size_t end;			/* index into records, behind the round's last */
};

struct pk_fake_books {
	unsigned int cpu;
	struct pkprof_counters counters;
};

struct pk_fake_piece {
	unsigned int kind;		/* PKPROF_A_LEDGER_* */
	size_t offset, bytes;
};

struct pk_fake_reading {
	unsigned int round;		/* it comes before this round's drain */
	size_t end;			/* index into pieces, behind the reading's last */
};

struct pk_fake {
	struct pk_source_info info;	/* what start() answers */
	PK_VEC(uint8_t) bytes;
	PK_VEC(struct pk_fake_record) records;
	PK_VEC(struct pk_fake_round) rounds;
	PK_VEC(struct pk_fake_books) books;
	PK_VEC(uint8_t) piece_bytes;
	PK_VEC(struct pk_fake_piece) pieces;
	PK_VEC(struct pk_fake_reading) readings;
	/* failures to play: -errno, 0: none */
	int fail_open, fail_start, fail_drain, fail_stop, fail_ledger;
	unsigned int fail_drain_at;	/* round in which fail_drain strikes */
	int (*on_round)(struct pk_fake *f, unsigned int round);	/* before a round; may be NULL */
	void *ctx;			/* the test's own */
	/* what the recorder did */
	struct pk_source_config config;	/* of the last start; pointers not kept */
	unsigned int nr_opened, nr_started, nr_stopped, nr_closed, nr_drains;
	size_t next;			/* record */
	unsigned int round;
	unsigned int reading;		/* next one to hand out */
	unsigned int nr_ledger;		/* calls that asked for the ledger */
	uint64_t ledger_epoch_ns;	/* of the last of them */
	uint32_t ledger_what;
};

extern const struct pk_source_ops pk_source_fake;

void pk_fake_init(struct pk_fake *f);
void pk_fake_deinit(struct pk_fake *f);
/* Engine argument that opens this script; @text has room for 32 bytes. */
const char *pk_fake_arg(const struct pk_fake *f, char *text);

/* Append a record of @size bytes (head and body), booked as generated. -ENOMEM. */
int pk_fake_add(struct pk_fake *f, unsigned int cpu, const void *rec);
/* Book events that were lost. */
int pk_fake_lose(struct pk_fake *f, unsigned int cpu, enum pkprof_source source,
		 enum pkprof_loss why, uint64_t nr);
/* What was added since the last one is one round. */
int pk_fake_end_round(struct pk_fake *f, uint64_t now_ns);
/*
 * Append a piece of a reading of the ledger; @kind: PKPROF_A_LEDGER_*. The info comes
 * first. @bytes: 0 is what the piece itself says. -ENOMEM.
 */
int pk_fake_add_piece(struct pk_fake *f, unsigned int kind, const void *piece, size_t bytes);
/*
 * What was added since the last one is one reading: due once as many rounds were handed
 * out as were scripted before it. A call when none is due gets an info with the engine's
 * clock and nothing else. Needs source sched among those that the engine was started with.
 */
int pk_fake_end_reading(struct pk_fake *f);

#endif
