// SPDX-License-Identifier: GPL-2.0-or-later
/* Table of the capture engines; see source.h. */
#include <string.h>

#include "base/cleanup.h"
#include "source/fake.h"
#include "source/kmod.h"
#include "source/replay.h"
#include "source/source.h"

const struct pk_source_ops *const pk_source_engines[] = {
	&pk_source_kmod,
	&pk_source_replay,
	&pk_source_fake,
};
const unsigned int pk_nr_source_engines = PK_ARRAY_SIZE(pk_source_engines);

const struct pk_source_ops *pk_source_find(const char *name)
{
	for (unsigned int i = 0; i < pk_nr_source_engines; i++)
		if (!strcmp(pk_source_engines[i]->name, name))
			return pk_source_engines[i];
	return NULL;
}
