// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities of mapped files: by events and by /proc, opened by mapping, never a
 * wrong file, held to the end, bounded. The files are this test's own mappings.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "symbol/build_id.h"
#include "record/files.h"

static struct {
	char dir[64];
	int fd;
	struct pk_writer *w;
	struct pk_files *files;
	struct pk_profile p;
	bool loaded;
} env;

static void create(unsigned int max_files, unsigned int max_held, bool proc)
{
	struct pk_files_config cfg = { .writer = env.w,
				       .proc = proc ? "/proc" : NULL,
				       .max_files = max_files,
				       .max_held = max_held };

	pk_files_destroy(env.files);
	assert_int_equal(pk_files_create(&cfg, &env.files), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&env, 0, sizeof(env));
	strcpy(env.dir, "/tmp/pk_files_XXXXXX");
	assert_non_null(mkdtemp(env.dir));
	env.fd = fixture_fd();
	assert_int_equal(pk_writer_create(env.fd, "test", &env.w, NULL), 0);
	create(100, 100, true);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", env.dir);
	assert_int_equal(system(command), 0);
	pk_files_destroy(env.files);
	pk_writer_destroy(env.w);
	if (env.loaded)
		pk_profile_deinit(&env.p);
	return 0;
}

static struct pk_file *file(uint32_t id)
{
	struct image i;

	if (!env.loaded) {
		assert_int_equal(pk_writer_finish(env.w, 1), 0);
		i = fixture_read(env.fd);
		assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &env.p, NULL), 0);
		image_free(&i);
		env.loaded = true;
	}
	assert_true(id < env.p.files.nr);
	return &env.p.files.data[id];
}

static const char *path_of(uint32_t id)
{
	return pk_strtab_get(&env.p.strings, file(id)->path);
}

struct note {
	Elf64_Nhdr head;
	char name[4];
	unsigned char desc[20];
};

/* A small ELF file whose build ID is 20 times @id, mapped executable. */
struct program {
	char path[128];
	struct pk_file_key key;
	struct pk_mapping mapping;
	void *addr;
};

static void write_program(const char *path, unsigned char id)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[2];
		struct note other, build_id;
	} elf = {
		.eh = { .e_phoff = offsetof(__typeof__(elf), ph),
			.e_phnum = 2,
			.e_phentsize = sizeof(Elf64_Phdr) },
		.ph = { { .p_type = PT_LOAD },
			{ .p_type = PT_NOTE,
			  .p_align = 4,
			  .p_offset = offsetof(__typeof__(elf), other),
			  .p_filesz = 2 * sizeof(struct note) } },
		.other = { { 4, 20, NT_GNU_ABI_TAG }, "GNU", { 0 } },
		.build_id = { { 4, 20, NT_GNU_BUILD_ID }, "GNU", { 0 } },
	};
	char page[4096] = { 0 };
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0755);

	memcpy(elf.eh.e_ident, ELFMAG, SELFMAG);
	elf.eh.e_ident[EI_CLASS] = ELFCLASS64;
	elf.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	memset(elf.build_id.desc, id, sizeof(elf.build_id.desc));
	memcpy(page, &elf, sizeof(elf));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	close(fd);
}

