// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sizes - asks for rings, lists and tables of senseless sizes.
 *
 *	sizes MAX_RING_MB
 *
 * One line each: "NAME GOT WANTED", numbers of errors, 0: none. After each session that did
 * start its end must be 0, too. MAX_RING_MB: rings of so many MB a CPU do not fit in this
 * machine.
 */
#include <sys/resource.h>
#include <sys/mman.h>

#include "session.h"

#define PERIOD_NS 1000000

static int bad;

static void line(const char *name, int got, int wanted)
{
	printf("%s %d %d\n", name, got, wanted);
	bad |= got != wanted;
}

/* START with one attribute more, or a mere other one; STOP if it went well. */
static int start_with(int attr, const void *value, unsigned int bytes)
{
	struct request r = session_request(1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK, PERIOD_NS);
	const char *text;
	int err;

	put(&r, attr, value, bytes);
	err = session_start(&r, &text);
	if (!err && session_ask(PKPROF_CMD_STOP, &text))
		return 1000;
	return -err;
}

static int start_u32(int attr, uint32_t v)
{
	return start_with(attr, &v, sizeof(v));
}

static int start_u64(int attr, uint64_t v)
{
	return start_with(attr, &v, sizeof(v));
}

static void rings(uint32_t max_mb)
{
	line("ring-0", start_u32(PKPROF_A_RING_BYTES, 0), ERANGE);
	line("ring-1", start_u32(PKPROF_A_RING_BYTES, 1), ERANGE);
	line("ring-4095", start_u32(PKPROF_A_RING_BYTES, 4095), ERANGE);
	line("ring-odd", start_u32(PKPROF_A_RING_BYTES, (1u << 20) + 4096), ERANGE);
	line("ring-least", start_u32(PKPROF_A_RING_BYTES, PKPROF_MIN_RING_BYTES), 0);
	line("ring-2^31", start_u32(PKPROF_A_RING_BYTES, 1u << 31), ERANGE);
	line("ring-2^32-1", start_u32(PKPROF_A_RING_BYTES, UINT32_MAX), ERANGE);
	line("ring-2^63", start_u64(PKPROF_A_RING_BYTES, 1ull << 63), EINVAL);
	line("ring-2^32+1M", start_u64(PKPROF_A_RING_BYTES, (1ull << 32) + (1u << 20)), EINVAL);
	line("ring-of-nothing", start_with(PKPROF_A_RING_BYTES, "", 0), EINVAL);
	line("ring-too-large", start_u32(PKPROF_A_RING_BYTES, max_mb << 20), ENOMEM);
}

static void numbers(void)
{
	line("period-0", start_u64(PKPROF_A_PERIOD_NS, 0), ERANGE);
	line("period-1", start_u64(PKPROF_A_PERIOD_NS, 1), ERANGE);
	line("period-2^63", start_u64(PKPROF_A_PERIOD_NS, 1ull << 63), ERANGE);
	line("period-2^64-1", start_u64(PKPROF_A_PERIOD_NS, UINT64_MAX), ERANGE);
	line("kernel-depth", start_u32(PKPROF_A_KERNEL_DEPTH, PKPROF_MAX_DEPTH + 1), ERANGE);
	line("user-depth", start_u32(PKPROF_A_USER_DEPTH, UINT32_MAX), ERANGE);
	line("wait-period", start_u64(PKPROF_A_WAIT_PERIOD_NS, UINT64_MAX), ERANGE);
	line("wait-period-odd", start_u64(PKPROF_A_WAIT_PERIOD_NS, 3), ERANGE);
	line("wait-cap", start_u32(PKPROF_A_WAIT_CAP, UINT32_MAX), 0);
	line("io-cap", start_u32(PKPROF_A_IO_CAP, UINT32_MAX), 0);
	line("sources-all", start_u32(PKPROF_A_SOURCES, UINT32_MAX), EOPNOTSUPP);
}

/* As long as the room in a request is: what is above fails in netlink itself. */
static int start_long(int attr, unsigned int bytes, int fill)
{
	static struct {
		struct request r;
		char more[70000];
	} big;
	const char *text;
	int err;

	big.r = session_request(1u << PKPROF_SRC_CPU, PERIOD_NS);
	if (bytes > sizeof(big.more))
		die("bytes");
	{
		struct nlattr *a = (void *)((char *)&big.r + big.r.head.nlmsg_len);

		a->nla_type = attr;
		a->nla_len = NLA_HDRLEN + bytes;
		memset((char *)a + NLA_HDRLEN, fill, bytes);
		big.r.head.nlmsg_len += NLA_ALIGN(a->nla_len);
	}
	err = session_start(&big.r, &text);
	if (!err && session_ask(PKPROF_CMD_STOP, &text))
		return 1000;
	return -err;
}

