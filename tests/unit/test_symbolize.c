// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From sampled addresses to names: this very program and its C library, files
 * stripped in every way with and without their debug files, the wrong file,
 * JIT code, the kernel's page, symbols that were there before.
 */
/* link: tests/unit/elf_fixture.c tests/unit/model_fixture.c */
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>

#include "elf_fixture.h"
#include "model_fixture.h"
#include "symbol/symbolizer.h"

#define TGID 10
#define AT 0x40000000	/* where files are mapped */

static const char source[] =
	"int sink;\n"
	"__attribute__((noinline)) static int hidden(int n) {\n"
	"	while (n--) sink += n * n; return sink; }\n"
	"__attribute__((noinline)) int exported(int n) { return hidden(n) * 3 + hidden(n + 1); }\n";

/* Map all of a file at AT; its file id. */
static uint32_t map_file(struct pk_profile *p, const char *path, uint64_t addr)
{
	uint32_t f = fix_file(p, path);
	struct stat st;
	struct pk_elf e;

	assert_int_equal(pk_elf_open(pk_open_regular(path), &e), 0);
	assert_int_equal(fstat(e.fd, &st), 0);
	memcpy(p->files.data[f].build_id, e.build_id, e.build_id_len);
	p->files.data[f].build_id_len = e.build_id_len;
	p->files.data[f].ino = st.st_ino;
	p->files.data[f].dev = major(st.st_dev) << 20 | minor(st.st_dev);
	fix_map(p, 0, TGID, addr, e.file_bytes, f, 0);
	pk_elf_close(&e);
	return f;
}

static void sample_user(struct pk_profile *p, uint64_t addr)
{
	fix_sample(p, p->samples.nr, TGID, TGID, fix_stack(p, &addr, 1), 0, 0);
}

