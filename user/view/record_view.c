// SPDX-License-Identifier: GPL-2.0-or-later
/* What a recording shows; see record_view.h. */
#include <errno.h>
#include <math.h>

#include "analysis/books.h"
#include "base/unit.h"
#include "source/names.h"
#include "view/record_view.h"

double pk_record_view_cost(const struct pk_delivery *d, unsigned int nr_cpus, uint64_t elapsed_ns)
{
	struct pk_books_sum sums[PKPROF_NR_SOURCES] = { 0 };
	double all_ns = (double)elapsed_ns * nr_cpus, ns = 0;
	bool any = false;

	for (unsigned int i = 0; i < d->nr_cpus * PKPROF_NR_SOURCES; i++) {
		struct pk_counters c = { .cpu = i / PKPROF_NR_SOURCES,
					 .kernel = d->rows[i].kernel };

		pk_books_add(&sums[i % PKPROF_NR_SOURCES], &c);
	}
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++) {
		double cost = pk_books_cost_ns(&sums[i]);

		if (!sums[i].timed_hits || !isfinite(cost))
			continue;
		ns += cost;
		any = true;
	}
	return any && all_ns > 0 ? ns / all_ns : NAN;
}

static void put_cost(const struct pk_delivery *d, unsigned int nr_cpus, uint64_t elapsed_ns,
		     struct pk_strbuf *out)
{
	double cost = pk_record_view_cost(d, nr_cpus, elapsed_ns);

	if (!nr_cpus)
		pk_strbuf_puts(out, "not known");
	else if (!isfinite(cost))
		pk_strbuf_puts(out, "not known yet");
	else
		pk_strbuf_printf(out, "%.*f %%", cost < 0.001 ? 3 : 2, 100 * cost);
}

void pk_record_view_line(const struct pk_record_progress *p, struct pk_strbuf *out)
{
	if (p->phase == PK_RECORD_NAMING) {
		pk_strbuf_puts(out, "naming functions ...");
		if (p->nr_to_name)
			pk_strbuf_printf(out, " %u of %u files", p->nr_named, p->nr_to_name);
		return;
	}
	if (p->phase == PK_RECORD_WAITING) {
		pk_strbuf_puts(out, "recorded; the command still runs, Ctrl-C ends it");
		return;
	}
	pk_unit_put_ns(out, p->elapsed_ns);
	pk_strbuf_puts(out, "  ");
	pk_unit_put_count(out, p->nr_samples);
	pk_strbuf_puts(out, " samples  ");
	pk_unit_put_count(out, pk_delivery_all_lost(p->delivery));
	pk_strbuf_puts(out, " lost  ");
	pk_unit_put_bytes(out, p->file_bytes);
	pk_strbuf_puts(out, "  cost ");
	put_cost(p->delivery, p->nr_cpus, p->elapsed_ns, out);
}

static void put_lost(const struct pk_delivery *d, struct pk_strbuf *out)
{
	const char *separator = "lost: ";

	if (!pk_delivery_all_lost(d)) {
		pk_strbuf_puts(out, "lost: nothing\n");
		return;
	}
	for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++) {
		uint64_t nr = pk_delivery_lost(d, why);

		if (!nr)
			continue;
		pk_strbuf_puts(out, separator);
		pk_unit_put_count(out, nr);
		pk_strbuf_printf(out, " %s", pk_loss_name(why));
		separator = ", ";
	}
	pk_strbuf_putc(out, '\n');
}

static void put_names(const struct pk_finalize_result *n, struct pk_strbuf *out)
{
	if (!n->named && !n->why[0])
		return;
	if (!n->named) {
		pk_strbuf_printf(out, "names: none are in the file: %s\n", n->why);
		return;
	}
	pk_strbuf_puts(out, "names: ");
	pk_unit_put_pct(out, n->stats.nr_named, n->stats.nr_addresses);
	pk_strbuf_puts(out, " of ");
	pk_unit_put_count(out, n->stats.nr_addresses);
	pk_strbuf_puts(out, " addresses");
	if (n->stats.nr_files_missing || n->stats.nr_files_mismatch)
		pk_strbuf_printf(out, "; %u files missing, %u changed since",
				 n->stats.nr_files_missing, n->stats.nr_files_mismatch);
	if (n->stats.nr_files_failed)
		pk_strbuf_printf(out, "; %u files failed to be read", n->stats.nr_files_failed);
	if (n->stats.nr_files_too_big)
		pk_strbuf_printf(out, "; %u take too much memory", n->stats.nr_files_too_big);
	if (n->stats.nr_files_lines_cut)
		pk_strbuf_printf(out, "; source lines of %u took too much",
				 n->stats.nr_files_lines_cut);
	if (n->stats.servers_gave_up)
		pk_strbuf_puts(out, "; debuginfod servers took too long");
	pk_strbuf_putc(out, '\n');
	if (n->stats.kernel_error == -EPERM)
		pk_strbuf_puts(out,
			       "note: kernel functions have no names: kptr_restrict hides "
			       "them; record as root with sysctl kernel.kptr_restrict=1 or 0\n");
}

