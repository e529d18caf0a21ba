// SPDX-License-Identifier: GPL-2.0-or-later
/* A decoded profile; see profile.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profile/profile.h"

int pk_profile_init(struct pk_profile *p)
{
	*p = (struct pk_profile){ 0 };
	if (pk_strtab_init(&p->strings) || !pk_vec_push(&p->files) || !pk_vec_push(&p->nodes)) {
		pk_profile_deinit(p);
		return -ENOMEM;
	}
	return 0;
}

void pk_profile_deinit(struct pk_profile *p)
{
	struct pk_samples *s = &p->samples;

	pk_strtab_deinit(&p->strings);
	pk_vec_deinit(&p->facts);
	pk_vec_deinit(&p->files);
	pk_vec_deinit(&p->tasks);
	pk_vec_deinit(&p->maps);
	pk_vec_deinit(&p->nodes);
	pk_vec_deinit(&p->marks);
	pk_vec_deinit(&p->counters);
	pk_vec_deinit(&p->symbols);
	pk_vec_deinit(&p->lines);
	pk_vec_deinit(&p->line_frames);
	pk_vec_deinit(&p->ledger);
	pk_vec_deinit(&p->ledger_parts);
	pk_vec_deinit(&p->cpus);
	pk_vec_deinit(&p->hists);
	pk_vec_deinit(&p->hist_buckets);
	pk_vec_deinit(&p->latencies);
	pk_vec_deinit(&p->steps);
	pk_vec_deinit(&p->waits);
	pk_vec_deinit(&p->wakes);
	pk_vec_deinit(&p->block_loads);
	pk_vec_deinit(&p->block_ops);
	pk_vec_deinit(&p->block_buckets);
	pk_vec_deinit(&p->bios);
	pk_vec_deinit(&p->bio_ends);
	pk_vec_deinit(&p->net_conns);
	pk_vec_deinit(&p->wait_on);
	pk_vec_deinit(&p->net_buckets);
	pk_vec_deinit(&p->vfs_fs);
	pk_vec_deinit(&p->op_files);
	pk_vec_deinit(&p->codes);
	pk_vec_deinit(&p->ops);
	pk_vec_deinit(&p->vfs_ops);
	pk_vec_deinit(&p->vfs_buckets);
	free(s->time_ns);
	free(s->tid);
	free(s->tgid);
	free(s->kstack);
	free(s->ustack);
	free(s->cpu);
	free(s->flags);
	*p = (struct pk_profile){ 0 };
}

static int grow(void *column, size_t cap, size_t size)
{
	void **at = column, *p = reallocarray(*at, cap, size);

	if (!p)
		return -ENOMEM;
	*at = p;
	return 0;
}

int pk_samples_reserve(struct pk_samples *s, size_t more)
{
	size_t cap = s->cap ? s->cap : 1024;

	if (s->nr + more <= s->cap)
		return 0;
	while (cap < s->nr + more)
		cap += cap / 2;
	/* a column that grew before another one failed just has room to spare */
	if (grow(&s->time_ns, cap, sizeof(*s->time_ns)) || grow(&s->tid, cap, sizeof(*s->tid)) ||
	    grow(&s->tgid, cap, sizeof(*s->tgid)) || grow(&s->kstack, cap, sizeof(*s->kstack)) ||
	    grow(&s->ustack, cap, sizeof(*s->ustack)) || grow(&s->cpu, cap, sizeof(*s->cpu)) ||
	    grow(&s->flags, cap, sizeof(*s->flags)))
		return -ENOMEM;
	s->cap = cap;
	return 0;
}

long pk_samples_push(struct pk_samples *s)
{
	size_t i = s->nr;

	if (pk_samples_reserve(s, 1))
		return -ENOMEM;
	s->time_ns[i] = 0;
	s->tid[i] = s->tgid[i] = 0;
	s->kstack[i] = s->ustack[i] = 0;
	s->cpu[i] = s->flags[i] = 0;
	s->nr++;
	return i;
}

const char *pk_profile_fact(const struct pk_profile *p, const char *key)
{
	uint32_t id = pk_strtab_find(&p->strings, key, strlen(key));

	/* the last one counts: facts can be put right later */
	for (size_t i = p->facts.nr; i-- > 0 && id != PK_MAP64_NONE;)
		if (p->facts.data[i].key == id)
			return pk_strtab_get(&p->strings, p->facts.data[i].value);
	return NULL;
}

bool pk_profile_wall_time(const struct pk_profile *p, uint64_t when_ns,
			  char ret[PK_WALL_TIME_LEN])
{
	uint64_t mono_ns = pk_profile_fact_u64(p, "time.mono_ns", 0);
	uint64_t wall_ns = pk_profile_fact_u64(p, "time.wall_ns", 0);
	time_t seconds = (int64_t)(wall_ns + when_ns - mono_ns) / 1000000000;
	struct tm tm;

	return mono_ns && wall_ns && gmtime_r(&seconds, &tm) &&
	       strftime(ret, PK_WALL_TIME_LEN, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

uint64_t pk_profile_fact_u64(const struct pk_profile *p, const char *key, uint64_t otherwise)
{
	const char *text = pk_profile_fact(p, key);
	unsigned long long v;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return otherwise;
	errno = 0;
	v = strtoull(text, &end, 10);
	return *end || errno ? otherwise : v;
}

static int by_cpu_source(const void *a, const void *b, void *counters)
{
	const struct pk_counters *x = (struct pk_counters *)counters + *(const uint32_t *)a;
	const struct pk_counters *y = (struct pk_counters *)counters + *(const uint32_t *)b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->kernel.source != y->kernel.source)
		return x->kernel.source < y->kernel.source ? -1 : 1;
	return 0;
}

int pk_profile_latest_books(const struct pk_profile *p, struct pk_books_view *ret)
{
	struct pk_map64 where = { 0 };
	int code = 0;

	*ret = (struct pk_books_view){ 0 };
	for (size_t i = 0; i < p->counters.nr && !code; i++) {
		const struct pk_counters *c = &p->counters.data[i];
		uint32_t *at = pk_map64_at(&where, (uint64_t)c->cpu << 32 | c->kernel.source);

		if (!at) {
			code = -ENOMEM;
		} else if (*at == PK_MAP64_NONE) {
			*at = ret->latest.nr;
			code = pk_vec_add(&ret->latest, i);
		} else {
			ret->latest.data[*at] = i;
		}
	}
	pk_map64_deinit(&where);
	if (code)
		pk_vec_deinit(&ret->latest);
	else if (ret->latest.nr)
		qsort_r(ret->latest.data, ret->latest.nr, sizeof(*ret->latest.data), by_cpu_source,
			p->counters.data);
	return code;
}
