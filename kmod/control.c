// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open descriptors, their cookies and the one session; see control.h.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "compat/netlink.h"
#include "control.h"
#include "governing.h"
#include "ledger.h"
#include "netlink.h"
#include "session.h"
#include "source.h"
#include "watch.h"

/*
 * Order of locks: genetlink's callback lock, this mutex, then those of CPU
 * hotplug, tracepoints and kprobes, which attaching takes. Nobody may take it
 * under an address space's lock or in a hotplug callback.
 */
static DEFINE_MUTEX(pk_control_mutex);
static LIST_HEAD(pk_handles);
static struct pk_session *pk_newest;	/* running or stopped; its handle holds the reference */
static u64 pk_nr_sessions;		/* since load */

bool pk_control_trylock(void)
{
	return mutex_trylock(&pk_control_mutex);
}

void pk_control_unlock(void)
{
	mutex_unlock(&pk_control_mutex);
}

static struct pk_handle *pk_handle_find(u64 cookie, struct netlink_ext_ack *extack)
{
	struct pk_handle *h;

	lockdep_assert_held(&pk_control_mutex);
	list_for_each_entry(h, &pk_handles, node) {
		if (h->cookie == cookie)
			return h;
	}
	NL_SET_ERR_MSG(extack, "the cookie is of no open descriptor of " PKPROF_DEVICE);
	return NULL;
}

bool pk_may_record(kgid_t group)
{
	return (gid_valid(group) && in_group_p(group)) || perfmon_capable();
}

/* What kprobes and perf events of user space are refused for is ours, too. */
bool pk_locked_down(void)
{
	return security_locked_down(LOCKDOWN_KPROBES) || security_locked_down(LOCKDOWN_PERF);
}

/*
 * The handle of who begins or adds something. A cookie alone is not enough: it may have been
 * handed on with the descriptor, or its owner may have given up what it had.
 */
static struct pk_handle *pk_handle_allowed(u64 cookie, struct netlink_ext_ack *extack)
{
	struct pk_handle *h = pk_handle_find(cookie, extack);

	if (!h)
		return NULL;
	if (!pk_may_record(h->group)) {
		NL_SET_ERR_MSG(extack, "this process may not record: it has neither CAP_PERFMON nor the group of " PKPROF_DEVICE);
		return NULL;
	}
	if (pk_locked_down()) {
		NL_SET_ERR_MSG(extack, "the kernel is locked down: confidentiality lets nobody record");
		return NULL;
	}
	return h;
}

static u64 pk_handle_new_cookie(void)
{
	struct pk_handle *h;
	u64 cookie;

again:
	cookie = get_random_u64();
	if (!cookie)
		goto again;
	list_for_each_entry(h, &pk_handles, node) {
		if (h->cookie == cookie)
			goto again;
	}
	return cookie;
}

struct pk_handle *pk_handle_create(kgid_t group)
{
	struct pk_handle *h;

	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return NULL;
	h->group = group;
	spin_lock_init(&h->lock);
	init_waitqueue_head(&h->poll);
	mutex_lock(&pk_control_mutex);
	h->cookie = pk_handle_new_cookie();
	list_add(&h->node, &pk_handles);
	mutex_unlock(&pk_control_mutex);
	return h;
}

static struct pk_session *pk_handle_swap_session(struct pk_handle *h, struct pk_session *s)
{
	struct pk_session *old;

	spin_lock(&h->lock);
	old = h->session;
	h->session = s;
	spin_unlock(&h->lock);
	return old;
}

struct pk_session *pk_handle_session(struct pk_handle *h)
{
	struct pk_session *s;

	spin_lock(&h->lock);
	s = h->session;
	if (s)
		pk_session_get(s);
	spin_unlock(&h->lock);
	return s;
}

static void pk_status_of(const struct pk_session *s, struct pk_status *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->state = PKPROF_STATE_IDLE;
	if (!s)
		return;
	ret->state = s->state;
	ret->number = s->number;
	ret->t0_ns = s->t0_ns;
	ret->sources = s->cfg.sources;
	ret->period_ns = s->cfg.period_ns;
	ret->wait_period_ns = s->cfg.wait_period_ns;
	ret->ring_bytes = s->cfg.ring_bytes;
	ret->ring_stride = pk_session_ring_bytes(s);
	ret->kernel_depth = s->cfg.kernel_depth;
	ret->owner_pid = s->owner_pid;
	memcpy(ret->owner_comm, s->owner_comm, sizeof(ret->owner_comm));
	ret->governed = pk_governing_status(s, &ret->governor);
}

static bool pk_is_running(const struct pk_session *s)
{
	return s && s->state == PKPROF_STATE_RUNNING;
}

/* Keep attached what is watched and not @taken. */
static int pk_control_yield(u32 taken, struct netlink_ext_ack *extack)
{
	struct pk_handle *h;
	u32 sources = 0;

	list_for_each_entry(h, &pk_handles, node)
		sources |= h->sources;
	return pk_watch_settle(sources & ~taken, extack);
}

/* Likewise, by the session, if it runs. */
static int pk_control_settle(const struct pk_session *s, struct netlink_ext_ack *extack)
{
	return pk_control_yield(pk_is_running(s) ? s->cfg.sources : 0, extack);
}

