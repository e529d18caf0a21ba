// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * callfuzz - random calls of the module, with the structure that its contract has.
 *
 *	callfuzz CALLS SEED
 *
 * Requests of the family with attributes that are right, of wrong length or value, twice, cut,
 * nested, unknown, with lengths of 0 to 3; and read, write, mmap, munmap, mprotect, poll, ioctl,
 * lseek and others of the device with any sizes, offsets and pointers. The calls follow from SEED
 * alone. Meanwhile a second thread changes what is handed over. Prints
 *
 *	calls N, requests N, starts N
 *	errno KIND ERRNO TIMES		KIND: request, dump or the name of a call
 *	held ERRNO			of a write() whose pages came only after STOP
 *	bad KIND ERRNO CALL		an error that is not in the contract, or of no use there
 *
 * The exit code is 1 if something was bad. Sessions that began are ended.
 */
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "session.h"

#define SHARED_BYTES 65536
#define MAX_MAPS     16
#define NR_ERRNO     134

enum kind {
	REQUEST,
	DUMP,
	READ,
	WRITE,
	MMAP,
	MPROTECT,
	MUNMAP,
	POLL,
	IOCTL,
	LSEEK,
	OPEN,
	OTHER,
	NR_KINDS
};

static const char *const kind_names[NR_KINDS] = {
	"request", "dump", "read",  "write", "mmap", "mprotect",
	"munmap",  "poll", "ioctl", "lseek", "open", "other",
};

/* What the contract has, and what the kernel says before the module is asked; by kind. */
static const unsigned char allowed[NR_KINDS][24] = {
	[REQUEST] = { EINVAL, ERANGE, EPERM, ENOENT, EBUSY, EOPNOTSUPP, EPROTO, ESRCH, ENOMEM,
		      ENOBUFS, EMSGSIZE },
	[DUMP] = { EINVAL, ERANGE, EPERM, ENOENT, EOPNOTSUPP, ENOMEM, EMSGSIZE, EBUSY, EPROTO,
		   ESRCH, ENOBUFS },
	[READ] = { EINVAL, EFAULT },
	[WRITE] = { EINVAL, EBADF, EFAULT, ENXIO, ENOSPC, ENOMEM, EEXIST },
	[MMAP] = { EINVAL, EACCES, ENXIO, ENOMEM, EOVERFLOW, EPERM },
	[MPROTECT] = { EACCES, EINVAL, ENOMEM },
	[MUNMAP] = { EINVAL },
	[POLL] = { EINVAL, EFAULT },
	[IOCTL] = { ENOTTY, EFAULT, EINVAL, EPERM, EOPNOTSUPP, EBADF },
	[LSEEK] = { ESPIPE, EINVAL },
	[OPEN] = { ENOMEM, EMFILE, ENFILE, EINVAL, ENOTDIR, EEXIST },
	[OTHER] = { EINVAL, EFAULT, ESPIPE, ENODEV, EBADF, EPERM, EOPNOTSUPP, ENOTTY, EAGAIN,
		    ENOMEM },
};

static uint64_t random_state;
static unsigned long errors[NR_KINDS][NR_ERRNO], call_nr, nr_starts;
static unsigned char *shared; /* what both threads write to */
static void *maps[MAX_MAPS];
static size_t map_bytes[MAX_MAPS];
static int stop_scribbling, netlink, bad;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t below(uint64_t n)
{
	return n ? random_next() % n : 0;
}

static int one_in(unsigned int n)
{
	return below(n) == 0;
}

/* Numbers at the ends of what there is. */
static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
		0,
		1,
		2,
		3,
		7,
		8,
		15,
		16,
		64,
		255,
		256,
		257,
		4095,
		4096,
		4097,
		65535,
		65536,
		1u << 20,
		INT32_MAX,
		1ull << 31,
		UINT32_MAX,
		1ull << 32,
		(1ull << 32) + 4096,
		1ull << 52,
		INT64_MAX,
		1ull << 63,
		UINT64_MAX - 4095,
		UINT64_MAX - 1,
		UINT64_MAX,
	};

	return one_in(4) ? random_next() >> below(64) : odd[below(sizeof(odd) / sizeof(odd[0]))];
}

