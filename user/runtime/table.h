/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runtimes that are known, and which one a file has in it. */
#ifndef PK_RUNTIME_TABLE_H
#define PK_RUNTIME_TABLE_H

#include "runtime/evidence.h"
#include "runtime/runtime.h"

/*
 * Look for the first runtime of the table in a file. @program: texts count as
 * evidence, too, as in what is linked statically and stripped. Fills runtime,
 * version, evidence and cxx.
 */
void pk_runtime_look(struct pk_evidence *ev, bool program, struct pk_runtime_file *ret);

/* A runtime within a program that has other work to do: it does not speak for the process. */
bool pk_runtime_is_embedded(enum pk_runtime runtime);

#endif
