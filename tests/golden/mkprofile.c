// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkprofile - compile a profile script into a profile file.
 *
 *	mkprofile SCRIPT FILE
 *
 * A script has one statement per line. Words are separated by blanks; a word
 * in double quotes may hold blanks and \n, \t, \", \\, \xHH. Times are seconds
 * since the start of the recording. What begins with # is a comment.
 *
 *	fact KEY VALUE			about host or recording
 *	process PID NAME [parent=PID] [cgroup=PATH] [args=TEXT] [kernel]
 *					alive at the start
 *	thread TID PID NAME		likewise, a further thread of a process
 *	fork T TID PARENT [NAME]	a new process
 *	exec T PID NAME [cgroup=PATH] [args=TEXT]
 *	exit T TID
 *	stack NAME user|kernel|jit=PID [end=REASON] FRAME...
 *					root first; FRAME is FUNCTION or FUNCTION@DSO, and stays
 *					in the DSO of the frame before; ?HEX is an address that
 *					no symbol covers; jit: the last frame is compiled code
 *	mark T TEXT
 *	sample T CPU TID KSTACK USTACK [FLAG...]
 *	busy FROM TO CPU TID KSTACK USTACK [every=N] [skip=K] [FLAG...]
 *					a sample at the instants number K, K+N, ... of the grid;
 *					a stack is a name or -; FLAG: user, softirq, kthread, no_mm,
 *					weight=N: stands for 2^N instants
 *	step T WHAT LEVEL SOURCE SHARE [OWN]
 *					of the governor: detail, rate, source or floor; shares
 *					in millionths, OWN that of the source
 *	books CPU SOURCE [NAME=N...]	NAME is a loss reason, hits, timed_hits, timed_ns,
 *					entry_ns, generated, delivered. Source cpu gets what the
 *					samples are unless told otherwise
 *	ledger, cpu, hist, latency, wait, wake
 *					where threads' time went; see ledger_items.c
 *	blockdev, block			what block devices did; see block_items.c
 *	filesystem, fileops, opfile, op	operations on files; see vfs_items.c
 *	bio				block I/O with stacks; see bio_items.c
 *	net				what connections did; see net_items.c
 *	waiton				what waits were for; see waited_items.c
 *	lines FUNCTION@DSO leaf|call SOURCE:LINE [INLINED SOURCE:LINE]...
 *					of the function, where it is a leaf or calls, then of
 *					what is inlined there, outermost first; see stack
 *	end T				the end; without it the recorder died
 *
 * All DSOs are mapped into all processes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "profile/writer.h"
#include "script.h"
#include "source/names.h"

#define FUNCTION_SIZE 0x100
#define KERNEL_BASE   0xffffffff81000000ULL
#define JIT_BASE      0x7e0000000000ULL
#define DSO_BYTES     0x1000000ULL
#define DEFAULT_PERIOD_NS 10000000ULL

struct function {
	char *name;
	unsigned int dso;
	uint64_t addr;		/* in the DSO's space */
	bool named;
};

struct dso {
	char *path;
	uint32_t file;		/* 0: kernel or JIT */
	uint32_t jit_tgid;	/* of JIT code */
	uint64_t base, next;	/* base: where it is mapped; next: free address */
};

static PK_VEC(struct dso) dsos;
static PK_VEC(struct function) functions;
static PK_VEC(struct stack) stacks;
static PK_VEC(struct pk_sample_row) samples;
static PK_VEC(struct pk_counters) books;
static PK_VEC(struct pk_task_event) programs;	/* where DSOs are mapped */
static uint32_t tgid_of[1 << 16];
static uint32_t comm_of[1 << 16];	/* string ids */
static uint64_t period_ns = DEFAULT_PERIOD_NS;

/* --- code --------------------------------------------------------------------------- */