static struct pk_symbolizer_stats symbolize(struct pk_profile *p,
					    const struct pk_symbolizer_config *cfg)
{
	static const struct pk_symbolizer_config plain = { .debug_dirs = "" };
	struct pk_symbolizer_stats stats;
	struct pk_err err = { 0 };

	if (pk_symbolize(p, cfg ? cfg : &plain, &stats, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 1; i < p->symbols.nr; i++) {
		const struct pk_symbol *a = &p->symbols.data[i - 1], *b = a + 1;

		if (a->space == b->space && a->id == b->id)
			assert_true(a->addr + a->size <= b->addr);
		else
			assert_true(a->space < b->space || (a->space == b->space && a->id < b->id));
	}
	return stats;
}

static const char *name_at(const struct pk_profile *p, enum pk_space space, uint32_t id,
			   uint64_t addr)
{
	const struct pk_symbol *s = pk_symbol_find(p, space, id, addr);

	return s ? pk_strtab_get(&p->strings, s->name) : "(nothing)";
}

/* File offset of a function of a file in the temporary directory that has symbols. */
static uint64_t offset_of(const char *file, const char *symbol, uint64_t *size_ret)
{
	uint64_t svma, end;
	struct pk_elf e;

	elf_symbol(file, symbol, &svma, size_ret);
	e = elf_open(file);
	end = svma + *size_ret;
	assert_true(pk_elf_to_off(&e, &svma, &end));
	pk_elf_close(&e);
	return svma;
}

/* --- this program ------------------------------------------------------------------ */

__attribute__((noinline)) static int a_function_of_this_test(int n)
{
	return n * getpid();
}

struct loaded {
	struct pk_profile *p;
};

/* Each executable segment of each object of this process, as the recorder would see it. */
static int map_loaded(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct loaded *l = ctx;
	char path[512];
	uint32_t f;

	(void)size;
	if (info->dlpi_name[0] && info->dlpi_name[0] != '/')
		return 0;
	if (!realpath(info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe", path))
		return 0;
	f = map_file(l->p, path, UINT64_MAX - 1);
	for (unsigned int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_X)
			fix_map(l->p, 0, TGID, info->dlpi_addr + ph->p_vaddr, ph->p_filesz, f,
				ph->p_offset);
	}
	return 0;
}

static void test_this_process(void **state)
{
	uint64_t mine = (uintptr_t)a_function_of_this_test, theirs = (uintptr_t)getauxval;
	struct pk_symbolizer_stats stats;
	struct pk_profile p;
	struct loaded l = { &p };

	(void)state;
	assert_int_not_equal(a_function_of_this_test(1), 0);
	fix_init(&p);
	dl_iterate_phdr(map_loaded, &l);
	sample_user(&p, mine + 1);
	sample_user(&p, theirs + 1);
	sample_user(&p, 0x10);	/* outside of everything */
	stats = symbolize(&p, NULL);
	assert_int_equal(stats.nr_addresses, 2);
	assert_int_equal(stats.nr_named, 2);
	assert_int_equal(stats.nr_files, 2);
	assert_int_equal(stats.nr_files_missing + stats.nr_files_mismatch, 0);
	assert_int_equal(p.symbols.nr, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *name = pk_strtab_get(&p.strings, p.symbols.data[i].name);

		assert_true(!strcmp(name, "a_function_of_this_test") ||
			    !strcmp(name, "getauxval"));
		assert_int_equal(pk_strtab_get(&p.strings, p.symbols.data[i].dso)[0], '/');
	}
	pk_profile_deinit(&p);
}

/* --- stripped files ---------------------------------------------------------------- */

/* Samples inside and one past the end of both functions; names expected at their starts. */
static void assert_both(const char *file, const char *with_symbols,
			const struct pk_symbolizer_config *cfg, const char *hidden,
			const char *exported)
{
	uint64_t hidden_size, exported_size;
	uint64_t hidden_at = offset_of(with_symbols, "hidden", &hidden_size);
	uint64_t exported_at = offset_of(with_symbols, "exported", &exported_size);
	const struct pk_symbol *past;
	struct pk_profile p;
	uint32_t f;

	fix_init(&p);
	f = map_file(&p, elf_path(file), AT);
	sample_user(&p, AT + hidden_at);
	sample_user(&p, AT + hidden_at + hidden_size - 1);
	sample_user(&p, AT + exported_at + 4);
	sample_user(&p, AT + exported_at + exported_size);
	symbolize(&p, cfg);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, hidden_at), hidden);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, hidden_at + hidden_size - 1), hidden);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, exported_at + 4), exported);
	/* one past the end: _fini or padding, but no name of a neighbour */
	past = pk_symbol_find(&p, PK_SPACE_FILE, f, exported_at + exported_size);
	assert_string_not_equal(name_at(&p, PK_SPACE_FILE, f, exported_at + exported_size),
				"exported");
	assert_true(!past || past->flags & PK_SYMBOL_NONE ||
		    past->addr == exported_at + exported_size);
	pk_profile_deinit(&p);
}

static const char *unnamed(const char *file, const char *with_symbols, const char *symbol)
{
	static char name[2][128];
	static unsigned int next;
	uint64_t svma, size;

	elf_symbol(with_symbols, symbol, &svma, &size);
	snprintf(name[++next % 2], sizeof(name[0]), "%s+0x%" PRIx64, file, svma);
	return name[next % 2];
}

static void make_files(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	elf_compile("whole.so", source, "-shared -fPIC -Wl,--build-id");
	elf_compile("no-id.so", source, "-shared -fPIC -Wl,--build-id=none");
	elf_run("objcopy --only-keep-debug whole.so whole.debug");
	elf_run("objcopy --only-keep-debug no-id.so no-id.debug");
	elf_run("strip -o bare.so whole.so && strip -o bare-no-id.so no-id.so");
}

