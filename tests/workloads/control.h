/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's device and its netlink family by their plainest means, for programs that
 * ask what no library would send. In: attributes one by one. Out: -errno and the kernel's
 * sentence. One thread at a time; what must not fail here ends the program.
 */
#ifndef PK_WORKLOAD_CONTROL_H
#define PK_WORKLOAD_CONTROL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../kmod/uapi/pkprof.h"

#define BUFFER_BYTES 65536

static int device = -1, family;
static uint64_t cookie;
static char *buffer;
/* Called with the attributes of each message of the family, if not NULL. */
static void (*told)(const char *attrs, int bytes);

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* --- netlink ------------------------------------------------------------------ */

struct request {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attrs[512];
};

static inline struct request request_of(int type, int cmd, int flags)
{
	return (struct request){
		.head = { .nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN, .nlmsg_type = type,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags },
		.genl = { .cmd = cmd, .version = 1 },
	};
}

static inline void put(struct request *r, int type, const void *data, unsigned int bytes)
{
	struct nlattr *a = (void *)((char *)r + r->head.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + bytes;
	memcpy((char *)a + NLA_HDRLEN, data, bytes);
	r->head.nlmsg_len += NLA_ALIGN(a->nla_len);
}

static inline void put_u64(struct request *r, int type, uint64_t v)
{
	put(r, type, &v, sizeof(v));
}

static inline void put_u32(struct request *r, int type, uint32_t v)
{
	put(r, type, &v, sizeof(v));
}

static inline int connect_netlink(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), on = 1;

	if (s < 0 || connect(s, (void *)&to, sizeof(to)))
		die("netlink");
	setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return s;
}

static inline void say(int s, const struct request *r)
{
	if (send(s, r, r->head.nlmsg_len, 0) < 0)
		die("send");
}

static inline ssize_t hear(int s)
{
	return recv(s, buffer, BUFFER_BYTES, 0);
}

static inline const struct nlattr *find(const char *attrs, int left, int type)
{
	while (left >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)attrs;

		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		if (a->nla_len < NLA_HDRLEN)
			break;
		attrs += NLA_ALIGN(a->nla_len);
		left -= NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

/*
 * Read to the end of what was asked; 0 or -errno. *text_ret: the kernel's sentence or
 * NULL, *bytes_ret: of the messages, *nr_ret: of attributes of type @count.
 */
static inline int finish(int s, const char **text_ret, uint64_t *bytes_ret, int count, uint64_t *nr_ret)
{
	*text_ret = NULL;
	for (;;) {
		ssize_t n = hear(s);

		if (n < 0)
			return -errno;
		if (!n)
			return -EPIPE;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			char *body = NLMSG_DATA(h);
			int error, skip = sizeof(int);

			*bytes_ret += h->nlmsg_len;
			if (h->nlmsg_type == family) {
				const char *at = body + GENL_HDRLEN;
				int left = h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;

				if (told)
					told(at, left);
				while (count && left >= NLA_HDRLEN) {
					const struct nlattr *a = (const void *)at;
					int len = NLA_ALIGN(a->nla_len);

					*nr_ret += a->nla_type == count;
					at += len;
					left -= len;
				}
				continue;
			}
			if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != NLMSG_DONE)
				continue;
			memcpy(&error, body, sizeof(error));
			if (h->nlmsg_type == NLMSG_ERROR)
				skip = sizeof(struct nlmsgerr);
			if (h->nlmsg_flags & NLM_F_ACK_TLVS) {
				const struct nlattr *a =
					find(body + skip, h->nlmsg_len - NLMSG_HDRLEN - skip,
					     NLMSGERR_ATTR_MSG);

				*text_ret = a ? (const char *)a + NLA_HDRLEN : NULL;
			}
			return error;
		}
	}
}

static inline int ask(const struct request *r, const char **text_ret)
{
	static char text[256];
	int s = connect_netlink(), ret;
	uint64_t bytes = 0, nr = 0;

	say(s, r);
	ret = finish(s, text_ret, &bytes, 0, &nr);
	if (*text_ret) {
		snprintf(text, sizeof(text), "%s", *text_ret);
		*text_ret = text;
	}
	close(s);
	return ret;
}

/* First of all. */
static inline void find_family(void)
{
	struct request r = request_of(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	const struct nlattr *a;
	int s = connect_netlink();
	ssize_t n;

	if (!buffer)
		buffer = malloc(BUFFER_BYTES);
	if (!buffer)
		die("memory");
	put(&r, CTRL_ATTR_FAMILY_NAME, PKPROF_FAMILY, sizeof(PKPROF_FAMILY));
	say(s, &r);
	n = hear(s);
	a = n > (ssize_t)(NLMSG_HDRLEN + GENL_HDRLEN) ?
		    find(buffer + NLMSG_HDRLEN + GENL_HDRLEN, n - NLMSG_HDRLEN - GENL_HDRLEN,
			 CTRL_ATTR_FAMILY_ID) :
		    NULL;
	if (!a || ((struct nlmsghdr *)buffer)->nlmsg_type != GENL_ID_CTRL) {
		fprintf(stderr, "there is no family " PKPROF_FAMILY "\n");
		exit(2);
	}
	family = *(const uint16_t *)((const char *)a + NLA_HDRLEN);
	close(s);
}

static inline void open_device(void)
{
	struct pkprof_hello hello;

	device = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0 || read(device, &hello, sizeof(hello)) != sizeof(hello))
		die(PKPROF_DEVICE);
	cookie = hello.cookie;
}

#endif
