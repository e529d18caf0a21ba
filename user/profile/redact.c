// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A profile without what it says of its users; see redact.h. Texts are replaced where they
 * are, in the chunks of strings: all that refers to them stays as it is, byte by byte. What
 * a text is used for is found in the profile as it was loaded; one that nothing uses, or
 * something that is not in the list below, is of use R_UNKNOWN.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reader.h"
#include "profile/codec.h"
#include "profile/copy.h"
#include "profile/redact.h"
#include "profile/redact_text.h"
#include "profile/writer.h"

/*
 * Of several uses of one text the lowest one counts: what may be told where it is a thread's
 * name need not be hidden where it is a word of a command line.
 */
enum use {
	R_KEPT = 1,
	R_FACT,			/* a value that may hold paths */
	R_PATH,
	R_NO_SYMBOL,		/* "module+0xSTART" */
	R_SYMBOL,
	R_CGROUP,
	R_PEER,
	R_HIDDEN,		/* command lines, the host's name: nothing of them */
	R_UNKNOWN = 0,
};

struct redact {
	struct pk_profile *p;
	const struct pk_redaction *how;
	uint8_t *uses;		/* enum use, by string id of @p */
	uint32_t *paths;	/* of R_NO_SYMBOL: string id of the module's path */
};

/* --- what texts are used for ------------------------------------------------------ */

static void use(struct redact *x, uint32_t id, enum use what)
{
	if (id < x->p->strings.entries.nr && (!x->uses[id] || what < x->uses[id]))
		x->uses[id] = what;
}

/* By the beginning of its key. What no row has keeps its value if that is a number or a list of them. */
static const struct {
	const char *key;
	enum use what;
} fact_rows[] = {
	{ "host.name", R_HIDDEN },     { "host.", R_KEPT },
	{ "kernel.boot_id", R_HIDDEN }, { "kernel.", R_KEPT },
	{ "cpu.", R_KEPT },	       { "memory.", R_KEPT },
	{ "time.", R_KEPT },	       { "record.command", R_HIDDEN },
	{ "record.version", R_KEPT },  { "record.sources", R_KEPT },
	{ "record.scope", R_KEPT },    { "record.pid_namespace", R_KEPT },
	{ "runtime", R_FACT },
};

static enum use use_of_fact(const char *key, const char *value)
{
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(fact_rows); i++)
		if (!strncmp(key, fact_rows[i].key, strlen(fact_rows[i].key)))
			return fact_rows[i].what;
	return strspn(value, "0123456789,.-") == strlen(value) ? R_KEPT : R_HIDDEN;
}

static void use_facts(struct redact *x)
{
	const struct pk_strtab *strings = &x->p->strings;

	PK_VEC_FOREACH(&x->p->facts, f) {
		use(x, f->key, R_KEPT);
		use(x, f->value,
		    use_of_fact(pk_strtab_get(strings, f->key), pk_strtab_get(strings, f->value)));
	}
}

static void use_tasks(struct redact *x)
{
	PK_VEC_FOREACH(&x->p->tasks, e) {
		use(x, e->comm, R_KEPT);
		use(x, e->args, R_HIDDEN);
		use(x, e->cgroup, R_CGROUP);
	}
	PK_VEC_FOREACH(&x->p->latencies, l)
		use(x, l->prev_comm, R_KEPT);
	PK_VEC_FOREACH(&x->p->wakes, w)
		use(x, w->waker_comm, R_KEPT);
	PK_VEC_FOREACH(&x->p->marks, m)
		use(x, m->text, R_KEPT);
}

static void use_files(struct redact *x)
{
	PK_VEC_FOREACH(&x->p->files, f)
		use(x, f->path, R_PATH);
	PK_VEC_FOREACH(&x->p->op_files, f)
		use(x, f->path, R_PATH);
	PK_VEC_FOREACH(&x->p->vfs_fs, f) {
		use(x, f->type, R_KEPT);
		/* of a device, or the type again; a server's export is a path */
		use(x, f->name, strchr(pk_strtab_get(&x->p->strings, f->name), '/') ? R_PATH : R_KEPT);
		use(x, f->mount, R_PATH);
	}
	PK_VEC_FOREACH(&x->p->block_loads, l)
		use(x, l->name, R_KEPT);
}

static void use_symbols(struct redact *x)
{
	PK_VEC_FOREACH(&x->p->symbols, s) {
		bool none = s->flags & PK_SYMBOL_NONE;

		use(x, s->dso, R_PATH);
		use(x, s->name, none ? R_NO_SYMBOL : R_SYMBOL);
		if (none && s->name < x->p->strings.entries.nr)
			x->paths[s->name] = s->dso;
	}
}

/* Sources are paths, and so may tell whose they are. */
static void use_lines(struct redact *x)
{
	PK_VEC_FOREACH(&x->p->line_frames, f) {
		use(x, f->source, R_PATH);
		use(x, f->name, R_SYMBOL);
	}
}

static void use_peers(struct redact *x)
{
	PK_VEC_FOREACH(&x->p->net_conns, c) {
		use(x, c->remote, R_PEER);
		use(x, c->local, R_PEER);
	}
	PK_VEC_FOREACH(&x->p->wait_on, w) {
		use(x, w->name, w->kind == PKPROF_ON_DEVICE ? R_KEPT : R_PEER);
		use(x, w->local, R_PEER);
	}
}

