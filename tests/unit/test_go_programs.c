// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Functions of real Go programs, from their own table, against the symbol table that the same
 * program has when it is not stripped, as `go tool nm` prints it. Linked by Go alone and by the C
 * linker, at fixed addresses and position independent, stripped in every way. Needs Go.
 */
/* link: tests/unit/elf_fixture.c */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "symbol/file_symbols.h"
#include "symbol/go_pclntab.h"
#include "unwind/go_code.h"

#define SKIPPED		77
#define MAX_WRONG_SHOWN 5

static const char program[] =
	"package main\n"
	"import (\"fmt\"; \"os\"; \"sort\")\n"
	"type pair struct { a, b string; c [2]interface{} }\n"
	"var generic = func() int { return 0 }\n"
	"func (p *pair) adder(n int) func() int { return func() int { return n + len(p.a) } }\n"
	"func main() {\n"
	"	m := map[pair]int{{a: \"x\"}: 1}\n"
	"	sort.Slice(os.Args, func(i, k int) bool { return os.Args[i] < os.Args[k] })\n"
	"	fmt.Println(m, generic(), (&pair{a: \"y\"}).adder(len(m))())\n"
	"}\n";

static const char generics[] =
	"//go:build go1.18\n// +build go1.18\n\n"
	"package main\n"
	"type number interface{ ~int | ~float64 }\n"
	"//go:noinline\n"
	"func sum[T number](a ...T) (s T) { for _, x := range a { s += x }; return }\n"
	"type list[T number] struct { all []T }\n"
	"//go:noinline\n"
	"func (l *list[T]) each(f func(T)) { for _, x := range l.all { f(x) } }\n"
	"func init() { generic = func() int {\n"
	"	l := list[float64]{[]float64{1, 2}}\n"
	"	l.each(func(x float64) { generic = nil })\n"
	"	return sum(1, 2) + int(sum(1.5)) } }\n";

static const char with_c[] = "package main\n"
			     "// static int twice(int n) { return 2 * n; }\n"
			     "import \"C\"\n"
			     "func init() { generic = func() int { return int(C.twice(2)) } }\n";

/* A function as nm prints it. */
struct function {
	uint64_t start, size;
	char name[1024];
};

struct functions {
	PK_VEC(struct function) v;
	uint64_t text, etext;
};

/*
 * What the linker leaves out where a name is for the runtime: type arguments, from the first
 * bracket to the last one, and the mark of a function's calling convention. Before Go 1.18 it
 * leaves out nothing.
 */
static void elide(char *name) /* with room for three more */
{
	char *open = strchr(name, '['), *close = strrchr(name, ']'), *abi = strrchr(name, '.');

	if (abi && (!strcmp(abi, ".abi0") || !strcmp(abi, ".abiinternal")))
		*abi = '\0';
	if (open && close > open) {
		memmove(open + 4, close, strlen(close) + 1);
		memcpy(open + 1, "...", 3);
	}
}

static void read_nm(const char *file, struct functions *all)
{
	char command[1200], line[2048], type;
	FILE *f;

	*all = (struct functions){ .etext = 0 };
	snprintf(command, sizeof(command), "go tool nm -size '%s'", elf_path(file));
	f = popen(command, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct function fn = { 0 };
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 " %" SCNu64 " %c %n", &fn.start, &fn.size, &type,
			   &at) != 3 ||
		    !at || (type != 'T' && type != 't'))
			continue;
		snprintf(fn.name, sizeof(fn.name), "%s", line + at);
		if (!strcmp(fn.name, "runtime.text"))
			all->text = fn.start;
		if (!strcmp(fn.name, "runtime.etext"))
			all->etext = fn.start;
		if (fn.size)
			assert_int_equal(pk_vec_add(&all->v, fn), 0);
	}
	assert_int_equal(pclose(f), 0);
	assert_true(all->text && all->etext > all->text);
}

