// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who was there when: plays task events and sightings (samples, accounts, waits)
 * in order of time and keeps, for each tid and tgid, the life that is current. A fork starts a life, an exec
 * continues it, a reused pid starts another one. Where events were lost a life
 * is made up from what the sighting itself says.
 *
 * A task still runs for a while after its exit was reported, so its number
 * keeps meaning it until somebody else is born with that number, or until so
 * much time has passed that a lost birth is the likelier cause.
 */
#include <stdio.h>

#include "model/build.h"

#define EXIT_GRACE_NS 5000000000ULL
#define ALIVE_NS UINT64_MAX

static struct pk_process *process(const struct pk_lives *l, uint32_t idx)
{
	return &l->m->processes.data[idx];
}

static struct pk_thread *thread(const struct pk_lives *l, uint32_t idx)
{
	return &l->m->threads.data[idx];
}

int pk_lives_init(struct pk_lives *l, struct pk_model *m)
{
	*l = (struct pk_lives){ .m = m };
	l->next = m->profile->tasks.data;
	l->end = l->next + m->profile->tasks.nr;
	PK_VEC_FOREACH(&m->profile->tasks, e)
		if (e->cgroup && e->cgroup_id &&
		    pk_map64_set(&l->cgroup_path, e->cgroup_id, e->cgroup))
			return -ENOMEM;
	return 0;
}

void pk_lives_deinit(struct pk_lives *l)
{
	pk_map64_deinit(&l->thread_of);
	pk_map64_deinit(&l->process_of);
	pk_map64_deinit(&l->cgroup_path);
	pk_vec_deinit(&l->more);
}

/* Begin a life of a process; it becomes the current one of its number. */
static int new_process(struct pk_lives *l, uint32_t tgid, uint64_t start_ns, uint32_t *ret)
{
	struct pk_process *p = pk_vec_push(&l->m->processes);

	if (!p || !pk_vec_push(&l->more))
		return -ENOMEM;
	p->tgid = tgid;
	p->parent = PK_NO_PARENT;
	p->start_ns = start_ns;
	p->end_ns = ALIVE_NS;
	*ret = l->m->processes.nr - 1;
	return pk_map64_set(&l->process_of, tgid, *ret);
}

static int new_thread(struct pk_lives *l, uint32_t tid, uint32_t of, uint64_t start_ns,
		      uint32_t *ret)
{
	struct pk_thread *t = pk_vec_push(&l->m->threads);

	if (!t)
		return -ENOMEM;
	t->tid = tid;
	t->process = of;
	t->start_ns = start_ns;
	t->end_ns = ALIVE_NS;
	*ret = l->m->threads.nr - 1;
	return pk_map64_set(&l->thread_of, tid, *ret);
}

/* Name for a life of which nothing but the number is known. */
static int made_up_name(struct pk_lives *l, uint32_t number, uint32_t *ret)
{
	char text[16] = "swapper";

	if (number)
		snprintf(text, sizeof(text), ":%u", number);
	return pk_strtab_intern_z(&l->m->profile->strings, text, ret);
}

static bool is_over(uint64_t end_ns, uint64_t time_ns)
{
	return end_ns != ALIVE_NS && time_ns > end_ns && time_ns - end_ns > EXIT_GRACE_NS;
}

/*
 * The current life of a process, made up when there is none. What is told of it at
 * time_ns began at since_ns: what began in a life is of that life, however long it took.
 */
static int current_process(struct pk_lives *l, uint32_t tgid, uint64_t since_ns, uint64_t time_ns,
			   uint32_t *ret)
{
	uint32_t idx = pk_map64_get(&l->process_of, tgid);
	int err;

	if (idx != PK_MAP64_NONE && !is_over(process(l, idx)->end_ns, since_ns)) {
		*ret = idx;
		return 0;
	}
	err = new_process(l, tgid, time_ns, ret);
	if (err)
		return err;
	process(l, *ret)->kernel = tgid == 0;
	return made_up_name(l, tgid, &process(l, *ret)->comm);
}

