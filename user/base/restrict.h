/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a process its rights before it reads what others wrote: it computes and talks through
 * one descriptor, and that is all it can do from then on. No files, no sockets, no programs, no
 * processes, no code made at run time; bounded memory and CPU time; nobody's user where it was
 * root's.
 */
#ifndef PK_RESTRICT_H
#define PK_RESTRICT_H

#include <stdint.h>
#include <sys/types.h>

/* The descriptor that is left. */
#define PK_RESTRICT_FD 3

struct pk_restrict {
	int fd;			/* to be kept; becomes PK_RESTRICT_FD, all others are closed */
	pid_t parent;		/* whose end is ours */
	unsigned int cpu_s;	/* SIGXCPU after this time */
	uint64_t memory_bytes;	/* of address space, beyond what is in use already */
};

/*
 * In a child with one thread. 0 or -errno; after a failure the process has some of its rights
 * and must end. There is no way back.
 */
int pk_restrict(const struct pk_restrict *r);

#endif
