// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From addresses to inlined functions and source lines: what this machine's compilers write,
 * in both versions, packed, apart from the program, shared between files by dwz; the frames
 * that the model makes of it; debugging information that means harm.
 */
/* link: tests/unit/elf_fixture.c tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "model/model.h"
#include "model/symbols.h"
#include "model_fixture.h"
#include "symbol/file_symbols.h"
#include "symbol/symbolizer.h"

#define TGID 10
#define AT 0x40000000	/* where files are mapped */

static const char source[] =
	"int sink;\n"								/* 1 */
	"static inline __attribute__((always_inline)) void innermost(int n) {\n"
	"	__asm__ volatile(\".globl inner_at\\ninner_at: nop\");\n"	/* 3 */
	"	sink += n; }\n"
	"static inline __attribute__((always_inline)) void middle(int n) {\n"
	"	innermost(n + 1); }\n"						/* 6 */
	"__attribute__((noinline)) int exported(int n) {\n"
	"	middle(n);\n"							/* 8 */
	"	__asm__ volatile(\".globl outer_at\\nouter_at: nop\");\n"	/* 9 */
	"	return sink; }\n"
	"int main(void) { return exported(2); }\n";

static const char in_cxx[] =
	"namespace ns { template <int N> struct box { int v[N];\n"
	"	__attribute__((always_inline)) int get(int i) const {\n"
	"		__asm__ volatile(\".globl inner_at\\ninner_at: nop\");\n"	/* 3 */
	"		return v[i]; } }; }\n"
	"__attribute__((noinline, noclone)) int exported(const ns::box<4> &b) { return b.get(1) * 3; }\n"		/* 5 */
	"int main() { ns::box<4> b{}; return exported(b); }\n";

static uint64_t svma_of(const char *file, const char *symbol)
{
	uint64_t svma, size;

	elf_symbol(file, symbol, &svma, &size);
	return svma;
}

/* A profile with a sample at each of the svma of a file that is mapped as a whole. */
static void sample_file(struct pk_profile *p, const char *name, const uint64_t *svma, size_t nr)
{
	struct stat st;
	struct pk_elf e = elf_open(name);
	uint32_t f;

	fix_init(p);
	f = fix_file(p, elf_path(name));
	assert_int_equal(fstat(e.fd, &st), 0);
	memcpy(p->files.data[f].build_id, e.build_id, e.build_id_len);
	p->files.data[f].build_id_len = e.build_id_len;
	p->files.data[f].ino = st.st_ino;
	p->files.data[f].dev = major(st.st_dev) << 20 | minor(st.st_dev);
	fix_alive(p, TGID, "test");
	fix_map(p, 0, TGID, AT, e.file_bytes, f, 0);
	for (size_t i = 0; i < nr; i++) {
		uint64_t start = svma[i], end = svma[i] + 1;

		assert_true(pk_elf_to_off(&e, &start, &end));
		start += AT;
		fix_sample(p, i, TGID, TGID, fix_stack(p, &start, 1), 0, 0);
	}
	pk_elf_close(&e);
}

