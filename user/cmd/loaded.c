// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile with its model and filter; see loaded.h. */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "profile/reader.h"
#include "source/names.h"
#include "symbol/symbolizer.h"

/* An instant "since the start" as CLOCK_MONOTONIC ns. */
static int parse_instant(const struct pk_profile *p, const char *name, const char *text,
			 uint64_t *ret, struct pk_err *err)
{
	uint64_t ns, length = p->end_ns - p->start_ns;
	int rc = pk_unit_parse_ns(text, &ns);

	if (rc)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "%s takes a time since the start, like 1.5, 250ms or 2min, "
				   "not '%s'",
				   name, text);
	if (ns > length)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "%s %s is behind the end: the recording lasts %.3f s", name,
				   text, length / 1e9);
	*ret = p->start_ns + ns;
	return 0;
}

static int set_filter(struct pk_loaded *in, const struct pk_loaded_opts *o, struct pk_err *err)
{
	struct pk_filter *f = &in->filter;
	int rc = 0;

	f->tgid = o->pid;
	f->comm = o->comm;
	if (o->from)
		rc = parse_instant(&in->profile, "--from", o->from, &f->from_ns, err);
	if (!rc && o->to)
		rc = parse_instant(&in->profile, "--to", o->to, &f->to_ns, err);
	if (!rc && (f->from_ns >= f->to_ns || in->profile.start_ns >= f->to_ns))
		rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				 "--from %s is not before --to %s: no time is left",
				 o->from ? o->from : "0", o->to);
	if (!rc && o->phase) {
		rc = pk_filter_add_phase(f, &in->profile, o->phase, err);
		if (rc == -ENOENT && err)
			err->exit_code = PK_EXIT_USAGE;
	}
	return rc;
}

bool pk_loaded_same_boot(const struct pk_profile *p)
{
	const char *recorded = pk_profile_fact(p, "kernel.boot_id");
	PK_AUTO_FILE FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[64] = "";

	if (!recorded || !f || !fgets(id, sizeof(id), f))
		return false;
	id[strcspn(id, "\n")] = '\0';
	return !strcmp(id, recorded);
}

/*
 * A recording that did not come to its end holds no symbols: this machine's
 * files are asked, as far as they are the recorded ones.
 */
static int complete_symbols(struct pk_profile *p, struct pk_err *err)
{
	bool same_boot = pk_loaded_same_boot(p);
	struct pk_symbolizer_config cfg = { .kernel = same_boot, .jit = same_boot };
	struct pk_symbolizer_stats stats;

	if (!(p->samples.nr || p->waits.nr) || (p->symbols.nr && p->state == PK_FILE_CLOSED))
		return 0;
	return pk_symbolize(p, &cfg, &stats, err);
}

int pk_loaded_open(int nr_args, char **args, const struct pk_loaded_opts *o,
		   struct pk_loaded *ret, struct pk_err *err)
{
	struct pk_model_opts model_opts = { .no_inline = o->no_inline };
	int rc;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	*ret = (struct pk_loaded){ .path = nr_args ? args[0] : PK_DEFAULT_FILE };
	rc = pk_profile_load(ret->path, &ret->profile, err);
	if (rc)
		return rc;
	if (*ret->profile.notice)
		fprintf(stderr, "%s: %s\n", ret->path, ret->profile.notice);
	pk_filter_init(&ret->filter);
	ret->profile.all_native = o->native;
	rc = complete_symbols(&ret->profile, err);
	if (!rc)
		rc = set_filter(ret, o, err);
	if (!rc)
		rc = pk_model_build(&ret->profile, &model_opts, &ret->model, err);
	if (!rc)
		rc = pk_scope_init(&ret->model, &ret->filter, &ret->scope, err);
	if (rc)
		pk_loaded_close(ret);
	return rc;
}

void pk_loaded_close(struct pk_loaded *in)
{
	pk_scope_deinit(&in->scope);
	pk_model_deinit(&in->model);
	pk_filter_deinit(&in->filter);
	pk_profile_deinit(&in->profile);
}