/* Somewhere that can be read, cannot be written, is not there, or is not ours. */
static void *odd_pointer(void)
{
	switch (below(10)) {
	case 0:
		return NULL;
	case 1:
		return (void *)1;
	case 2:
		return (void *)0xffff888000000000ul;
	case 3:
		return (void *)0xffffffff81000000ul;
	case 4:
		return (void *)0x7ffffffffff8ul;
	case 5:
		return (void *)(uintptr_t) "only to be read";
	case 6:
		return shared + SHARED_BYTES - below(64); /* its end is not there any more */
	default:
		return shared + below(256);
	}
}

static void came(enum kind kind, int err)
{
	if (err < 0)
		err = -err;
	if (err < NR_ERRNO)
		errors[kind][err]++;
	if (!err || (err < 256 && memchr(allowed[kind], err, sizeof(allowed[kind]))))
		return;
	printf("bad %s %d %lu\n", kind_names[kind], err, call_nr);
	bad = 1;
}

/* What the second thread does, until it is told to stop: any byte of the first pages. */
static void *scribble(void *unused)
{
	uint64_t state = 88172645463325252ull;

	(void)unused;
	while (!__atomic_load_n(&stop_scribbling, __ATOMIC_RELAXED)) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		shared[state % 1024] = state >> 32;
		if (state % 64 == 0)
			usleep(100);
	}
	return NULL;
}

/* --- requests ------------------------------------------------------------------ */

static const unsigned char attr_bytes[PKPROF_A_MAX + 1] = {
	[PKPROF_A_ABI] = 4,	   [PKPROF_A_COOKIE] = 8,	  [PKPROF_A_SOURCES] = 4,
	[PKPROF_A_PERIOD_NS] = 8,  [PKPROF_A_RING_BYTES] = 4,	  [PKPROF_A_KERNEL_DEPTH] = 4,
	[PKPROF_A_USER_DEPTH] = 4, [PKPROF_A_WAIT_PERIOD_NS] = 8, [PKPROF_A_WAIT_CAP] = 4,
	[PKPROF_A_OPTIONAL] = 4,   [PKPROF_A_IO_CAP] = 4,	  [PKPROF_A_BUDGET_PPM] = 4,
	[PKPROF_A_EPOCH_NS] = 8,   [PKPROF_A_LEDGER_WHAT] = 4,
};

static struct {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attrs[16384];
} message;

/* A value that would do. */
static uint64_t good_value(int type)
{
	switch (type) {
	case PKPROF_A_ABI:
		return PKPROF_ABI;
	case PKPROF_A_COOKIE:
		return cookie;
	case PKPROF_A_SOURCES:
		return session.sources & ~(1u << PKPROF_SRC_PMU) &
		       (one_in(2) ? UINT32_MAX : random_next());
	case PKPROF_A_PERIOD_NS:
		return 1000000 + below(10000000);
	case PKPROF_A_RING_BYTES:
		return PKPROF_MIN_RING_BYTES << below(3);
	case PKPROF_A_KERNEL_DEPTH:
	case PKPROF_A_USER_DEPTH:
		return below(PKPROF_MAX_DEPTH + 1);
	case PKPROF_A_WAIT_PERIOD_NS:
		return 1ull << below(37);
	case PKPROF_A_OPTIONAL:
		return UINT32_MAX;
	case PKPROF_A_BUDGET_PPM:
		return below(1000001);
	case PKPROF_A_LEDGER_WHAT:
		return below(1 << 10);
	default:
		return below(1000);
	}
}

static size_t room_left(void)
{
	return sizeof(message) - 64 - message.head.nlmsg_len;
}

/* Puts one; @len is what its head says, @bytes what it takes. */
static void put_raw(int type, const void *data, size_t bytes, unsigned int len)
{
	struct nlattr *a = (void *)((char *)&message + message.head.nlmsg_len);

	if (NLA_ALIGN(NLA_HDRLEN + bytes) > room_left())
		return;
	a->nla_type = type;
	a->nla_len = len;
	memcpy((char *)a + NLA_HDRLEN, data, bytes);
	message.head.nlmsg_len += NLA_ALIGN(NLA_HDRLEN + bytes);
}

