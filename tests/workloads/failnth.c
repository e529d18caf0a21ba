// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failnth - each way into the module with the Nth allocation or copy failing, N = 1, 2, ...
 *
 *	failnth MODULE.ko [DENSE]
 *
 * On a kernel with fault injection. For each way in: /proc/self/fail-nth is set to N, it is
 * tried, and what came of it has to be success or one of the errors of memory that is short;
 * then, without injection, it is tried again and has to succeed; then nothing may be left but
 * what was there before: references to the module, probes of the kernel. Until N was not
 * reached any more. DENSE: so many N are tried one by one, beyond them with growing steps
 * (default: all). One line each:
 *
 *	NAME TRIED INJECTED LAST_N ERRORS
 *
 * and "bad NAME N WHAT" for what must not be. Numbers of errors with how often they came:
 * 12:31,14:2. The exit code is 1 if something was bad.
 */
#include <poll.h>
#include <sys/syscall.h>

#include "session.h"

#define FAIL_NTH  "/proc/self/fail-nth"
#define KPROBES	  "/sys/kernel/debug/kprobes/list"
#define WAIT_S	  20
#define MAX_N	  20000
#define PERIOD_NS 1000000

static const char *module_path;
static unsigned long dense = MAX_N;
static int fail_fd = -1, module_fd, bad;
static unsigned long probes_before;

