// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A profile is redacted: what says something of its users is in no chunk of the copy, all
 * numbers are those of the original, and what was equal or different is so still.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "cmd/redacted.h"
#include "profile/chunk.h"
#include "profile/reader.h"
#include "profile/redact.h"
#include "profile/redact_text.h"
#include "profile_fixture.h"

#define SECRET "s3cret"

static const struct pk_siphash_key key = { { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull } };
static char dir[] = "/tmp/pkprof-redact-XXXXXX";

static void hash_is_siphash(void **state)
{
	static const uint8_t bytes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

	(void)state;
	assert_int_equal(pk_siphash(&key, "", 0), 0x726fdb47dd0e0e31ull);
	assert_int_equal(pk_siphash(&key, bytes, 1), 0x74f839c593dc67fdull);
	assert_int_equal(pk_siphash(&key, bytes, 8), 0x93f5f5799a932462ull);
	assert_int_equal(pk_siphash(&key, bytes, 15), 0xa129ca6149be45e5ull);
}

/* --- texts ------------------------------------------------------------------------ */

typedef void (*put_fn)(const struct pk_siphash_key *key, const char *text, struct pk_strbuf *out);

static char *made(put_fn put, const char *text)
{
	static char ret[4][256];
	static unsigned int turn;
	struct pk_strbuf b = { 0 };

	put(&key, text, &b);
	turn = (turn + 1) % 4;
	snprintf(ret[turn], sizeof(ret[turn]), "%s", b.data ? b.data : "");
	pk_strbuf_deinit(&b);
	return ret[turn];
}

static void paths(void **state)
{
	static const char *const kept[] = {
		"", "/", "/usr/bin/bash", "/lib/x86_64-linux-gnu/libc.so.6", "/usr/sbin/sshd (deleted)",
		"[vdso]", "[kernel]", "/tmp", "/home", "/dev/zero", "//anon", "/anon_hugepage (deleted)",
	};
	static const struct {
		const char *path, *begin, *end;
	} rows[] = {
		{ "/home/" SECRET "/a.out", "/redacted/", "" },
		{ "/home/" SECRET "/lib" SECRET ".so.1.2", "/redacted/", ".so.1.2" },
		{ "/home/" SECRET "/lib" SECRET ".so.1." SECRET, "/redacted/", "" },
		{ "/opt/" SECRET "/x.jar", "/redacted/", ".jar" },
		{ "/srv/" SECRET " (deleted)", "/redacted/", " (deleted)" },
		{ "/usr/../home/" SECRET, "/redacted/", "" },
		{ "/tmp/jit-123.dump", "/redacted/", "/jit-123.dump" },
		{ "/tmp/jit-123" SECRET ".dump", "/redacted/", ".dump" },
		{ "/memfd:" SECRET " (deleted)", "/memfd:", "" },
		{ "/SYSV" SECRET, "/SYSV", "" },
		{ "relative/" SECRET, "/redacted/", "" },
	};

	(void)state;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(kept); i++)
		assert_string_equal(made(pk_redact_path, kept[i]), kept[i]);
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(rows); i++) {
		const char *got = made(pk_redact_path, rows[i].path);

		assert_null(strstr(got, SECRET));
		assert_memory_equal(got, rows[i].begin, strlen(rows[i].begin));
		assert_string_equal(got + strlen(got) - strlen(rows[i].end), rows[i].end);
		assert_string_equal(got, made(pk_redact_path, rows[i].path));
	}
	assert_string_not_equal(made(pk_redact_path, "/srv/a"), made(pk_redact_path, "/srv/b"));
	/* a file that was replaced is told as the same one */
	assert_memory_equal(made(pk_redact_path, "/srv/a (deleted)"), made(pk_redact_path, "/srv/a"), 26);
}

static void paths_in_texts(void **state)
{
	static const char *const kept[] = {
		"main", "std::operator/<int>(int, int)", "a / b", "github.com/user/x.(*T).Run",
		"Ljava/lang/String;::hash", "operator//", "LazyCompile:*f /usr/share/x.js:12:3",
	};
	static const char *const hidden[] = {
		"LazyCompile:*f /home/" SECRET "/x.js:12:3", "py::g:/home/" SECRET "/y.py",
		"Script:~ file:///srv/" SECRET "/z.js", "/" SECRET, "f(/x/" SECRET ")",
	};

	(void)state;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(kept); i++)
		assert_string_equal(made(pk_redact_paths_in, kept[i]), kept[i]);
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(hidden); i++)
		assert_null(strstr(made(pk_redact_paths_in, hidden[i]), SECRET));
	assert_non_null(strstr(made(pk_redact_paths_in, hidden[0]), ".js:12:3"));
}

