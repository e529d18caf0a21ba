// SPDX-License-Identifier: GPL-2.0-or-later
/* Which block I/O a request was made of that ended: joined by its number. */
#include "model/build.h"

int pk_bios_join(struct pk_model *m)
{
	const struct pk_profile *p = m->profile;
	struct pk_map64 bios = { 0 };
	int err = 0;

	for (size_t i = 0; i < p->bios.nr && !err; i++)
		err = pk_map64_set(&bios, p->bios.data[i].id, i);
	for (size_t i = 0; i < p->bio_ends.nr && !err; i++) {
		uint32_t found = pk_map64_get(&bios, p->bio_ends.data[i].id);

		m->bio_end_bio[i] = found == PK_MAP64_NONE ? PK_NO_BIO : found;
	}
	pk_map64_deinit(&bios);
	return err;
}