static void put_good(int type)
{
	uint64_t v = good_value(type);
	unsigned int bytes = attr_bytes[type] ? attr_bytes[type] : 8;
	uint32_t pid = getpid();

	if (type == PKPROF_A_TEXT)
		put_raw(type, "a mark", below(7), NLA_HDRLEN + below(7));
	else if (type == PKPROF_A_PIDS)
		put_raw(type, &pid, 4, NLA_HDRLEN + 4);
	else if (type == PKPROF_A_CPUS)
		put_raw(type, "\3", 1, NLA_HDRLEN + 1);
	else
		put_raw(type, &v, bytes, NLA_HDRLEN + bytes);
}

/* As deep as messages let one. */
static void put_nested(int type)
{
	static char deep[64 * NLA_HDRLEN];

	for (unsigned int i = 0; i < 64; i++) {
		struct nlattr *a = (void *)(deep + i * NLA_HDRLEN);

		a->nla_type = type | NLA_F_NESTED;
		a->nla_len = (64 - i) * NLA_HDRLEN;
	}
	put_raw(type | NLA_F_NESTED, deep, sizeof(deep), NLA_HDRLEN + sizeof(deep));
}

static void put_odd(int type)
{
	static char noise[4096];
	uint64_t v = odd_number();
	size_t bytes = one_in(4) ? below(sizeof(noise)) : attr_bytes[type % (PKPROF_A_MAX + 1)];

	for (size_t i = 0; i < bytes; i += 8) {
		uint64_t word = random_next();

		memcpy(noise + i, &word, i + 8 <= sizeof(noise) ? 8 : sizeof(noise) - i);
	}
	switch (below(6)) {
	case 0:
		put_raw(type, &v, bytes <= 8 ? bytes : 8, NLA_HDRLEN + (bytes <= 8 ? bytes : 8));
		break;
	case 1:
		put_raw(type, noise, bytes, NLA_HDRLEN + bytes);
		break;
	case 2:
		put_raw(type, noise, 8, below(4));
		break;
	case 3:
		put_raw(type, noise, 4, odd_number());
		break;
	case 4:
		put_nested(type);
		break;
	default:
		put_raw(type | NLA_F_NET_BYTEORDER, &v, 8, NLA_HDRLEN + 8);
	}
}

static const unsigned char needed[PKPROF_CMD_MAX + 1][5] = {
	[PKPROF_CMD_START] = { PKPROF_A_ABI, PKPROF_A_COOKIE, PKPROF_A_SOURCES, PKPROF_A_PERIOD_NS,
			       PKPROF_A_RING_BYTES },
	[PKPROF_CMD_STOP] = { PKPROF_A_COOKIE },
	[PKPROF_CMD_MARK] = { PKPROF_A_COOKIE, PKPROF_A_TEXT },
	[PKPROF_CMD_WATCH] = { PKPROF_A_COOKIE, PKPROF_A_SOURCES },
	[PKPROF_CMD_LEDGER] = { PKPROF_A_COOKIE, PKPROF_A_LEDGER_WHAT },
};

static void compose(int cmd)
{
	/* half of them are as they should be: else few would get beyond the first look */
	int right = one_in(2);
	unsigned int more = right ? 0 : below(4);

	message.head = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
					  .nlmsg_type = family,
					  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
					  .nlmsg_seq = call_nr };
	message.genl = (struct genlmsghdr){ .cmd = cmd, .version = one_in(50) ? below(256) : 1 };
	for (int i = 0; cmd <= PKPROF_CMD_MAX && i < 5 && needed[cmd][i]; i++) {
		if (!right && one_in(12))
			continue;
		if (!right && one_in(10))
			put_odd(needed[cmd][i]);
		else
			put_good(needed[cmd][i]);
	}
	while (more--) {
		int type = one_in(8) ? (int)below(300) : 1 + (int)below(PKPROF_A_MAX);

		if (one_in(2) && type <= PKPROF_A_MAX)
			put_good(type);
		else
			put_odd(type);
	}
}

