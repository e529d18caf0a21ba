// SPDX-License-Identifier: GPL-2.0-or-later
/* What records have told during the scan of /proc; see seen.h. */
#include "record/seen.h"

void pk_seen_deinit(struct pk_seen *s)
{
	pk_map64_deinit(&s->born);
	pk_map64_deinit(&s->renamed);
	pk_map64_deinit(&s->exited);
	pk_map64_deinit(&s->execed);
	pk_map64_deinit(&s->moved);
	pk_map64_deinit(&s->mapping);
	pk_vec_deinit(&s->ranges);
}

static int note_map(struct pk_seen *s, const struct pkprof_rec_map *r)
{
	struct pk_seen_range range = { .tgid = r->tgid, .from = r->addr, .to = r->addr + r->len };

	if (pk_vec_add(&s->ranges, range))
		return -ENOMEM;
	return pk_map64_set(&s->mapping, r->tgid, 1);
}

int pk_seen_note(struct pk_seen *s, const struct pkprof_rec *rec)
{
	switch (rec->type) {
	case PKPROF_REC_FORK:
		return pk_map64_set(&s->born, rec->tid, 1);
	case PKPROF_REC_COMM:
		return pk_map64_set(&s->renamed, rec->tid, 1);
	case PKPROF_REC_EXIT:
		return pk_map64_set(&s->exited, rec->tid, 1);
	case PKPROF_REC_EXEC:
		if (rec->size < sizeof(struct pkprof_rec_exec))
			return 0;
		return pk_map64_set(&s->execed, ((const struct pkprof_rec_exec *)rec)->tgid, 1);
	case PKPROF_REC_CGROUP:
		if (rec->size < sizeof(struct pkprof_rec_cgroup))
			return 0;
		return pk_map64_set(&s->moved, ((const struct pkprof_rec_cgroup *)rec)->tgid, 1);
	case PKPROF_REC_MAP:
		if (rec->size < sizeof(struct pkprof_rec_map))
			return 0;
		return note_map(s, (const struct pkprof_rec_map *)rec);
	}
	return 0;
}

bool pk_seen_mapped(const struct pk_seen *s, uint32_t tgid, uint64_t from, uint64_t to)
{
	if (!pk_seen_is(&s->mapping, tgid))
		return false;
	PK_VEC_FOREACH(&s->ranges, it)
		if (it->tgid == tgid && it->from < to && from < it->to)
			return true;
	return false;
}