/* Likewise of a thread of that process. */
static int current_thread(struct pk_lives *l, uint32_t tid, uint32_t tgid, uint64_t since_ns,
			  uint64_t time_ns, uint32_t *ret)
{
	uint32_t idx = pk_map64_get(&l->thread_of, tid), of;
	int err;

	/* of a process that is no more, it is no more either */
	if (idx != PK_MAP64_NONE && !is_over(thread(l, idx)->end_ns, since_ns) &&
	    thread(l, idx)->process == pk_map64_get(&l->process_of, tgid)) {
		*ret = idx;
		return 0;
	}
	err = current_process(l, tgid, since_ns, time_ns, &of);
	if (!err)
		err = new_thread(l, tid, of, time_ns, ret);
	if (err)
		return err;
	thread(l, *ret)->comm = process(l, of)->comm;
	return 0;
}

static void set_cgroup(struct pk_lives *l, uint32_t idx, uint32_t path, uint64_t id)
{
	if (!path && id) {
		uint32_t known = pk_map64_get(&l->cgroup_path, id);

		path = known == PK_MAP64_NONE ? 0 : known;
	}
	if (path)
		process(l, idx)->cgroup = path;
	if (id)
		l->more.data[idx].cgroup_id = id;
}

/* A new process takes over from its parent what a fork hands down. */
static void inherit(struct pk_lives *l, uint32_t idx, const struct pk_task_event *e)
{
	uint32_t parent = pk_map64_get(&l->process_of, e->parent_tgid);
	struct pk_process *p = process(l, idx);

	if (parent == PK_MAP64_NONE || parent == idx)
		return;
	p->parent = parent;
	p->args = process(l, parent)->args;
	if (!e->cgroup_id || e->cgroup_id == l->more.data[parent].cgroup_id)
		set_cgroup(l, idx, process(l, parent)->cgroup, l->more.data[parent].cgroup_id);
}

/*
 * A life begins where fork() is done with it and hands it to the scheduler; what fork()
 * does before, from the task's start_time on, is CPU time of its creator.
 */
static uint64_t start_of(const struct pk_task_event *e)
{
	return e->kind == PK_TASK_FORK || !e->start_ns ? e->time_ns : e->start_ns;
}

/*
 * Is it the life that is current? It is, if it was told of already, or made up from a
 * sighting that is younger than the task: what probes saw before the session's start.
 */
static bool is_same_process(const struct pk_lives *l, uint32_t idx, const struct pk_task_event *e)
{
	uint64_t told_ns = l->more.data[idx].task_start_ns;

	if (!e->start_ns)
		return false;
	return told_ns ? told_ns == e->start_ns : process(l, idx)->start_ns >= e->start_ns;
}

/* What a made-up life could not know; what it was called since is known better. */
static void continue_life(struct pk_lives *l, uint32_t idx, const struct pk_task_event *e)
{
	struct pk_process *p = process(l, idx);

	if (l->more.data[idx].task_start_ns)
		return;
	l->more.data[idx].task_start_ns = e->start_ns;
	p->start_ns = start_of(e);
	p->kernel = e->flags & PKPROF_TASK_KTHREAD;
	if (e->comm)
		p->comm = e->comm;
}

/* A process that was born or found: same task as the current one, or a new life. */
static int born(struct pk_lives *l, const struct pk_task_event *e, uint32_t *ret)
{
	uint32_t idx = pk_map64_get(&l->process_of, e->tgid);
	int err;

	if (idx != PK_MAP64_NONE && is_same_process(l, idx, e)) {
		continue_life(l, idx, e);
		*ret = idx;
		return 0;
	}
	if (idx != PK_MAP64_NONE) {
		if (process(l, idx)->end_ns > e->time_ns)
			process(l, idx)->end_ns = e->time_ns;
	}
	err = new_process(l, e->tgid, start_of(e), ret);
	if (err)
		return err;
	l->more.data[*ret].task_start_ns = e->start_ns;
	process(l, *ret)->kernel = e->flags & PKPROF_TASK_KTHREAD;
	process(l, *ret)->comm = e->comm;
	return 0;
}

