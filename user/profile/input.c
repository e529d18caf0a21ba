// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes for the profile reader; see input.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "profile/input.h"

#define STEP_BYTES (64 << 10)

int pk_input_open(struct pk_input *in, const char *path, struct pk_err *err)
{
	struct stat st;

	*in = (struct pk_input){ .name = path, .fd = STDIN_FILENO };
	if (!strcmp(path, "-")) {
		in->name = "standard input";
		return 0;
	}
	in->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return pk_err_exit(err, -errno, PK_EXIT_BAD_FILE, "%s: cannot be opened: %s%s", path,
				   strerror(errno),
				   errno == ENOENT ? "; record one with: pkprof-user record" : "");
	if (!fstat(in->fd, &st) && S_ISDIR(st.st_mode))
		return pk_err_exit(err, -EISDIR, PK_EXIT_BAD_FILE,
				   "%s: is a directory, not a profile", path);
	return 0;
}

void pk_input_of_mem(struct pk_input *in, const void *data, size_t len, const char *name)
{
	*in = (struct pk_input){ .name = name, .fd = -1, .mem = data, .mem_len = len };
}

void pk_input_close(struct pk_input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	free(in->buf);
}

size_t pk_input_take(struct pk_input *in, size_t len, const uint8_t **ret)
{
	size_t got = 0;

	if (in->fd < 0) {
		got = len < in->mem_len ? len : in->mem_len;
		*ret = in->mem;
		in->mem += got;
		in->mem_len -= got;
		in->offset += got;
		return got;
	}
	if (pk_vec_grow((void **)&in->buf, &in->buf_cap, len + 1, 1)) {
		in->code = -ENOMEM;
		len = 0;
	}
	while (got < len && !in->code) {
		ssize_t n = read(in->fd, in->buf + got, len - got);

		if (!n)
			break;
		if (n > 0)
			got += n;
		else if (errno != EINTR)
			in->code = -errno;
	}
	*ret = in->buf;
	in->offset += got;
	return got;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (!*p && !memcmp(p, p + 1, len - 1));
}

bool pk_input_all_zero(struct pk_input *in, const uint8_t *head, size_t len)
{
	const uint8_t *p = head;

	do {
		if (!is_zero(p, len))
			return false;
		len = pk_input_take(in, STEP_BYTES, &p);
	} while (len);
	return true;
}

uint64_t pk_input_size(struct pk_input *in)
{
	const uint8_t *p;
	struct stat st;

	if (in->fd < 0)
		return in->offset + in->mem_len;
	if (!fstat(in->fd, &st) && S_ISREG(st.st_mode))
		return st.st_size;
	while (pk_input_take(in, STEP_BYTES, &p))
		;
	return in->offset;
}