static void test_whole_file(void **state)
{
	(void)state;
	make_files();
	assert_both("whole.so", "whole.so", NULL, "hidden", "exported");
	assert_both("no-id.so", "no-id.so", NULL, "hidden", "exported");
}

static void test_stripped_file(void **state)
{
	(void)state;
	make_files();
	assert_both("bare.so", "whole.so", NULL, unnamed("bare.so", "whole.so", "hidden"),
		    "exported");
	elf_run("objcopy --strip-all --remove-section=.symtab bare.so b.so && cp b.so gone.so");
	assert_both("gone.so", "whole.so", NULL, unnamed("gone.so", "whole.so", "hidden"),
		    "exported");
}

/* In hex. */
static const char *build_id(const char *file)
{
	static char id[2 * PKPROF_MAX_BUILD_ID + 1];
	struct pk_elf e = elf_open(file);

	for (unsigned int i = 0; i < e.build_id_len; i++)
		sprintf(id + 2 * i, "%02x", e.build_id[i]);
	pk_elf_close(&e);
	return id;
}

static void test_debug_file_by_build_id(void **state)
{
	struct pk_symbolizer_config cfg = { 0 };
	const char *id;
	char dirs[1024];

	(void)state;
	make_files();
	id = build_id("whole.so");
	snprintf(dirs, sizeof(dirs), "/nonexistent:%s", elf_path("debug"));
	cfg.debug_dirs = dirs;
	elf_run("mkdir -p debug/.build-id/%.2s", id);
	/* another file's debug file under our name is not taken */
	elf_compile("other.so", "int hidden(int n) { return n; }", "-shared -fPIC -Wl,--build-id");
	elf_run("cp other.so debug/.build-id/%.2s/%s.debug", id, id + 2);
	assert_both("bare.so", "whole.so", &cfg, unnamed("bare.so", "whole.so", "hidden"),
		    "exported");
	elf_run("cp whole.debug debug/.build-id/%.2s/%s.debug", id, id + 2);
	assert_both("bare.so", "whole.so", &cfg, "hidden", "exported");
	/* without the directory it is not found */
	cfg.debug_dirs = "";
	assert_both("bare.so", "whole.so", &cfg, unnamed("bare.so", "whole.so", "hidden"),
		    "exported");
}

static void test_debug_file_by_link(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "" };
	char dirs[512];

	(void)state;
	make_files();
	/* beside the file, in .debug, and under the debug directory; with and without build ID */
	elf_run("mkdir -p l1 l2/.debug l3 && cp whole.debug l1/x.debug && "
		"cp no-id.debug l2/.debug/x.debug && mkdir -p \"dbg$PWD/l3\" && "
		"cp no-id.debug \"dbg$PWD/l3/x.debug\"");
	elf_run("cp bare.so l1/x.so && objcopy --add-gnu-debuglink=l1/x.debug l1/x.so");
	assert_both("l1/x.so", "whole.so", &cfg, "hidden", "exported");
	elf_run("cp bare-no-id.so l2/x.so && "
		"objcopy --add-gnu-debuglink=l2/.debug/x.debug l2/x.so && cp l2/x.so l3/x.so");
	assert_both("l2/x.so", "no-id.so", &cfg, "hidden", "exported");
	assert_both("l3/x.so", "no-id.so", &cfg, unnamed("x.so", "no-id.so", "hidden"),
		    "exported");
	snprintf(dirs, sizeof(dirs), "%s", elf_path("dbg"));
	cfg.debug_dirs = dirs;
	assert_both("l3/x.so", "no-id.so", &cfg, "hidden", "exported");
	/* a byte more and the CRC is another one */
	elf_run("echo >> l2/.debug/x.debug");
	cfg.debug_dirs = "";
	assert_both("l2/x.so", "no-id.so", &cfg, unnamed("x.so", "no-id.so", "hidden"),
		    "exported");
}