/* Whether one of these sources was on; @otherwise: of a file that does not say so. */
static bool has_source(const struct pk_profile *p, uint32_t wanted, bool otherwise)
{
	const char *sources = pk_profile_fact(p, "record.sources");
	uint32_t mask;

	if (!sources || pk_sources_parse(sources, &mask, NULL))
		return otherwise;
	return mask & wanted;
}

static void explain_no_waits(const struct pk_loaded *in, const struct pk_kind_choice *kind,
			     struct pk_strbuf *out)
{
	const char *line = pk_kind_word_of(kind);

	if (!in->profile.waits.nr) {
		pk_strbuf_puts(out, has_source(&in->profile, 1u << PKPROF_SRC_OFFCPU, false) ?
					    "The recording has no waits: no instant at which they are "
					    "sampled met one." :
					    "The recording has no stacks of waits: it was made without "
					    "source offcpu (record --sources cpu,task,sched,offcpu).");
		return;
	}
	pk_strbuf_puts(out, "None of the ");
	pk_unit_put_count(out, in->profile.waits.nr);
	pk_strbuf_puts(out, " sampled waits ");
	if (line)
		pk_strbuf_printf(out, "is of line %s", line);
	if (in->scope.filtered)
		pk_strbuf_printf(out, "%spasses the filter (--phase, --from, --to, --pid, --comm)",
				 line ? " and " : "");
	else if (!line)
		pk_strbuf_puts(out, "was blocked");
	pk_strbuf_putc(out, '.');
}

static void explain_no_bios(const struct pk_loaded *in, const struct pk_kind_choice *kind,
			    struct pk_strbuf *out)
{
	const char *op = pk_kind_word_of(kind);

	if (!in->profile.bios.nr) {
		pk_strbuf_puts(out, has_source(&in->profile, 1u << PKPROF_SRC_BLOCK, false) ?
					    "The recording has no block I/O with stacks: none was "
					    "submitted, or stacks were off." :
					    "The recording has no block I/O: it was made without "
					    "source block (record --sources cpu,task,block).");
		return;
	}
	pk_strbuf_puts(out, "None of the ");
	pk_unit_put_count(out, in->profile.bios.nr);
	pk_strbuf_puts(out, " recorded requests");
	if (op)
		pk_strbuf_printf(out, " is of operation %s", op);
	if (in->scope.filtered)
		pk_strbuf_printf(out, "%s passes the filter (--phase, --from, --to, --pid, --comm)",
				 op ? " and" : "");
	else if (!op)
		pk_strbuf_puts(out, " has data, or an end that was recorded");
	pk_strbuf_putc(out, '.');
}

void pk_loaded_explain_empty(const struct pk_loaded *in, const struct pk_kind_choice *kind,
			     struct pk_strbuf *out)
{
	size_t all = in->profile.samples.nr;

	if (kind && pk_kind_of(kind)->source == PKPROF_SRC_OFFCPU) {
		explain_no_waits(in, kind, out);
	} else if (kind && pk_kind_of(kind)->source == PKPROF_SRC_BLOCK) {
		explain_no_bios(in, kind, out);
	} else if (all) {
		pk_strbuf_puts(out, "None of the ");
		pk_unit_put_count(out, all);
		pk_strbuf_puts(out, " samples passes the filter (--phase, --from, --to, --pid, "
				    "--comm).");
	} else if (!has_source(&in->profile, 1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_PMU, true)) {
		pk_strbuf_puts(out, "The recording was made without samples (source cpu or pmu): it "
				    "does not tell what code ran.");
	} else {
		pk_strbuf_puts(out, "The recording has no samples: nothing ran on the CPUs "
				    "while it lasted.");
	}
}

void pk_loaded_put_filter(const struct pk_loaded_opts *o, struct pk_strbuf *out)
{
	pk_strbuf_puts(out, "Only");
	if (o->phase)
		pk_strbuf_printf(out, " phase \"%s\"", o->phase);
	if (o->from)
		pk_strbuf_printf(out, " from %s", o->from);
	if (o->to)
		pk_strbuf_printf(out, " to %s", o->to);
	if (o->comm)
		pk_strbuf_printf(out, " comm \"%s\"", o->comm);
	if (o->pid)
		pk_strbuf_printf(out, " pid %llu", (unsigned long long)o->pid);
}
