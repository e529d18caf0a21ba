/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_flags_set() and vm_flags_clear() for kernels before 6.3. As there, the
 * caller holds the address space's lock for writing.
 */
#ifndef PK_COMPAT_MM_H
#define PK_COMPAT_MM_H

#include <linux/mm.h>
#include "compat/config.h"

#if !HAVE_VM_FLAGS_CLEAR
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif
