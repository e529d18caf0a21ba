/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Debian packages files of this machine are from, for the names of debug symbols. */
#ifndef PK_CMD_PACKAGES_H
#define PK_CMD_PACKAGES_H

#define PK_MAX_PACKAGE 80

/*
 * Find all of @paths at once; ret[i] becomes "" where none is known, also on
 * machines without dpkg. A path may be "".
 */
void pk_packages_of(const char *const *paths, unsigned int nr, char (*ret)[PK_MAX_PACKAGE]);

#endif