static void peers(void **state)
{
	static const char *const kept[] = { "", "127.0.0.1", "127.3.0.9", "::1", "::", "0.0.0.0", "4711" };
	static const char *const hidden[] = { "10.1.2.3", "127.0.0.1x", "2001:db8::1", "/run/" SECRET, "@" SECRET };

	(void)state;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(kept); i++)
		assert_string_equal(made(pk_redact_peer, kept[i]), kept[i]);
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(hidden); i++)
		assert_memory_equal(made(pk_redact_peer, hidden[i]), "peer-", 5);
}

/* --- a whole file ------------------------------------------------------------------- */

static uint32_t text_of(struct pk_writer *w, const char *text)
{
	uint32_t id;

	assert_int_equal(pk_writer_string(w, text, strlen(text), &id), 0);
	return id;
}

/* All that a profile can say, with a secret in each. */
static void fill(struct pk_writer *w)
{
	struct pk_task_event task = { .time_ns = 10, .kind = PK_TASK_ALIVE, .tid = 7, .tgid = 7 };
	struct pk_file file = { .ino = 5 };
	struct pk_symbol symbol = { .space = PK_SPACE_FILE, .id = 1, .addr = 0x10, .size = 0x10 };
	struct pk_net_conns conns = { .from_ns = 1, .to_ns = 2, .tgid = 7, .port = 80, .family = 4 };
	struct pk_wait_on on = { .from_ns = 1, .to_ns = 2, .tgid = 7, .line = PKPROF_LINE_SOCKET,
				 .kind = PKPROF_ON_OPENED, .family = 4, .port = 80, .nr = 1, .ns = 1 };
	struct pk_vfs_fs fs = { .fs = 1 };
	struct pk_op_file op_file = { .id = 1, .ino = 9 };
	struct pk_line_frame frames[] = { { .line = 3 }, { .line = 9 } };
	struct pk_map_event map = { .time_ns = 10, .tgid = 7, .file = 1, .addr = 0x1000, .len = 0x1000 };
	uint32_t id;

	pk_writer_fact(w, "host.name", SECRET "-host");
	pk_writer_fact(w, "host.arch", "x86_64");
	pk_writer_fact(w, "record.command", "run --password=" SECRET);
	pk_writer_fact(w, "record.period_ns", "10000000");
	pk_writer_fact(w, "later.fact", SECRET "-fact");
	pk_writer_fact(w, "runtime", "python\t3.11\t1\t7\t/home/" SECRET "/python\tnames");
	task.comm = text_of(w, "worker");
	task.args = text_of(w, "worker --token " SECRET);
	task.cgroup = text_of(w, "/user.slice/" SECRET ".scope");
	pk_writer_task(w, &task);
	task = (struct pk_task_event){ .time_ns = 11, .kind = PK_TASK_ALIVE, .tid = 8, .tgid = 8 };
	task.comm = task.args = text_of(w, "same");
	task.cgroup = text_of(w, "/");
	pk_writer_task(w, &task);
	file.path = text_of(w, "/home/" SECRET "/prog");
	pk_writer_file(w, &file, &id);
	file.path = text_of(w, "/usr/lib/libc.so.6");
	pk_writer_file(w, &file, &id);
	pk_writer_map(w, &map);
	pk_writer_mark(w, 20, "my phase", 8);
	symbol.name = text_of(w, "compute");
	symbol.dso = text_of(w, "/home/" SECRET "/prog");
	pk_writer_symbol(w, &symbol);
	symbol.addr = 0x20;
	symbol.flags = PK_SYMBOL_NONE;
	symbol.name = text_of(w, SECRET "prog+0x20");
	pk_writer_symbol(w, &symbol);
	frames[0].name = text_of(w, "inlined");
	frames[0].source = text_of(w, "/home/" SECRET "/src/inlined.h");
	frames[1].name = text_of(w, "compute");
	frames[1].source = text_of(w, "./src/" SECRET ".c");
	assert_int_equal(pk_writer_line(w, 1, 0x18, frames, 2), 0);
	conns.remote = text_of(w, "10.99.1." SECRET);
	conns.local = text_of(w, "127.0.0.1");
	pk_writer_net_conns(w, &conns, NULL);
	on.name = conns.remote;
	pk_writer_wait_on(w, &on);
	fs.type = text_of(w, "ext4");
	fs.name = text_of(w, "vda1");
	fs.mount = text_of(w, "/mnt/" SECRET);
	pk_writer_vfs_fs(w, &fs);
	op_file.path = text_of(w, "/home/" SECRET "/data.db");
	assert_int_equal(pk_writer_op_file(w, &op_file), 0);
	/* a text that nothing refers to */
	text_of(w, SECRET "-unused");
}

