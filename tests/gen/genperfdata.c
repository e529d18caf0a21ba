// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * genperfdata - write a perf.data with samples at given addresses of a real file.
 *
 *	genperfdata FILE PATH PERF.DATA < ADDRESSES	one hexadecimal svma a line
 *
 * One process has FILE mapped as a whole, under the name PATH, and was sampled once at each address,
 * in their order.
 * For asking `perf script` what others are asked, see tests/bench/names; the format is that of
 * tools/perf/Documentation/perf.data-file-format.txt in the kernel's tree.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/elf_file.h"

#define PID 100
#define BASE 0x100000000ULL /* where the file is mapped */

struct section {
	uint64_t off, len;
};

struct head {
	char magic[8];
	uint64_t bytes, attr_bytes;
	struct section attrs, data, types;
	uint64_t features[4];
};

struct attr {
	struct perf_event_attr attr;
	struct section ids;
};

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[16];
	uint32_t at_pid, at_tid; /* of the sample_id */
	uint64_t at_ns;
};

struct map {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, off;
};

/* The fields that the attribute's sample_type has. */
struct sample {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid, tid;
	uint64_t time_ns;
};

static uint64_t now_ns = 1000000000;

static void put(FILE *out, const void *what, size_t bytes)
{
	if (fwrite(what, bytes, 1, out) != 1) {
		perror("genperfdata");
		exit(1);
	}
}

static void put_comm(FILE *out)
{
	struct comm c = {
		.header = { .type = PERF_RECORD_COMM, .size = sizeof(c) },
		.pid = PID,
		.tid = PID,
		.comm = "genperfdata",
		.at_pid = PID,
		.at_tid = PID,
		.at_ns = now_ns,
	};

	put(out, &c, sizeof(c));
}

static void put_map(FILE *out, const char *path, uint64_t len)
{
	struct comm c = { .at_pid = PID, .at_tid = PID, .at_ns = now_ns };
	size_t tail = sizeof(c) - offsetof(struct comm, at_pid);
	char name[4096] = "";
	size_t room = (strlen(path) + 8) & ~7ul;
	struct map m = {
		.header = { .type = PERF_RECORD_MMAP,
			    .misc = PERF_RECORD_MISC_USER,
			    .size = sizeof(m) + room + tail },
		.pid = PID,
		.tid = PID,
		.addr = BASE,
		.len = len,
	};

	snprintf(name, sizeof(name), "%s", path);
	put(out, &m, sizeof(m));
	put(out, name, room);
	put(out, &c.at_pid, tail);
}

static void put_samples(FILE *out, const struct pk_elf *e)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin)) {
		uint64_t start = strtoull(line, NULL, 16), end = start + 1;
		struct sample s = {
			.header = { .type = PERF_RECORD_SAMPLE,
				    .misc = PERF_RECORD_MISC_USER,
				    .size = sizeof(s) },
			.pid = PID,
			.tid = PID,
			.time_ns = ++now_ns,
		};

		if (!pk_elf_to_off(e, &start, &end))
			continue;
		s.ip = BASE + start;
		put(out, &s, sizeof(s));
	}
}

int main(int argc, char **argv)
{
	struct attr attr = {
		.attr = { .type = PERF_TYPE_SOFTWARE,
			  .size = sizeof(attr.attr),
			  .config = PERF_COUNT_SW_CPU_CLOCK,
			  .sample_period = 1,
			  .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
			  .sample_id_all = 1 },
	};
	struct head head = {
		.magic = "PERFILE2",
		.bytes = sizeof(head),
		.attr_bytes = sizeof(attr),
		.attrs = { sizeof(head), sizeof(attr) },
		.data = { sizeof(head) + sizeof(attr), 0 },
	};
	struct pk_elf e;
	FILE *out;

	if (argc != 4 || strlen(argv[2]) > 4000 ||
	    pk_elf_open(open(argv[1], O_RDONLY | O_CLOEXEC), &e)) {
		fprintf(stderr, "usage: genperfdata FILE PATH PERF.DATA < ADDRESSES\n");
		return 2;
	}
	out = fopen(argv[3], "w");
	if (!out) {
		perror(argv[3]);
		return 1;
	}
	put(out, &head, sizeof(head));
	put(out, &attr, sizeof(attr));
	put_comm(out);
	put_map(out, argv[2], e.file_bytes);
	put_samples(out, &e);
	head.data.len = ftell(out) - head.data.off;
	rewind(out);
	put(out, &head, sizeof(head));
	pk_elf_close(&e);
	return fclose(out) ? 1 : 0;
}
