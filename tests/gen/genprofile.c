// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * genprofile - write a synthetic profile, the same one for the same arguments.
 *
 *	genprofile [OPTIONS] FILE
 *
 * The made-up machine runs programs of a few DSOs. Their call chains are random
 * walks through a call graph, so that stacks share their outer frames as real
 * ones do; which chain is sampled follows Zipf's law. Timers fire on a grid,
 * with some delay. All functions have symbols named by DSO and number.
 *
 * With --ledger each thread also has an account, told once a second, each CPU and
 * process distributions, and some waits are told with their stacks.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/opt.h"
#include "base/vec.h"
#include "profile/writer.h"

#define T0_NS 1000000000000ULL
#define FUNCTIONS 600		/* of one DSO */
#define FUNCTION_BYTES 512	/* on average */
#define CALLEES 6		/* of one function */
#define KERNEL_BASE 0xffffffff81000000ULL
#define CPUS_MAX 256

static struct {
	uint64_t samples, processes, threads, stacks, depth, phases, cpus, seed, period_ns;
	bool no_symbols, ledger;
} opt = {
	.samples = 20000, .processes = 8, .threads = 2, .stacks = 4000, .depth = 24,
	.phases = 3, .cpus = 2, .seed = 1, .period_ns = 1001001,
};

#define NUMBER(l, n, field, argument, text, least, most)                                           \
	{                                                                                          \
		.letter = l, .name = n, .type = PK_OPT_U64, .value = &opt.field, .arg = argument,  \
		.help = text, .min = least, .max = most                                            \
	}

static const struct pk_opt opts[] = {
	NUMBER('n', "samples", samples, "N", "samples (20000)", 0, 0),
	NUMBER('p', "processes", processes, "N", "processes (8)", 1, 100000),
	NUMBER('t', "threads", threads, "N", "threads of each process (2)", 1, 1000),
	NUMBER('s', "stacks", stacks, "N", "distinct stacks (4000)", 1, 10000000),
	NUMBER('d', "depth", depth, "N", "frames of the deepest stacks (24)", 2,
	       2 * PKPROF_MAX_DEPTH),
	NUMBER(0, "phases", phases, "N", "marked phases (3)", 0, 0),
	NUMBER('c', "cpus", cpus, "N", "busy CPUs (2)", 1, CPUS_MAX),
	NUMBER(0, "period", period_ns, "NS", "sampling period (1001001)", PKPROF_MIN_PERIOD_NS, 0),
	NUMBER(0, "seed", seed, "N", "another profile of the same kind (1)", 0, 0),
	{ .name = "no-symbols", .type = PK_OPT_FLAG, .value = &opt.no_symbols,
	  .help = "as before symbolizing" },
	{ .name = "ledger", .type = PK_OPT_FLAG, .value = &opt.ledger,
	  .help = "accounts, distributions, latencies and waits as well" },
	{ 0 }
};

/* --- random numbers (splitmix64, Steele and others 2014) ---------------------- */

static uint64_t rng;

static uint64_t next(void)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint64_t below(uint64_t n)
{
	return next() % n;
}

/* 0..n-1, small numbers more often: Zipf's law with exponent 1, by its integral. */
static uint64_t zipf(uint64_t n)
{
	double u = (double)(next() >> 11) / (double)(1ULL << 53);
	uint64_t v = (uint64_t)(exp(u * log((double)n + 1)) - 1);

	return v < n ? v : n - 1;
}

/* --- programs ------------------------------------------------------------------ */

struct function {
	uint64_t off, size;	/* bytes within its DSO */
	struct {
		uint16_t callee;
		uint16_t site;	/* return address, minus one, from the function's start */
	} call[CALLEES];
};

struct dso {
	const char *path;
	struct function fn[FUNCTIONS];
	uint32_t file;
};

