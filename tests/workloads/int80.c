// SPDX-License-Identifier: GPL-2.0-or-later
/* cflags: -m32 -static -nostdlib -ffreestanding -fno-pie -no-pie -fno-stack-protector -O1 */
/*
 * A 32-bit program without a library: one process sleeps, another one reads a pipe
 * that the first one writes to, by the system calls of i386, whose numbers are their
 * own.
 *
 *	int80 ROUNDS	of 20 ms of sleep each
 *
 * Prints the answers of both, as answer.h has them.
 */

/* This file has no library, and no headers of one for 32 bits need be installed. */
typedef unsigned int u32;
typedef unsigned long long u64;

#define NR_EXIT			1
#define NR_FORK			2
#define NR_READ			3
#define NR_WRITE		4
#define NR_CLOSE		6
#define NR_GETPID		20
#define NR_PIPE			42
#define NR_NANOSLEEP		162
#define NR_CLOCK_GETTIME64	403
#define NR_CLOCK_NANOSLEEP64	407
#define CLOCK_MONOTONIC		1
#define ENOSYS			38
#define NSEC_PER_SEC		1000000000ULL

struct timespec32 {
	int sec, nsec;
};

struct timespec64 {
	long long sec, nsec;
};

static int call4(int nr, u32 a, u32 b, u32 c, u32 d)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
	return ret;
}

static int call(int nr, u32 a, u32 b, u32 c)
{
	return call4(nr, a, b, c, 0);
}

static u64 now_ns(void)
{
	struct timespec64 ts;

	call(NR_CLOCK_GETTIME64, CLOCK_MONOTONIC, (u32)&ts, 0);
	return (u64)ts.sec * NSEC_PER_SEC + (u64)ts.nsec;
}

/* Decimal digits without a 64-bit division, which would take a library. */
static char *number(char *at, u64 value)
{
	static const u64 powers[] = {
		1000000000000000ULL, 100000000000000ULL, 10000000000000ULL, 1000000000000ULL,
		100000000000ULL,     10000000000ULL,	 1000000000ULL,	    100000000ULL,
		10000000ULL,	     1000000ULL,	 100000ULL,	    10000ULL,
		1000ULL,	     100ULL,		 10ULL,		    1ULL
	};

	for (u32 i = 0; i < sizeof(powers) / sizeof(powers[0]); i++) {
		char digit = '0';

		for (; value >= powers[i]; value -= powers[i])
			digit++;
		*at++ = digit;
	}
	*at++ = ' ';
	return at;
}

static char *text(char *at, const char *from)
{
	while (*from)
		*at++ = *from++;
	return at;
}

static int answer(const char *name, const char *line, u64 waited_ns, u64 life_ns)
{
	char out[160], *at = text(out, "answer ");

	at = text(text(at, name), " ");
	at = number(at, call(NR_GETPID, 0, 0, 0));
	at = text(text(at, line), " ");
	at = number(number(at, waited_ns), life_ns);
	at[-1] = '\n';
	return call(NR_WRITE, 1, (u32)out, at - out) == at - out ? 0 : 1;
}

/* By the call of old, or, on kernels without 32-bit times, the one that replaced it. */
static int sleep_ns(int ns)
{
	struct timespec32 pause = { 0, ns };
	struct timespec64 pause64 = { 0, ns };
	int ret = call(NR_NANOSLEEP, (u32)&pause, 0, 0);

	if (ret == -ENOSYS)
		ret = call4(NR_CLOCK_NANOSLEEP64, CLOCK_MONOTONIC, 0, (u32)&pause64, 0);
	return ret;
}

static int sleeper(int rounds, int out)
{
	u64 from = now_ns(), waited = 0, since;

	for (int i = 0; i < rounds; i++) {
		since = now_ns();
		if (sleep_ns(20000000))
			return 1;
		waited += now_ns() - since;
		if (call(NR_WRITE, out, (u32) "", 1) != 1)
			return 1;
	}
	return answer("int80-sleep", "sleep", waited, now_ns() - from);
}

/* @out is closed, or nobody would tell that the writer is gone. */
static int reader(int rounds, int in, int out)
{
	u64 from = now_ns(), waited = 0, since;
	char byte;

	call(NR_CLOSE, out, 0, 0);
	for (int i = 0; i < rounds; i++) {
		since = now_ns();
		if (call(NR_READ, in, (u32)&byte, 1) != 1)
			return 1;
		waited += now_ns() - since;
	}
	return answer("int80-pipe", "pipe", waited, now_ns() - from);
}

void begin(int argc, char **argv);

/* What the kernel left on the stack: argc, then argv. */
__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tlea 4(%eax), %edx\n\tpush %edx\n\tpush (%eax)\n\tcall begin\n");

void begin(int argc, char **argv)
{
	int fds[2], rounds = 0, pid;

	for (const char *at = argc > 1 ? argv[1] : "50"; *at; at++)
		rounds = rounds * 10 + *at - '0';
	if (call(NR_PIPE, (u32)fds, 0, 0))
		call(NR_EXIT, 1, 0, 0);
	pid = call(NR_FORK, 0, 0, 0);
	call(NR_EXIT, pid < 0 ? 1 : pid ? reader(rounds, fds[0], fds[1]) : sleeper(rounds, fds[1]), 0, 0);
}