static void pk_stop_and_notify(struct pk_session *s)
{
	struct pk_status status;

	pk_session_stop(s);
	pk_control_settle(NULL, NULL);
	pk_status_of(s, &status);
	pk_netlink_notify(&status);
}

void pk_handle_destroy(struct pk_handle *h)
{
	struct pk_session *s;

	mutex_lock(&pk_control_mutex);
	list_del(&h->node);
	s = pk_handle_swap_session(h, NULL);
	if (pk_is_running(s))
		pk_stop_and_notify(s);
	if (s && s == pk_newest)
		pk_newest = NULL;
	pk_control_settle(pk_newest, NULL);
	if (h->watches)
		pk_ledger_put();
	mutex_unlock(&pk_control_mutex);
	if (s)
		pk_session_put(s);
	kfree(h);
}

static void pk_session_set_owner(struct pk_session *s, struct pk_handle *h)
{
	s->poll = &h->poll;
	s->owner_pid = task_tgid_nr(current);
	get_task_comm(s->owner_comm, current->group_leader);
}

int pk_control_start(u64 cookie, struct pk_session *s, const u32 *pids, unsigned int nr_pids,
		     struct netlink_ext_ack *extack, struct pk_status *ret)
{
	struct pk_session *old = NULL;
	struct pk_handle *h;
	int err = 0;

	mutex_lock(&pk_control_mutex);
	h = pk_handle_allowed(cookie, extack);
	if (!h) {
		err = -EPERM;
		goto out;
	}
	if (pk_is_running(pk_newest)) {
		NL_SET_ERR_MSG_FMT(extack, "a session of process %u (%s) is running",
				   pk_newest->owner_pid, pk_newest->owner_comm);
		err = -EBUSY;
		goto out;
	}
	if (!capable(CAP_SYSLOG))
		s->cfg.kernel_depth = 0;
	pk_session_set_owner(s, h);
	s->number = pk_nr_sessions + 1;
	pk_control_yield(s->cfg.sources, NULL);
	err = pk_session_start(s, pids, nr_pids, extack);
	if (err) {
		pk_control_settle(NULL, NULL);
		goto out;
	}
	pk_control_settle(s, NULL);
	pk_nr_sessions++;
	old = pk_handle_swap_session(h, s);
	pk_newest = s;
	pk_status_of(s, ret);
	pk_netlink_notify(ret);
out:
	mutex_unlock(&pk_control_mutex);
	if (old)
		pk_session_put(old);
	return err;
}

int pk_control_stop(u64 cookie, struct netlink_ext_ack *extack)
{
	struct pk_handle *h;
	int err = 0;

	mutex_lock(&pk_control_mutex);
	h = pk_handle_find(cookie, extack);
	if (!h) {
		err = -EPERM;
	} else if (pk_is_running(h->session)) {
		pk_stop_and_notify(h->session);
	} else if (pk_is_running(pk_newest)) {
		NL_SET_ERR_MSG_FMT(extack, "the session is of process %u (%s)",
				   pk_newest->owner_pid, pk_newest->owner_comm);
		err = -EPERM;
	} else if (!h->session) {
		NL_SET_ERR_MSG(extack, "there is no session");
		err = -ENOENT;
	}
	mutex_unlock(&pk_control_mutex);
	return err;
}

static int pk_emit_mark(struct pk_session *s, const char *text, u32 len)
{
	u32 size = ALIGN(sizeof(struct pkprof_rec_mark) + len, 8);
	struct pkprof_rec_mark *mark;

	preempt_disable();
	mark = pk_emit_begin(s, PKPROF_SRC_CORE, PKPROF_REC_MARK, size, task_pid_nr(current),
			     pk_clock_ns());
	if (mark) {
		mark->text_len = len;
		mark->reserved = 0;
		memset(mark->text, 0, size - sizeof(*mark));
		memcpy(mark->text, text, len);
		pk_emit_end(s);
	}
	preempt_enable();
	return mark ? 0 : -ENOBUFS;
}

int pk_control_mark(u64 cookie, const char *text, u32 len, struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&pk_control_mutex);
	if (!pk_handle_allowed(cookie, extack)) {
		err = -EPERM;
	} else if (!pk_is_running(pk_newest)) {
		NL_SET_ERR_MSG(extack, "nothing is being recorded");
		err = -ENOENT;
	} else {
		err = pk_emit_mark(pk_newest, text, len);
		if (err) {
			NL_SET_ERR_MSG(extack, "the ring is full");
		} else {
			pk_session_hurry(pk_newest);
		}
	}
	mutex_unlock(&pk_control_mutex);
	return err;
}

void pk_control_status(struct pk_status *ret)
{
	mutex_lock(&pk_control_mutex);
	pk_status_of(pk_newest, ret);
	mutex_unlock(&pk_control_mutex);
}

int pk_control_counters(u32 cpu, struct pkprof_counters *ret, u64 *number_ret)
{
	int nr = -ENOENT;

	mutex_lock(&pk_control_mutex);
	if (pk_newest) {
		nr = pk_session_counters(pk_newest, cpu, ret);
		*number_ret = pk_newest->number;
	}
	mutex_unlock(&pk_control_mutex);
	return nr;
}

