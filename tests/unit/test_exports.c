// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exports: what another program reads from them is what the profile holds. And the
 * tables of analyses and exports: each row is whole and has goldens.
 */
/* link: tests/unit/model_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "base/cleanup.h"
#include "export/export.h"
#include "export/flame.h"
#include "model_fixture.h"

#define MS 1000000ULL
#define KERNEL 0xffffffff81000000ULL

static struct pk_profile profile;
static struct pk_model model;
static struct pk_filter filter;
static struct pk_scope scope;

static void add_code(void)
{
	uint32_t file = fix_file(&profile, "/usr/bin/app");

	fix_symbol(&profile, PK_SPACE_KERNEL, 0, KERNEL, 0x100, "entry", "[kernel]");
	fix_symbol(&profile, PK_SPACE_KERNEL, 0, KERNEL + 0x100, 0x100, "read", "[ext4]");
	fix_symbol(&profile, PK_SPACE_FILE, file, 0x1000, 0x100, "main", "/usr/bin/app");
	fix_symbol(&profile, PK_SPACE_FILE, file, 0x1100, 0x100, "work", "/usr/bin/app");
	fix_symbol(&profile, PK_SPACE_PROCESS, 42, 0x7000, 0x100, "compiled", "[jit]");
	fix_sort_symbols(&profile);
	fix_alive(&profile, 42, "app");
	fix_map(&profile, 0, 42, 0x400000, 0x10000, file, 0);
	fix_map(&profile, 0, 42, 0x7000, 0x1000, 0, 0);
}

static int setup(void **state)
{
	const uint64_t user[] = { 0x401010, 0x401120 }, kernel[] = { KERNEL + 8, KERNEL + 0x110 };
	const uint64_t jit[] = { 0x401010, 0x7020 }, unnamed[] = { 0x401010, 0x405000 };
	uint32_t u, k;

	(void)state;
	fix_init(&profile);
	fix_fact(&profile, "record.period_ns", "1000000");
	fix_fact(&profile, "host.name", "old");
	fix_fact(&profile, "host.name", "new");
	add_code();
	u = fix_stack(&profile, user, 2);
	k = fix_stack(&profile, kernel, 2);
	for (uint64_t i = 0; i < 3; i++)
		fix_sample(&profile, 1000 * MS + i * MS, 42, 42, u, 0, PKPROF_SAMPLE_USER);
	fix_sample(&profile, 1004 * MS, 42, 42, u, k, 0);
	fix_sample(&profile, 1005 * MS, 42, 42, fix_stack(&profile, jit, 2), 0,
		   PKPROF_SAMPLE_USER | PKPROF_END_DEPTH << PK_SAMPLE_UEND_SHIFT);
	fix_sample(&profile, 1006 * MS, 42, 42, fix_stack(&profile, unnamed, 2), 0,
		   PKPROF_SAMPLE_USER);
	fix_sample(&profile, 1007 * MS, 42, 42, 0, 0, PKPROF_SAMPLE_NO_MM);
	pk_filter_init(&filter);
	assert_int_equal(pk_model_build(&profile, NULL, &model, NULL), 0);
	assert_int_equal(pk_scope_init(&model, &filter, &scope, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_scope_deinit(&scope);
	pk_filter_deinit(&filter);
	pk_model_deinit(&model);
	pk_profile_deinit(&profile);
	return 0;
}

/* The export's text, NUL-terminated; the sink is the caller's to deinit. */
static struct pk_sink export(const struct pk_export *format)
{
	struct pk_export_opts o = { 0 };
	struct pk_sink out = pk_sink_of(-1);

	assert_int_equal(format->write(&scope, &o, &out, NULL), 0);
	pk_strbuf_putc(&out.buf, '\0');
	assert_false(pk_strbuf_failed(&out.buf));
	return out;
}

/* Offsets in symbols; return addresses as on the stack; the kernel half first. */
static void test_perf_script(void **state)
{
	struct pk_sink out = export(&pk_export_perf_script);
	const char *mixed = "app 42/42 [000] 1.004000000: 1000000 cpu-clock:\n"
			    "\tffffffff81000110 read+0x10 ([ext4])\n"
			    "\tffffffff81000009 entry+0x9 ([kernel.kallsyms])\n"
			    "\t          401120 work+0x20 (/usr/bin/app)\n"
			    "\t          401011 main+0x11 (/usr/bin/app)\n"
			    "\n";

	(void)state;
	assert_non_null(strstr(out.buf.data, mixed));
	assert_non_null(strstr(out.buf.data, "\t            7020 compiled+0x20 (/tmp/perf-42.map)\n"));
	assert_non_null(strstr(out.buf.data, "\t          405000 app+0x5000+0x0 (/usr/bin/app)\n"));
	assert_non_null(strstr(out.buf.data, "app 42/42 [000] 1.007000000: 1000000 cpu-clock:\n\n"));
	/* the cut is told where the root would be */
	assert_non_null(strstr(out.buf.data, "main+0x11 (/usr/bin/app)\n\t               0 ["));
	pk_sink_deinit(&out);
}

static void test_folded(void **state)
{
	struct pk_sink out = export(&pk_export_folded);
	unsigned long sum = 0;

	(void)state;
	assert_non_null(strstr(out.buf.data, "app;main;work 3\n"));
	assert_non_null(strstr(out.buf.data, "app;main;work;entry_[k];read_[k] 1\n"));
	assert_non_null(strstr(out.buf.data, ";main;compiled_[j] 1\n"));
	assert_non_null(strstr(out.buf.data, "app;main;app+0x5000 1\n"));
	for (char *line = strtok(out.buf.data, "\n"); line; line = strtok(NULL, "\n"))
		sum += strtoul(strrchr(line, ' '), NULL, 10);
	assert_int_equal(sum, profile.samples.nr);
	pk_sink_deinit(&out);
}