static void symbolize(struct pk_profile *p, const char *debug_dirs)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = debug_dirs, .lines = true };
	struct pk_symbolizer_stats stats;
	struct pk_err err = { 0 };

	if (pk_symbolize(p, &cfg, &stats, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(stats.nr_with_line, p->lines.nr);
}

/* "innermost a.c:3 < middle a.c:6 < ..." of a sample. */
static const char *stack_text(const struct pk_model *m, size_t sample)
{
	static char text[1024];
	struct pk_strbuf b = { 0 };

	for (uint32_t at = m->sample_stack[sample]; at; at = m->nodes.data[at].parent) {
		const struct pk_stack_node *n = &m->nodes.data[at];

		pk_strbuf_printf(&b, "%s%s ", b.len ? "< " : "",
				 pk_model_string(m, m->frames.data[n->frame].text));
		pk_model_put_source(m, n->source, false, &b);
		if (n->source)
			pk_strbuf_putc(&b, ' ');
	}
	snprintf(text, sizeof(text), "%s", b.data ? b.data : "");
	pk_strbuf_deinit(&b);
	return text;
}

static void assert_stack(struct pk_profile *p, bool no_inline, size_t sample, const char *want)
{
	struct pk_model_opts o = { .no_inline = no_inline };
	struct pk_err err = { 0 };
	struct pk_model m;

	assert_int_equal(pk_model_build(p, &o, &m, &err), 0);
	assert_string_equal(stack_text(&m, sample), want);
	pk_model_deinit(&m);
}

/* Both marked places of DIR/name, compiled from @source above. */
static void assert_c_lines(const char *name, const char *with_symbols, const char *debug_dirs)
{
	uint64_t svma[] = { svma_of(with_symbols, "inner_at"), svma_of(with_symbols, "outer_at") };
	struct pk_profile p;

	sample_file(&p, name, svma, 2);
	symbolize(&p, debug_dirs);
	assert_int_equal(p.lines.nr, 2);
	assert_stack(&p, false, 0, "innermost (inlined) source.c:3 < middle (inlined) source.c:6 < "
				   "exported source.c:8 ");
	assert_stack(&p, false, 1, "exported source.c:9 ");
	assert_stack(&p, true, 0, "exported source.c:3 ");
	pk_profile_deinit(&p);
}

/* --- what compilers write --------------------------------------------------------------- */

static void test_compiled(void **state)
{
	static const char *const flags[] = {
		"-g -gdwarf-4",	 "-g -gdwarf-5",    "-g -gdwarf-3", "-g -gdwarf-2",
		"-g -gdwarf-5 -gz", "-g -gdwarf-4 -gz=zlib", "-g -O2 -ffunction-sections",
		"-g -no-pie",	 "-g -gdwarf64 -gdwarf-5", "-g -O2", "-g -gno-column-info",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		elf_compile("plain", source, flags[i]);
		assert_c_lines("plain", "plain", "");
	}
}

static bool has_program(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", name);
	return !system(command);
}

static void test_clang(void **state)
{
	(void)state;
	if (!has_program("clang"))
		skip();
	elf_write("source.c", source);
	elf_run("clang -O2 -g -gdwarf-5 -o clang5 source.c");
	assert_c_lines("clang5", "clang5", "");
	elf_run("clang -O2 -g -gdwarf-4 -o clang4 source.c");
	assert_c_lines("clang4", "clang4", "");
}

/* The skeleton has the line table, what is inlined is in files that are not read. */
static void test_split(void **state)
{
	uint64_t svma[1];
	struct pk_profile p;

	(void)state;
	elf_compile("split", source, "-g -gsplit-dwarf");
	svma[0] = svma_of("split", "inner_at");
	sample_file(&p, "split", svma, 1);
	symbolize(&p, "");
	assert_stack(&p, false, 0, "exported source.c:3 ");
	pk_profile_deinit(&p);
}

static void test_cxx(void **state)
{
	uint64_t svma[1];
	struct pk_profile p;

	(void)state;
	elf_write("source.cc", in_cxx);
	elf_run("g++ -O2 -g -o cxx source.cc");
	svma[0] = svma_of("cxx", "inner_at");
	sample_file(&p, "cxx", svma, 1);
	symbolize(&p, "");
	assert_int_equal(p.lines.nr, 1);
	assert_string_equal(pk_strtab_get(&p.strings,
					  p.line_frames.data[p.lines.data[0].frame].name),
			    "ns::box<4>::get");
	assert_int_equal(p.line_frames.data[p.lines.data[0].frame].line, 3);
	pk_profile_deinit(&p);
}

/* --- debug files -------------------------------------------------------------------------- */

static void make_debug_file(const char *from, const char *stripped)
{
	struct pk_elf e = elf_open(from);
	char id[2 * PKPROF_MAX_BUILD_ID + 1];

	assert_true(e.build_id_len);
	for (unsigned int i = 0; i < e.build_id_len; i++)
		sprintf(id + 2 * i, "%02x", e.build_id[i]);
	pk_elf_close(&e);
	elf_run("mkdir -p debug/.build-id/%.2s && objcopy --only-keep-debug %s "
		"debug/.build-id/%.2s/%s.debug && strip -o %s %s",
		id, from, id, id + 2, stripped, from);
}

static void test_debug_file(void **state)
{
	(void)state;
	elf_compile("whole", source, "-g -Wl,--build-id");
	make_debug_file("whole", "stripped");
	assert_c_lines("stripped", "whole", elf_path("debug"));
}

static void test_dwz(void **state)
{
	(void)state;
	if (!has_program("dwz"))
		skip();
	elf_compile("one", source, "-g -Wl,--build-id");
	elf_run("sed 's/sink/sunk/' source.c > source2.c && cp source.c keep.c && "
		"gcc -O1 -g -Wl,--build-id -o two source2.c");
	elf_run("mkdir -p debug/.dwz && dwz -m debug/.dwz/common -M /usr/lib/debug/.dwz/common one two");
	assert_c_lines("one", "one", elf_path("debug"));
}

/* Packed in each way that tools know; what they do not know here is left out. */
static void test_packed(void **state)
{
	static const char *const ways[] = { "zlib-gabi", "zlib-gnu", "zstd" };
	char file[32];

	(void)state;
	elf_compile("unpacked", source, "-g");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		elf_run("objcopy --compress-debug-sections=%s unpacked packed-%s || "
			"{ test %s = zstd && cp unpacked packed-zstd; }", ways[i], ways[i], ways[i]);
		snprintf(file, sizeof(file), "packed-%s", ways[i]);
		assert_c_lines(file, "unpacked", "");
	}
}

