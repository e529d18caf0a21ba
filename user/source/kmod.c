// SPDX-License-Identifier: GPL-2.0-or-later
/* Engine of the kernel module; see kmod.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/kmod.h"
#include "source/link.h"
#include "source/merge.h"
#include "source/names.h"
#include "source/ring_reader.h"

#define ALL_RINGS_BYTES (8u << 20) /* together, if nobody says otherwise */

/* One CPU's mapped ring; not there for impossible CPUs. */
struct kmod_ring {
	struct pk_ring_reader reader;
	void *reader_page, *info; /* MAP_FAILED: not mapped */
};

struct kmod {
	struct pk_source source;
	struct pk_link link;
	unsigned int nr_cpus;
	size_t page_bytes, info_bytes; /* of the two mappings */
	struct kmod_ring *rings;       /* nr_cpus of them */
	struct pk_merge merge;
};

static struct kmod *kmod_of(struct pk_source *s)
{
	return (struct kmod *)s;
}

unsigned int pk_kmod_default_ring_bytes(unsigned int nr_cpus)
{
	unsigned int bytes = PKPROF_DEF_RING_BYTES;

	while (bytes > PKPROF_MIN_RING_BYTES && (uint64_t)bytes * nr_cpus > ALL_RINGS_BYTES)
		bytes /= 2;
	return bytes;
}

static void kmod_close(struct pk_source *s);

static struct kmod *kmod_alloc(void)
{
	struct kmod *k = calloc(1, sizeof(*k));

	if (k) {
		k->source.ops = &pk_source_kmod;
		k->link.fd = -1;
		k->page_bytes = sysconf(_SC_PAGESIZE);
	}
	return k;
}

static int kmod_open(const char *arg, struct pk_source **ret, struct pk_err *err)
{
	struct kmod *k = kmod_alloc();
	int code;

	if (!k)
		return -ENOMEM;
	code = pk_link_open(&k->link, true, arg, err);
	k->nr_cpus = k->link.info.nr_cpus;
	if (code) {
		kmod_close(&k->source);
		return code;
	}
	*ret = &k->source;
	return 0;
}

static int start_error(struct kmod *k, int code, struct pk_err *err)
{
	struct pk_nl_status st;
	struct pk_err said = *err;

	switch (code) {
	case -EBUSY:
		if (pk_nl_status(k->link.nl, &st, NULL) || !st.owner_pid)
			return pk_err_exit(err, code, PK_EXIT_BUSY,
					   "another recording is running: %s", said.msg);
		return pk_err_exit(
			err, code, PK_EXIT_BUSY,
			"another recording is running, by process %u (%s): wait for it, or "
			"stop it with `kill -INT %u`",
			st.owner_pid, st.owner_comm, st.owner_pid);
	case -ESRCH:
		return pk_err_exit(
			err, code, PK_EXIT_NO_TARGET,
			"a process to record does not exist (%s): look it up again with ps",
			said.msg);
	case -EPERM:
		return pk_err_exit(err, code, PK_EXIT_NO_RIGHTS, "no right to record: %s", said.msg);
	case -EPROTO:
		return pk_err_exit(
			err, code, PK_EXIT_VERSION,
			"the module refuses this tool's ABI %u (%s): install both from one "
			"version",
			PKPROF_ABI, said.msg);
	case -ERANGE:
		return pk_err_exit(err, code, PK_EXIT_USAGE,
				   "the module refuses an option's value: %s", said.msg);
	case -EOPNOTSUPP:
		return pk_err_exit(
			err, code, PK_EXIT_FAILURE,
			"this kernel cannot do what was asked (%s): `pkprof-user list` says "
			"what works here",
			said.msg);
	}
	return pk_err_set(err, code, "the module cannot start recording: %s", said.msg);
}

static void unmap_rings(struct kmod *k)
{
	for (unsigned int cpu = 0; k->rings && cpu < k->nr_cpus; cpu++) {
		if (k->rings[cpu].reader_page != MAP_FAILED)
			munmap(k->rings[cpu].reader_page, k->page_bytes);
		if (k->rings[cpu].info != MAP_FAILED)
			munmap(k->rings[cpu].info, k->info_bytes);
	}
	free(k->rings);
	k->rings = NULL;
}

static int map_ring(struct kmod *k, unsigned int cpu, off_t at, struct pk_err *err)
{
	struct kmod_ring *r = &k->rings[cpu];

	r->reader_page = mmap(NULL, k->page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, k->link.fd, at);
	if (r->reader_page == MAP_FAILED && (errno == ENXIO || errno == EINVAL))
		return 0; /* a hole in the possible CPUs */
	if (r->reader_page != MAP_FAILED)
		r->info =
			mmap(NULL, k->info_bytes, PROT_READ, MAP_SHARED, k->link.fd, at + k->page_bytes);
	if (r->info == MAP_FAILED)
		return pk_err_set(err, -errno, "cannot map the ring of CPU %u: %s", cpu,
				  strerror(errno));
	return pk_ring_reader_init(&r->reader, r->reader_page, r->info, k->info_bytes, err);
}

