// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger without a recording; see ledger.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/ledger.h"
#include "source/link.h"

struct pk_live {
	struct pk_link link;
};

static int watch(struct pk_live *l, struct pk_err *err)
{
	struct pk_err said = { 0 };
	int ret = pk_nl_watch(l->link.nl, l->link.cookie, 0, &said);

	if (ret == -EOPNOTSUPP)
		return pk_err_set(err, ret,
				  "this kernel cannot keep a ledger (%s): `pkprof-user list` says "
				  "what works here", said.msg);
	return ret ? pk_err_set(err, ret, "the module cannot keep a ledger: %s", said.msg) : 0;
}

int pk_live_open(const char *module, struct pk_live **ret, struct pk_err *err)
{
	struct pk_live *l = calloc(1, sizeof(*l));
	int code;

	if (!l)
		return -ENOMEM;
	code = pk_link_open(&l->link, true, module, err);
	if (!code)
		code = watch(l, err);
	if (code) {
		pk_live_close(l);
		return code;
	}
	*ret = l;
	return 0;
}

#define SUMS_ABI 7	/* of modules whose sums can be watched */

int pk_live_watch(struct pk_live *l, uint32_t sources, uint32_t *ret, struct pk_err *err)
{
	struct pk_err said = { 0 };
	int code;

	*ret = l->link.info.abi < SUMS_ABI ? 0 : sources & l->link.info.sources;
	code = pk_nl_watch(l->link.nl, l->link.cookie, *ret, &said);
	return code ? pk_err_set(err, code, "the module cannot count files, requests and "
					    "connections: %s", said.msg) : 0;
}

int pk_live_read(struct pk_live *l, uint64_t epoch_ns, uint32_t what,
		 const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	struct pk_err said = { 0 };
	int ret = pk_nl_ledger(l->link.nl, l->link.cookie, epoch_ns, what, v, ctx, &said);

	return ret ? pk_err_set(err, ret, "cannot read the ledger: %s",
				said.msg[0] ? said.msg : strerror(-ret)) : 0;
}

int pk_live_status(struct pk_live *l, struct pk_nl_status *ret, struct pk_err *err)
{
	return pk_nl_status(l->link.nl, ret, err);
}

int pk_live_global_pids(struct pk_live *l, uint32_t *pids, unsigned int nr, struct pk_err *err)
{
	return pk_link_global_pids(&l->link, pids, nr, err);
}

void pk_live_close(struct pk_live *l)
{
	if (!l)
		return;
	pk_link_close(&l->link);
	free(l);
}
