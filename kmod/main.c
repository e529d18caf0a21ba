// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pkprof: parameters, and what is set up and torn down in which order.
 */
#include <linux/module.h>
#include "calibrate.h"
#include "cause_task.h"
#include "cdev.h"
#include "identity.h"
#include "ledger.h"
#include "netlink.h"
#include "session.h"
#include "source.h"
#include "spaces.h"
#include "unwind.h"

module_param_named(software_pmu, pk_pmu_software, bool, 0444);
MODULE_PARM_DESC(software_pmu, "source pmu counts the kernel's software clock, not cycles");

module_param_named(ledger_mb, pk_ledger_mb, uint, 0644);
MODULE_PARM_DESC(ledger_mb, "MB of memory that the wait ledger may take (default 64)");

module_param_named(unwind_mb, pk_unwind_mb, uint, 0644);
MODULE_PARM_DESC(unwind_mb, "MB of memory for unwind rows of user code and maps of who runs it (default 64)");

module_param_named(poison, pk_poison, bool, 0600);
MODULE_PARM_DESC(poison, "for tests: fill what readers are shown with a pattern before it is written");

static int __init pk_init(void)
{
	int err;

	pk_cause_init();
	pk_sources_init();
	pk_calibrate_init();
	err = pk_unwind_init();
	if (err)
		goto err_calibrate;
	err = pk_netlink_init();
	if (err)
		goto err_unwind;
	err = pk_cdev_init();
	if (err)
		goto err_netlink;
	pk_sources_announce();
	return 0;

err_netlink:
	pk_netlink_deinit();
err_unwind:
	pk_unwind_deinit();
err_calibrate:
	pk_calibrate_deinit();
	return err;
}

static void __exit pk_exit(void)
{
	pk_cdev_deinit();
	pk_netlink_deinit();
	pk_unwind_deinit();
	pk_calibrate_deinit();
	pk_identity_quiesce();
}

module_init(pk_init);
module_exit(pk_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Sampling profiler for the whole system");
MODULE_VERSION(PKPROF_VERSION);
