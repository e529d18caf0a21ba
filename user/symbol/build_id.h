/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Build ID of an ELF file from its notes. The file is one of a profiled
 * program, that is anybody's: every offset and size is checked.
 */
#ifndef PK_BUILD_ID_H
#define PK_BUILD_ID_H

#include <stdint.h>

#include "uapi/pkprof.h"

/*
 * Bytes of the build ID put into @ret, 0: the file has none or is no ELF file
 * of this machine's byte order. Reads by pread(), so @fd's position stays.
 */
uint8_t pk_build_id_read(int fd, uint8_t ret[PKPROF_MAX_BUILD_ID]);

#endif
