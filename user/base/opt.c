// SPDX-License-Identifier: GPL-2.0-or-later
/* Command-line options from tables; see opt.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

#define HELP_COLUMN 28	/* where the help texts begin */
#define MAX_NAME 64	/* bytes of an option as shown in a message */

/* Position in the command line. */
struct scan {
	const struct pk_opt *opts;
	char **argv;
	int argc, next;		/* next: index of the argument after the current one */
	struct pk_err *err;
};

static const struct pk_opt *find_letter(const struct pk_opt *opts, char letter)
{
	for (; opts && opts->name; opts++)
		if (opts->letter == letter)
			return opts;
	return NULL;
}

static const struct pk_opt *find_name(const struct pk_opt *opts, const char *name, size_t len)
{
	for (; opts && opts->name; opts++)
		if (strlen(opts->name) == len && !memcmp(opts->name, name, len))
			return opts;
	return NULL;
}

/* The option whose name begins as @name does, if there is just one. */
static const struct pk_opt *find_alike(const struct pk_opt *opts, const char *name, size_t len)
{
	const struct pk_opt *found = NULL;

	if (len > 2)
		len = 2;
	for (; len && opts && opts->name; opts++) {
		if (strncmp(opts->name, name, len))
			continue;
		if (found)
			return NULL;
		found = opts;
	}
	return found;
}

static int unknown(const struct scan *s, const char *shown, const char *name, size_t len)
{
	const struct pk_opt *alike = find_alike(s->opts, name, len);

	if (alike)
		return pk_err_exit(s->err, -EINVAL, PK_EXIT_USAGE,
				   "unknown option %s; did you mean --%s? (--help lists all)",
				   shown, alike->name);
	return pk_err_exit(s->err, -EINVAL, PK_EXIT_USAGE,
			   "unknown option %s (--help lists all)", shown);
}

static int set_u64(const struct pk_opt *o, const char *shown, const char *text, struct pk_err *err)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	/* strtoull() would take blanks and a minus sign */
	if (*text < '0' || *text > '9' || *end)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option %s takes a whole number, not '%s'", shown, text);
	if (errno == ERANGE || v < o->min || (o->max && v > o->max)) {
		if (o->max)
			return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
					   "option %s: %s is out of range, %llu to %llu are possible",
					   shown, text, (unsigned long long)o->min,
					   (unsigned long long)o->max);
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option %s: %s is out of range, the least is %llu", shown, text,
				   (unsigned long long)o->min);
	}
	*(uint64_t *)o->value = v;
	return 0;
}

static int set_double(const struct pk_opt *o, const char *shown, const char *text,
		      struct pk_err *err)
{
	double v;
	char *end;

	v = strtod(text, &end);
	if (end == text || *end || !isfinite(v) || v < 0 || strpbrk(text, "xX "))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option %s takes a number of 0 or more, not '%s'", shown, text);
	*(double *)o->value = v;
	return 0;
}

static int set_choice(const struct pk_opt *o, const char *shown, const char *text,
		      struct pk_err *err)
{
	char list[256] = "";
	size_t len = 0;

	for (const char *const *c = o->choices; *c; c++) {
		if (!strcmp(*c, text)) {
			*(const char **)o->value = *c;
			return 0;
		}
		len += strlen(*c) + 2;
		if (len < sizeof(list))
			strcat(strcat(list, c == o->choices ? "" : ", "), *c);
	}
	return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "option %s takes one of: %s; not '%s'",
			   shown, list, text);
}

static int set_value(const struct pk_opt *o, const char *shown, const char *text,
		     struct pk_err *err)
{
	switch (o->type) {
	case PK_OPT_FLAG:
		*(bool *)o->value = true;
		return 0;
	case PK_OPT_U64:
		return set_u64(o, shown, text, err);
	case PK_OPT_DOUBLE:
		return set_double(o, shown, text, err);
	case PK_OPT_STRING:
		*(const char **)o->value = text;
		return 0;
	case PK_OPT_CHOICE:
		return set_choice(o, shown, text, err);
	}
	return -EINVAL;
}