/* --- injection ----------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* Without these only what may not sleep could fail, and each failure was printed. */
static void prepare_injection(void)
{
	write_text("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_text("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	write_text("/sys/kernel/debug/failslab/verbose", "0");
	write_text("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_text("/sys/kernel/debug/fail_usercopy/verbose", "0");
	fail_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (fail_fd < 0)
		die(FAIL_NTH);
}

static void arm(unsigned long n)
{
	char text[24];
	int bytes = snprintf(text, sizeof(text), "%lu", n);

	if (pwrite(fail_fd, text, bytes, 0) < 0)
		die(FAIL_NTH);
}

/* Whether it was injected; nothing is any more. */
static int disarm(void)
{
	char text[24] = "";
	long left;

	/* the reading itself may be what fails */
	if (pread(fail_fd, text, sizeof(text) - 1, 0) <= 0 &&
	    pread(fail_fd, text, sizeof(text) - 1, 0) <= 0)
		die(FAIL_NTH);
	left = atol(text);
	if (pwrite(fail_fd, "0", 1, 0) < 0 && pwrite(fail_fd, "0", 1, 0) < 0)
		die(FAIL_NTH);
	return left == 0;
}

/* --- what is left -------------------------------------------------------------- */

/* Lines, since addresses alone say no more. */
static unsigned long count_probes(void)
{
	FILE *f = fopen(KPROBES, "re");
	unsigned long lines = 0;
	int c;

	if (!f)
		die(KPROBES);
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

/* -1: it is not loaded. Closing of a file goes on for a moment after close(). */
static int references(void)
{
	FILE *f = fopen("/sys/module/pkprof/refcnt", "re");
	int n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%d", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static int settles(int wanted)
{
	for (int i = 0; i < 100; i++) {
		if (references() == wanted && count_probes() == probes_before)
			return 1;
		usleep(50000);
	}
	return 0;
}

/* --- requests ------------------------------------------------------------------ */

static int open_socket(void)
{
	const struct timeval limit = { .tv_sec = WAIT_S };
	int s = connect_netlink();

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return s;
}

/* As ask(), but that send() may fail. */
static int try_request(int s, const struct request *r)
{
	uint64_t bytes = 0, nr = 0;
	const char *text;

	if (send(s, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	return finish(s, &text, &bytes, 0, &nr);
}

static struct request start_request(void)
{
	struct request r = session_request(session.sources & ~(1u << PKPROF_SRC_PMU), PERIOD_NS);

	put_u32(&r, PKPROF_A_RING_BYTES, PKPROF_MIN_RING_BYTES);
	return r;
}

static struct request plain_request(int cmd)
{
	struct request r = request_of(family, cmd, 0);

	put_u64(&r, PKPROF_A_COOKIE, cookie);
	if (cmd == PKPROF_CMD_MARK)
		put(&r, PKPROF_A_TEXT, "here", 4);
	if (cmd == PKPROF_CMD_WATCH)
		put_u32(&r, PKPROF_A_SOURCES,
			1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP | 1u << PKPROF_SRC_VFS);
	return r;
}

static struct request dump_request(int cmd)
{
	struct request r = request_of(family, cmd, NLM_F_DUMP);

	if (cmd == PKPROF_CMD_LEDGER)
		put_u64(&r, PKPROF_A_COOKIE, cookie);
	return r;
}

/* --- the ways in --------------------------------------------------------------- */

static int fd = -1; /* of the way in that is tried */
static void *map = MAP_FAILED;
static int sock = -1;
static struct request req;

static void close_all(void)
{
	if (map != MAP_FAILED)
		munmap(map, sysconf(_SC_PAGESIZE));
	map = MAP_FAILED;
	if (fd >= 0)
		close(fd);
	fd = -1;
	if (sock >= 0)
		close(sock);
	sock = -1;
}

static int sure(const char *what, int err)
{
	if (err) {
		fprintf(stderr, "%s: %s\n", what, strerror(-err));
		exit(2);
	}
	return err;
}

static void session_begin(void)
{
	struct request r;
	const char *text;

	open_device();
	r = start_request();
	sure("START", session_start(&r, &text));
}

static void session_end(void)
{
	session_unmap();
	close(device);
	device = -1;
}

static void with_device(void)
{
	open_device();
}

static void with_watch(void)
{
	struct request r;
	const char *text;

	open_device();
	r = plain_request(PKPROF_CMD_WATCH);
	sure("WATCH", ask(&r, &text));
}

static int do_insmod(void)
{
	return syscall(SYS_finit_module, module_fd, "", 0) ? -errno : 0;
}

static int do_rmmod(void)
{
	return syscall(SYS_delete_module, "pkprof", O_NONBLOCK) ? -errno : 0;
}

static int do_open(void)
{
	fd = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : 0;
}

static int do_read(void)
{
	struct pkprof_hello hello;

	return pread(fd, &hello, sizeof(hello), 0) < 0 ? -errno : 0;
}

static int do_mmap(void)
{
	map = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	return map == MAP_FAILED ? -errno : 0;
}

static int do_poll(void)
{
	struct pollfd p = { .fd = device, .events = POLLIN };

	return poll(&p, 1, 0) < 0 ? -errno : 0;
}

/* Rows that pass all checks, of a file that nobody has. */
static int do_write(void)
{
	static uint64_t ino = 1;
	struct {
		struct pkprof_rows head;
		struct pkprof_rule rule;
		uint32_t page[2];
		struct pkprof_row row;
	} __attribute__((packed)) t = {
		.head = { .magic = PKPROF_ROWS_MAGIC,
			  .bytes = sizeof(t),
			  .dev = 1,
			  .ino = ino++,
			  .nr_rules = 1,
			  .nr_pages = 1,
			  .nr_rows = 1 },
		.rule = { .kind = PKPROF_RULE_GAP },
		.page = { 0, 1 },
	};

	return write(device, &t, sizeof(t)) < 0 ? -errno : 0;
}

static int do_request(void)
{
	return try_request(sock, &req);
}

/* Closing a session's descriptor cannot fail, whatever the memory. */
static int do_close(void)
{
	int err = close(device) ? -errno : 0;

	device = -1;
	return err;
}

/**
 * struct way - a way in
 * @begin, @end:	around each try, without injection; may be NULL
 * @cmd, @dump:		what @run = do_request asks for
 * @run:		the try; 0 or -errno
 * @loads:		it is about the module being there: what it leaves is not compared
 */
static const struct way {
	const char *name;
	void (*begin)(void), (*end)(void);
	int (*run)(void);
	int cmd, dump, loads;
} ways[] = {
	{ .name = "insmod", .run = do_insmod, .loads = 1 },
	{ .name = "rmmod", .run = do_rmmod, .loads = 1 },
	{ .name = "open", .run = do_open },
	{ .name = "read", .begin = (void (*)(void))do_open, .run = do_read },
	{ .name = "info", .run = do_request, .cmd = PKPROF_CMD_INFO },
	{ .name = "status", .run = do_request, .cmd = PKPROF_CMD_STATUS },
	{ .name = "start",
	  .begin = with_device,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_START },
	{ .name = "mmap", .begin = session_begin, .end = session_end, .run = do_mmap },
	{ .name = "poll", .begin = session_begin, .end = session_end, .run = do_poll },
	{ .name = "write", .begin = session_begin, .end = session_end, .run = do_write },
	{ .name = "mark",
	  .begin = session_begin,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_MARK },
	{ .name = "counters",
	  .begin = session_begin,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_STATUS,
	  .dump = 1 },
	{ .name = "stop",
	  .begin = session_begin,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_STOP },
	{ .name = "close", .begin = session_begin, .run = do_close },
	{ .name = "watch",
	  .begin = with_device,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_WATCH },
	{ .name = "ledger",
	  .begin = with_watch,
	  .end = session_end,
	  .run = do_request,
	  .cmd = PKPROF_CMD_LEDGER,
	  .dump = 1 },
};

static void report_bad(const struct way *way, unsigned long n, const char *what, int err)
{
	printf("bad %s %lu %s %d\n", way->name, n, what, -err);
	bad = 1;
}

/* Memory that is short has these; a copy to or from the caller that fails has EFAULT. */
static int is_allowed(int err)
{
	return !err || err == -ENOMEM || err == -ENOBUFS || err == -EFAULT;
}

static void prepare_request(const struct way *way)
{
	if (way->run != do_request)
		return;
	sock = open_socket();
	if (way->cmd == PKPROF_CMD_START)
		req = start_request();
	else if (way->dump || way->cmd == PKPROF_CMD_INFO || way->cmd == PKPROF_CMD_STATUS)
		req = dump_request(way->cmd);
	else
		req = plain_request(way->cmd);
	if (!way->dump)
		req.head.nlmsg_flags &= ~NLM_F_DUMP;
}

/* One try without injection, after one that failed: 0 or -errno. */
static int again(const struct way *way)
{
	const char *text;
	int err;

	/* what failed on the way back may have been done */
	if (way->cmd == PKPROF_CMD_START)
		session_ask(PKPROF_CMD_STOP, &text);
	if (way->loads && references() >= 0 && way->run == do_insmod)
		return 0;
	if (way->run == do_rmmod && references() < 0)
		return 0;
	if (sock >= 0)
		close(sock);
	sock = -1;
	prepare_request(way);
	err = way->run();
	return err;
}

/* What the module's own state has to be before the next try. */
static void restore(const struct way *way)
{
	if (way->run == do_insmod && references() >= 0)
		sure("rmmod", do_rmmod());
	if (way->run == do_rmmod && references() < 0)
		sure("insmod", do_insmod());
}

static void count_error(unsigned int *errors, int err)
{
	if (err <= 0 && err > -256)
		errors[-err]++;
}

/* Return: whether the Nth was reached. */
static int try_one(const struct way *way, unsigned long n, unsigned int *errors)
{
	int err, injected;

	if (way->begin)
		way->begin();
	prepare_request(way);
	arm(n);
	err = way->run();
	injected = disarm();
	count_error(errors, err);
	if (injected ? !is_allowed(err) : err != 0)
		report_bad(way, n, injected ? "errno" : "errno-without-injection", err);
	if (err) {
		int second = again(way);

		if (second)
			report_bad(way, n, "retry", second);
	}
	close_all();
	if (way->end)
		way->end();
	restore(way);
	if (!way->loads && !settles(0))
		report_bad(way, n, "left", -references());
	if (way->run == do_insmod && !settles(-1))
		report_bad(way, n, "left", -references());
	return injected;
}

static void try_way(const struct way *way)
{
	unsigned int errors[256] = { 0 };
	unsigned long n = 1, last = 0, tried = 0, injected = 0;

	for (; n < MAX_N; n += n < dense ? 1 : 1 + n / dense) {
		tried++;
		if (!try_one(way, n, errors))
			break;
		injected++;
		last = n;
	}
	if (n >= MAX_N)
		report_bad(way, n, "no-end", 0);
	printf("%s %lu %lu %lu ", way->name, tried, injected, last);
	for (int err = 0; err < 256; err++) {
		if (errors[err])
			printf("%d:%u,", err, errors[err]);
	}
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: failnth MODULE.ko [DENSE]\n");
		return 2;
	}
	module_path = argv[1];
	if (argc == 3)
		dense = strtoul(argv[2], NULL, 10);
	module_fd = open(module_path, O_RDONLY | O_CLOEXEC);
	if (module_fd < 0)
		die(module_path);
	prepare_injection();
	probes_before = count_probes();
	try_way(&ways[0]);
	sure("insmod", do_insmod());
	find_family();
	session_sources();
	for (unsigned int i = 1; i < sizeof(ways) / sizeof(ways[0]); i++)
		try_way(&ways[i]);
	sure("rmmod", do_rmmod());
	return bad;
}
