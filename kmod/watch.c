// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums without a recording; see watch.h.
 *
 * In: which sources somebody watches and no session has. Out: a session that has them.
 * Its rings are as small as rings may be and nobody reads them; it is not told by STATUS.
 */
#include <linux/err.h>
#include <linux/wait.h>
#include "session.h"
#include "watch.h"

static struct pk_session *pk_watched;	/* control mutex; referenced */
static DECLARE_WAIT_QUEUE_HEAD(pk_watch_poll);	/* nobody waits there */

struct pk_session *pk_watch_session(void)
{
	return pk_watched;
}

static void pk_watch_end(void)
{
	struct pk_session *s = pk_watched;

	if (!s)
		return;
	pk_watched = NULL;
	pk_session_stop(s);
	pk_session_put(s);
}

static int pk_watch_begin(u32 sources, struct netlink_ext_ack *extack)
{
	struct pk_session *s = pk_session_create();
	int err;

	if (!s)
		return -ENOMEM;
	s->cfg.sources = sources;
	s->cfg.ring_bytes = PKPROF_MIN_RING_BYTES;
	s->cfg.sums_only = true;
	s->poll = &pk_watch_poll;
	err = pk_session_start(s, NULL, 0, extack);
	if (err)
		pk_session_put(s);
	else
		pk_watched = s;
	return err;
}

int pk_watch_settle(u32 sources, struct netlink_ext_ack *extack)
{
	if ((pk_watched ? pk_watched->cfg.sources : 0) == sources)
		return 0;
	pk_watch_end();
	return sources ? pk_watch_begin(sources, extack) : 0;
}
