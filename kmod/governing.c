// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The governor at work; see governing.h.
 *
 * In: the books of all sources, and the CPU time of the recorder's process. Out: levels that
 * probes and ticks look at, sources that are paused, a PKPROF_REC_STEP for each step.
 *
 * A step changes what START and STOP change, so it is done under the control mutex. The work
 * only tries to take it: who has it may be about to wait for the work. A record of a step that
 * finds no room in the ring is kept, and tried again in the next window; the samples say by
 * themselves at which rate they were taken.
 *
 * The recorder counts from PK_RECORDER_AFTER_NS on, as what it does at the start (reading
 * /proc, making unwind rows) is not what recording takes.
 */
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "control.h"
#include "governing.h"
#include "governor.h"
#include "offcpu.h"
#include "session.h"
#include "source.h"
#include "vfs.h"

#define PK_RECORDER_AFTER_NS 2000000000ULL
#define PK_MAX_KEPT 32		/* records that found no room; a governor makes no more in 8 s */

struct pk_governing {
	struct delayed_work work;
	struct pk_session *session;
	struct pid *recorder;		/* of its process */
	struct pk_governor g;
	u64 read_ns;			/* when @before and @recorder_ns were read */
	struct pk_govern_books before[PKPROF_NR_SOURCES];
	u64 recorder_ns;
	u32 recorder_ppm;
	u32 nr_steps;
	struct pkprof_rec_step kept[PK_MAX_KEPT];
	unsigned int nr_kept;
};

/* --- reading --- */

static void pk_governing_read(const struct pk_session *s, unsigned int src,
			      struct pk_govern_books *ret)
{
	unsigned int cpu;

	*ret = (struct pk_govern_books){ 0 };
	for_each_possible_cpu(cpu) {
		const struct pk_books *b = &s->cpu[cpu]->books[src];

		ret->hits += local_read(&b->hits);
		ret->timed_hits += local_read(&b->timed_hits);
		ret->timed_ns += local_read(&b->timed_ns);
	}
}

/* As thread_group_cputime() has it, but for the time since each thread's last tick. */
static u64 pk_governing_recorder_ns(const struct pk_governing *x)
{
	struct task_struct *leader, *t;
	u64 sum = 0;

	rcu_read_lock();
	leader = pid_task(x->recorder, PIDTYPE_PID);
	if (leader) {
		sum = READ_ONCE(leader->signal->sum_sched_runtime);
		for_each_thread(leader, t)
			sum += READ_ONCE(t->se.sum_exec_runtime);
	}
	rcu_read_unlock();
	return sum;
}

static u32 pk_governing_recorder(struct pk_governing *x, u64 all_ns)
{
	u64 before = x->recorder_ns;

	x->recorder_ns = pk_governing_recorder_ns(x);
	/* a thread that ended meanwhile may be in neither sum */
	if (x->read_ns < x->session->t0_ns + PK_RECORDER_AFTER_NS || x->recorder_ns < before)
		return 0;
	return min((x->recorder_ns - before) / (all_ns / 1000000 + 1), (u64)1000000);
}

/* What happened since the last reading. False: it is too short a time. */
static bool pk_governing_window(struct pk_governing *x, struct pk_govern_window *ret)
{
	const struct pk_session *s = x->session;
	u64 now_ns = pk_clock_ns(), all_ns = (now_ns - x->read_ns) * num_online_cpus();
	unsigned int src;

	if (now_ns < x->read_ns + PK_GOVERN_WINDOW_NS / 2)
		return false;
	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		struct pk_govern_books now;

		pk_governing_read(s, src, &now);
		ret->source[src] = pk_govern_share(&x->before[src], &now,
						   s->cpu[cpumask_first(cpu_possible_mask)]
							   ->books[src].entry_ns, all_ns);
		x->before[src] = now;
	}
	ret->recorder = x->recorder_ppm = pk_governing_recorder(x, all_ns);
	x->read_ns = now_ns;
	return true;
}

/* --- telling --- */

static bool pk_governing_emit(struct pk_session *s, const struct pkprof_rec_step *step)
{
	struct pkprof_rec_step *r;

	preempt_disable();
	r = pk_emit_begin(s, PKPROF_SRC_CORE, PKPROF_REC_STEP, sizeof(*r), 0, step->rec.time_ns);
	if (r) {
		memcpy((void *)r + sizeof(r->rec), (const void *)step + sizeof(step->rec),
		       sizeof(*r) - sizeof(r->rec));
		pk_emit_end(s);
	}
	preempt_enable();
	return r;
}

/* In order: none overtakes one that was kept. */
static void pk_governing_tell_kept(struct pk_governing *x)
{
	unsigned int done = 0;

	while (done < x->nr_kept && pk_governing_emit(x->session, &x->kept[done]))
		done++;
	x->nr_kept -= done;
	memmove(x->kept, x->kept + done, x->nr_kept * sizeof(*x->kept));
}

