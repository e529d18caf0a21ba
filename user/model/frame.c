// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an address is called: address to mapping, mapping to symbol, symbol to
 * the one frame of that name. Each step is remembered: symbols by index,
 * addresses in a small cache that forgets by overwriting. Where source lines are
 * known the functions that are inlined at an address are frames of their own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/build.h"
#include "model/symbols.h"

#define CACHE_BITS 15
#define KERNEL_CONTEXT UINT32_MAX

int pk_frames_init(struct pk_frames *f, struct pk_model *m, struct pk_addrspace *space,
		   bool no_inline)
{
	struct pk_strtab *strings = &m->profile->strings;

	*f = (struct pk_frames){ .m = m, .space = space, .no_inline = no_inline };
	f->of_symbol = calloc(m->profile->symbols.nr + 1, sizeof(*f->of_symbol));
	/* all-zero slots hold frame 0, which no address has */
	f->cache = calloc(1u << CACHE_BITS, sizeof(*f->cache));
	f->of_code = calloc(m->profile->codes.nr + 1, sizeof(*f->of_code));
	if (!f->of_code || !f->of_symbol || !f->cache || !pk_vec_push(&m->frames) ||
	    !pk_vec_push(&m->sources) ||
	    pk_strtab_intern_z(strings, "[kernel]", &f->str_kernel) ||
	    pk_strtab_intern_z(strings, "[anon]", &f->str_anon))
		return -ENOMEM;
	return 0;
}

void pk_frames_deinit(struct pk_frames *f)
{
	for (unsigned int kind = 0; kind <= PK_FRAME_MARKER; kind++)
		pk_map64_deinit(&f->by_name[kind]);
	pk_map64_deinit(&f->inlined);
	pk_map64_deinit(&f->sources);
	pk_vec_deinit(&f->chain);
	free(f->of_code);
	free(f->of_symbol);
	free(f->cache);
}

/*
 * Nothing calls these but the kernel, or code without a frame of its own: the
 * entry stub of programs, libc's start of programs and threads, Go's roots.
 */
static const char *const entries[] = {
	"_start",	"__libc_start_main",	 "__libc_start_main_impl", "__libc_start_call_main",
	"_dl_start",	"_dl_start_user",	 "start_thread",	   "clone",
	"clone3",	"__clone",		 "__clone3",		   "thread_start",
	"runtime.goexit", "runtime.goexit.abi0", "runtime.rt0_go",
};

static bool is_entry(const char *name)
{
	for (size_t i = 0; i < PK_ARRAY_SIZE(entries); i++)
		if (!strcmp(entries[i], name))
			return true;
	return false;
}

static int intern_frame(struct pk_frames *f, uint32_t name, uint32_t dso, enum pk_frame_kind kind,
			bool named, uint32_t *ret)
{
	uint32_t *at = pk_map64_at(&f->by_name[kind], (uint64_t)name << 32 | dso);

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		struct pk_frame *frame = pk_vec_push(&f->m->frames);

		if (!frame)
			return -ENOMEM;
		*frame = (struct pk_frame){
			.name = name,
			.text = name,
			.dso = dso,
			.kind = kind,
			.named = named,
			.entry = kind == PK_FRAME_USER && named &&
				 is_entry(pk_model_string(f->m, name)),
		};
		*at = f->m->frames.nr - 1;
	}
	*ret = *at;
	return 0;
}

/* A function that is inlined: of the DSO and kind that @outer is of. */
static int intern_inlined(struct pk_frames *f, uint32_t name, const struct pk_frame *outer,
			  uint32_t *ret)
{
	struct pk_frame made = { .dso = outer->dso, .kind = outer->kind, .inlined = true };
	uint32_t *at = pk_map64_at(&f->inlined, (uint64_t)name << 32 | outer->dso);
	const char *text = pk_model_string(f->m, name);
	char marked[PKPROF_MAX_STRING + 24];
	PK_AUTO_FREE char *longer = NULL;

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		if (snprintf(marked, sizeof(marked), "%s (inlined)", *text ? text : "?") >=
			    (int)sizeof(marked) &&
		    asprintf(&longer, "%s (inlined)", text) < 0)
			return -ENOMEM;
		made.name = name;
		made.named = *text;
		if (pk_strtab_intern_z(&f->m->profile->strings, longer ? longer : marked,
				       &made.text) ||
		    pk_vec_add(&f->m->frames, made))
			return -ENOMEM;
		*at = f->m->frames.nr - 1;
	}
	*ret = *at;
	return 0;
}

static int intern_source(struct pk_frames *f, const struct pk_line_frame *l, uint32_t *ret)
{
	uint32_t *at;

	*ret = 0;
	if (!l->source)
		return 0;
	at = pk_map64_at(&f->sources, (uint64_t)l->source << 32 | l->line);
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		if (pk_vec_add(&f->m->sources, ((struct pk_source_line){ l->source, l->line })))
			return -ENOMEM;
		*at = f->m->sources.nr - 1;
	}
	*ret = *at;
	return 0;
}

