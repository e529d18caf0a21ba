// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of peers; see net_names.h. */
#include "mix.h"
#include "net_names.h"

struct pk_net_text {
	u64 words[PKPROF_NET_NAME_ROOM(PKPROF_NET_MAX_NAME) / sizeof(u64)];
};

/* 64 bits of it stand for the whole, as in net_sums.c. */
static u64 pk_net_name_hash(const struct pk_net_text *text, size_t bytes)
{
	u64 hash = pk_mix(bytes + PK_GOLDEN);
	unsigned int i;

	for (i = 0; i * sizeof(u64) < bytes; i++)
		hash = pk_mix(hash + PK_GOLDEN + text->words[i]);
	return hash ? hash : 1;
}

unsigned int pk_net_name_of(struct pk_net_names *n, const void *text, size_t bytes)
{
	struct pk_net_text padded = { { 0 } };
	u64 hash, there;
	unsigned int i;

	if (!bytes || bytes > PKPROF_NET_MAX_NAME)
		return 0;
	memcpy(&padded, text, bytes);
	hash = pk_net_name_hash(&padded, bytes);
	for (i = 0; i < PK_NET_NAME_PROBES; i++) {
		struct pk_net_name *name = &n->name[(hash + i) & (PK_NET_NAMES - 1)];

		there = atomic64_read(&name->hash);
		if (!there) {
			there = atomic64_cmpxchg(&name->hash, 0, hash);
			if (!there) {
				memcpy(name->text, &padded, sizeof(name->text));
				name->bytes = bytes;
				smp_store_release(&name->ready, 1);
				there = hash;
			}
		}
		if (there == hash)
			return name - n->name + 1;
	}
	return 0;
}

const struct pk_net_name *pk_net_name_at(const struct pk_net_names *n, unsigned int nr)
{
	if (!nr || nr > PK_NET_NAMES || !smp_load_acquire(&n->name[nr - 1].ready))
		return NULL;
	return &n->name[nr - 1];
}
