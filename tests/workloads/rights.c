// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rights - who may do what: tries each way into the module as somebody.
 *
 *	rights IDENTITY | --list | --late | --keep
 *
 * Run by root. Gives the device to a group, becomes IDENTITY (a row of the table below) in
 * a child, and prints one line: IDENTITY and what came of each entry, in the order of the
 * table in pkprof(4): "ok", "acc" (EACCES), "perm" (EPERM), "busy" (EAGAIN), "-" where there
 * is no descriptor or no session to try it on, else the number of the error. The last one is
 * whether kernel addresses came out, of all that was read. The device is given back.
 * --late: opens the device, says so, and begins when a line comes on its standard input.
 * --keep: begins a session, hands its descriptor to a child over a socket, and ends; the child says
 * "kept" with its process ID, and waits to be killed.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "session.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

#define USER_ID	  1000
#define GROUP_ID  4242
#define PERIOD_NS 1000000
#define LOAD_NS	  300000000ull

#define CAP(c) (1ull << (c))

/**
 * struct identity - somebody
 * @uid:	who it is
 * @member:	of the device's group
 * @open_file:	the device's mode lets everybody in
 * @caps:	all that it has; UINT64_MAX: it keeps all of root's
 * @not_caps:	but these
 * @unshare:	namespaces that it makes for itself, CLONE_NEW*
 * @passed:	it has a descriptor of root's, whose session runs
 * @by_socket:	which it was sent, else it was root when it opened it
 */
static const struct identity {
	const char *name;
	uid_t uid;
	int member, open_file;
	uint64_t caps, not_caps;
	int unshare;
	int passed, by_socket;
} identities[] = {
	{ .name = "root", .caps = UINT64_MAX },
	{ .name = "user", .uid = USER_ID },
	{ .name = "user+file", .uid = USER_ID, .open_file = 1 },
	{ .name = "group", .uid = USER_ID, .member = 1 },
	{ .name = "group+log", .uid = USER_ID, .member = 1, .caps = CAP(CAP_SYSLOG) },
	{ .name = "perfmon", .uid = USER_ID, .caps = CAP(CAP_PERFMON) },
	{ .name = "perfmon+file", .uid = USER_ID, .open_file = 1, .caps = CAP(CAP_PERFMON) },
	{ .name = "perfmon+log", .uid = USER_ID, .open_file = 1, .caps = CAP(CAP_PERFMON) | CAP(CAP_SYSLOG) },
	{ .name = "root-caps", .caps = UINT64_MAX, .not_caps = CAP(CAP_PERFMON) | CAP(CAP_SYS_ADMIN) },
	{ .name = "userns", .uid = USER_ID, .unshare = CLONE_NEWUSER },
	{ .name = "userns+file", .uid = USER_ID, .open_file = 1, .unshare = CLONE_NEWUSER },
	{ .name = "userns-root", .caps = UINT64_MAX, .unshare = CLONE_NEWUSER },
	{ .name = "pidns", .caps = UINT64_MAX, .unshare = CLONE_NEWPID },
	{ .name = "netns", .caps = UINT64_MAX, .unshare = CLONE_NEWNET },
	{ .name = "setuid", .uid = USER_ID, .passed = 1 },
	{ .name = "received", .uid = USER_ID, .passed = 1, .by_socket = 1 },
};

static int address_seen;

static void word(int err)
{
	switch (err) {
	case 0:
		printf(" ok");
		return;
	case -EACCES:
		printf(" acc");
		return;
	case -EPERM:
		printf(" perm");
		return;
	case -EAGAIN:
		printf(" busy");
		return;
	}
	printf(" %d", -err);
}

/* --- becoming somebody --------------------------------------------------------- */

static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)caps, .permitted = (uint32_t)caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	if (syscall(SYS_capset, &head, data))
		die("capset");
}

static uint64_t get_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		die("capget");
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void be_root_inside(uid_t outside)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1", outside);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
	write_file("/proc/self/gid_map", map);
}

