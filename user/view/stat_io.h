/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, block requests and connections of an interval, as `stat` prints them. */
#ifndef PK_STAT_IO_H
#define PK_STAT_IO_H

#include "base/json.h"
#include "view/stat_view.h"

/* Tables of devices and processes, or what there is instead. Sorts and joins both pictures. */
void pk_stat_io_put(const struct pk_stat_layout *o, struct pk_live_picture *p, struct pk_live_io *io,
		    struct pk_strbuf *out);

/* The same in JSON: a member "io" of the interval, and of a process. */
void pk_stat_io_json(struct pk_json *j, struct pk_live_picture *p, struct pk_live_io *io);
void pk_stat_io_json_amount(struct pk_json *j, const char *name, const struct pk_live_io_amount *a);

#endif
