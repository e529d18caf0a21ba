// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call trees that are known: `tree MODE SECONDS` spends its CPU time in MODE_leaf(), which is
 * reached on one path only, through frames that are found by unwind rows alone. Compiled
 * without frame pointers, as programs of distributions are. In mode "async" the time goes to
 * whole functions, their first and last instructions included.
 */
/* cflags: -O2 -fexceptions -fomit-frame-pointer -momit-leaf-frame-pointer -foptimize-sibling-calls */
#include <dlfcn.h>
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
#include <unwind.h>

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
	const struct itimerval soon = { .it_value.tv_usec = 100000 };

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

/* --- an exception on its way: where it is asked what to do, and in clean-ups --- */

static struct _Unwind_Exception thrown;
static jmp_buf caught;
static int nr_caught;

APART static void throw_leaf(void)
{
	spin();
}

static _Unwind_Reason_Code throw_stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
				      struct _Unwind_Exception *e, struct _Unwind_Context *context,
				      void *arg)
{
	(void)version, (void)class, (void)e, (void)context;
	if (arg) {
		throw_leaf();
		longjmp(caught, 1);
	}
	if (actions & _UA_END_OF_STACK)
		longjmp(caught, 1);
	return _URC_NO_REASON;
}

APART static int throw_b(void *arg)
{
	int ret = _Unwind_ForcedUnwind(&thrown, throw_stop, arg);

	STAY();
	return ret;
}

APART static int throw_a(void)
{
	if (!setjmp(caught))
		throw_b(&thrown);
	STAY();
	return ++nr_caught;
}

APART static void cleanup_leaf(void)
{
	spin();
}

static void cleanup_do(int *n)
{
	cleanup_leaf();
	(*n)++;
}

APART static int cleanup_b(void)
{
	__attribute__((cleanup(cleanup_do))) int n = 0;

	n += throw_b(NULL);
	return n;
}

APART static int cleanup_a(void)
{
	if (!setjmp(caught))
		cleanup_b();
	STAY();
	return ++nr_caught;
}

/* --- at any instruction --- */

static volatile long async_sum;

APART static long async_c(long a, long b)
{
	volatile long room[4] = { a, b };

	return room[a & 1] + room[b & 1];
}

APART static long async_b(long a, long b, long c)
{
	long x = async_c(a, b), y = async_c(b, c), z = async_c(c, a);

	return a * x + b * y + c * z;
}

APART static void async_a(void)
{
	double end = cpu_s() + seconds;

	do {
		for (int i = 0; i < 100000; i++)
			async_sum += async_b(i, i + 1, i + 2);
	} while (cpu_s() < end);
	STAY();
}

/* The library's own unwinder and clean-ups, over and over. */
static void flight_do(int *n)
{
	(*n)++;
}

APART static int flight_c(int n)
{
	__attribute__((cleanup(flight_do))) int m = n;

	m += throw_b(NULL);
	return m;
}

APART static int flight_b(int n)
{
	__attribute__((cleanup(flight_do))) int m = n;

	m += flight_c(n * 3);
	return m;
}

APART static void flight_round(int n)
{
	if (!setjmp(caught))
		flight_b(n);
	nr_caught++;
	STAY();
}

APART static void flight_a(void)
{
	double end = cpu_s() + seconds;

	do {
		for (int i = 0; i < 100; i++)
			flight_round(i);
	} while (cpu_s() < end);
	STAY();
}

/* --- through libraries that come and go, one where another was --- */

static long library_turns;

APART static void library_leaf(void)
{
	for (volatile long i = 0; i < library_turns; i++)
		;
}

APART static void *library_alloc(size_t bytes)
{
	library_leaf();
	return malloc(bytes);
}

static void *library_alloc_of(void *arg, size_t bytes)
{
	(void)arg;
	return library_alloc(bytes);
}

static void library_free_of(void *arg, void *at)
{
	(void)arg;
	free(at);
}

APART static int library_json(void *lib)
{
	struct {
		void *(*alloc)(size_t bytes);
		void (*release)(void *at);
	} hooks = { library_alloc, free };
	void (*init)(void *);
	void *(*parse)(const char *);

	*(void **)&init = dlsym(lib, "cJSON_InitHooks");
	*(void **)&parse = dlsym(lib, "cJSON_Parse");
	if (!init || !parse)
		return 1;
	init(&hooks);
	parse("[{}, [[]]]");
	STAY();
	return 0;
}

APART static int library_zstd(void *lib)
{
	struct {
		void *(*alloc)(void *, size_t);
		void (*release)(void *, void *);
		void *arg;
	} memory = { library_alloc_of, library_free_of, NULL };
	void *(*create)(__typeof__(memory));

	*(void **)&create = dlsym(lib, "ZSTD_createCCtx_advanced");
	if (!create)
		return 1;
	create(memory);
	STAY();
	return 0;
}

APART static int library_a(void)
{
	double end = cpu_s() + seconds;
	int ret = 0;

	library_turns = 1000000;
	for (int i = 0; !ret && cpu_s() < end; i++) {
		void *lib = dlopen(i % 2 ? "libcjson.so.1" : "libzstd.so.1", RTLD_NOW | RTLD_LOCAL);

		if (!lib)
			return 1;
		ret = i % 2 ? library_json(lib) : library_zstd(lib);
		dlclose(lib);
	}
	STAY();
	return ret;
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

static int run_plain(void)
{
	return plain_a(getpid()) == 0;
}

static int run_alloca(void)
{
	return alloca_a(getpid() % 1000 + 1) != 1;
}

static int run_realign(void)
{
	return realign_a(getpid() % 1000 + 1) == 0;
}

static int run_tail(void)
{
	return tail_a(getpid()) == 0;
}

static int run_signal(void)
{
	return !signal_a();
}

static int run_jump(void)
{
	return !jump_a();
}

static int run_deep(void)
{
	return !deep_r(300);
}

static int run_callback(void)
{
	return !callback_a();
}

static int run_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, thread_a, NULL) || pthread_join(thread, NULL);
}

static int run_throw(void)
{
	return !throw_a();
}

static int run_cleanup(void)
{
	return !cleanup_a();
}

static int run_flight(void)
{
	flight_a();
	return !nr_caught;
}

static int run_async(void)
{
	async_a();
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "plain", run_plain },	    { "alloca", run_alloca },	{ "realign", run_realign },
	{ "tail", run_tail },	    { "signal", run_signal },	{ "jump", run_jump },
	{ "deep", run_deep },	    { "callback", run_callback }, { "fork", fork_a },
	{ "thread", run_thread },   { "sleep", sleep_a },	{ "throw", run_throw },
	{ "cleanup", run_cleanup }, { "flight", run_flight },	{ "async", run_async },
	{ "library", library_a },
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: tree MODE SECONDS\n");
		return 2;
	}
	seconds = atof(argv[2]);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].run();
	}
	fprintf(stderr, "tree: there is no mode '%s'\n", argv[1]);
	return 2;
}
