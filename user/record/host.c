// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts about this machine; see host.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "record/facts.h"
#include "record/host.h"

#define INITIAL_PID_NS 0xeffffffcUL /* PROC_PID_INIT_INO */

uint64_t pk_host_suspended_ns(void)
{
	uint64_t mono = pk_monotonic_ns(), boot = pk_clock_ns(CLOCK_BOOTTIME);

	return boot > mono ? boot - mono : 0;
}

static bool is_cgroup2(const char *path)
{
	struct statfs st;

	return !statfs(path, &st) && st.f_type == CGROUP2_SUPER_MAGIC;
}

const char *pk_host_cgroup_root(void)
{
	if (is_cgroup2("/sys/fs/cgroup"))
		return "/sys/fs/cgroup";
	return is_cgroup2("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : NULL;
}

bool pk_host_in_pid_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino != INITIAL_PID_NS;
}

/* Value behind @key in a file of "key<separator>value" lines; quotes are taken off. */
static bool file_value(const char *path, const char *key, char separator, char *ret, size_t size)
{
	PK_AUTO_FILE FILE *f = fopen(path, "re");
	size_t key_len = strlen(key);
	char line[512], *value;

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, key_len))
			continue;
		value = line + key_len + strspn(line + key_len, " \t");
		if (*value != separator)
			continue;
		value += 1 + strspn(value + 1, " \t\"");
		value[strcspn(value, "\"\n")] = '\0';
		snprintf(ret, size, "%s", value);
		return true;
	}
	return false;
}

uint64_t pk_host_cpu_ns(void)
{
	return pk_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t pk_host_peak_rss(void)
{
	char value[64];

	if (!file_value("/proc/self/status", "VmHWM", ':', value, sizeof(value)))
		return 0;
	return strtoull(value, NULL, 10) * 1024;
}

static int write_line_of(struct pk_writer *w, const char *key, const char *path)
{
	PK_AUTO_FILE FILE *f = fopen(path, "re");
	char line[512];

	if (!f || !fgets(line, sizeof(line), f))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	return pk_writer_fact(w, key, line);
}

static int write_value_of(struct pk_writer *w, const char *key, const char *path, const char *name,
			  char separator)
{
	char value[512];

	if (!file_value(path, name, separator, value, sizeof(value)))
		return 0;
	return pk_writer_fact(w, key, value);
}

static int write_names(struct pk_writer *w)
{
	struct utsname u;
	int ret;

	uname(&u);
	ret = pk_writer_fact(w, "host.name", u.nodename);
	if (!ret)
		ret = pk_writer_fact(w, "host.arch", u.machine);
	if (!ret)
		ret = pk_writer_fact(w, "kernel.release", u.release);
	if (!ret)
		ret = pk_writer_fact(w, "kernel.version", u.version);
	if (!ret)
		ret = write_value_of(w, "host.os", "/etc/os-release", "PRETTY_NAME", '=');
	return ret ? ret : write_line_of(w, "kernel.boot_id", "/proc/sys/kernel/random/boot_id");
}

static int write_hardware(struct pk_writer *w)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	int ret = write_value_of(w, "cpu.model", "/proc/cpuinfo", "model name", ':');

	if (!ret)
		ret = write_line_of(w, "cpu.online", "/sys/devices/system/cpu/online");
	if (!ret)
		ret = write_line_of(w, "cpu.possible", "/sys/devices/system/cpu/possible");
	if (!ret)
		ret = write_line_of(w, "host.product", "/sys/class/dmi/id/product_name");
	return ret ? ret : pk_fact_u64(w, "memory.bytes", sysconf(_SC_PHYS_PAGES) * page);
}

int pk_host_write(struct pk_writer *w)
{
	int ret = write_names(w);

	if (!ret)
		ret = write_hardware(w);
	if (!ret)
		ret = pk_fact_u64(w, "time.mono_ns", pk_monotonic_ns());
	return ret ? ret : pk_fact_u64(w, "time.wall_ns", pk_clock_ns(CLOCK_REALTIME));
}
