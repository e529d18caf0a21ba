/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts a profile's tables in the order that profile.h promises: items that
 * were written a little late are sorted in by time, symbols become sorted and
 * disjoint, start and end of the recording are derived where they were not said.
 */
#ifndef PK_PROFILE_ORDER_H
#define PK_PROFILE_ORDER_H

#include "profile/profile.h"

int pk_profile_order(struct pk_profile *p);	/* 0 or -ENOMEM */

#endif
