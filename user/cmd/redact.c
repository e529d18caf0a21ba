// SPDX-License-Identifier: GPL-2.0-or-later
/* Command redact: a copy of a profile without what it says of its users. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/redacted.h"
#include "cmd/replace.h"
#include "profile/reader.h"
#include "profile/redact.h"

const char *const pk_redact_levels[] = { "names", "all", NULL };

static struct {
	const char *output, *salt, *level;
} opt = { .level = "names" };

static const struct pk_opt opts[] = {
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "FILE", .help = "where the copy goes" },
	{ .name = "level", .type = PK_OPT_CHOICE, .value = &opt.level, .arg = "WHAT",
	  .choices = pk_redact_levels,
	  .help = "what goes: names (of files, hosts, peers; default), or all: functions' as well" },
	{ .name = "salt", .type = PK_OPT_STRING, .value = &opt.salt, .arg = "TEXT",
	  .help = "files redacted with the same TEXT have the same hashes" },
	{ 0 },
};

static int make_key(const char *salt, struct pk_siphash_key *ret, struct pk_err *err)
{
	static const struct pk_siphash_key from_text[2] = { { { 1, 2 } }, { { 3, 4 } } };

	if (salt) {
		for (unsigned int i = 0; i < PK_ARRAY_SIZE(from_text); i++)
			ret->k[i] = pk_siphash(&from_text[i], salt, strlen(salt));
		return 0;
	}
	if (getrandom(ret, sizeof(*ret), 0) != sizeof(*ret))
		return pk_err_set(err, -EIO, "no random numbers for hashes: give a --salt");
	return 0;
}

int pk_redact_file(const char *path, const char *output, const char *level, const char *salt,
		   struct pk_err *err)
{
	struct pk_redaction how = { .all = !strcmp(level, "all") };
	struct pk_replacement r;
	struct pk_profile p;
	int rc = make_key(salt, &how.key, err);

	if (!rc)
		rc = pk_profile_load(path, &p, err);
	if (rc)
		return rc;
	if (p.state == PK_FILE_DAMAGED) {
		rc = pk_err_exit(err, -EBADMSG, PK_EXIT_BAD_FILE, "%s: %s; not writing it anew", path,
				 p.notice);
	} else {
		rc = pk_replace_begin(&r, path, output, err);
		if (!rc)
			rc = pk_profile_redact(path, r.fd, r.temporary, &p, &how, err);
		rc = pk_replace_end(&r, rc, err);
	}
	pk_profile_deinit(&p);
	return rc;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	const char *path = nr_args ? args[0] : PK_DEFAULT_FILE;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	if (!opt.output)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "where to? Name the copy with -o; it may be the file itself");
	if (!strcmp(path, "-") || !strcmp(opt.output, "-"))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "a file is redacted into a file, not a stream");
	return pk_redact_file(path, opt.output, opt.level, opt.salt, err);
}

const struct pk_cmd pk_cmd_redact = {
	.name = "redact",
	.args = "[FILE]",
	.summary = "Copy a profile without command lines, paths, hosts and peers",
	.details = "Command lines and the host's name go. Paths outside of /usr, /lib, /bin and "
		   "/sbin, cgroups, peers and names of sockets are told by a hash, equal ones by "
		   "equal ones, so all figures stay as they are. Names of threads and functions, "
		   "and marks, stay; with --level all functions have none.",
	.opts = opts,
	.run = run,
};