/* A server that is a directory; it is asked only on demand. */
static void test_debug_file_from_a_server(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "" };
	const char *nameless;
	char url[512], kept[512];

	(void)state;
	make_files();
	nameless = unnamed("bare.so", "whole.so", "hidden");
	elf_run("mkdir -p srv/buildid/%s && cp whole.debug srv/buildid/%s/debuginfo",
		build_id("whole.so"), build_id("whole.so"));
	snprintf(url, sizeof(url), "file://%s", elf_path("srv"));
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_CACHE_PATH", elf_path("cache"), 1);
	assert_both("bare.so", "whole.so", &cfg, nameless, "exported");
	cfg.servers = true;
	assert_both("bare.so", "whole.so", &cfg, "hidden", "exported");
	/* what was kept when no server was asked is not the last word; what one said is */
	snprintf(kept, sizeof(kept), "%s", elf_path("kept"));
	cfg.cache = true;
	cfg.cache_dir = kept;
	cfg.servers = false;
	assert_both("bare.so", "whole.so", &cfg, nameless, "exported");
	cfg.servers = true;
	assert_both("bare.so", "whole.so", &cfg, "hidden", "exported");
	elf_run("rm -rf cache srv");
	cfg.servers = false;
	assert_both("bare.so", "whole.so", &cfg, "hidden", "exported");
	cfg.cache = false;
	cfg.servers = true;
	assert_both("bare.so", "whole.so", &cfg, nameless, "exported");
}

static void test_mini_debug_info(void **state)
{
	(void)state;
	make_files();
	if (system("command -v xz >/dev/null"))
		skip();
	elf_run("objcopy -S --remove-section .gnu_debuglink --remove-section .comment "
		"--keep-symbol=hidden whole.debug mini && rm -f mini.xz && xz mini && "
		"cp bare.so mini.so && objcopy --add-section .gnu_debugdata=mini.xz mini.so");
	assert_both("mini.so", "whole.so", NULL, "hidden", "exported");
	/* cut short it is as if it were not there */
	elf_run("head -c 100 mini.xz > cut.xz && cp bare.so cut.so && "
		"objcopy --add-section .gnu_debugdata=cut.xz cut.so");
	assert_both("cut.so", "whole.so", NULL, unnamed("cut.so", "whole.so", "hidden"),
		    "exported");
}

/* Neither symbols nor unwind entries: all of a section is one nameless region. */
static void test_no_unwind_entries_either(void **state)
{
	uint64_t size, at;
	const struct pk_symbol *a, *b;
	struct pk_profile p;
	uint32_t f;

	(void)state;
	elf_compile("n.so", source, "-shared -fPIC -fno-asynchronous-unwind-tables -nostdlib");
	at = offset_of("n.so", "hidden", &size);
	elf_run("objcopy --strip-all --keep-section=.text n.so nn.so && strip nn.so");
	fix_init(&p);
	f = map_file(&p, elf_path("nn.so"), AT);
	sample_user(&p, AT + at + 2);
	sample_user(&p, AT + at + size - 1);
	symbolize(&p, NULL);
	a = pk_symbol_find(&p, PK_SPACE_FILE, f, at + 2);
	b = pk_symbol_find(&p, PK_SPACE_FILE, f, at + size - 1);
	assert_non_null(a);
	assert_ptr_equal(a, b);
	assert_true(a->flags & PK_SYMBOL_NONE);
	assert_int_equal(a->addr, at + 2);
	assert_int_equal(a->size, size - 2);
	assert_true(!strncmp(pk_strtab_get(&p.strings, a->name), "nn.so+0x", 8));
	pk_profile_deinit(&p);
}

/* --- the right file ---------------------------------------------------------------- */

