/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the kernel module: netlink, the open device and its cookie. Opening it
 * finds out what stands between this process and the module, and says so.
 */
#ifndef PK_LINK_H
#define PK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "source/nl.h"

struct pk_link {
	struct pk_nl *nl;
	int fd;			/* of the device; what belongs to it ends when it is closed */
	uint64_t cookie;
	struct pk_nl_info info;
};

/*
 * @load: load a module if none is; @file: this one, NULL: the installed one. Errors:
 * PK_EXIT_NO_RIGHTS, PK_EXIT_NO_MODULE, PK_EXIT_VERSION. After any return
 * pk_link_close() is due.
 */
int pk_link_open(struct pk_link *l, bool load, const char *file, struct pk_err *err);
void pk_link_close(struct pk_link *l);

/* Why the device lets this process not in, and what helps. */
struct pk_refusal {
	char why[160], remedy[160];
};

/* @error: of open(): EACCES, or EPERM, which is lockdown */
void pk_link_refusal(int error, struct pk_refusal *ret);

/* Any number, in place; see pk_nl_global_pids(). */
int pk_link_global_pids(struct pk_link *l, uint32_t *pids, unsigned int nr, struct pk_err *err);

/* Do we and a module of these ABIs understand each other? PK_EXIT_VERSION. */
int pk_link_check_abi(unsigned int abi, unsigned int abi_compat, const char *version,
		      struct pk_err *err);

#endif
