// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mmaps - maps the rings in each way that mmap() and its relatives know.
 *
 *	mmaps
 *
 * One line for each thing that was tried: its name and the number of the error, 0 if there
 * was none, and what is wanted: "NAME GOT WANTED". What is wanted is in the program, as it is
 * about one call each. "freed NAME KB KB": what the kernel says that memory of vmalloc()
 * takes, before a session and after its last mapping is gone.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "session.h"

#define PERIOD_NS 1000000

static long page;

static void line(const char *name, int got, int wanted)
{
	printf("%s %d %d\n", name, got, wanted);
}

/* Maps and unmaps again; the error. */
static int try_map(size_t bytes, int prot, int flags, off_t at)
{
	void *p = mmap(NULL, bytes, prot, flags, device, at);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, bytes);
	return 0;
}

static void begin(const char *what)
{
	struct request r = session_request(1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK, PERIOD_NS);
	const char *text;
	int err = session_start(&r, &text);

	if (!err)
		return;
	fprintf(stderr, "%s: START: %s %s\n", what, strerror(-err), text ? text : "-");
	exit(2);
}

static void *map_info(void)
{
	void *p = mmap(NULL, page + session.ring_bytes, PROT_READ, MAP_SHARED, device, page);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void lengths(void)
{
	const size_t whole = page + session.ring_bytes;
	static const struct {
		const char *name;
		int reader;
		long of_whole, more;
		int wanted;
	} rows[] = {
		{ "length-0", 0, 0, 0, EINVAL },	    { "length-1", 0, 0, 1, EINVAL },
		{ "length-page", 0, 0, 4096, EINVAL },	    { "length-less", 0, 1, -4096, EINVAL },
		{ "length-more", 0, 1, 4096, EINVAL },	    { "length-exact", 0, 1, 0, 0 },
		{ "length-rounded", 0, 1, -1, 0 },	    { "reader-two-pages", 1, 0, 8192, EINVAL },
		{ "reader-and-info", 1, 1, 4096, EINVAL },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		line(rows[i].name,
		     try_map(rows[i].of_whole * whole + rows[i].more, PROT_READ, MAP_SHARED,
			     rows[i].reader ? 0 : page),
		     rows[i].wanted);
	line("length-2^46", try_map(1ull << 46, PROT_READ, MAP_SHARED, page) != 0, 1);
	line("length-2^63", try_map(1ull << 63, PROT_READ, MAP_SHARED, page) != 0, 1);
}

/* Offsets in pages: the two that are right for each CPU, all others near by, and powers of two. */
static void offsets(void)
{
	const size_t whole = page + session.ring_bytes;
	uint64_t stride = session.stride / page, allowed = 0, wrong = 0, tried = 0;

	for (uint64_t at = 0; at < stride * session.nr_cpus + 64; at++) {
		int right = at / stride < session.nr_cpus && at % stride < 2;
		int err = try_map(at % stride == 0 ? (size_t)page : whole, PROT_READ, MAP_SHARED,
				  (off_t)(at * page));

		allowed += !err;
		wrong += right ? err != 0 : err == 0;
		tried++;
	}
	for (int bit = 12; bit < 52; bit++) {
		for (int by = -1; by <= 1; by++) {
			uint64_t at = (1ull << bit) + by;

			if (at < stride * session.nr_cpus + 64)
				continue;
			wrong += !try_map(whole, PROT_READ, MAP_SHARED, (off_t)(at * page));
			wrong += !try_map(page, PROT_READ, MAP_SHARED, (off_t)(at * page));
			tried += 2;
		}
	}
	line("offsets-allowed", allowed, 2 * session.nr_cpus);
	line("offsets-wrong", wrong, 0);
	fprintf(stderr, "%llu offsets\n", (unsigned long long)tried);
}

static void flags(void)
{
	const size_t whole = page + session.ring_bytes;

	line("private", try_map(whole, PROT_READ, MAP_PRIVATE, page), EINVAL);
	line("private-reader", try_map(page, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EINVAL);
	line("write-records", try_map(whole, PROT_READ | PROT_WRITE, MAP_SHARED, page), EACCES);
	line("exec-records", try_map(whole, PROT_READ | PROT_EXEC, MAP_SHARED, page), EACCES);
	line("exec-reader", try_map(page, PROT_READ | PROT_EXEC, MAP_SHARED, 0), EACCES);
	line("read-only-reader", try_map(page, PROT_READ, MAP_SHARED, 0), 0);
	line("none-records", try_map(whole, PROT_NONE, MAP_SHARED, page), 0);
}

/* A mapping that stays is read at its end: its pages are there. */
static int readable(const void *p)
{
	const volatile char *at = p;

	return at[0] + at[page + session.ring_bytes - 1] >= -256;
}

static void reshaped(void)
{
	const size_t whole = page + session.ring_bytes;
	char *p = map_info(), *q;

	line("fixed-over-itself",
	     mmap(p, whole, PROT_READ, MAP_SHARED | MAP_FIXED, device, page) == p && readable(p) ? 0 : errno, 0);
	line("grow", mremap(p, whole, whole + page, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0, EFAULT);
	q = mremap(p, whole, whole, MREMAP_MAYMOVE | MREMAP_FIXED,
		   mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	line("move", q != MAP_FAILED && readable(q) ? 0 : errno, 0);
	if (q == MAP_FAILED)
		return;
	line("hole", munmap(q + 4 * page, 2 * page) ? errno : 0, 0);
	line("hole-write", mprotect(q, 4 * page, PROT_READ | PROT_WRITE) ? errno : 0, EACCES);
	line("hole-again", munmap(q + 9 * page, page) ? errno : 0, 0);
	line("around-the-hole", readable(q) ? 0 : 1, 0);
	munmap(q, whole);
}

static sigjmp_buf out;

static void on_bus(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

/*
 * Each advice, and a look at what it left. Those that take pages away leave none to this reader,
 * who then maps anew: its own loss.
 */
static void advices(void)
{
	const size_t whole = page + session.ring_bytes;
	volatile int advice, looked = 0;
	char *volatile p = map_info();

	signal(SIGBUS, on_bus);
	for (advice = 0; advice < 110; advice++) {
		/* those that poison pages are for who tests hardware */
		if (advice == 100 || advice == 101)
			continue;
		if (!sigsetjmp(out, 1)) {
			madvise(p, whole, advice);
			looked += readable(p);
			continue;
		}
		munmap(p, whole);
		p = map_info();
		looked += readable(p);
	}
	signal(SIGBUS, SIG_DFL);
	line("advices", looked, 108);
	munmap(p, whole);
	p = map_info();
	line("lock", mlock(p, whole) ? errno : 0, 0);
	munlock(p, whole);
	munmap(p, whole);
}

/* As a debugger writes: past what the mapping allows. */
static int write_by_proc(const char *to)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int err = pwrite(fd, "x", 1, (off_t)(uintptr_t)to) < 0 ? errno : 0;

	close(fd);
	return err;
}

/* Others' ways to the same pages. */
static void elsewhere(void)
{
	const size_t whole = page + session.ring_bytes;
	char *p = map_info(), text[16] = { 0 };
	struct iovec here = { text, sizeof(text) }, there = { p + page, sizeof(text) };
	int fd[2];
	pid_t child = fork();
	int status;

	if (!child) {
		/* the mapping is not inherited: reading it is a fault, which mincore() tells */
		unsigned char in[1];

		_exit(mincore(p, page, in) ? errno : 0);
	}
	waitpid(child, &status, 0);
	line("in-a-child", WIFEXITED(status) ? WEXITSTATUS(status) : -1, ENOMEM);
	line("process-vm-readv", process_vm_readv(getpid(), &here, 1, &there, 1, 0) < 0 ? errno : 0, 0);
	line("process-vm-writev", process_vm_writev(getpid(), &here, 1, &there, 1, 0) < 0 ? errno : 0, EFAULT);
	line("proc-mem", write_by_proc(p + page), EIO);
	if (pipe(fd))
		die("pipe");
	there.iov_len = page;
	line("vmsplice", vmsplice(fd[1], &there, 1, SPLICE_F_NONBLOCK) < 0 ? errno : 0, 0);
	/* the pipe holds a page that outlives the mapping */
	munmap(p, whole);
	line("vmsplice-read", read(fd[0], text, sizeof(text)) == sizeof(text) ? 0 : errno, 0);
	close(fd[0]);
	close(fd[1]);
}

/* The core of a process that has it mapped is without it. */
static void dump_core(void)
{
	char *p = map_info(), row[256];
	FILE *maps = fopen("/proc/self/smaps", "re");
	int ours = 0, kept_out = 0;

	while (maps && fgets(row, sizeof(row), maps)) {
		unsigned long from, to;

		if (sscanf(row, "%lx-%lx ", &from, &to) == 2)
			ours = from == (unsigned long)p;
		if (ours && !strncmp(row, "VmFlags:", 8))
			kept_out = strstr(row, " dd") && strstr(row, " dc") && strstr(row, " de");
	}
	if (maps)
		fclose(maps);
	line("core-without", kept_out, 1);
	munmap(p, page + session.ring_bytes);
}

static long vmalloc_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char row[128];
	long kb = -1;

	while (f && fgets(row, sizeof(row), f))
		if (sscanf(row, "VmallocUsed: %ld kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

/* Mappings of a session that is over, of one that another took the place of, of a closed device. */
static void ends(void)
{
	const size_t whole = page + session.ring_bytes;
	long before_kb, during_kb;
	const char *text;
	char *p, *old;

	session_ask(PKPROF_CMD_STOP, &text);
	line("after-stop", try_map(whole, PROT_READ, MAP_SHARED, page), 0);
	old = map_info();
	begin("another");
	line("replaced", readable(old) ? 0 : 1, 0);
	munmap(old, whole);
	p = map_info();
	before_kb = vmalloc_kb();
	close(device);
	device = -1;
	line("closed", readable(p) ? 0 : 1, 0);
	line("closed-stop", -session_ask(PKPROF_CMD_STOP, &text), 0);
	/* the mapping was the last reference: all is over when it goes */
	during_kb = vmalloc_kb();
	munmap(p, whole);
	line("gone-stop", -session_ask(PKPROF_CMD_STOP, &text), EPERM);
	printf("freed %ld %ld %ld %ld\n", before_kb, during_kb, vmalloc_kb(),
	       (long)session.nr_cpus * session.ring_bytes / 1024);
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	find_family();
	open_device();
	line("before-start", try_map(page, PROT_READ, MAP_SHARED, 0), ENXIO);
	begin("first");
	lengths();
	offsets();
	flags();
	reshaped();
	advices();
	elsewhere();
	dump_core();
	ends();
	return 0;
}
