// SPDX-License-Identifier: GPL-2.0-or-later
/* The way to the kernel module; see link.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/link.h"
#include "source/module.h"

int pk_link_check_abi(unsigned int abi, unsigned int abi_compat, const char *version,
		      struct pk_err *err)
{
	if (abi >= PKPROF_ABI_COMPAT && abi_compat <= PKPROF_ABI)
		return 0;
	return pk_err_exit(err, -EPROTO, PK_EXIT_VERSION,
			   "the loaded module pkprof %s (ABI %u) and this tool %s (ABI %u) do not "
			   "understand each other: install both from one version, then "
			   "`rmmod pkprof` and start again",
			   version, abi, PKPROF_VERSION, PKPROF_ABI);
}

static int check_module(struct pk_link *l, struct pk_err *err)
{
	int ret = pk_nl_info(l->nl, &l->info, err);

	return ret ? ret : pk_link_check_abi(l->info.abi, l->info.abi_compat, l->info.version, err);
}

/* The group whose members may record; empty: there is none. */
static void group_of_device(char *ret, size_t size)
{
	char buf[1024];
	struct group group, *found = NULL;
	struct stat st;

	ret[0] = '\0';
	if (stat(PKPROF_DEVICE, &st) || !st.st_gid || !(st.st_mode & 0060))
		return;
	if (!getgrgid_r(st.st_gid, &group, buf, sizeof(buf), &found) && found)
		snprintf(ret, size, "%s", found->gr_name);
	else
		snprintf(ret, size, "%u", (unsigned int)st.st_gid);
}

void pk_link_refusal(int error, struct pk_refusal *ret)
{
	char group[64];

	if (error == EPERM) {
		snprintf(ret->why, sizeof(ret->why),
			 "the kernel is locked down for confidentiality: nobody may record what it does");
		snprintf(ret->remedy, sizeof(ret->remedy),
			 "boot without lockdown=confidentiality; with lockdown=integrity recording works");
		return;
	}
	group_of_device(group, sizeof(group));
	if (group[0]) {
		snprintf(ret->why, sizeof(ret->why),
			 PKPROF_DEVICE " is for root and members of the group %s", group);
		snprintf(ret->remedy, sizeof(ret->remedy),
			 "run as root, or ask to be in the group %s", group);
	} else {
		snprintf(ret->why, sizeof(ret->why),
			 PKPROF_DEVICE " is for root with CAP_PERFMON or CAP_SYS_ADMIN alone");
		snprintf(ret->remedy, sizeof(ret->remedy),
			 "run as root, or let it have a group: `chgrp GROUP " PKPROF_DEVICE "`");
	}
}

static int open_device(struct pk_link *l, struct pk_err *err)
{
	struct pkprof_hello hello;
	struct pk_refusal refusal;
	ssize_t n;

	l->fd = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
	if (l->fd < 0 && (errno == EACCES || errno == EPERM)) {
		int code = -errno;

		pk_link_refusal(errno, &refusal);
		return pk_err_exit(err, code, PK_EXIT_NO_RIGHTS, "no right to record: %s; %s",
				   refusal.why, refusal.remedy);
	}
	if (l->fd < 0)
		return pk_err_exit(err, -errno, PK_EXIT_NO_MODULE,
				   "the module pkprof is loaded but " PKPROF_DEVICE
				   " cannot be opened "
				   "(%s): it must be visible here, also in a container",
				   strerror(errno));
	n = read(l->fd, &hello, sizeof(hello));
	if (n < (ssize_t)sizeof(hello))
		return pk_err_exit(err, n < 0 ? -errno : -EPROTO, PK_EXIT_VERSION,
				   PKPROF_DEVICE
				   " does not greet as the module pkprof does; reload the "
				   "module of this version");
	l->cookie = hello.cookie;
	return 0;
}

static int load_module(const char *file, struct pk_err *err)
{
	char version[32];

	if (pk_module_is_loaded(version, sizeof(version)))
		return pk_err_exit(err, -ENOENT, PK_EXIT_NO_MODULE,
				   "the module pkprof %s is loaded but does not answer from here: "
				   "netlink families are not visible in this network namespace",
				   version);
	return file ? pk_module_load_file(file, err) : pk_module_load_installed(err);
}

int pk_link_open(struct pk_link *l, bool load, const char *file, struct pk_err *err)
{
	int ret;

	*l = (struct pk_link){ .fd = -1 };
	ret = pk_nl_open(&l->nl, err);
	if (ret == -ENOENT && load) {
		ret = load_module(file, err);
		if (!ret)
			ret = pk_nl_open(&l->nl, err);
	}
	if (!ret)
		ret = check_module(l, err);
	return ret ? ret : open_device(l, err);
}

void pk_link_close(struct pk_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	pk_nl_close(l->nl);
	*l = (struct pk_link){ .fd = -1 };
}

int pk_link_global_pids(struct pk_link *l, uint32_t *pids, unsigned int nr, struct pk_err *err)
{
	int ret = 0;

	for (unsigned int at = 0; !ret && at < nr; at += PKPROF_MAX_PIDS) {
		unsigned int left = nr - at;

		ret = pk_nl_global_pids(l->nl, pids + at,
					left < PKPROF_MAX_PIDS ? left : PKPROF_MAX_PIDS, err);
	}
	return ret;
}