static struct dso dsos[] = {
	{ .path = "[kernel]" },
	{ .path = "/usr/sbin/server" },
	{ .path = "/usr/lib/x86_64-linux-gnu/libc.so.6" },
	{ .path = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3" },
};
#define NR_DSOS PK_ARRAY_SIZE(dsos)

static void make_dso(struct dso *d)
{
	uint64_t off = 0x1000;

	for (int f = 0; f < FUNCTIONS; f++) {
		struct function *fn = &d->fn[f];

		fn->off = off;
		fn->size = 32 + below(2 * FUNCTION_BYTES - 64);
		off += (fn->size + 15) / 16 * 16;
		for (int c = 0; c < CALLEES; c++) {
			/* calls go forward, so that chains end; mostly to functions nearby */
			uint64_t to = f + 1 + zipf(FUNCTIONS);

			fn->call[c].callee = to < FUNCTIONS ? to : FUNCTIONS - 1;
			fn->call[c].site = 4 + below(fn->size - 8);
		}
	}
}

/* Where a DSO of a process is; kernel code is where it is in all of them. */
static uint64_t base_of(unsigned int dso, uint64_t process)
{
	/* four processes each are forks of one, with its addresses */
	uint64_t layout = process / 4 * 0x3f1e4d5 % 0x7ffffff;

	if (!dso)
		return KERNEL_BASE;
	return (dso == 1 ? 0x550000000000ULL : 0x7f0000000000ULL + dso * 0x10000000ULL) +
	       layout * 4096;
}

/* --- stacks --------------------------------------------------------------------- */

struct stack {
	uint32_t kstack, ustack;
	uint16_t flags;
};

static PK_VEC(struct stack) stacks;
static struct pk_writer *writer;
static struct pk_map64 children;	/* (parent, address) hashed: node */

static void check(int code)
{
	if (!code)
		return;
	fprintf(stderr, "genprofile: %s\n",
		writer ? pk_writer_error(writer)->msg : strerror(-code));
	exit(1);
}

static uint32_t node_below(uint32_t parent, uint64_t addr)
{
	uint32_t *at = pk_map64_at(&children, pk_hash64(addr) ^ parent * 0x9e3779b97f4a7c15ULL);

	check(at ? 0 : -ENOMEM);
	if (*at == PK_MAP64_NONE)
		check(pk_writer_node(writer, parent, addr, at));
	return *at;
}

/* A walk of at most @depth frames from a function on; returns the leaf's node. */
static uint32_t walk(unsigned int dso, uint64_t process, unsigned int depth, uint32_t f)
{
	uint32_t node = 0;

	for (unsigned int i = 0; i + 1 < depth && f + CALLEES < FUNCTIONS; i++) {
		const struct function *fn = &dsos[dso].fn[f];
		unsigned int c = zipf(CALLEES);

		node = node_below(node, base_of(dso, process) + fn->off + fn->call[c].site);
		f = fn->call[c].callee;
		if (dso == 1 && i > depth / 3)
			dso = 1 + below(NR_DSOS - 1);
	}
	return node_below(node, base_of(dso, process) + dsos[dso].fn[f].off +
					zipf(dsos[dso].fn[f].size));
}

static void make_stacks(void)
{
	unsigned int half = opt.depth / 2;

	for (uint64_t i = 0; i < opt.stacks; i++) {
		uint64_t process = i % opt.processes;
		bool in_kernel = below(10) < 6;
		struct stack s = {
			.ustack = walk(1, process, 2 + below(half), 0),
			.flags = in_kernel ? 0 : PKPROF_SAMPLE_USER,
		};

		if (in_kernel)
			s.kstack = walk(0, process, 2 + below(half), zipf(20));
		check(pk_vec_add(&stacks, s));
	}
}

/* --- what is written ------------------------------------------------------------- */

static uint32_t intern(const char *text)
{
	uint32_t id;

	check(pk_writer_string(writer, text, strlen(text), &id));
	return id;
}

static void write_fact_u64(const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	check(pk_writer_fact(writer, key, text));
}

static void write_facts(void)
{
	char cpus[24];

	snprintf(cpus, sizeof(cpus), opt.cpus > 1 ? "0-%u" : "%u", (unsigned int)opt.cpus - 1);
	check(pk_writer_fact(writer, "host.name", "generated"));
	check(pk_writer_fact(writer, "kernel.release", "6.1.0-generated"));
	check(pk_writer_fact(writer, "record.command", "genprofile"));
	check(pk_writer_fact(writer, "cpu.online", cpus));
	write_fact_u64("record.period_ns", opt.period_ns);
	write_fact_u64("record.start_ns", T0_NS);
	write_fact_u64("time.mono_ns", T0_NS);
	write_fact_u64("time.wall_ns", 1700000000000000000ULL);
}

static uint32_t tgid_of(uint64_t process)
{
	return 1000 + process * (opt.threads + 1);
}

static void write_process(uint64_t process)
{
	char args[64];

	snprintf(args, sizeof(args), "/usr/sbin/server --worker %llu",
		 (unsigned long long)process);
	for (uint64_t t = 0; t < opt.threads; t++) {
		struct pk_task_event e = {
			.time_ns = T0_NS,
			.kind = PK_TASK_ALIVE,
			.flags = t ? PKPROF_TASK_THREAD : 0,
			.tid = tgid_of(process) + t,
			.tgid = tgid_of(process),
			.parent_tgid = 1,
			.start_ns = T0_NS - 5000000000ULL + process * 1000 + t,
			.comm = intern(t ? "worker" : "server"),
			.args = intern(args),
			.cgroup = intern("/system.slice/server.service"),
			.cgroup_id = 4711,
		};

		check(pk_writer_task(writer, &e));
	}
	for (unsigned int d = 1; d < NR_DSOS; d++) {
		struct pk_map_event e = {
			.time_ns = T0_NS,
			.tgid = tgid_of(process),
			.file = dsos[d].file,
			.addr = base_of(d, process),
			.len = (FUNCTIONS * FUNCTION_BYTES * 2 + 0x1000) & ~4095ULL,
		};

		check(pk_writer_map(writer, &e));
	}
}

static void write_world(void)
{
	for (unsigned int d = 1; d < NR_DSOS; d++) {
		struct pk_file f = {
			.path = intern(dsos[d].path), .dev = 8 << 20 | 1, .ino = 100 + d,
			.build_id_len = 20,
		};

		memset(f.build_id, d, sizeof(f.build_id));
		check(pk_writer_file(writer, &f, &dsos[d].file));
	}
	for (uint64_t p = 0; p < opt.processes; p++)
		write_process(p);
}

/* ns from the instant of the grid to the handler: mostly short, now and then long. */
static uint64_t delay_ns(void)
{
	return 700 + below(600) + (below(8) ? 0 : zipf(20000));
}

static void write_mark(uint64_t phase, uint64_t time_ns)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "phase %llu", (unsigned long long)phase + 1);

	check(pk_writer_mark(writer, time_ns, text, len));
}

