// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * contend - many who want the one session, at random.
 *
 *	contend SECONDS SEED
 *
 * Eight recorders, each a process with a descriptor of its own, and two controllers, which
 * share one descriptor and its cookie, START with random settings, read, MARK, WATCH, STOP, and
 * close, at random times. Prints how often what came, one a line: "starts", "busy",
 * "stops", "closes" (a session that ended with its descriptor), "records"; then
 *
 *	bad WHAT ERRNO		an answer that is not in the contract: START gives 0 or EBUSY to a
 *				recorder; who was given a session has it until it says otherwise, its
 *				probes are there, its ring holds records and its MARK
 *
 * The exit code is 1 if something was bad. After it nobody may have a session.
 */
#include <sys/wait.h>

#include "session.h"

#define NR_RECORDERS   8
#define NR_CONTROLLERS 2
#define KPROBES	       "/sys/kernel/debug/kprobes/list"

static struct totals {
	unsigned long starts, busy, stops, closes, records, marks, bad;
} * totals;

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned int below(unsigned int n)
{
	return random_next() % n;
}

#define ADD(what, n) __atomic_fetch_add(&totals->what, n, __ATOMIC_RELAXED)

static void report_bad(const char *what, int err)
{
	ADD(bad, 1);
	printf("bad %s %d\n", what, -err);
	fflush(stdout);
}

/* Some of the sources that go together. */
static uint32_t random_sources(void)
{
	static const uint32_t sets[] = {
		1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK,
		1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_SCHED,
		1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_SCHED | 1u << PKPROF_SRC_OFFCPU,
		1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_VFS,
		1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_TCP | 1u << PKPROF_SRC_CPU,
	};

	/* TASK has a kprobe, which is looked for */
	return sets[below(sizeof(sets) / sizeof(sets[0]))] & session.sources;
}

static struct request random_start(void)
{
	struct request r = session_request(random_sources(), 500000 + below(20000000));

	put_u32(&r, PKPROF_A_RING_BYTES, PKPROF_MIN_RING_BYTES << below(3));
	if (below(2))
		put_u32(&r, PKPROF_A_USER_DEPTH, below(PKPROF_MAX_DEPTH));
	if (below(3) == 0)
		put_u32(&r, PKPROF_A_PIDS, getpid());
	if (below(3) == 0)
		put_u32(&r, PKPROF_A_BUDGET_PPM, 1000 + below(200000));
	return r;
}

/* Those of a module are named by it: "ADDRESS  k  FUNCTION+0x0 ..." cannot tell, the number can. */
static unsigned long count_probes(void)
{
	FILE *f = fopen(KPROBES, "re");
	unsigned long lines = 0;
	int c;

	if (!f)
		return 1;
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static int seen_mark;

static void look_for_mark(const struct pkprof_rec *rec)
{
	seen_mark |= rec->type == PKPROF_REC_MARK;
}

static uint32_t status_state, status_owner;

static void on_status(const char *attrs, int bytes)
{
	const struct nlattr *state = find(attrs, bytes, PKPROF_A_STATE);
	const struct nlattr *owner = find(attrs, bytes, PKPROF_A_OWNER_PID);

	status_state = state ? *(const uint32_t *)((const char *)state + NLA_HDRLEN) : 0;
	status_owner = owner ? *(const uint32_t *)((const char *)owner + NLA_HDRLEN) : 0;
}

/* The session is the caller's: nobody else may have ended it. */
static void use_session(void)
{
	struct request status = request_of(family, PKPROF_CMD_STATUS, 0);
	const char *text;
	long nr;
	int err = session_map();

	if (err)
		report_bad("mmap", err);
	usleep(below(50000));
	err = session_ask(PKPROF_CMD_MARK, &text);
	if (err && err != -ENOBUFS)
		report_bad("mark", err);
	told = on_status;
	ask(&status, &text);
	told = NULL;
	if (status_state != PKPROF_STATE_RUNNING || status_owner != (uint32_t)getpid())
		report_bad("not-mine", -(int)status_state);
	if (!count_probes())
		report_bad("no-probes", 0);
	seen_mark = 0;
	nr = session_drain(look_for_mark, 0);
	if (nr < 0 || (!err && !seen_mark))
		report_bad("no-mark", -(int)nr);
	else
		ADD(records, nr);
	session_unmap();
}

static void recorder_once(void)
{
	struct request r;
	const char *text;
	int err;

	memset(session.ring, 0, sizeof(session.ring));
	open_device();
	r = random_start();
	err = session_start(&r, &text);
	if (err == -EBUSY) {
		ADD(busy, 1);
	} else if (err) {
		report_bad("start", err);
	} else {
		ADD(starts, 1);
		use_session();
		if (below(2)) {
			err = session_ask(PKPROF_CMD_STOP, &text);
			ADD(stops, 1);
			if (err)
				report_bad("stop", err);
		} else {
			ADD(closes, 1);
		}
	}
	close(device);
	device = -1;
	usleep(below(20000));
}

/* With one cookie between them: what one begins the other may end. */
static void controller_once(void)
{
	struct request r;
	const char *text;
	int err;

	switch (below(4)) {
	case 0:
		r = random_start();
		err = session_start(&r, &text);
		if (err && err != -EBUSY)
			report_bad("controller-start", err);
		if (err)
			break;
		/* the recorders want it, too; or the other controller has ended it meanwhile */
		usleep(below(30000));
		err = session_ask(PKPROF_CMD_STOP, &text);
		if (err && err != -EPERM)
			report_bad("controller-stop-own", err);
		break;
	case 1:
		err = session_ask(PKPROF_CMD_MARK, &text);
		if (err && err != -ENOENT && err != -ENOBUFS)
			report_bad("controller-mark", err);
		ADD(marks, !err);
		break;
	case 2:
		r = request_of(family, PKPROF_CMD_WATCH, 0);
		put_u64(&r, PKPROF_A_COOKIE, cookie);
		put_u32(&r, PKPROF_A_SOURCES,
			random_sources() & (1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP |
					    1u << PKPROF_SRC_VFS));
		err = ask(&r, &text);
		if (err)
			report_bad("controller-watch", err);
		break;
	default:
		/* its own, or somebody's that it must not end; or none any more */
		err = session_ask(PKPROF_CMD_STOP, &text);
		if (err && err != -EPERM && err != -ENOENT)
			report_bad("controller-stop", err);
	}
	usleep(below(10000));
}

static void work(int controller, uint64_t end_ns)
{
	while (now_ns() < end_ns) {
		if (controller)
			controller_once();
		else
			recorder_once();
	}
}

int main(int argc, char **argv)
{
	uint64_t end_ns, seed;
	int status, failed = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: contend SECONDS SEED\n");
		return 2;
	}
	end_ns = now_ns() + strtoull(argv[1], NULL, 10) * 1000000000ull;
	seed = strtoull(argv[2], NULL, 10);
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (totals == MAP_FAILED)
		die("mmap");
	find_family();
	session_sources();
	open_device();
	for (int i = 0; i < NR_RECORDERS + NR_CONTROLLERS; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child) {
			random_state =
				(seed + 1) * 0x9e3779b97f4a7c15ull + i * 0x2545f4914f6cdd1dull;
			if (i < NR_RECORDERS)
				close(device);
			work(i >= NR_RECORDERS, end_ns);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	close(device);
	printf("starts %lu\nbusy %lu\nstops %lu\ncloses %lu\nrecords %lu\nmarks %lu\n",
	       totals->starts, totals->busy, totals->stops, totals->closes, totals->records,
	       totals->marks);
	return failed || totals->bad;
}