static int intern_text(struct pk_frames *f, const char *name, uint32_t dso,
		       enum pk_frame_kind kind, uint32_t *ret)
{
	uint32_t id;

	if (pk_strtab_intern_z(&f->m->profile->strings, name, &id))
		return -ENOMEM;
	return intern_frame(f, id, dso, kind, false, ret);
}

/* "module+0x12ab" of a module's path and an address in it. */
static int intern_unnamed(struct pk_frames *f, uint32_t dso, uint64_t addr,
			  enum pk_frame_kind kind, uint32_t *ret)
{
	const char *path = pk_model_string(f->m, dso), *slash = strrchr(path, '/');
	char name[PKPROF_MAX_STRING + 24];

	snprintf(name, sizeof(name), "%.*s+0x%" PRIx64, PKPROF_MAX_STRING,
		 slash && slash[1] ? slash + 1 : path, addr);
	return intern_text(f, name, dso, kind, ret);
}

static int of_symbol(struct pk_frames *f, const struct pk_symbol *s, enum pk_frame_kind kind,
		     uint32_t *ret)
{
	uint32_t *known = &f->of_symbol[s - f->m->profile->symbols.data];
	int err = 0;

	if (!*known)
		err = intern_frame(f, s->name, s->dso, kind, !(s->flags & PK_SYMBOL_NONE), known);
	*ret = *known;
	return err;
}

static struct pk_frame_slot *slot(struct pk_frames *f, uint32_t context, uint64_t addr)
{
	return &f->cache[pk_hash64(addr ^ (uint64_t)context << 48) >> (64 - CACHE_BITS)];
}

static bool cached(const struct pk_frame_slot *slot, uint32_t context, uint64_t addr)
{
	return slot->frame && slot->addr == addr && slot->context == context;
}

int pk_frames_kernel(struct pk_frames *f, uint64_t addr, uint32_t *frame_ret)
{
	struct pk_frame_slot *c = slot(f, KERNEL_CONTEXT, addr);
	const struct pk_symbol *s;
	int err;

	if (cached(c, KERNEL_CONTEXT, addr)) {
		*frame_ret = c->frame;
		return 0;
	}
	s = pk_symbols_find(f->m->profile, PK_SPACE_KERNEL, 0, addr);
	if (s)
		err = of_symbol(f, s, PK_FRAME_KERNEL, frame_ret);
	else
		err = intern_unnamed(f, f->str_kernel, addr, PK_FRAME_KERNEL, frame_ret);
	if (!err)
		*c = (struct pk_frame_slot){ KERNEL_CONTEXT, *frame_ret, 0, addr };
	return err;
}

/* What the debugging information calls the function that has the address; 0: nothing. */
static uint32_t name_of_line(const struct pk_profile *p, const struct pk_line *l)
{
	const struct pk_line_frame *frame;

	if (!l)
		return 0;
	for (frame = &p->line_frames.data[l->frame]; frame->outer != PK_LINE_OUTERMOST;)
		frame = &p->line_frames.data[frame->outer];
	return frame->name;
}

/* The function of its own at an address, and its line + 1. */
static int find_user(struct pk_frames *f, uint32_t version, uint32_t tgid, uint64_t addr,
		     struct pk_frame_slot *ret)
{
	const struct pk_profile *p = f->m->profile;
	struct pk_location loc = pk_addrspace_find(f->space, version, tgid, addr);
	enum pk_frame_kind kind = loc.jit ? PK_FRAME_JIT : PK_FRAME_USER;
	const struct pk_symbol *s = pk_symbols_find(p, loc.space, loc.id, loc.addr);
	const struct pk_line *l = NULL;
	uint32_t name;
	int err;

	if (loc.mapped && loc.space == PK_SPACE_FILE && p->lines.nr)
		l = pk_lines_find(p, loc.id, loc.addr);
	ret->line = l ? l - p->lines.data + 1 : 0;
	name = !s || s->flags & PK_SYMBOL_NONE ? name_of_line(p, l) : 0;
	if (name)
		return intern_frame(f, name, p->files.data[loc.id].path, kind, true, &ret->frame);
	if (s)
		return of_symbol(f, s, kind, &ret->frame);
	if (loc.mapped && !loc.jit)
		return intern_unnamed(f, p->files.data[loc.id].path, loc.addr, kind, &ret->frame);
	if (loc.mapped)
		return intern_text(f, "[anonymous code]", f->str_anon, kind, &ret->frame);
	err = f->unmapped ? 0 : intern_text(f, "[unmapped]", 0, PK_FRAME_USER, &f->unmapped);
	ret->frame = f->unmapped;
	return err;
}

