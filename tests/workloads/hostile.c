// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hostile frame and stack pointers: spins with rbp, or rsp, pointing to where no frame
 * is. The kernel half must neither fault, nor loop, nor show what it finds there.
 *
 *	hostile SECONDS [sp]
 *
 * Each bad value gets its part of SECONDS of CPU time, in hostile_spin(), with "sp" in
 * hostile_sp(). Prints "values NUMBER" and "cpu NANOSECONDS" of all of them.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"

/* Count down with rbp replaced; the leaf is hostile_spin all the same. */
static WORK void hostile_spin(uintptr_t frame)
{
	__asm__ volatile("push %%rbp\n\t"
			 "mov %0, %%rbp\n\t"
			 "mov $2000000, %%ecx\n"
			 "1:\n\t"
			 "dec %%ecx\n\t"
			 "jnz 1b\n\t"
			 "pop %%rbp"
			 :
			 : "r"(frame)
			 : "rcx", "cc", "memory");
}

/* The same with rsp; what was compiled says that the caller is found from it. */
static WORK __attribute__((optimize("omit-frame-pointer"))) void hostile_sp(uintptr_t frame)
{
	__asm__ volatile("mov %%rsp, %%r12\n\t"
			 "mov %0, %%rsp\n\t"
			 "mov $2000000, %%ecx\n"
			 "1:\n\t"
			 "dec %%ecx\n\t"
			 "jnz 1b\n\t"
			 "mov %%r12, %%rsp"
			 :
			 : "r"(frame)
			 : "rcx", "r12", "cc", "memory");
}

/* Frames as a walk would follow them: next frame, return address. */
struct frame {
	uintptr_t next, ret;
};

static char *map(int prot, int fd)
{
	return mmap(NULL, 4096, prot, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
}

/* A page that only another thread could fill, which does not; else one that nobody touched. */
static char *map_awaited(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *page = map(PROT_READ | PROT_WRITE, -1);
	struct uffdio_register area = { .range = { (uintptr_t)page, 4096 },
					.mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &area))
		fprintf(stderr, "hostile: no userfaultfd, that page is one never touched\n");
	return page;
}

/* A page of a file that is shorter by now: touching it is SIGBUS. */
static char *map_truncated(void)
{
	int fd = memfd_create("hostile", MFD_CLOEXEC);
	char *page;

	if (fd < 0 || ftruncate(fd, 4096))
		return NULL;
	page = map(PROT_READ | PROT_WRITE, fd);
	return ftruncate(fd, 0) ? NULL : page;
}

/* Pages that are there and cannot be read without a fault. */
static size_t make_pages(uintptr_t *values)
{
	values[0] = (uintptr_t)map(PROT_NONE, -1) + 128;
	values[1] = (uintptr_t)map_truncated() + 128;
	values[2] = (uintptr_t)map_awaited() + 128;
	values[3] = (uintptr_t)map(PROT_READ | PROT_WRITE, -1) + 128;
	return 4;
}

static size_t make_values(uintptr_t *values)
{
	char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct frame *frame = (struct frame *)page;
	size_t nr = 0;

	if (page == MAP_FAILED)
		return 0;
	munmap(page + 4096, 4096);
	/* A ring of two frames, one that points to itself, one that goes down. */
	frame[0] = (struct frame){ (uintptr_t)&frame[1], (uintptr_t)hostile_spin };
	frame[1] = (struct frame){ (uintptr_t)&frame[0], (uintptr_t)hostile_spin };
	frame[2] = (struct frame){ (uintptr_t)&frame[2], (uintptr_t)hostile_spin };
	frame[3] = (struct frame){ (uintptr_t)page - 64, 0xffffffff81000000 };
	frame[4] = (struct frame){ 0xffff888000000000, (uintptr_t)-1 };
	for (int i = 0; i < 5; i++)
		values[nr++] = (uintptr_t)&frame[i];
	values[nr++] = 0;
	values[nr++] = 1;
	values[nr++] = (uintptr_t)&frame[0] + 1;	/* not aligned */
	values[nr++] = (uintptr_t)page + 4096 - 8;	/* half in a hole */
	values[nr++] = (uintptr_t)page + 4096;		/* in a hole */
	values[nr++] = 0x00007ffffffff000 - 8;		/* last user address */
	values[nr++] = 0x00007ffffffff000;		/* behind it */
	values[nr++] = 0x0000800000000000;		/* not canonical */
	values[nr++] = 0xdeadbeefdeadbeef;
	values[nr++] = 0xffff888000000000;		/* kernel's direct map */
	values[nr++] = 0xffffffff81000000;		/* kernel's text */
	values[nr++] = 0xffffffffff600000;		/* vsyscall page */
	values[nr++] = (uintptr_t)-8;
	values[nr++] = (uintptr_t)-16;			/* wraps with the frame's size */
	return nr + make_pages(values + nr);
}

int main(int argc, char **argv)
{
	uintptr_t values[32];
	uint64_t each_ns, begin;
	size_t nr = make_values(values);
	void (*spin)(uintptr_t) = argc > 2 && !strcmp(argv[2], "sp") ? hostile_sp : hostile_spin;

	if (argc < 2 || !nr) {
		fprintf(stderr, "usage: hostile SECONDS [sp]\n");
		return 2;
	}
	each_ns = strtod(argv[1], NULL) * NSEC_PER_SEC / nr;
	begin = thread_cpu_ns();
	for (size_t i = 0; i < nr; i++)
		for (uint64_t end = thread_cpu_ns() + each_ns; thread_cpu_ns() < end;)
			spin(values[i]);
	printf("values %zu\ncpu %llu\n", nr, (unsigned long long)(thread_cpu_ns() - begin));
	return 0;
}
