// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that wait for processes, one case after the other.
 *
 *	family [PAUSE_MS]	default: 400
 *
 *	vfork		a parent whose vfork child sleeps PAUSE_MS
 *	waitpid		a parent whose child sleeps as long
 *	stopped		a child that is stopped as long, by SIGSTOP
 *	traced		a child that is traced and held as long
 *	sigwait		a process that waits for the signal that its child sends
 *	pause		one that is woken from pause() by a signal
 *
 * Prints the answers (answer.h) of the processes that wait.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>

#include "answer.h"

static struct timespec pause_time;

static void take_signal(int sig)
{
	(void)sig;
}

static int vfork_child(void)
{
	pid_t pid = vfork();

	if (!pid) {
		nanosleep(&pause_time, NULL);
		_exit(0);
	}
	return pid;
}

static int run_vfork(void)
{
	struct answer answer;
	pid_t pid;

	answer_begin(&answer, "vfork", "child");
	pid = ANSWER_WAIT(&answer, vfork_child());
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? answer_end(&answer) : -1;
}

static int run_waitpid(void)
{
	struct answer answer;
	pid_t pid = fork();

	if (!pid) {
		nanosleep(&pause_time, NULL);
		_exit(0);
	}
	answer_begin(&answer, "waitpid", "child");
	return ANSWER_WAIT(&answer, waitpid(pid, NULL, 0)) == pid ? answer_end(&answer) : -1;
}

/* Stops itself; it cannot tell how long that took but by its clock. */
static int run_stopped(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct answer answer;

		answer_begin(&answer, "stopped", "stopped");
		if (ANSWER_WAIT(&answer, raise(SIGSTOP)))
			_exit(1);
		_exit(answer_end(&answer) ? 1 : 0);
	}
	waitpid(pid, &status, WUNTRACED);
	nanosleep(&pause_time, NULL);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	return status;
}

static int run_traced(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct answer answer;

		answer_begin(&answer, "traced", "stopped");
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || ANSWER_WAIT(&answer, raise(SIGUSR1)))
			_exit(1);
		_exit(answer_end(&answer) ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	nanosleep(&pause_time, NULL);
	if (ptrace(PTRACE_CONT, pid, NULL, NULL))
		return -1;
	waitpid(pid, &status, 0);
	return status;
}

static int signal_parent(void)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		nanosleep(&pause_time, NULL);
		_exit(kill(parent, SIGUSR1) ? 1 : 0);
	}
	return pid;
}

static int run_sigwait(void)
{
	struct answer answer;
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	answer_begin(&answer, "sigwait", "sleep");
	if (signal_parent() < 0 || ANSWER_WAIT(&answer, sigwait(&set, &sig)))
		return -1;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return answer_end(&answer);
}

/* sigsuspend is the pause() that cannot miss its signal. */
static int run_pause(void)
{
	struct sigaction sa = { .sa_handler = take_signal };
	struct answer answer;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	sigaction(SIGUSR1, &sa, NULL);
	answer_begin(&answer, "pause", "sleep");
	if (signal_parent() < 0)
		return -1;
	ANSWER_WAIT(&answer, sigsuspend(&old));
	return answer_end(&answer);
}

/* Each in a process of its own: an account for each. */
static int run(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(fn() ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && !status ? 0 : 1;
}

int main(int argc, char **argv)
{
	static int (*const cases[])(void) = { run_vfork,  run_waitpid, run_stopped,
					      run_traced, run_sigwait, run_pause };
	uint64_t ms = argc > 1 ? strtoull(argv[1], NULL, 0) : 400;
	int failed = 0;

	pause_time = (struct timespec){ ms / 1000, ms % 1000 * NSEC_PER_MSEC };
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (run(cases[i])) {
			fprintf(stderr, "family: case %zu failed\n", i);
			failed = 1;
		}
	return failed;
}
