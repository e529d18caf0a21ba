// SPDX-License-Identifier: GPL-2.0-or-later
/* When Java VMs are asked, and by whom; see jvm_maps.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "record/child.h"
#include "record/jvm_attach.h"
#include "record/jvm_maps.h"

#define FIRST_GAP_NS  1000000000ULL /* from its first sample */
#define MAX_GAP_NS    64000000000ULL
#define CHILD_CPU_S   10
#define CHILD_BYTES   (1ULL << 30)
#define PATIENCE_MS   (PK_JVM_TIMEOUT_MS + 1000)

/* What a child has to say. */
struct report {
	int code;
	char why[PK_JVM_WHY];
};

/* --- the child ----------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* What is ours must not be in the hands of a process that takes another user. */
static void close_all_but(int a, int b, int c)
{
	int keep[] = { STDERR_FILENO, a, b, c };

	qsort(keep, 4, sizeof(keep[0]), by_number);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int from = keep[i] + 1, to = i < 3 ? (unsigned int)keep[i + 1] - 1 : ~0u;

		if (from <= to)
			syscall(SYS_close_range, from, to, 0);
	}
}

/* Does not return. */
static void run(uint32_t pid, int report_fd)
{
	struct report report = { 0 };
	struct pk_err err = { 0 };
	struct pk_jvm jvm;

	pk_child_limits(CHILD_CPU_S, CHILD_BYTES);
	report.code = pk_jvm_open(pid, &jvm, &err);
	if (!report.code) {
		close_all_but(jvm.process, jvm.dir, report_fd);
		report.code = pk_jvm_ask(&jvm, PK_JVM_TIMEOUT_MS, &err);
	}
	if (report.code)
		snprintf(report.why, sizeof(report.why), "%.*s", PK_JVM_WHY - 1, err.msg);
	if (write(report_fd, &report, sizeof(report)) != sizeof(report))
		_Exit(PK_EXIT_FAILURE);
	_Exit(PK_EXIT_OK);
}

static void failed(struct pk_jvm_asked *a, const char *why)
{
	snprintf(a->why, sizeof(a->why), "%s", why);
}

static void ask(struct pk_jvm_asked *a, uint32_t pid)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
		failed(a, strerror(errno));
		return;
	}
	a->child = fork();
	if (!a->child) {
		close(fds[0]);
		run(pid, fds[1]);
	}
	close(fds[1]);
	if (a->child > 0) {
		a->fd = fds[0];
		return;
	}
	failed(a, strerror(errno));
	a->child = 0;
	close(fds[0]);
}

/* --- its report ------------------------------------------------------------------- */

static void let_go(struct pk_jvm_asked *a)
{
	if (!a->child)
		return;
	/* it has reported, or is not to be waited for */
	kill(a->child, SIGKILL);
	while (waitpid(a->child, NULL, 0) < 0 && errno == EINTR)
		;
	close(a->fd);
	a->fd = -1;
	a->child = 0;
}

static void note_report(struct pk_jvm_asked *a, const struct report *r)
{
	if (r->code == -ENOEXEC) {
		a->other = true;
		return;
	}
	/* one that ended meanwhile has not failed; nor does it say whether it was a VM */
	if (r->code == -ESRCH)
		return;
	a->is_java = true;
	a->listed |= !r->code;
	memcpy(a->why, r->why, sizeof(a->why));
	a->why[sizeof(a->why) - 1] = '\0';
}

/* True: there was one, or there will not be one. */
static bool take_report(struct pk_jvm_asked *a)
{
	struct report r;
	ssize_t n = read(a->fd, &r, sizeof(r));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == sizeof(r))
		note_report(a, &r);
	else if (a->is_java)
		failed(a, "the process that asked it died");
	let_go(a);
	return true;
}

/* --- who is asked ----------------------------------------------------------------- */

static struct pk_jvm_asked *find(struct pk_jvm_maps *m, uint32_t tgid)
{
	PK_VEC_FOREACH(&m->all, it)
		if (it->tgid == tgid)
			return it;
	return NULL;
}

/* Of many processes that make code the most are not ours to ask. NULL: all are. */
static struct pk_jvm_asked *place_for_one(struct pk_jvm_maps *m)
{
	if (m->all.nr < PK_JVM_MAX_KNOWN)
		return pk_vec_push(&m->all);
	PK_VEC_FOREACH(&m->all, it)
		if (!it->is_java && !it->child)
			return it;
	return NULL;
}

static struct pk_jvm_asked *find_or_add(struct pk_jvm_maps *m, uint32_t tgid, uint64_t now_ns)
{
	struct pk_jvm_asked *a = find(m, tgid);

