/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * pkprof: the part of the contract that is about connections. Included by pkprof.h.
 *
 * A session with source TCP or UNIX keeps, from its start, sums of what connections did,
 * by process and peer (struct pkprof_net_conns). They come with LEDGER dumps and are
 * cumulative. A connection belongs to the process that sent or received on it last, as
 * seen in that process's own system calls; before that, to who connected or accepted it.
 * What was counted before a change of hands stays where it is. Of connections that were
 * there before the session, what they did before is not counted.
 *
 * The peer of a connection that was opened here is the remote address and port. That of
 * an accepted one is the local address and port, and the remote address without its
 * port, so that a client's many connections are one row. The peer of a Unix stream socket
 * is the name at which it was accepted, for both sides; that of one end of a socketpair()
 * is the process that has the other end. What finds no room is booked in the row of no
 * process and no address of its role, nowhere else, so sums stay whole.
 */
#ifndef _UAPI_PKPROF_NET_H
#define _UAPI_PKPROF_NET_H

#include <linux/types.h>

enum pkprof_net_role {
	PKPROF_NET_OPENED,	/* connect() was called here */
	PKPROF_NET_ACCEPTED,	/* came in at a listening socket */
	PKPROF_NET_PAIRED,	/* one end of a socketpair() */
	PKPROF_NR_NET_ROLES	/* end marker */
};

/* What is counted. Segments and bytes are the kernel's own figures of the connection. */
enum pkprof_net_count {
	PKPROF_NET_CONNECTED,	/* connections that came to be */
	PKPROF_NET_FAILED,	/* attempts to connect that did not */
	PKPROF_NET_CLOSED,	/* connections that ended */
	PKPROF_NET_BYTES_IN,	/* payload that arrived in order, once; Unix: that was received */
	PKPROF_NET_BYTES_OUT,	/* payload sent, without what was sent again */
	PKPROF_NET_SEGS_IN,
	PKPROF_NET_SEGS_OUT,
	PKPROF_NET_RETRANS,	/* segments sent again, also of handshakes */
	PKPROF_NET_RESETS_IN,
	PKPROF_NET_RESETS_OUT,
	PKPROF_NET_SENDS,	/* calls that sent */
	PKPROF_NET_UNFOLLOWED,	/* times that a connection found no room to be followed */
	PKPROF_NET_UNTIMED,	/* times that found no room for their distribution */
	PKPROF_NR_NET_COUNTS	/* end marker */
};

/* Distributions, in buckets as those of struct pkprof_hist. Times are ns. */
enum pkprof_net_dist {
	PKPROF_NET_CONNECT,	/* OPENED: from the first segment to the connection; Unix: from the
				 * call, with the wait for room in the accept queue */
	PKPROF_NET_ACCEPT,	/* ACCEPTED: from the connection to its accept() */
	PKPROF_NET_DEPTH,	/* ACCEPTED: connections in the accept queue, with it; a count */
	PKPROF_NET_RTT,		/* smoothed round trip time, at sends that find it changed, once in a
				 * millisecond, and at the end */
	PKPROF_NET_SEND,	/* blocked in a send, for room; Unix: the send that blocked, to its end */
	PKPROF_NET_RECV,	/* blocked in a receive, until data came */
	PKPROF_NET_SERVICE,	/* ACCEPTED: from the last byte in to the first byte out of the answer;
				 * OPENED: from the last byte out to the first byte in;
				 * PAIRED: as OPENED if its first call sent, else as ACCEPTED */
	PKPROF_NET_LIFE,	/* from connection to end */
	PKPROF_NR_NET_DISTS	/* end marker */
};

struct pkprof_net_bucket {
	__u16 bucket;		/* as in struct pkprof_hist */
	__u8 dist;		/* enum pkprof_net_dist */
	__u8 reserved;
	__u32 nr;		/* modulo 2^32 */
};

#define PKPROF_NET_FAMILY_UNIX	1
#define PKPROF_NET_MAX_NAME	108	/* bytes of a Unix socket's name */

/* Bytes that a name takes behind the buckets. */
#define PKPROF_NET_NAME_ROOM(bytes) (((bytes) + 7u) & ~7u)

/* Connections of one process with one peer. */
struct pkprof_net_conns {
	__u32 id;		/* of this row */
	__u32 tgid;		/* 0: not known, or of no process */
	__u8 role;		/* enum pkprof_net_role */
	__u8 family;		/* 4, 6, FAMILY_UNIX; 0: the row of TCP's that found no room */
	__u16 port;		/* OPENED: remote, ACCEPTED: local; FAMILY_UNIX: bytes of the name,
				 * which stands behind the buckets; an abstract one begins with a
				 * byte of 0. 0: a socketpair(), or its name found no room */
	__u32 nr_buckets;	/* those that are not 0, by dist, then bucket */
	__u8 remote[16];	/* address, network order; family 4: the first four bytes;
				 * FAMILY_UNIX: u32, process that has the other end, 0: not told */
	__u8 local[16];		/* ACCEPTED; else 0 */
	__u64 counts[PKPROF_NR_NET_COUNTS];
	__u64 sums[PKPROF_NR_NET_DISTS], maxes[PKPROF_NR_NET_DISTS];
	struct pkprof_net_bucket buckets[];	/* then the name, if any, in NAME_ROOM bytes */
};

#endif /* _UAPI_PKPROF_NET_H */
