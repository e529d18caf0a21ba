// SPDX-License-Identifier: GPL-2.0-or-later
/* Interning of raw stacks; see nodes.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"
#include "record/nodes.h"

#define START_NODES 1024

int pk_nodes_init(struct pk_nodes *n, uint32_t max_nodes)
{
	*n = (struct pk_nodes){ .max_nodes = max_nodes };
	n->cap = START_NODES;
	n->nr_slots = 2 * START_NODES;
	n->index = calloc(n->nr_slots, sizeof(*n->index));
	n->parent = calloc(n->cap, sizeof(*n->parent));
	n->addr = calloc(n->cap, sizeof(*n->addr));
	if (n->index && n->parent && n->addr)
		return 0;
	pk_nodes_deinit(n);
	return -ENOMEM;
}

void pk_nodes_deinit(struct pk_nodes *n)
{
	free(n->index);
	free(n->parent);
	free(n->addr);
	*n = (struct pk_nodes){ 0 };
}

static uint32_t *slot_of(const struct pk_nodes *n, uint32_t parent, uint64_t addr)
{
	uint32_t i = pk_hash64(addr ^ pk_hash64(parent)) & (n->nr_slots - 1);

	for (;; i = (i + 1) & (n->nr_slots - 1)) {
		uint32_t at = n->index[i];

		if (!at || (n->parent[at - 1] == parent && n->addr[at - 1] == addr))
			return &n->index[i];
	}
}

static int grow(struct pk_nodes *n)
{
	uint32_t cap = 2 * n->cap;
	uint32_t *index = calloc(2 * cap, sizeof(*index));
	uint32_t *parent = realloc(n->parent, cap * sizeof(*parent));
	uint64_t *addr = realloc(n->addr, cap * sizeof(*addr));

	n->parent = parent ? parent : n->parent;
	n->addr = addr ? addr : n->addr;
	if (!index || !parent || !addr) {
		free(index);
		return -ENOMEM;
	}
	free(n->index);
	n->index = index;
	n->nr_slots = 2 * cap;
	n->cap = cap;
	for (uint32_t i = 0; i < n->nr; i++)
		*slot_of(n, n->parent[i], n->addr[i]) = i + 1;
	return 0;
}

static void forget(struct pk_nodes *n)
{
	memset(n->index, 0, n->nr_slots * sizeof(*n->index));
	n->nr = 0;
	n->nr_forgotten++;
}

static int make_room(struct pk_nodes *n)
{
	if (n->nr < n->cap)
		return 0;
	if (n->cap < n->max_nodes)
		return grow(n);
	forget(n);
	return 0;
}

int pk_nodes_intern(struct pk_nodes *n, struct pk_writer *w, uint32_t parent, uint64_t addr,
		    uint32_t *id_ret)
{
	uint32_t *slot = slot_of(n, parent, addr), id;
	int ret;

	if (*slot) {
		*id_ret = n->base + *slot - 1;
		return 0;
	}
	ret = make_room(n);
	if (!ret)
		ret = pk_writer_node(w, parent, addr, &id);
	if (ret)
		return ret;
	/* Ids are consecutive, so a position and the base tell the id. */
	if (!n->nr)
		n->base = id;
	n->parent[n->nr] = parent;
	n->addr[n->nr] = addr;
	*slot_of(n, parent, addr) = ++n->nr;
	*id_ret = id;
	return 0;
}

int pk_nodes_stack(struct pk_nodes *n, struct pk_writer *w, const __u64 *ip, unsigned int nr,
		   uint32_t *id_ret)
{
	uint32_t id = 0;

	for (unsigned int i = nr; i--;) {
		bool is_return = i && ip[i] && !PKPROF_IS_CODE(ip[i]);
		uint64_t addr = is_return ? ip[i] - 1 : ip[i];
		int ret = pk_nodes_intern(n, w, id, addr, &id);

		if (ret)
			return ret;
	}
	*id_ret = id;
	return 0;
}