static double number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(object, key);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

/* Leaf's name of an element of "samples". */
static const char *leaf_name(const cJSON *root, const cJSON *sample)
{
	const cJSON *stack = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "stacks"),
						(int)number(sample, "stack"));
	const cJSON *frame = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "frames"),
						cJSON_GetArrayItem(stack, 1)->valueint);

	return cJSON_GetObjectItem(frame, "name")->valuestring;
}

static void test_json(void **state)
{
	struct pk_sink out = export(&pk_export_json);
	cJSON *root = cJSON_Parse(out.buf.data);
	const cJSON *sample, *facts;
	double sum = 0, work = 0;

	(void)state;
	assert_non_null(root);
	assert_string_equal(cJSON_GetObjectItem(root, "format")->valuestring, "pkprof");
	assert_true(number(root, "period_ns") == 1000000);
	cJSON_ArrayForEach(sample, cJSON_GetObjectItem(root, "samples")) {
		sum += number(sample, "count");
		if (!strcmp(leaf_name(root, sample), "work"))
			work += number(sample, "count");
	}
	assert_true(sum == profile.samples.nr);
	assert_true(work == 3);
	facts = cJSON_GetObjectItem(root, "facts");
	assert_int_equal(cJSON_GetArraySize(facts), 2);
	assert_string_equal(cJSON_GetObjectItem(facts, "host.name")->valuestring, "new");
	cJSON_Delete(root);
	pk_sink_deinit(&out);
}

/* An output that cannot be written ends each export at once, with its reason. */
static void test_full_disk(void **state)
{
	struct pk_export_opts o = { 0 };
	struct pk_calltree_opts tree_opts = { 0 };
	struct pk_flame_opts flame = { .tree = &tree_opts };
	struct pk_flame_stats stats;
	struct pk_calltree tree;
	struct pk_err err = { 0 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pk_calltree_init(&scope, &tree_opts, &tree), 0);
	for (unsigned int i = 0; i <= pk_nr_exports; i++) {
		struct pk_sink out = pk_sink_of(fds[0]);	/* the reading end */
		int rc = i < pk_nr_exports ?
				 pk_exports[i]->write(&scope, &o, &out, &err) :
				 pk_flame_write(&scope, &tree, &flame, &out, &stats, &err);

		if (!rc)
			rc = pk_sink_flush(&out);
		assert_int_equal(rc, -EBADF);
		pk_sink_deinit(&out);
	}
	pk_calltree_deinit(&tree);
	close(fds[0]);
	close(fds[1]);
}

static void assert_row(const char *name, const char *help)
{
	assert_true(*name && strlen(name) <= 20);
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
	assert_true(strlen(help) >= 10 && strlen(help) <= 90);
	assert_null(strchr(help, '\n'));
	assert_int_not_equal(help[strlen(help) - 1], '.');
}

static void assert_golden(const char *input, const char *name, const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "tests/golden/expected/%s.%s%s", input, name, suffix);
	if (access(path, R_OK))
		fail_msg("%s is missing: each row needs one", path);
}

static void test_rows(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < pk_nr_analyses; i++) {
		assert_row(pk_analyses[i]->name, pk_analyses[i]->help);
		assert_ptr_equal(pk_analysis_find(pk_analyses[i]->name), pk_analyses[i]);
		assert_golden("database", pk_analyses[i]->name, ".txt");
		assert_golden("database", pk_analyses[i]->name, ".json");
	}
	for (unsigned int i = 0; i < pk_nr_exports; i++) {
		assert_row(pk_exports[i]->name, pk_exports[i]->help);
		assert_ptr_equal(pk_export_find(pk_exports[i]->name), pk_exports[i]);
		assert_int_equal(pk_exports[i]->suffix[0], '.');
		assert_golden("database", pk_exports[i]->name, "");
		assert_golden("hostile", pk_exports[i]->name, "");
	}
	assert_golden("database", "svg", "");
	assert_null(pk_analysis_find("nonsense"));
	assert_null(pk_export_find("nonsense"));
}

/* All analyses give sane tables of any scope: rows whole, shares no negative numbers. */
static void test_analyses(void **state)
{
	struct pk_analysis_opts o = { .limit = 1 };

	(void)state;
	for (unsigned int i = 0; i < pk_nr_analyses; i++) {
		struct pk_result r = { 0 };

		assert_int_equal(pk_analyses[i]->run(&scope, &o, &r, NULL), 0);
		assert_true(r.tables.nr > 0);
		PK_VEC_FOREACH(&r.tables, t) {
			assert_int_equal((*t)->cells.nr, (*t)->nr_rows * (*t)->nr_columns);
			for (size_t c = 0; c < (*t)->cells.nr; c++) {
				enum pk_col_type type = (*t)->columns[c % (*t)->nr_columns].type;

				if (type == PK_COL_RATIO && isfinite((*t)->cells.data[c].real))
					assert_true((*t)->cells.data[c].real >= 0);
			}
		}
		pk_result_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perf_script), cmocka_unit_test(test_folded),
		cmocka_unit_test(test_json),	    cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_rows),	    cmocka_unit_test(test_analyses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