static void pk_governing_tell(struct pk_governing *x, const struct pk_govern_step *step)
{
	struct pkprof_rec_step r = {
		.rec.time_ns = pk_clock_ns(),
		.step = step->step,
		.level = step->level,
		.source = step->source,
		.source_ppm = step->source_ppm,
		.share_ppm = x->g.share,
		.kept_ppm = x->g.kept,
		.recorder_ppm = x->recorder_ppm,
		.budget_ppm = x->g.budget,
	};

	x->nr_steps++;
	if (x->nr_kept < PK_MAX_KEPT)
		x->kept[x->nr_kept++] = r;
	pk_governing_tell_kept(x);
}

/* --- doing --- */

static bool pk_governing_source(struct pk_governing *x, const struct pk_govern_step *step)
{
	struct pk_session *s = x->session;

	if (step->level) {
		pk_source_pause(s, step->source);
		return true;
	}
	if (!pk_source_resume(s, step->source))
		return true;
	pk_governor_refused(&x->g, step->source);
	return false;
}

/* Return: whether it was done. */
static bool pk_governing_do(struct pk_governing *x, const struct pk_govern_step *step)
{
	struct pk_session *s = x->session;

	switch (step->step) {
	case PKPROF_STEP_COARSE:
		WRITE_ONCE(s->coarse, step->level);
		if (s->attached & BIT(PKPROF_SRC_OFFCPU))
			pk_offcpu_coarsen();
		if (s->attached & BIT(PKPROF_SRC_VFS))
			pk_vfs_coarsen(s->vfs);
		break;
	case PKPROF_STEP_RATE:
		WRITE_ONCE(s->rate_shift, step->level);
		break;
	case PKPROF_STEP_SOURCE:
		return pk_governing_source(x, step);
	}
	return true;
}

/* With the control mutex, while the session runs. */
static void pk_governing_look(struct pk_governing *x)
{
	struct pk_govern_step steps[PK_GOVERN_MAX_STEPS];
	struct pk_govern_window w;
	unsigned int i, nr;

	pk_governing_tell_kept(x);
	if (!pk_governing_window(x, &w))
		return;
	nr = pk_governor_decide(&x->g, &w, steps);
	for (i = 0; i < nr; i++) {
		if (pk_governing_do(x, &steps[i]))
			pk_governing_tell(x, &steps[i]);
	}
}

static void pk_governing_work(struct work_struct *work)
{
	struct pk_governing *x = container_of(to_delayed_work(work), struct pk_governing, work);

	if (pk_control_trylock()) {
		pk_governing_look(x);
		pk_control_unlock();
	}
	queue_delayed_work(system_highpri_wq, &x->work, nsecs_to_jiffies(PK_GOVERN_WINDOW_NS));
}

/* --- life --- */

int pk_governing_start(struct pk_session *s)
{
	struct pk_governing *x;
	unsigned int src;

	if (!s->cfg.budget_ppm)
		return 0;
	x = kzalloc(sizeof(*x), GFP_KERNEL);
	if (!x)
		return -ENOMEM;
	x->session = s;
	x->recorder = get_pid(task_tgid(current));
	pk_governor_init(&x->g, s->cfg.budget_ppm, s->attached, s->cfg.period_ns);
	for (src = 0; src < PKPROF_NR_SOURCES; src++)
		pk_governing_read(s, src, &x->before[src]);
	x->recorder_ns = pk_governing_recorder_ns(x);
	x->read_ns = pk_clock_ns();
	s->governing = x;
	INIT_DELAYED_WORK(&x->work, pk_governing_work);
	queue_delayed_work(system_highpri_wq, &x->work, nsecs_to_jiffies(PK_GOVERN_WINDOW_NS));
	return 0;
}

void pk_governing_stop(struct pk_session *s)
{
	if (!s->governing)
		return;
	cancel_delayed_work_sync(&s->governing->work);
	pk_governing_tell_kept(s->governing);
}

void pk_governing_destroy(struct pk_governing *x)
{
	if (!x)
		return;
	put_pid(x->recorder);
	kfree(x);
}

bool pk_governing_status(const struct pk_session *s, struct pkprof_governor *ret)
{
	const struct pk_governing *x = s->governing;

	if (!x)
		return false;
	*ret = (struct pkprof_governor){
		.budget_ppm = x->g.budget,
		.share_ppm = x->g.share,
		.kept_ppm = x->g.kept,
		.recorder_ppm = x->recorder_ppm,
		.detached = x->g.detached,
		.nr_steps = x->nr_steps,
		.coarse = x->g.coarse,
		.rate = x->g.rate,
		.floor = x->g.floor,
	};
	return true;
}
