// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading of jitdump files; see jitdump.h. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reader.h"
#include "symbol/cover.h"
#include "symbol/jitdump.h"

#define MAGIC	       0x4a695444u /* "JiTD" of who is big endian */
#define VERSION	       1
#define FLAG_OWN_CLOCK 1u
#define HEAD_BYTES     40 /* of the file's head, as of version 1 */
#define PREFIX_BYTES   16 /* of each record */
#define LOAD_BYTES     56 /* with the prefix, without name and code */
#define WINDOW_BYTES   (64u << 10)
#define MAX_WINDOWS    16384

static_assert(PK_JITDUMP_MAX_LOOK >= LOAD_BYTES + PK_MAX_SYMBOL_NAME + 1 &&
		      PK_JITDUMP_MAX_LOOK < WINDOW_BYTES,
	      "a window holds what is looked at of a record");

/* The kinds of records as files have them. */
enum {
	RAW_LOAD,
	RAW_MOVE,
	RAW_DEBUG_INFO,
	RAW_CLOSE,
	RAW_UNWINDING_INFO
};

static uint32_t get_u32(struct pk_reader *r, bool swapped)
{
	uint32_t v = pk_reader_u32(r);

	return swapped ? __builtin_bswap32(v) : v;
}

static uint64_t get_u64(struct pk_reader *r, bool swapped)
{
	uint64_t v = pk_reader_u64(r);

	return swapped ? __builtin_bswap64(v) : v;
}

int pk_jitdump_begin(const void *buf, size_t len, struct pk_jitdump_head *ret)
{
	struct pk_reader r = pk_reader_of(buf, len);
	uint32_t magic = pk_reader_u32(&r), version;
	bool swapped = magic != MAGIC;

	*ret = (struct pk_jitdump_head){ 0 };
	if (len < HEAD_BYTES || (swapped && __builtin_bswap32(magic) != MAGIC))
		return -EBADMSG;
	version = get_u32(&r, swapped);
	if (version > VERSION)
		return -EPROTONOSUPPORT;
	*ret = (struct pk_jitdump_head){ .swapped = swapped, .bytes = get_u32(&r, swapped) };
	pk_reader_u64(&r); /* machine, padding */
	ret->pid = get_u32(&r, swapped);
	pk_reader_u64(&r); /* when the file was begun */
	ret->own_clock = get_u64(&r, swapped) & FLAG_OWN_CLOCK;
	return ret->bytes < HEAD_BYTES ? -EBADMSG : 0;
}

static bool is_range(uint64_t addr, uint64_t size)
{
	return size && addr + size > addr;
}

/* The name ends with a NUL, the code with the record. */
static bool read_load(struct pk_reader *r, bool swapped, size_t len, struct pk_jitdump_rec *ret)
{
	size_t room, max = PK_MAX_SYMBOL_NAME + 1;
	const char *name;

	ret->pid = get_u32(r, swapped);
	get_u32(r, swapped); /* thread */
	get_u64(r, swapped); /* address as the writer counts it, always that below */
	ret->addr = get_u64(r, swapped);
	ret->size = get_u64(r, swapped);
	ret->index = get_u64(r, swapped);
	if (pk_reader_bad(r) || !is_range(ret->addr, ret->size) ||
	    ret->size > ret->bytes - LOAD_BYTES)
		return false;
	ret->code_off = ret->bytes - ret->size;
	room = (ret->code_off < len ? ret->code_off : len) - LOAD_BYTES;
	name = pk_reader_bytes(r, room < max ? room : max);
	if (!name)
		return false;
	ret->name = name;
	ret->name_len = strnlen(name, room < max ? room : max);
	if (ret->name_len == room)
		return false;
	if (ret->name_len > PK_MAX_SYMBOL_NAME)
		ret->name_len = PK_MAX_SYMBOL_NAME;
	return ret->name_len;
}

