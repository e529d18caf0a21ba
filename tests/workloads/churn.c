// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Address spaces that change as fast as they can.
 *
 *	churn SECONDS
 *
 * Beside each other: a process that maps, moves, cuts and unmaps code of files and of its own
 * and runs it meanwhile; one whose stack is taken away and put back by another thread while
 * it runs on it; one that forks children that leave at once; one that forks and execs; one
 * that execs from a thread that is not its first; and one whose threads come and go. Prints how
 * often each did so: "maps", "stacks", "forks", "execs", "thread_execs", "threads" NUMBER.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define STACK_BYTES 65536

static uint64_t end_ns;
static char self[] = "/proc/self/exe";
static char leave[] = "churn-leave";

static int is_over(void)
{
	return clock_ns(CLOCK_MONOTONIC) >= end_ns;
}

/* mov $2000, %ecx; 1: dec %ecx; jnz 1b; ret */
static const unsigned char code[] = { 0xb9, 0xd0, 0x07, 0x00, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xc3 };

/* Pages of this program and of nobody, as code, at changing places. */
static unsigned long do_maps(void)
{
	const int prot = PROT_READ | PROT_EXEC;
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	unsigned long nr;

	for (nr = 0; !is_over(); nr++) {
		char *file = mmap(NULL, 3 * 4096, prot, MAP_PRIVATE, fd, 0), *moved;
		char *own = mmap(NULL, 4096, prot | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (file == MAP_FAILED || own == MAP_FAILED)
			exit(1);
		memcpy(own, code, sizeof(code));
		((void (*)(void))own)();
		moved = mremap(own, 4096, 8192, MREMAP_MAYMOVE);
		((void (*)(void))moved)();
		munmap(file + 4096, 4096);
		munmap(moved, 8192);
		munmap(file, 3 * 4096);
	}
	return nr;
}

/* --- a stack that is there and is not --- */

static char *stack;
static volatile int stack_over;

static void *take_away(void *arg)
{
	while (!stack_over) {
		char *other = mremap(stack, STACK_BYTES, STACK_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED,
				     stack + (1 << 20));

		if (other != MAP_FAILED)
			mremap(other, STACK_BYTES, STACK_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, stack);
	}
	return arg;
}

/* Touches no stack while it is on the other one. */
static WORK void spin_on(char *top)
{
	__asm__ volatile("mov %%rsp, %%r12\n\t"
			 "mov %0, %%rsp\n\t"
			 "mov $200000, %%ecx\n"
			 "1:\n\t"
			 "dec %%ecx\n\t"
			 "jnz 1b\n\t"
			 "mov %%r12, %%rsp"
			 :
			 : "r"(top)
			 : "rcx", "r12", "cc", "memory");
}

static unsigned long do_stacks(void)
{
	pthread_t thread;
	unsigned long nr;

	/* room for both of its places */
	stack = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED || pthread_create(&thread, NULL, take_away, NULL))
		exit(1);
	for (nr = 0; !is_over(); nr++)
		spin_on(stack + STACK_BYTES - 256);
	stack_over = 1;
	pthread_join(thread, NULL);
	return nr;
}

/* --- processes and threads --- */

static unsigned long do_forks(void)
{
	unsigned long nr;

	for (nr = 0; !is_over(); nr++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	return nr;
}

static void run_leave(void)
{
	char *args[] = { leave, NULL };

	execv(self, args);
	_exit(127);
}

static void *run_leave_thread(void *arg)
{
	run_leave();
	return arg;
}

static int is_success(pid_t pid)
{
	int status = 1;

	waitpid(pid, &status, 0);
	return !status;
}

static int exec_by_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		run_leave();
	return is_success(pid);
}

/* A second thread calls exec while the first goes on. */
static int exec_by_thread(void)
{
	pid_t pid = fork();
	pthread_t second;

	if (pid)
		return is_success(pid);
	if (pthread_create(&second, NULL, run_leave_thread, NULL))
		_exit(1);
	for (;;)
		spin_slice();
}

static unsigned long do_execs(void)
{
	unsigned long nr = 0;

	while (!is_over())
		nr += exec_by_vfork();
	return nr;
}

static unsigned long do_thread_execs(void)
{
	unsigned long nr = 0;

	while (!is_over())
		nr += exec_by_thread();
	return nr;
}

static void *do_nothing(void *arg)
{
	return arg;
}

static unsigned long do_threads(void)
{
	unsigned long nr;
	pthread_t thread;

	for (nr = 0; !is_over(); nr++) {
		if (pthread_create(&thread, NULL, do_nothing, NULL))
			exit(1);
		pthread_join(thread, NULL);
	}
	return nr;
}

static const struct {
	const char *name;
	unsigned long (*run)(void);
} works[] = {
	{ "maps", do_maps },   { "stacks", do_stacks },	      { "forks", do_forks },
	{ "execs", do_execs }, { "thread_execs", do_thread_execs }, { "threads", do_threads },
};

int main(int argc, char **argv)
{
	int status, failed = 0;

	if (!strcmp(argv[0], leave))
		return 0;
	if (argc != 2) {
		fprintf(stderr, "usage: churn SECONDS\n");
		return 2;
	}
	end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		if (!fork()) {
			printf("%s %lu\n", works[i].name, works[i].run());
			fflush(stdout);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
