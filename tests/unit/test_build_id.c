// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Build IDs from ELF files: found in both classes, and whatever the bytes are,
 * never more read than promised and nothing out of bounds.
 */
/* link: kmod/build_id.c */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "build_id.h"

#define FILE_BYTES 8192
#define NOTES_AT 1024

/* A file in memory that keeps account of how it is read. */
struct image {
	u8 data[FILE_BYTES];
	size_t bytes;
	bool broken;		/* reads of all but the header fail */
	unsigned int nr_reads;
	size_t bytes_read;
};

static ssize_t image_read(void *ctx, void *buf, size_t len, u64 off)
{
	struct image *im = ctx;

	im->nr_reads++;
	assert_true(len <= PK_BUILD_ID_SCRATCH);
	if (im->broken && off)
		return -EIO;
	if (off >= im->bytes)
		return 0;
	if (len > im->bytes - off)
		len = im->bytes - off;
	/* on the heap, so that a read beyond the end is caught */
	memcpy(buf, im->data + off, len);
	im->bytes_read += len;
	return len;
}

static unsigned int read_id(struct image *im, u8 id[PKPROF_MAX_BUILD_ID])
{
	void *scratch = malloc(PK_BUILD_ID_SCRATCH);
	unsigned int len;

	assert_non_null(scratch);
	im->nr_reads = 0;
	im->bytes_read = 0;
	len = pk_build_id_read(image_read, im, scratch, id);
	free(scratch);
	assert_true(len <= PKPROF_MAX_BUILD_ID);
	assert_true(im->nr_reads <= 2 + 8);
	return len;
}

/* Append a note; returns the position after it. */
static size_t put_note(struct image *im, size_t at, const char *name, u32 type, const void *desc,
		       u32 desc_bytes, size_t align)
{
	Elf64_Nhdr n = { .n_namesz = strlen(name) + 1, .n_descsz = desc_bytes, .n_type = type };
	size_t pos = at + sizeof(n);

	memcpy(im->data + at, &n, sizeof(n));
	memcpy(im->data + pos, name, n.n_namesz);
	pos = (pos - NOTES_AT + n.n_namesz + align - 1) / align * align + NOTES_AT;
	memcpy(im->data + pos, desc, desc_bytes);
	return (pos - NOTES_AT + desc_bytes + align - 1) / align * align + NOTES_AT;
}

static const u8 the_id[PKPROF_MAX_BUILD_ID] = "0123456789abcdefghi";

