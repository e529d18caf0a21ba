/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of code that the kernel maps into every process, "[vdso]". */
#ifndef PK_VDSO_H
#define PK_VDSO_H

#include "symbol/elf_file.h"

/* Open our own copy, which is every process's. -ENOENT: the kernel gives none. */
int pk_vdso_open(struct pk_elf *ret);

#endif
