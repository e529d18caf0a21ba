// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A group of processes with one runtime as a fact of the profile; see recorded.h.
 * Fields with tabs between them: key, version, number of processes, their ids
 * with commas, the evidence, where names come from, then for each lack what it is and the
 * remedy. Fields that a later version adds at the end are not looked at.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/recorded.h"

void pk_runtime_fact_put(const struct pk_runtime_group *g, struct pk_strbuf *out)
{
	const struct pk_runtime_verdict *v = &g->verdict;

	pk_strbuf_printf(out, "%s\t%s\t%" PRIu64 "\t", pk_runtime_key(g->runtime),
			 g->file ? g->file->version : "", g->nr_processes);
	for (uint64_t i = 0; i < g->nr_processes && i < PK_RUNTIME_MAX_PIDS; i++)
		pk_strbuf_printf(out, "%s%u", i ? "," : "", g->pids[i]);
	pk_strbuf_printf(out, "\t%s\t%s", g->file ? g->file->evidence : "",
			 v->names ? v->names : "");
	for (unsigned int i = 0; i < v->nr_lacks; i++)
		pk_strbuf_printf(out, "\t%s\t%s", v->lacks[i].what,
				 v->lacks[i].remedy ? v->lacks[i].remedy : "");
}

/* The next field, or NULL; cuts it off. */
static const char *field(char **pos)
{
	return *pos ? strsep(pos, "\t") : NULL;
}

bool pk_runtime_fact_parse(const char *value, struct pk_runtime_fact *ret)
{
	const char *nr, *what;
	char *pos;

	*ret = (struct pk_runtime_fact){ .text = strdup(value) };
	pos = ret->text;
	ret->key = field(&pos);
	ret->version = field(&pos);
	nr = field(&pos);
	ret->pids = field(&pos);
	ret->evidence = field(&pos);
	ret->names = field(&pos);
	if (!ret->names) {
		free(ret->text);
		return false;
	}
	ret->nr_processes = strtoull(nr, NULL, 10);
	/* a recorder may know more runtimes than we do */
	ret->title = pk_runtime_title(pk_runtime_find(ret->key));
	if (!ret->title[0])
		ret->title = ret->key;
	while (ret->nr_lacks < PK_RUNTIME_MAX_LACKS && (what = field(&pos))) {
		ret->lacks[ret->nr_lacks].what = what;
		ret->lacks[ret->nr_lacks].remedy = field(&pos);
		if (!ret->lacks[ret->nr_lacks].remedy)
			ret->lacks[ret->nr_lacks].remedy = "";
		ret->nr_lacks++;
	}
	return true;
}