/* One instant of the grid on a CPU. The thread stays on its CPU for some ms. */
static void write_sample(unsigned int cpu, uint64_t time_ns)
{
	static uint64_t running[CPUS_MAX];	/* thread number */
	uint64_t stack, process;

	if (!below(5))
		running[cpu] = zipf(opt.processes * opt.threads);
	process = running[cpu] / opt.threads;
	/* stacks of one process are opt.processes apart */
	stack = zipf((opt.stacks + opt.processes - 1) / opt.processes) * opt.processes + process;
	if (stack >= opt.stacks)
		stack %= opt.stacks;
	check(pk_writer_sample(writer, &(struct pk_sample_row){
					       .time_ns = time_ns,
					       .tid = tgid_of(process) + running[cpu] % opt.threads,
					       .tgid = tgid_of(process),
					       .kstack = stacks.data[stack].kstack,
					       .ustack = stacks.data[stack].ustack,
					       .cpu = cpu,
					       .flags = stacks.data[stack].flags,
				       }));
}

/* Returns the time of the last instant. */
static uint64_t write_samples(void)
{
	uint64_t per_phase = opt.phases ? opt.samples / opt.phases + 1 : 0, tick = 0, nr = 0;

	for (; nr < opt.samples; tick++) {
		uint64_t at[CPUS_MAX], instant = T0_NS + (tick + 1) * opt.period_ns;

		for (unsigned int c = 0; c < opt.cpus; c++)
			at[c] = instant + c * opt.period_ns / opt.cpus + delay_ns();
		for (unsigned int c = 0; c < opt.cpus && nr < opt.samples; c++) {
			if (per_phase && nr % per_phase == 0)
				write_mark(nr / per_phase, at[c] - 500);
			write_sample(c, at[c]);
			nr++;
		}
	}
	return T0_NS + (tick + 1) * opt.period_ns;
}

static void write_books(uint64_t end_ns)
{
	for (unsigned int c = 0; c < opt.cpus; c++) {
		struct pk_counters k = {
			.time_ns = end_ns,
			.cpu = c,
			.delivered = opt.samples / opt.cpus + (c < opt.samples % opt.cpus),
		};

		k.kernel.source = PKPROF_SRC_CPU;
		k.kernel.generated = k.kernel.hits = k.delivered;
		k.kernel.timed_hits = k.delivered / 16;
		k.kernel.timed_ns = k.kernel.timed_hits * 900;
		k.kernel.entry_ns = 300;
		check(pk_writer_counters(writer, &k));
	}
}

