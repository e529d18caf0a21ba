// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call trees that are known: `tree MODE SECONDS` spends its CPU time in MODE_leaf(), which is
 * reached on one path only, through frames that are found by unwind rows alone. Compiled
 * without frame pointers, as programs of distributions are.
 */
/* cflags: -O2 -fomit-frame-pointer -momit-leaf-frame-pointer -foptimize-sibling-calls */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define APART __attribute__((noipa))
/* A call that is not the function's last act. */
#define STAY() asm volatile("" ::: "memory")

static double seconds;

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Inlined, so that the leaf is where the time goes. */
static inline __attribute__((always_inline)) void spin(void)
{
	double end = cpu_s() + seconds;

	do {
		for (volatile int i = 0; i < 3000000; i++)
			;
	} while (cpu_s() < end);
}

/* --- frames of odd sizes, with preserved registers in use --- */

APART static void plain_leaf(void)
{
	spin();
}

APART static long plain_b(long a, long b, long c)
{
	volatile char room[333];

	room[a % 100] = (char)b;
	plain_leaf();
	return room[a % 100] + a * b + c;
}

APART static long plain_a(long n)
{
	long x = n * 3, y = n * 5, z = n * 7;

	x += plain_b(x, y, z);
	return x + y * z;
}

/* --- a frame whose size is known at run time only --- */

APART static void alloca_leaf(void)
{
	spin();
}

APART static int alloca_a(int n)
{
	volatile char *room = __builtin_alloca((size_t)n);

	room[n - 1] = 1;
	alloca_leaf();
	return room[n - 1];
}

/* --- an aligned frame --- */

APART static void realign_leaf(void)
{
	spin();
}

APART static int realign_a(int n)
{
	volatile char room[128] __attribute__((aligned(64)));
	volatile char *more = __builtin_alloca((size_t)n);

	room[n % 64] = more[0] = 1;
	realign_leaf();
	return room[n % 64] + more[0];
}

/* --- tail_b() takes the place of tail_a() --- */

APART static void tail_leaf(void)
{
	spin();
}

APART static int tail_b(int n)
{
	tail_leaf();
	return n + 1;
}

APART static int tail_a(int n)
{
	return tail_b(n * 2);
}

/* --- a handler on a stack of its own --- */

static volatile sig_atomic_t handled;

APART static void signal_leaf(void)
{
	spin();
}

APART static void signal_handler(int sig)
{
	(void)sig;
	signal_leaf();
	handled = 1;
}

APART static void signal_wait(void)
{
	while (!handled)
		;
}

APART static int signal_a(void)
{
	static char stack[1 << 16];
	const stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = signal_handler, .sa_flags = SA_ONSTACK };
	const struct itimerval soon = { .it_value.tv_usec = 1000 };

	sigaltstack(&other, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	signal_wait();
	STAY();
	return handled;
}

/* --- back from far below --- */

static jmp_buf jump_back;

APART static void jump_leaf(void)
{
	spin();
}

/* From the bottom. */
APART static int jump_up(int n)
{
	if (!n)
		longjmp(jump_back, 1);
	return n;
}

APART static int jump_far(int n)
{
	if (jump_up(n))
		n = jump_far(n - 1) + 1;
	STAY();
	return n;
}

APART static int jump_a(void)
{
	if (!setjmp(jump_back))
		jump_far(50);
	jump_leaf();
	STAY();
	return 1;
}

/* --- 300 frames --- */

APART static void deep_leaf(void)
{
	spin();
}

APART static int deep_r(int n)
{
	if (n > 1)
		n = deep_r(n - 1) + 1;
	else
		deep_leaf();
	STAY();
	return n;
}

/* --- through libc --- */

APART static void callback_leaf(void)
{
	static int once;

	if (!once++)
		spin();
}

APART static int callback_compare(const void *a, const void *b)
{
	callback_leaf();
	STAY();
	return *(const int *)a - *(const int *)b;
}

APART static int callback_a(void)
{
	int some[] = { 3, 1, 2 };

	qsort(some, 3, sizeof(some[0]), callback_compare);
	STAY();
	return some[0];
}

/* --- another process, another thread --- */

APART static void fork_leaf(void)
{
	spin();
}

APART static int fork_a(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		fork_leaf();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

APART static void thread_leaf(void)
{
	spin();
}

APART static void *thread_a(void *arg)
{
	thread_leaf();
	STAY();
	return arg;
}

/* --- one that waits --- */

APART static int sleep_leaf(void)
{
	const struct timespec ts = { (time_t)seconds, (long)(1e9 * (seconds - (time_t)seconds)) };
	int ret = nanosleep(&ts, NULL);

	STAY();
	return ret;
}

APART static int sleep_a(void)
{
	int ret = sleep_leaf();

	STAY();
	return ret;
}

static int run(const char *mode)
{
	pthread_t thread;

	if (!strcmp(mode, "plain"))
		return plain_a(getpid()) == 0;
	if (!strcmp(mode, "alloca"))
		return alloca_a(getpid() % 1000 + 1) != 1;
	if (!strcmp(mode, "realign"))
		return realign_a(getpid() % 1000 + 1) == 0;
	if (!strcmp(mode, "tail"))
		return tail_a(getpid()) == 0;
	if (!strcmp(mode, "signal"))
		return !signal_a();
	if (!strcmp(mode, "jump"))
		return !jump_a();
	if (!strcmp(mode, "deep"))
		return !deep_r(300);
	if (!strcmp(mode, "callback"))
		return !callback_a();
	if (!strcmp(mode, "fork"))
		return fork_a();
	if (!strcmp(mode, "sleep"))
		return sleep_a();
	if (!strcmp(mode, "thread"))
		return pthread_create(&thread, NULL, thread_a, NULL) || pthread_join(thread, NULL);
	fprintf(stderr, "tree: there is no mode '%s'\n", mode);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: tree MODE SECONDS\n");
		return 2;
	}
	seconds = atof(argv[2]);
	return run(argv[1]);
}
