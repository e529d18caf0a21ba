// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the option parser. Input: one byte whose lowest bit says whether
 * options and operands may be mixed, then the words, each ending with a NUL.
 */
/* folders: base */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/opt.h"
#include "fuzz.h"

#define MAX_WORDS 64

static bool flag;
static uint64_t number;
static double real;
static const char *text, *choice;
static const char *const choices[] = { "folded", "json", NULL };

static const struct pk_opt opts[] = {
	{ .letter = 'a', .name = "all", .type = PK_OPT_FLAG, .value = &flag, .help = "" },
	{ .letter = 'F', .name = "rate", .type = PK_OPT_U64, .value = &number, .arg = "HZ",
	  .help = "", .min = 1, .max = 20000 },
	{ .letter = 'd', .name = "duration", .type = PK_OPT_DOUBLE, .value = &real, .help = "" },
	{ .name = "output", .type = PK_OPT_STRING, .value = &text, .help = "" },
	{ .name = "format", .type = PK_OPT_CHOICE, .value = &choice, .help = "",
	  .choices = choices },
	{ 0 }
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1), *argv[MAX_WORDS + 1] = { 0 };
	struct pk_err err = { 0 };
	int argc = 0, dashes, nr;

	if (!copy || !len) {
		free(copy);
		return 0;
	}
	memcpy(copy, data, len);
	copy[len] = '\0';
	for (size_t at = 1; at < len && argc < MAX_WORDS; at += strlen(copy + at) + 1)
		argv[argc++] = copy + at;
	number = 1;
	choice = NULL;
	nr = pk_opt_parse(opts, argc, argv, copy[0] & 1, &dashes, &err);
	if (nr >= 0 && (nr > argc || dashes > nr || argv[nr]))
		__builtin_trap();
	if (nr < 0 && nr != -ECANCELED && (nr != -EINVAL || err.exit_code != PK_EXIT_USAGE))
		__builtin_trap();
	if (number < 1 || number > 20000 || !(real >= 0))
		__builtin_trap();
	for (int i = 0; i < nr; i++)
		if (!argv[i])
			__builtin_trap();
	free(copy);
	return 0;
}
