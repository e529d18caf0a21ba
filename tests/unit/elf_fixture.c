// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF files for tests; see elf_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/elf_symtab.h"

static char dir[64];

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	if (system(command))
		fprintf(stderr, "could not remove %s\n", dir);
}

const char *elf_dir(void)
{
	if (!dir[0]) {
		strcpy(dir, "/tmp/pkprof-test.XXXXXX");
		assert_non_null(mkdtemp(dir));
		atexit(remove_dir);
	}
	return dir;
}

const char *elf_path(const char *name)
{
	static char buffers[8][512];
	static unsigned int next;
	char *path = buffers[next++ % 8];

	snprintf(path, sizeof(buffers[0]), "%s/%s", elf_dir(), name);
	return path;
}

void elf_run(const char *fmt, ...)
{
	char command[2048], line[2200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "cd '%s' && { %s; }", elf_dir(), command);
	if (system(line))
		fail_msg("this failed: %s", command);
}

void elf_write(const char *name, const char *text)
{
	FILE *f = fopen(elf_path(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

void elf_assemble(const char *name, const char *source, const char *flags)
{
	elf_write("source.s", source);
	elf_run("gcc -nostdlib %s -o %s source.s", flags, name);
}

void elf_compile(const char *name, const char *source, const char *flags)
{
	elf_write("source.c", source);
	elf_run("gcc -O1 %s -o %s source.c", flags, name);
}

struct pk_elf elf_open(const char *name)
{
	struct pk_elf e;

	assert_int_equal(pk_elf_open(pk_open_regular(elf_path(name)), &e), 0);
	return e;
}

void elf_symbol(const char *name, const char *symbol, uint64_t *svma_ret, uint64_t *size_ret)
{
	struct pk_elf e = elf_open(name);
	struct pk_symtab t;
	bool found = false;
	GElf_Sym sym;

	assert_true(pk_symtab_open(&e, SHT_SYMTAB, &t));
	for (size_t i = 0; i < t.nr && !found; i++) {
		const char *text;

		assert_non_null(gelf_getsym(t.symbols, i, &sym));
		text = pk_symtab_name(&t, &sym);
		found = text && !strcmp(text, symbol);
	}
	if (!found)
		fail_msg("%s has no symbol %s", name, symbol);
	*svma_ret = sym.st_value;
	*size_ret = sym.st_size;
	pk_elf_close(&e);
}