	if (a)
		return a;
	a = place_for_one(m);
	if (a)
		*a = (struct pk_jvm_asked){
			.tgid = tgid,
			.fd = -1,
			.next_ns = now_ns + FIRST_GAP_NS,
			.gap_ns = FIRST_GAP_NS,
		};
	return a;
}

static unsigned int nr_asking(const struct pk_jvm_maps *m)
{
	unsigned int nr = 0;

	PK_VEC_FOREACH(&m->all, it)
		nr += it->child != 0;
	return nr;
}

/* Its number was used again, or another program began: what was found out is of no use. */
static void note_beginning(struct pk_jvm_asked *a, const struct pk_jit_map *map)
{
	if (!map->asked) {
		a->other = false;
		a->gap_ns = FIRST_GAP_NS;
	}
}

void pk_jvm_maps_tick(struct pk_jvm_maps *m, struct pk_jit_maps *jit, uint64_t now_ns)
{
	if (!m->on)
		return;
	PK_VEC_FOREACH(&m->all, it)
		if (it->child)
			take_report(it);
	PK_VEC_FOREACH(&jit->all, map) {
		struct pk_jvm_asked *a;

		if (!map->sampled || map->ended || !map->pid)
			continue;
		a = find_or_add(m, map->tgid, now_ns);
		if (!a)
			continue;
		note_beginning(a, map);
		if (a->other || a->child || now_ns < a->next_ns ||
		    nr_asking(m) >= PK_JVM_MAX_ASKED)
			continue;
		map->asked = true;
		ask(a, map->pid);
		a->next_ns = now_ns + a->gap_ns;
		a->gap_ns = a->gap_ns < MAX_GAP_NS ? 2 * a->gap_ns : MAX_GAP_NS;
	}
}

/* --- the end ------------------------------------------------------------------------ */

/* Until somebody reports, or the user has no patience, or the time is over: false then. */
static bool wait_for_report(struct pk_jvm_maps *m, int signals_fd, uint64_t end_ns)
{
	struct pollfd fds[PK_JVM_MAX_ASKED + 1] = { { .fd = signals_fd, .events = POLLIN } };
	uint64_t now_ns = pk_monotonic_ns();
	nfds_t nr = 1;

	PK_VEC_FOREACH(&m->all, it)
		if (it->child && nr <= PK_JVM_MAX_ASKED)
			fds[nr++] = (struct pollfd){ .fd = it->fd, .events = POLLIN };
	if (nr == 1)
		return true;
	if (now_ns >= end_ns || !poll(fds, nr, (end_ns - now_ns) / 1000000 + 1) || fds[0].revents)
		return false;
	PK_VEC_FOREACH(&m->all, it)
		if (it->child)
			take_report(it);
	return true;
}

static void give_up(struct pk_jvm_asked *a)
{
	if (a->child && a->is_java)
		failed(a, "it was not waited for any longer");
	let_go(a);
}

void pk_jvm_maps_finish(struct pk_jvm_maps *m, struct pk_jit_maps *jit, int signals_fd)
{
	uint64_t end_ns = pk_monotonic_ns() + PATIENCE_MS * 1000000ULL;
	bool patient = m->on;

	for (size_t i = 0; patient && i < jit->all.nr; i++) {
		struct pk_jit_map *map = &jit->all.data[i];
		struct pk_jvm_asked *a;

		if (!map->sampled || map->ended || !map->pid)
			continue;
		a = find_or_add(m, map->tgid, 0);
		if (a)
			note_beginning(a, map);
		if (!a || a->other)
			continue;
		/* the latest list is wanted: a question that is under way may be answered already */
		while (patient && (a->child || nr_asking(m) >= PK_JVM_MAX_ASKED))
			patient = wait_for_report(m, signals_fd, end_ns);
		if (!patient)
			break;
		map->asked = true;
		ask(a, map->pid);
	}
	while (patient && nr_asking(m))
		patient = wait_for_report(m, signals_fd, end_ns);
	PK_VEC_FOREACH(&m->all, it)
		give_up(it);
}

void pk_jvm_maps_result(const struct pk_jvm_maps *m, struct pk_jvm_result *ret)
{
	*ret = (struct pk_jvm_result){ 0 };
	PK_VEC_FOREACH(&m->all, it) {
		ret->nr += it->is_java;
		ret->nr_listed += it->listed;
		if (!it->is_java || !it->why[0])
			continue;
		if (ret->nr_failed < PK_JVM_MAX_FAILED) {
			ret->failed[ret->nr_failed].pid = it->tgid;
			memcpy(ret->failed[ret->nr_failed].why, it->why, sizeof(it->why));
		}
		ret->nr_failed++;
	}
}

void pk_jvm_maps_deinit(struct pk_jvm_maps *m)
{
	PK_VEC_FOREACH(&m->all, it)
		let_go(it);
	pk_vec_deinit(&m->all);
}