/* The argument of an option that takes one: what follows it, or the next word. */
static int take_value(struct scan *s, const struct pk_opt *o, const char *shown, const char *text)
{
	if (!text && s->next < s->argc)
		text = s->argv[s->next++];
	if (!text)
		return pk_err_exit(s->err, -EINVAL, PK_EXIT_USAGE, "option %s needs %s after it",
				   shown, o->arg ? o->arg : "a value");
	return set_value(o, shown, text, s->err);
}

/* --name, --name=value, --name value. */
static int parse_long(struct scan *s, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct pk_opt *o = find_name(s->opts, name, len);
	char shown[MAX_NAME] = "--";

	strncat(shown, name, len < sizeof(shown) - 3 ? len : sizeof(shown) - 3);
	if (!o && !strcmp(word, "--help"))
		return -ECANCELED;
	if (!o)
		return unknown(s, shown, name, len);
	if (o->type != PK_OPT_FLAG)
		return take_value(s, o, shown, equals ? equals + 1 : NULL);
	if (equals)
		return pk_err_exit(s->err, -EINVAL, PK_EXIT_USAGE, "option %s takes no value",
				   shown);
	return set_value(o, shown, NULL, s->err);
}

/* -a, -ab for flags, -Fvalue, -F value. */
static int parse_letters(struct scan *s, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		const struct pk_opt *o = find_letter(s->opts, *c);
		char shown[3] = { '-', *c };
		int ret;

		if (!o && *c == 'h')
			return -ECANCELED;
		if (!o)
			return unknown(s, shown, "", 0);
		if (o->type != PK_OPT_FLAG)
			return take_value(s, o, shown, c[1] ? c + 1 : NULL);
		ret = set_value(o, shown, NULL, s->err);
		if (ret)
			return ret;
	}
	return 0;
}

int pk_opt_parse(const struct pk_opt *opts, int argc, char **argv, bool permute, int *dashes_ret,
		 struct pk_err *err)
{
	struct scan s = { .opts = opts, .argv = argv, .argc = argc, .err = err };
	int nr = 0, ret;

	*dashes_ret = -1;
	while (s.next < argc) {
		char *word = argv[s.next++];

		if (!strcmp(word, "--")) {
			*dashes_ret = nr;
			break;
		}
		if (word[0] != '-' || !word[1]) {
			argv[nr++] = word;
			if (!permute)
				break;
			continue;
		}
		ret = word[1] == '-' ? parse_long(&s, word) : parse_letters(&s, word);
		if (ret)
			return ret;
	}
	while (s.next < argc)
		argv[nr++] = argv[s.next++];
	if (nr < argc)
		argv[nr] = NULL;
	return nr;
}

static void help_row(const struct pk_opt *o, struct pk_strbuf *out)
{
	size_t start = out->len, width;

	if (o->letter)
		pk_strbuf_printf(out, "  -%c, --%s", o->letter, o->name);
	else
		pk_strbuf_printf(out, "      --%s", o->name);
	if (o->type != PK_OPT_FLAG)
		pk_strbuf_printf(out, " %s", o->arg ? o->arg : "VALUE");
	width = out->len - start;
	if (width + 2 > HELP_COLUMN) {
		pk_strbuf_putc(out, '\n');
		width = 0;
	}
	pk_strbuf_printf(out, "%*s%s\n", (int)(HELP_COLUMN - width), "", o->help);
}

void pk_opt_help(const struct pk_opt *opts, struct pk_strbuf *out)
{
	static const struct pk_opt help = { 'h', "help", .type = PK_OPT_FLAG,
					    .help = "show this text" };

	for (; opts && opts->name; opts++)
		help_row(opts, out);
	help_row(&help, out);
}
