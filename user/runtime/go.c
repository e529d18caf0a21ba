// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Go's block of build information, which is there in stripped programs, too.
 * It lies at a multiple of 16 bytes near the start of the data:
 *
 *	14 bytes	"\xff Go buildinf:"
 *	 1 byte		size of a pointer, in bytes
 *	 1 byte		bit 0: big endian; bit 1: since 1.18, the version is in the block
 *	16 bytes	before 1.18: two pointers, the first one to the version's text header,
 *			which is a pointer and a length
 *	varint, text	since 1.18, at 32: the version
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/reader.h"
#include "runtime/versions.h"

#define HEAD_BYTES   32
#define SEARCH_BYTES (1u << 20) /* of each segment */
#define MAX_VERSION  64

static const char magic[14] = "\xff Go buildinf:";

/* The block's first bytes into @ret; how many. */
static size_t read_block(struct pk_evidence *ev, uint8_t *ret, size_t size)
{
	size_t len = pk_evidence_section(ev, ".go.buildinfo", ret, size);
	PK_AUTO_FREE uint8_t *data = NULL;

	if (len >= HEAD_BYTES && !memcmp(ret, magic, sizeof(magic)))
		return len;
	/* with sections, Go's linker and strip(1) leave that one */
	if (ev->e->sections.nr)
		return 0;
	data = malloc(SEARCH_BYTES);
	PK_VEC_FOREACH(&ev->e->segments, s) {
		size_t got = data ? pk_elf_read(ev->e, s->off, data,
						s->len < SEARCH_BYTES ? s->len : SEARCH_BYTES)
				  : 0;

		for (size_t at = 0; at + HEAD_BYTES <= got; at += 16) {
			if (memcmp(data + at, magic, sizeof(magic)))
				continue;
			len = got - at < size ? got - at : size;
			memcpy(ret, data + at, len);
			return len;
		}
	}
	return 0;
}

static uint64_t pointer(const uint8_t *p, unsigned int size, bool big)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < size; i++)
		v = v << 8 | p[big ? i : size - 1 - i];
	return v;
}

/* The text behind a pointer to its header. */
static size_t read_text(struct pk_evidence *ev, const uint8_t *head, char *ret, size_t size)
{
	unsigned int pointer_bytes = head[14];
	bool big = head[15] & 1;
	uint8_t header[16];
	uint64_t len;

	if (pointer_bytes != 4 && pointer_bytes != 8)
		return 0;
	if (pk_evidence_at(ev, pointer(head + 16, pointer_bytes, big), header, 2 * pointer_bytes) !=
	    2 * pointer_bytes)
		return 0;
	len = pointer(header + pointer_bytes, pointer_bytes, big);
	return pk_evidence_at(ev, pointer(header, pointer_bytes, big), ret,
			      len < size ? len : size);
}

void pk_version_of_go(struct pk_evidence *ev, char *ret)
{
	uint8_t block[HEAD_BYTES + 10 + MAX_VERSION];
	char text[MAX_VERSION];
	size_t len = read_block(ev, block, sizeof(block)), text_len;
	const char *at = text;

	if (len < HEAD_BYTES)
		return;
	if (block[15] & 2) {
		struct pk_reader r = pk_reader_of(block + HEAD_BYTES, len - HEAD_BYTES);
		uint64_t want = pk_reader_varint(&r);

		text_len = want < pk_reader_left(&r) ? want : pk_reader_left(&r);
		at = pk_reader_bytes(&r, text_len);
	} else {
		text_len = read_text(ev, block, text, sizeof(text));
	}
	/* "devel go1.20-abcdef" is possible, too: then the first word it is */
	if (at && text_len > 2 && !memcmp(at, "go", 2)) {
		at += 2;
		text_len -= 2;
	}
	if (at)
		pk_version_take(at, text_len, ret);
}

bool pk_go_is_in(struct pk_evidence *ev)
{
	uint8_t block[HEAD_BYTES];

	return pk_elf_section(ev->e, ".gopclntab") || pk_elf_section(ev->e, ".note.go.buildid") ||
	       pk_elf_section(ev->e, ".data.rel.ro.gopclntab") ||
	       read_block(ev, block, sizeof(block));
}