/* --- ledger ----------------------------------------------------------------------- */

#define TICK_NS	      1000000000ULL
#define TICK_WAITS    200	/* of the whole machine, told in one tick */
#define WAIT_LOG2     24	/* period of instants, in ns */

static uint32_t tid_of(uint64_t thread)
{
	return tgid_of(thread / opt.threads) + thread % opt.threads;
}

/* One tick of a thread's account: mostly asleep, its lines in order. */
static void write_account(uint64_t thread, uint64_t from_ns, uint64_t to_ns)
{
	static const uint16_t lines[] = { PKPROF_LINE_CPU, PKPROF_LINE_WAKEUP, PKPROF_LINE_DISK,
					  PKPROF_LINE_FUTEX, PKPROF_LINE_POLL };
	struct pk_ledger_part parts[PK_ARRAY_SIZE(lines)] = { 0 };
	struct pk_ledger_piece p = {
		.from_ns = from_ns, .to_ns = to_ns, .tid = tid_of(thread),
		.tgid = tgid_of(thread / opt.threads), .nr_parts = PK_ARRAY_SIZE(lines),
	};
	uint64_t left = to_ns - from_ns;

	for (size_t i = 0; i < PK_ARRAY_SIZE(lines); i++) {
		uint64_t ns = i + 1 < PK_ARRAY_SIZE(lines) ? below(left / 8 + 1) : left;

		parts[i] = (struct pk_ledger_part){ ns, 1 + below(50), lines[i], 0 };
		left -= ns;
	}
	check(pk_writer_ledger(writer, &p, parts));
}

static void write_cpu(uint32_t cpu, uint64_t from_ns, uint64_t to_ns)
{
	struct pk_cpu_piece c = { .from_ns = from_ns, .to_ns = to_ns, .cpu = cpu,
				  .busy_ns = below(to_ns - from_ns), .nr_switches = below(20000) };

	c.idle_ns = to_ns - from_ns - c.busy_ns;
	check(pk_writer_cpu(writer, &c));
}

/* A distribution of about 30 neighbouring buckets. */
static void write_hist(unsigned int what, unsigned int key, uint32_t id, uint64_t from_ns,
		       uint64_t to_ns)
{
	struct pk_hist_piece h = { .from_ns = from_ns, .to_ns = to_ns, .what = what, .key = key,
				   .id = id, .nr_buckets = 30, .max_ns = 5000000 };
	struct pk_hist_bucket buckets[30];

	for (uint32_t b = 0; b < h.nr_buckets; b++) {
		buckets[b] = (struct pk_hist_bucket){ 60 + 3 * b, 1 + below(100) };
		h.count += buckets[b].nr;
		h.sum_ns += buckets[b].nr * (100ULL << b / 3);
	}
	check(pk_writer_hist(writer, &h, buckets));
}

static void write_latency(uint64_t time_ns)
{
	uint64_t thread = below(opt.processes * opt.threads);
	struct pk_latency l = {
		.time_ns = time_ns, .queued_ns = time_ns - 100000 - zipf(5000000),
		.threshold_ns = 100000, .prev_ns = below(4000000), .tid = tid_of(thread),
		.tgid = tgid_of(thread / opt.threads), .cpu = below(opt.cpus),
		.prev_tid = tid_of(0), .prev_tgid = tgid_of(0), .prev_comm = intern("server"),
		.line = PKPROF_LINE_WAKEUP,
	};

	check(pk_writer_latency(writer, &l));
}

