/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Heat map: times of block requests against time, as one SVG file that needs nothing else
 * and no script. Each cell says what it stands for when the pointer rests on it.
 */
#ifndef PK_HEATMAP_H
#define PK_HEATMAP_H

#include "analysis/block_heat.h"
#include "base/sink.h"

#define PK_HEATMAP_PANELS 8	/* drawn at most, those with most requests */

/* -ENOMEM, or the sink's code. The caller flushes. @title: NULL: what it shows. */
int pk_heatmap_write(const struct pk_scope *s, const struct pk_heat *h, const char *title,
		     struct pk_sink *out);

#endif
