// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the contract's enums; see names.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "source/names.h"

const struct pk_name pk_source_names[PKPROF_NR_SOURCES] = {
	[PKPROF_SRC_CORE] = { "core", "marks and notices of the session; always on" },
	[PKPROF_SRC_DEF] = { "def", "definitions of stacks and files; always on" },
	[PKPROF_SRC_CPU] = { "cpu", "samples of what each CPU executes, by timer" },
	[PKPROF_SRC_TASK] = { "task", "fork, exec, exit, names, cgroups and mappings of tasks" },
	[PKPROF_SRC_PMU] = { "pmu",
			     "samples of what each CPU executes, by cycle counter; instead of cpu" },
};

const struct pk_name pk_loss_names[PKPROF_NR_LOSSES] = {
	[PKPROF_LOSS_RING_FULL] = { "ring_full", "the recorder read too slowly" },
	[PKPROF_LOSS_OVERRUN] = { "overrun", "the instant had passed before the timer ran" },
	[PKPROF_LOSS_NESTED] = { "nested", "a handler interrupted itself" },
	[PKPROF_LOSS_NO_MEM] = { "no_mem", "a preallocated pool was empty" },
	[PKPROF_LOSS_EXITING] = { "exiting", "the task was past taking deferred work" },
	[PKPROF_LOSS_DEFINITION] = { "definition", "the stack's definition found no room" },
};

static_assert(PKPROF_NR_SOURCES == 5, "a new source needs a name");
static_assert(PKPROF_NR_LOSSES == 6, "a new loss reason needs a name");

const char *pk_source_name(unsigned int source)
{
	return source < PKPROF_NR_SOURCES ? pk_source_names[source].name : "?";
}

const char *pk_loss_name(unsigned int loss)
{
	return loss < PKPROF_NR_LOSSES ? pk_loss_names[loss].name : "?";
}

void pk_sources_format(uint32_t mask, struct pk_strbuf *out)
{
	const char *separator = "";

	for (unsigned int i = 0; i < 32; i++) {
		if (!(mask >> i & 1))
			continue;
		pk_strbuf_printf(out, "%s%s", separator, pk_source_name(i));
		separator = ",";
	}
}

static int source_by_name(const char *name, size_t len)
{
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++)
		if (strlen(pk_source_names[i].name) == len &&
		    !memcmp(pk_source_names[i].name, name, len))
			return i;
	return -ENOENT;
}

int pk_sources_parse(const char *text, uint32_t *mask_ret, struct pk_err *err)
{
	uint32_t mask = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		int source = source_by_name(text, len);

		if (source < 0)
			return pk_err_exit(
				err, -EINVAL, PK_EXIT_USAGE,
				"there is no source '%.*s'; `pkprof-user list` names them",
				(int)len, text);
		mask |= 1u << source;
		text += len;
		text += *text == ',';
	}
	*mask_ret = mask;
	return 0;
}
