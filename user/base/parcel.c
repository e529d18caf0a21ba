// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages with descriptors; see parcel.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/parcel.h"

/* A message that may carry a descriptor. */
struct parcel {
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg;
};

static struct msghdr *wrap(struct parcel *p, void *data, size_t bytes)
{
	*p = (struct parcel){ .iov = { data, bytes } };
	p->msg = (struct msghdr){
		.msg_iov = &p->iov,
		.msg_iovlen = 1,
		.msg_control = &p->control,
		.msg_controllen = sizeof(p->control),
	};
	return &p->msg;
}

int pk_parcel_send(int to, const void *data, size_t bytes, int fd, int flags)
{
	struct parcel p;
	struct msghdr *msg = wrap(&p, (void *)data, bytes);

	if (fd >= 0) {
		p.control.head.cmsg_level = SOL_SOCKET;
		p.control.head.cmsg_type = SCM_RIGHTS;
		p.control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&p.control.head), &fd, sizeof(int));
	} else {
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
	}
	return sendmsg(to, msg, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int pk_parcel_receive(int from, void *data, size_t bytes, int *fd_ret, int flags)
{
	struct parcel p;
	ssize_t n = recvmsg(from, wrap(&p, data, bytes), flags | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head;

	*fd_ret = -1;
	if (n < 0)
		return -errno;
	head = CMSG_FIRSTHDR(&p.msg);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd_ret, CMSG_DATA(head), sizeof(*fd_ret));
	return n == (ssize_t)bytes ? 0 : -EPIPE;
}
