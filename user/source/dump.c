// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing dumps of ring records; see dump.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "source/dump.h"

#define BUFFER_BYTES (64u << 10)

struct pk_dump {
	int fd;
	char *path;
	struct pk_err *err;
	struct pk_strbuf out; /* whole blocks, and the open one */
	size_t open_at;	      /* offset of the open RECORDS block in out, or CLOSED */
};
#define CLOSED ((size_t)-1)

int pk_dump_create(const char *path, struct pk_dump **ret, struct pk_err *err)
{
	struct pk_dump *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->err = err;
	d->open_at = CLOSED;
	d->path = strdup(path);
	d->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (d->fd < 0 || !d->path) {
		int code = -errno;

		pk_dump_destroy(d);
		return pk_err_exit(err, code, PK_EXIT_OUTPUT,
				   "cannot write the dump %s: %s; give another path to --dump-ring",
				   path, strerror(-code));
	}
	pk_strbuf_add(&d->out, PK_DUMP_MAGIC, strlen(PK_DUMP_MAGIC));
	*ret = d;
	return 0;
}

void pk_dump_destroy(struct pk_dump *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	pk_strbuf_deinit(&d->out);
	free(d->path);
	free(d);
}

static void close_block(struct pk_dump *d)
{
	d->open_at = CLOSED;
}

static void add_block(struct pk_dump *d, enum pk_dump_kind kind, unsigned int cpu,
		      const void *payload, size_t len)
{
	static const char zero[8];
	struct pk_dump_block block = { .kind = kind, .cpu = cpu, .len = len };

	close_block(d);
	pk_strbuf_add(&d->out, &block, sizeof(block));
	pk_strbuf_add(&d->out, payload, len);
	pk_strbuf_add(&d->out, zero, -len % 8);
}

static int flush_if_full(struct pk_dump *d)
{
	return d->out.len >= BUFFER_BYTES || pk_strbuf_failed(&d->out) ? pk_dump_flush(d) : 0;
}

int pk_dump_info(struct pk_dump *d, const struct pk_source_info *info)
{
	struct pk_dump_info raw = {
		.session = info->session,
		.t0_ns = info->t0_ns,
		.period_ns = info->period_ns,
		.sources = info->sources,
		.nr_cpus = info->nr_cpus,
		.abi = PKPROF_ABI,
	};

	add_block(d, PK_DUMP_INFO, 0, &raw, sizeof(raw));
	return flush_if_full(d);
}

int pk_dump_round(struct pk_dump *d, uint64_t now_ns)
{
	add_block(d, PK_DUMP_ROUND, 0, &now_ns, sizeof(now_ns));
	return flush_if_full(d);
}

int pk_dump_books(struct pk_dump *d, unsigned int cpu, const struct pkprof_counters *c)
{
	add_block(d, PK_DUMP_BOOKS, cpu, c, sizeof(*c));
	return flush_if_full(d);
}

int pk_dump_ledger(struct pk_dump *d, unsigned int kind, const void *piece)
{
	add_block(d, PK_DUMP_LEDGER, kind, piece, pk_ledger_piece_bytes(kind, piece));
	return flush_if_full(d);
}

/* Room in the block that is open for this CPU, if it is. */
static struct pk_dump_block *open_block(struct pk_dump *d, unsigned int cpu, size_t size)
{
	struct pk_dump_block *block;

	if (d->open_at == CLOSED || pk_strbuf_failed(&d->out))
		return NULL;
	block = (void *)(d->out.data + d->open_at);
	return block->cpu == cpu && block->len + size <= PK_DUMP_MAX_BLOCK ? block : NULL;
}

int pk_dump_record(struct pk_dump *d, unsigned int cpu, const struct pkprof_rec *rec)
{
	struct pk_dump_block *block = open_block(d, cpu, rec->size);

	if (!block) {
		size_t at = d->out.len;

		add_block(d, PK_DUMP_RECORDS, cpu, rec, rec->size);
		d->open_at = at;
		return flush_if_full(d);
	}
	block->len += rec->size;
	pk_strbuf_add(&d->out, rec, rec->size);
	return flush_if_full(d);
}

int pk_dump_flush(struct pk_dump *d)
{
	size_t done = 0;

	close_block(d);
	if (pk_strbuf_failed(&d->out))
		return pk_err_set(d->err, -ENOMEM, "no memory for the dump %s", d->path);
	while (done < d->out.len) {
		ssize_t n = write(d->fd, d->out.data + done, d->out.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pk_err_exit(d->err, -errno, PK_EXIT_OUTPUT,
					   "cannot write the dump %s: %s", d->path,
					   strerror(errno));
		done += n;
	}
	pk_strbuf_clear(&d->out);
	return 0;
}