/* Name at an svma from the table alone, or "". */
static const char *name_at(const struct pk_elf *e, uint64_t svma, char *out, size_t size)
{
	struct pk_cover c;

	assert_int_equal(pk_cover_init(&c, &svma, 1), 0);
	assert_int_equal(pk_go_offer_functions(e, &c), 0);
	pk_cover_settle(&c, NULL);
	snprintf(out, size, "%s", c.owner[0] == PK_COVER_NONE ? "" : c.funcs.data[c.owner[0]].name);
	pk_cover_deinit(&c);
	return out;
}

static bool is_named(const struct pk_elf *e, const struct function *f, bool is_shown)
{
	const uint64_t at[] = { f->start, f->start + f->size / 2, f->start + f->size - 1 };
	char want[sizeof(f->name) + 8], name[sizeof(f->name) + 8];

	memcpy(want, f->name, sizeof(f->name));
	elide(want);
	for (size_t i = 0; i < 3; i++) {
		name_at(e, at[i], name, sizeof(name));
		if (strcmp(name, want) && strcmp(name, f->name)) {
			if (is_shown)
				print_message("  %#" PRIx64 " is %s, not %s\n", at[i], name,
					      f->name);
			return false;
		}
	}
	return true;
}

/* Of the functions that nm finds in Go's code of one file, those of another file's table. */
static void assert_same(const char *with_symbols, const char *file)
{
	size_t nr = 0, nr_same = 0;
	struct functions all;
	struct pk_elf e;
	char name[64];

	read_nm(with_symbols, &all);
	e = elf_open(file);
	PK_VEC_FOREACH(&all.v, f) {
		bool is_same;

		/* of the C linker's own, and what is no function */
		if (f->start < all.text || f->start >= all.etext ||
		    !strcmp(f->name, "go.buildid") || !strcmp(f->name, "go:buildid"))
			continue;
		is_same = is_named(&e, f, nr - nr_same < MAX_WRONG_SHOWN);
		nr++;
		nr_same += is_same;
	}
	print_message("%s: %zu of %zu functions are named as nm names them\n", file, nr_same, nr);
	assert_true(nr > 1000);
	assert_true(nr_same * 1000 >= nr * 999);
	/* before and behind Go's code */
	assert_string_equal(name_at(&e, all.text - 1, name, sizeof(name)), "");
	assert_string_equal(name_at(&e, all.etext + 64, name, sizeof(name)), "");
	pk_elf_close(&e);
	pk_vec_deinit(&all.v);
}

static void build(const char *name, const char *env, const char *flags)
{
	elf_run("cd p && GO111MODULE=off GOFLAGS= GOCACHE=\"$PWD/../cache\" HOME=\"$PWD\" %s "
		"go build %s -o ../%s . >../log 2>&1 || { cat ../log; false; }",
		env, flags, name);
}

static void test_fixed(void **state)
{
	(void)state;
	build("fixed", "CGO_ENABLED=0", "");
	assert_same("fixed", "fixed");
	build("fixed.sw", "CGO_ENABLED=0", "-ldflags '-s -w'");
	assert_same("fixed", "fixed.sw");
	elf_run("strip -o fixed.strip fixed");
	assert_same("fixed", "fixed.strip");
	/* without section headers: the build note tells that it is worth a search */
	elf_run("objcopy --strip-section-headers fixed.strip fixed.bare 2>/dev/null || "
		"{ cp fixed.strip fixed.bare && "
		"printf '\\0\\0\\0\\0\\0\\0\\0\\0' | dd of=fixed.bare bs=1 seek=40 conv=notrunc && "
		"printf '\\0\\0\\0\\0' | dd of=fixed.bare bs=1 seek=60 conv=notrunc; } 2>/dev/null");
	assert_same("fixed", "fixed.bare");
}