/* All that comes until the socket has nothing more to say; the last error of it. */
static int hear_all(int *done_ret)
{
	int err = 0;

	for (;;) {
		ssize_t n = recv(netlink, buffer, BUFFER_BYTES, 0);

		if (n < 0)
			return errno == EAGAIN ? err : -errno;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != NLMSG_DONE)
				continue;
			memcpy(&err, NLMSG_DATA(h), sizeof(err));
			*done_ret = 1;
			return err;
		}
	}
}

static void socket_again(void)
{
	/* all of an answer is there when send() is back */
	const struct timeval limit = { .tv_usec = 100000 };

	close(netlink);
	netlink = connect_netlink();
	setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Sessions are dear: few requests to START are as they should be. */
static int random_cmd(void)
{
	static const unsigned char often[] = { PKPROF_CMD_INFO,	  PKPROF_CMD_STOP,
					       PKPROF_CMD_MARK,	  PKPROF_CMD_STATUS,
					       PKPROF_CMD_LEDGER, PKPROF_CMD_MARK,
					       PKPROF_CMD_STATUS };

	if (one_in(40))
		return below(256);
	if (one_in(120))
		return PKPROF_CMD_START;
	if (one_in(150))
		return PKPROF_CMD_WATCH;
	return often[below(sizeof(often))];
}

static void fuzz_request(void)
{
	int cmd = random_cmd(), is_dump = 0, done = 0, err;
	size_t bytes;

	compose(cmd);
	if (cmd == PKPROF_CMD_LEDGER || one_in(8)) {
		message.head.nlmsg_flags |= NLM_F_DUMP;
		is_dump = 1;
	}
	bytes = message.head.nlmsg_len;
	if (one_in(40))
		message.head.nlmsg_len = odd_number();
	if (one_in(40))
		bytes -= below(bytes - NLMSG_HDRLEN);
	if (one_in(40))
		((char *)&message)[NLMSG_HDRLEN + below(bytes - NLMSG_HDRLEN)] ^= 1 << below(8);
	/* the second thread's, while it is copied */
	if (one_in(4) && bytes <= 1024) {
		memcpy(shared, &message, bytes);
		((struct nlmsghdr *)shared)->nlmsg_type = family;
		err = send(netlink, shared, bytes, 0) < 0 ? -errno : 0;
	} else {
		err = send(netlink, &message, bytes, 0) < 0 ? -errno : 0;
	}
	if (err) {
		came(is_dump ? DUMP : REQUEST, err);
		return;
	}
	/* whose length is wrong is answered by nobody */
	if (message.head.nlmsg_len > bytes || message.head.nlmsg_len < NLMSG_HDRLEN || one_in(50)) {
		socket_again();
		return;
	}
	err = hear_all(&done);
	came(is_dump ? DUMP : REQUEST, err);
	if (!done)
		socket_again();
	nr_starts += cmd == PKPROF_CMD_START && !err;
}

/* --- the device ---------------------------------------------------------------- */

static void fuzz_write(void)
{
	struct pkprof_rows *r = (void *)shared;
	size_t bytes = one_in(3) ? odd_number() : below(4096);

	if (one_in(2)) {
		*r = (struct pkprof_rows){ .magic = PKPROF_ROWS_MAGIC,
					   .bytes = bytes,
					   .dev = below(4),
					   .ino = below(64),
					   .nr_rules = below(8),
					   .nr_pages = below(4),
					   .nr_rows = below(64) };
		came(WRITE, write(device, shared, bytes > SHARED_BYTES ? SHARED_BYTES : bytes) < 0
				    ? errno
				    : 0);
		return;
	}
	came(WRITE, write(device, odd_pointer(), bytes) < 0 ? errno : 0);
}

static void fuzz_mmap(void)
{
	const long page = sysconf(_SC_PAGESIZE);
	unsigned int slot = below(MAX_MAPS);
	size_t bytes = one_in(3) ? odd_number() : (size_t)page * (1 + below(32));
	off_t at = one_in(3) ? (off_t)(odd_number() & ~4095ull)
			     : (off_t)(below(3) * (session.stride ? session.stride : 69632) +
				       below(2) * page);
	int prot = one_in(4) ? (int)below(8) : one_in(2) ? PROT_READ : PROT_READ | PROT_WRITE;
	int flags = one_in(5) ? MAP_PRIVATE : MAP_SHARED;

	if (one_in(3))
		bytes = at % (session.stride ? session.stride : 69632)
				? page + PKPROF_MIN_RING_BYTES
				: page;
	if (maps[slot]) {
		munmap(maps[slot], map_bytes[slot]);
		maps[slot] = NULL;
	}
	if (one_in(4))
		flags |= one_in(2) ? MAP_POPULATE : MAP_LOCKED;
	maps[slot] = mmap(NULL, bytes, prot, flags, device, at);
	came(MMAP, maps[slot] == MAP_FAILED ? errno == EAGAIN ? ENOMEM : errno : 0);
	if (maps[slot] == MAP_FAILED) {
		maps[slot] = NULL;
		return;
	}
	map_bytes[slot] = bytes;
	/* what may be read is there, what may be written too */
	if (prot & PROT_READ)
		(void)*(volatile char *)maps[slot];
	if ((prot & PROT_WRITE) && (flags & MAP_SHARED))
		*(volatile uint64_t *)maps[slot] = odd_number();
}

static void fuzz_map_of_ours(void)
{
	unsigned int slot = below(MAX_MAPS);
	size_t page = sysconf(_SC_PAGESIZE);

	if (!maps[slot])
		return;
	if (one_in(2)) {
		came(MPROTECT, mprotect(maps[slot], page, below(8)) ? errno : 0);
		return;
	}
	came(MUNMAP,
	     munmap((char *)maps[slot] + (map_bytes[slot] > page ? page : 0), page) ? errno : 0);
	munmap(maps[slot], map_bytes[slot]);
	maps[slot] = NULL;
}

static void fuzz_other(void)
{
	struct iovec v = { odd_pointer(), below(8192) };
	loff_t at = odd_number();

	switch (below(8)) {
	case 0:
		came(OTHER, pread(device, odd_pointer(), below(64), at) < 0 ? errno : 0);
		break;
	case 1:
		came(OTHER, readv(device, &v, 1) < 0 ? errno : 0);
		break;
	case 2:
		came(OTHER, writev(device, &v, 1) < 0
				    ? errno == ENXIO || errno == ENOSPC ? EINVAL : errno
				    : 0);
		break;
	case 3:
		came(OTHER, ftruncate(device, odd_number()) ? errno : 0);
		break;
	case 4:
		came(OTHER, fsync(device) ? errno : 0);
		break;
	case 5:
		came(OTHER, fcntl(device, F_SETFL, below(2) ? O_NONBLOCK : 0) < 0 ? errno : 0);
		break;
	case 6:
		came(OTHER, posix_fallocate(device, 0, 4096));
		break;
	default:
		came(OTHER, splice(device, NULL, netlink, NULL, 4096, 0) < 0 ? errno : 0);
	}
}

/* The descriptor goes with its session, mappings or not, and another one comes. */
static void fuzz_open(void)
{
	struct pkprof_hello hello;
	int fd = open(PKPROF_DEVICE, (one_in(2) ? O_RDWR : (int)below(4)) | O_CLOEXEC |
					     (one_in(8) ? O_NONBLOCK : 0));

	came(OPEN, fd < 0 ? errno : 0);
	if (fd < 0)
		return;
	if (read(fd, &hello, sizeof(hello)) != sizeof(hello)) {
		close(fd);
		return;
	}
	close(device);
	device = fd;
	cookie = hello.cookie;
}

static void fuzz_device(void)
{
	struct pollfd p = { .fd = device, .events = POLLIN };

	switch (below(10)) {
	case 0:
		came(READ, read(device, odd_pointer(), below(64)) < 0 ? errno : 0);
		break;
	case 1:
	case 2:
		fuzz_write();
		break;
	case 3:
	case 4:
		fuzz_mmap();
		break;
	case 5:
		fuzz_map_of_ours();
		break;
	case 6:
		came(POLL, poll(one_in(4) ? odd_pointer() : &p, 1, 0) < 0 ? errno : 0);
		break;
	case 7:
		/* not those that the kernel itself has for every file */
		came(IOCTL, ioctl(device, 0x5000 | (random_next() & 0xffff0fffu), odd_pointer()) < 0
				    ? errno
				    : 0);
		break;
	case 8:
		came(LSEEK, lseek(device, odd_number(), below(6)) < 0 ? errno : 0);
		break;
	default:
		one_in(20) ? fuzz_open() : fuzz_other();
	}
}

/* --- a copy that waits --------------------------------------------------------- */

static void *write_held(void *page)
{
	long n = write(device, page, 4096);

	return (void *)(intptr_t)(n < 0 ? errno : 0);
}

/* write() is in the middle of its copy when the session is stopped. */
static void hold_copy(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage zero;
	struct request r = session_request(session.sources, 1000000);
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffd_msg m;
	pthread_t writer;
	const char *text;
	void *err;

	if (uffd < 0 || page == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api))
		die("userfaultfd");
	reg.range.start = (uintptr_t)page;
	reg.range.len = 4096;
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	session_ask(PKPROF_CMD_STOP, &text);
	if (session_start(&r, &text))
		die("START");
	if (pthread_create(&writer, NULL, write_held, page) ||
	    read(uffd, &m, sizeof(m)) != sizeof(m))
		die("userfaultfd event");
	if (session_ask(PKPROF_CMD_STOP, &text)) {
		printf("bad held-stop 0 %lu\n", call_nr);
		bad = 1;
	}
	sleep(2);
	zero = (struct uffdio_zeropage){ .range = reg.range };
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
	pthread_join(writer, &err);
	printf("held %d\n", (int)(intptr_t)err);
	if ((intptr_t)err != EINVAL) {
		printf("bad held %d %lu\n", (int)(intptr_t)err, call_nr);
		bad = 1;
	}
	close(uffd);
}