/* A wait with its stack, and who ended it. */
static void write_wait(uint64_t time_ns)
{
	uint64_t thread = zipf(opt.processes * opt.threads), waker = zipf(opt.processes);
	const struct stack *s = &stacks.data[zipf(stacks.nr)];
	uint64_t nr = 1 + zipf(20), runq_ns = below(1 << WAIT_LOG2);
	struct pk_wait x = {
		.since_ns = time_ns - (nr << WAIT_LOG2) - runq_ns, .woken_ns = time_ns - runq_ns,
		.time_ns = time_ns, .nr_blocked = nr, .tid = tid_of(thread),
		.tgid = tgid_of(thread / opt.threads), .cpu = below(opt.cpus),
		.kstack = s->kstack, .ustack = s->ustack, .line = PKPROF_LINE_FUTEX,
		.runq_line = PKPROF_LINE_WAKEUP, .period_log2 = WAIT_LOG2,
	};
	struct pk_wake w = {
		.since_ns = x.since_ns, .time_ns = x.woken_ns, .tid = x.tid, .tgid = x.tgid,
		.cpu = x.cpu, .waker_tid = tgid_of(waker), .waker_tgid = tgid_of(waker),
		.waker_comm = intern("server"), .kstack = s->kstack, .ustack = s->ustack,
	};

	check(pk_writer_wake(writer, &w));
	check(pk_writer_wait(writer, &x));
}

static void write_ledger(uint64_t end_ns)
{
	for (uint64_t from = T0_NS; from < end_ns; from += TICK_NS) {
		uint64_t to = from + TICK_NS < end_ns ? from + TICK_NS : end_ns;

		for (uint64_t t = 0; t < opt.processes * opt.threads; t++)
			write_account(t, from, to);
		for (uint32_t cpu = 0; cpu < opt.cpus; cpu++) {
			write_cpu(cpu, from, to);
			write_hist(PKPROF_HIST_RUNQ, PKPROF_HIST_CPU, cpu, from, to);
			write_hist(PKPROF_HIST_SLICE, PKPROF_HIST_CPU, cpu, from, to);
		}
		for (uint64_t p = 0; p < opt.processes; p++) {
			write_hist(PKPROF_HIST_RUNQ, PKPROF_HIST_PROCESS, tgid_of(p), from, to);
			write_hist(PKPROF_HIST_SLICE, PKPROF_HIST_PROCESS, tgid_of(p), from, to);
		}
		for (unsigned int i = 0; i < TICK_WAITS; i++) {
			uint64_t at = from + (to - from) / TICK_WAITS * (i + 1);

			write_latency(at);
			write_wait(at);
		}
	}
}

static void write_symbols(void)
{
	for (unsigned int d = 0; d < NR_DSOS; d++) {
		const char *slash = strrchr(dsos[d].path, '/');

		for (int f = 0; f < FUNCTIONS; f++) {
			const struct function *fn = &dsos[d].fn[f];
			struct pk_symbol s = {
				.space = d ? PK_SPACE_FILE : PK_SPACE_KERNEL,
				.id = dsos[d].file,
				.addr = (d ? 0 : KERNEL_BASE) + fn->off,
				.size = fn->size,
				.dso = intern(dsos[d].path),
			};
			char name[64];

			snprintf(name, sizeof(name), "%.8s_function_%d",
				 slash ? slash + 1 : "kernel", f);
			s.name = intern(name);
			check(pk_writer_symbol(writer, &s));
		}
	}
}

int main(int argc, char **argv)
{
	struct pk_err err = { 0 };
	int dashes, fd, nr = pk_opt_parse(opts, argc - 1, argv + 1, true, &dashes, &err);
	uint64_t end_ns;

	if (nr != 1) {
		struct pk_strbuf help = { 0 };

		pk_opt_help(opts, &help);
		fprintf(stderr, "%s%susage: genprofile [OPTIONS] FILE\n%s", err.msg,
			*err.msg ? "\n" : "", help.data);
		return nr == -ECANCELED ? 0 : 2;
	}
	rng = opt.seed;
	for (unsigned int d = 0; d < NR_DSOS; d++)
		make_dso(&dsos[d]);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	check(fd < 0 ? -errno : 0);
	check(pk_writer_create(fd, argv[1], &writer, NULL));
	write_facts();
	write_world();
	make_stacks();
	end_ns = write_samples();
	write_books(end_ns);
	if (opt.ledger)
		write_ledger(end_ns);
	if (!opt.no_symbols)
		write_symbols();
	check(pk_writer_finish(writer, end_ns));
	fprintf(stderr, "%llu bytes, %.2f per sample\n",
		(unsigned long long)pk_writer_bytes(writer),
		(double)pk_writer_bytes(writer) / (double)(opt.samples ? opt.samples : 1));
	pk_writer_destroy(writer);
	pk_vec_deinit(&stacks);
	pk_map64_deinit(&children);
	return close(fd) ? 1 : 0;
}
