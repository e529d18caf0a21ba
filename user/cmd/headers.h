/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernels the module can be built for here: headers of the running one, or
 * of another version or flavour, which do not help it; and whether DKMS has the source.
 */
#ifndef PK_CMD_HEADERS_H
#define PK_CMD_HEADERS_H

#include <stdbool.h>

#include "cmd/checks.h"

/* @root: "" or the directory above lib and usr; @release: as of uname -r. */
bool pk_headers_are_there(const char *root, const char *release);

/* Source of the module where DKMS looks for it? */
bool pk_dkms_has_source(const char *root);

/* The finding; @needed: the module is not built yet. */
void pk_headers_judge(const char *root, const char *release, bool needed, struct pk_finding *f);

#endif
