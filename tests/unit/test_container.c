// SPDX-License-Identifier: GPL-2.0-or-later
/* Container ids and short names from the cgroup paths of the usual engines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/container.h"
#include "base/cleanup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
	const char *path, *id, *brief;
} cases[] = {
	{ "", NULL, "" },
	{ "/", NULL, "/" },
	{ "/init.scope", NULL, "init.scope" },
	{ "/system.slice/ssh.service", NULL, "ssh.service" },
	{ "/user.slice/user-0.slice/session-1.scope", NULL, "session-1.scope" },
	{ "/system.slice/docker-" ID ".scope", "0123456789ab", "docker:0123456789ab" },
	{ "/docker/" ID, "0123456789ab", "docker:0123456789ab" },
	{ "/" ID, "0123456789ab", "container:0123456789ab" },
	{ ID, "0123456789ab", "container:0123456789ab" },
	{ "/machine.slice/libpod-" ID ".scope/container", "0123456789ab", "libpod:0123456789ab" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod12.slice/cri-containerd-" ID
	  ".scope", "0123456789ab", "cri-containerd:0123456789ab" },
	{ "/kubepods/burstable/pod8a1c7b1e-11aa/" ID, "0123456789ab", "container:0123456789ab" },
	/* a container in a container: the inner one */
	{ "/docker/" ID "/docker/" ID2, "fedcba987654", "docker:fedcba987654" },
	{ "/docker/" ID "/system.slice/cron.service", "0123456789ab", "docker:0123456789ab" },
	/* nearly ids */
	{ "/x/0123456789abcdef", NULL, "0123456789abcdef" },
	{ "/x/" ID "0", NULL, ID },
	{ "/x/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", NULL,
	  "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef" },
	{ "/x/trailing/", NULL, "/x/trailing/" },
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < PK_ARRAY_SIZE(cases); i++) {
		char id[PK_CONTAINER_ID_LEN + 1] = "", brief[PK_CGROUP_SHORT_LEN];
		char wanted[PK_CGROUP_SHORT_LEN];

		assert_int_equal(pk_container_id(cases[i].path, id), cases[i].id != NULL);
		assert_string_equal(id, cases[i].id ? cases[i].id : "");
		pk_cgroup_shorten(cases[i].path, brief);
		/* names that do not fit are cut */
		strncpy(wanted, cases[i].brief, sizeof(wanted) - 1);
		wanted[sizeof(wanted) - 1] = '\0';
		assert_string_equal(brief, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
