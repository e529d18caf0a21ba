// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes grouped by runtime, version and what their frames lack; see recorded.h. */
#include <errno.h>
#include <string.h>

#include "runtime/recorded.h"

void pk_runtime_groups_deinit(struct pk_runtime_groups *g)
{
	pk_runtimes_destroy(g->files);
	pk_vec_deinit(&g->v);
	*g = (struct pk_runtime_groups){ 0 };
}

static const char *version_of(const struct pk_runtime_group *g)
{
	return g->file ? g->file->version : "";
}

/* Texts are constants: the same ones are in the same place. */
static bool same_verdict(const struct pk_runtime_verdict *a, const struct pk_runtime_verdict *b)
{
	if (a->names != b->names || a->nr_lacks != b->nr_lacks)
		return false;
	for (unsigned int i = 0; i < a->nr_lacks; i++)
		if (a->lacks[i].what != b->lacks[i].what ||
		    a->lacks[i].remedy != b->lacks[i].remedy)
			return false;
	return true;
}

static struct pk_runtime_group *find(struct pk_runtime_groups *g,
				     const struct pk_runtime_group *like)
{
	PK_VEC_FOREACH(&g->v, it)
		if (it->runtime == like->runtime && !strcmp(version_of(it), version_of(like)) &&
		    same_verdict(&it->verdict, &like->verdict))
			return it;
	return NULL;
}

int pk_runtime_groups_add(struct pk_runtime_groups *g, const struct pk_runtime_process *p)
{
	unsigned int nr = pk_runtime_count(p);

	g->nr_unknown += !nr;
	for (unsigned int i = 0; i < nr; i++) {
		struct pk_runtime_group like = { 0 }, *at;

		like.runtime = pk_runtime_at(p, i, &like.file);
		pk_runtime_judge(p, i, &like.verdict);
		at = find(g, &like);
		if (!at && g->v.nr >= PK_RUNTIME_MAX_GROUPS) {
			g->nr_unknown++;
			continue;
		}
		if (!at) {
			at = pk_vec_push(&g->v);
			if (!at)
				return -ENOMEM;
			*at = like;
		}
		if (at->nr_processes < PK_RUNTIME_MAX_PIDS)
			at->pids[at->nr_processes] = p->pid;
		at->nr_processes++;
	}
	return 0;
}
