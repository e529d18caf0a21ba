// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of `perf script`, which many tools read: per sample a head line,
 * its frames from the leaf to the root, and an empty line.
 *
 *	postgres 812/812 [001] 1234.567890123:    1001001 cpu-clock:
 *		ffffffff81a0109a do_syscall_64+0x5a ([kernel.kallsyms])
 *		    55d0c0ffee00 main+0x10 (/usr/bin/postgres)
 *
 * Functions that are inlined have the address of the one they are in, and "(inlined)" where
 * others have their file, as perf has it. With srcline the next line is that of the source.
 *
 * Times are CLOCK_MONOTONIC, periods ns. Return addresses are given as they
 * were on the stack, one above where they were looked up. Markers of cut
 * stacks are frames of address 0 in "[unknown]". An unnamed frame keeps its
 * module+0x..., and gets an offset as well, since readers cut the last one off.
 *
 * Stacks repeat, so the text of each is kept, within a bound of memory.
 */
#include <inttypes.h>

#include "analysis/table.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/code.h"
#include "export/decimal.h"
#include "export/export.h"
#include "model/addrspace.h"
#include "model/symbols.h"

#define EVENT	      "cpu-clock"
#define MAX_KEPT_BYTES (64u << 20)	/* of stack texts */

/* What the text of a stack depends on. */
struct stack_key {
	uint32_t stack, kstack, ustack, version;
	uint32_t tgid;	/* only where code of the process itself is on the stack */
};

struct stack_text {
	struct stack_key key;
	uint32_t len;
	size_t at;	/* in writer->texts */
};

struct writer {
	const struct pk_scope *s;
	struct pk_sink *out;
	struct pk_addrspace *space;
	bool srcline;
	bool *has_jit;			/* by stack node */
	struct pk_map64 known;		/* hash of a key to index in kept */
	PK_VEC(struct stack_text) kept;
	struct pk_strbuf texts;
};

/* A frame's address and the symbol around it, or NULL. */
struct place {
	uint64_t ip;
	const struct pk_symbol *symbol;
	uint64_t offset;	/* of ip in the symbol */
};

static void put_dso(struct pk_strbuf *b, const struct writer *w, const struct pk_frame *f,
		    uint32_t tgid)
{
	const char *dso = pk_model_string(w->s->model, f->dso);

	if (f->kind == PK_FRAME_MARKER || !*dso)
		pk_strbuf_puts(b, "[unknown]");
	else if (f->kind == PK_FRAME_JIT)
		pk_strbuf_printf(b, "/tmp/perf-%" PRIu32 ".map", tgid);
	else if (f->kind == PK_FRAME_KERNEL && !strcmp(dso, "[kernel]"))
		pk_strbuf_puts(b, "[kernel.kallsyms]");
	else
		pk_utf8_put_printable(b, dso, 0, true);
}

static void put_frame(struct pk_strbuf *b, const struct writer *w, const struct pk_frame *f,
		      const struct place *place, uint32_t tgid)
{
	const char *name = pk_model_string(w->s->model, f->name);

	pk_strbuf_putc(b, '\t');
	pk_hex_put(b, place->ip, 16);
	pk_strbuf_putc(b, ' ');
	pk_utf8_put_printable(b, *name ? name : "[unknown]", 0, true);
	if (f->inlined) {
		pk_strbuf_puts(b, " (inlined)\n");
		return;
	}
	if (f->kind != PK_FRAME_MARKER && f->kind != PK_FRAME_PYTHON) {
		pk_strbuf_puts(b, "+0x");
		pk_hex_put(b, place->offset, 0);
	}
	pk_strbuf_puts(b, " (");
	put_dso(b, w, f, tgid);
	pk_strbuf_puts(b, ")\n");
}

