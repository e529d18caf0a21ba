// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes without rights; see restrict.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/restrict.h"

#define NOBODY	  65534
#define MAX_FILES 16 /* descriptors that are handed over, one or two at a time */
#define NICE	  10 /* nobody waits for us while the machine has other work */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the numbers of system calls of this machine are to be added"
#endif

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/* ---- the filter of system calls --------------------------------------------------- */

#define LOAD(field)                                                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)
#define ALLOW(nr)                                                                                  \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), ANSWER(SECCOMP_RET_ALLOW)
/* Allowed unless one of @bits is set in the low half of an argument. */
#define ALLOW_WITHOUT(nr, arg, bits)                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD(args[arg]),                            \
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), ANSWER(SECCOMP_RET_ALLOW),       \
		ANSWER(SECCOMP_RET_ERRNO | EPERM)
/* Allowed only with this value of the low half of an argument. */
#define ALLOW_WITH(nr, arg, value)                                                                 \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD(args[arg]),                            \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), ANSWER(SECCOMP_RET_ALLOW),       \
		ANSWER(SECCOMP_RET_ERRNO | EPERM)

/*
 * What reading, computing and answering takes. Numbers of the x32 calls have a bit more and so
 * are none of these.
 */
static struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	ANSWER(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	ALLOW(__NR_pread64),
	ALLOW(__NR_read),
	ALLOW(__NR_brk),
	ALLOW_WITHOUT(__NR_mmap, 2, PROT_EXEC),
	ALLOW_WITHOUT(__NR_mprotect, 2, PROT_EXEC),
	ALLOW(__NR_munmap),
	ALLOW(__NR_mremap),
	ALLOW(__NR_madvise),
	ALLOW(__NR_lseek),
	ALLOW(__NR_fstat),
	/* the C library's way to do fstat() */
	ALLOW_WITH(__NR_newfstatat, 3, AT_EMPTY_PATH),
	ALLOW(__NR_close),
	ALLOW(__NR_recvmsg),
	ALLOW(__NR_recvfrom),
	ALLOW(__NR_sendmsg),
	ALLOW(__NR_sendto),
	ALLOW(__NR_write),
	ALLOW(__NR_futex),
	ALLOW(__NR_clock_gettime),
	ALLOW(__NR_getrandom),
	ALLOW(__NR_getpid),
	ALLOW(__NR_gettid),
	ALLOW(__NR_sched_yield),
	ALLOW(__NR_rt_sigprocmask),
	ALLOW(__NR_rt_sigreturn),
	ALLOW(__NR_restart_syscall),
	ALLOW(__NR_exit),
	ALLOW(__NR_exit_group),
#ifdef __SANITIZE_ADDRESS__
	ALLOW(__NR_sigaltstack),
	ALLOW(__NR_rt_sigaction),
#endif
	ANSWER(SECCOMP_RET_ERRNO | EPERM),
};

static int filter_calls(void)
{
	const struct sock_fprog program = { PK_ARRAY_SIZE(filter), filter };

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? -errno : 0;
}

/* ---- limits ------------------------------------------------------------------------ */

/* @more: what the hard limit is above the soft one. A limit that is lower already stays. */
static int limit(int resource, rlim_t value, rlim_t more)
{
	struct rlimit l;

	if (getrlimit(resource, &l))
		return -errno;
	if (l.rlim_max == RLIM_INFINITY || value + more < l.rlim_max)
		l.rlim_max = value + more;
	l.rlim_cur = value < l.rlim_max ? value : l.rlim_max;
	return setrlimit(resource, &l) ? -errno : 0;
}

#ifndef __SANITIZE_ADDRESS__
/* Bytes of address space in use. */
static uint64_t address_bytes(void)
{
	PK_AUTO_FD int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128] = "";
	unsigned long pages = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%lu", &pages) != 1)
		return 0;
	return (uint64_t)pages * sysconf(_SC_PAGESIZE);
}

static int limit_memory(uint64_t bytes)
{
	return limit(RLIMIT_AS, address_bytes() + bytes, 0);
}
#else
/* The shadow of all memory counts as well. */
static int limit_memory(uint64_t bytes)
{
	(void)bytes;
	return 0;
}
#endif

static int set_limits(const struct pk_restrict *r)
{
	int ret = limit_memory(r->memory_bytes);

	/* at the hard limit it is killed without a word, at the soft one SIGXCPU tells why */
	if (!ret)
		ret = limit(RLIMIT_CPU, r->cpu_s, 1);
	if (!ret)
		ret = limit(RLIMIT_CORE, 0, 0);
	if (!ret)
		ret = limit(RLIMIT_FSIZE, 0, 0);
	if (!ret)
		ret = limit(RLIMIT_NOFILE, MAX_FILES, 0);
	return ret ? ret : limit(RLIMIT_NPROC, 0, 0);
}

/* ---- rights -------------------------------------------------------------------------- */

/*
 * Standard input and output become nothing, so that no file gets their numbers. What a
 * sanitizer has to say must be read.
 */
static int keep_only(int fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), last = 2;

	if (nothing < 0)
		return -errno;
#ifdef __SANITIZE_ADDRESS__
	last = 1;
#endif
	/* must not lie where others go, nor be what closes itself */
	if (nothing <= PK_RESTRICT_FD || fd <= PK_RESTRICT_FD) {
		nothing = fcntl(nothing, F_DUPFD_CLOEXEC, 64);
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	}
	if (nothing < 0 || fd < 0)
		return -errno;
	for (int i = 0; i <= last; i++)
		if (dup2(nothing, i) != i)
			return -errno;
	if (dup2(fd, PK_RESTRICT_FD) != PK_RESTRICT_FD || close_range(PK_RESTRICT_FD + 1, ~0u, 0))
		return -errno;
	return 0;
}

/*
 * Another user than root is as good a wall as there is, but where user 65534 does not exist, as
 * in some containers, the other walls have to do.
 */
static int drop_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	if (!geteuid() && !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY))
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	if (syscall(__NR_capset, &head, none))
		return -errno;
	/* who else is nobody must not look into us */
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return 0;
}

/* Forgotten when the user changes, so it comes after that. */
static int die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

int pk_restrict(const struct pk_restrict *r)
{
	int ret;

	(void)setpriority(PRIO_PROCESS, 0, NICE);
	ret = keep_only(r->fd);
	if (!ret)
		ret = set_limits(r);
	if (!ret)
		ret = drop_rights();
	if (!ret)
		ret = die_with(r->parent);
	return ret ? ret : filter_calls();
}