static void lists(void)
{
	uint32_t self = getpid();

	line("pids-none", start_with(PKPROF_A_PIDS, "", 0), EINVAL);
	line("pids-cut", start_with(PKPROF_A_PIDS, &self, 3), EINVAL);
	line("pids-one", start_with(PKPROF_A_PIDS, &self, 4), 0);
	line("pids-0", start_with(PKPROF_A_PIDS, &(uint32_t){ 0 }, 4), ESRCH);
	line("pids-2^32-1", start_with(PKPROF_A_PIDS, &(uint32_t){ UINT32_MAX }, 4), ESRCH);
	line("pids-gone", start_long(PKPROF_A_PIDS, PKPROF_MAX_PIDS * 4, 0x7f), ESRCH);
	line("pids-too-many", start_long(PKPROF_A_PIDS, PKPROF_MAX_PIDS * 4 + 4, 0x7f), ERANGE);
	line("pids-64K", start_long(PKPROF_A_PIDS, 65528, 0x7f), ERANGE);
	line("cpus-none", start_with(PKPROF_A_CPUS, "", 0), EINVAL);
	line("cpus-empty", start_with(PKPROF_A_CPUS, "\0\0", 2), EINVAL);
	line("cpus-all", start_long(PKPROF_A_CPUS, 1024, 0xff), EINVAL);
	line("cpus-too-many", start_long(PKPROF_A_CPUS, 1025, 0xff), ERANGE);
}

static int mark_of(unsigned int bytes)
{
	struct request r = request_of(family, PKPROF_CMD_MARK, 0);
	char text[400];
	const char *said;

	memset(text, 'x', sizeof(text));
	put_u64(&r, PKPROF_A_COOKIE, cookie);
	put(&r, PKPROF_A_TEXT, text, bytes);
	return -ask(&r, &said);
}

static int upload(const void *from, size_t bytes)
{
	return write(device, from, bytes) < 0 ? errno : 0;
}

/* Rows: one table has at most 256 MB, and all together what unwind_mb says. */
static void rows(void)
{
	struct pkprof_rows r = { .magic = PKPROF_ROWS_MAGIC, .bytes = sizeof(r), .dev = 1, .ino = 2 };
	char *huge = mmap(NULL, 600ul << 20, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (huge == MAP_FAILED)
		die("mmap");
	line("rows-0", upload(&r, 0), EINVAL);
	line("rows-1", upload(&r, 1), EINVAL);
	line("rows-head", upload(&r, sizeof(r)), EINVAL);
	r.nr_rows = UINT32_MAX;
	r.nr_rules = UINT32_MAX;
	r.nr_pages = UINT32_MAX;
	line("rows-2^32", upload(&r, sizeof(r)), EINVAL);
	memcpy(huge, &r, sizeof(r));
	line("rows-100M", upload(huge, 100ul << 20), ENOSPC);
	line("rows-above", upload(huge, (256ul << 20) + 1), EINVAL);
	line("rows-512M", upload(huge, 512ul << 20), EINVAL);
	line("rows-unmapped", upload((void *)8, 4096), EFAULT);
	line("rows-kernel", upload((void *)0xffff888000000000ul, 4096), EFAULT);
	munmap(huge, 600ul << 20);
}

static int read_of(size_t bytes)
{
	int fd = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
	char hello[64];
	int err = fd < 0 || read(fd, hello, bytes) < 0 ? errno : 0;

	close(fd);
	return err;
}

/* Rings are the kernel's memory: no limit of this process is about them. */
static void limits(void)
{
	const struct rlimit few = { 65536, 65536 };
	struct request r = session_request(1u << PKPROF_SRC_CPU, PERIOD_NS);
	const char *text;

	setrlimit(RLIMIT_MEMLOCK, &few);
	line("memlock-start", -session_start(&r, &text), 0);
	line("memlock-map", -session_map(), 0);
	rows();
	line("mark-0", mark_of(0), ERANGE);
	line("mark-most", mark_of(PKPROF_MAX_TEXT), 0);
	line("mark-more", mark_of(PKPROF_MAX_TEXT + 1), ERANGE);
	line("memlock-stop", -session_ask(PKPROF_CMD_STOP, &text), 0);
	line("rows-stopped", upload(&r, sizeof(r)), EINVAL);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: sizes MAX_RING_MB\n");
		return 2;
	}
	find_family();
	open_device();
	line("read-0", read_of(0), EINVAL);
	line("read-15", read_of(15), EINVAL);
	line("read-16", read_of(16), 0);
	rings(atoi(argv[1]));
	numbers();
	lists();
	limits();
	return bad;
}
