// SPDX-License-Identifier: GPL-2.0-or-later
/* Command-line options: every way to write one, every way to get one wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/opt.h"

static struct {
	bool all, brief;
	uint64_t rate, big;
	double seconds;
	const char *out, *kind;
} v;

static const char *const kinds[] = { "folded", "json", NULL };

static const struct pk_opt opts[] = {
	{ .letter = 'a', .name = "all", .type = PK_OPT_FLAG, .value = &v.all, .help = "all of it" },
	{ .letter = 'b', .name = "brief", .type = PK_OPT_FLAG, .value = &v.brief, .help = "less" },
	{ .letter = 'F', .name = "rate", .type = PK_OPT_U64, .value = &v.rate, .arg = "HZ",
	  .help = "how often", .min = 1, .max = 20000 },
	{ .name = "big", .type = PK_OPT_U64, .value = &v.big, .arg = "N", .help = "no upper limit",
	  .min = 2 },
	{ .letter = 'd', .name = "duration", .type = PK_OPT_DOUBLE, .value = &v.seconds,
	  .arg = "SECONDS", .help = "how long" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &v.out, .arg = "FILE",
	  .help = "where to" },
	{ .name = "kind-of-the-output", .type = PK_OPT_CHOICE, .value = &v.kind, .arg = "KIND",
	  .help = "what", .choices = kinds },
	{ 0 }
};

static char *argv[32];
static struct pk_err err;
static int dashes;

/* Parses words that are separated by '|'; an empty line has no words. */
static int parse(const char *line, bool permute)
{
	static char copy[256];
	char *rest = copy, *word;
	int argc = 0;

	memset(&v, 0, sizeof(v));
	memset(&err, 0, sizeof(err));
	snprintf(copy, sizeof(copy), "%s", line);
	while (*line && (word = strsep(&rest, "|")))
		argv[argc++] = word;
	argv[argc] = NULL;
	dashes = -2;
	return pk_opt_parse(opts, argc, argv, permute, &dashes, &err);
}

static void test_forms(void **state)
{
	(void)state;
	assert_int_equal(parse("", true), 0);
	assert_int_equal(dashes, -1);
	assert_int_equal(parse("-a|-F|99|-d|1.5|-o|x|--kind-of-the-output|json", true), 0);
	assert_true(v.all && !v.brief && v.rate == 99 && v.seconds == 1.5);
	assert_string_equal(v.out, "x");
	assert_string_equal(v.kind, "json");
	assert_int_equal(parse("-abF99|-d0|-ox=y", true), 0);
	assert_true(v.all && v.brief && v.rate == 99 && v.seconds == 0);
	assert_string_equal(v.out, "x=y");
	assert_int_equal(parse("--all|--rate=20000|--output=|--duration|2", true), 0);
	assert_true(v.all && v.rate == 20000 && v.seconds == 2);
	assert_string_equal(v.out, "");
	/* a value may look like an option; the last one counts */
	assert_int_equal(parse("-o|-a|--output|--", true), 0);
	assert_string_equal(v.out, "--");
	assert_false(v.all);
	assert_int_equal(parse("--big|18446744073709551615", true), 0);
	assert_int_equal(v.big, UINT64_MAX);
}

static void check_operands(const char *line, bool permute, int dashes_expected,
			   const char *const *operands)
{
	int nr = parse(line, permute), i;

	assert_int_equal(dashes, dashes_expected);
	for (i = 0; operands[i]; i++)
		assert_string_equal(argv[i], operands[i]);
	assert_int_equal(nr, i);
	assert_null(argv[nr]);
}

#define OPERANDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_operands(void **state)
{
	(void)state;
	check_operands("x|-a|y", true, -1, OPERANDS("x", "y"));
	assert_true(v.all);
	check_operands("-a|x|-b|y", false, -1, OPERANDS("x", "-b", "y"));
	assert_true(v.all && !v.brief);
	check_operands("-a|--|cmd|-b|--", true, 0, OPERANDS("cmd", "-b", "--"));
	assert_false(v.brief);
	check_operands("f|--|cmd", true, 1, OPERANDS("f", "cmd"));
	check_operands("f|--", true, 1, OPERANDS("f"));
	check_operands("-", true, -1, OPERANDS("-"));
	/* without mixing, "--" behind the first operand is the command's own */
	check_operands("cmd|--|x", false, -1, OPERANDS("cmd", "--", "x"));
	check_operands("--|cmd|--", false, 0, OPERANDS("cmd", "--"));
}

static void check_wrong(const char *line, const char *message)
{
	assert_int_equal(parse(line, true), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_int_equal(err.exit_code, PK_EXIT_USAGE);
	if (!strstr(err.msg, message))
		fail_msg("'%s' says: %s", line, err.msg);
}

static void test_wrong(void **state)
{
	(void)state;
	check_wrong("--no-such", "unknown option --no-such");
	check_wrong("--outptu=x", "did you mean --output?");
	check_wrong("-x", "unknown option -x");
	check_wrong("-ax", "unknown option -x");
	check_wrong("--all=1", "--all takes no value");
	check_wrong("-F", "-F needs HZ");
	check_wrong("-a|--rate", "--rate needs HZ");
	check_wrong("-F|0", "-F: 0 is out of range, 1 to 20000");
	check_wrong("-F|20001", "out of range");
	check_wrong("--rate|-5", "whole number, not '-5'");
	check_wrong("--rate|+5", "whole number");
	check_wrong("--rate|99x", "whole number");
	check_wrong("--rate| 99", "whole number");
	check_wrong("--rate=", "whole number");
	check_wrong("--rate|99999999999999999999999", "out of range");
	check_wrong("--big|1", "the least is 2");
	check_wrong("--big|18446744073709551616", "out of range");
	check_wrong("-d|-1", "0 or more");
	check_wrong("-d|nan", "0 or more");
	check_wrong("-d|inf", "0 or more");
	check_wrong("-d|0x10", "0 or more");
	check_wrong("-d|1s", "0 or more");
	check_wrong("-d|", "0 or more");
	check_wrong("--kind-of-the-output|svg", "one of: folded, json; not 'svg'");
	check_wrong("--a-name-that-is-longer-than-any-message-would-want-to-repeat-at-all", "unknown");
}

static void test_help(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	assert_int_equal(parse("--help", true), -ECANCELED);
	assert_int_equal(parse("-h", true), -ECANCELED);
	assert_int_equal(parse("-ah|-F", true), -ECANCELED);
	assert_int_equal(parse("--|--help", true), 1);
	pk_opt_help(opts, &b);
	assert_string_equal(b.data,
			    "  -a, --all                 all of it\n"
			    "  -b, --brief               less\n"
			    "  -F, --rate HZ             how often\n"
			    "      --big N               no upper limit\n"
			    "  -d, --duration SECONDS    how long\n"
			    "  -o, --output FILE         where to\n"
			    "      --kind-of-the-output KIND\n"
			    "                            what\n"
			    "  -h, --help                show this text\n");
	pk_strbuf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