/* An image with one loaded segment and one of notes: some others, then the ID. */
static void make_image(struct image *im, bool is64, size_t align, u32 id_bytes)
{
	size_t end;

	memset(im, 0, sizeof(*im));
	im->bytes = FILE_BYTES;
	end = put_note(im, NOTES_AT, "Linux", 3, "not this one", 12, align);
	end = put_note(im, end, "GNU", 5, "nor this", 8, align);
	end = put_note(im, end, "GNU", 3, the_id, id_bytes, align);
	if (is64) {
		Elf64_Ehdr eh = { .e_ident = { ELFMAG0, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
				  .e_phoff = 128, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
		Elf64_Phdr ph[2] = { { .p_type = PT_LOAD, .p_filesz = 4096 },
				     { .p_type = PT_NOTE, .p_offset = NOTES_AT,
				       .p_filesz = end - NOTES_AT, .p_align = align } };

		memcpy(im->data, &eh, sizeof(eh));
		memcpy(im->data + 128, ph, sizeof(ph));
	} else {
		Elf32_Ehdr eh = { .e_ident = { ELFMAG0, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB },
				  .e_phoff = 128, .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2 };
		Elf32_Phdr ph[2] = { { .p_type = PT_LOAD, .p_filesz = 4096 },
				     { .p_type = PT_NOTE, .p_offset = NOTES_AT,
				       .p_filesz = end - NOTES_AT, .p_align = align } };

		memcpy(im->data, &eh, sizeof(eh));
		memcpy(im->data + 128, ph, sizeof(ph));
	}
}

static void test_found(void **state)
{
	u8 id[PKPROF_MAX_BUILD_ID];
	unsigned int variant;
	struct image im;
	u32 bytes;

	(void)state;
	for (variant = 0; variant < 4; variant++) {
		for (bytes = 1; bytes <= PKPROF_MAX_BUILD_ID; bytes++) {
			make_image(&im, variant & 1, variant & 2 ? 8 : 4, bytes);
			assert_int_equal(read_id(&im, id), bytes);
			assert_memory_equal(id, the_id, bytes);
		}
	}
}

static void test_refused(void **state)
{
	u8 id[PKPROF_MAX_BUILD_ID], big[64] = { 1 };
	struct image im;
	Elf64_Ehdr *eh = (void *)im.data;
	size_t end;

	(void)state;
	make_image(&im, true, 4, 0);	/* an empty ID */
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	end = put_note(&im, NOTES_AT, "GNU", 3, big, sizeof(big), 4);	/* too long a one */
	assert_true(end > NOTES_AT);
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	eh->e_ident[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	eh->e_ident[EI_CLASS] = 7;
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	eh->e_phentsize++;
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	im.broken = true;
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	memcpy(im.data, "#!/bin/sh\n", 10);
	assert_int_equal(read_id(&im, id), 0);
}

static void test_bounded(void **state)
{
	u8 id[PKPROF_MAX_BUILD_ID];
	struct image im;
	Elf64_Ehdr *eh = (void *)im.data;
	Elf64_Phdr *ph = (void *)(im.data + 128);
	unsigned int i;

	(void)state;
	make_image(&im, true, 4, 20);
	eh->e_phnum = 0xffff;
	for (i = 0; i < 100; i++)
		ph[i] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = NOTES_AT + 4096,
				      .p_filesz = ~0ULL };
	assert_int_equal(read_id(&im, id), 0);
	assert_true(im.bytes_read <= sizeof(*eh) + 9 * PK_BUILD_ID_SCRATCH);

	make_image(&im, true, 4, 20);
	eh->e_phoff = ~0ULL - 3;
	assert_int_equal(read_id(&im, id), 0);
	make_image(&im, true, 4, 20);
	ph[1].p_offset = ~0ULL;
	assert_int_equal(read_id(&im, id), 0);
}

static void test_every_cut(void **state)
{
	u8 id[PKPROF_MAX_BUILD_ID];
	unsigned int is64, len;
	struct image im;
	size_t cut;

	(void)state;
	for (is64 = 0; is64 < 2; is64++) {
		for (cut = 0; cut < NOTES_AT + 256; cut++) {
			make_image(&im, is64, 4, 20);
			im.bytes = cut;
			len = read_id(&im, id);
			assert_true(len == 0 || len == 20);
			if (len)
				assert_memory_equal(id, the_id, 20);
		}
	}
}

static void test_random_damage(void **state)
{
	u8 id[PKPROF_MAX_BUILD_ID];
	unsigned int n, i, x = 1;
	struct image im;

	(void)state;
	for (n = 0; n < 100000; n++) {
		make_image(&im, n & 1, n & 2 ? 8 : 4, 20);
		for (i = 0; i < 1 + n % 4; i++) {
			x = x * 1103515245u + 12345u;
			/* headers, program headers, notes */
			im.data[(n & 4 ? NOTES_AT : 0) + (x >> 16) % 240] = x >> 8;
		}
		read_id(&im, id);
	}
}

static ssize_t fd_read(void *ctx, void *buf, size_t len, u64 off)
{
	return pread(*(int *)ctx, buf, len, off);
}

/* What the loader mapped of this program's notes. */
static int find_own_id(struct dl_phdr_info *info, size_t size, void *data)
{
	const u8 *note, *end, **ret = data;
	const ElfW(Nhdr) *n;
	unsigned int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_NOTE || info->dlpi_phdr[i].p_align != 4)
			continue;
		note = (const u8 *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		end = note + info->dlpi_phdr[i].p_memsz;
		for (; note < end; note += sizeof(*n) + (n->n_namesz + 3) / 4 * 4 +
				       (n->n_descsz + 3) / 4 * 4) {
			n = (const void *)note;
			if (n->n_type == NT_GNU_BUILD_ID && n->n_descsz == 20)
				*ret = note + sizeof(*n) + 4;
		}
	}
	return 1;	/* the program comes first, libraries do not matter */
}

static void test_own_program(void **state)
{
	static u8 scratch[PK_BUILD_ID_SCRATCH] __attribute__((aligned(8)));
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	u8 id[PKPROF_MAX_BUILD_ID];
	const u8 *own = NULL;

	(void)state;
	assert_true(fd >= 0);
	dl_iterate_phdr(find_own_id, &own);
	assert_non_null(own);
	assert_int_equal(pk_build_id_read(fd_read, &fd, scratch, id), 20);
	assert_memory_equal(id, own, 20);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_own_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