static void fill_all(struct pk_writer *w)
{
	fill(w);
	fixture_fill_ordinary(w);
}

static const char *at(const char *name)
{
	static char ret[4][128];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(ret[turn], sizeof(ret[turn]), "%s/%s", dir, name);
	return ret[turn];
}

static void make(const char *name, void (*fn)(struct pk_writer *w), uint64_t end_ns)
{
	struct image i = fixture_image(fn, end_ns);
	int fd = open(at(name), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, i.data, i.len), i.len);
	close(fd);
	image_free(&i);
}

static struct image image_of(const char *name)
{
	int fd = open(at(name), O_RDONLY);

	assert_true(fd >= 0);
	return fixture_read(fd);
}

/* How often the text is in the bodies of all chunks, unpacked. */
static unsigned int found(const char *name, const char *text)
{
	struct image i = image_of(name);
	size_t offsets[256], nr = fixture_chunks(&i, offsets, 256);
	unsigned int ret = 0;

	assert_true(nr > 3 && nr < 256);
	for (size_t c = 0; c + 1 < nr; c++) {
		const uint8_t *head = i.data + offsets[c], *body = head + PK_CHUNK_HEAD_BYTES;
		size_t stored = offsets[c + 1] - offsets[c] - PK_CHUNK_HEAD_BYTES;
		size_t len = head[8] | head[9] << 8 | head[10] << 16 | (size_t)head[11] << 24;
		uint8_t *raw = malloc(len + 1);

		if (head[2] == PK_CODING_ZSTD)
			assert_int_equal(ZSTD_decompress(raw, len, body, stored), len);
		else
			memcpy(raw, body, len);
		for (uint8_t *hit = raw; (hit = memmem(hit, raw + len - hit, text, strlen(text))); hit++)
			ret++;
		free(raw);
	}
	image_free(&i);
	return ret;
}

static struct pk_profile loaded(const char *name)
{
	struct pk_profile p;
	struct pk_err err;

	if (pk_profile_load(at(name), &p, &err))
		fail_msg("%s", err.msg);
	assert_sane(&p);
	return p;
}

static void redacted(const char *from, const char *to, const char *level, const char *salt)
{
	struct pk_err err = { 0 };

	if (pk_redact_file(at(from), at(to), level, salt, &err))
		fail_msg("%s", err.msg);
}

static const char *fact(const struct pk_profile *p, const char *name)
{
	const char *ret = pk_profile_fact(p, name);

	return ret ? ret : "(none)";
}

static void no_secret_is_left(void **state)
{
	struct pk_profile a, b;

	(void)state;
	make("a", fill_all, ORDINARY_END_NS);
	assert_true(found("a", SECRET) > 10);
	redacted("a", "b", "names", NULL);
	assert_int_equal(found("b", SECRET), 0);
	a = loaded("a");
	b = loaded("b");
	assert_int_equal(b.state, PK_FILE_CLOSED);
	assert_int_equal(b.samples.nr, a.samples.nr);
	assert_memory_equal(b.samples.time_ns, a.samples.time_ns, a.samples.nr * sizeof(*a.samples.time_ns));
	assert_memory_equal(b.samples.ustack, a.samples.ustack, a.samples.nr * sizeof(*a.samples.ustack));
	assert_int_equal(b.nodes.nr, a.nodes.nr);
	assert_int_equal(b.symbols.nr, a.symbols.nr);
	assert_int_equal(b.tasks.nr, a.tasks.nr);
	assert_int_equal(b.net_conns.nr, a.net_conns.nr);
	assert_int_equal(b.ledger.nr, a.ledger.nr);
	assert_int_equal(b.facts.nr, a.facts.nr + 1);
	assert_string_equal(fact(&b, PK_REDACTED_FACT), "names");
	assert_string_equal(fact(&b, "host.arch"), "x86_64");
	assert_string_equal(fact(&b, "record.period_ns"), fact(&a, "record.period_ns"));
	assert_string_equal(fact(&b, "record.command"), "");
	assert_int_equal(found("b", "worker"), 1);
	assert_int_equal(found("b", "my phase"), 1);
	assert_int_equal(found("b", "compute"), 1);
	/* whose sources they are is not told; which lines, and what was inlined, is */
	assert_int_equal(b.lines.nr, a.lines.nr);
	assert_int_equal(b.line_frames.nr, a.line_frames.nr);
	assert_int_equal(found("b", "inlined.h"), 0);
	assert_int_equal(found("b", "/usr/lib/libc.so.6"), 1);
	assert_true(found("b", "/redacted/") >= 3);
	pk_profile_deinit(&a);
	pk_profile_deinit(&b);
}

