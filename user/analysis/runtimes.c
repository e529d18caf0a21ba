// SPDX-License-Identifier: GPL-2.0-or-later
/* Which language runtimes ran; see runtimes.h. */
#include <errno.h>
#include <string.h>

#include "analysis/runtimes.h"
#include "runtime/recorded.h"

#define MAX_SHOWN_PIDS 6 /* to people */
#define MAX_REMEDIES   8

static const struct pk_column columns[] = {
	{ "runtime", "runtime", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "title", "runtime", PK_COL_TEXT, PK_COL_SCREEN },
	{ "version", "version", PK_COL_TEXT, 0 },
	{ "processes", "processes", PK_COL_COUNT, 0 },
	{ "pids", "pids", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "some_pids", "pids", PK_COL_TEXT, PK_COL_SCREEN },
	{ "evidence", "evidence", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "names", "names", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "lack", "lack", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "remedy", "remedy", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "frames", "names of its frames", PK_COL_TEXT, PK_COL_SCREEN | PK_COL_ELASTIC },
	{ 0 },
};

/* The first few of ids with commas between them. */
static const char *some_pids(const struct pk_runtime_fact *f, struct pk_result *ret)
{
	const char *at = f->pids;

	for (unsigned int i = 0; i < MAX_SHOWN_PIDS; i++) {
		at += strcspn(at, ",");
		if (!*at)
			return f->nr_processes > i + 1 ? pk_result_text(ret, "%s ...", f->pids)
						       : pk_result_text(ret, "%s", f->pids);
		at++;
	}
	return pk_result_text(ret, "%.*s ...", (int)(at - 1 - f->pids), f->pids);
}

/* Texts of all lacks with "; " between them; NULL: there are none. */
static const char *joined(const struct pk_runtime_fact *f, bool remedies, struct pk_result *ret)
{
	struct pk_strbuf text = { 0 };
	const char *kept = NULL;

	for (unsigned int i = 0; i < f->nr_lacks; i++) {
		const char *one = remedies ? f->lacks[i].remedy : f->lacks[i].what;

		if (*one)
			pk_strbuf_printf(&text, "%s%s", text.len ? "; " : "", one);
	}
	if (text.len)
		kept = pk_result_text(ret, "%s", text.data);
	pk_strbuf_deinit(&text);
	return kept;
}

static const char *or_null(const char *text, struct pk_result *ret)
{
	return *text ? pk_result_text(ret, "%s", text) : NULL;
}

static int add_row(struct pk_table *t, const struct pk_runtime_fact *f, struct pk_result *ret)
{
	const char *lack = joined(f, false, ret);
	const char *names = or_null(f->names, ret);

	return pk_table_row(t, PK_TEXT(pk_result_text(ret, "%s", f->key)),
			    PK_TEXT(pk_result_text(ret, "%s", f->title)),
			    PK_TEXT(or_null(f->version, ret)), PK_COUNT(f->nr_processes),
			    PK_TEXT(pk_result_text(ret, "%s", f->pids)), PK_TEXT(some_pids(f, ret)),
			    PK_TEXT(or_null(f->evidence, ret)), PK_TEXT(names), PK_TEXT(lack), PK_TEXT(joined(f, true, ret)),
			    PK_TEXT(lack ? lack : names));
}

static int add_remedies(const struct pk_runtime_fact *f, unsigned int *nr, struct pk_result *ret)
{
	int code = 0;

	for (unsigned int i = 0; i < f->nr_lacks && !code && *nr < MAX_REMEDIES; i++) {
		if (!*f->lacks[i].remedy)
			continue;
		++*nr;
		code = pk_result_note(ret, "%s%s%s: %s: %s.", f->title, *f->version ? " " : "",
				      f->version, f->lacks[i].what, f->lacks[i].remedy);
	}
	return code;
}

int pk_runtimes_add(const struct pk_profile *p, struct pk_result *ret)
{
	struct pk_table *t = NULL;
	unsigned int nr_remedies = 0;
	int code = 0;

	PK_VEC_FOREACH(&p->facts, fact) {
		struct pk_runtime_fact f;

		if (strcmp(pk_strtab_get(&p->strings, fact->key), PK_RUNTIME_FACT) ||
		    !pk_runtime_fact_parse(pk_strtab_get(&p->strings, fact->value), &f))
			continue;
		if (!t)
			t = pk_result_table(ret, "runtimes", "Runtimes", columns, 0);
		code = t ? add_row(t, &f, ret) : -ENOMEM;
		if (!code)
			code = add_remedies(&f, &nr_remedies, ret);
		pk_runtime_fact_deinit(&f);
		if (code)
			break;
	}
	return code;
}
