// SPDX-License-Identifier: GPL-2.0-or-later
/* The child that reads files; see file_worker.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "symbol/file_symbols.h"
#include "symbol/file_worker.h"

static int next_debug_file(void *ctx, const struct pk_debug_wish *wish, unsigned int i)
{
	const int *to = ctx;
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int fd, ret;

	(void)i;
	ret = pk_channel_send(*to, PK_FILE_WISH, wish, sizeof(*wish));
	if (!ret)
		ret = pk_channel_receive(*to, &kind, &body, &fd);
	pk_strbuf_deinit(&body);
	return ret ? ret : fd >= 0 ? fd : -ENOENT;
}

static bool is_wanted(const struct pk_file_job_head *job, const struct pk_elf *e)
{
	return !job->build_id_len || (job->build_id_len == e->build_id_len &&
				      !memcmp(job->build_id, e->build_id, e->build_id_len));
}

/* Return: -ESTALE: not the file that is meant; -ENOMEM. */
static int read_file(int to, int file, const struct pk_file_job_head *job, const uint64_t *off,
		     struct pk_strbuf *out)
{
	const struct pk_debug_source source = { next_debug_file, &to };
	const struct pk_file_question q = {
		.off = off,
		.nr = job->nr,
		.lines_bytes = job->lines ? pk_file_lines_max(job->nr) : 0,
	};
	struct pk_answer a;
	struct pk_elf e;
	int ret = pk_elf_open(file, &e);

	if (ret)
		return ret == -ENOMEM ? ret : -ESTALE;
	ret = is_wanted(job, &e) ? pk_file_answer(&e, &q, &source, &a) : -ESTALE;
	pk_elf_close(&e);
	if (ret)
		return ret;
	pk_answer_encode(&a, out);
	pk_answer_deinit(&a);
	return pk_strbuf_failed(out) ? -ENOMEM : 0;
}

static int do_job(int to, int file, const struct pk_strbuf *body)
{
	const struct pk_file_job_head *job = (const void *)body->data;
	struct pk_strbuf out = { 0 };
	int32_t code;
	int ret;

	code = read_file(to, file, job, (const uint64_t *)(job + 1), &out);
	if (code)
		pk_strbuf_clear(&out);
	ret = pk_strbuf_reserve(&out, sizeof(code));
	if (!ret) {
		memmove(out.data + sizeof(code), out.data, out.len);
		memcpy(out.data, &code, sizeof(code));
		ret = pk_channel_send(to, PK_FILE_ANSWER, out.data, out.len + sizeof(code));
	}
	pk_strbuf_deinit(&out);
	return ret;
}

void pk_file_worker(void *ctx, int fd)
{
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int file;

	(void)ctx;
	while (!pk_channel_receive(fd, &kind, &body, &file) && kind == PK_FILE_JOB && file >= 0 &&
	       !do_job(fd, file, &body))
		;
	pk_strbuf_deinit(&body);
}