static void put_ledger(const struct pk_record_result *r, struct pk_strbuf *out)
{
	const struct pk_ledger_result *l = &r->ledger;

	if (!l->works)
		return;
	pk_strbuf_puts(out, "ledger: ");
	pk_unit_put_count(out, l->accounts.nr_threads);
	pk_strbuf_puts(out, " threads, ");
	pk_unit_put_ns(out, l->accounts.ns);
	pk_strbuf_puts(out, " booked, ");
	pk_unit_put_pct(out, l->accounts.lost_ns, l->accounts.ns);
	pk_strbuf_puts(out, " of it lost");
	if (l->info.nr_overflow) {
		pk_strbuf_puts(out, "; ");
		pk_unit_put_count(out, l->info.nr_overflow);
		pk_strbuf_puts(out, " tasks found no room (module parameter ledger_mb)");
	}
	if (l->info.nr_aggregated) {
		pk_strbuf_puts(out, "; the ends of ");
		pk_unit_put_count(out, l->info.nr_aggregated);
		pk_strbuf_puts(out, " threads are lost");
	}
	pk_strbuf_putc(out, '\n');
	if (!r->translate.nr_waits && !r->translate.nr_wakes)
		return;
	pk_strbuf_puts(out, "off-CPU: ");
	pk_unit_put_count(out, r->translate.nr_waits);
	pk_strbuf_puts(out, " waits with stacks, ");
	pk_unit_put_count(out, r->translate.nr_wakes);
	pk_strbuf_puts(out, " wake-ups\n");
}

static void put_unwinder(const struct pk_unwinder_stats *u, struct pk_strbuf *out)
{
	if (!u->nr_files)
		return;
	pk_strbuf_puts(out, "unwind rows: of ");
	pk_unit_put_count(out, u->nr_tables);
	pk_strbuf_puts(out, " files, ");
	pk_unit_put_bytes(out, u->table_bytes);
	pk_strbuf_putc(out, '\n');
	if (u->nr_refused)
		pk_strbuf_printf(out,
				 "note: for the rows of %llu files there was no room, so stacks end in "
				 "them: raise the module's parameter unwind_mb\n",
				 (unsigned long long)u->nr_refused);
	if (u->nr_deaths)
		pk_strbuf_printf(out, "note: reading unwind information failed %u times\n",
				 u->nr_deaths);
}

static void put_bios(const struct pk_record_result *r, struct pk_strbuf *out)
{
	if (!r->translate.nr_bios)
		return;
	pk_strbuf_puts(out, "block I/O: ");
	pk_unit_put_count(out, r->translate.nr_bios);
	pk_strbuf_puts(out, " with stacks\n");
}

static void put_ledger_notices(const struct pk_ledger_result *l, struct pk_strbuf *out)
{
	uint64_t nr_untold = l->accounts.nr_untold + l->hists.nr_untold;

	if (l->nr_failed)
		pk_strbuf_printf(out, "note: the ledger could not be read %llu times: %s\n",
				 (unsigned long long)l->nr_failed, l->why);
	if (l->accounts.nr_mended)
		pk_strbuf_printf(out,
				 "note: %llu accounts of the ledger contradicted themselves; the "
				 "time in question is under other lines or lost\n",
				 (unsigned long long)l->accounts.nr_mended);
	if (nr_untold)
		pk_strbuf_printf(out,
				 "note: the recorder had no room for %llu accounts and "
				 "distributions\n",
				 (unsigned long long)nr_untold);
}