static unsigned int find_dso(const char *path, uint32_t jit_tgid)
{
	struct dso *d;

	for (unsigned int i = 0; i < dsos.nr; i++)
		if (!strcmp(dsos.data[i].path, path) && dsos.data[i].jit_tgid == jit_tgid)
			return i;
	d = pk_vec_push(&dsos);
	*d = (struct dso){ .path = strdup(path), .jit_tgid = jit_tgid, .next = 0x1000 };
	if (jit_tgid) {
		d->base = d->next = JIT_BASE;
	} else if (*path == '[' && strcmp(path, "[vdso]") != 0) {
		d->base = d->next = KERNEL_BASE + dsos.nr * DSO_BYTES;
	} else {
		struct pk_file f = { .path = intern(path), .dev = 8 << 20 | 1,
				     .ino = dsos.nr, .build_id_len = 20 };

		memset(f.build_id, (int)dsos.nr, sizeof(f.build_id));
		check(pk_writer_file(writer, &f, &d->file));
		d->base = 0x550000000000ULL + dsos.nr * DSO_BYTES;
	}
	return dsos.nr - 1;
}

static const struct function *find_function(const char *name, unsigned int dso)
{
	struct function *f;

	for (unsigned int i = 0; i < functions.nr; i++)
		if (functions.data[i].dso == dso && !strcmp(functions.data[i].name, name))
			return &functions.data[i];
	f = pk_vec_push(&functions);
	f->name = strdup(name);
	f->dso = dso;
	f->named = *name != '?';
	f->addr = dsos.data[dso].next;
	dsos.data[dso].next += FUNCTION_SIZE;
	return f;
}

/* Where a frame of the stack is in it: the leaf anywhere, callers behind a call. */
static uint64_t address_in(const struct function *f, bool leaf)
{
	const struct dso *d = &dsos.data[f->dso];

	return (d->file ? d->base : 0) + f->addr + (leaf ? 0x20 : 0x40);
}

static unsigned int parse_end(const char *text)
{
	static const char *const names[] = { "root", "depth", "fault", "bad_frame", "unwind" };

	for (unsigned int i = 0; text && i < PK_ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i]))
			return i;
	if (text)
		fail("no such end of a stack", text);
	return 0;
}

static void do_stack(const struct words *w)
{
	const char *jit = option(w, 2, "jit"), *end = option(w, 3, "end");
	struct stack s = { .name = strdup(word(w, 1)), .end = parse_end(end),
			   .kernel = !strcmp(word(w, 2), "kernel") };
	unsigned int dso = find_dso(s.kernel ? "[kernel]" : "/bin/program", 0);

	for (unsigned int i = 3 + (end != NULL); i < w->nr; i++) {
		char *at = strrchr(w->word[i], '@');
		bool leaf = i == w->nr - 1;

		if (at) {
			*at = '\0';
			dso = find_dso(at + 1, 0);
		}
		if (jit && leaf)
			dso = find_dso("[jit]", number(jit));
		check(pk_writer_node(writer, s.node,
				     address_in(find_function(w->word[i], dso), leaf), &s.node));
	}
	check(pk_vec_add(&stacks, s));
}

/* --- tasks ---------------------------------------------------------------------------- */

static void note_task(const struct pk_task_event *e)
{
	if (e->tid >= PK_ARRAY_SIZE(tgid_of))
		fail("pids are below 65536, not", "");
	tgid_of[e->tid] = e->tgid;
	comm_of[e->tid] = e->comm;
}

uint32_t process_of(uint32_t tid)
{
	if (tid >= PK_ARRAY_SIZE(tgid_of))
		fail("pids are below 65536, not", "");
	return tgid_of[tid] ? tgid_of[tid] : tid;
}

uint32_t name_of(uint32_t tid)
{
	return comm_of[tid];
}

static void do_process(const struct words *w)
{
	const char *parent = option(w, 3, "parent");
	struct pk_task_event e = {
		.time_ns = T0_NS,
		.kind = PK_TASK_ALIVE,
		.flags = has_flag(w, 3, "kernel") ? PKPROF_TASK_KTHREAD : 0,
		.tid = number(word(w, 1)),
		.parent_tgid = parent ? number(parent) : 0,
		.start_ns = T0_NS - 60000000000ULL,
		.comm = intern(word(w, 2)),
		.args = intern(option(w, 3, "args")),
		.cgroup = intern(option(w, 3, "cgroup")),
	};

	e.tgid = e.tid;
	note_task(&e);
	check(pk_writer_task(writer, &e));
	check(pk_vec_add(&programs, e));
}