static int map_rings(struct kmod *k, const struct pk_nl_started *st, struct pk_err *err)
{
	unsigned int nr_mapped = 0;

	unmap_rings(k);
	k->nr_cpus = st->nr_cpus;
	k->info_bytes = k->page_bytes + st->ring_bytes;
	k->rings = calloc(st->nr_cpus, sizeof(*k->rings));
	if (!k->rings || pk_merge_init(&k->merge, st->nr_cpus))
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < k->nr_cpus; cpu++)
		k->rings[cpu].reader_page = k->rings[cpu].info = MAP_FAILED;
	for (unsigned int cpu = 0; cpu < k->nr_cpus; cpu++) {
		int ret = map_ring(k, cpu, (off_t)cpu * st->ring_stride, err);

		if (ret)
			return ret;
		nr_mapped += k->rings[cpu].info != MAP_FAILED;
	}
	if (!nr_mapped)
		return pk_err_set(err, -ENXIO, "the module gave no ring to map");
	return 0;
}

/* What no other source needs; modules of an older ABI refuse to be told so. */
#define OPTIONAL_SOURCES                                                                           \
	(1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP | 1u << PKPROF_SRC_VFS)
#define OPTIONAL_ABI 7
#define BUDGET_ABI   10

/* Asked for by name: all or nothing; else what works here. */
static int choose_sources(struct kmod *k, struct pk_source_config *cfg, struct pk_err *err)
{
	uint32_t works = pk_sources_supported(k->link.info.sources), missing;

	if (!cfg->all_sources) {
		cfg->sources = pk_sources_supported(cfg->sources & works);
		if (k->link.info.abi >= OPTIONAL_ABI)
			cfg->optional = OPTIONAL_SOURCES & cfg->sources;
		return 0;
	}
	missing = cfg->sources & ~works;
	if (missing && !(missing & ~k->link.info.sources)) {
		unsigned int source = __builtin_ctz(missing);

		return pk_err_exit(err, -EOPNOTSUPP, PK_EXIT_FAILURE,
				   "source %s needs another one that does not work on this kernel: "
				   "`pkprof-user list` says what works here",
				   pk_source_name(source));
	}
	cfg->sources = pk_sources_complete(cfg->sources);
	return 0;
}

static int kmod_start(struct pk_source *s, const struct pk_source_config *cfg,
		      struct pk_source_info *ret, struct pk_err *err)
{
	struct pk_source_config full = *cfg;
	struct kmod *k = kmod_of(s);
	struct pk_nl_started st;
	int code;

	code = choose_sources(k, &full, err);
	if (code)
		return code;
	if (k->link.info.abi < BUDGET_ABI)
		full.budget_ppm = 0;
	if (!full.ring_bytes)
		full.ring_bytes = pk_kmod_default_ring_bytes(k->nr_cpus);
	code = pk_nl_start(k->link.nl, k->link.cookie, &full, &st, err);
	if (code)
		return start_error(k, code, err);
	code = map_rings(k, &st, err);
	if (code)
		return code;
	*ret = (struct pk_source_info){
		.session = st.session,
		.t0_ns = st.t0_ns,
		.period_ns = st.period_ns,
		.sources = st.sources,
		.nr_cpus = st.nr_cpus,
		.ring_bytes = st.ring_bytes,
		.wait_period_ns = st.wait_period_ns,
		.no_kernel_stacks = full.kernel_depth && !st.kernel_depth,
	};
	return 0;
}

static uint64_t kmod_now_ns(struct pk_source *s)
{
	(void)s;
	return pk_monotonic_ns();
}

static int kmod_poll_fd(struct pk_source *s)
{
	return kmod_of(s)->link.fd;
}

/* The ring's next record into the merge, if it has one. */
static void offer(struct kmod *k, unsigned int cpu)
{
	const struct pkprof_rec *rec = pk_ring_reader_peek(&k->rings[cpu].reader);

	if (rec)
		pk_merge_push(&k->merge, cpu, rec->time_ns, rec);
}

/* Consume a record; now and then the kernel gets its room back at once. */
static void consume(struct kmod *k, unsigned int cpu)
{
	struct pk_ring_reader *r = &k->rings[cpu].reader;

	pk_ring_reader_advance(r);
	if (pk_ring_reader_held(r) > r->data_bytes / 8)
		pk_ring_reader_release(r);
}

