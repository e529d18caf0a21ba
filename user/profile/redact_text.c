// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands for a text that is not to be told; see redact_text.h. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/redact_text.h"

#define DELETED " (deleted)"

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), tail = strlen(with);

	return len >= tail && !strcmp(text + len - tail, with);
}

/* --- paths --------------------------------------------------------------------- */

/* What distributions put there, and nobody else should. */
static const char *const system_trees[] = {
	"/usr/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/bin/", "/sbin/",
};

/* Places where file systems are mounted on any machine. */
static const char *const common_places[] = {
	"/",	 "/bin", "/boot", "/boot/efi", "/dev",	   "/dev/shm", "/etc", "/home", "/lib",
	"/lib64", "/mnt", "/opt",  "/proc",	"/root",   "/run",     "/sbin", "/srv", "/sys",
	"/tmp",	 "/usr", "/var",  "/var/lib",	"/var/log", "/var/tmp",
};

/* Memory that is no file's, which the model knows by these; what follows may be a program's word. */
static const char *const memory_names[] = { "/memfd:", "/SYSV" };
static const char *const plain_memory_names[] = { "/dev/zero", "/anon_hugepage", "//anon" };

bool pk_redact_keeps_path(const char *path)
{
	if (path[0] != '/')
		return !path[0] || path[0] == '[';
	/* who goes upwards may be anywhere */
	if (strstr(path, "/../"))
		return false;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(system_trees); i++)
		if (begins(path, system_trees[i]))
			return true;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(common_places); i++)
		if (!strcmp(path, common_places[i]))
			return true;
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(plain_memory_names); i++)
		if (begins(path, plain_memory_names[i]))
			return true;
	return false;
}

static void put_hash(const struct pk_siphash_key *key, const char *text, size_t len,
		     struct pk_strbuf *out)
{
	pk_strbuf_printf(out, "%016llx", (unsigned long long)pk_siphash(key, text, len));
}

/* Endings that say what a file is and not whose. */
static const char *const kinds[] = {
	".so", ".a", ".o", ".ko", ".js", ".mjs", ".py", ".pyc", ".rb", ".pl", ".php", ".lua", ".sh",
	".jar", ".jsa", ".class", ".dll", ".exe", ".node", ".map", ".dump", ".log", ".db", ".sqlite",
	".json", ".xml", ".yaml", ".conf", ".txt", ".csv", ".gz", ".zst", ".xz", ".tmp", ".wal", ".html",
};

/* The kind of a file, and of a library also its version: ".so.1.2". */
static void put_kind(const char *path, size_t len, struct pk_strbuf *out)
{
	const char *slash = memrchr(path, '/', len), *name = slash ? slash + 1 : path;
	size_t name_len = path + len - name;
	const char *so = memmem(name, name_len, ".so.", 4);

	if (so && strspn(so + 4, "0123456789.") >= (size_t)(name + name_len - so - 4)) {
		pk_strbuf_add(out, so, name + name_len - so);
		return;
	}
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(kinds); i++) {
		size_t kind = strlen(kinds[i]);

		if (name_len > kind && !memcmp(name + name_len - kind, kinds[i], kind)) {
			pk_strbuf_add(out, kinds[i], kind);
			return;
		}
	}
}

/* jit-PID.dump, whose mappings the model takes for functions; else NULL. */
static const char *jit_dump_name(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t digits;

	if (!name || !begins(name, "/jit-"))
		return NULL;
	digits = strspn(name + 5, "0123456789");
	return digits && !strcmp(name + 5 + digits, ".dump") ? name : NULL;
}

void pk_redact_path(const struct pk_siphash_key *key, const char *path, struct pk_strbuf *out)
{
	size_t len = strlen(path);
	const char *jit = jit_dump_name(path);

	if (pk_redact_keeps_path(path)) {
		pk_strbuf_puts(out, path);
		return;
	}
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(memory_names); i++) {
		if (!begins(path, memory_names[i]))
			continue;
		pk_strbuf_puts(out, memory_names[i]);
		put_hash(key, path, len, out);
		return;
	}
	pk_strbuf_puts(out, "/redacted/");
	if (ends(path, DELETED))
		len -= strlen(DELETED);
	put_hash(key, path, len, out);
	if (jit)
		pk_strbuf_puts(out, jit);
	else
		put_kind(path, len, out);
	pk_strbuf_puts(out, path + len);
}

void pk_redact_basename(const struct pk_siphash_key *key, const char *path, struct pk_strbuf *out)
{
	struct pk_strbuf whole = { 0 };
	const char *slash;

	pk_redact_path(key, path, &whole);
	slash = whole.data ? strrchr(whole.data, '/') : NULL;
	pk_strbuf_puts(out, slash ? slash + 1 : whole.data ? whole.data : "");
	out->failed |= whole.failed;
	pk_strbuf_deinit(&whole);
}

/* --- paths within texts ---------------------------------------------------------- */

/* A path may begin behind these and ends before them; within names of functions they part words. */
#define BETWEEN " \t\n:,;()<>\"'`=|[]{}*@#~!?&$%^"

void pk_redact_paths_in(const struct pk_siphash_key *key, const char *text, struct pk_strbuf *out)
{

	while (*text) {
		size_t len = strcspn(text, BETWEEN);

		/* "operator/" and "a/b" are no paths, nor is a lone "/" */
		if (text[0] == '/' && len > 1) {
			struct pk_strbuf path = { 0 };

			pk_strbuf_add(&path, text, len);
			if (path.data)
				pk_redact_path(key, path.data, out);
			out->failed |= path.failed;
			pk_strbuf_deinit(&path);
			text += len;
		} else if (len) {
			pk_strbuf_add(out, text, len);
			text += len;
		} else {
			pk_strbuf_putc(out, *text++);
		}
	}
}

/* --- others ------------------------------------------------------------------------ */

static bool says_nothing(const char *peer)
{
	static const char *const own[] = { "127.", "::1", "::", "0.0.0.0" };

	if (strspn(peer, "0123456789") == strlen(peer))
		return true; /* a process */
	if (begins(peer, own[0]) && strspn(peer, "0123456789.") == strlen(peer))
		return true;
	for (unsigned int i = 1; i < PK_ARRAY_SIZE(own); i++)
		if (!strcmp(peer, own[i]))
			return true;
	return false;
}

void pk_redact_peer(const struct pk_siphash_key *key, const char *peer, struct pk_strbuf *out)
{
	if (says_nothing(peer))
		pk_strbuf_puts(out, peer);
	else
		pk_redact_name(key, "peer-", peer, out);
}

void pk_redact_name(const struct pk_siphash_key *key, const char *prefix, const char *name,
		    struct pk_strbuf *out)
{
	if (!*name)
		return;
	pk_strbuf_puts(out, prefix);
	put_hash(key, name, strlen(name), out);
}
