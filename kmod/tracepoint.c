// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of probes on tracepoints, see tracepoint.h. In: names and probes.
 * Out: all of a table attached, or nothing of it.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "tracepoint.h"

struct pk_search {
	struct pk_tracepoint *table;
	unsigned int nr;
};

static void pk_search_visit(struct tracepoint *tp, void *priv)
{
	struct pk_search *search = priv;
	unsigned int i;

	for (i = 0; i < search->nr; i++)
		if (!strcmp(tp->name, search->table[i].name))
			search->table[i].found = tp;
}

int pk_tracepoints_find(struct pk_tracepoint *table, unsigned int nr)
{
	struct pk_search search = { .table = table, .nr = nr };
	unsigned int i;

	for_each_kernel_tracepoint(pk_search_visit, &search);
	for (i = 0; i < nr; i++)
		if (!table[i].found && !table[i].optional)
			return -ENOENT;
	return 0;
}

static void pk_tracepoints_unregister(struct pk_tracepoint *table, unsigned int nr, void *data)
{
	while (nr--)
		if (table[nr].found)
			tracepoint_probe_unregister(table[nr].found, table[nr].probe, data);
	tracepoint_synchronize_unregister();
}

int pk_tracepoints_attach(struct pk_tracepoint *table, unsigned int nr, void *data)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++) {
		if (!table[i].found)
			continue;
		ret = tracepoint_probe_register(table[i].found, table[i].probe, data);
		if (ret) {
			pk_tracepoints_unregister(table, i, data);
			return ret;
		}
	}
	return 0;
}

void pk_tracepoints_detach(struct pk_tracepoint *table, unsigned int nr, void *data)
{
	pk_tracepoints_unregister(table, nr, data);
}
