// SPDX-License-Identifier: GPL-2.0-or-later
/* Unwind rows of files; see unwind_tables.h. */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "urows.h"
#include "unwind_tables.h"

#define PK_TABLE_BITS 10

struct pk_table {
	struct hlist_node node;
	struct pk_rows_ref ref;
	struct pk_file_id id;
	u32 flags;
};

struct pk_tables {
	struct mutex lock;		/* hash, closed */
	bool closed;
	struct hlist_head hash[1 << PK_TABLE_BITS];
	atomic64_t bytes;
	s64 max_bytes;
};

struct pk_tables *pk_tables_create(u64 max_bytes)
{
	struct pk_tables *t = kvzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	mutex_init(&t->lock);
	t->max_bytes = max_bytes;
	return t;
}

bool pk_tables_charge(struct pk_tables *t, size_t bytes)
{
	if (atomic64_add_return(bytes, &t->bytes) <= t->max_bytes)
		return true;
	pk_tables_uncharge(t, bytes);
	return false;
}

void pk_tables_uncharge(struct pk_tables *t, size_t bytes)
{
	atomic64_sub(bytes, &t->bytes);
}

bool pk_tables_closed(const struct pk_tables *t)
{
	return READ_ONCE(t->closed);
}

void pk_tables_close(struct pk_tables *t)
{
	struct pk_table *table;
	struct hlist_node *next;
	unsigned int i;

	mutex_lock(&t->lock);
	WRITE_ONCE(t->closed, true);
	for (i = 0; i < ARRAY_SIZE(t->hash); i++) {
		hlist_for_each_entry_safe(table, next, &t->hash[i], node) {
			hlist_del(&table->node);
			kvfree(table->ref.rows);
			kfree(table);
		}
	}
	mutex_unlock(&t->lock);
}

void pk_tables_destroy(struct pk_tables *t)
{
	if (!t)
		return;
	pk_tables_close(t);
	kvfree(t);
}

/* Generations are not in it: of two files with one inode number one is gone. */
static struct hlist_head *pk_table_chain(struct pk_tables *t, const struct pk_file_id *id)
{
	return &t->hash[hash_32(jhash_2words((u32)id->ino, (u32)(id->ino >> 32), id->dev),
				PK_TABLE_BITS)];
}

static struct pk_table *pk_table_find(struct pk_tables *t, const struct pk_file_id *id, u32 flags)
{
	struct pk_table *table;

	hlist_for_each_entry(table, pk_table_chain(t, id), node) {
		if (table->id.ino == id->ino && table->id.dev == id->dev &&
		    !((table->flags ^ flags) & PKPROF_ROWS_VDSO) &&
		    (table->id.gen == id->gen || flags & PKPROF_ROWS_ANY_GEN))
			return table;
	}
	return NULL;
}

/* The lock is held. */
static struct pk_table *pk_table_get(struct pk_tables *t, const struct pk_file_id *id, u32 flags)
{
	struct pk_table *table = pk_table_find(t, id, flags);

	if (table)
		return table;
	if (!pk_tables_charge(t, sizeof(*table)))
		return NULL;
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table) {
		pk_tables_uncharge(t, sizeof(*table));
		return NULL;
	}
	table->id = *id;
	table->flags = flags;
	hlist_add_head(&table->node, pk_table_chain(t, id));
	return table;
}

const struct pk_rows_ref *pk_tables_get(struct pk_tables *t, const struct pk_file_id *id,
					u32 flags)
{
	struct pk_table *table;

	mutex_lock(&t->lock);
	table = t->closed ? NULL : pk_table_get(t, id, flags);
	mutex_unlock(&t->lock);
	return table ? &table->ref : NULL;
}

/* --- rows --- */

/* A copy that has passed all checks. Its size is charged. */
static struct pkprof_rows *pk_rows_copy(struct pk_tables *t, const void __user *from, size_t bytes)
{
	struct pkprof_rows *rows;
	int err = -EFAULT;

	if (bytes < sizeof(*rows) || bytes > PKPROF_ROWS_MAX_BYTES)
		return ERR_PTR(-EINVAL);
	if (!pk_tables_charge(t, bytes))
		return ERR_PTR(-ENOSPC);
	rows = kvmalloc(bytes, GFP_KERNEL | __GFP_NORETRY);
	if (!rows) {
		pk_tables_uncharge(t, bytes);
		return ERR_PTR(-ENOMEM);
	}
	if (!copy_from_user(rows, from, bytes))
		err = pk_urows_check(rows, bytes);
	if (!err)
		return rows;
	kvfree(rows);
	pk_tables_uncharge(t, bytes);
	return ERR_PTR(err);
}

/* A file that has rows is ready for whoever asks again: that costs nobody a copy. */
static int pk_tables_publish(struct pk_tables *t, const struct pkprof_rows *rows)
{
	const struct pk_file_id id = { .dev = rows->dev, .gen = rows->gen, .ino = rows->ino };
	struct pk_table *table;

	if (t->closed)
		return -ENXIO;
	table = rows->flags & PKPROF_ROWS_ANY_GEN ? pk_table_find(t, &id, rows->flags) :
						    pk_table_get(t, &id, rows->flags);
	if (!table)
		return rows->flags & PKPROF_ROWS_ANY_GEN ? -ENOENT : -ENOSPC;
	if (table->ref.rows)
		return -EEXIST;
	smp_store_release(&table->ref.rows, rows);
	return 0;
}

int pk_tables_upload(struct pk_tables *t, const void __user *from, size_t bytes)
{
	struct pkprof_rows *rows = pk_rows_copy(t, from, bytes);
	int err;

	if (IS_ERR(rows))
		return PTR_ERR(rows);
	if (rows->flags & ~(PKPROF_ROWS_ANY_GEN | PKPROF_ROWS_VDSO | PKPROF_ROWS_PYTHON)) {
		err = -EINVAL;
	} else {
		mutex_lock(&t->lock);
		err = pk_tables_publish(t, rows);
		mutex_unlock(&t->lock);
	}
	if (err) {
		kvfree(rows);
		pk_tables_uncharge(t, bytes);
	}
	return err;
}
