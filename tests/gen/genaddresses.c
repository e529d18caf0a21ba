// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * genaddresses - write a profile with samples all over the code of real files, without names.
 *
 *	genaddresses NR PROFILE FILE...
 *
 * One process has each FILE mapped as a whole, and was sampled at NR distinct places in each one's
 * .text, evenly spread; the paths are recorded as they are given. For measurements of what symbolizing
 * costs; see tests/bench/names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "profile/writer.h"
#include "symbol/elf_file.h"

#define TGID 100
#define T0_NS 1000000000ULL
#define APART 0x100000000ULL	/* of mappings */

static struct pk_writer *writer;
static uint64_t now_ns = T0_NS;

static void check(int code)
{
	if (!code)
		return;
	fprintf(stderr, "genaddresses: %s\n", writer ? pk_writer_error(writer)->msg : strerror(-code));
	exit(1);
}

static uint32_t text_of(const char *text)
{
	uint32_t id;

	check(pk_writer_string(writer, text, strlen(text), &id));
	return id;
}

static void add_file(const struct pk_elf *e, const char *path, uint64_t at)
{
	struct pk_map_event map = { .time_ns = T0_NS, .tgid = TGID, .addr = at, .len = e->file_bytes };
	struct pk_file f = { .path = text_of(path), .build_id_len = e->build_id_len };
	struct stat st;

	check(fstat(e->fd, &st) ? -errno : 0);
	f.ino = st.st_ino;
	f.dev = major(st.st_dev) << 20 | minor(st.st_dev);
	memcpy(f.build_id, e->build_id, e->build_id_len);
	check(pk_writer_file(writer, &f, &map.file));
	check(pk_writer_map(writer, &map));
}

static void add_samples(const struct pk_elf *e, uint64_t at, unsigned long nr)
{
	const struct pk_section *text = pk_elf_section(e, ".text");

	for (unsigned long i = 0; text && i < nr && i < text->len; i++) {
		struct pk_sample_row s = { .tid = TGID, .tgid = TGID };

		check(pk_writer_node(writer, 0, at + text->off + text->len * i / nr, &s.ustack));
		s.time_ns = ++now_ns;
		check(pk_writer_sample(writer, &s));
	}
}

int main(int argc, char **argv)
{
	struct pk_task_event task = { .time_ns = T0_NS, .kind = PK_TASK_ALIVE, .tid = TGID, .tgid = TGID };
	unsigned long nr = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
	int fd;

	if (!nr) {
		fprintf(stderr, "usage: genaddresses NR PROFILE FILE...\n");
		return 2;
	}
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	check(fd < 0 ? -errno : 0);
	check(pk_writer_create(fd, argv[2], &writer, NULL));
	task.comm = text_of("genaddresses");
	check(pk_writer_task(writer, &task));
	for (int i = 3; i < argc; i++) {
		struct pk_elf e;

		check(pk_elf_open(open(argv[i], O_RDONLY | O_CLOEXEC), &e));
		add_file(&e, argv[i], (i - 2) * APART);
		add_samples(&e, (i - 2) * APART, nr);
		pk_elf_close(&e);
	}
	check(pk_writer_finish(writer, now_ns + 1));
	pk_writer_destroy(writer);
	return close(fd) ? 1 : 0;
}