static void be(const struct identity *who)
{
	const gid_t group = GROUP_ID;

	if (setgroups(who->member, &group))
		die("setgroups");
	if (who->uid && (prctl(PR_SET_KEEPCAPS, 1) || setresgid(who->uid, who->uid, who->uid) ||
			 setresuid(who->uid, who->uid, who->uid)))
		die("setresuid");
	if (who->caps != UINT64_MAX || who->not_caps)
		set_caps((who->caps == UINT64_MAX ? get_caps() : who->caps) & ~who->not_caps);
	/* else /proc/self is root's */
	prctl(PR_SET_DUMPABLE, 1);
	if (who->unshare && unshare(who->unshare))
		die("unshare");
	if (who->unshare == CLONE_NEWUSER)
		be_root_inside(who->uid);
}

/* --- the entries --------------------------------------------------------------- */

static void try_open(void)
{
	struct pkprof_hello hello;
	int fd = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);

	word(fd < 0 ? -errno : 0);
	if (fd < 0)
		return;
	if (device >= 0) {
		close(fd);
		return;
	}
	device = fd;
	if (read(fd, &hello, sizeof(hello)) != sizeof(hello))
		die("read");
	cookie = hello.cookie;
}

static void look(const char *from, int bytes)
{
	for (; bytes >= 8; from += 4, bytes -= 4) {
		uint64_t v;

		memcpy(&v, from, sizeof(v));
		address_seen |= is_kernel_address(v);
	}
}

static void try_info(void)
{
	struct request r = request_of(family, PKPROF_CMD_INFO, 0);
	const char *text;

	told = look;
	word(ask(&r, &text));
	told = NULL;
}

/* Both ways to ask; the worse of them. */
static void try_status(void)
{
	struct request r = request_of(family, PKPROF_CMD_STATUS, 0);
	struct request all = request_of(family, PKPROF_CMD_STATUS, NLM_F_DUMP);
	const char *text;
	int err;

	told = look;
	err = ask(&r, &text);
	word(err ? err : ask(&all, &text));
	told = NULL;
}

static struct request start_request(void)
{
	return session_request(session_sources(), PERIOD_NS);
}

static void try_start(void)
{
	struct request r = start_request();
	const char *text;

	word(session_start(&r, &text));
}

static void try_mmap(void)
{
	int err = device < 0 ? -EBADF : session.stride ? session_map() : -ENXIO;

	if (err == -EBADF || err == -ENXIO)
		printf(" -");
	else
		word(err);
}

/* Rows that pass all checks, of a file that nobody has. */
static void try_upload(void)
{
	struct {
		struct pkprof_rows head;
		struct pkprof_rule rule;
		uint32_t page[2];
		struct pkprof_row row;
	} __attribute__((packed)) t = {
		.head = { .magic = PKPROF_ROWS_MAGIC, .bytes = sizeof(t), .dev = 1, .ino = 1,
			  .nr_rules = 1, .nr_pages = 1, .nr_rows = 1 },
		.rule = { .kind = PKPROF_RULE_GAP },
		.page = { 0, 1 },
	};

	if (device < 0)
		printf(" -");
	else
		word(write(device, &t, sizeof(t)) < 0 ? -errno : 0);
}

static void try_cookie(int cmd)
{
	const char *text;

	word(session_ask(cmd, &text));
}

static void try_ledger(void)
{
	struct request r = request_of(family, PKPROF_CMD_LEDGER, NLM_F_DUMP);
	const char *text;

	put_u64(&r, PKPROF_A_COOKIE, cookie);
	told = look;
	word(ask(&r, &text));
	told = NULL;
}

static void on_record(const struct pkprof_rec *rec)
{
	const struct pkprof_rec_stack *stack = (const void *)rec;
	size_t from = sizeof(*rec);

	/* noise by nature */
	if (rec->type == PKPROF_REC_FILE)
		from = sizeof(struct pkprof_rec_file);
	for (size_t at = from; at + 8 <= rec->size; at += 8)
		look((const char *)rec + at, 8);
	address_seen |= rec->type == PKPROF_REC_STACK && stack->kind == PKPROF_STACK_KERNEL;
}

/* Work that is mostly the kernel's, then all that was recorded of it. */
static void try_addresses(void)
{
	uint64_t end_ns = now_ns() + LOAD_NS;
	static char page[65536];
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (!session.ring[0].reader) {
		printf(" -");
		return;
	}
	while (fd >= 0 && now_ns() < end_ns) {
		if (read(fd, page, sizeof(page)) < 0)
			break;
		usleep(100);
	}
	close(fd);
	if (session_drain(on_record, 1) <= 0)
		printf(" nothing");
	else
		printf(address_seen ? " yes" : " no");
}