static int pk_handle_watch_ledger(struct pk_handle *h, struct netlink_ext_ack *extack)
{
	int err;

	if (h->watches)
		return 0;
	if (!(pk_sources_working() & BIT(PKPROF_SRC_SCHED))) {
		NL_SET_ERR_MSG(extack, "source sched does not work on this kernel");
		return -EOPNOTSUPP;
	}
	err = pk_ledger_get(extack);
	h->watches = !err;
	return err;
}

static int pk_handle_watch_sums(struct pk_handle *h, u32 sources, struct netlink_ext_ack *extack)
{
	u32 before = h->sources;
	int err;

	if (sources & ~PK_WATCH_SOURCES) {
		NL_SET_ERR_MSG(extack, "only sources block, tcp and vfs have sums to be watched");
		return -EINVAL;
	}
	if (sources & ~pk_sources_working()) {
		NL_SET_ERR_MSG(extack, "a source does not work on this kernel");
		return -EOPNOTSUPP;
	}
	h->sources = sources;
	err = pk_control_settle(pk_newest, extack);
	if (err) {
		/* who watched before goes on, from zero */
		h->sources = before;
		pk_control_settle(pk_newest, NULL);
	}
	return err;
}

int pk_control_watch(u64 cookie, u32 sources, struct netlink_ext_ack *extack)
{
	struct pk_handle *h;
	int err;

	mutex_lock(&pk_control_mutex);
	h = pk_handle_allowed(cookie, extack);
	err = h ? pk_handle_watch_ledger(h, extack) : -EPERM;
	if (!err)
		err = pk_handle_watch_sums(h, sources, extack);
	mutex_unlock(&pk_control_mutex);
	return err;
}

/* --- reading --- */

/* Who has the source's sums for this descriptor. */
static struct pk_session *pk_handle_sums(const struct pk_handle *h, unsigned int src)
{
	struct pk_session *s = pk_is_running(pk_newest) ? pk_newest : NULL;

	if (s && s->cfg.sources & BIT(src))
		return s == h->session || h->sources & BIT(src) ? s : NULL;
	s = pk_watch_session();
	return s && s->cfg.sources & h->sources & BIT(src) ? s : NULL;
}

/* Whether no other one that is told the same has an older epoch. */
static bool pk_handle_is_slowest(const struct pk_handle *reader)
{
	struct pk_session *s = pk_handle_sums(reader, PKPROF_SRC_VFS);
	struct pk_handle *h;

	list_for_each_entry(h, &pk_handles, node) {
		if (h->epoch_ns < reader->epoch_ns && pk_handle_sums(h, PKPROF_SRC_VFS) == s)
			return false;
	}
	return true;
}

static void pk_reading_take(struct pk_handle *h, struct pk_reading *ret)
{
	unsigned int src;

	ret->session = pk_is_running(h->session) ? h->session : NULL;
	ret->ledger = h->watches ||
		      (ret->session && ret->session->cfg.sources & BIT(PKPROF_SRC_SCHED));
	for (src = 0; src < PKPROF_NR_SOURCES; src++)
		ret->sums[src] = BIT(src) & PK_WATCH_SOURCES ? pk_handle_sums(h, src) : NULL;
	ret->slowest = pk_handle_is_slowest(h);
}

static bool pk_reading_has_sums(const struct pk_reading *r)
{
	unsigned int src;

	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (r->sums[src])
			return true;
	}
	return false;
}

static void pk_reading_ref(const struct pk_reading *r)
{
	unsigned int src;

	if (r->session)
		pk_session_get(r->session);
	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (r->sums[src])
			pk_session_get(r->sums[src]);
	}
}

int pk_control_read_begin(u64 cookie, u64 epoch_ns, bool sums, struct pk_reading *ret,
			  struct netlink_ext_ack *extack)
{
	struct pk_handle *h;
	int err = 0;

	mutex_lock(&pk_control_mutex);
	h = pk_handle_find(cookie, extack);
	if (!h) {
		err = -EPERM;
		goto out;
	}
	if (sums)
		h->epoch_ns = epoch_ns;
	pk_reading_take(h, ret);
	if (!ret->ledger && !pk_reading_has_sums(ret)) {
		NL_SET_ERR_MSG(extack, "the descriptor neither watches nor runs source sched, block, tcp, vfs or unix");
		err = -ENOENT;
		goto out;
	}
	/* attached already: this only counts */
	if (ret->ledger)
		err = pk_ledger_get(extack);
	if (!err)
		pk_reading_ref(ret);
out:
	mutex_unlock(&pk_control_mutex);
	return err;
}

void pk_control_read_end(struct pk_reading *r)
{
	unsigned int src;

	mutex_lock(&pk_control_mutex);
	if (r->ledger)
		pk_ledger_put();
	mutex_unlock(&pk_control_mutex);
	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (r->sums[src])
			pk_session_put(r->sums[src]);
	}
	if (r->session)
		pk_session_put(r->session);
}