int main(int argc, char **argv)
{
	unsigned long calls, requests = 0;
	pthread_t scribbler;
	const char *text;

	if (argc != 3) {
		fprintf(stderr, "usage: callfuzz CALLS SEED\n");
		return 2;
	}
	calls = strtoul(argv[1], NULL, 10);
	random_state = (strtoull(argv[2], NULL, 10) + 1) * 0x9e3779b97f4a7c15ull;
	shared = mmap(NULL, SHARED_BYTES + 4096, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || mprotect(shared + SHARED_BYTES, 4096, PROT_NONE))
		die("mmap");
	find_family();
	session_sources();
	session.sources &= ~(1u << PKPROF_SRC_PMU);
	open_device();
	netlink = -1;
	socket_again();
	hold_copy();
	if (pthread_create(&scribbler, NULL, scribble, NULL))
		die("thread");
	for (call_nr = 0; call_nr < calls; call_nr++) {
		if (one_in(3)) {
			fuzz_device();
		} else {
			requests++;
			fuzz_request();
		}
	}
	__atomic_store_n(&stop_scribbling, 1, __ATOMIC_RELAXED);
	pthread_join(scribbler, NULL);
	for (unsigned int i = 0; i < MAX_MAPS; i++) {
		if (maps[i])
			munmap(maps[i], map_bytes[i]);
	}
	session_ask(PKPROF_CMD_STOP, &text);
	close(device);
	printf("calls %lu\nrequests %lu\nstarts %lu\n", call_nr, requests, nr_starts);
	for (int kind = 0; kind < NR_KINDS; kind++) {
		for (int err = 0; err < NR_ERRNO; err++) {
			if (errors[kind][err])
				printf("errno %s %d %lu\n", kind_names[kind], err,
				       errors[kind][err]);
		}
	}
	return bad;
}
