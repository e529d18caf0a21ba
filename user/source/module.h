/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel module as a file and as a loaded object: find it, load it, tell
 * which one runs. Talking to it is nl.h's and kmod.h's.
 */
#ifndef PK_MODULE_H
#define PK_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PK_MODULE_NAME "pkprof"

/* Is it loaded? @version: of the loaded one, empty when not known. */
bool pk_module_is_loaded(char *version, size_t size);

/* File that modprobe would load for the running kernel; -ENOENT: none installed. */
int pk_module_find(char *path, size_t size);

/*
 * Load the installed module with modprobe, or the one in a file. Errors:
 * PK_EXIT_NO_MODULE with remedy; PK_EXIT_NO_RIGHTS without CAP_SYS_MODULE or
 * under lockdown.
 */
int pk_module_load_installed(struct pk_err *err);
int pk_module_load_file(const char *path, struct pk_err *err);

/* Does this process have a capability (CAP_*) in effect? */
bool pk_has_capability(unsigned int cap);

#endif
