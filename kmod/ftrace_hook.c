// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of callbacks at functions' entries, see ftrace_hook.h. In: names and callbacks.
 * Out: all of a table that there is attached, or nothing of it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ftrace_hook.h"
#include "mix.h"

/*
 * What ftrace calls a function's address is its first instruction or the one behind
 * ENDBR. Functions do not share a grain: they are aligned to it.
 */
#define PK_FTRACE_GRAIN	16
#define PK_FTRACE_ENDBR	4

static __always_inline unsigned int pk_ftrace_slot_of(unsigned long key)
{
	return key * PK_GOLDEN >> 32 & (PK_FTRACE_SLOTS - 1);
}

/* The shared tracer: whose function this is. */
static void notrace pk_ftrace_dispatch(unsigned long ip, unsigned long parent_ip,
				       struct ftrace_ops *ops, pk_ftrace_regs *regs)
{
	const struct pk_ftrace_table *t = container_of(ops, struct pk_ftrace_table, ops);
	unsigned long key = ip / PK_FTRACE_GRAIN;
	unsigned int at = pk_ftrace_slot_of(key);

	/* at most half of the slots are taken */
	while (t->slots[at].key != key) {
		if (unlikely(!t->slots[at].key))
			return;
		at = (at + 1) & (PK_FTRACE_SLOTS - 1);
	}
	t->slots[at].fn(ip, parent_ip, ops, regs);
}

static void pk_ftrace_slot_add(struct pk_ftrace_table *t, unsigned long ip, ftrace_func_t fn)
{
	unsigned long key = ip / PK_FTRACE_GRAIN;
	unsigned int at = pk_ftrace_slot_of(key);

	while (t->slots[at].key && t->slots[at].key != key)
		at = (at + 1) & (PK_FTRACE_SLOTS - 1);
	t->slots[at].key = key;
	t->slots[at].fn = fn;
}

/* --- filters --- */

/* What ftrace allocated for the filter is given back; the next user fills it anew. */
static void pk_ftrace_reset(struct ftrace_ops *ops)
{
	ftrace_set_filter(ops, NULL, 0, 1);
	memset(ops, 0, sizeof(*ops));
}

/* Also this function; an error: ftrace cannot have it. */
static int pk_ftrace_filter(struct ftrace_ops *ops, ftrace_func_t fn, unsigned long ip)
{
	ops->func = fn;
	ops->flags = PK_FTRACE_FLAGS;
	return ftrace_set_filter_ip(ops, ip, 0, 0);
}

/* --- find --- */

/*
 * Addresses by name. A probe that is not armed costs nothing but the search for the name,
 * and to forget many of them takes no longer than one.
 */
static int pk_ftrace_addresses(struct pk_ftrace_table *t)
{
	struct kprobe *probes = kcalloc(t->nr, sizeof(*probes), GFP_KERNEL);
	struct kprobe **known = kcalloc(t->nr, sizeof(*known), GFP_KERNEL);
	int i, nr_known = 0, err = probes && known ? 0 : -ENOMEM, refused;

	for (i = 0; !err && i < t->nr; i++) {
		probes[i].symbol_name = t->rows[i].name;
		probes[i].flags = KPROBE_FLAG_DISABLED;
		t->rows[i].ip = 0;
		refused = register_kprobe(&probes[i]);
		/* says nothing about the function, which must not pass for one that is not there */
		if (refused == -ENOMEM)
			err = refused;
		if (refused)
			continue;
		t->rows[i].ip = (unsigned long)probes[i].addr;
		known[nr_known++] = &probes[i];
	}
	if (nr_known)
		unregister_kprobes(known, nr_known);
	kfree(known);
	kfree(probes);
	return err;
}

int pk_ftrace_table_find(struct pk_ftrace_table *t)
{
	struct pk_ftrace_hook *h;
	int err = pk_ftrace_addresses(t);

	if (err)
		return err;
	for (h = t->rows; h < t->rows + t->nr; h++) {
		if (h->ip && pk_ftrace_filter(&t->ops, pk_ftrace_dispatch, h->ip))
			h->ip = 0;
		if (!h->ip && !h->optional)
			err = -ENOENT;
		if (!h->ip || h->alone)
			continue;
		pk_ftrace_slot_add(t, h->ip, h->fn);
		pk_ftrace_slot_add(t, h->ip + PK_FTRACE_ENDBR, h->fn);
	}
	pk_ftrace_reset(&t->ops);
	return err;
}

bool pk_ftrace_table_has(const struct pk_ftrace_table *t, const char *name)
{
	const struct pk_ftrace_hook *h;

	for (h = t->rows; h < t->rows + t->nr; h++)
		if (!strcmp(h->name, name))
			return h->ip;
	return false;
}

/* --- attach, detach --- */

static int pk_ftrace_attach_alone(struct pk_ftrace_hook *h, void *data)
{
	int err = pk_ftrace_filter(&h->ops, h->fn, h->ip);

	h->ops.private = data;
	if (!err)
		err = register_ftrace_function(&h->ops);
	h->attached = !err;
	if (err)
		pk_ftrace_reset(&h->ops);
	return err;
}

static int pk_ftrace_attach_shared(struct pk_ftrace_table *t, void *data)
{
	unsigned int i, nr = 0;
	int err = 0;

	for (i = 0; !err && i < t->nr; i++) {
		if (!t->rows[i].ip || t->rows[i].alone)
			continue;
		err = pk_ftrace_filter(&t->ops, pk_ftrace_dispatch, t->rows[i].ip);
		nr++;
	}
	/* an empty filter is one of all functions */
	if (!nr)
		return 0;
	t->ops.private = data;
	if (!err)
		err = register_ftrace_function(&t->ops);
	t->attached = !err;
	if (err)
		pk_ftrace_reset(&t->ops);
	return err;
}

int pk_ftrace_table_attach(struct pk_ftrace_table *t, void *data)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < t->nr; i++)
		if (t->rows[i].ip && t->rows[i].alone)
			err = pk_ftrace_attach_alone(&t->rows[i], data);
	if (!err)
		err = pk_ftrace_attach_shared(t, data);
	if (err)
		pk_ftrace_table_detach(t);
	return err;
}

/* Waits until nobody is in the callback or on the way there. */
static void pk_ftrace_drop(struct ftrace_ops *ops, bool *attached)
{
	if (!*attached)
		return;
	unregister_ftrace_function(ops);
	pk_ftrace_reset(ops);
	*attached = false;
}

void pk_ftrace_table_detach(struct pk_ftrace_table *t)
{
	unsigned int i;

	pk_ftrace_drop(&t->ops, &t->attached);
	for (i = 0; i < t->nr; i++)
		pk_ftrace_drop(&t->rows[i].ops, &t->rows[i].attached);
}
