// SPDX-License-Identifier: GPL-2.0-or-later
/* "mm: add VMA iterator", 6.1. */
#include <linux/mm.h>

unsigned long pk_probe(struct mm_struct *mm);
unsigned long pk_probe(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long last = 0;
	VMA_ITERATOR(vmi, mm, 0);

	for_each_vma(vmi, vma)
		last = vma->vm_end;
	return last;
}
