// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles put together in memory; see model_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/symbols.h"
#include "model_fixture.h"

void fix_init(struct pk_profile *p)
{
	assert_int_equal(pk_profile_init(p), 0);
	p->end_ns = 1000000000000;
}

uint32_t fix_string(struct pk_profile *p, const char *text)
{
	uint32_t id;

	assert_int_equal(pk_strtab_intern_z(&p->strings, text, &id), 0);
	return id;
}

void fix_fact(struct pk_profile *p, const char *key, const char *value)
{
	struct pk_fact f = { fix_string(p, key), fix_string(p, value) };

	assert_int_equal(pk_vec_add(&p->facts, f), 0);
}

uint32_t fix_file(struct pk_profile *p, const char *path)
{
	struct pk_file f = { .path = fix_string(p, path) };

	assert_int_equal(pk_vec_add(&p->files, f), 0);
	return p->files.nr - 1;
}

void fix_task(struct pk_profile *p, const struct pk_task_event *e)
{
	assert_true(!p->tasks.nr || p->tasks.data[p->tasks.nr - 1].time_ns <= e->time_ns);
	assert_int_equal(pk_vec_add(&p->tasks, *e), 0);
}

void fix_alive(struct pk_profile *p, uint32_t tgid, const char *comm)
{
	struct pk_task_event e = {
		.kind = PK_TASK_ALIVE, .tid = tgid, .tgid = tgid, .comm = fix_string(p, comm),
	};

	fix_task(p, &e);
}

void fix_fork(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, uint32_t parent,
	      const char *comm)
{
	struct pk_task_event e = {
		.time_ns = time_ns, .kind = PK_TASK_FORK, .tid = tgid, .tgid = tgid,
		.parent_tgid = parent, .start_ns = time_ns, .comm = fix_string(p, comm),
	};

	fix_task(p, &e);
}

void fix_thread(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
		const char *comm)
{
	struct pk_task_event e = {
		.time_ns = time_ns, .kind = PK_TASK_FORK, .tid = tid, .tgid = tgid,
		.flags = PKPROF_TASK_THREAD | PKPROF_TASK_SAME_MM, .parent_tgid = tgid,
		.start_ns = time_ns, .comm = fix_string(p, comm),
	};

	fix_task(p, &e);
}

void fix_exec(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, const char *comm)
{
	struct pk_task_event e = {
		.time_ns = time_ns, .kind = PK_TASK_EXEC, .tid = tgid, .tgid = tgid,
		.comm = fix_string(p, comm),
	};

	fix_task(p, &e);
}

void fix_comm(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
	      const char *comm)
{
	struct pk_task_event e = {
		.time_ns = time_ns, .kind = PK_TASK_COMM, .tid = tid, .tgid = tgid,
		.comm = fix_string(p, comm),
	};

	fix_task(p, &e);
}

void fix_exit(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid, uint32_t flags)
{
	struct pk_task_event e = {
		.time_ns = time_ns, .kind = PK_TASK_EXIT, .tid = tid, .tgid = tgid,
		.flags = flags,
	};

	fix_task(p, &e);
}

void fix_map(struct pk_profile *p, uint64_t time_ns, uint32_t tgid, uint64_t addr, uint64_t len,
	     uint32_t file, uint64_t off)
{
	struct pk_map_event e = { time_ns, tgid, file, addr, len, off };

	assert_true(!p->maps.nr || p->maps.data[p->maps.nr - 1].time_ns <= time_ns);
	assert_int_equal(pk_vec_add(&p->maps, e), 0);
}

void fix_mark(struct pk_profile *p, uint64_t time_ns, const char *text)
{
	struct pk_mark m = { time_ns, fix_string(p, text) };

	assert_int_equal(pk_vec_add(&p->marks, m), 0);
}

uint32_t fix_stack(struct pk_profile *p, const uint64_t *root_first, size_t nr)
{
	uint32_t node = 0;

	for (size_t i = 0; i < nr; i++) {
		struct pk_addr_node n = { node, root_first[i] };

		node = 0;
		for (size_t k = 1; k < p->nodes.nr && !node; k++)
			if (p->nodes.data[k].parent == n.parent && p->nodes.data[k].addr == n.addr)
				node = k;
		if (!node) {
			assert_int_equal(pk_vec_add(&p->nodes, n), 0);
			node = p->nodes.nr - 1;
		}
	}
	return node;
}

size_t fix_sample(struct pk_profile *p, uint64_t time_ns, uint32_t tid, uint32_t tgid,
		  uint32_t ustack, uint32_t kstack, uint16_t flags)
{
	struct pk_samples *s = &p->samples;
	long i = pk_samples_push(s);

	assert_true(i >= 0);
	assert_true(!i || s->time_ns[i - 1] <= time_ns);
	s->time_ns[i] = time_ns;
	s->tid[i] = tid;
	s->tgid[i] = tgid;
	s->ustack[i] = ustack;
	s->kstack[i] = kstack;
	s->flags[i] = flags;
	return i;
}

void fix_symbol(struct pk_profile *p, enum pk_space space, uint32_t id, uint64_t addr,
		uint64_t size, const char *name, const char *dso)
{
	struct pk_symbol s = {
		.space = space, .id = id, .addr = addr, .size = size,
		.name = fix_string(p, name), .dso = fix_string(p, dso),
	};

	assert_int_equal(pk_vec_add(&p->symbols, s), 0);
}

void fix_sort_symbols(struct pk_profile *p)
{
	qsort(p->symbols.data, p->symbols.nr, sizeof(*p->symbols.data), pk_symbols_compare);
}

void fix_piece(struct pk_profile *p, uint64_t from_ns, uint64_t to_ns, uint32_t tid, uint32_t tgid,
	       const struct pk_ledger_part *parts, uint32_t nr)
{
	struct pk_ledger_piece piece = {
		.from_ns = from_ns, .to_ns = to_ns, .tid = tid, .tgid = tgid,
		.first_part = p->ledger_parts.nr, .nr_parts = nr,
	};

	assert_true(!p->ledger.nr || p->ledger.data[p->ledger.nr - 1].to_ns <= to_ns);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(pk_vec_add(&p->ledger_parts, parts[i]), 0);
	assert_int_equal(pk_vec_add(&p->ledger, piece), 0);
}

void fix_cpu_piece(struct pk_profile *p, uint64_t from_ns, uint64_t to_ns, uint32_t cpu,
		   uint64_t busy_ns)
{
	struct pk_cpu_piece c = {
		.from_ns = from_ns, .to_ns = to_ns, .cpu = cpu, .busy_ns = busy_ns,
		.idle_ns = to_ns - from_ns - busy_ns,
	};

	assert_int_equal(pk_vec_add(&p->cpus, c), 0);
}

void fix_hist(struct pk_profile *p, const struct pk_hist_piece *h,
	      const struct pk_hist_bucket *buckets, uint32_t nr)
{
	struct pk_hist_piece piece = *h;

	piece.first_bucket = p->hist_buckets.nr;
	piece.nr_buckets = nr;
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(pk_vec_add(&p->hist_buckets, buckets[i]), 0);
	assert_int_equal(pk_vec_add(&p->hists, piece), 0);
}
