// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of what a Java VM answers. Input: the answer. The reason must be bounded and
 * free of control characters; without one it is a success.
 */
/* folders: base profile model symbol runtime */
/* link: user/record/jvm_attach.c user/record/procfs.c */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "record/jvm_attach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct pk_err err = { 0 };
	int code;

	memcpy(text, data, len);
	text[len] = '\0';
	code = pk_jvm_parse_answer(text, len, &err);
	if (code > 0 || !code != !err.msg[0] || strlen(err.msg) > 200)
		abort();
	for (const char *c = err.msg; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			abort();
	free(text);
	return 0;
}