static void map_program(struct program *p, const char *name, unsigned char id)
{
	struct stat st;
	int fd;

	snprintf(p->path, sizeof(p->path), "%s/%s", env.dir, name);
	write_program(p->path, id);
	fd = open(p->path, O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	p->addr = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(p->addr, MAP_FAILED);
	close(fd);
	p->key = (struct pk_file_key){ .dev = major(st.st_dev) << 20 | minor(st.st_dev),
				       .ino = st.st_ino,
				       .gen = 9 };
	p->mapping =
		(struct pk_mapping){ .tgid = getpid(), .addr = (uintptr_t)p->addr, .len = 4096 };
}

static uint32_t id_of(struct program *p)
{
	uint32_t id = 0;

	assert_int_equal(pk_files_of_event(env.files, &p->key, &p->mapping, &id), 0);
	assert_true(id > 0);
	return id;
}

static void test_build_ids(void **state)
{
	uint8_t got[PKPROF_MAX_BUILD_ID], want[20];
	struct program p;
	unsigned char byte;
	int fd;

	(void)state;
	map_program(&p, "a", 0x5a);
	fd = open(p.path, O_RDWR);
	memset(want, 0x5a, sizeof(want));
	assert_int_equal(pk_build_id_read(fd, got), 20);
	assert_memory_equal(got, want, 20);
	/* whatever byte is changed or missing: no crash, and never more than fits */
	for (off_t at = 0; at < 300; at++)
		for (unsigned int flip = 1; flip < 256; flip *= 2) {
			assert_int_equal(pread(fd, &byte, 1, at), 1);
			byte ^= flip;
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
			assert_in_range(pk_build_id_read(fd, got), 0, PKPROF_MAX_BUILD_ID);
			byte ^= flip;
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
	for (off_t len = 300; len >= 0; len--) {
		assert_int_equal(ftruncate(fd, len), 0);
		assert_in_range(pk_build_id_read(fd, got), 0, PKPROF_MAX_BUILD_ID);
	}
	close(fd);
	munmap(p.addr, 4096);
}

/* Without any word from the kernel: name and build ID come from the mapping. */
static void test_event_alone(void **state)
{
	struct program p;
	struct stat held, st;
	uint32_t id;

	(void)state;
	map_program(&p, "lone", 1);
	id = id_of(&p);
	assert_int_equal(id_of(&p), id);
	assert_int_equal(fstat(pk_files_fd(env.files, id), &held), 0);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(held.st_ino, st.st_ino);
	assert_string_equal(path_of(id), p.path);
	assert_int_equal(file(id)->build_id_len, 20);
	assert_int_equal(file(id)->build_id[7], 1);
	assert_int_equal(file(id)->gen, 9);
	munmap(p.addr, 4096);
}

/* The file's name is gone or another's: the mapping still leads to the right one. */
static void test_replaced_file(void **state)
{
	struct program p;
	uint8_t got[PKPROF_MAX_BUILD_ID];
	uint32_t id;

	(void)state;
	map_program(&p, "replaced", 2);
	assert_int_equal(unlink(p.path), 0);
	write_program(p.path, 3);
	id = id_of(&p);
	assert_true(pk_files_fd(env.files, id) >= 0);
	assert_int_equal(pk_build_id_read(pk_files_fd(env.files, id), got), 20);
	assert_int_equal(got[0], 2);
	assert_string_equal(path_of(id), p.path);
	munmap(p.addr, 4096);
}

/* The process is gone and another file has the name: it must not be taken for it. */
static void test_never_a_wrong_file(void **state)
{
	struct program p;
	uint8_t build_id[20];
	uint32_t id;

	(void)state;
	map_program(&p, "wrong", 4);
	munmap(p.addr, 4096);
	memset(build_id, 4, sizeof(build_id));
	assert_int_equal(pk_files_define(env.files, &p.key, p.path, strlen(p.path), build_id, 20),
			 0);
	/* same inode, other contents */
	write_program(p.path, 5);
	id = id_of(&p);
	assert_int_equal(pk_files_fd(env.files, id), -1);
	assert_string_equal(path_of(id), p.path);
	assert_int_equal(file(id)->build_id[0], 4);
}

static void test_gone_process_but_right_file(void **state)
{
	struct program p;
	uint8_t build_id[20];
	uint32_t id;

	(void)state;
	map_program(&p, "right", 6);
	munmap(p.addr, 4096);
	p.mapping.tgid = 0x7fffffff;
	memset(build_id, 6, sizeof(build_id));
	assert_int_equal(pk_files_define(env.files, &p.key, p.path, strlen(p.path), build_id, 20),
			 0);
	id = id_of(&p);
	assert_true(pk_files_fd(env.files, id) >= 0);
}

/* One file, seen in /proc first and in an event later, is one id. */
static void test_proc_and_event_are_one(void **state)
{
	struct program p;
	uint32_t by_maps, by_event;
	uint8_t build_id[20];

	(void)state;
	map_program(&p, "both", 7);
	memset(build_id, 7, sizeof(build_id));
	assert_int_equal(pk_files_of_maps(env.files, &p.key, &p.mapping, p.path, &by_maps), 0);
	assert_int_equal(pk_files_define(env.files, &p.key, p.path, strlen(p.path), build_id, 20),
			 0);
	by_event = id_of(&p);
	assert_int_equal(by_maps, by_event);
	munmap(p.addr, 4096);
}

/* A number used again for another file is another file. */
static void test_generations(void **state)
{
	struct program p;
	uint32_t first, second;

	(void)state;
	create(100, 0, false);
	map_program(&p, "gen", 8);
	assert_int_equal(pk_files_define(env.files, &p.key, "/old", 4, (uint8_t *)"\1", 1), 0);
	first = id_of(&p);
	p.key.gen++;
	assert_int_equal(pk_files_define(env.files, &p.key, "/new", 4, (uint8_t *)"\2", 1), 0);
	second = id_of(&p);
	assert_int_not_equal(first, second);
	p.key.gen--;
	assert_int_equal(id_of(&p), first);
	assert_string_equal(path_of(first), "/old");
	assert_string_equal(path_of(second), "/new");
	munmap(p.addr, 4096);
}

/* A name that comes after the id was needed: the next mapping has it. */
static void test_late_name(void **state)
{
	struct program p;
	uint32_t first, second;

	(void)state;
	create(100, 0, false);
	map_program(&p, "late", 9);
	first = id_of(&p);
	assert_int_equal(pk_files_stats(env.files)->nr_nameless, 1);
	assert_int_equal(pk_files_define(env.files, &p.key, "/late", 5, NULL, 0), 0);
	second = id_of(&p);
	assert_string_equal(path_of(first), "");
	assert_string_equal(path_of(second), "/late");
	munmap(p.addr, 4096);
}

static void test_anonymous_and_vdso(void **state)
{
	struct pk_file_key key = { 0 };
	struct pk_mapping m = { .tgid = getpid(), .addr = 0x1000, .len = 0x1000 };
	uint32_t id = 77, again;

	(void)state;
	assert_int_equal(pk_files_of_event(env.files, &key, &m, &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(pk_files_vdso(env.files, &id), 0);
	assert_int_equal(pk_files_vdso(env.files, &again), 0);
	assert_int_equal(id, again);
	assert_string_equal(path_of(id), "[vdso]");
}

/* Identities and descriptors beyond the caps: new ids, closed descriptors, no growth. */
static void test_caps(void **state)
{
	struct pk_file_key key = { .dev = 1 };
	struct pk_mapping m = { 0 };
	struct program p[4];
	uint32_t id, last = 0;

	(void)state;
	create(10, 2, true);
	for (unsigned int i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof(name), "c%u", i);
		map_program(&p[i], name, 10 + i);
		id = id_of(&p[i]);
		assert_int_equal(pk_files_fd(env.files, id) >= 0, i < 2);
		munmap(p[i].addr, 4096);
	}
	assert_int_equal(pk_files_stats(env.files)->nr_held, 2);
	for (key.ino = 1; key.ino <= 100; key.ino++) {
		char path[16];

		snprintf(path, sizeof(path), "/%llu", (unsigned long long)key.ino);
		assert_int_equal(pk_files_define(env.files, &key, path, strlen(path), NULL, 0), 0);
		assert_int_equal(pk_files_of_event(env.files, &key, &m, &id), 0);
		assert_true(id > last);
		last = id;
	}
	for (key.ino = 1; key.ino <= 100; key.ino++) {
		char path[16];

		snprintf(path, sizeof(path), "/%llu", (unsigned long long)key.ino);
		assert_string_equal(path_of(last - 100 + key.ino), path);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_build_ids),
		TEST(test_event_alone),
		TEST(test_replaced_file),
		TEST(test_never_a_wrong_file),
		TEST(test_gone_process_but_right_file),
		TEST(test_proc_and_event_are_one),
		TEST(test_generations),
		TEST(test_late_name),
		TEST(test_anonymous_and_vdso),
		TEST(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