static void do_thread(const struct words *w)
{
	struct pk_task_event e = {
		.time_ns = T0_NS,
		.kind = PK_TASK_ALIVE,
		.flags = PKPROF_TASK_THREAD,
		.tid = number(word(w, 1)),
		.tgid = number(word(w, 2)),
		.start_ns = T0_NS - 50000000000ULL,
		.comm = intern(word(w, 3)),
	};

	for (size_t i = 0; i < programs.nr; i++) {
		if (programs.data[i].tgid == e.tgid) {
			e.args = programs.data[i].args;
			e.cgroup = programs.data[i].cgroup;
			e.parent_tgid = programs.data[i].parent_tgid;
		}
	}
	note_task(&e);
	check(pk_writer_task(writer, &e));
}

static void do_fork(const struct words *w)
{
	struct pk_task_event e = {
		.time_ns = instant(word(w, 1)),
		.kind = PK_TASK_FORK,
		.tid = number(word(w, 2)),
		.parent_tgid = number(word(w, 3)),
		.comm = intern(w->nr > 4 ? w->word[4] : "forked"),
	};

	e.tgid = e.tid;
	e.start_ns = e.time_ns;
	note_task(&e);
	check(pk_writer_task(writer, &e));
}

static void do_exec(const struct words *w)
{
	struct pk_task_event e = {
		.time_ns = instant(word(w, 1)),
		.kind = PK_TASK_EXEC,
		.tid = number(word(w, 2)),
		.comm = intern(word(w, 3)),
	};

	e.tgid = e.tid;
	note_task(&e);
	check(pk_writer_task(writer, &e));
	e.kind = PK_TASK_INFO;
	e.time_ns++;
	check(pk_vec_add(&programs, e));
	e.comm = 0;
	e.args = intern(option(w, 4, "args"));
	e.cgroup = intern(option(w, 4, "cgroup"));
	check(pk_writer_task(writer, &e));
}

static void do_exit(const struct words *w)
{
	struct pk_task_event e = {
		.time_ns = instant(word(w, 1)),
		.kind = PK_TASK_EXIT,
		.flags = PKPROF_TASK_GROUP_DEAD,
		.tid = number(word(w, 2)),
	};

	e.tgid = tgid_of[e.tid];
	check(pk_writer_task(writer, &e));
}

/* --- samples and books ------------------------------------------------------------------ */

const struct stack *find_stack(const char *name)
{
	static const struct stack none;

	if (!strcmp(name, "-"))
		return &none;
	for (size_t i = 0; i < stacks.nr; i++)
		if (!strcmp(stacks.data[i].name, name))
			return &stacks.data[i];
	fail("no such stack", name);
}

/* Words from @at on: CPU TID KSTACK USTACK [FLAG...] */
static struct pk_sample_row sample_of(const struct words *w, unsigned int at)
{
	const struct stack *k = find_stack(word(w, at + 2)), *u = find_stack(word(w, at + 3));
	struct pk_sample_row s = {
		.cpu = number(word(w, at)),
		.tid = number(word(w, at + 1)),
		.kstack = k->node,
		.ustack = u->node,
	};

	s.tgid = process_of(s.tid);
	s.flags = (has_flag(w, at, "user") ? PKPROF_SAMPLE_USER : 0) |
		  (has_flag(w, at, "softirq") ? PKPROF_SAMPLE_SOFTIRQ : 0) |
		  (has_flag(w, at, "kthread") ? PKPROF_SAMPLE_KTHREAD : 0) |
		  (has_flag(w, at, "no_mm") ? PKPROF_SAMPLE_NO_MM : 0) |
		  (option(w, at, "weight") ? number(option(w, at, "weight")) : 0) << PKPROF_SAMPLE_SHIFT |
		  k->end << PK_SAMPLE_KEND_SHIFT | u->end << PK_SAMPLE_UEND_SHIFT;
	return s;
}

static void do_sample(const struct words *w)
{
	struct pk_sample_row s = sample_of(w, 2);

	s.time_ns = instant(word(w, 1));
	check(pk_vec_add(&samples, s));
}

static void do_busy(const struct words *w)
{
	uint64_t from = instant(word(w, 1)), to = instant(word(w, 2));
	const char *every = option(w, 7, "every"), *skip = option(w, 7, "skip");
	uint64_t step = (every ? number(every) : 1) * period_ns;
	struct pk_sample_row s = sample_of(w, 3);

	s.time_ns = T0_NS + (from - T0_NS + period_ns - 1) / period_ns * period_ns +
		    (skip ? number(skip) : 0) * period_ns + 1000 * (1 + s.cpu);
	for (; s.time_ns < to; s.time_ns += step)
		check(pk_vec_add(&samples, s));
}