/* As is_same_process(). */
static bool is_same_thread(const struct pk_thread *t, uint32_t of, uint64_t start_ns)
{
	return t->process == of &&
	       (t->told ? t->start_ns == start_ns : t->start_ns >= start_ns);
}

static int play_birth(struct pk_lives *l, const struct pk_task_event *e)
{
	uint64_t start_ns = start_of(e);
	bool leader = e->kind == PK_TASK_FORK ? !(e->flags & PKPROF_TASK_THREAD) :
						e->tid == e->tgid;
	bool unheard_of = pk_map64_get(&l->process_of, e->tgid) == PK_MAP64_NONE;
	uint32_t of, old, idx;
	int err;

	if (leader)
		err = born(l, e, &of);
	else
		err = current_process(l, e->tgid, e->time_ns, e->time_ns, &of);
	if (err)
		return err;
	/* a thread begins with the comm of its creator */
	if (unheard_of)
		process(l, of)->comm = e->comm;
	if (leader) {
		inherit(l, of, e);
		set_cgroup(l, of, e->cgroup, e->cgroup_id);
		if (e->args)
			process(l, of)->args = e->args;
		if (process(l, of)->parent == PK_NO_PARENT)
			l->more.data[of].alive_parent = e->parent_tgid;
	}
	old = pk_map64_get(&l->thread_of, e->tid);
	if (old != PK_MAP64_NONE && is_same_thread(thread(l, old), of, start_ns)) {
		if (!thread(l, old)->told && e->comm)
			thread(l, old)->comm = e->comm;
		thread(l, old)->start_ns = start_ns;
		thread(l, old)->told = true;
		return 0;
	}
	if (old != PK_MAP64_NONE && thread(l, old)->end_ns > e->time_ns)
		thread(l, old)->end_ns = e->time_ns;
	err = new_thread(l, e->tid, of, start_ns, &idx);
	if (err)
		return err;
	thread(l, idx)->comm = e->comm;
	thread(l, idx)->told = true;
	return 0;
}

static int play_exec(struct pk_lives *l, const struct pk_task_event *e)
{
	uint32_t idx, of;
	int err = current_thread(l, e->tid, e->tgid, e->time_ns, e->time_ns, &idx);

	if (err)
		return err;
	of = thread(l, idx)->process;
	/* the caller took over the number of the leader, who is gone */
	thread(l, idx)->end_ns = ALIVE_NS;
	thread(l, idx)->comm = e->comm;
	process(l, of)->end_ns = ALIVE_NS;
	process(l, of)->comm = e->comm;
	process(l, of)->args = 0;
	l->more.data[of].exec_ns = e->time_ns;
	return 0;
}

static int play_comm(struct pk_lives *l, const struct pk_task_event *e)
{
	uint32_t idx;
	int err = current_thread(l, e->tid, e->tgid, e->time_ns, e->time_ns, &idx);

	if (err)
		return err;
	thread(l, idx)->comm = e->comm;
	if (e->tid == e->tgid)
		process(l, thread(l, idx)->process)->comm = e->comm;
	return 0;
}

static int play_exit(struct pk_lives *l, const struct pk_task_event *e)
{
	uint32_t idx = pk_map64_get(&l->thread_of, e->tid);
	uint32_t of = pk_map64_get(&l->process_of, e->tgid);

	/* nothing is known of it and nothing will be: no life to make up */
	if (idx != PK_MAP64_NONE && process(l, thread(l, idx)->process)->tgid == e->tgid)
		thread(l, idx)->end_ns = e->time_ns;
	if (of != PK_MAP64_NONE && e->flags & PKPROF_TASK_GROUP_DEAD)
		process(l, of)->end_ns = e->time_ns;
	return 0;
}

static int play_info(struct pk_lives *l, const struct pk_task_event *e)
{
	uint32_t of;
	int err = current_process(l, e->tgid, e->time_ns, e->time_ns, &of);

	if (err)
		return err;
	if (e->args)
		process(l, of)->args = e->args;
	set_cgroup(l, of, e->cgroup, e->cgroup_id);
	return 0;
}

static int play_cgroup(struct pk_lives *l, const struct pk_task_event *e)
{
	/* threads of one process in several cgroups: the leader's counts */
	return e->tid == e->tgid ? play_info(l, e) : 0;
}

