/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel and module functions from the text of /proc/kallsyms.
 *
 * The kernel prints no sizes. A function ends at the next symbol of whatever
 * kind; where that one is no code of the same module (or nothing follows, or
 * the code is BPF's or ftrace's, which is scattered) it ends 64 KiB after its
 * start at the latest. Marks such as _etext end functions and name none.
 */
#ifndef PK_KALLSYMS_H
#define PK_KALLSYMS_H

#include "base/strtab.h"
#include "symbol/cover.h"

struct pk_ksym {
	uint64_t addr;
	const char *name;
	const char *module;	/* "[ext4]"; NULL: the kernel proper */
	char type;		/* letter, as nm(1) */
};

struct pk_kallsyms {
	char *text;			/* the file, cut into strings */
	PK_VEC(struct pk_ksym) syms;	/* sorted by address */
	bool hidden;			/* all addresses were zero: kptr_restrict */
};

/*
 * Read a file of that format. -errno of open(2) and read(2), -EINVAL (with
 * nothing usable in it), -EFBIG, -ENOMEM.
 */
int pk_kallsyms_read(const char *path, struct pk_kallsyms *ret);
/* Takes over @text: @len bytes from malloc() and one NUL. 0 or -ENOMEM. */
int pk_kallsyms_parse(char *text, size_t len, struct pk_kallsyms *ret);
void pk_kallsyms_deinit(struct pk_kallsyms *k);
/* Offer its functions; names of DSOs are interned in @strings. 0 or -ENOMEM. */
int pk_kallsyms_offer(const struct pk_kallsyms *k, struct pk_strtab *strings, struct pk_cover *c);

#endif
