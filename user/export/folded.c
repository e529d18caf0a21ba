// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folded stacks: one line per distinct stack, root first, frames separated by
 * semicolons, then a blank and the number of samples, or for kinds of waits ns:
 *
 *	postgres;main;exec_simple_query;do_syscall_64_[k] 42
 *
 * The base is the process's name. As flame graph tools expect, kernel frames
 * end in "_[k]" and JIT code in "_[j]". Lines are sorted by frame.
 */
#include "analysis/calltree.h"
#include "base/utf8.h"
#include "export/decimal.h"
#include "export/export.h"

/* A name without what the format gives a meaning to. */
static void put_name(struct pk_strbuf *out, const char *name)
{
	size_t from = out->len;

	pk_utf8_put_printable(out, *name ? name : "?", 0, true);
	for (size_t i = from; i < out->len; i++)
		if (out->data[i] == ';')
			out->data[i] = ':';
}

static void put_frame(struct pk_strbuf *out, const struct pk_calltree *t, uint32_t label)
{
	const struct pk_frame *f = pk_calltree_frame(t, label);

	put_name(out, pk_calltree_name(t, label));
	if (f && f->kind == PK_FRAME_KERNEL)
		pk_strbuf_puts(out, "_[k]");
	else if (f && f->kind == PK_FRAME_JIT)
		pk_strbuf_puts(out, "_[j]");
	else if (f && f->kind == PK_FRAME_PYTHON)
		pk_strbuf_puts(out, "_[p]");
}

/* @ends: where in @path the name of each depth ends; room for the deepest. */
static int write_tree(const struct pk_calltree *t, size_t *ends, struct pk_strbuf *path,
		      struct pk_sink *out)
{
	for (size_t i = 1; i < t->calls.nr; i++) {
		const struct pk_call *c = &t->calls.data[i];

		path->len = ends[c->depth - 1];
		if (c->depth > 1)
			pk_strbuf_putc(path, ';');
		put_frame(path, t, c->label);
		ends[c->depth] = path->len;
		if (pk_strbuf_failed(path))
			return -ENOMEM;
		if (!c->self)
			continue;
		pk_strbuf_add(&out->buf, path->data, path->len);
		pk_strbuf_putc(&out->buf, ' ');
		pk_decimal_put(&out->buf, c->self);
		pk_strbuf_putc(&out->buf, '\n');
		if (pk_sink_drain(out))
			return out->code;
	}
	return 0;
}

static int write_folded(const struct pk_scope *s, const struct pk_export_opts *o,
			struct pk_sink *out, struct pk_err *err)
{
	struct pk_calltree_opts opts = { .threads = o->threads, .kind = o->kind };
	struct pk_strbuf path = { 0 };
	struct pk_calltree tree;
	size_t *ends = NULL;
	int rc = pk_calltree_init(s, &opts, &tree);

	if (!rc) {
		ends = calloc(tree.max_depth + 1, sizeof(*ends));
		rc = ends ? write_tree(&tree, ends, &path, out) : -ENOMEM;
		pk_calltree_deinit(&tree);
	}
	free(ends);
	pk_strbuf_deinit(&path);
	return rc == -ENOMEM ? pk_err_set(err, rc, "no memory for the stacks") : rc;
}

const struct pk_export pk_export_folded = {
	.name = "folded",
	.suffix = ".folded",
	.help = "one line per stack, root first, with its samples or ns; input of flame graph tools",
	.write = write_folded,
};
