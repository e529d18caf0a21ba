// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of CPUs; see cpu_list.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/cpu_list.h"

#define MAX_CPUS 65536

static int add_range(pk_cpu_set *s, unsigned long from, unsigned long to)
{
	size_t nr = to / 8 + 1;

	if (pk_vec_reserve(s, nr))
		return -ENOMEM;
	if (nr > s->nr) {
		memset(s->data + s->nr, 0, nr - s->nr);
		s->nr = nr;
	}
	for (unsigned long cpu = from; cpu <= to; cpu++)
		s->data[cpu / 8] |= 1 << cpu % 8;
	return 0;
}

/* strtoul() would take blanks and signs. */
static bool number(const char **text, unsigned long *ret)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*ret = strtoul(*text, &end, 10);
	*text = end;
	return *ret < MAX_CPUS;
}

int pk_cpu_list_parse(const char *text, pk_cpu_set *ret, struct pk_err *err)
{
	const char *pos = text;

	do {
		unsigned long from, to;
		bool good = number(&pos, &from);

		to = from;
		if (good && *pos == '-') {
			pos++;
			good = number(&pos, &to) && to >= from;
		}
		if (!good || (*pos && *pos != ','))
			return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
					   "'%s' is no list of CPUs; one looks like 0,2-3", text);
		if (add_range(ret, from, to))
			return -ENOMEM;
	} while (*pos++ == ',');
	return 0;
}

int pk_cpu_set_check(const pk_cpu_set *s, struct pk_err *err)
{
	PK_AUTO_FILE FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	pk_cpu_set possible = { 0 };
	char line[1024];
	int ret = 0;

	if (!f || !fgets(line, sizeof(line), f))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	if (!pk_cpu_list_parse(line, &possible, NULL))
		for (unsigned int cpu = 0; !ret && cpu < s->nr * 8; cpu++)
			if (pk_cpu_set_has(s, cpu) && !pk_cpu_set_has(&possible, cpu))
				ret = pk_err_exit(
					err, -EINVAL, PK_EXIT_USAGE,
					"there is no CPU %u here; this machine can have %s", cpu,
					line);
	pk_vec_deinit(&possible);
	return ret;
}