static int kmod_drain(struct pk_source *s, pk_record_fn fn, void *ctx, struct pk_err *err)
{
	const struct pkprof_rec *rec;
	struct kmod *k = kmod_of(s);
	unsigned int cpu;
	int ret = 0;

	(void)err;
	if (!k->rings)
		return -ENODATA;
	pk_merge_clear(&k->merge);
	for (cpu = 0; cpu < k->nr_cpus; cpu++) {
		if (k->rings[cpu].info == MAP_FAILED)
			continue;
		pk_ring_reader_refresh(&k->rings[cpu].reader);
		offer(k, cpu);
	}
	while (!ret && pk_merge_pop(&k->merge, &cpu, &rec)) {
		ret = fn(ctx, cpu, rec);
		consume(k, cpu);
		offer(k, cpu);
	}
	for (cpu = 0; cpu < k->nr_cpus; cpu++)
		if (k->rings[cpu].info != MAP_FAILED && pk_ring_reader_held(&k->rings[cpu].reader))
			pk_ring_reader_release(&k->rings[cpu].reader);
	return ret;
}

static uint64_t kmod_bad_bytes(struct pk_source *s)
{
	struct kmod *k = kmod_of(s);
	uint64_t sum = 0;

	for (unsigned int cpu = 0; k->rings && cpu < k->nr_cpus; cpu++)
		sum += k->rings[cpu].reader.bad_bytes;
	return sum;
}

static int kmod_books(struct pk_source *s,
		      int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
		      void *ctx, struct pk_err *err)
{
	int ret = pk_nl_books(kmod_of(s)->link.nl, fn, ctx, err);

	return ret ? pk_err_prefix(err, "cannot read the module's books") : 0;
}

static int kmod_ledger(struct pk_source *s, uint64_t epoch_ns, uint32_t what,
		       const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	struct pk_err said = { 0 };
	struct kmod *k = kmod_of(s);
	int ret;

	ret = pk_nl_ledger(k->link.nl, k->link.cookie, epoch_ns, what, v, ctx, &said);
	if (ret == -ENOENT)
		return pk_err_set(err, -EOPNOTSUPP, "the recording runs without sources sched, block, tcp, vfs and unix");
	return ret ? pk_err_set(err, ret, "cannot read the ledger: %s", said.msg) : 0;
}

static int kmod_global_pids(struct pk_source *s, uint32_t *pids, unsigned int nr,
			    struct pk_err *err)
{
	return pk_link_global_pids(&kmod_of(s)->link, pids, nr, err);
}

static int kmod_take_rows(struct pk_source *s, const void *rows, size_t bytes)
{
	return write(kmod_of(s)->link.fd, rows, bytes) == (ssize_t)bytes ? 0 : -errno;
}

static int mark_error(int code, struct pk_err *err)
{
	struct pk_err said = *err;

	if (code == -ENOENT)
		return pk_err_exit(err, code, PK_EXIT_NO_TARGET,
				   "nothing is being recorded that could be marked: start "
				   "`pkprof-user record` first");
	return pk_err_set(err, code, "the mark was not recorded: %s", said.msg);
}

static int kmod_mark(struct pk_source *s, const char *text, struct pk_err *err)
{
	struct kmod *k = kmod_of(s);
	int ret = pk_nl_mark(k->link.nl, k->link.cookie, text, err);

	return ret ? mark_error(ret, err) : 0;
}

int pk_kmod_mark(const char *text, struct pk_err *err)
{
	struct kmod *k = kmod_alloc();
	int ret;

	if (!k)
		return -ENOMEM;
	ret = pk_link_open(&k->link, false, NULL, err);
	if (ret == -ENOENT && !k->link.nl)
		ret = mark_error(ret, err);
	if (!ret)
		ret = kmod_mark(&k->source, text, err);
	kmod_close(&k->source);
	return ret;
}

static int kmod_stop(struct pk_source *s, struct pk_err *err)
{
	struct kmod *k = kmod_of(s);
	int ret = pk_nl_stop(k->link.nl, k->link.cookie, err);

	return ret ? pk_err_prefix(err, "cannot stop the recording") : 0;
}

static void kmod_close(struct pk_source *s)
{
	struct kmod *k = kmod_of(s);

	if (!k)
		return;
	unmap_rings(k);
	pk_merge_deinit(&k->merge);
	pk_link_close(&k->link);
	free(k);
}

const struct pk_source_ops pk_source_kmod = {
	.name = "kmod",
	.help = "the kernel module pkprof",
	.open = kmod_open,
	.start = kmod_start,
	.now_ns = kmod_now_ns,
	.poll_fd = kmod_poll_fd,
	.drain = kmod_drain,
	.bad_bytes = kmod_bad_bytes,
	.books = kmod_books,
	.ledger = kmod_ledger,
	.global_pids = kmod_global_pids,
	.take_rows = kmod_take_rows,
	.mark = kmod_mark,
	.stop = kmod_stop,
	.close = kmod_close,
};