static void test_wrong_files_are_refused(void **state)
{
	struct pk_symbolizer_stats stats;
	struct pk_profile p;
	uint64_t size, at;
	uint32_t f;

	(void)state;
	make_files();
	at = offset_of("whole.so", "exported", &size);
	fix_init(&p);
	f = map_file(&p, elf_path("whole.so"), AT);
	p.files.data[f].build_id[7] ^= 1;
	sample_user(&p, AT + at);
	stats = symbolize(&p, NULL);
	assert_int_equal(stats.nr_files, 1);
	assert_int_equal(stats.nr_files_mismatch, 1);
	assert_int_equal(stats.nr_addresses, 1);
	assert_int_equal(stats.nr_named, 0);
	assert_int_equal(p.symbols.nr, 0);
	/* a build ID was recorded, the file there now has none */
	p.files.data[f].path = fix_string(&p, elf_path("no-id.so"));
	assert_int_equal(symbolize(&p, NULL).nr_files_mismatch, 1);
	/* none was recorded: the inode decides */
	p.files.data[f].build_id_len = 0;
	assert_int_equal(symbolize(&p, NULL).nr_files_mismatch, 1);
	p.files.data[f].path = fix_string(&p, "/nonexistent");
	stats = symbolize(&p, NULL);
	assert_int_equal(stats.nr_files_missing, 1);
	assert_int_equal(stats.nr_files_mismatch, 0);
	p.files.data[f].path = fix_string(&p, elf_path("whole.so"));
	stats = symbolize(&p, NULL);
	assert_int_equal(stats.nr_named, 1);
	assert_int_equal(p.symbols.nr, 1);
	pk_profile_deinit(&p);
}

static int held_fd = -1;

static int give_held(void *ctx, uint32_t file)
{
	assert_int_equal(*(uint32_t *)ctx, file);
	return held_fd;
}

/* The file was replaced since: the descriptor that the recorder holds is used. */
static void test_held_descriptor(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "", .file_fd = give_held };
	struct pk_profile p;
	uint64_t size, at;
	uint32_t f;

	(void)state;
	make_files();
	elf_run("cp whole.so held.so");
	at = offset_of("held.so", "exported", &size);
	fix_init(&p);
	f = map_file(&p, elf_path("held.so"), AT);
	cfg.ctx = &f;
	held_fd = open(elf_path("held.so"), O_RDONLY);
	elf_run("rm held.so && cp no-id.so held.so");
	sample_user(&p, AT + at);
	assert_int_equal(symbolize(&p, &cfg).nr_named, 1);
	/* it is still ours */
	assert_int_equal(close(held_fd), 0);
	pk_profile_deinit(&p);
}

static void test_root_prefix(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "/dbg" };
	struct pk_profile p;
	uint64_t size, at;
	uint32_t f;

	(void)state;
	make_files();
	elf_run("mkdir -p root/opt root/dbg/opt && cp bare.so root/opt/x.so && "
		"objcopy --add-gnu-debuglink=whole.debug root/opt/x.so && "
		"cp whole.debug root/dbg/opt/");
	at = offset_of("whole.so", "hidden", &size);
	fix_init(&p);
	f = map_file(&p, elf_path("root/opt/x.so"), AT);
	p.files.data[f].path = fix_string(&p, "/opt/x.so");
	cfg.root = elf_path("root");
	sample_user(&p, AT + at);
	assert_int_equal(symbolize(&p, &cfg).nr_named, 1);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, at), "hidden");
	pk_profile_deinit(&p);
}

/* --- other spaces ------------------------------------------------------------------ */