static int (*const handlers[PK_TASK_NR_KINDS])(struct pk_lives *, const struct pk_task_event *) = {
	[PK_TASK_ALIVE] = play_birth,
	[PK_TASK_FORK] = play_birth,
	[PK_TASK_EXEC] = play_exec,
	[PK_TASK_COMM] = play_comm,
	[PK_TASK_EXIT] = play_exit,
	[PK_TASK_INFO] = play_info,
	[PK_TASK_CGROUP] = play_cgroup,
};

static int play_until(struct pk_lives *l, uint64_t time_ns)
{
	int err = 0;

	for (; !err && l->next < l->end && l->next->time_ns <= time_ns; l->next++)
		if (l->next->kind < PK_TASK_NR_KINDS)
			err = handlers[l->next->kind](l, l->next);
	return err;
}

int pk_lives_resolve(struct pk_lives *l, const struct pk_sighting *s, uint32_t *thread_ret)
{
	int err = play_until(l, s->time_ns);
	struct pk_thread *t;
	struct pk_process *p;

	if (!err)
		err = current_thread(l, s->tid, s->tgid, s->since_ns, s->time_ns, thread_ret);
	if (err)
		return err;
	t = thread(l, *thread_ret);
	p = process(l, t->process);
	if (s->kernel)
		p->kernel = true;
	/* what is known from events is known better, but for lives that were made up */
	if (t->start_ns == s->time_ns && s->since_ns < t->start_ns)
		t->start_ns = s->since_ns;
	if (p->start_ns == s->time_ns && s->since_ns < p->start_ns)
		p->start_ns = s->since_ns;
	if (t->end_ns < s->time_ns)
		t->end_ns = s->time_ns;
	if (p->end_ns < s->time_ns)
		p->end_ns = s->time_ns;
	return 0;
}

int pk_lives_find_thread(struct pk_lives *l, uint32_t tid, uint64_t time_ns, uint32_t *thread_ret)
{
	int err = play_until(l, time_ns);
	uint32_t idx = pk_map64_get(&l->thread_of, tid);

	*thread_ret = idx == PK_MAP64_NONE ? PK_NO_OWNER : idx;
	return err;
}

int pk_lives_find_process(struct pk_lives *l, uint32_t tgid, uint64_t time_ns,
			  uint32_t *process_ret)
{
	int err = play_until(l, time_ns);
	uint32_t idx = pk_map64_get(&l->process_of, tgid);

	*process_ret = idx == PK_MAP64_NONE ? PK_NO_OWNER : idx;
	return err;
}

/* Of tasks that were there at the start, some parents came later in the list. */
static void find_parents(struct pk_lives *l)
{
	struct pk_map64 oldest = { 0 };
	uint32_t *at;

	for (size_t i = 0; i < l->m->processes.nr; i++) {
		at = pk_map64_at(&oldest, process(l, i)->tgid);
		if (at && *at == PK_MAP64_NONE)
			*at = i;
	}
	for (size_t i = 0; i < l->m->processes.nr; i++) {
		uint32_t tgid = l->more.data[i].alive_parent;
		uint32_t parent = tgid ? pk_map64_get(&oldest, tgid) : PK_MAP64_NONE;

		if (process(l, i)->parent == PK_NO_PARENT && parent != PK_MAP64_NONE &&
		    parent != i && process(l, parent)->start_ns <= process(l, i)->start_ns)
			process(l, i)->parent = parent;
	}
	pk_map64_deinit(&oldest);
}

int pk_lives_finish(struct pk_lives *l)
{
	int err = play_until(l, UINT64_MAX);

	if (err)
		return err;
	find_parents(l);
	PK_VEC_FOREACH(&l->m->threads, t) {
		const struct pk_process *p = process(l, t->process);
		uint64_t exec_ns = l->more.data[t->process].exec_ns;

		if (t->end_ns != ALIVE_NS)
			continue;
		if (t->tid != p->tgid && t->start_ns < exec_ns)
			t->end_ns = exec_ns;
		else
			t->end_ns = p->end_ns;
	}
	return 0;
}
