/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instructions of call frame information. */
#ifndef PK_CFI_RUN_H
#define PK_CFI_RUN_H

#include "unwind/cfi.h"

/* The state at the start of all entries of a CIE, from its instructions at @insns. */
void pk_cfi_run_cie(struct pk_cfi_cie *cie, struct pk_dwarf insns, bool is64);

#endif
