/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about this machine for the profile: what a reader elsewhere must know
 * to make sense of the samples. Keys: user/profile/FORMAT.md.
 */
#ifndef PK_HOST_H
#define PK_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/writer.h"

int pk_host_write(struct pk_writer *w);	/* 0 or the writer's error */

/* CLOCK_BOOTTIME - CLOCK_MONOTONIC: how long the machine was suspended, ns. */
uint64_t pk_host_suspended_ns(void);
/* Where cgroup v2 is mounted, or NULL. */
const char *pk_host_cgroup_root(void);
/* Are process ids here other than those that the kernel records? */
bool pk_host_in_pid_namespace(void);
/* Peak resident memory of this program, bytes. */
uint64_t pk_host_peak_rss(void);
/* CPU time of this process so far. */
uint64_t pk_host_cpu_ns(void);

#endif
