// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command symbolize: names for what has none yet, by the files of this machine. The profile is
 * replaced when the new one is complete, and not before.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/replace.h"
#include "model/symbols.h"
#include "profile/copy.h"
#include "profile/reader.h"
#include "profile/writer.h"
#include "symbol/answer_cache.h"
#include "symbol/collect.h"
#include "symbol/harvest.h"
#include "symbol/symbolizer.h"

static struct {
	const char *debug_dirs, *root, *output;
	bool servers, no_lines, no_cache, clear_cache;
} opt;

static const struct pk_opt opts[] = {
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "OUT", .help = "file to write (default: FILE itself)" },
	{ .name = "debug-dir", .type = PK_OPT_STRING, .value = &opt.debug_dirs, .arg = "DIR:...",
	  .help = "where debug files are (default /usr/lib/debug)" },
	{ .name = "root", .type = PK_OPT_STRING, .value = &opt.root, .arg = "DIR",
	  .help = "the recorded system's files are below DIR" },
	{ .name = "no-lines", .type = PK_OPT_FLAG, .value = &opt.no_lines,
	  .help = "only names, no source lines and inlined functions" },
	{ .name = "debuginfod", .type = PK_OPT_FLAG, .value = &opt.servers,
	  .help = "ask the servers of $DEBUGINFOD_URLS for debug files, for 2 minutes at most" },
	{ .name = "no-cache", .type = PK_OPT_FLAG, .value = &opt.no_cache,
	  .help = "without names that were kept, and keep none" },
	{ .name = "clear-cache", .type = PK_OPT_FLAG, .value = &opt.clear_cache,
	  .help = "remove the names that were kept; without FILE that is all" },
	{ 0 },
};

/* Addresses of one file, process or of the kernel. */
struct group {
	uint64_t place;
	uint64_t nr, nr_nameless;
};

struct groups {
	PK_VEC(struct group) v;
	uint64_t nr, nr_named;		/* of addresses */
};

static int count(const struct pk_profile *p, struct groups *ret, struct pk_err *err)
{
	struct pk_wanted_list l;
	int rc = pk_collect(p, &l, err);

	*ret = (struct groups){ 0 };
	for (size_t i = 0; !rc && i < l.v.nr; i++) {
		const struct pk_wanted *w = &l.v.data[i];
		const struct pk_symbol *s = pk_symbols_find(p, w->place >> 32, w->place, w->addr);
		bool named = s && !(s->flags & PK_SYMBOL_NONE);
		struct group *g = ret->v.nr ? &ret->v.data[ret->v.nr - 1] : NULL;

		if (!g || g->place != w->place)
			g = pk_vec_push(&ret->v);
		if (!g) {
			rc = pk_err_set(err, -ENOMEM, "no memory");
			break;
		}
		g->place = w->place;
		g->nr++;
		g->nr_nameless += !named;
		ret->nr++;
		ret->nr_named += named;
	}
	pk_vec_deinit(&l.v);
	return rc;
}

/* What was there for want of a name must not be in a name's way. 0 or -ENOMEM. */
static int take_out_nameless(struct pk_profile *p, struct pk_harvest *ret)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->symbols.nr; i++) {
		struct pk_symbol s = p->symbols.data[i];

		if (!(s.flags & PK_SYMBOL_NONE))
			p->symbols.data[kept++] = s;
		else if (pk_vec_add(&ret->found, s))
			return -ENOMEM;
	}
	p->symbols.nr = kept;
	return 0;
}

/* Names for what has none; a place that got none keeps what it was called. */
static int add_names(struct pk_profile *p, const struct pk_symbolizer_config *cfg,
		     struct pk_symbolizer_stats *stats, struct pk_err *err)
{
	struct pk_harvest nameless = { .p = p };
	int rc = take_out_nameless(p, &nameless);

	if (!rc) {
		rc = pk_symbolize(p, cfg, stats, err);
		if (!rc)
			rc = pk_harvest_merge(&nameless);
	}
	pk_harvest_deinit(&nameless);
	return rc == -ENOMEM ? pk_err_set(err, rc, "no memory for names") : rc;
}

