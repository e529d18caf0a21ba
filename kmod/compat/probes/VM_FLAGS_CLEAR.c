// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "mm: introduce vma->vm_flags wrapper functions", 6.3; in RHEL's 5.14 too.
 * Since then vm_flags is const and must be changed by these.
 */
#include <linux/mm.h>

void pk_probe(struct vm_area_struct *vma);
void pk_probe(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_DONTCOPY);
	vm_flags_clear(vma, VM_MAYWRITE);
}
