// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names that are added later: a file of a stripped program gets those of the debug file that
 * turns up, keeps all else, and is replaced as a whole or not at all.
 */
/* link: tests/unit/elf_fixture.c tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cmd/cmd.h"
#include "elf_fixture.h"
#include "model/symbols.h"
#include "profile/reader.h"
#include "profile_fixture.h"

#define TGID 10
#define AT   0x40000000

static const char source[] =
	"int sink;\n"
	"__attribute__((noinline)) static int hidden(int n) {\n"
	"	while (n--) sink += n * n; return sink; }\n"
	"__attribute__((noinline)) int exported(int n) { return hidden(n) * 3 + hidden(n + 1); }\n";

static uint64_t hidden_at; /* offset in the file */
static struct pk_elf elf;

static void fill_start(struct pk_writer *w)
{
	struct pk_file f = { .build_id_len = elf.build_id_len };
	struct pk_map_event m = { .tgid = TGID, .addr = AT, .len = 0x100000, .file = 1 };
	struct pk_sample_row row = { .tid = TGID, .tgid = TGID };
	const char *path = elf_path("program.so");
	struct pk_symbol s = { .space = PK_SPACE_KERNEL, .addr = 0xffff0000, .size = 0x10 };
	uint32_t id, kernel;

	memcpy(f.build_id, elf.build_id, sizeof(f.build_id));
	pk_writer_string(w, path, strlen(path), &f.path);
	pk_writer_file(w, &f, &id);
	assert_int_equal(id, 1);
	pk_writer_map(w, &m);
	pk_writer_node(w, 0, 0xffff0008, &kernel);
	for (unsigned int i = 0; i < 5000; i++) {
		pk_writer_node(w, 0, AT + hidden_at + i % 8, &row.ustack);
		row.kstack = kernel;
		row.time_ns = 1000 + i;
		pk_writer_sample(w, &row);
	}
	pk_writer_string(w, "from the recording", 18, &s.name);
	s.dso = s.name;
	pk_writer_symbol(w, &s);
	/* what the recorder called it for want of a name, all around */
	s = (struct pk_symbol){ .space = PK_SPACE_FILE,
				.id = 1,
				.addr = hidden_at - 2,
				.size = 0x1000,
				.flags = PK_SYMBOL_NONE };
	pk_writer_string(w, "program.so+0x1", 14, &s.name);
	s.dso = f.path;
	assert_int_equal(pk_writer_symbol(w, &s), 0);
}

/* The profile as the recorder left it, at DIR/NAME. */
static const char *make(const char *name, uint64_t end_ns)
{
	struct image i = fixture_image(fill_start, end_ns);
	const char *path = elf_path(name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, i.data, i.len), i.len);
	close(fd);
	image_free(&i);
	return path;
}

static int setup(void **state)
{
	uint64_t svma, size, end;
	struct pk_elf whole;

	(void)state;
	elf_compile("whole.so", source, "-O1 -g -shared -fPIC -Wl,--build-id");
	elf_run("cp whole.so program.so && objcopy --only-keep-debug whole.so program.debug && "
		"strip program.so && strip -K nothing program.so && mkdir -p dbg");
	elf = elf_open("program.so");
	whole = elf_open("whole.so");
	elf_symbol("whole.so", "hidden", &svma, &size);
	end = svma + size;
	assert_true(pk_elf_to_off(&whole, &svma, &end));
	hidden_at = svma;
	pk_elf_close(&whole);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_elf_close(&elf);
	return 0;
}

static int command(struct pk_err *err, const char *a, const char *b, const char *c, const char *d,
		   const char *e)
{
	char *args[] = { (char *)a, (char *)b, (char *)c, (char *)d, (char *)e, NULL };
	int nr = 0, dashes;

	while (args[nr])
		nr++;
	*err = (struct pk_err){ 0 };
	nr = pk_opt_parse(pk_cmd_symbolize.opts, nr, args, true, &dashes, err);
	assert_true(nr >= 0);
	return pk_cmd_symbolize.run(nr, args, err);
}

