/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts with numbers and lists, over pk_writer_fact(). 0 or the writer's error.
 */
#ifndef PK_FACTS_H
#define PK_FACTS_H

#include <stdint.h>

#include "profile/writer.h"

int pk_fact_u64(struct pk_writer *w, const char *key, uint64_t value);
int pk_fact_printf(struct pk_writer *w, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
