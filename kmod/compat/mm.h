/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_flags_set() and vm_flags_clear() for kernels before 6.3. As there, the
 * caller holds the address space's lock for writing. VMA_ITERATOR() and
 * for_each_vma() for those before 6.1; it is held, at least for reading.
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

#if !HAVE_VMA_ITERATOR
struct vma_iterator {
	struct vm_area_struct *first;
};

#define VMA_ITERATOR(name, mm, addr) struct vma_iterator name = { .first = find_vma(mm, addr) }
#define for_each_vma(vmi, vma) for ((vma) = (vmi).first; (vma); (vma) = (vma)->vm_next)
#endif

#endif
