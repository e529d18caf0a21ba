// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What probes of source vfs do besides the usual: see vfs_probe.h. In: operations that
 * begin and end. Out: their cells, and for those whose turn it is a record.
 */
#include "vfs_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

DEFINE_PER_CPU(struct pk_vfs_here, pk_vfs_here);

u32 pk_vfs_cell_new(struct pk_vfs *v, const struct super_block *sb, u8 op, u8 flags)
{
	struct pk_vfs_what w = {
		.fs_key = pk_vfs_fs_key(sb), .dev = sb ? sb->s_dev : 0, .tgid = current->tgid, .op = op,
		.flags = flags,
	};

	return pk_vfs_cell_claim(&v->keys, &w, pk_vfs_fs_of(v, sb));
}

void pk_vfs_count(struct pk_vfs *v, struct pk_vfs_here *here, const struct super_block *sb, u8 op,
		  u8 flags, u64 bytes)
{
	struct pk_vfs_cell *c = here->cells + pk_vfs_cell_of(v, sb, op, flags);

	pk_vfs_book(c, bytes, false, pk_vfs_now_ns(here));
	c->nr_untimed++;
}

/* The first of its kind and bucket in this slot of time, or longer than all before. */
static __always_inline bool pk_vfs_is_told(const struct pk_op_cpu *ops,
					   const struct pk_op_choice *choice, u8 op,
					   const struct pk_op_end *end)
{
	return choice->slot != pk_op_turn_at(ops, end->now_ns) ||
	       end->length_ns > ops->longest_ns[op];
}

static noinline void pk_vfs_tell_one(struct pk_vfs *v, struct pk_op_cpu *ops,
				     struct pk_vfs_flight *f, struct pk_op_choice *choice,
				     struct pk_op_end *end)
{
	u32 nr = choice->nr;

	choice->nr = 0;
	choice->slot = pk_op_turn_at(ops, end->now_ns);
	ops->longest_ns[f->op] = max(ops->longest_ns[f->op], end->length_ns);
	if (!v->session->cfg.sums_only)
		pk_op_tell(v, ops, f, end, nr);
}

void pk_vfs_over(struct pk_vfs *v, struct pk_vfs_here *here, struct pk_vfs_flight *f,
		 struct pk_op_end *end)
{
	struct pk_op_choice *choice;
	struct pk_vfs_cell *c;
	unsigned long bucket;

	if (unlikely(f->cell == PK_VFS_NO_CELL))
		f->cell = pk_vfs_cell_new(v, NULL, f->op, 0);
	c = here->cells + f->cell;
	end->now_ns = end->now_ns ?: pk_vfs_now_ns(here);
	/* clocks of two CPUs may differ a bit */
	end->length_ns = end->now_ns > f->first_ns ? end->now_ns - f->first_ns : 0;
	bucket = pk_hist_bucket(end->length_ns);
	pk_vfs_book(c, end->bytes, end->failed, end->now_ns);
	pk_vfs_book_time(c, bucket, end->length_ns);
	choice = &here->ops->choice[f->op][bucket];
	choice->nr++;
	if (unlikely(pk_vfs_is_told(here->ops, choice, f->op, end)))
		pk_vfs_tell_one(v, here->ops, f, choice, end);
	pk_vfs_flight_drop(f);
}

#endif
