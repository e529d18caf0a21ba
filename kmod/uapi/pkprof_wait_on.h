/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * pkprof: the contract's part on what waits were for; included by pkprof.h.
 *
 * A session with source SCHED keeps, from its start, sums of the waits of line DISK by
 * device (with source BLOCK) and of those of line SOCKET by peer (with source TCP), of each
 * process. They come with LEDGER dumps and are cumulative; a wait for a socket that goes on
 * is in them up to the dump, one for a disk when it is over. All targets of a line
 * together, those not known included, are what the process's threads have in that line.
 * What a process that is gone had stays until a dump has an epoch that says that it was
 * read; then its cell is another one's, with another id.
 *
 * The device of a wait is the one whose request ended right before its waking, in the same
 * interrupt; or, if a thread woke it, the one that thread was itself woken by when it began
 * to run, or of which it ended a request since. The peer is that of the socket
 * that the system call was given.
 */
#ifndef _UAPI_PKPROF_WAIT_ON_H
#define _UAPI_PKPROF_WAIT_ON_H

#include <linux/types.h>

enum pkprof_wait_on_kind {
	PKPROF_ON_UNKNOWN,
	PKPROF_ON_DEVICE,	/* line DISK */
	PKPROF_ON_OPENED,	/* TCP connection that was opened here, or is being opened */
	PKPROF_ON_ACCEPTED,	/* TCP connection that came in */
	PKPROF_ON_LISTENING,	/* TCP: for connections to come */
	PKPROF_ON_DATAGRAM,	/* UDP; remote and its port if it is connected, else local */
	PKPROF_ON_UNIX,
	PKPROF_ON_SOCKET,	/* of another family, whose number is the port */
	PKPROF_NR_ON_KINDS	/* end marker */
};

#define PKPROF_ON_ANY_TGID	(1u << 0)	/* of processes that found no room, tgid 0 */
#define PKPROF_ON_OTHERS	(1u << 1)	/* targets of that kind that found no room */

struct pkprof_wait_on {
	__u32 cell;		/* where it is kept; one at a time */
	__u32 id;		/* of what is kept there: another one when it is another's */
	__u32 tgid;
	__u8 line;		/* enum pkprof_line: DISK, SOCKET */
	__u8 kind;		/* enum pkprof_wait_on_kind */
	__u8 family;		/* of the addresses: 4, 6; 0: none */
	__u8 flags;		/* PKPROF_ON_ANY_TGID, _OTHERS */
	__u32 device;		/* id of a struct pkprof_block_device */
	__u16 port;		/* OPENED: remote; ACCEPTED, LISTENING: local */
	__u16 reserved;
	__u8 remote[16];	/* network order; family 4: the first four bytes */
	__u8 local[16];		/* ACCEPTED, LISTENING, DATAGRAM without remote; else 0 */
	__u64 nr;		/* waits that ended */
	__u64 ns;
};

#endif /* _UAPI_PKPROF_WAIT_ON_H */
