/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could stop a recording on this machine, one row and one function each.
 * Checks change nothing: no module is loaded, nothing is mounted.
 *
 * To add one: a function in checks.c and a row in its table.
 */
#ifndef PK_CMD_CHECKS_H
#define PK_CMD_CHECKS_H

#include "base/err.h"

enum pk_check_state {
	PK_CHECK_OK,
	PK_CHECK_NOTE,	/* a recording works, but says less */
	PK_CHECK_FAIL,	/* stops a recording */
};

struct pk_finding {
	enum pk_check_state state;
	enum pk_exit exit_code;	/* FAIL: what record would end with */
	char text[512];
	char remedy[512];	/* empty: none is needed */
};

/* The words of a finding, and that it stops a recording; for those who write checks. */
void __attribute__((format(printf, 2, 3))) pk_finding_say(struct pk_finding *f, const char *fmt, ...);
void __attribute__((format(printf, 2, 3))) pk_finding_advise(struct pk_finding *f, const char *fmt,
							     ...);
void pk_finding_fail(struct pk_finding *f, enum pk_exit exit_code);

struct pk_check {
	const char *name, *title;
	void (*run)(struct pk_finding *f);	/* @f comes zeroed, that is OK */
};

extern const struct pk_check pk_checks[];
extern const unsigned int pk_nr_checks;

#endif
