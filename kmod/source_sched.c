// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source sched: the session's part in the wait ledger. The ledger is there for all
 * who look at it; a session with this source keeps it attached and gets what is
 * told as records: final accounts and distributions of the dead, late waits.
 */
#include "ledger.h"
#include "session.h"
#include "source.h"
#include "waited.h"

static int pk_sched_attach(struct pk_session *s)
{
	int err = pk_waited_attach(s);

	if (err)
		return err;
	err = pk_ledger_get(NULL);
	if (err)
		goto err_waited;
	pk_ledger_set_session(s);
	err = pk_waited_attach_probes(s);
	if (!err)
		return 0;
	pk_ledger_set_session(NULL);
	pk_ledger_put();
err_waited:
	pk_waited_detach(s);
	return err;
}

static void pk_sched_detach(struct pk_session *s)
{
	pk_waited_detach(s);
	pk_ledger_set_session(NULL);
	pk_ledger_put();
}

const struct pk_source pk_source_sched = {
	.name = "sched",
	.id = PKPROF_SRC_SCHED,
	.works = pk_ledger_works,
	.attach = pk_sched_attach,
	.detach = pk_sched_detach,
};
