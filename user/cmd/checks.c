// SPDX-License-Identifier: GPL-2.0-or-later
/* What could stop a recording here; see checks.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "cmd/checks.h"
#include "cmd/headers.h"
#include "cmd/signing.h"
#include "record/host.h"
#include "source/kmod.h"
#include "source/link.h"
#include "source/module.h"
#include "source/names.h"
#include "source/nl.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

#define MIN_MEMORY_MB 64 /* recorder, symbols at the end, rings */
#define DEBUG_DIR     "/usr/lib/debug"

/* every other line says one */
#define say    pk_finding_say
#define advise pk_finding_advise
#define fail   pk_finding_fail

/* --- small readers ------------------------------------------------------- */

static bool first_line(const char *path, char *ret, size_t size)
{
	PK_AUTO_FILE FILE *f = fopen(path, "re");

	ret[0] = '\0';
	if (!f || !fgets(ret, size, f))
		return false;
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

void pk_finding_say(struct pk_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

void pk_finding_advise(struct pk_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

void pk_finding_fail(struct pk_finding *f, enum pk_exit exit_code)
{
	f->state = PK_CHECK_FAIL;
	f->exit_code = exit_code;
}

static bool is_loaded(void)
{
	char version[32];

	return pk_module_is_loaded(version, sizeof(version));
}

/* --- the checks ---------------------------------------------------------- */

static void check_module(struct pk_finding *f)
{
	char version[32], path[PATH_MAX];
	struct utsname u;

	uname(&u);
	if (pk_module_is_loaded(version, sizeof(version))) {
		say(f, "%s is loaded", version[0] ? version : "it");
	} else if (pk_module_find(path, sizeof(path))) {
		fail(f, PK_EXIT_NO_MODULE);
		say(f, "not loaded, and not installed for kernel %s", u.release);
		if (pk_dkms_has_source(""))
			advise(f,
			       "DKMS has its source: `dkms status`; it needs linux-headers-%s, and "
			       "/var/lib/dkms/pkprof/*/build/make.log says what went wrong",
			       u.release);
		else
			advise(f, "install the package pkprof-dkms, or give its file to record "
				  "--module");
	} else if (!pk_has_capability(CAP_SYS_MODULE)) {
		fail(f, PK_EXIT_NO_MODULE);
		say(f, "not loaded; %s could be, but not by this user", path);
		advise(f, "run `modprobe pkprof` as root");
	} else {
		say(f, "not loaded; record will load %.400s", path);
	}
}

static void check_version(struct pk_finding *f)
{
	struct pk_nl_info info;
	struct pk_err err = { 0 };
	struct pk_nl *nl;

	if (!is_loaded()) {
		say(f, "this tool is %s, ABI %u; no module is loaded to compare", PKPROF_VERSION,
		    PKPROF_ABI);
		return;
	}
	if (pk_nl_open(&nl, &err)) {
		fail(f, PK_EXIT_NO_MODULE);
		say(f, "the module does not answer over netlink from here");
		advise(f, "record outside of this network namespace");
		return;
	}
	if (pk_nl_info(nl, &info, &err) ||
	    pk_link_check_abi(info.abi, info.abi_compat, info.version, &err)) {
		fail(f, PK_EXIT_VERSION);
		say(f, "%.500s", err.msg);
		advise(f, "install tool and module of one version and reload the module");
	} else {
		say(f, "tool %s and module %s speak with each other (ABI %u)", PKPROF_VERSION,
		    info.version, info.abi);
	}
	pk_nl_close(nl);
}

static void check_busy(struct pk_finding *f)
{
	struct pk_nl_status st = { 0 };
	struct pk_nl *nl;

	say(f, "no other recording is running");
	if (!is_loaded() || pk_nl_open(&nl, NULL))
		return;
	if (!pk_nl_status(nl, &st, NULL) && st.state == PKPROF_STATE_RUNNING) {
		fail(f, PK_EXIT_BUSY);
		say(f, "process %u (%s) is recording", st.owner_pid, st.owner_comm);
		advise(f, "wait for it, or stop it with `kill -INT %u`", st.owner_pid);
	}
	pk_nl_close(nl);
}

static void check_rights(struct pk_finding *f)
{
	struct pk_refusal refusal;
	PK_AUTO_FD int fd = -1;

	if (is_loaded()) {
		fd = open(PKPROF_DEVICE, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			say(f, PKPROF_DEVICE " can be opened");
			return;
		}
		fail(f, PK_EXIT_NO_RIGHTS);
		if (errno != EACCES && errno != EPERM) {
			say(f, PKPROF_DEVICE " cannot be opened: %s", strerror(errno));
			return;
		}
		pk_link_refusal(errno, &refusal);
		say(f, "%s", refusal.why);
		advise(f, "%s", refusal.remedy);
		return;
	}
	if (pk_has_capability(CAP_PERFMON) || pk_has_capability(CAP_SYS_ADMIN)) {
		say(f, "this user has the capability to record");
		return;
	} else {
		say(f, "this user has neither CAP_PERFMON nor CAP_SYS_ADMIN");
	}
	fail(f, PK_EXIT_NO_RIGHTS);
	advise(f, "run as root, or load the module and let " PKPROF_DEVICE " have a group");
}

static void check_sources(struct pk_finding *f)
{
	struct pk_strbuf missing = { 0 };
	struct pk_nl_info info;
	struct pk_nl *nl;
	int ret;

	if (!is_loaded() || pk_nl_open(&nl, NULL)) {
		say(f, "which of them work here is known once the module is loaded");
		return;
	}
	ret = pk_nl_info(nl, &info, NULL);
	pk_nl_close(nl);
	/* there are machines without cycle counters, and the timer does as well */
	pk_sources_format(((1u << PKPROF_NR_SOURCES) - 1) & ~pk_sources_supported(info.sources) &
				  ~(1u << PKPROF_SRC_PMU),
			  &missing);
	if (ret || !missing.len) {
		say(f, "all work here%s",
		    ret || info.sources >> PKPROF_SRC_PMU & 1 ? "" : " but pmu, for which cpu stands in");
	} else {
		f->state = PK_CHECK_NOTE;
		say(f, "these do not work on this kernel: %.300s", missing.data);
		advise(f, "`pkprof-user list` says what they record; the kernel log may say why");
	}
	pk_strbuf_deinit(&missing);
}

static void check_lockdown(struct pk_finding *f)
{
	char path[PATH_MAX];

	pk_signing_judge("", pk_module_find(path, sizeof(path)) ? NULL : path, is_loaded(), f);
}

static void check_headers(struct pk_finding *f)
{
	char module[PATH_MAX];
	struct utsname u;

	uname(&u);
	pk_headers_judge("", u.release, !is_loaded() && pk_module_find(module, sizeof(module)), f);
}

/* Kprobes on ftrace need it: without, new mappings are not recorded. */
static void check_ftrace(struct pk_finding *f)
{
	char enabled[16];

	if (!first_line("/proc/sys/kernel/ftrace_enabled", enabled, sizeof(enabled))) {
		say(f, "this kernel has no ftrace; probes use breakpoints");
	} else if (enabled[0] == '1') {
		say(f, "on; tracefs is %s",
		    access("/sys/kernel/tracing/events", F_OK) ? "not mounted and not needed"
							       : "mounted");
	} else {
		f->state = PK_CHECK_NOTE;
		say(f, "switched off: new mappings cannot be recorded");
		advise(f, "`sysctl kernel.ftrace_enabled=1`");
	}
}

static void check_kptr(struct pk_finding *f)
{
	PK_AUTO_FILE FILE *kallsyms = fopen("/proc/kallsyms", "re");
	char line[256], restricted[16];
	bool seen = false;

	first_line("/proc/sys/kernel/kptr_restrict", restricted, sizeof(restricted));
	for (unsigned int i = 0; kallsyms && !seen && i < 64 && fgets(line, sizeof(line), kallsyms);
	     i++)
		seen = strtoull(line, NULL, 16) != 0;
	if (seen) {
		say(f, "kernel symbols can be read (kptr_restrict %s)", restricted);
		return;
	}
	f->state = PK_CHECK_NOTE;
	say(f,
	    "kernel symbols are hidden from this user (kptr_restrict %s): kernel functions get "
	    "no names",
	    restricted[0] ? restricted : "?");
	if (geteuid())
		advise(f, "record as root");
	else
		advise(f, "`sysctl kernel.kptr_restrict=1` or 0");
}

static unsigned long available_mb(void)
{
	PK_AUTO_FILE FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kb = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lu kB", &kb) == 1)
			break;
	return kb / 1024;
}

static void check_memory(struct pk_finding *f)
{
	unsigned long have = available_mb();
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	unsigned long rings = (unsigned long)cpus * pk_kmod_default_ring_bytes(cpus) >> 20;

	say(f, "%lu MB available; rings for %ld CPUs take %lu MB", have, cpus, rings ? rings : 1);
	if (rings > have / 2) {
		fail(f, PK_EXIT_FAILURE);
		advise(f, "free some memory, or give record a smaller --ring-size");
	} else if (have < MIN_MEMORY_MB) {
		f->state = PK_CHECK_NOTE;
		advise(f, "naming functions at the end may need more: record --no-symbols");
	}
}

static void check_container(struct pk_finding *f)
{
	bool inner = pk_host_in_pid_namespace();
	bool marked = !access("/.dockerenv", F_OK) || !access("/run/.containerenv", F_OK) ||
		      !access("/run/systemd/container", F_OK);

	if (!inner && !marked) {
		say(f, "not in a container");
		return;
	}
	f->state = inner ? PK_CHECK_NOTE : PK_CHECK_OK;
	say(f, "in a container%s",
	    inner ? " with process ids of its own: processes outside of it "
		    "are recorded without names"
		  : " that shares the host's process ids");
	if (inner)
		advise(f, "record on the host, or share its pid namespace (docker run --pid=host)");
}

static void check_virtualisation(struct pk_finding *f)
{
	PK_AUTO_FILE FILE *cpuinfo = fopen("/proc/cpuinfo", "re");
	char line[4096], product[128];
	bool virtual = false;

	while (cpuinfo && !virtual && fgets(line, sizeof(line), cpuinfo))
		virtual = !strncmp(line, "flags", 5) && strstr(line, " hypervisor");
	first_line("/sys/class/dmi/id/product_name", product, sizeof(product));
	if (virtual)
		say(f, "a virtual machine (%s): time that the host takes away is not sampled",
		    product[0] ? product : "unnamed");
	else
		say(f, "real hardware (%s)", product[0] ? product : "unnamed");
}

static void check_cgroup(struct pk_finding *f)
{
	const char *root = pk_host_cgroup_root();

	if (root) {
		say(f, "version 2 is mounted at %s", root);
		return;
	}
	f->state = PK_CHECK_NOTE;
	say(f, "version 2 is not mounted: no processes by cgroup");
	advise(f, "boot with systemd.unified_cgroup_hierarchy=1");
}

static void check_debug_symbols(struct pk_finding *f)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (!access(DEBUG_DIR "/.build-id", F_OK)) {
		say(f, "some are installed below " DEBUG_DIR);
		return;
	}
	f->state = PK_CHECK_NOTE;
	say(f, "none below " DEBUG_DIR "%s: stripped programs show exported functions only",
	    urls && *urls ? " (DEBUGINFOD_URLS is set)" : "");
	advise(f, "install the -dbgsym or -dbg packages of what you profile");
}

const struct pk_check pk_checks[] = {
	{ "module", "kernel module", check_module },
	{ "version", "versions", check_version },
	{ "sources", "sources", check_sources },
	{ "lockdown", "lockdown", check_lockdown },
	{ "rights", "rights", check_rights },
	{ "busy", "other recordings", check_busy },
	{ "memory", "memory", check_memory },
	{ "headers", "kernel headers", check_headers },
	{ "ftrace", "ftrace", check_ftrace },
	{ "kptr_restrict", "kernel symbols", check_kptr },
	{ "debug_symbols", "debug symbols", check_debug_symbols },
	{ "cgroup", "cgroups", check_cgroup },
	{ "container", "container", check_container },
	{ "virtualisation", "virtualisation", check_virtualisation },
};
const unsigned int pk_nr_checks = PK_ARRAY_SIZE(pk_checks);