/* The path without what would end the line. */
static void put_source(struct pk_strbuf *b, const struct pk_model *m, uint32_t source)
{
	const struct pk_source_line *s = &m->sources.data[source];

	pk_utf8_put_printable(b, pk_model_string(m, s->file), 0, true);
	pk_strbuf_printf(b, ":%" PRIu32, s->line);
}

/* Walks the raw addresses of a sample, kernel half first, in step with its frames. */
struct walk {
	uint32_t node;		/* raw node, 0: this half is through */
	bool kernel, leaf;	/* leaf: not a return address */
	const struct stack_key *key;
};

static struct place next_place(struct writer *w, struct walk *walk)
{
	const struct pk_profile *p = w->s->model->profile;
	struct place place = { 0 };
	uint64_t addr, at;

	if (!walk->node && walk->kernel) {
		walk->kernel = false;
		walk->leaf = true;
		walk->node = walk->key->ustack;
	}
	if (!walk->node || walk->node >= p->nodes.nr)
		return place;
	while (pk_node_is_interpreter(p, walk->node))
		walk->node = p->nodes.data[walk->node].parent;
	addr = at = p->nodes.data[walk->node].addr;
	walk->node = p->nodes.data[walk->node].parent;
	if (PKPROF_IS_CODE(addr)) {
		walk->leaf = false;
		return place;
	}
	if (walk->kernel) {
		place.symbol = pk_symbols_find(p, PK_SPACE_KERNEL, 0, addr);
	} else {
		struct pk_location l = pk_addrspace_find(w->space, walk->key->version,
							 walk->key->tgid, addr);

		place.symbol = pk_symbols_find(p, l.space, l.id, l.addr);
		at = l.addr;
	}
	place.ip = walk->leaf ? addr : addr + 1;
	place.offset = (place.symbol ? at - place.symbol->addr : 0) + !walk->leaf;
	walk->leaf = false;
	return place;
}

static void put_stack(struct pk_strbuf *b, struct writer *w, const struct stack_key *key)
{
	const struct pk_model *m = w->s->model;
	struct walk walk = { .node = key->kstack, .kernel = true, .leaf = true, .key = key };
	struct place place = { 0 };
	bool inside = false;	/* @place is that of the frame before, too */

	for (uint32_t at = key->stack; at; at = m->nodes.data[at].parent) {
		const struct pk_stack_node *node = &m->nodes.data[at];
		const struct pk_frame *f = &m->frames.data[node->frame];

		if (f->kind == PK_FRAME_MARKER)
			place = (struct place){ 0 };
		else if (!inside)
			place = next_place(w, &walk);
		inside = f->inlined;
		put_frame(b, w, f, &place, key->tgid);
		if (w->srcline && node->source) {
			pk_strbuf_puts(b, "  ");
			put_source(b, m, node->source);
			pk_strbuf_putc(b, '\n');
		}
	}
}

static void forget_texts(struct writer *w)
{
	pk_map64_clear(&w->known);
	w->kept.nr = 0;
	pk_strbuf_clear(&w->texts);
}

/* Append the stack's text to the output, from what is kept or made now. */
static int put_kept_stack(struct writer *w, const struct stack_key *key)
{
	uint32_t *idx = pk_map64_at(&w->known, pk_hash_bytes(key, sizeof(*key)));
	struct stack_text *text;
	size_t from = w->texts.len;

	if (!idx)
		return -ENOMEM;
	if (*idx != PK_MAP64_NONE) {
		text = &w->kept.data[*idx];
		if (memcmp(&text->key, key, sizeof(*key)))	/* the same hash by chance */
			put_stack(&w->out->buf, w, key);
		else
			pk_strbuf_add(&w->out->buf, w->texts.data + text->at, text->len);
		return 0;
	}
	*idx = w->kept.nr;
	put_stack(&w->texts, w, key);
	if (pk_strbuf_failed(&w->texts) ||
	    pk_vec_add(&w->kept, ((struct stack_text){ *key, w->texts.len - from, from })))
		return -ENOMEM;
	pk_strbuf_add(&w->out->buf, w->texts.data + from, w->texts.len - from);
	if (w->texts.len > MAX_KEPT_BYTES)
		forget_texts(w);
	return 0;
}

