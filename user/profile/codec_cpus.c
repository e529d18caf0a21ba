// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk CPUS: pieces of the accounts of CPUs. Idle time is what busy and offline leave. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_CPU,
	COL_TO,
	COL_FROM,
	COL_BUSY,
	COL_OFFLINE,
	COL_SWITCHES,
	COL_STEAL,
	COL_SOFTIRQ,
	COL_IRQ,
	COL_IOWAIT,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_CPU] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_BUSY] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_OFFLINE] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_SWITCHES] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_STEAL] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_SOFTIRQ] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_IRQ] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_IOWAIT] = { PK_CODED_PLAIN, UINT64_MAX },
};

int pk_writer_cpu(struct pk_writer *w, const struct pk_cpu_piece *p)
{
	const char *wrong = pk_cpu_wrong(p);
	const uint64_t row[NR_COLS] = {
		[COL_CPU] = p->cpu,
		[COL_TO] = p->to_ns,
		[COL_FROM] = p->from_ns,
		[COL_BUSY] = p->busy_ns,
		[COL_OFFLINE] = p->offline_ns,
		[COL_SWITCHES] = p->nr_switches,
		[COL_STEAL] = p->steal_ns,
		[COL_SOFTIRQ] = p->softirq_ns,
		[COL_IRQ] = p->irq_ns,
		[COL_IOWAIT] = p->iowait_ns,
	};

	if (wrong)
		return pk_writer_refuse(w, "account of CPU %u: %s", p->cpu, wrong);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_CPUS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_cpu_piece *p = pk_vec_push(&l->p->cpus);
	const char *wrong;

	if (!p)
		return -ENOMEM;
	*p = (struct pk_cpu_piece){
		.from_ns = row[COL_FROM],
		.to_ns = row[COL_TO],
		.cpu = row[COL_CPU],
		.busy_ns = row[COL_BUSY],
		.idle_ns = row[COL_TO] - row[COL_FROM] - row[COL_BUSY] - row[COL_OFFLINE],
		.offline_ns = row[COL_OFFLINE],
		.nr_switches = row[COL_SWITCHES],
		.steal_ns = row[COL_STEAL],
		.softirq_ns = row[COL_SOFTIRQ],
		.irq_ns = row[COL_IRQ],
		.iowait_ns = row[COL_IOWAIT],
	};
	wrong = pk_cpu_wrong(p);
	return wrong ? pk_loading_bad(l, "the account of CPU %u: %s", p->cpu, wrong) : 0;
}

const struct pk_codec pk_codec_cpus = {
	.name = "accounts of CPUs",
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
