/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cgroup path says to people: a container's engine and short id, or
 * the service or scope it belongs to.
 */
#ifndef PK_CONTAINER_H
#define PK_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#define PK_CONTAINER_ID_LEN 12	/* hex digits, as container tools show them */
#define PK_CGROUP_SHORT_LEN 64	/* bytes with the final NUL */

/*
 * Id of the innermost container that the path names: 64 hex digits, alone or
 * as ENGINE-ID.scope. False: none.
 */
bool pk_container_id(const char *cgroup, char ret[PK_CONTAINER_ID_LEN + 1]);
/* "docker:0123456789ab", or the path's last part without its ".slice" ancestors. */
void pk_cgroup_shorten(const char *cgroup, char ret[PK_CGROUP_SHORT_LEN]);

#endif