static void do_books(const struct words *w)
{
	struct pk_counters *c = pk_vec_push(&books);
	struct pkprof_counters *k = &c->kernel;
	uint32_t mask;
	struct {
		const char *name;
		__u64 *value;
	} const fields[] = {
		{ "hits", &k->hits },	      { "timed_hits", &k->timed_hits },
		{ "timed_ns", &k->timed_ns }, { "entry_ns", &k->entry_ns },
		{ "generated", &k->generated },
	};

	c->cpu = number(word(w, 1));
	if (pk_sources_parse(word(w, 2), &mask, NULL) || !mask)
		fail("no such source", word(w, 2));
	k->source = __builtin_ctz(mask);
	for (size_t i = 0; k->source == PKPROF_SRC_CPU && i < samples.nr; i++)
		c->delivered += samples.data[i].cpu == c->cpu;
	if (option(w, 3, "delivered"))
		c->delivered = number(option(w, 3, "delivered"));
	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++) {
		const char *v = option(w, 3, pk_loss_name(i));

		k->lost[i] = v ? number(v) : 0;
		k->generated += k->lost[i];
	}
	k->generated += c->delivered;
	k->hits = k->generated;
	for (size_t i = 0; i < PK_ARRAY_SIZE(fields); i++)
		if (option(w, 3, fields[i].name))
			*fields[i].value = number(option(w, 3, fields[i].name));
}

/* --- the whole -------------------------------------------------------------------------- */

static void do_fact(const struct words *w)
{
	if (!strcmp(word(w, 1), "record.period_ns"))
		period_ns = number(word(w, 2));
	check(pk_writer_fact(writer, word(w, 1), word(w, 2)));
}

static void do_mark(const struct words *w)
{
	check(pk_writer_mark(writer, instant(word(w, 1)), word(w, 2), strlen(word(w, 2))));
}

static void do_step(const struct words *w)
{
	static const char *const names[PKPROF_NR_STEPS] = { "detail", "rate", "source", "floor" };
	struct pk_step x = {
		.time_ns = instant(word(w, 1)),
		.level = number(word(w, 3)),
		.share_ppm = number(word(w, 5)),
		.kept_ppm = number(word(w, 5)) / 5,
		.recorder_ppm = 1500,
		.budget_ppm = 10000,
	};
	uint32_t mask;

	while (x.step < PKPROF_NR_STEPS && strcmp(names[x.step], word(w, 2)))
		x.step++;
	if (pk_sources_parse(word(w, 4), &mask, NULL) || !mask)
		fail("no such source", word(w, 4));
	x.source = __builtin_ctz(mask);
	x.source_ppm = w->nr > 6 ? number(word(w, 6)) : 0;
	check(pk_writer_step(writer, &x));
}

static void write_maps(void)
{
	for (size_t p = 0; p < programs.nr; p++) {
		for (size_t d = 0; d < dsos.nr; d++) {
			struct pk_map_event e = { .time_ns = programs.data[p].time_ns,
						  .tgid = programs.data[p].tgid,
						  .file = dsos.data[d].file,
						  .addr = dsos.data[d].base,
						  .len = DSO_BYTES };
			bool jit = dsos.data[d].jit_tgid == e.tgid;

			if (e.file || jit)
				check(pk_writer_map(writer, &e));
		}
	}
}

BY_TIME(sample_by_time, struct pk_sample_row, time_ns)

static void write_symbols(void)
{
	for (size_t i = 0; i < functions.nr; i++) {
		const struct function *f = &functions.data[i];
		const struct dso *d = &dsos.data[f->dso];
		struct pk_symbol s = {
			.space = d->file ? PK_SPACE_FILE :
				 d->jit_tgid ? PK_SPACE_PROCESS : PK_SPACE_KERNEL,
			.id = d->file ? d->file : d->jit_tgid,
			.name = intern(f->name),
			.dso = intern(d->path),
			.addr = f->addr,
			.size = FUNCTION_SIZE,
		};

		if (f->named)
			check(pk_writer_symbol(writer, &s));
	}
}

/* Of an address; the outermost frame first, as in the script. */
struct lines {
	uint32_t file;
	uint64_t addr;
	struct pk_line_frame frames[8];
	size_t nr;
};
static PK_VEC(struct lines) lines;

