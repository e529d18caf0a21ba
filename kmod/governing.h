/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The governor at work: a session's costs are read every PK_GOVERN_WINDOW_NS, and what
 * governor.h decides is done, in a work of its own; no probe and no reader has a part in it.
 */
#ifndef PK_GOVERNING_H
#define PK_GOVERNING_H

#include "uapi/pkprof.h"

struct pk_session;
struct pk_governing;

/*
 * Begin, if the session has a budget. All its sources are attached. Context: control mutex, its
 * owner is current. Return: 0 or -ENOMEM.
 */
int pk_governing_start(struct pk_session *s);

/*
 * End. When it returns no step is under way and none will come. Nothing begun is fine.
 * Context: control mutex, may sleep.
 */
void pk_governing_stop(struct pk_session *s);

/* Context: may sleep. NULL is fine. */
void pk_governing_destroy(struct pk_governing *x);

/* How it stands. Context: control mutex. Return: false: the session has no budget. */
bool pk_governing_status(const struct pk_session *s, struct pkprof_governor *ret);

#endif