static void test_jit_code(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "", .jit = true };
	const struct pk_symbol *s;
	struct pk_profile p;

	(void)state;
	elf_run("mkdir -p jit/tmp && echo '50000100 80 js:_Zed@home' > jit/tmp/perf-%d.map", TGID);
	cfg.root = elf_path("jit");
	fix_init(&p);
	fix_alive(&p, TGID, "node");
	fix_fork(&p, 5, 11, TGID, "node");
	fix_fork(&p, 5, 12, TGID, "node");
	fix_exec(&p, 6, 12, "other");
	fix_map(&p, 0, TGID, 0x50000000, 0x1000, 0, 0);
	fix_map(&p, 7, 12, 0x50000000, 0x1000, 0, 0);
	for (uint32_t tgid = TGID; tgid <= 12; tgid++) {
		uint64_t addr = 0x50000110;

		fix_sample(&p, 10, tgid, tgid, fix_stack(&p, &addr, 1), 0, 0);
	}
	symbolize(&p, &cfg);
	s = pk_symbol_find(&p, PK_SPACE_PROCESS, TGID, 0x5000017f);
	assert_non_null(s);
	/* as the JIT wrote it: no mangled name, no version */
	assert_string_equal(pk_strtab_get(&p.strings, s->name), "js:_Zed@home");
	assert_string_equal(pk_strtab_get(&p.strings, s->dso), "[jit]");
	assert_null(pk_symbol_find(&p, PK_SPACE_PROCESS, TGID, 0x50000180));
	/* a forked child runs its parent's code; after an exec it does not */
	assert_non_null(pk_symbol_find(&p, PK_SPACE_PROCESS, 11, 0x50000110));
	assert_null(pk_symbol_find(&p, PK_SPACE_PROCESS, 12, 0x50000110));
	pk_profile_deinit(&p);
}

static void test_vdso(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "", .kernel = true };
	uint64_t vdso = getauxval(AT_SYSINFO_EHDR), addr[64];
	struct pk_symbolizer_stats stats;
	struct pk_profile p;
	uint32_t f;

	(void)state;
	if (!vdso)
		skip();
	fix_init(&p);
	f = fix_file(&p, "[vdso]");
	fix_map(&p, 0, TGID, vdso, 0x2000, f, 0);
	for (size_t i = 0; i < 64; i++)
		addr[i] = vdso + 0x400 + 0x20 * i;
	for (size_t i = 0; i < 64; i++)
		sample_user(&p, addr[i]);
	stats = symbolize(&p, &cfg);
	assert_true(stats.nr_named > 10);
	assert_int_equal(stats.nr_files, 0);
	pk_profile_deinit(&p);
	/* another machine's */
	fix_init(&p);
	f = fix_file(&p, "[vdso]");
	fix_map(&p, 0, TGID, vdso, 0x2000, f, 0);
	sample_user(&p, addr[32]);
	cfg.kernel = false;
	assert_int_equal(symbolize(&p, &cfg).nr_named, 0);
	pk_profile_deinit(&p);
}

static void test_kernel(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "", .kernel = true };
	struct pk_symbolizer_stats stats;
	uint64_t schedule = 0;
	struct pk_profile p;
	char line[512], name[256];
	FILE *f = fopen("/proc/kallsyms", "r");

	(void)state;
	while (f && !schedule && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %*c %255s", &schedule, name) != 2 ||
		    strcmp(name, "schedule"))
			schedule = 0;
	if (f)
		fclose(f);
	fix_init(&p);
	if (schedule)
		schedule += 5;
	else
		schedule = 0xffffffff81234567;
	fix_sample(&p, 1, 1, 1, 0, fix_stack(&p, &schedule, 1), 0);
	stats = symbolize(&p, &cfg);
	assert_int_equal(stats.nr_addresses, 1);
	if (!stats.kernel_error) {
		assert_int_equal(stats.nr_named, 1);
		assert_string_equal(name_at(&p, PK_SPACE_KERNEL, 0, schedule), "schedule");
	} else {
		assert_int_equal(stats.nr_named, 0);
	}
	pk_profile_deinit(&p);
}

/* --- waits and wake-ups --------------------------------------------------------------- */

