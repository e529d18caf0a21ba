// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the ledger puts into the session's rings: final accounts and distributions of
 * the dead, and long waits for a CPU.
 *
 * Context: the sched_switch probe. All are in the books of source sched. A final
 * account that finds no room is lost as a record only: its sums stay in the
 * ledger, in its process's and in those of all that are gone, and it is counted.
 */
#include <linux/sched.h>
#include "ledger_state.h"
#include "session.h"

/* At most so many late ones are told of a CPU before its threshold is doubled, fewer if coarse ... */
#define PK_LATE_MANY 128
/* ... and if there were so few in a window, it is halved. */
#define PK_LATE_FEW 32
#define PK_LATE_WINDOW_NS 1000000000ULL

static void pk_tell_comm(char dst[PKPROF_COMM_LEN], const struct task_struct *p)
{
	size_t len = strnlen(p->comm, PKPROF_COMM_LEN - 1);

	memcpy(dst, p->comm, len);
	memset(dst + len, 0, PKPROF_COMM_LEN - len);
}

void pk_tell_dead(struct pk_session *s, const struct pk_thread *t, const struct task_struct *p,
		  u64 now_ns)
{
	size_t size = sizeof(struct pkprof_rec_ledger) +
		      pk_sums_nr_lines(&t->account.sums) * sizeof(struct pkprof_ledger_line);
	struct pkprof_rec_ledger *r;

	if (!pk_filter_match(&s->filter, p->tgid))
		return;
	r = pk_emit_begin(s, PKPROF_SRC_SCHED, PKPROF_REC_LEDGER, size, p->pid, now_ns);
	if (!r) {
		atomic64_inc(&pk_ledger.nr_aggregated);
		return;
	}
	pk_account_tell(&t->account, 0, &r->thread);
	r->thread.tid = p->pid;
	r->thread.tgid = p->tgid;
	r->thread.start_ns = p->start_time;
	r->thread.flags = PKPROF_LEDGER_DEAD;
	if (p->flags & PF_KTHREAD)
		r->thread.flags |= PKPROF_TASK_KTHREAD;
	pk_tell_comm(r->thread.comm, p);
	pk_emit_end(s);
}

static void pk_tell_hist(struct pk_session *s, const struct pk_process *process,
			 enum pkprof_hist_what what, u32 tid, u64 now_ns)
{
	const struct pk_hist *h = &process->hists->of[what];
	struct pkprof_rec_hist *r;
	unsigned int i, used = 0;

	for (i = 0; i < PKPROF_HIST_BUCKETS; i++)
		used += h->nr[i] != 0;
	r = pk_emit_begin(s, PKPROF_SRC_SCHED, PKPROF_REC_HIST,
			  sizeof(*r) + used * sizeof(struct pkprof_hist_bucket), tid, now_ns);
	if (!r)
		return;
	pk_hist_tell(h->nr, PKPROF_HIST_BUCKETS, &r->hist);
	r->hist.what = what;
	r->hist.key = PKPROF_HIST_PROCESS;
	r->hist.id = process->tgid;
	r->hist.start_ns = process->start_ns;
	r->hist.sum_ns = h->sum_ns;
	r->hist.max_ns = h->max_ns;
	pk_emit_end(s);
}

void pk_tell_hists(struct pk_session *s, const struct pk_process *process, u32 tid, u64 now_ns)
{
	if (process->hists == pk_ledger.common || !pk_filter_match(&s->filter, process->tgid))
		return;
	pk_tell_hist(s, process, PKPROF_HIST_RUNQ, tid, now_ns);
	pk_tell_hist(s, process, PKPROF_HIST_SLICE, tid, now_ns);
}

static void pk_late_count(struct pk_ledger_cpu *c, const struct pk_session *s, u64 now_ns)
{
	u64 late_ns = READ_ONCE(c->late_ns);
	u32 many = PK_LATE_MANY >> READ_ONCE(s->coarse);

	if (now_ns - c->late_window_ns >= PK_LATE_WINDOW_NS) {
		c->late_window_ns = now_ns;
		c->nr_late = 0;
	}
	if (++c->nr_late % many == 0)
		WRITE_ONCE(c->late_ns, late_ns * 2);
}

void pk_late_relax(struct pk_ledger_cpu *c, u64 now_ns)
{
	const struct pk_session *s = READ_ONCE(pk_ledger.session);
	u32 few = PK_LATE_FEW >> (s ? READ_ONCE(s->coarse) : 0);
	u64 late_ns = READ_ONCE(c->late_ns);

	if (now_ns - c->late_window_ns < PK_LATE_WINDOW_NS)
		return;
	if (c->nr_late < few && late_ns > PK_LATE_MIN_NS && late_ns != U64_MAX)
		WRITE_ONCE(c->late_ns, max(late_ns / 2, PK_LATE_MIN_NS));
	c->late_window_ns = now_ns;
	c->nr_late = 0;
	c->rare_ns = 0;		/* made anew at the next switch */
}

void pk_tell_late(struct pk_ledger_cpu *c, struct pk_session *s, const struct task_struct *prev,
		  const struct task_struct *next, u8 line, u64 queued_ns, u64 ran_ns, u64 now_ns)
{
	u64 threshold_ns = READ_ONCE(c->late_ns);
	struct pkprof_rec_latency *r;

	if (!pk_filter_match(&s->filter, next->tgid))
		return;
	pk_late_count(c, s, now_ns);
	r = pk_emit_begin(s, PKPROF_SRC_SCHED, PKPROF_REC_LATENCY, sizeof(*r), next->pid, now_ns);
	if (!r)
		return;
	r->tgid = next->tgid;
	r->line = line;
	r->queued_ns = queued_ns;
	r->threshold_ns = threshold_ns;
	r->prev_tid = prev->pid;
	r->prev_tgid = prev->tgid;
	r->prev_ns = ran_ns;
	pk_tell_comm(r->prev_comm, prev);
	pk_emit_end(s);
}
