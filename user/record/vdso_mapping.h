/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vdso among anonymous mappings. The kernel reports its code without a
 * file, like memory of a JIT compiler; what tells them apart is its length,
 * the same in all processes of one kind, and that it lies where no mmap() goes.
 */
#ifndef PK_VDSO_MAPPING_H
#define PK_VDSO_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of this process's own vdso code, 0: it has none. */
uint64_t pk_vdso_bytes(void);

/* May an anonymous executable mapping be the vdso? @vdso_bytes: as above. */
bool pk_vdso_resembles(uint64_t addr, uint64_t len, uint64_t vdso_bytes);

#endif
