// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Functions of a jitdump; see jit_scan.h. The dump is read twice: what will be moved must be
 * known before, wherever it was written.
 */
#include <errno.h>
#include <string.h>

#include "base/ascending.h"
#include "base/map64.h"
#include "base/vec.h"
#include "symbol/cover.h"
#include "symbol/demangle.h"
#include "symbol/jit_scan.h"
#include "symbol/jitdump.h"

#define MAX_MOVED (1u << 20)
/* What is demangled is longer. */
#define MAX_NAME  (4 * PK_MAX_SYMBOL_NAME)

/* Its name is in the text of all names. */
struct kept {
	uint64_t time_ns, addr, size, at;
	size_t name, name_len;
};

struct reading {
	const uint64_t *addr;
	size_t nr;
	struct pk_jitdump_head head;
	struct pk_map64 moved; /* by index: 1, will be moved; in the second pass where it is
					 * in kept, plus 2 */
	PK_VEC(struct kept) kept;
	struct pk_strbuf names;
};

static bool is_covered(const uint64_t *addrs, size_t nr, uint64_t addr, uint64_t size)
{
	size_t i = pk_lower_u64(addrs, nr, addr);

	return i < nr && addrs[i] - addr < size;
}

static bool covers(const struct reading *r, uint64_t addr, uint64_t size)
{
	return is_covered(r->addr, r->nr, addr, size);
}

/* A child that forked and went on writing into its parent's file is another process. */
static bool is_own(const struct reading *r, const struct pk_jitdump_rec *rec)
{
	return rec->pid == r->head.pid;
}

static int note_move(void *ctx, const struct pk_jitdump_rec *rec, uint64_t at)
{
	struct reading *r = ctx;

	(void)at;
	if (rec->kind != PK_JITDUMP_MOVE || !is_own(r, rec) || r->moved.nr >= MAX_MOVED ||
	    !covers(r, rec->addr, rec->size))
		return 0;
	return pk_map64_set(&r->moved, rec->index, 1);
}

/* LLVM hands on linkage names; others write names as they are to be read. */
static void add_name(struct pk_strbuf *out, const char *name, size_t len)
{
	char mangled[PK_MAX_SYMBOL_NAME + 1];

	if (len < 2 || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R')) {
		pk_add_clean(out, name, len);
		return;
	}
	memcpy(mangled, name, len);
	mangled[len] = '\0';
	pk_demangle(mangled, out);
}

static bool is_enough(const struct reading *r)
{
	return r->kept.nr >= PK_JIT_MAX_FUNCTIONS || r->names.len >= PK_JIT_MAX_NAME_BYTES;
}

static uint64_t time_of(const struct reading *r, const struct pk_jitdump_rec *rec)
{
	return r->head.own_clock || rec->time_ns > INT64_MAX ? 0 : rec->time_ns;
}

static int keep_load(struct reading *r, const struct pk_jitdump_rec *rec, uint64_t at)
{
	bool moves = r->moved.nr && pk_map64_get(&r->moved, rec->index) != PK_MAP64_NONE;
	struct kept f = {
		.time_ns = time_of(r, rec),
		.addr = rec->addr,
		.size = rec->size,
		.at = at + rec->code_off,
		.name = r->names.len,
	};

	if ((!moves && !covers(r, rec->addr, rec->size)) || is_enough(r))
		return 0;
	add_name(&r->names, rec->name, rec->name_len);
	f.name_len = r->names.len - f.name;
	if (pk_strbuf_failed(&r->names) || pk_vec_add(&r->kept, f))
		return -ENOMEM;
	return moves ? pk_map64_set(&r->moved, rec->index, r->kept.nr - 1 + 2) : 0;
}

static int keep_move(struct reading *r, const struct pk_jitdump_rec *rec)
{
	uint32_t found = pk_map64_get(&r->moved, rec->index);
	struct kept f;

	if (found == PK_MAP64_NONE || found < 2 || is_enough(r))
		return 0;
	f = r->kept.data[found - 2];
	f.time_ns = time_of(r, rec);
	f.addr = rec->addr;
	/* never more than was there to move */
	if (rec->size < f.size)
		f.size = rec->size;
	return pk_vec_add(&r->kept, f);
}

static int keep(void *ctx, const struct pk_jitdump_rec *rec, uint64_t at)
{
	struct reading *r = ctx;

	if (!is_own(r, rec))
		return 0;
	return rec->kind == PK_JITDUMP_LOAD ? keep_load(r, rec, at) : keep_move(r, rec);
}

static void put(const struct reading *r, const struct kept *f, struct pk_strbuf *out)
{
	pk_strbuf_varint(out, f->time_ns);
	pk_strbuf_varint(out, f->addr);
	pk_strbuf_varint(out, f->size);
	pk_strbuf_varint(out, f->at);
	pk_strbuf_varint(out, f->name_len);
	pk_strbuf_add(out, r->names.data + f->name, f->name_len);
}

int pk_jit_scan(int fd, const uint64_t *addr, size_t nr, struct pk_strbuf *out)
{
	struct reading r = { .addr = addr, .nr = nr };
	int ret = pk_jitdump_each(fd, &r.head, note_move, &r);

	if (!ret)
		ret = pk_jitdump_each(fd, &r.head, keep, &r);
	for (size_t i = 0; !ret && i < r.kept.nr; i++)
		if (covers(&r, r.kept.data[i].addr, r.kept.data[i].size))
			put(&r, &r.kept.data[i], out);
	pk_vec_deinit(&r.kept);
	pk_map64_deinit(&r.moved);
	pk_strbuf_deinit(&r.names);
	return ret ? ret : pk_strbuf_failed(out) ? -ENOMEM : 0;
}

/* ---- the other end -------------------------------------------------------------------- */

bool pk_jit_scan_next(struct pk_reader *r, const uint64_t *addr, size_t nr,
		      struct pk_jit_scanned *ret)
{
	uint64_t end;

	while (pk_reader_left(r)) {
		ret->time_ns = pk_reader_varint(r);
		ret->addr = pk_reader_varint(r);
		ret->size = pk_reader_varint(r);
		ret->at = pk_reader_varint(r);
		ret->name_len = pk_reader_varint(r);
		if (pk_reader_bad(r) || !ret->name_len || ret->name_len > MAX_NAME)
			return false;
		ret->name = pk_reader_bytes(r, ret->name_len);
		if (!ret->name)
			return false;
		if (ret->time_ns <= INT64_MAX && ret->size && ret->at && ret->at <= INT64_MAX &&
		    !__builtin_add_overflow(ret->addr, ret->size, &end) &&
		    is_covered(addr, nr, ret->addr, ret->size))
			return true;
	}
	return false;
}
