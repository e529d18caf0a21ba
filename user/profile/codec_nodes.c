// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunk NODES: the tree of raw stacks. Two columns: how far back the parent is
 * (1: the node before, as where a new stack goes on), and the address as the
 * difference to the node before.
 */
#include <stdlib.h>

#include "profile/codec.h"

#define NODES_PER_CHUNK 16384

struct pk_node_encoder {
	struct pk_addr_node node[NODES_PER_CHUNK];
};

int pk_node_encoder_create(struct pk_node_encoder **ret)
{
	*ret = malloc(sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void pk_node_encoder_destroy(struct pk_node_encoder *n)
{
	free(n);
}

int pk_writer_node(struct pk_writer *w, uint32_t parent, uint64_t addr, uint32_t *id_ret)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_NODES];
	uint64_t nr = pk_writer_count(w, PK_CHUNK_NODES);

	if (parent > nr)
		return pk_writer_refuse(w, "stack node under unknown node %u", parent);
	if (nr + 1 >= UINT32_MAX)
		return pk_writer_refuse(w, "more stack nodes than there are ids");
	if (w->err.code)
		return w->err.code;
	w->nodes->node[p->nr++] = (struct pk_addr_node){ .parent = parent, .addr = addr };
	*id_ret = nr + 1;
	return p->nr < NODES_PER_CHUNK ? 0 : pk_writer_emit(w, PK_CHUNK_NODES);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const struct pk_pending *p = &w->pending[PK_CHUNK_NODES];
	const struct pk_addr_node *node = w->nodes->node;
	uint64_t last = 0;

	for (uint32_t i = 0; i < p->nr; i++)
		pk_strbuf_varint(out, p->base + 1 + i - node[i].parent);
	for (uint32_t i = 0; i < p->nr; i++) {
		pk_strbuf_svarint(out, node[i].addr - last);
		last = node[i].addr;
	}
	return pk_strbuf_failed(out) ? -ENOMEM : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	uint64_t id = l->p->nodes.nr, last = 0;
	struct pk_addr_node *node;

	if (id + nr > UINT32_MAX)
		return pk_loading_bad(l, "more stack nodes than there are ids");
	if (pk_vec_reserve(&l->p->nodes, id + nr))
		return -ENOMEM;
	node = l->p->nodes.data + id;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t back = pk_reader_varint(r);

		if (!back || back > id + i)
			return pk_loading_bad(l, "stack node %llu is not below an earlier one",
					      (unsigned long long)(id + i));
		node[i].parent = id + i - back;
	}
	for (uint32_t i = 0; i < nr; i++)
		node[i].addr = last += pk_reader_svarint(r);
	l->p->nodes.nr += nr;
	return 0;
}

const struct pk_codec pk_codec_nodes = {
	.name = "stack nodes",
	.encode = encode,
	.decode = decode,
};