/* --- the file ---------------------------------------------------------------- */

static int write_profile(const char *path, int fd, const char *name, struct pk_profile *p,
			 const pk_map_events *mapped, struct pk_err *err)
{
	struct pk_writer *w;
	int rc = pk_profile_copy_unnamed(path, fd, name, p, err);

	if (!rc)
		rc = pk_writer_resume(fd, name, p, &w, err);
	if (rc)
		return rc;
	rc = pk_writer_symbols_of(w, p);
	if (!rc)
		rc = pk_writer_lines_of(w, p);
	for (size_t i = 0; !rc && i < mapped->nr; i++)
		rc = pk_writer_map(w, &mapped->data[i]);
	/* one that was cut off stays so */
	if (!rc && p->state == PK_FILE_CLOSED)
		rc = pk_writer_finish(w, p->end_ns);
	else if (!rc)
		rc = pk_writer_flush(w);
	if (rc)
		*err = *pk_writer_error(w);
	pk_writer_destroy(w);
	return rc;
}

static int replace(const char *path, const char *output, struct pk_profile *p,
		   const pk_map_events *mapped, struct pk_err *err)
{
	struct pk_replacement r;
	int rc = pk_replace_begin(&r, path, output, err);

	if (!rc)
		rc = write_profile(path, r.fd, r.temporary, p, mapped, err);
	return pk_replace_end(&r, rc, err);
}

/* --- what there is to say ------------------------------------------------------ */

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->nr_nameless != y->nr_nameless)
		return x->nr_nameless > y->nr_nameless ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void put_file(const struct pk_profile *p, const struct pk_file *f, struct pk_strbuf *out)
{
	const char *path = pk_strtab_get(&p->strings, f->path);

	pk_utf8_put_printable(out, *path ? path : "(a file without a name)", 0, true);
	for (unsigned int i = 0; i < f->build_id_len; i++)
		pk_strbuf_printf(out, "%s%02x", i ? "" : ", build ID ", f->build_id[i]);
}

static void put_group(const struct pk_profile *p, const struct group *g, struct pk_strbuf *out)
{
	enum pk_space space = g->place >> 32;

	pk_strbuf_printf(out, "  %6llu of %6llu in ", (unsigned long long)g->nr_nameless,
			 (unsigned long long)g->nr);
	if (space == PK_SPACE_KERNEL)
		pk_strbuf_puts(out, "[kernel]");
	else if (space == PK_SPACE_PROCESS)
		pk_strbuf_printf(out, "code without a file of process %u", (uint32_t)g->place);
	else
		put_file(p, &p->files.data[(uint32_t)g->place], out);
	pk_strbuf_putc(out, '\n');
}

static void put_files(const struct pk_symbolizer_stats *s, struct pk_strbuf *out)
{
	if (s->nr_files_missing || s->nr_files_mismatch || s->nr_files_too_big ||
	    s->nr_files_failed)
		pk_strbuf_printf(out,
				 "of %u files asked %u are not here, %u are not the recorded ones, "
				 "%u take too much memory, %u failed to be read\n",
				 s->nr_files, s->nr_files_missing, s->nr_files_mismatch,
				 s->nr_files_too_big, s->nr_files_failed);
	if (s->nr_files_lines_cut)
		pk_strbuf_printf(out, "source lines of %u files took too much time or memory; some or all "
				      "are missing\n", s->nr_files_lines_cut);
	if (s->servers_gave_up)
		pk_strbuf_puts(out, "debuginfod servers took too long and were given up\n");
}