static bool read_move(struct pk_reader *r, bool swapped, struct pk_jitdump_rec *ret)
{
	ret->pid = get_u32(r, swapped);
	get_u32(r, swapped);
	get_u64(r, swapped);
	get_u64(r, swapped); /* where it was */
	ret->addr = get_u64(r, swapped);
	ret->size = get_u64(r, swapped);
	ret->index = get_u64(r, swapped);
	return !pk_reader_bad(r) && is_range(ret->addr, ret->size);
}

int pk_jitdump_next(const struct pk_jitdump_head *h, const void *buf, size_t len,
		    struct pk_jitdump_rec *ret)
{
	struct pk_reader r = pk_reader_of(buf, len);
	uint32_t raw = get_u32(&r, h->swapped);
	size_t look;

	if (len < PREFIX_BYTES)
		return -EAGAIN;
	*ret = (struct pk_jitdump_rec){
		.kind = PK_JITDUMP_OTHER,
		.bytes = get_u32(&r, h->swapped),
		.time_ns = get_u64(&r, h->swapped),
	};
	if (ret->bytes < PREFIX_BYTES)
		return -EBADMSG;
	look = ret->bytes < PK_JITDUMP_MAX_LOOK ? ret->bytes : PK_JITDUMP_MAX_LOOK;
	if (len < look)
		return -EAGAIN;
	r = pk_reader_of(buf, look);
	pk_reader_bytes(&r, PREFIX_BYTES);
	if (raw == RAW_LOAD && ret->bytes > LOAD_BYTES && read_load(&r, h->swapped, look, ret))
		ret->kind = PK_JITDUMP_LOAD;
	else if (raw == RAW_MOVE && read_move(&r, h->swapped, ret))
		ret->kind = PK_JITDUMP_MOVE;
	else if (raw == RAW_CLOSE)
		ret->kind = PK_JITDUMP_CLOSE;
	return 0;
}

/* As many bytes as there are, up to @len. */
static ssize_t read_at(int fd, char *buf, size_t len, uint64_t at)
{
	size_t got = 0;
	ssize_t n = 1;

	if (at > INT64_MAX - len)
		return 0;
	while (n && got < len) {
		n = pread(fd, buf + got, len - got, at + got);
		if (n < 0 && errno != EINTR)
			return -errno;
		got += n > 0 ? n : 0;
	}
	return got;
}

/*
 * The records of a window, which begins at *at in the file; *at moves on to the first one that
 * is not in it. 0, -ENODATA: that was the end, or what @fn returned.
 */
static int walk_window(const struct pk_jitdump_head *h, const char *buf, size_t len, uint64_t *at,
		       pk_jitdump_fn fn, void *ctx)
{
	struct pk_jitdump_rec rec;
	uint64_t pos = 0;
	int ret = 0;

	while (!ret && pos < len) {
		ret = pk_jitdump_next(h, buf + pos, len - pos, &rec);
		if (ret == -EAGAIN)
			break;
		if (ret || rec.kind == PK_JITDUMP_CLOSE)
			return -ENODATA;
		if (rec.kind != PK_JITDUMP_OTHER)
			ret = fn(ctx, &rec, *at + pos);
		pos += rec.bytes;
	}
	if (ret == -EAGAIN)
		ret = pos ? 0 : -ENODATA;
	*at += pos;
	return ret;
}

int pk_jitdump_each(int fd, struct pk_jitdump_head *head_ret, pk_jitdump_fn fn, void *ctx)
{
	PK_AUTO_FREE char *buf = malloc(WINDOW_BYTES);
	uint64_t at;
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	n = read_at(fd, buf, HEAD_BYTES, 0);
	if (n < 0)
		return n;
	ret = pk_jitdump_begin(buf, n, head_ret);
	at = head_ret->bytes;
	for (unsigned int i = 0; !ret && i < MAX_WINDOWS; i++) {
		n = read_at(fd, buf, WINDOW_BYTES, at);
		if (n <= 0)
			return n;
		ret = walk_window(head_ret, buf, n, &at, fn, ctx);
	}
	return ret == -ENODATA ? 0 : ret;
}
