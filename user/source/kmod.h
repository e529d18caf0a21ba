/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engine of the kernel module: control over netlink, records from mapped
 * rings. Its argument is a module file to load instead of the installed one,
 * or NULL.
 *
 * A drain merges the rings by time, so that what it hands out is nearly
 * ordered and the sorter has little to hold.
 */
#ifndef PK_SOURCE_KMOD_H
#define PK_SOURCE_KMOD_H

#include "source/source.h"

extern const struct pk_source_ops pk_source_kmod;

/*
 * Put a mark into the session that is running, from outside of it. Does not
 * load the module. PK_EXIT_NO_TARGET: nothing is being recorded.
 */
int pk_kmod_mark(const char *text, struct pk_err *err);

/* Bytes per ring so that all rings together stay small: power of two. */
unsigned int pk_kmod_default_ring_bytes(unsigned int nr_cpus);

#endif
