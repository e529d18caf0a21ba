// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections in memory of their own; see elf_unpack.h. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <zlib.h>
#include <zstd.h>

#include "symbol/elf_unpack.h"

/* Stays in a processor's cache. */
#define PIECE_BYTES (128u << 10)
/* What is smaller has no use for large pages. */
#define LARGE_BYTES (4u << 20)

/* ELFCOMPRESS_ZSTD, which headers of old C libraries lack. */
#define COMPRESS_ZSTD 2

enum packing { PLAIN, ZLIB, ZSTD };

/* What is in the file, piece by piece. */
struct packed {
	const struct pk_elf *e;
	enum packing how;
	uint64_t off, end;	/* in the file: of what was not read yet */
	uint64_t out_bytes;	/* unpacked */
	uint8_t *piece;
};

/* Old compressed sections: "ZLIB", their size in big endian, zlib's stream. */
static int read_gnu_head(struct packed *p)
{
	uint8_t head[12];
	uint64_t bytes;

	if (p->end - p->off < sizeof(head) ||
	    pk_elf_read(p->e, p->off, head, sizeof(head)) != sizeof(head) ||
	    memcmp(head, "ZLIB", 4))
		return -EBADMSG;
	memcpy(&bytes, head + 4, sizeof(bytes));
	p->out_bytes = be64toh(bytes);
	p->off += sizeof(head);
	p->how = ZLIB;
	return 0;
}

static int read_head(struct packed *p, const struct pk_section *s)
{
	Elf_Scn *scn = elf_getscn(p->e->elf, s - p->e->sections.data);
	GElf_Chdr head;

	if (s->off > p->e->file_bytes || s->len > p->e->file_bytes - s->off)
		return -EBADMSG;
	p->off = s->off;
	p->end = s->off + s->len;
	p->out_bytes = s->len;
	if (!strncmp(s->name, ".zdebug_", strlen(".zdebug_")))
		return read_gnu_head(p);
	if (!gelf_getchdr(scn, &head))
		return 0;
	p->how = head.ch_type == ELFCOMPRESS_ZLIB ? ZLIB : ZSTD;
	if ((p->how == ZSTD && head.ch_type != COMPRESS_ZSTD) || s->len < sizeof(Elf64_Chdr))
		return -EBADMSG;
	/* 32-bit files have a shorter head */
	p->off += gelf_getclass(p->e->elf) == ELFCLASS32 ? sizeof(Elf32_Chdr) : sizeof(Elf64_Chdr);
	p->out_bytes = head.ch_size;
	return 0;
}

/* The next bytes; 0: there are none. */
static size_t next_piece(struct packed *p)
{
	size_t want = p->end - p->off < PIECE_BYTES ? p->end - p->off : PIECE_BYTES;
	size_t got = pk_elf_read(p->e, p->off, p->piece, want);

	p->off += got;
	return got;
}

static int read_plain(struct packed *p, uint8_t *out)
{
	return pk_elf_read(p->e, p->off, out, p->out_bytes) == p->out_bytes ? 0 : -EBADMSG;
}

/* @left: what zlib's fields of 32 bits have no room for at once. */
static void give_room(z_stream *z, uint64_t *left)
{
	if (z->avail_out || !*left)
		return;
	z->avail_out = *left < (1u << 30) ? *left : 1u << 30;
	*left -= z->avail_out;
}

static int unpack_zlib(struct packed *p, uint8_t *out)
{
	uint64_t left = p->out_bytes;
	z_stream z = { .next_out = out };
	int code = inflateInit(&z);

	if (code != Z_OK)
		return -ENOMEM;
	while (code == Z_OK) {
		if (!z.avail_in) {
			z.next_in = p->piece;
			z.avail_in = next_piece(p);
		}
		give_room(&z, &left);
		/* without input or room it says that it cannot go on */
		code = inflate(&z, Z_NO_FLUSH);
	}
	left += z.avail_out;
	inflateEnd(&z);
	return code == Z_MEM_ERROR ? -ENOMEM : code != Z_STREAM_END || left ? -EBADMSG : 0;
}

static int unpack_zstd(struct packed *p, uint8_t *out)
{
	ZSTD_outBuffer to = { .dst = out, .size = p->out_bytes };
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer from = { .src = p->piece };
	size_t code = 1;

	if (!z)
		return -ENOMEM;
	while (code && !ZSTD_isError(code)) {
		size_t before = to.pos;

		if (from.pos == from.size) {
			from.pos = 0;
			from.size = next_piece(p);
		}
		code = ZSTD_decompressStream(z, &to, &from);
		if (!from.size && to.pos == before)
			break;
		/* there may be no room for what is left, which is then more than was said */
		if (code && to.pos == to.size && from.pos < from.size)
			break;
	}
	ZSTD_freeDCtx(z);
	return code || to.pos != to.size ? -EBADMSG : 0;
}

static int unpack(struct packed *p, uint8_t *out)
{
	int ret;

	if (p->how == PLAIN)
		return read_plain(p, out);
	p->piece = malloc(PIECE_BYTES);
	if (!p->piece)
		return -ENOMEM;
	ret = p->how == ZLIB ? unpack_zlib(p, out) : unpack_zstd(p, out);
	free(p->piece);
	return ret;
}

int pk_elf_unpack(const struct pk_elf *e, const struct pk_section *s, size_t max_bytes,
		  struct pk_unpacked *ret)
{
	struct packed p = { .e = e };
	int code = read_head(&p, s);
	void *at;

	*ret = (struct pk_unpacked){ 0 };
	if (code || !p.out_bytes)
		return code;
	if (p.out_bytes > max_bytes)
		return -EFBIG;
	at = mmap(NULL, p.out_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* a hint: without it there is a fault for each 4 KiB */
	if (p.out_bytes >= LARGE_BYTES)
		madvise(at, p.out_bytes, MADV_HUGEPAGE);
	code = unpack(&p, at);
	if (code) {
		munmap(at, p.out_bytes);
		return code;
	}
	*ret = (struct pk_unpacked){ at, p.out_bytes, p.out_bytes };
	return 0;
}

void pk_unpacked_free(struct pk_unpacked *u)
{
	if (u->mapped)
		munmap((void *)u->data, u->mapped);
	*u = (struct pk_unpacked){ 0 };
}
