// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of jitdumps. Input: a jit-PID.dump file. What is read by windows must be what is in
 * the bytes; what goes into a profile must cover addresses that were asked for, and leave its
 * symbols disjoint.
 */
/* folders: base profile model symbol */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "model/addrspace.h"
#include "symbol/jit_code.h"
#include "symbol/jit_scan.h"
#include "symbol/jitdump.h"

#define NR_LOOKUPS 256
#define TGID	   10

struct check {
	const uint8_t *data;
	size_t len;
	struct pk_jitdump_head head;
	uint64_t next; /* where the next record was found in the bytes */
};

/* The record at check->next, or behind those that are of no use. */
static int find_next(struct check *c, struct pk_jitdump_rec *r)
{
	int ret = 0;

	r->bytes = 0;
	do {
		c->next += r->bytes;
		if (c->next >= c->len)
			return -EAGAIN;
		ret = pk_jitdump_next(&c->head, c->data + c->next, c->len - c->next, r);
	} while (!ret && r->kind == PK_JITDUMP_OTHER);
	return ret;
}

static int check_record(void *ctx, const struct pk_jitdump_rec *r, uint64_t at)
{
	struct check *c = ctx;
	struct pk_jitdump_rec own;

	if (find_next(c, &own) || c->next != at || own.kind != r->kind || own.addr != r->addr ||
	    own.size != r->size || own.name_len != r->name_len ||
	    (r->name_len && memcmp(own.name, r->name, r->name_len)))
		abort();
	if (!r->size || r->addr + r->size <= r->addr || r->bytes < 16)
		abort();
	if (r->kind == PK_JITDUMP_LOAD &&
	    (!r->name_len || memchr(r->name, 0, r->name_len) || r->code_off + r->size != r->bytes))
		abort();
	c->next += own.bytes;
	return 0;
}

static void check_profile(struct pk_profile *p, const uint64_t *addr)
{
	struct pk_addrspace *a;

	for (size_t i = 1; i < p->symbols.nr; i++) {
		const struct pk_symbol *x = &p->symbols.data[i - 1], *y = x + 1;

		if (x->id == y->id && x->addr + x->size > y->addr)
			abort();
	}
	if (pk_addrspace_build(p, &a, NULL))
		abort();
	for (unsigned int i = 0; i < NR_LOOKUPS; i++) {
		uint32_t version = pk_addrspace_version(a, TGID, INT64_MAX);
		struct pk_location l = pk_addrspace_find(a, version, TGID, addr[i]);

		if (!l.jit || (l.space == PK_SPACE_FILE && l.id != 1))
			abort();
	}
	pk_addrspace_destroy(a);
}

static void into_profile(const void *scanned, size_t len, const uint64_t *addr)
{
	struct pk_task_event alive = { .kind = PK_TASK_ALIVE, .tid = TGID, .tgid = TGID };
	struct pk_jit_dump dump = { .tgid = TGID, .addr = addr, .nr = NR_LOOKUPS };
	struct pk_jit_code code = { 0 };
	struct pk_cover cover;
	struct pk_file *file;
	struct pk_profile p;

	if (pk_profile_init(&p))
		abort();
	file = pk_vec_push(&p.files);
	dump.file = p.files.nr - 1;
	if (pk_vec_add(&p.tasks, alive) ||
	    pk_strtab_intern_z(&p.strings, "/tmp/jit-1.dump", &file->path) ||
	    pk_jit_code_add(&code, &p, &dump, scanned, len) ||
	    pk_jit_code_place(&code, &p, NULL) || pk_cover_init(&cover, addr, NR_LOOKUPS) ||
	    pk_jit_code_offer(&code, &p, TGID, &cover))
		abort();
	PK_VEC_FOREACH(&code.functions, f) {
		bool covers = false;

		for (unsigned int i = 0; i < NR_LOOKUPS; i++)
			covers |= addr[i] - f->addr < f->size;
		if (!covers || !f->at)
			abort();
	}
	check_profile(&p, addr);
	pk_cover_deinit(&cover);
	pk_jit_code_deinit(&code);
	pk_profile_deinit(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct check c = { .data = data, .len = len };
	struct pk_strbuf scanned = { 0 };
	struct pk_jitdump_head head;
	uint64_t addr[NR_LOOKUPS];
	int fd, ret;

	for (unsigned int i = 0; i < NR_LOOKUPS; i++)
		addr[i] = i < 128 ? i * 16 :
			  i < 250 ? 0x7f0000000000 + i * 64 :
				    UINT64_MAX - 255 + i;
	fd = memfd_create("dump", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	ret = pk_jitdump_begin(data, len, &c.head);
	c.next = c.head.bytes;
	if (pk_jitdump_each(fd, &head, check_record, &c) != ret)
		abort();
	if (!pk_jit_scan(fd, addr, NR_LOOKUPS, &scanned))
		into_profile(scanned.data, scanned.len, addr);
	/* a child that a dump took over may say anything */
	into_profile(data, len, addr);
	pk_strbuf_deinit(&scanned);
	close(fd);
	return 0;
}
