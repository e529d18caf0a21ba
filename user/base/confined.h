/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child process without rights (restrict.h) that works for its parent: reads what others
 * wrote, and answers over a channel. It may crash, hang or lie: the parent ends it and starts
 * another one.
 */
#ifndef PK_CONFINED_H
#define PK_CONFINED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/channel.h"

struct pk_confined_config {
	unsigned int cpu_s;	/* of its whole life */
	uint64_t memory_bytes;	/* beyond what the parent has */
	/* In the child, which ends when this returns; @fd: its end of the channel. */
	void (*serve)(void *ctx, int fd);
	void *ctx;
};

struct pk_confined {
	pid_t pid;		/* 0: none */
	struct pk_channel channel;
};

/* 0 or -errno. A child that cannot be confined ends at once, which shows in its channel. */
int pk_confined_start(struct pk_confined *c, const struct pk_confined_config *cfg);
/* Whatever it does. Fine if there is none. */
void pk_confined_end(struct pk_confined *c);
/* CPU time that it has used; 0: not known. */
uint64_t pk_confined_cpu_ns(const struct pk_confined *c);

#endif