static void test_fixed_32(void **state)
{
	(void)state;
	build("fixed32", "CGO_ENABLED=0 GOARCH=386", "");
	elf_run("strip -o fixed32.strip fixed32");
	assert_same("fixed32", "fixed32.strip");
}

static void test_position_independent(void **state)
{
	(void)state;
	build("pie", "CGO_ENABLED=0", "-buildmode=pie");
	elf_run("strip -o pie.strip pie");
	assert_same("pie", "pie.strip");
}

/* C in it, and with that the C linker. */
static void test_with_c(void **state)
{
	(void)state;
	elf_write("p/c.go", with_c);
	build("c", "CGO_ENABLED=1", "");
	elf_run("strip -o c.strip c");
	assert_same("c", "c.strip");
	build("cpie", "CGO_ENABLED=1", "-buildmode=pie -ldflags -linkmode=external");
	elf_run("strip -o cpie.strip cpie");
	assert_same("cpie", "cpie.strip");
	elf_run("rm p/c.go");
}

static int no_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	(void)ctx;
	(void)wish;
	(void)i;
	return -ENOENT;
}

/* The whole way from an address to a symbol, of a file without any other source of names. */
static void test_symbol(void **state)
{
	const struct pk_debug_source nowhere = { no_debug_file, NULL };
	uint64_t svma, size, off, end;
	const struct pk_piece *piece;
	struct pk_answer answer;
	struct pk_elf e;

	(void)state;
	elf_symbol("fixed", "main.main", &svma, &size);
	e = elf_open("fixed.strip");
	end = svma + size;
	assert_true(pk_elf_to_off(&e, &svma, &end));
	off = svma + size / 2;
	assert_int_equal(pk_file_answer(&e, &(struct pk_file_question){ .off = &off, .nr = 1 }, &nowhere, &answer), 0);
	assert_int_equal(answer.pieces.nr, 1);
	piece = answer.pieces.data;
	assert_string_equal(pk_strtab_get(&answer.strings, piece->name), "main.main");
	assert_int_equal(piece->func_start, svma);
	assert_int_equal(piece->flags, 0);
	assert_in_range(piece->func_end - piece->func_start, size, size + 31);
	/* so it is all over the function */
	assert_int_equal(piece->start, piece->func_start);
	assert_int_equal(piece->end, piece->func_end);
	pk_answer_deinit(&answer);
	pk_elf_close(&e);
}

/* What unwinding does by name it finds in a stripped program as well. */
static void test_unwinding(void **state)
{
	struct pk_elf e = elf_open("fixed"), stripped = elf_open("fixed.strip");
	struct pk_go_functions all, bare;

	(void)state;
	assert_int_equal(pk_go_functions(&e, &all), 0);
	assert_int_equal(pk_go_functions(&stripped, &bare), 0);
	assert_in_range(all.v.nr, 8, 20);
	assert_int_equal(bare.v.nr, all.v.nr);
	for (size_t i = 0; i < all.v.nr; i++) {
		assert_int_equal(bare.v.data[i].start, all.v.data[i].start);
		assert_in_range(bare.v.data[i].end, all.v.data[i].end, all.v.data[i].end + 31);
		assert_int_equal(bare.v.data[i].rule.kind, all.v.data[i].rule.kind);
	}
	pk_vec_deinit(&all.v);
	pk_vec_deinit(&bare.v);
	pk_elf_close(&stripped);
	pk_elf_close(&e);
}

static int make_program(void **state)
{
	(void)state;
	elf_run("mkdir p");
	elf_write("p/main.go", program);
	elf_write("p/generics.go", generics);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),	 cmocka_unit_test(test_symbol),
		cmocka_unit_test(test_fixed_32), cmocka_unit_test(test_position_independent),
		cmocka_unit_test(test_with_c),	 cmocka_unit_test(test_unwinding),
	};

	if (system("command -v go >/dev/null")) {
		puts("Go is not installed (scripts/setup stacks)");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, make_program, NULL);
}
