/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of user memory, for walks. Does not fault: page faults are disabled by the caller,
 * who also has seen by copy_from_user_nofault() that user memory may be touched now at all.
 */
#ifndef PK_USER_WORD_H
#define PK_USER_WORD_H

#ifdef __KERNEL__
#include <linux/mm.h>
#include <linux/uaccess.h>

#define PK_USER_END TASK_SIZE_MAX

/* @compat: a word is 4 bytes. Return: false if it is not there. */
static __always_inline bool pk_user_word(u64 at, bool compat, u64 *ret)
{
	const u64 __user *wide = (const u64 __user *)at;
	u32 narrow;

	if (!user_access_begin(wide, sizeof(*wide)))
		return false;
	if (!compat) {
		unsafe_get_user(*ret, wide, fault);
	} else {
		unsafe_get_user(narrow, (const u32 __user *)at, fault);
		*ret = narrow;
	}
	user_access_end();
	return true;

fault:
	user_access_end();
	return false;
}

/* Return: false if they are not all there; part may have been copied. */
static inline bool pk_user_bytes(void *to, u64 at, u32 nr)
{
	return at < PK_USER_END && !copy_from_user_nofault(to, (const void __user *)at, nr);
}
#else
#include "kernel_shim.h"	/* tests/unit */

#define PK_USER_END 0x7ffffffff000ULL

/* By the test. */
bool pk_user_word(u64 at, bool compat, u64 *ret);
bool pk_user_bytes(void *to, u64 at, u32 nr);
#endif

#endif
