// SPDX-License-Identifier: GPL-2.0-or-later
/* Jitdump files for tests; see jitdump_fixture.h. */
#include <string.h>

#include "jitdump_fixture.h"

void dump_u32(struct dump *d, uint32_t v)
{
	if (d->swapped)
		v = __builtin_bswap32(v);
	pk_strbuf_add(&d->b, (char *)&v, sizeof(v));
}

void dump_u64(struct dump *d, uint64_t v)
{
	if (d->swapped)
		v = __builtin_bswap64(v);
	pk_strbuf_add(&d->b, (char *)&v, sizeof(v));
}

void dump_head(struct dump *d, uint32_t pid, uint64_t flags)
{
	dump_u32(d, 0x4a695444);
	dump_u32(d, 1);
	dump_u32(d, 40);
	dump_u32(d, 62);
	dump_u32(d, 0);
	dump_u32(d, pid);
	dump_u64(d, 1);
	dump_u64(d, flags);
}

void dump_prefix(struct dump *d, uint32_t kind, uint32_t bytes, uint64_t time_ns)
{
	dump_u32(d, kind);
	dump_u32(d, bytes);
	dump_u64(d, time_ns);
}

uint64_t dump_load(struct dump *d, uint32_t pid, uint64_t time_ns, uint64_t index, uint64_t addr,
		   uint64_t size, const char *name)
{
	uint64_t at;

	dump_prefix(d, 0, 56 + strlen(name) + 1 + size, time_ns);
	dump_u32(d, pid);
	dump_u32(d, pid);
	dump_u64(d, addr);
	dump_u64(d, addr);
	dump_u64(d, size);
	dump_u64(d, index);
	pk_strbuf_add(&d->b, name, strlen(name) + 1);
	at = d->b.len;
	for (uint64_t i = 0; i < size; i++)
		pk_strbuf_putc(&d->b, (char)0x90);
	return at;
}

void dump_move(struct dump *d, uint32_t pid, uint64_t time_ns, uint64_t index, uint64_t to,
	       uint64_t size)
{
	dump_prefix(d, 1, 64, time_ns);
	dump_u32(d, pid);
	dump_u32(d, pid);
	dump_u64(d, to);
	dump_u64(d, 0);
	dump_u64(d, to);
	dump_u64(d, size);
	dump_u64(d, index);
}

void dump_close(struct dump *d)
{
	dump_prefix(d, 3, 16, 0);
}

void dump_deinit(struct dump *d)
{
	pk_strbuf_deinit(&d->b);
}