/* One sentence for each thing that is not as it should be. */
static void put_notices(const struct pk_record_result *r, struct pk_strbuf *out)
{
	if (r->complete && !r->closes)
		pk_strbuf_puts(out, "note: the books do not balance; `pkprof-user info` has them "
				    "line by line\n");
	if (r->translate.nr_undefined)
		pk_strbuf_printf(out, "note: %llu samples or waits refer to stacks that are not defined\n",
				 (unsigned long long)r->translate.nr_undefined);
	if (r->translate.nr_malformed || r->delivery.nr_foreign || r->bad_ring_bytes)
		pk_strbuf_printf(
			out, "note: %llu records and %llu bytes of the rings made no sense\n",
			(unsigned long long)(r->translate.nr_malformed + r->delivery.nr_foreign),
			(unsigned long long)r->bad_ring_bytes);
	if (r->translate.nr_unknown)
		pk_strbuf_printf(out, "note: %llu records are of kinds newer than this tool\n",
				 (unsigned long long)r->translate.nr_unknown);
	put_ledger_notices(&r->ledger, out);
	if (r->synth.nr_denied)
		pk_strbuf_printf(out,
				 "note: the mappings of %u processes could not be read; as root "
				 "they can\n",
				 r->synth.nr_denied);
	if (r->no_kernel_stacks)
		pk_strbuf_puts(out, "note: without kernel stacks, which are addresses that only "
				    "CAP_SYSLOG may see\n");
	if (r->in_pid_namespace)
		pk_strbuf_puts(out,
			       "note: in this pid namespace only its own processes have names; "
			       "share the host's namespace for the others\n");
	if (r->missing_sources) {
		pk_strbuf_puts(out, "note: not recorded, for it does not work on this kernel: ");
		pk_sources_format(r->missing_sources, out);
		pk_strbuf_putc(out, '\n');
	}
	if (r->command_pid && !r->command_ended)
		pk_strbuf_printf(out, "note: the command still runs, as process %u\n",
				 r->command_pid);
	if (r->kept)
		pk_strbuf_printf(out, "the former file is kept as %s\n", r->kept);
}

static void put_jvm(const struct pk_jvm_result *j, struct pk_strbuf *out)
{
	unsigned int told = j->nr_failed < PK_JVM_MAX_FAILED ? j->nr_failed : PK_JVM_MAX_FAILED;

	if (j->nr)
		pk_strbuf_printf(out, "Java: %u of %u virtual machines listed their code\n",
				 j->nr_listed, j->nr);
	for (unsigned int i = 0; i < told; i++)
		pk_strbuf_printf(out, "note: Java VM %u was asked to list its code: %s\n",
				 j->failed[i].pid, j->failed[i].why);
	if (j->nr_failed > told)
		pk_strbuf_printf(out, "note: likewise %u more\n", j->nr_failed - told);
}

void pk_record_view_summary(const struct pk_record_result *r, const char *path,
			    struct pk_strbuf *out)
{
	uint64_t nr = r->translate.nr_samples;

	pk_strbuf_printf(out, "%s: ", path);
	pk_unit_put_count(out, nr);
	pk_strbuf_puts(out, " samples in ");
	pk_unit_put_ns(out, r->elapsed_ns);
	if (r->complete) {
		pk_strbuf_puts(out, ", ");
		pk_unit_put_bytes(out, r->file_bytes);
	}
	if (r->complete && nr)
		pk_strbuf_printf(out, " (%.1f bytes per sample)", (double)r->file_bytes / nr);
	pk_strbuf_putc(out, '\n');
	put_lost(&r->delivery, out);
	pk_strbuf_puts(out, "cost: ");
	put_cost(&r->delivery, r->nr_cpus, r->elapsed_ns, out);
	if (r->nr_cpus)
		pk_strbuf_printf(out, " of %u CPUs\n", r->nr_cpus);
	else
		pk_strbuf_puts(out, ": a dump does not tell how many CPUs there were\n");
	if (r->translate.nr_steps)
		pk_strbuf_printf(out, "budget: kept by %llu steps, see `pkprof-user report --by cost`\n",
				 (unsigned long long)r->translate.nr_steps);
	put_ledger(r, out);
	put_bios(r, out);
	put_unwinder(&r->unwinder, out);
	if (r->jit_maps_given_up)
		pk_strbuf_printf(out,
				 "note: more processes than we keep maps of wrote code; of %llu it may "
				 "have no names\n", (unsigned long long)r->jit_maps_given_up);
	put_jvm(&r->jvm, out);
	put_names(&r->names, out);
	put_notices(r, out);
}
