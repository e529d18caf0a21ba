// SPDX-License-Identifier: GPL-2.0-or-later
/* The hottest stacks of `top`; see top_stacks.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/unit.h"
#include "cmd/top_stacks.h"
#include "profile/reader.h"
#include "source/kmod.h"

#define RATE_HZ	    99
#define WINDOW_NS   (3 * PK_NS_PER_S)
#define RETRY_NS    (5 * PK_NS_PER_S)
#define MAX_STACKS  200
#define WINDOW_RING (256u << 10)

void pk_top_stacks_init(struct pk_top_stacks *s, const char *module)
{
	*s = (struct pk_top_stacks){ .module = module, .windows = { .fd = -1 } };
}

static void stop(struct pk_top_stacks *s)
{
	pk_windows_close(&s->windows);
	s->owner_pid = 0;
}

void pk_top_stacks_close(struct pk_top_stacks *s)
{
	stop(s);
	pk_hottest_deinit(&s->hottest);
}

static void start(struct pk_top_stacks *s, struct pk_live *live)
{
	struct pk_record_config cfg = {
		.engine = &pk_source_kmod,
		.engine_arg = s->module,
		.source = {
			.sources = 1u << PKPROF_SRC_CORE | 1u << PKPROF_SRC_DEF |
				   1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK,
			.period_ns = PK_NS_PER_S / RATE_HZ,
			.ring_bytes = WINDOW_RING,
			.kernel_depth = PKPROF_MAX_DEPTH,
			.user_depth = PKPROF_MAX_DEPTH,
		},
		.scan = true,
		.symbols = true,
		.cache = true,
		.duration_ns = WINDOW_NS,
	};
	struct pk_err err = { 0 };

	if (pk_windows_open(&s->windows, &cfg, &err)) {
		snprintf(s->said, sizeof(s->said), "%.*s", (int)sizeof(s->said) - 1, err.msg);
		s->retry_ns = pk_monotonic_ns() + RETRY_NS;
		return;
	}
	s->owner_pid = s->windows.pid;
	if (pk_live_global_pids(live, &s->owner_pid, 1, &err))
		s->owner_pid = s->windows.pid;
	if (!s->any)
		snprintf(s->said, sizeof(s->said), "the first %llu s of samples are being taken",
			 WINDOW_NS / PK_NS_PER_S);
}

void pk_top_stacks_want(struct pk_top_stacks *s, struct pk_live *live, bool wanted)
{
	if (!wanted && s->windows.pid)
		stop(s);
	else if (wanted && !s->windows.pid && pk_monotonic_ns() >= s->retry_ns)
		start(s, live);
}

static int read_window(struct pk_top_stacks *s, const char *path, struct pk_err *err)
{
	struct pk_filter filter;
	struct pk_profile p;
	struct pk_model m = { 0 };
	struct pk_scope scope = { 0 };
	struct pk_hottest found = { 0 };
	int ret = pk_profile_load(path, &p, err);

	if (ret)
		return ret;
	pk_filter_init(&filter);
	ret = pk_model_build(&p, NULL, &m, err);
	if (!ret)
		ret = pk_scope_init(&m, &filter, &scope, err);
	if (!ret)
		ret = pk_hottest_init(&scope, MAX_STACKS, &found);
	if (!ret) {
		pk_hottest_deinit(&s->hottest);
		s->hottest = found;
		s->any = true;
		snprintf(s->said, sizeof(s->said),
			 "%" PRIu64 " samples of %.1f s at %d Hz: %.1f %% of %u CPU%s",
			 found.nr_samples, scope.wall_ns / 1e9, RATE_HZ,
			 100 * pk_scope_share(&scope, found.nr_samples, scope.nr_cpus),
			 scope.nr_cpus, scope.nr_cpus == 1 ? "" : "s");
	}
	pk_scope_deinit(&scope);
	pk_model_deinit(&m);
	pk_filter_deinit(&filter);
	pk_profile_deinit(&p);
	return ret;
}

void pk_top_stacks_take(struct pk_top_stacks *s)
{
	struct pk_err err = { 0 };
	char path[96];
	int ret = pk_windows_take(&s->windows, path, &err);

	if (!ret)
		ret = read_window(s, path, &err);
	if (!ret)
		return;
	snprintf(s->said, sizeof(s->said), "no stacks: %.*s", (int)sizeof(s->said) - 16,
		 err.msg[0] ? err.msg : strerror(-ret));
	stop(s);
	s->retry_ns = pk_monotonic_ns() + RETRY_NS;
}

void pk_top_stacks_put(const struct pk_top_stacks *s, struct pk_top *t)
{
	t->stacks = s->any ? &s->hottest : NULL;
	snprintf(t->stacks_said, sizeof(t->stacks_said), "%s", s->said);
}
