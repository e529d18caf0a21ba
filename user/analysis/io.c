// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Io: what block devices did: how much of it, how long it took in the queue and at the
 * device, how many requests were in flight; by device and operation, by size, by the
 * process that submitted them, and by stack. And what became of operations on files, and
 * what their time went to.
 */
#include <string.h>

#include "analysis/block_tables.h"
#include "analysis/op_tables.h"
#include "analysis/vfs_tables.h"

static bool by(const struct pk_io *x, const char *what)
{
	return !x->o->by || !strcmp(x->o->by, what);
}

/* --- what one must know --------------------------------------------------------------- */

static int add_notes(const struct pk_io *x)
{
	const struct pk_profile *p = x->s->model->profile;
	uint32_t mask = 0;
	const char *sources = pk_profile_fact(p, "record.sources");
	int rc = 0;

	if (sources && pk_sources_parse(sources, &mask, NULL))
		mask = 0;
	if (!p->block_ops.nr)
		return pk_result_note(x->ret, mask >> PKPROF_SRC_BLOCK & 1 ?
					      "No request of a block device ended in the recording." :
					      "The recording has no block requests: source block was "
					      "off.");
	if (x->o->by && by(x, "stack"))
		return 0;
	rc = pk_result_note(x->ret, "Quantiles are from buckets: within 1/16 of the exact value. The "
				    "times of a request end when the device says that it is done.");
	if (!rc && (x->s->filter->tgid || x->s->filter->comm))
		rc = pk_result_note(x->ret, "Devices are left out: what they know is not told apart by "
					    "process.");
	if (!rc && by(x, "process"))
		rc = pk_result_note(x->ret,
				    "Requests are of the process that submitted them; data written back "
				    "later is of the process that made it dirty.");
	return rc;
}

/* What single operations tell. */
static bool is_of_ops(const struct pk_analysis_opts *o)
{
	return o->by && (!strcmp(o->by, "autopsy") || !strcmp(o->by, "file"));
}

/* What fits in a report among others. */
static int add_figures(const struct pk_io *x)
{
	const struct pk_profile *p = x->s->model->profile;
	int rc = p->block_ops.nr ? pk_io_add_devices(x) : 0;

	if (!rc)
		rc = pk_vfs_figures_add(x->s, x->o, x->ret);
	if (!rc && pk_result_has_rows(x->ret))
		rc = pk_result_note(x->ret, "pkprof-user io has the times of requests in the queue and at the "
					    "device, their sizes and depths, and the same by process and "
					    "file system.");
	return rc;
}

static int run_sums(const struct pk_scope *s, const struct pk_analysis_opts *o,
		    struct pk_result *ret)
{
	struct pk_io x = { .s = s, .o = o, .ret = ret };
	int rc = pk_block_devices_init(s, &x.devices);
	bool devices = by(&x, "device");

	if (!rc && o->figures) {
		rc = add_figures(&x);
		goto out;
	}
	if (!rc && devices)
		rc = pk_io_add_devices(&x);
	if (!rc && devices)
		rc = pk_io_add_ops(&x);
	if (!rc && devices)
		rc = pk_io_add_times(&x);
	if (!rc && devices && !o->brief)
		rc = pk_io_add_sizes(&x);
	if (!rc && devices)
		rc = pk_io_add_depths(&x);
	if (!rc && devices)
		rc = pk_io_add_histogram(&x);
	if (!rc && by(&x, "process"))
		rc = pk_io_add_processes(&x);
	/* seldom of interest: only where it is asked for */
	if (!rc && o->by && by(&x, "cgroup"))
		rc = pk_io_add_cgroups(&x);
	if (!rc && o->by && by(&x, "stack"))
		rc = pk_io_add_stacks(&x);
	if (!rc)
		rc = add_notes(&x);
	if (!rc)
		rc = pk_vfs_tables_add(s, o, ret);
out:
	pk_block_devices_deinit(&x.devices);
	return rc;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	int rc = is_of_ops(o) ? pk_op_tables_add(s, o, ret) : run_sums(s, o, ret);

	return rc ? pk_err_set(err, rc, "no memory for requests and operations") : 0;
}

const struct pk_analysis pk_analysis_io = {
	.name = "io",
	.help = "operations on files and requests of block devices: how many, how large, how long",
	.report = PK_REPORT_TEXT | PK_REPORT_FIGURES | PK_REPORT_BRIEF_JSON,
	.run = run,
};
