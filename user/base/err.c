// SPDX-License-Identifier: GPL-2.0-or-later
/* Error object; see err.h. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void err_format(struct pk_err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	err->exit_code = 0;
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
}

int pk_err_set(struct pk_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	err_format(err, code, fmt, ap);
	va_end(ap);
	return code;
}

int pk_err_exit(struct pk_err *err, int code, enum pk_exit exit_code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	err_format(err, code, fmt, ap);
	va_end(ap);
	err->exit_code = exit_code;
	return code;
}

int pk_err_prefix(struct pk_err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	size_t len;

	if (!err)
		return 0;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %.*s", (int)(sizeof(old) - len - 3),
		 old);
	return err->code;
}