/* What nobody but a wait or a waker has on its stack gets its name as well. */
static void test_waits(void **state)
{
	struct pk_wait wait = { .time_ns = 10, .tid = TGID, .tgid = TGID };
	struct pk_wake wake = { .time_ns = 9, .tid = TGID, .tgid = TGID, .waker_tid = 11,
				.waker_tgid = 11 };
	uint64_t hidden, exported, size, addr;
	struct pk_profile p;
	uint32_t f;

	(void)state;
	make_files();
	fix_init(&p);
	fix_alive(&p, TGID, "waiter");
	f = map_file(&p, elf_path("whole.so"), AT);
	fix_map(&p, 0, 11, AT, 0x100000, f, 0);
	hidden = offset_of("whole.so", "hidden", &size);
	exported = offset_of("whole.so", "exported", &size);
	addr = AT + hidden;
	wait.ustack = fix_stack(&p, &addr, 1);
	addr = AT + exported;
	wake.ustack = fix_stack(&p, &addr, 1);
	assert_int_equal(pk_vec_add(&p.waits, wait), 0);
	assert_int_equal(pk_vec_add(&p.wakes, wake), 0);
	assert_int_equal(symbolize(&p, NULL).nr_named, 2);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, hidden), "hidden");
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, exported), "exported");
	pk_profile_deinit(&p);
}

/* --- what is there already --------------------------------------------------------- */

static void test_old_symbols_stay(void **state)
{
	struct pk_symbolizer_stats stats;
	uint64_t size, at, nr;
	struct pk_profile p;
	uint32_t f;

	(void)state;
	make_files();
	at = offset_of("whole.so", "hidden", &size);
	assert_true(size > 8);
	fix_init(&p);
	f = map_file(&p, elf_path("whole.so"), AT);
	fix_symbol(&p, PK_SPACE_FILE, f, at + 2, 2, "before", "x");
	sample_user(&p, AT + at);
	sample_user(&p, AT + at + 3);
	sample_user(&p, AT + at + size - 1);
	stats = symbolize(&p, NULL);
	assert_int_equal(stats.nr_addresses, 3);
	assert_int_equal(stats.nr_named, 3);
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, at + 1), "hidden");
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, at + 2), "before");
	assert_string_equal(name_at(&p, PK_SPACE_FILE, f, at + 4), "hidden");
	nr = p.symbols.nr;
	symbolize(&p, NULL);
	assert_int_equal(p.symbols.nr, nr);
	pk_profile_deinit(&p);
}

static unsigned int progress_calls, progress_last;

static void see_progress(void *ctx, unsigned int done, unsigned int total)
{
	(void)ctx;
	assert_true(done <= total);
	assert_true(done >= progress_last);
	progress_last = done;
	progress_calls++;
}

static void test_progress_and_nothing_to_do(void **state)
{
	struct pk_symbolizer_config cfg = { .debug_dirs = "", .progress = see_progress };
	struct pk_profile p;

	(void)state;
	make_files();
	fix_init(&p);
	symbolize(&p, &cfg);
	assert_int_equal(p.symbols.nr, 0);
	map_file(&p, elf_path("whole.so"), AT);
	sample_user(&p, AT + 0x1000);
	progress_calls = progress_last = 0;
	symbolize(&p, &cfg);
	assert_int_equal(progress_calls, 2);
	assert_int_equal(progress_last, 1);
	pk_profile_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_process),
		cmocka_unit_test(test_whole_file),
		cmocka_unit_test(test_stripped_file),
		cmocka_unit_test(test_debug_file_by_build_id),
		cmocka_unit_test(test_debug_file_by_link),
		cmocka_unit_test(test_debug_file_from_a_server),
		cmocka_unit_test(test_mini_debug_info),
		cmocka_unit_test(test_no_unwind_entries_either),
		cmocka_unit_test(test_wrong_files_are_refused),
		cmocka_unit_test(test_held_descriptor),
		cmocka_unit_test(test_root_prefix),
		cmocka_unit_test(test_jit_code),
		cmocka_unit_test(test_vdso),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_old_symbols_stay),
		cmocka_unit_test(test_progress_and_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