static void all_names(void **state)
{
	struct pk_profile b;

	(void)state;
	make("a", fill_all, ORDINARY_END_NS);
	redacted("a", "b", "all", NULL);
	b = loaded("b");
	assert_int_equal(b.symbols.nr, 0);
	assert_int_equal(b.lines.nr, 0);
	assert_int_equal(b.line_frames.nr, 0);
	assert_int_equal(found("b", "inlined"), 0);
	assert_int_equal(found("b", "compute"), 0);
	assert_int_equal(found("b", SECRET), 0);
	assert_string_equal(fact(&b, PK_REDACTED_FACT), "all");
	pk_profile_deinit(&b);
}

/* The path of the first file, as it is in a copy. */
static void path_in(const char *name, char ret[64])
{
	struct pk_profile p = loaded(name);

	snprintf(ret, 64, "%s", pk_strtab_get(&p.strings, p.files.data[1].path));
	pk_profile_deinit(&p);
}

static void salts(void **state)
{
	char one[64], two[64], other[64], random[64];

	(void)state;
	make("a", fill, ORDINARY_END_NS);
	redacted("a", "1", "names", "salt");
	redacted("a", "2", "names", "salt");
	redacted("a", "3", "names", "another");
	redacted("a", "4", "names", NULL);
	path_in("1", one);
	path_in("2", two);
	path_in("3", other);
	path_in("4", random);
	assert_string_equal(one, two);
	assert_string_not_equal(one, other);
	assert_string_not_equal(one, random);
	assert_memory_equal(one, "/redacted/", 10);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(at(name), &st), 0);
	return st.st_mode & 0777;
}

static void modes_and_places(void **state)
{
	(void)state;
	umask(0);
	make("a", fill, ORDINARY_END_NS);
	unlink(at("new"));
	redacted("a", "new", "names", NULL);
	assert_int_equal(mode_of("new"), 0600);
	assert_int_equal(chmod(at("new"), 0640), 0);
	redacted("a", "new", "names", NULL);
	assert_int_equal(mode_of("new"), 0640);
	/* over itself, and once more */
	redacted("a", "a", "names", NULL);
	redacted("a", "a", "all", NULL);
	assert_int_equal(found("a", SECRET), 0);
}

static void cut_and_damaged(void **state)
{
	struct pk_err err = { 0 };
	struct pk_profile b;
	int fd;

	(void)state;
	make("cut", fill_all, UINT64_MAX);
	redacted("cut", "b", "names", NULL);
	b = loaded("b");
	assert_int_equal(b.state, PK_FILE_CUT);
	assert_int_equal(found("b", SECRET), 0);
	pk_profile_deinit(&b);
	make("bad", fill_all, ORDINARY_END_NS);
	fd = open(at("bad"), O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 300), 1);
	close(fd);
	unlink(at("none"));
	assert_int_not_equal(pk_redact_file(at("bad"), at("none"), "names", NULL, &err), 0);
	assert_int_equal(access(at("none"), F_OK), -1);
	assert_int_equal(pk_redact_file(at("a"), at("nowhere/x"), "names", NULL, &err), -ENOENT);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "a", "b", "1", "2", "3", "4", "new", "cut", "bad" };

	(void)state;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(names); i++)
		unlink(at(names[i]));
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_siphash), cmocka_unit_test(paths),
		cmocka_unit_test(paths_in_texts),  cmocka_unit_test(peers),
		cmocka_unit_test(no_secret_is_left), cmocka_unit_test(all_names),
		cmocka_unit_test(salts),	   cmocka_unit_test(modes_and_places),
		cmocka_unit_test(cut_and_damaged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