static int lines_by_addr(const void *a, const void *b)
{
	const struct lines *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void do_lines(const struct words *w)
{
	char *name = w->word[1], *at = strrchr(word(w, 1), '@');
	struct lines *l = pk_vec_push(&lines);
	const struct function *f;
	unsigned int dso;

	if (!at || w->nr & 1 || w->nr / 2 > PK_ARRAY_SIZE(l->frames))
		fail("FUNCTION@DSO, where, a source, pairs of name and source", w->word[1]);
	*at = '\0';
	dso = find_dso(at + 1, 0);
	f = find_function(name, dso);
	l->file = dsos.data[dso].file;
	l->addr = f->addr + (strcmp(word(w, 2), "leaf") ? 0x40 : 0x20);
	for (unsigned int i = 3; i < w->nr; i += 2) {
		char *line = strrchr(w->word[i], ':');

		if (line)
			*line++ = '\0';
		l->frames[l->nr++] = (struct pk_line_frame){
			.name = intern(i == 3 ? name : w->word[i - 1]),
			.source = intern(w->word[i]),
			.line = line ? number(line) : 0,
		};
	}
}

static void write_lines(void)
{
	sort(lines, lines_by_addr);
	PK_VEC_FOREACH(&lines, l) {
		struct pk_line_frame inner_first[8];

		for (size_t i = 0; i < l->nr; i++)
			inner_first[i] = l->frames[l->nr - 1 - i];
		check(pk_writer_line(writer, l->file, l->addr, inner_first, l->nr));
	}
}

/* Everything that was only collected, and the end if there is one. */
static void finish(uint64_t end_ns)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", T0_NS);
	check(pk_writer_fact(writer, "record.start_ns", text));
	write_maps();
	sort(samples, sample_by_time);
	PK_VEC_FOREACH(&samples, s)
		check(pk_writer_sample(writer, s));
	write_ledger();
	write_blocks();
	write_bios();
	write_nets();
	write_file_ops();
	write_waited();
	PK_VEC_FOREACH(&books, c) {
		c->time_ns = end_ns ? end_ns : T0_NS;
		check(pk_writer_counters(writer, c));
	}
	write_symbols();
	write_lines();
	check(end_ns ? pk_writer_finish(writer, end_ns) : pk_writer_flush(writer));
}

static const struct statement statements[] = {
	{ "fact", do_fact },   { "process", do_process }, { "thread", do_thread },
	{ "fork", do_fork },   { "exec", do_exec },	  { "exit", do_exit },
	{ "stack", do_stack }, { "mark", do_mark },	  { "sample", do_sample },
	{ "busy", do_busy },   { "books", do_books },	  { "lines", do_lines },
	{ "step", do_step },
	{ 0 },
};

static const struct statement *find_statement(const struct statement *s, const char *name)
{
	for (; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

static void run_line(char *line, uint64_t *end_ns)
{
	const struct statement *found;
	struct words w;

	split(line, &w);
	if (!w.nr)
		return;
	if (!strcmp(w.word[0], "end")) {
		*end_ns = instant(word(&w, 1));
		return;
	}
	found = find_statement(statements, w.word[0]);
	if (!found)
		found = find_statement(ledger_statements, w.word[0]);
	if (!found)
		found = find_statement(block_statements, w.word[0]);
	if (!found)
		found = find_statement(bio_statements, w.word[0]);
	if (!found)
		found = find_statement(net_statements, w.word[0]);
	if (!found)
		found = find_statement(vfs_statements, w.word[0]);
	if (!found)
		found = find_statement(waited_statements, w.word[0]);
	if (!found)
		fail("no such statement", w.word[0]);
	found->run(&w);
}

int main(int argc, char **argv)
{
	char line[8192];
	uint64_t end_ns = 0;
	FILE *in;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: mkprofile SCRIPT FILE\n");
		return 2;
	}
	script = argv[1];
	in = fopen(argv[1], "r");
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (!in || fd < 0)
		fail("cannot open it, or its output", argv[2]);
	check(pk_writer_create(fd, argv[2], &writer, NULL));
	for (line_nr = 1; fgets(line, sizeof(line), in); line_nr++)
		run_line(line, &end_ns);
	finish(end_ns);
	pk_writer_destroy(writer);
	fclose(in);
	return close(fd) ? 1 : 0;
}
