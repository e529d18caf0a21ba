// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does anything compile at all? Asked first: a broken compiler or tree of
 * headers must not be taken for a very old kernel.
 */
#include <linux/module.h>

int pk_probe(void);
int pk_probe(void)
{
	return module_refcount(THIS_MODULE);
}

MODULE_LICENSE("GPL");