/* On a terminal, rewritten in place. */
static void show_progress(void *ctx, unsigned int done, unsigned int total)
{
	(void)ctx;
	fprintf(stderr, "\r\033[Knaming functions ... %u of %u files", done, total);
	if (done == total)
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static int print_result(const struct pk_profile *p, uint64_t before, size_t nr_lines,
			struct groups *g, const struct pk_symbolizer_stats *s, struct pk_err *err)
{
	struct pk_strbuf out = { 0 };
	int rc = 0;

	pk_strbuf_printf(&out, "%llu of %llu addresses have names, %llu had before\n",
	       (unsigned long long)g->nr_named, (unsigned long long)g->nr,
	       (unsigned long long)before);
	pk_strbuf_printf(&out, "%zu have source lines, %zu had before\n", p->lines.nr, nr_lines);
	put_files(s, &out);
	if (g->nr != g->nr_named) {
		pk_strbuf_puts(&out, "addresses without names:\n");
		qsort(g->v.data, g->v.nr, sizeof(*g->v.data), compare_groups);
	}
	for (size_t i = 0; i < g->v.nr && g->v.data[i].nr_nameless; i++)
		put_group(p, &g->v.data[i], &out);
	if (pk_strbuf_failed(&out))
		rc = pk_err_set(err, -ENOMEM, "no memory");
	else
		fputs(out.data, stdout);
	pk_strbuf_deinit(&out);
	return rc;
}

static int symbolize(const char *path, struct pk_profile *p, struct pk_err *err)
{
	bool same_boot = !opt.root && pk_loaded_same_boot(p);
	pk_map_events mapped = { 0 };
	struct pk_symbolizer_config cfg = {
		.kernel = same_boot,
		.jit = same_boot || opt.root,
		.debug_dirs = opt.debug_dirs,
		.root = opt.root,
		.lines = !opt.no_lines,
		.servers = opt.servers,
		.cache = !opt.no_cache,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
		.mapped = &mapped,
	};
	struct pk_symbolizer_stats stats;
	struct groups before, after = { 0 };
	size_t nr_lines = p->lines.nr;
	int rc = count(p, &before, err);

	if (!rc)
		rc = add_names(p, &cfg, &stats, err);
	if (!rc)
		rc = count(p, &after, err);
	/* a file that would be no better stays as it is */
	if (!rc && (opt.output || mapped.nr || after.nr_named > before.nr_named ||
		    p->lines.nr > nr_lines))
		rc = replace(path, opt.output ? opt.output : path, p, &mapped, err);
	if (!rc)
		rc = print_result(p, before.nr_named, nr_lines, &after, &stats, err);
	pk_vec_deinit(&before.v);
	pk_vec_deinit(&after.v);
	pk_vec_deinit(&mapped);
	return rc;
}

static int clear_cache(struct pk_err *err)
{
	struct pk_answer_cache *c;
	int rc = pk_answer_cache_open(NULL, 0, &c, err);

	if (rc)
		return rc;
	rc = pk_answer_cache_clear(c);
	pk_answer_cache_close(c);
	if (rc < 0)
		return pk_err_set(err, rc, "cannot remove the names that were kept: %s",
				  strerror(-rc));
	printf("the names of %d files were kept, and are removed\n", rc);
	return 0;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	const char *path = nr_args ? args[0] : PK_DEFAULT_FILE;
	struct pk_profile p;
	int rc;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	if (!strcmp(path, "-") || (opt.output && !strcmp(opt.output, "-")))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "names are added to a file, not to a stream");
	if (opt.servers && !getenv("DEBUGINFOD_URLS"))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "--debuginfod asks the servers of $DEBUGINFOD_URLS, which is "
				   "not set");
	if (opt.clear_cache) {
		rc = clear_cache(err);
		if (rc || !nr_args)
			return rc;
	}
	rc = pk_profile_load(path, &p, err);
	if (rc)
		return rc;
	if (p.state == PK_FILE_DAMAGED)
		rc = pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE,
				 "%s: %s; not writing it anew", path, p.notice);
	else
		rc = symbolize(path, &p, err);
	pk_profile_deinit(&p);
	return rc;
}

const struct pk_cmd pk_cmd_symbolize = {
	.name = "symbolize",
	.args = "[FILE]",
	.summary = "Add names of functions and source lines to a profile, on a machine that has its programs",
	.details = "Addresses that have a name keep it. Programs and libraries are only asked if "
		   "they are the recorded ones, by build ID; the kernel and JIT code only on the "
		   "recorded machine before its next boot. FILE (" PK_DEFAULT_FILE " unless given) "
		   "is replaced when the new one is complete. What is still without names is "
		   "told. What files say is kept for the next time, by build ID.",
	.opts = opts,
	.run = run,
};
