/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording by hand, for programs that do with it what no recorder would: START with what
 * they like, the rings of all CPUs mapped, records one by one. In: an open device (control.h).
 */
#ifndef PK_WORKLOAD_SESSION_H
#define PK_WORKLOAD_SESSION_H

#include <sys/mman.h>

#include "control.h"

#define SESSION_MAX_CPUS 64

struct session_ring {
	struct pkprof_ring_reader *reader;	/* NULL: no such CPU, or not mapped */
	const struct pkprof_ring_info *info;
	const char *data;
	uint64_t tail;				/* as we know it; the page's is for the kernel */
};

static struct {
	uint32_t ring_bytes, stride, nr_cpus, sources, kernel_depth;
	struct session_ring ring[SESSION_MAX_CPUS];
} session;

/* What STOP, MARK and WATCH are asked by. */
static inline int session_ask(int cmd, const char **text_ret)
{
	struct request r = request_of(family, cmd, 0);

	put_u64(&r, PKPROF_A_COOKIE, cookie);
	if (cmd == PKPROF_CMD_MARK)
		put(&r, PKPROF_A_TEXT, "here", 4);
	return ask(&r, text_ret);
}

static inline void session_told(const char *attrs, int bytes)
{
	static const struct {
		int attr;
		uint32_t *to;
	} wanted[] = {
		{ PKPROF_A_RING_BYTES, &session.ring_bytes }, { PKPROF_A_RING_STRIDE, &session.stride },
		{ PKPROF_A_NR_CPUS, &session.nr_cpus },	      { PKPROF_A_SOURCES, &session.sources },
		{ PKPROF_A_KERNEL_DEPTH, &session.kernel_depth },
	};

	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct nlattr *a = find(attrs, bytes, wanted[i].attr);

		if (a)
			memcpy(wanted[i].to, (const char *)a + NLA_HDRLEN, sizeof(uint32_t));
	}
}

static inline uint32_t session_sources(void)
{
	struct request r = request_of(family, PKPROF_CMD_INFO, 0);
	const char *text;

	told = session_told;
	ask(&r, &text);
	told = NULL;
	return session.sources & ~(1u << PKPROF_SRC_PMU);
}

/* A request to START that is complete but for what the caller adds. */
static inline struct request session_request(uint32_t sources, uint64_t period_ns)
{
	struct request r = request_of(family, PKPROF_CMD_START, 0);

	put_u32(&r, PKPROF_A_ABI, PKPROF_ABI);
	put_u64(&r, PKPROF_A_COOKIE, cookie);
	put_u32(&r, PKPROF_A_SOURCES, sources);
	put_u64(&r, PKPROF_A_PERIOD_NS, period_ns);
	put_u32(&r, PKPROF_A_OPTIONAL, UINT32_MAX);
	return r;
}

static inline int session_start(const struct request *r, const char **text_ret)
{
	int err;

	told = session_told;
	err = ask(r, text_ret);
	told = NULL;
	return err;
}

/* 0 or -errno of the first mapping that failed. */
static inline int session_map(void)
{
	const long page = sysconf(_SC_PAGESIZE);

	for (uint32_t cpu = 0; cpu < session.nr_cpus && cpu < SESSION_MAX_CPUS; cpu++) {
		struct session_ring *r = &session.ring[cpu];
		off_t at = (off_t)cpu * session.stride;
		void *reader = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, device, at);
		void *info = MAP_FAILED;

		if (reader != MAP_FAILED)
			info = mmap(NULL, page + session.ring_bytes, PROT_READ, MAP_SHARED, device,
				    at + page);
		if (info == MAP_FAILED)
			return -errno;
		*r = (struct session_ring){ reader, info, (const char *)info + page, 0 };
	}
	return 0;
}

static inline void session_unmap(void)
{
	const long page = sysconf(_SC_PAGESIZE);

	for (uint32_t cpu = 0; cpu < SESSION_MAX_CPUS; cpu++) {
		if (!session.ring[cpu].reader)
			continue;
		munmap(session.ring[cpu].reader, page);
		munmap((void *)session.ring[cpu].info, page + session.ring_bytes);
		session.ring[cpu].reader = NULL;
	}
}

/*
 * Hands out all records that are there; consumes them if @consume. Return: how many, or -1: the
 * ring holds what is no record.
 */
static inline long session_drain(void (*fn)(const struct pkprof_rec *rec), int consume)
{
	long nr = 0;

	for (uint32_t cpu = 0; cpu < SESSION_MAX_CPUS; cpu++) {
		struct session_ring *r = &session.ring[cpu];
		uint64_t head;

		if (!r->reader)
			continue;
		head = __atomic_load_n(&r->info->head, __ATOMIC_ACQUIRE);
		while (r->tail < head) {
			const struct pkprof_rec *rec =
				(const void *)(r->data + (r->tail & (session.ring_bytes - 1)));

			if (rec->size < sizeof(*rec) || rec->size % 8 || rec->type >= PKPROF_NR_RECS)
				return -1;
			if (rec->type != PKPROF_REC_PAD && fn)
				fn(rec);
			nr += rec->type != PKPROF_REC_PAD;
			r->tail += rec->size;
		}
		if (consume)
			__atomic_store_n(&r->reader->tail, r->tail, __ATOMIC_RELEASE);
	}
	return nr;
}

/* Text segment, modules; direct map, vmalloc, stacks, page structures. */
static inline int is_kernel_address(uint64_t v)
{
	return (v >= 0xffff800000000000ull && v < 0xffffff0000000000ull) ||
	       (v >= 0xffffffff80000000ull && v < 0xffffffffff000000ull);
}

#endif
