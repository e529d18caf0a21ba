// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables of callbacks at functions' entries, see ftrace_hook.h. In: names and callbacks.
 * Out: all of a table that there is attached, or nothing of it.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "ftrace_hook.h"

/* Only this function; -EINVAL: there is none of that name. The kernel wants to write to it. */
static int pk_ftrace_hook_filter(struct pk_ftrace_hook *h)
{
	char name[64];

	if (strscpy(name, h->name, sizeof(name)) < 0)
		return -E2BIG;
	h->ops.func = h->fn;
	h->ops.flags = PK_FTRACE_FLAGS;
	return ftrace_set_filter(&h->ops, name, strlen(name), 1);
}

/* What ftrace allocated for the filter is given back; the next user fills it anew. */
static void pk_ftrace_hook_reset(struct pk_ftrace_hook *h)
{
	ftrace_set_filter(&h->ops, NULL, 0, 1);
	memset(&h->ops, 0, sizeof(h->ops));
}

int pk_ftrace_hooks_find(struct pk_ftrace_hook *table, unsigned int nr)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr; i++) {
		table[i].found = !pk_ftrace_hook_filter(&table[i]);
		pk_ftrace_hook_reset(&table[i]);
		if (!table[i].found && !table[i].optional)
			ret = -ENOENT;
	}
	return ret;
}

static int pk_ftrace_hook_attach(struct pk_ftrace_hook *h, void *data)
{
	int err = pk_ftrace_hook_filter(h);

	h->ops.private = data;
	if (!err)
		err = register_ftrace_function(&h->ops);
	h->attached = !err;
	if (err)
		pk_ftrace_hook_reset(h);
	return err;
}

int pk_ftrace_hooks_attach(struct pk_ftrace_hook *table, unsigned int nr, void *data)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		if (!table[i].found)
			continue;
		err = pk_ftrace_hook_attach(&table[i], data);
		if (err) {
			pk_ftrace_hooks_detach(table, nr);
			return err;
		}
	}
	return 0;
}

void pk_ftrace_hooks_detach(struct pk_ftrace_hook *table, unsigned int nr)
{
	unsigned int i;

	/* waits until nobody is in the callback or on the way there */
	for (i = 0; i < nr; i++) {
		if (!table[i].attached)
			continue;
		unregister_ftrace_function(&table[i].ops);
		pk_ftrace_hook_reset(&table[i]);
		table[i].attached = false;
	}
}