/* The inlined functions of a line go on top of the function of its own. */
static int put_chain(struct pk_frames *f, const struct pk_frame_slot *found)
{
	const struct pk_profile *p = f->m->profile;
	const struct pk_line_frame *frames = p->line_frames.data;
	uint32_t at = found->line ? p->lines.data[found->line - 1].frame : PK_LINE_OUTERMOST;
	struct pk_spot spot = { found->frame, 0 };
	size_t nr = 1;

	f->chain.nr = 0;
	/* as many as it takes; then from the innermost on, which is the last one */
	for (uint32_t i = at; i != PK_LINE_OUTERMOST && !f->no_inline; i = frames[i].outer)
		nr += frames[i].outer != PK_LINE_OUTERMOST;
	if (pk_vec_reserve(&f->chain, nr))
		return -ENOMEM;
	f->chain.nr = nr;
	for (; nr > 1; at = frames[at].outer) {
		struct pk_frame outer = f->m->frames.data[found->frame];

		if (intern_inlined(f, frames[at].name, &outer, &spot.frame) ||
		    intern_source(f, &frames[at], &spot.source))
			return -ENOMEM;
		f->chain.data[--nr] = spot;
	}
	f->chain.data[0] = (struct pk_spot){ found->frame, 0 };
	if (at == PK_LINE_OUTERMOST)
		return 0;
	return intern_source(f, &frames[at], &f->chain.data[0].source);
}

/* Equal names in one file are two functions where they begin in two lines. */
static int of_code(struct pk_frames *f, uint32_t id, uint32_t *ret)
{
	const struct pk_profile *p = f->m->profile;
	uint32_t *known = &f->of_code[id <= p->codes.nr ? id : 0];
	struct pk_frame *frame;
	int err = 0;

	if (!*known && known == f->of_code) {
		err = intern_text(f, "[Python function]", 0, PK_FRAME_PYTHON, known);
	} else if (!*known) {
		const struct pk_code *c = &p->codes.data[id - 1];

		frame = pk_vec_push(&f->m->frames);
		if (!frame)
			return -ENOMEM;
		*frame = (struct pk_frame){
			.name = c->name,
			.text = c->name,
			.dso = c->file,
			.line = c->first_line,
			.kind = PK_FRAME_PYTHON,
			.named = *pk_model_string(f->m, c->name),
		};
		*known = f->m->frames.nr - 1;
	}
	*ret = *known;
	return err;
}

static int put_code(struct pk_frames *f, uint32_t id)
{
	struct pk_spot spot = { 0 };
	int err = of_code(f, id, &spot.frame);

	f->chain.nr = 0;
	return err ? err : pk_vec_add(&f->chain, spot);
}

int pk_frames_user(struct pk_frames *f, uint32_t context, uint32_t version, uint32_t tgid,
		   uint64_t addr)
{
	struct pk_frame_slot *c = slot(f, context, addr);
	struct pk_frame_slot found = { .context = context, .addr = addr };
	int err;

	if (PKPROF_IS_CODE(addr))
		return put_code(f, PKPROF_CODE_ID(addr));
	if (!cached(c, context, addr)) {
		err = find_user(f, version, tgid, addr, &found);
		if (err)
			return err;
		*c = found;
	}
	return put_chain(f, c);
}

int pk_frames_cut(struct pk_frames *f, enum pkprof_stack_end end, uint32_t *frame_ret)
{
	static const char *const names[] = {
		[PKPROF_END_DEPTH] = "[stack cut: too deep]",
		[PKPROF_END_FAULT] = "[stack cut: not in memory]",
		[PKPROF_END_BAD_FRAME] = "[stack cut: no frame pointer]",
		[PKPROF_END_UNWIND] = "[stack cut: no unwind entry]",
		[PKPROF_END_NO_TABLE] = "[stack cut: no unwind rows]",
		[PKPROF_END_NO_RULE] = "[stack cut: unwind row cannot be followed]",
		[PKPROF_END_JIT] = "[stack cut: JIT without frame pointer]",
		[PKPROF_END_LOOP] = "[stack cut: signals without end]",
	};
	const char *name = NULL;

	if ((size_t)end < sizeof(names) / sizeof(names[0]))
		name = names[end];
	return intern_text(f, name ? name : "[stack cut]", 0, PK_FRAME_MARKER, frame_ret);
}

void pk_model_put_source(const struct pk_model *m, uint32_t source, bool whole,
			 struct pk_strbuf *out)
{
	const struct pk_source_line *s = &m->sources.data[source];
	const char *path = pk_model_string(m, s->file), *slash = strrchr(path, '/');

	if (!source)
		return;
	pk_strbuf_puts(out, !whole && slash && slash[1] ? slash + 1 : path);
	if (s->line)
		pk_strbuf_printf(out, ":%" PRIu32, s->line);
}
