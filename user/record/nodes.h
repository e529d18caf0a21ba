/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tree of raw stacks on its way into the file: (parent, address) to node id.
 *
 * Memory is bounded: when max_nodes are remembered, all are forgotten and
 * later stacks get new nodes. Ids given out stay valid, since the nodes are in
 * the file; the price is that some are in it twice.
 */
#ifndef PK_NODES_H
#define PK_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "profile/writer.h"

#define PK_NODES_MAX (256u << 10)	/* 5 MB with the index */

struct pk_nodes {
	uint32_t *index;	/* hash table of positions + 1, 0: free */
	uint32_t *parent;	/* by position: node id of the parent */
	uint64_t *addr;
	uint32_t nr, cap;	/* positions */
	uint32_t nr_slots;	/* of index, power of two, at least 2 * cap */
	uint32_t max_nodes;
	uint32_t base;		/* node id of position 0 */
	uint64_t nr_forgotten;	/* how often everything was forgotten */
};

/* @max_nodes: power of two, at least 1024. All-zero memory is not valid. */
int pk_nodes_init(struct pk_nodes *n, uint32_t max_nodes);
void pk_nodes_deinit(struct pk_nodes *n);

/* Id of the node, which goes to @w if it is new. 0, -ENOMEM or the writer's error. */
int pk_nodes_intern(struct pk_nodes *n, struct pk_writer *w, uint32_t parent, uint64_t addr,
		    uint32_t *id_ret);

/*
 * Id of a whole stack of @nr > 0 frames, leaf first: return addresses, which
 * all but the first are, are lowered by one, so that they lie in the calling
 * instruction.
 */
int pk_nodes_stack(struct pk_nodes *n, struct pk_writer *w, const __u64 *ip, unsigned int nr,
		   uint32_t *id_ret);

#endif
