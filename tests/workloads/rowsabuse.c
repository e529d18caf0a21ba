// SPDX-License-Identifier: GPL-2.0-or-later
/* cflags: -static -no-pie */
/*
 * Unwind rows as wrong as they can be, for code that runs.
 *
 *	rowsabuse PID SECONDS
 *
 * PID is a recorder whose session is under way: its device is taken over by pidfd_getfd(2).
 * Round by round a copy of this program is run, which spins deep in calls with registers that
 * are noise or addresses of its stack; meanwhile a table for the copy is handed to
 * the module: whole ones with any rules, on which it is then sampled, and broken ones. Prints
 * "taken NUMBER" and "refused NUMBER" of tables, the latter with EINVAL.
 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kmod/uapi/pkprof_rows.h"
#include "clock.h"

#define NR_RULES   64
#define NR_PAGES   15 /* of this program: under 1 MB */
#define ROWS_EACH  512
#define SPIN_NS	   (30 * NSEC_PER_MSEC)

static char spin_name[] = "rowsabuse-spin";
static unsigned long taken, refused;
static uint64_t seed = 88172645463325252ull;

/* xorshift64 */
static uint64_t noise(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* --- the one that is sampled --- */

static WORK void spin_with(const uint64_t *reg)
{
	__asm__ volatile("push %%rbp\n\t"
			 "push %%rbx\n\t"
			 "mov (%0), %%rbx\n\t"
			 "mov 8(%0), %%r12\n\t"
			 "mov 16(%0), %%r13\n\t"
			 "mov 24(%0), %%r14\n\t"
			 "mov 32(%0), %%r15\n\t"
			 "mov 40(%0), %%rbp\n\t"
			 "mov $300000, %%ecx\n"
			 "1:\n\t"
			 "dec %%ecx\n\t"
			 "jnz 1b\n\t"
			 "pop %%rbx\n\t"
			 "pop %%rbp"
			 :
			 : "r"(reg)
			 : "rcx", "r12", "r13", "r14", "r15", "cc", "memory");
}

static WORK void spin_deep(int depth)
{
	volatile uint64_t room[8];
	uint64_t reg[6];

	for (int i = 0; i < 8; i++)
		room[i] = noise() % 4 ? (uintptr_t)&room[noise() % 64] : (uintptr_t)spin_deep + noise() % 200;
	for (int i = 0; i < 6; i++)
		reg[i] = noise() % 3 ? (uintptr_t)&room[noise() % 200] : noise();
	if (depth)
		spin_deep(depth - 1);
	else
		spin_with(reg);
	(void)room[0];
}

static int spin_all(const char *from)
{
	uint64_t end = thread_cpu_ns() + SPIN_NS;

	seed ^= strtoull(from, NULL, 0) << 20;
	while (thread_cpu_ns() < end)
		spin_deep((int)(noise() % 40));
	return 0;
}

/* --- tables --- */

struct table {
	struct pkprof_rows head;
	struct pkprof_rule rule[NR_RULES];
	uint32_t page[NR_PAGES + 1];
	struct pkprof_row row[NR_PAGES * ROWS_EACH];
};

_Static_assert(sizeof(struct table) == sizeof(struct pkprof_rows) + NR_RULES * sizeof(struct pkprof_rule) +
		       (NR_PAGES + 1) * sizeof(uint32_t) + NR_PAGES * ROWS_EACH * sizeof(struct pkprof_row),
	       "without a gap");

static struct pkprof_rule any_rule(void)
{
	struct pkprof_rule r = {
		.kind = (uint8_t)(noise() % 4 ? PKPROF_RULE_CFA + noise() % 2 : noise() % PKPROF_NR_RULE_KINDS),
		.reg = (uint8_t)(noise() % 2 ? PKPROF_REG_SP : noise() % PKPROF_NR_REGS),
		.ra = (uint16_t)(noise() % 4 ? 1 : noise()),
		.off = (int32_t)(noise() % 4 ? 8 * (noise() % 16) : noise()),
		.add = (int32_t)(noise() % 4 ? 8 * (noise() % 16) : noise()),
	};

	for (int i = 0; i < PKPROF_NR_SAVED; i++)
		r.saved[i] = (uint16_t)(noise() % 2 ? noise() % 16 | (noise() % 4 ? 0 : PKPROF_SAVED_BY_BP) :
						      noise());
	return r;
}

static void fill(struct table *t, const struct stat *st)
{
	t->head = (struct pkprof_rows){
		.magic = PKPROF_ROWS_MAGIC,
		.bytes = sizeof(*t),
		.flags = PKPROF_ROWS_ANY_GEN,
		.dev = major(st->st_dev) << 20 | minor(st->st_dev),
		.ino = st->st_ino,
		.nr_rules = NR_RULES,
		.nr_pages = NR_PAGES,
		.nr_rows = NR_PAGES * ROWS_EACH,
	};
	for (int i = 0; i < NR_RULES; i++)
		t->rule[i] = any_rule();
	for (uint32_t p = 0; p <= NR_PAGES; p++)
		t->page[p] = p * ROWS_EACH;
	for (int i = 0; i < NR_PAGES * ROWS_EACH; i++)
		t->row[i] = (struct pkprof_row){
			.off = (uint16_t)(i % ROWS_EACH * 128 + noise() % 128),
			.rule = (uint16_t)(noise() % NR_RULES),
		};
}

/* One place of what is checked becomes what it cannot be. */
static void spoil(struct table *t)
{
	switch (noise() % 8) {
	case 0: t->head.magic ^= 1u << noise() % 32; break;
	case 1: t->head.bytes ^= 1u << noise() % 32; break;
	case 2: t->head.nr_rules ^= 1u << noise() % 32; break;
	case 3: t->head.nr_pages ^= 1u << noise() % 32; break;
	case 4: t->head.nr_rows ^= 1u << noise() % 32; break;
	case 5: t->page[noise() % (NR_PAGES + 1)] = (uint32_t)(1 << 20 | noise()); break;
	case 6: t->rule[noise() % NR_RULES].reg = (uint8_t)(PKPROF_NR_REGS + noise() % 200); break;
	case 7: t->row[noise() % (NR_PAGES * ROWS_EACH)].rule = (uint16_t)(NR_RULES + noise() % 65000); break;
	}
}

/* Return: 0 or what is wrong with the module's answer. */
static int hand_over(int device, const struct table *t, size_t bytes, int wanted)
{
	int err = write(device, t, bytes) < 0 ? errno : 0;

	taken += !err;
	refused += err == EINVAL;
	if (err == wanted)
		return 0;
	fprintf(stderr, "rowsabuse: the module says \"%s\", not \"%s\"\n", strerror(err), strerror(wanted));
	return 1;
}

/* --- rounds --- */

static int take_device(const char *pid)
{
	int process = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	char path[64], to[64];
	struct dirent *entry;
	DIR *dir;
	int fd = -1;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, to, sizeof(to) - 1);

		if (n > 0 && !strncmp(to, "/dev/pkprof", 11))
			fd = (int)syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* A file of its own, so that it has no rows yet. */
static int copy_self(const char *path, struct stat *st)
{
	int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	int ret = -1;

	if (from >= 0 && to >= 0 && !fstat(from, st) && sendfile(to, from, NULL, (size_t)st->st_size) == st->st_size)
		ret = fstat(to, st);
	close(from);
	close(to);
	return ret;
}

/* Until it is mapped the module does not know the file; the recorder may have been faster. */
static int give_when_mapped(int device, const struct table *t)
{
	int err;

	do {
		err = write(device, t, sizeof(*t)) < 0 ? errno : 0;
		if (err == ENOENT)
			usleep(200);
	} while (err == ENOENT);
	taken += !err;
	if (!err || err == EEXIST)
		return 0;
	fprintf(stderr, "rowsabuse: a table: %s\n", strerror(err));
	return 1;
}

static int run_round(int device, unsigned long nr)
{
	static struct table table, bad;
	char path[] = "rowsabuse-copy", number[24];
	char *args[] = { spin_name, number, NULL };
	int status = 1, failed = 0;
	struct stat st;
	pid_t pid;

	snprintf(number, sizeof(number), "%lu", nr);
	if (copy_self(path, &st))
		return 1;
	pid = fork();
	if (!pid) {
		execv(path, args);
		_exit(127);
	}
	fill(&table, &st);
	for (int i = 0; i < 8; i++) {
		bad = table;
		spoil(&bad);
		failed |= hand_over(device, &bad, sizeof(bad), EINVAL);
	}
	failed |= hand_over(device, &table, noise() % sizeof(table), EINVAL);
	failed |= hand_over(device, NULL, sizeof(table), EFAULT);
	failed |= give_when_mapped(device, &table);
	waitpid(pid, &status, 0);
	unlink(path);
	if (status)
		fprintf(stderr, "rowsabuse: the one that spun ended with status 0x%x\n", status);
	return failed || status;
}

int main(int argc, char **argv)
{
	uint64_t end_ns;
	int device, failed = 0;

	if (!strcmp(argv[0], spin_name))
		return spin_all(argc > 1 ? argv[1] : "");
	if (argc != 3) {
		fprintf(stderr, "usage: rowsabuse PID SECONDS\n");
		return 2;
	}
	device = take_device(argv[1]);
	if (device < 0) {
		perror("rowsabuse: the recorder's device");
		return 1;
	}
	end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[2], NULL) * NSEC_PER_SEC);
	for (unsigned long nr = 0; !failed && clock_ns(CLOCK_MONOTONIC) < end_ns; nr++)
		failed = run_round(device, nr);
	printf("taken %lu\nrefused %lu\n", taken, refused);
	return failed;
}