static void try_unload(void)
{
	word(syscall(SYS_delete_module, "pkprof", O_NONBLOCK) ? -errno : 0);
}

static int try_all(const struct identity *who)
{
	be(who);
	/* in a namespace of process ids only children are */
	if (who->unshare == CLONE_NEWPID) {
		pid_t child = fork();
		int status;

		if (child) {
			waitpid(child, &status, 0);
			return status;
		}
	}
	printf("%s", who->name);
	try_open();
	try_info();
	try_status();
	try_start();
	try_mmap();
	try_upload();
	try_cookie(PKPROF_CMD_MARK);
	try_ledger();
	try_addresses();
	try_cookie(PKPROF_CMD_WATCH);
	try_cookie(PKPROF_CMD_STOP);
	try_unload();
	printf("\n");
	fflush(stdout);
	return 0;
}

/* --- a descriptor that is handed on ---------------------------------------------- */

static void send_device(int to)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &cookie, sizeof(cookie) };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &device, sizeof(int));
	if (sendmsg(to, &m, 0) < 0)
		die("sendmsg");
}

static void receive_device(int from)
{
	char room[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &cookie, sizeof(cookie) };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };

	if (recvmsg(from, &m, MSG_CMSG_CLOEXEC) < 0 || !CMSG_FIRSTHDR(&m))
		die("recvmsg");
	memcpy(&device, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
}

/* Root's session, which goes on while somebody else has the descriptor. */
static void begin_as_root(void)
{
	struct request r;
	const char *text;

	open_device();
	r = start_request();
	if (session_start(&r, &text)) {
		fprintf(stderr, "root cannot start: %s\n", text ? text : "-");
		exit(2);
	}
}

static int run(const struct identity *who)
{
	/* else who may unload it would */
	int keeper = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
	int pair[2], status;
	pid_t child;

	if (keeper < 0)
		die(PKPROF_DEVICE);
	if (who->passed)
		begin_as_root();
	else
		cookie = 0x1122334455667788ull; /* a guess */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		close(keeper);
		if (who->by_socket) {
			close(device);
			device = -1;
			receive_device(pair[1]);
		}
		exit(try_all(who) ? 2 : 0);
	}
	if (who->by_socket)
		send_device(pair[0]);
	waitpid(child, &status, 0);
	close(keeper);
	return status ? 2 : 0;
}

/* What was opened in time. */
static int late(void)
{
	char line[16];

	find_family();
	open_device();
	puts("opened");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 2;
	printf("late");
	try_start();
	try_cookie(PKPROF_CMD_WATCH);
	try_cookie(PKPROF_CMD_MARK);
	printf("\n");
	return 0;
}

/* Who began it is gone when the child says so. */
static int keep(void)
{
	int pair[2];
	char word;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		close(pair[0]);
		receive_device(pair[1]);
		/* the other end is closed with its process */
		if (read(pair[1], &word, 1))
			return 2;
		printf("kept %d\n", getpid());
		fflush(stdout);
		pause();
		return 0;
	}
	find_family();
	begin_as_root();
	send_device(pair[0]);
	return 0;
}

int main(int argc, char **argv)
{
	const struct identity *who = identities;
	struct stat before;
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (; who < identities + sizeof(identities) / sizeof(identities[0]); who++)
			puts(who->name);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--late"))
		return late();
	if (argc == 2 && !strcmp(argv[1], "--keep"))
		return keep();
	while (argc == 2 && who < identities + sizeof(identities) / sizeof(identities[0]) &&
	       strcmp(who->name, argv[1]))
		who++;
	if (argc != 2 || who == identities + sizeof(identities) / sizeof(identities[0])) {
		fprintf(stderr, "usage: rights IDENTITY | --list | --late | --keep\n");
		return 2;
	}
	find_family();
	if (stat(PKPROF_DEVICE, &before) || chown(PKPROF_DEVICE, 0, GROUP_ID) ||
	    chmod(PKPROF_DEVICE, who->open_file ? 0666 : 0660))
		die(PKPROF_DEVICE);
	ret = run(who);
	if (chown(PKPROF_DEVICE, before.st_uid, before.st_gid) || chmod(PKPROF_DEVICE, before.st_mode & 07777))
		die(PKPROF_DEVICE);
	return ret;
}
