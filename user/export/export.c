// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of export formats; see export.h. */
#include <string.h>

#include "base/cleanup.h"
#include "export/export.h"

const struct pk_export *const pk_exports[] = {
	&pk_export_folded,
	&pk_export_json,
	&pk_export_perf_script,
};
const unsigned int pk_nr_exports = PK_ARRAY_SIZE(pk_exports);

const struct pk_export *pk_export_find(const char *name)
{
	for (unsigned int i = 0; i < pk_nr_exports; i++)
		if (!strcmp(pk_exports[i]->name, name))
			return pk_exports[i];
	return NULL;
}
