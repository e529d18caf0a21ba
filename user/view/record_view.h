/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording shows: the live line while it runs, the summary at its end. */
#ifndef PK_RECORD_VIEW_H
#define PK_RECORD_VIEW_H

#include "base/strbuf.h"
#include "record/recorder.h"

/* One line without its end. */
void pk_record_view_line(const struct pk_record_progress *p, struct pk_strbuf *out);

/* @path: of the profile, as the user knows it. */
void pk_record_view_summary(const struct pk_record_result *r, const char *path,
			    struct pk_strbuf *out);

/*
 * Share of the time of all @nr_cpus that are online that the module's handlers took;
 * NAN when nothing was timed or that number is not known (0). Sources of which no run
 * was timed are not in it.
 */
double pk_record_view_cost(const struct pk_delivery *d, unsigned int nr_cpus,
			   uint64_t elapsed_ns);

#endif