/* Bytes of a packed section that are not what was packed: no lines then. */
static void test_packed_damage(void **state)
{
	uint64_t svma[1], off;
	struct pk_profile p;
	struct pk_elf e;
	FILE *f;

	(void)state;
	elf_compile("damaged", source, "-g -gz=zlib");
	svma[0] = svma_of("damaged", "inner_at");
	e = elf_open("damaged");
	off = pk_elf_section(&e, ".debug_info")->off;
	pk_elf_close(&e);
	f = fopen(elf_path("damaged"), "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, off + 40, SEEK_SET), 0);
	assert_int_equal(fwrite("damagedamage", 12, 1, f), 1);
	assert_int_equal(fclose(f), 0);
	sample_file(&p, "damaged", svma, 1);
	symbolize(&p, "");
	assert_int_equal(p.lines.nr, 0);
	assert_stack(&p, false, 0, "exported ");
	pk_profile_deinit(&p);
}

/* --- limits --------------------------------------------------------------------------- */

static int no_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	(void)ctx;
	(void)wish;
	(void)i;
	return -1;
}

static void assert_limited(const struct pk_file_question *q, size_t nr_lines)
{
	const struct pk_debug_source none = { no_debug_file, NULL };
	struct pk_elf e = elf_open("limited");
	const struct pk_piece *piece;
	struct pk_answer a;

	assert_int_equal(pk_file_answer(&e, q, &none, &a), 0);
	assert_int_equal(a.flags, PK_ANSWER_LINES_CUT);
	assert_int_equal(a.lines.nr, nr_lines);
	assert_int_equal(a.frames.nr, 0);
	piece = pk_answer_find(&a, q->off[0]);
	assert_non_null(piece);
	assert_string_equal(pk_strtab_get(&a.strings, piece->name), "exported");
	pk_answer_deinit(&a);
	pk_elf_close(&e);
}

/* Lines that take too much cost no names, and the answer says that they are missing. */
static void test_limits(void **state)
{
	struct pk_file_question q = { .nr = 1 };
	uint64_t start, end;
	struct pk_elf e;

	(void)state;
	elf_compile("limited", source, "-g");
	start = svma_of("limited", "inner_at");
	end = start + 1;
	e = elf_open("limited");
	assert_true(pk_elf_to_off(&e, &start, &end));
	pk_elf_close(&e);
	q.off = &start;
	/* time: what was not reached is as if it was not asked for */
	q.lines_bytes = 1 << 20;
	q.lines_cpu_ns = 1;
	assert_limited(&q, 0);
	/* room: nothing is known of any of them, so nobody asks again */
	q.lines_bytes = 3;
	q.lines_cpu_ns = 0;
	assert_limited(&q, 1);
}

/* --- a second time ------------------------------------------------------------------------ */

/* What has symbols already gets lines; lines that are there stay. */
static void test_again(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "" };
	struct pk_symbolizer_stats stats;
	struct pk_err err = { 0 };
	struct pk_profile p;
	uint64_t svma[1];
	size_t nr;

	(void)state;
	elf_compile("again", source, "-g");
	svma[0] = svma_of("again", "inner_at");
	sample_file(&p, "again", svma, 1);
	assert_int_equal(pk_symbolize(&p, &cfg, &stats, &err), 0);
	assert_int_equal(p.lines.nr, 0);
	assert_int_equal(p.symbols.nr, 1);
	nr = p.symbols.nr;
	symbolize(&p, "");
	assert_int_equal(p.lines.nr, 1);
	assert_int_equal(p.symbols.nr, nr);
	symbolize(&p, "");
	assert_int_equal(p.lines.nr, 1);
	pk_profile_deinit(&p);
}

