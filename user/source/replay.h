/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engine that hands out the records of a dump (dump.h), round by round as they
 * were read from the rings. Its argument is the dump's path. The dump is
 * input that nobody vouches for: PK_EXIT_BAD_FILE with the offset.
 */
#ifndef PK_SOURCE_REPLAY_H
#define PK_SOURCE_REPLAY_H

#include "source/source.h"

extern const struct pk_source_ops pk_source_replay;

#endif
