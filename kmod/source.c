// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of event sources, and what is done to all of them.
 *
 * Identity comes first and goes last, so that every sample's task was heard of. The
 * sources of samples come last: with them the session begins, for all.
 */
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include "session.h"
#include "source.h"

const struct pk_source *const pk_sources[] = {
	&pk_source_task,
	&pk_source_sched,
	&pk_source_offcpu,
	&pk_source_block,
	&pk_source_tcp,
	&pk_source_unix,
	&pk_source_vfs,
	&pk_source_cpu,
	&pk_source_pmu,
};
const unsigned int pk_nr_sources = ARRAY_SIZE(pk_sources);

#define PK_ALWAYS_ON (BIT(PKPROF_SRC_CORE) | BIT(PKPROF_SRC_DEF))

static u32 pk_working __ro_after_init = PK_ALWAYS_ON;

void __init pk_sources_init(void)
{
	unsigned int i;

	for (i = 0; i < pk_nr_sources; i++) {
		if (!pk_sources[i]->works())
			pk_working |= BIT(pk_sources[i]->id);
	}
}

void __init pk_sources_announce(void)
{
	char names[64] = "";
	unsigned int i;

	for (i = 0; i < pk_nr_sources; i++) {
		if (pk_working & BIT(pk_sources[i]->id)) {
			strlcat(names, " ", sizeof(names));
			strlcat(names, pk_sources[i]->name, sizeof(names));
		}
	}
	pr_info("pkprof %s: sources%s\n", PKPROF_VERSION, names[0] ? names : " none");
}

u32 pk_sources_working(void)
{
	return pk_working;
}

static const struct pk_source *pk_source_of(unsigned int id)
{
	unsigned int i;

	for (i = 0; i < pk_nr_sources; i++) {
		if (pk_sources[i]->id == id)
			return pk_sources[i];
	}
	return NULL;
}

const char *pk_source_name(unsigned int id)
{
	const struct pk_source *source = pk_source_of(id);

	return source ? source->name : NULL;
}

void pk_source_pause(struct pk_session *s, unsigned int id)
{
	const struct pk_source *source = pk_source_of(id);

	if (WARN_ON_ONCE(!source || !source->pause || !(s->attached & BIT(id))))
		return;
	source->pause(s);
	s->attached &= ~BIT(id);
}

int pk_source_resume(struct pk_session *s, unsigned int id)
{
	const struct pk_source *source = pk_source_of(id);
	int err;

	if (WARN_ON_ONCE(!source || !source->resume || s->attached & BIT(id)))
		return -EINVAL;
	err = source->resume(s);
	if (!err)
		s->attached |= BIT(id);
	return err;
}

void pk_sources_detach(struct pk_session *s)
{
	unsigned int i = pk_nr_sources;

	while (i--) {
		if (s->attached & BIT(pk_sources[i]->id))
			pk_sources[i]->detach(s);
		s->attached &= ~BIT(pk_sources[i]->id);
	}
}

int pk_sources_attach(struct pk_session *s, const struct pk_source **failed_ret)
{
	unsigned int i;
	int err;

	for (i = 0; i < pk_nr_sources; i++) {
		if (!(s->cfg.sources & BIT(pk_sources[i]->id)))
			continue;
		err = pk_sources[i]->attach(s);
		if (err && s->cfg.optional & BIT(pk_sources[i]->id)) {
			s->cfg.sources &= ~BIT(pk_sources[i]->id);
			continue;
		}
		if (err) {
			pk_sources_detach(s);
			*failed_ret = pk_sources[i];
			return err;
		}
		s->attached |= BIT(pk_sources[i]->id);
	}
	return 0;
}