/* --- what stands for them ----------------------------------------------------------- */

static void put_no_symbol(const struct redact *x, uint32_t id, const char *text, struct pk_strbuf *out)
{
	const char *path = pk_strtab_get(&x->p->strings, x->paths[id]);
	const char *plus = strrchr(text, '+');

	if (pk_redact_keeps_path(path)) {
		pk_strbuf_puts(out, text);
		return;
	}
	pk_redact_basename(&x->how->key, path, out);
	pk_strbuf_puts(out, plus ? plus : "");
}

static void put_cgroup(const struct redact *x, const char *text, struct pk_strbuf *out)
{
	if (!strcmp(text, "/"))
		pk_strbuf_puts(out, text);
	else
		pk_redact_name(&x->how->key, "/cgroup-", text, out);
}

static void put_text(const struct redact *x, uint32_t id, struct pk_strbuf *out)
{
	const char *text = pk_strtab_get(&x->p->strings, id);
	const struct pk_siphash_key *key = &x->how->key;

	switch ((enum use)x->uses[id]) {
	case R_KEPT:
		pk_strbuf_add(out, text, pk_strtab_len(&x->p->strings, id));
		return;
	case R_FACT:
		pk_redact_paths_in(key, text, out);
		return;
	case R_PATH:
		pk_redact_path(key, text, out);
		return;
	case R_NO_SYMBOL:
		put_no_symbol(x, id, text, out);
		return;
	case R_SYMBOL:
		if (!x->how->all)
			pk_redact_paths_in(key, text, out);
		return;
	case R_CGROUP:
		put_cgroup(x, text, out);
		return;
	case R_PEER:
		pk_redact_peer(key, text, out);
		return;
	case R_HIDDEN:
	case R_UNKNOWN:
		return;
	}
}

/* --- the file ------------------------------------------------------------------------ */

static int redact_strings(const struct redact *x, const uint8_t *raw, size_t len,
			  struct pk_strbuf *anew)
{
	struct pk_reader r = pk_reader_of(raw, len);
	uint64_t base = pk_reader_varint(&r), nr = pk_reader_varint(&r);
	struct pk_strbuf one = { 0 };
	int ret = PK_COPY_ANEW;

	pk_strbuf_varint(anew, base);
	pk_strbuf_varint(anew, nr);
	for (; nr && ret >= 0; nr--) {
		uint64_t bytes = pk_reader_varint(&r);
		const char *text = pk_reader_bytes(&r, bytes);
		uint32_t id = text ? pk_strtab_find(&x->p->strings, text, bytes) : PK_MAP64_NONE;

		pk_strbuf_clear(&one);
		if (!text || (bytes && id == PK_MAP64_NONE))
			ret = -EBADMSG;
		else if (bytes)
			put_text(x, id, &one);
		pk_strbuf_varint(anew, one.len);
		pk_strbuf_add(anew, one.data, one.len);
	}
	if (pk_strbuf_failed(&one))
		ret = -ENOMEM;
	pk_strbuf_deinit(&one);
	return ret;
}

static int redact_chunk(void *ctx, unsigned int type, const uint8_t *raw, size_t len,
			struct pk_strbuf *anew)
{
	struct redact *x = ctx;

	if (type == PK_CHUNK_STRINGS)
		return redact_strings(x, raw, len, anew);
	if ((type == PK_CHUNK_SYMBOLS || type == PK_CHUNK_LINES) && x->how->all)
		return PK_COPY_LEAVE_OUT;
	/* what this version does not know may tell anything */
	return pk_codec_of(type) ? PK_COPY_AS_IS : PK_COPY_LEAVE_OUT;
}

static int write_redacted(struct redact *x, const char *path, int fd, const char *name,
			  struct pk_err *err)
{
	const struct pk_copy_how how = { .chunk = redact_chunk, .ctx = x, .unpack = PK_CHUNK_STRINGS,
					 .known_only = true };
	struct pk_writer *w;
	int ret = pk_profile_copy(path, fd, name, x->p, &how, err);

	if (!ret)
		ret = pk_writer_resume(fd, name, x->p, &w, err);
	if (ret)
		return ret;
	ret = pk_writer_fact(w, PK_REDACTED_FACT, x->how->all ? "all" : "names");
	/* one that was cut off stays so */
	if (!ret && x->p->state == PK_FILE_CLOSED)
		ret = pk_writer_finish(w, x->p->end_ns);
	else if (!ret)
		ret = pk_writer_flush(w);
	if (ret)
		*err = *pk_writer_error(w);
	pk_writer_destroy(w);
	return ret;
}

int pk_profile_redact(const char *path, int fd, const char *name, struct pk_profile *p,
		      const struct pk_redaction *how, struct pk_err *err)
{
	size_t nr = p->strings.entries.nr;
	struct redact x = {
		.p = p,
		.how = how,
		.uses = calloc(nr + 1, sizeof(*x.uses)),
		.paths = calloc(nr + 1, sizeof(*x.paths)),
	};
	int ret;

	if (x.uses && x.paths) {
		use_facts(&x);
		use_tasks(&x);
		use_files(&x);
		use_symbols(&x);
		use_lines(&x);
		use_peers(&x);
		ret = write_redacted(&x, path, fd, name, err);
	} else {
		ret = pk_err_set(err, -ENOMEM, "no memory to redact %s", path);
	}
	free(x.uses);
	free(x.paths);
	return ret;
}
