// SPDX-License-Identifier: GPL-2.0-or-later
/* An analysis as the tables of a command; see tables.h. */
#include <errno.h>

#include "cmd/show.h"
#include "cmd/tables.h"

static int note_filter(const struct pk_loaded_opts *input, struct pk_result *result,
		       struct pk_err *err)
{
	struct pk_strbuf text = { 0 };
	int rc;

	pk_loaded_put_filter(input, &text);
	rc = pk_strbuf_failed(&text) ? -ENOMEM : pk_result_note(result, "%s.", text.data);
	pk_strbuf_deinit(&text);
	return rc ? pk_err_set(err, rc, "no memory for the filter") : 0;
}

int pk_tables_show(const struct pk_loaded *in, const struct pk_tables_opts *o,
		   const struct pk_analysis *a, const char *by, size_t rows, struct pk_err *err)
{
	struct pk_analysis_opts opts = { .by = by, .limit = o->json ? 0 : rows };
	struct pk_result result = { 0 };
	int rc;

	if (o->limit != PK_TABLES_LIMIT)
		opts.limit = o->limit;
	rc = a->run(&in->scope, &opts, &result, err);
	if (!rc && in->scope.filtered)
		rc = note_filter(&o->input, &result, err);
	if (!rc)
		rc = pk_show(&result, o->json, err);
	pk_result_deinit(&result);
	return rc;
}

int pk_tables_run(int nr_args, char **args, const struct pk_tables_opts *o,
		  const struct pk_analysis *a, size_t rows, struct pk_err *err)
{
	struct pk_loaded in;
	int rc = pk_loaded_open(nr_args, args, &o->input, &in, err);

	if (rc)
		return rc;
	rc = pk_tables_show(&in, o, a, o->by, rows, err);
	pk_loaded_close(&in);
	return rc;
}