/* --- what means harm ------------------------------------------------------------------------- */

/* @info: entries of the unit whose only function is at "func". */
static void assemble_info(const char *name, const char *info)
{
	static char text[8192];

	snprintf(text, sizeof(text),
		 ".text\n.globl func\n.type func, @function\nfunc: nop; nop; nop; ret\n"
		 ".size func, . - func\n"
		 ".section .debug_abbrev\n.Labbrev:\n"
		 ".uleb128 1, 0x11\n.byte 1\n.uleb128 0x11, 0x01, 0x12, 0x07, 0, 0\n"
		 ".uleb128 2, 0x2e\n.byte 1\n.uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0\n"
		 ".uleb128 3, 0x1d\n.byte 1\n.uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0\n"
		 ".uleb128 4, 0x2e\n.byte 0\n.uleb128 0x31, 0x13, 0, 0\n"
		 ".byte 0\n"
		 ".section .debug_info\n.Linfo:\n.long .Lend - .Lhead\n.Lhead: .value 4\n"
		 ".long .Labbrev\n.byte 8\n"
		 ".uleb128 1\n.quad func\n.quad 4\n%s.byte 0\n.Lend:\n", info);
	elf_assemble(name, text, "-shared");
}

static void assert_harmless(const char *name, size_t nr_frames)
{
	uint64_t svma[] = { svma_of(name, "func") + 1 };
	struct pk_profile p;
	size_t depth = 0;

	sample_file(&p, name, svma, 1);
	symbolize(&p, "");
	if (p.lines.nr)
		for (uint32_t at = p.lines.data[0].frame; at != PK_LINE_OUTERMOST;
		     at = p.line_frames.data[at].outer)
			depth++;
	assert_int_equal(depth, nr_frames);
	pk_profile_deinit(&p);
}

static void test_name_loop(void **state)
{
	(void)state;
	/* two entries, each of which says to look at the other one for its name */
	assemble_info("loop",
		      ".Lone: .uleb128 2\n.long .Lother - .Linfo\n.quad func\n.quad 4\n"
		      ".uleb128 3\n.long .Lother - .Linfo\n.quad func\n.quad 4\n.byte 0, 0\n"
		      ".Lother: .uleb128 4\n.long .Lone - .Linfo\n");
	assert_harmless("loop", 2);
}

static void test_deep_nesting(void **state)
{
	static char info[8192];
	size_t len = 0;

	(void)state;
	/* 100 calls within each other, and then 1000: more than there may be */
	len += snprintf(info + len, sizeof(info) - len,
			".uleb128 2\n.long 0\n.quad func\n.quad 4\n"
			".rept 100\n.uleb128 3\n.long 0\n.quad func\n.quad 4\n.endr\n"
			".rept 101\n.byte 0\n.endr\n");
	assemble_info("deep", info);
	assert_harmless("deep", 101);
	snprintf(info, sizeof(info),
		 ".uleb128 2\n.long 0\n.quad func\n.quad 4\n"
		 ".rept 1000\n.uleb128 3\n.long 0\n.quad func\n.quad 4\n.endr\n"
		 ".rept 1001\n.byte 0\n.endr\n");
	assemble_info("deeper", info);
	assert_harmless("deeper", PK_LINE_MAX_FRAMES);
	(void)len;
}

/* A function that ends before it begins, and a unit that is cut off in the middle. */
static void test_damaged(void **state)
{
	(void)state;
	assemble_info("backwards", ".uleb128 2\n.long 0\n.quad func\n.quad -8\n.byte 0\n");
	assert_harmless("backwards", 0);
	assemble_info("cut", ".uleb128 2\n.long 0\n.quad func\n.quad 4\n.uleb128 3\n.long 0\n");
	assert_harmless("cut", 0);
	assemble_info("unknown", ".uleb128 77\n");
	assert_harmless("unknown", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled),   cmocka_unit_test(test_clang),
		cmocka_unit_test(test_split),	   cmocka_unit_test(test_cxx),
		cmocka_unit_test(test_debug_file), cmocka_unit_test(test_dwz),
		cmocka_unit_test(test_packed),	   cmocka_unit_test(test_packed_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_again),	   cmocka_unit_test(test_name_loop),
		cmocka_unit_test(test_deep_nesting), cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
