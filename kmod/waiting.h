/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who still wait when a session ends: see waiting.c.
 */
#ifndef PK_WAITING_H
#define PK_WAITING_H

#include "offcpu_wait.h"

struct pk_waiting;

/* What a walk needs. May sleep. Return: NULL without memory. */
struct pk_waiting *pk_waiting_create(const struct pk_waits *waits);
void pk_waiting_destroy(struct pk_waiting *waiting);

/**
 * pk_waiting_walk - record the waits that are not over at the source's end_ns
 *
 * While it runs waits still end, and are recorded by the switch. What does not fit
 * into the time it has is a counted loss. May sleep. Context: control mutex, the
 * ledger is attached.
 */
void pk_waiting_walk(struct pk_waiting *waiting);

#endif