static void put_head(struct writer *w, size_t i)
{
	const struct pk_samples *samples = &w->s->model->profile->samples;
	const struct pk_thread *t = &w->s->model->threads.data[w->s->model->sample_thread[i]];
	const char *comm = pk_model_string(w->s->model, t->comm);
	struct pk_strbuf *b = &w->out->buf;

	comm += strspn(comm, " \t");
	pk_utf8_put_printable(b, *comm ? comm : "?", 0, true);
	pk_strbuf_putc(b, ' ');
	pk_decimal_put(b, samples->tgid[i]);
	pk_strbuf_putc(b, '/');
	pk_decimal_put(b, samples->tid[i]);
	pk_strbuf_puts(b, " [");
	pk_decimal_put_padded(b, samples->cpu[i], samples->cpu[i] > 999 ? 5 : 3);
	pk_strbuf_puts(b, "] ");
	pk_decimal_put(b, samples->time_ns[i] / 1000000000);
	pk_strbuf_putc(b, '.');
	pk_decimal_put_padded(b, samples->time_ns[i] % 1000000000, 9);
	pk_strbuf_puts(b, ": ");
	pk_decimal_put(b, (w->s->period_ns ? w->s->period_ns : 1) * pk_sample_weight(samples, i));
	pk_strbuf_puts(b, " " EVENT ":\n");
}

static int put_sample(struct writer *w, size_t i)
{
	const struct pk_samples *samples = &w->s->model->profile->samples;
	struct stack_key key = {
		.stack = w->s->model->sample_stack[i],
		.kstack = samples->kstack[i],
		.ustack = samples->ustack[i],
		.version = pk_addrspace_version(w->space, samples->tgid[i], samples->time_ns[i]),
	};
	int rc = 0;

	if (w->has_jit[key.stack])
		key.tgid = samples->tgid[i];
	put_head(w, i);
	if (key.stack)
		rc = put_kept_stack(w, &key);
	pk_strbuf_putc(&w->out->buf, '\n');
	return rc ? rc : pk_sink_drain(w->out);
}

static int writer_init(const struct pk_scope *s, const struct pk_export_opts *o,
		       struct pk_sink *out, struct writer *w, struct pk_err *err)
{
	const struct pk_model *m = s->model;

	*w = (struct writer){ .s = s, .out = out, .srcline = o->srcline };
	w->has_jit = calloc(m->nodes.nr + 1, sizeof(*w->has_jit));
	if (!w->has_jit)
		return -ENOMEM;
	for (size_t i = 1; i < m->nodes.nr; i++)
		w->has_jit[i] = w->has_jit[m->nodes.data[i].parent] ||
				m->frames.data[m->nodes.data[i].frame].kind == PK_FRAME_JIT;
	return pk_addrspace_build(m->profile, &w->space, err);
}

static void writer_deinit(struct writer *w)
{
	free(w->has_jit);
	pk_addrspace_destroy(w->space);
	pk_map64_deinit(&w->known);
	pk_vec_deinit(&w->kept);
	pk_strbuf_deinit(&w->texts);
}

static int write_perf_script(const struct pk_scope *s, const struct pk_export_opts *o,
			     struct pk_sink *out, struct pk_err *err)
{
	struct writer w;
	int rc = writer_init(s, o, out, &w, err);

	for (size_t i = 0; !rc && i < s->nr_samples; i++)
		rc = put_sample(&w, s->samples[i]);
	writer_deinit(&w);
	return rc == -ENOMEM ? pk_err_set(err, rc, "no memory for the stacks") : rc;
}

const struct pk_export pk_export_perf_script = {
	.name = "perf-script",
	.suffix = ".perf",
	.help = "text of perf script, sample by sample, for the tools that read it",
	.write = write_perf_script,
};