/* Name of hidden(), of a loaded profile. */
static void check(const char *path, enum pk_file_state state, const char *want)
{
	const struct pk_symbol *s;
	struct pk_profile p;
	struct pk_err err;

	if (pk_profile_load(path, &p, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(p.state, state);
	assert_int_equal(p.samples.nr, 5000);
	assert_int_equal(p.nodes.nr, 5002);
	s = pk_symbols_find(&p, PK_SPACE_FILE, 1, hidden_at + 3);
	assert_non_null(s);
	assert_string_equal(pk_strtab_get(&p.strings, s->name), want);
	s = pk_symbols_find(&p, PK_SPACE_KERNEL, 0, 0xffff0008);
	assert_non_null(s);
	assert_string_equal(pk_strtab_get(&p.strings, s->name), "from the recording");
	pk_profile_deinit(&p);
}

static void test_debug_file_turns_up(void **state)
{
	const char *path = make("a.pkp", 9000), *dirs = elf_path("dbg");
	struct stat before, after;
	struct pk_err err;

	(void)state;
	/* nothing there: nothing is touched */
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(command(&err, "--debug-dir", dirs, path, NULL, NULL), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	check(path, PK_FILE_CLOSED, "program.so+0x1");
	elf_run("id=$(readelf -n program.so | sed -n 's/.*Build ID: //p') && "
		"mkdir -p dbg/.build-id/$(echo $id | cut -c 1-2) && "
		"cp program.debug dbg/.build-id/$(echo $id | cut -c 1-2)/$(echo $id | cut -c 3-).debug");
	assert_int_equal(command(&err, "--debug-dir", dirs, path, NULL, NULL), 0);
	check(path, PK_FILE_CLOSED, "hidden");
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mode & 07777, 0640);
	elf_run("! ls *.tmp*");
}

/* A link stays one; what was cut off stays so. */
static void test_cut_behind_a_link(void **state)
{
	const char *path = make("cut.pkp", UINT64_MAX), *dirs = elf_path("dbg");
	struct stat st;
	struct pk_err err;

	(void)state;
	elf_run("ln -s cut.pkp link.pkp");
	assert_int_equal(command(&err, "--debug-dir", dirs, elf_path("link.pkp"), NULL, NULL), 0);
	assert_int_equal(lstat(elf_path("link.pkp"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	check(path, PK_FILE_CUT, "hidden");
}

/* Where the program is not, what has a name keeps it. Options stay set: these come last. */
static void test_another_machine(void **state)
{
	struct pk_err err;

	(void)state;
	assert_int_equal(
		command(&err, "--root=/nowhere", "-o", elf_path("b.pkp"), elf_path("a.pkp"), NULL),
		0);
	check(elf_path("b.pkp"), PK_FILE_CLOSED, "hidden");
	assert_int_equal(command(&err, elf_path("good.pkp"), NULL, NULL, NULL, NULL), 0);
	check(elf_path("b.pkp"), PK_FILE_CLOSED, "program.so+0x1");
}

static void test_refusals(void **state)
{
	const char *path = make("damaged.pkp", 9000);
	struct pk_err err;
	int fd;

	(void)state;
	assert_int_equal(command(&err, "-", NULL, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(command(&err, "a", "b", NULL, NULL, NULL), -EINVAL);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "XXXX", 4, lseek(fd, 0, SEEK_END) / 2), 4);
	close(fd);
	assert_int_equal(command(&err, path, NULL, NULL, NULL, NULL), -EBADMSG);
	assert_int_equal(err.exit_code, PK_EXIT_BAD_FILE);
	path = make("good.pkp", 9000);
	assert_int_equal(command(&err, "-o", "/dev/null", path, NULL, NULL), -ESPIPE);
	assert_int_equal(command(&err, "-o", elf_path("none/x"), path, NULL, NULL), -ENOENT);
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	check(path, PK_FILE_CLOSED, "program.so+0x1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debug_file_turns_up),
		cmocka_unit_test(test_cut_behind_a_link),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_another_machine),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
