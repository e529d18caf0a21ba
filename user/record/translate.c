// SPDX-License-Identifier: GPL-2.0-or-later
/* From ring records to items of the profile; see translate.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/valid.h"
#include "record/slots.h"
#include "record/translate.h"
#include "source/ledger.h"

/* What the sorter holds. Texts and stacks are in the writer already. */
enum item_kind {
	ITEM_SAMPLE, /* struct pk_sample_row */
	ITEM_TASK,   /* struct pk_task_event */
	ITEM_MAP,    /* struct map_item */
	ITEM_MARK,   /* text without NUL */
	ITEM_FACT,   /* key, NUL, value, NUL */
	ITEM_LATENCY, /* struct pk_latency */
	ITEM_WAIT,    /* struct pk_wait */
	ITEM_WAKE,    /* struct pk_wake */
	ITEM_OP,      /* struct pk_op */
	ITEM_BIO,     /* struct pk_bio */
	ITEM_BIO_END, /* struct pk_bio_end */
	ITEM_STEP,    /* struct pk_step */
};

struct map_item {
	struct pk_map_event event; /* without the file */
	struct pk_file_key key;
	bool vdso;
};

static int emit(void *ctx, uint64_t time_ns, unsigned int kind, const void *payload, size_t len);

int pk_translate_init(struct pk_translator *t, const struct pk_translate_config *cfg,
		      struct pk_writer *w, struct pk_files *f)
{
	int ret;

	*t = (struct pk_translator){
		.writer = w,
		.files = f,
		.accounts = cfg->accounts,
		.hists = cfg->hists,
		.nr_cpus = cfg->nr_cpus,
	};
	pk_op_files_init(&t->op_files, w);
	pk_codes_init(&t->codes, w);
	pk_sorter_init(&t->sorter, cfg->sorter_bytes, emit, t);
	ret = pk_nodes_init(&t->nodes, cfg->max_nodes);
	t->slots = calloc(2UL * cfg->nr_cpus, sizeof(*t->slots));
	if (!ret && t->slots)
		return 0;
	pk_translate_deinit(t);
	return -ENOMEM;
}

void pk_translate_deinit(struct pk_translator *t)
{
	for (unsigned int i = 0; t->slots && i < 2 * t->nr_cpus; i++)
		pk_slots_deinit(&t->slots[i]);
	free(t->slots);
	t->slots = NULL;
	pk_nodes_deinit(&t->nodes);
	pk_op_files_deinit(&t->op_files);
	pk_codes_deinit(&t->codes);
	pk_sorter_deinit(&t->sorter);
}

int pk_translate_release(struct pk_translator *t, uint64_t upto_ns)
{
	return pk_sorter_release(&t->sorter, upto_ns);
}

/* --- out of the sorter --------------------------------------------------- */

static int emit_map(struct pk_translator *t, const struct map_item *item)
{
	struct pk_map_event e = item->event;
	struct pk_mapping m = { .tgid = e.tgid, .addr = e.addr, .len = e.len };
	int ret;

	if (item->vdso)
		ret = pk_files_vdso(t->files, &e.file);
	else
		ret = pk_files_of_event(t->files, &item->key, &m, &e.file);
	return ret ? ret : pk_writer_map(t->writer, &e);
}

static int emit(void *ctx, uint64_t time_ns, unsigned int kind, const void *payload, size_t len)
{
	struct pk_translator *t = ctx;
	const char *text = payload;

	if (kind == ITEM_SAMPLE || kind == ITEM_MARK)
		t->last_sample_ns = time_ns;
	switch (kind) {
	case ITEM_SAMPLE:
		return pk_writer_sample(t->writer, payload);
	case ITEM_TASK:
		return pk_writer_task(t->writer, payload);
	case ITEM_MAP:
		return emit_map(t, payload);
	case ITEM_MARK:
		return pk_writer_mark(t->writer, time_ns, text, len);
	case ITEM_FACT:
		return pk_writer_fact(t->writer, text, text + strlen(text) + 1);
	case ITEM_LATENCY:
		return pk_writer_latency(t->writer, payload);
	case ITEM_WAIT:
		return pk_writer_wait(t->writer, payload);
	case ITEM_WAKE:
		return pk_writer_wake(t->writer, payload);
	case ITEM_OP:
		return pk_writer_op(t->writer, payload);
	case ITEM_BIO:
		return pk_writer_bio(t->writer, payload);
	case ITEM_BIO_END:
		return pk_writer_bio_end(t->writer, payload);
	case ITEM_STEP:
		return pk_writer_step(t->writer, payload);
	}
	return 0;
}

/* --- into the sorter ----------------------------------------------------- */

static int malformed(struct pk_translator *t)
{
	t->stats.nr_malformed++;
	return 0;
}

static uint16_t end_flags(struct pk_slot slot, unsigned int shift)
{
	return (uint16_t)((slot.end & 0xf) << shift);
}

static struct pk_slot look_up(struct pk_translator *t, unsigned int cpu,
			      enum pkprof_stack_kind kind, uint32_t slot, bool *undefined)
{
	struct pk_slot found;

	if (slot == PKPROF_NO_STACK)
		return (struct pk_slot){ 0 };
	found = pk_slots_get(&t->slots[2 * cpu + kind], slot);
	*undefined |= !found.node;
	return found;
}

static int take_sample(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_sample *r = (const void *)rec;
	bool undefined = false;
	struct pk_slot k = look_up(t, cpu, PKPROF_STACK_KERNEL, r->kstack, &undefined);
	struct pk_slot u = look_up(t, cpu, PKPROF_STACK_USER, r->ustack, &undefined);
	struct pk_sample_row row = {
		.time_ns = rec->time_ns,
		.tid = rec->tid,
		.tgid = r->tgid,
		.kstack = k.node,
		.ustack = u.node,
		.cpu = cpu,
		.flags = (r->flags & 0xff) | end_flags(k, PK_SAMPLE_KEND_SHIFT) |
			 end_flags(u, PK_SAMPLE_UEND_SHIFT),
	};

	t->stats.nr_samples++;
	t->stats.nr_undefined += undefined;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_SAMPLE, &row, sizeof(row));
}

static int take_stack(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_stack *r = (const void *)rec;
	struct pk_slot slot = { .end = r->end };
	__u64 ip[PKPROF_MAX_DEPTH];
	int ret;

	if (!r->nr || r->nr > PKPROF_MAX_DEPTH || r->kind > PKPROF_STACK_USER ||
	    sizeof(*r) + r->nr * sizeof(r->ip[0]) > rec->size)
		return malformed(t);
	for (unsigned int i = 0; i < r->nr; i++)
		ip[i] = PKPROF_IS_CODE(r->ip[i]) ? pk_codes_entry(&t->codes, cpu, r->ip[i]) : r->ip[i];
	ret = pk_nodes_stack(&t->nodes, t->writer, ip, r->nr, &slot.node);
	if (!ret)
		ret = pk_slots_set(&t->slots[2 * cpu + r->kind], r->slot, PK_TRANSLATE_MAX_SLOTS,
				   slot);
	return ret == -EINVAL ? malformed(t) : ret;
}

static int take_code(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	int ret = pk_codes_define(&t->codes, cpu, (const void *)rec);

	return ret == -EINVAL ? malformed(t) : ret;
}

static int push_task(struct pk_translator *t, const struct pk_task_event *e)
{
	return pk_sorter_push(&t->sorter, e->time_ns, ITEM_TASK, e, sizeof(*e));
}

static struct pk_task_event event_of(const struct pkprof_rec *rec, enum pk_task_kind kind,
				     uint32_t tgid)
{
	return (struct pk_task_event){
		.time_ns = rec->time_ns,
		.kind = kind,
		.tid = rec->tid,
		.tgid = tgid,
	};
}

static int comm_id(struct pk_translator *t, const char *comm, uint32_t *id_ret)
{
	return pk_writer_string(t->writer, comm, strnlen(comm, PKPROF_COMM_LEN), id_ret);
}

static int take_fork(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_fork *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_FORK, r->tgid);
	int ret;

	(void)cpu;
	if (r->start_ns > INT64_MAX)
		return malformed(t);
	ret = comm_id(t, r->comm, &e.comm);
	e.flags = r->flags;
	e.parent_tgid = r->parent_tgid;
	e.start_ns = r->start_ns;
	e.cgroup_id = r->cgroup_id;
	return ret ? ret : push_task(t, &e);
}

static int take_exec(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_exec *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_EXEC, r->tgid);
	int ret = comm_id(t, r->comm, &e.comm);

	(void)cpu;
	return ret ? ret : push_task(t, &e);
}

static int take_comm(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_comm *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_COMM, r->tgid);
	int ret = comm_id(t, r->comm, &e.comm);

	(void)cpu;
	return ret ? ret : push_task(t, &e);
}

static int take_exit(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_exit *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_EXIT, r->tgid);

	(void)cpu;
	e.flags = r->flags;
	return push_task(t, &e);
}

/* Arguments as one line: the NULs between them become blanks. */
static int args_id(struct pk_translator *t, const char *args, size_t len, uint32_t *id_ret)
{
	char line[UINT16_MAX];

	while (len && !args[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		line[i] = args[i] ? args[i] : ' ';
	return pk_writer_string(t->writer, line, len, id_ret);
}

static int take_info(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_task_info *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_INFO, r->tgid);
	int ret;

	(void)cpu;
	if (sizeof(*r) + r->cgroup_len + r->args_len > rec->size)
		return malformed(t);
	e.cgroup_id = r->cgroup_id;
	ret = pk_writer_string(t->writer, r->text, r->cgroup_len, &e.cgroup);
	if (!ret)
		ret = args_id(t, r->text + r->cgroup_len, r->args_len, &e.args);
	return ret ? ret : push_task(t, &e);
}

static int take_cgroup(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_cgroup *r = (const void *)rec;
	struct pk_task_event e = event_of(rec, PK_TASK_CGROUP, r->tgid);
	int ret;

	(void)cpu;
	if (sizeof(*r) + r->path_len > rec->size)
		return malformed(t);
	e.flags = r->flags & PKPROF_CGROUP_THREADGROUP ? 0 : PKPROF_TASK_THREAD;
	e.cgroup_id = r->cgroup_id;
	ret = pk_writer_string(t->writer, r->path, r->path_len, &e.cgroup);
	return ret ? ret : push_task(t, &e);
}

static int take_map(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_map *r = (const void *)rec;
	struct map_item item = {
		.event = {
			.time_ns = rec->time_ns,
			.tgid = r->tgid,
			.addr = r->addr,
			.len = r->len,
			.file_off = r->file_off,
		},
		.key = { .dev = r->dev, .gen = r->gen, .ino = r->ino },
	};

	(void)cpu;
	if (r->addr + r->len < r->addr)
		return malformed(t);
	item.vdso = r->flags & PKPROF_MAP_VDSO;
	if (item.vdso)
		item.event.file_off = 0;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_MAP, &item, sizeof(item));
}

static int take_file(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_file *r = (const void *)rec;
	struct pk_file_key key = { .dev = r->dev, .gen = r->gen, .ino = r->ino };

	(void)cpu;
	if (sizeof(*r) + r->path_len > rec->size || r->build_id_len > PKPROF_MAX_BUILD_ID)
		return malformed(t);
	return pk_files_define(t->files, &key, r->path, r->path_len, r->build_id, r->build_id_len);
}

static int take_mark(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_mark *r = (const void *)rec;

	(void)cpu;
	if (r->text_len > PKPROF_MAX_TEXT || sizeof(*r) + r->text_len > rec->size)
		return malformed(t);
	if (t->accounts)
		pk_accounts_mark(t->accounts, rec->time_ns);
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_MARK, r->text, r->text_len);
}

/* A processor that comes or goes is a fact about the host. */
static int take_cpu_state(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_cpu_state *r = (const void *)rec;
	struct pk_strbuf text = { 0 };
	int ret = -ENOMEM;

	(void)cpu;
	pk_strbuf_puts(&text, "cpu.change");
	pk_strbuf_putc(&text, '\0');
	pk_strbuf_printf(&text, "%u %s %llu", r->cpu, r->online ? "online" : "offline",
			 (unsigned long long)rec->time_ns);
	pk_strbuf_putc(&text, '\0');
	if (!pk_strbuf_failed(&text))
		ret = pk_sorter_push(&t->sorter, rec->time_ns, ITEM_FACT, text.data, text.len);
	pk_strbuf_deinit(&text);
	return ret;
}

static int take_ledger(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_ledger *r = (const void *)rec;

	(void)cpu;
	if (pk_ledger_thread_fault(&r->thread, rec->size - offsetof(struct pkprof_rec_ledger, thread)))
		return malformed(t);
	return t->accounts ? pk_accounts_death(t->accounts, &r->thread) : 0;
}

static int take_hist(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_hist *r = (const void *)rec;

	(void)cpu;
	if (pk_ledger_hist_fault(&r->hist, rec->size - offsetof(struct pkprof_rec_hist, hist)))
		return malformed(t);
	return t->hists ? pk_hists_death(t->hists, &r->hist, rec->time_ns) : 0;
}

static int take_latency(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_latency *r = (const void *)rec;
	struct pk_latency item = {
		.time_ns = rec->time_ns,
		.queued_ns = r->queued_ns,
		.threshold_ns = r->threshold_ns,
		.prev_ns = r->prev_ns,
		.tid = rec->tid,
		.tgid = r->tgid,
		.cpu = cpu,
		.prev_tid = r->prev_tid,
		.prev_tgid = r->prev_tgid,
		.line = r->line,
	};
	int ret;

	if (r->line >= PKPROF_NR_LINES || pk_latency_wrong(&item))
		return malformed(t);
	t->stats.nr_latencies++;
	ret = comm_id(t, r->prev_comm, &item.prev_comm);
	return ret ? ret : pk_sorter_push(&t->sorter, rec->time_ns, ITEM_LATENCY, &item,
					  sizeof(item));
}

static int take_wait(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_wait *r = (const void *)rec;
	bool undefined = false;
	struct pk_slot k = look_up(t, cpu, PKPROF_STACK_KERNEL, r->kstack, &undefined);
	struct pk_slot u = look_up(t, cpu, PKPROF_STACK_USER, r->ustack, &undefined);
	struct pk_wait item = {
		.since_ns = r->since_ns,
		.woken_ns = r->woken_ns,
		.time_ns = rec->time_ns,
		.nr_blocked = r->nr_blocked,
		.nr_runq = r->nr_runq,
		.tid = rec->tid,
		.tgid = r->tgid,
		.cpu = cpu,
		.kstack = k.node,
		.ustack = u.node,
		.ends = end_flags(k, PK_SAMPLE_KEND_SHIFT) | end_flags(u, PK_SAMPLE_UEND_SHIFT),
		.line = r->line,
		.runq_line = r->runq_line,
		.period_log2 = r->period_log2,
		.flags = r->flags,
	};

	if (pk_wait_wrong(&item))
		return malformed(t);
	t->stats.nr_waits++;
	t->stats.nr_undefined += undefined;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_WAIT, &item, sizeof(item));
}

static int take_wake(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_wake *r = (const void *)rec;
	bool undefined = false;
	struct pk_slot k = look_up(t, cpu, PKPROF_STACK_KERNEL, r->kstack, &undefined);
	struct pk_slot u = look_up(t, cpu, PKPROF_STACK_USER, r->ustack, &undefined);
	struct pk_wake item = {
		.since_ns = r->since_ns,
		.time_ns = rec->time_ns,
		.tid = rec->tid,
		.tgid = r->tgid,
		.cpu = cpu,
		.waker_tid = r->waker_tid,
		.waker_tgid = r->waker_tgid,
		.kstack = k.node,
		.ustack = u.node,
		.ends = end_flags(k, PK_SAMPLE_KEND_SHIFT) | end_flags(u, PK_SAMPLE_UEND_SHIFT),
		.flags = r->flags,
	};
	int ret;

	if (pk_wake_wrong(&item))
		return malformed(t);
	t->stats.nr_wakes++;
	t->stats.nr_undefined += undefined;
	ret = comm_id(t, r->waker_comm, &item.waker_comm);
	return ret ? ret : pk_sorter_push(&t->sorter, rec->time_ns, ITEM_WAKE, &item, sizeof(item));
}

static int take_op(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_op *r = (const void *)rec;
	struct pk_file_key key = { .dev = r->dev, .gen = r->gen, .ino = r->ino };
	bool undefined = false;
	struct pk_slot u = look_up(t, cpu, PKPROF_STACK_USER, r->ustack, &undefined);
	struct pk_op item = {
		.time_ns = rec->time_ns,
		.length_ns = r->length_ns,
		.bytes = r->bytes,
		.offset = r->offset,
		.tid = rec->tid,
		.tgid = r->tgid,
		.cpu = cpu,
		.fs = r->fs,
		.nr = r->nr,
		.nr_requests = r->nr_requests,
		.ustack = u.node,
		.ends = end_flags(u, PK_SAMPLE_UEND_SHIFT),
		.op = r->op,
		.flags = r->flags,
	};
	int ret;

	memcpy(item.parts_ns, r->parts_ns, sizeof(item.parts_ns));
	if (pk_op_wrong(&item))
		return malformed(t);
	t->stats.nr_ops++;
	t->stats.nr_undefined += undefined;
	ret = pk_op_files_of(&t->op_files, &key, &item.file);
	return ret ? ret : pk_sorter_push(&t->sorter, rec->time_ns, ITEM_OP, &item, sizeof(item));
}

static int take_op_file(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_op_file *r = (const void *)rec;
	struct pk_file_key key = { .dev = r->dev, .gen = r->gen, .ino = r->ino };

	(void)cpu;
	if (sizeof(*r) + r->path_len > rec->size)
		return malformed(t);
	return pk_op_files_name(&t->op_files, &key, r->path, r->path_len);
}

static int take_io(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_io *r = (const void *)rec;
	bool undefined = false;
	struct pk_slot k = look_up(t, cpu, PKPROF_STACK_KERNEL, r->kstack, &undefined);
	struct pk_slot u = look_up(t, cpu, PKPROF_STACK_USER, r->ustack, &undefined);
	struct pk_bio item = {
		.time_ns = rec->time_ns,
		.id = r->id,
		.units = r->units,
		.tid = rec->tid,
		.tgid = r->tgid,
		.cpu = cpu,
		.device = r->device,
		.bytes = r->bytes,
		.kstack = k.node,
		.ustack = u.node,
		.ends = end_flags(k, PK_SAMPLE_KEND_SHIFT) | end_flags(u, PK_SAMPLE_UEND_SHIFT),
		.op = r->op,
		.flags = r->flags,
	};

	if (pk_bio_wrong(&item))
		return malformed(t);
	t->stats.nr_bios++;
	t->stats.nr_undefined += undefined;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_BIO, &item, sizeof(item));
}

static int take_io_end(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_io_end *r = (const void *)rec;
	struct pk_bio_end item = {
		.time_ns = rec->time_ns,
		.id = r->id,
		.queue_ns = r->queue_ns,
		.device_ns = r->device_ns,
		.device = r->device,
		.flags = r->flags,
	};

	(void)cpu;
	if (pk_bio_end_wrong(&item))
		return malformed(t);
	t->stats.nr_bio_ends++;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_BIO_END, &item, sizeof(item));
}

static int take_step(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	const struct pkprof_rec_step *r = (const void *)rec;
	struct pk_step item = {
		.time_ns = rec->time_ns,
		.step = r->step,
		.level = r->level,
		.source = r->source,
		.source_ppm = r->source_ppm,
		.share_ppm = r->share_ppm,
		.kept_ppm = r->kept_ppm,
		.recorder_ppm = r->recorder_ppm,
		.budget_ppm = r->budget_ppm,
	};

	(void)cpu;
	if (pk_step_wrong(&item))
		return malformed(t);
	t->stats.nr_steps++;
	return pk_sorter_push(&t->sorter, rec->time_ns, ITEM_STEP, &item, sizeof(item));
}

static const struct {
	uint16_t min_bytes;
	int (*take)(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec);
} types[PKPROF_NR_RECS] = {
	[PKPROF_REC_SAMPLE] = { sizeof(struct pkprof_rec_sample), take_sample },
	[PKPROF_REC_STACK] = { sizeof(struct pkprof_rec_stack), take_stack },
	[PKPROF_REC_FORK] = { sizeof(struct pkprof_rec_fork), take_fork },
	[PKPROF_REC_EXEC] = { sizeof(struct pkprof_rec_exec), take_exec },
	[PKPROF_REC_COMM] = { sizeof(struct pkprof_rec_comm), take_comm },
	[PKPROF_REC_EXIT] = { sizeof(struct pkprof_rec_exit), take_exit },
	[PKPROF_REC_TASK_INFO] = { sizeof(struct pkprof_rec_task_info), take_info },
	[PKPROF_REC_CGROUP] = { sizeof(struct pkprof_rec_cgroup), take_cgroup },
	[PKPROF_REC_MAP] = { sizeof(struct pkprof_rec_map), take_map },
	[PKPROF_REC_FILE] = { sizeof(struct pkprof_rec_file), take_file },
	[PKPROF_REC_MARK] = { sizeof(struct pkprof_rec_mark), take_mark },
	[PKPROF_REC_CPU_STATE] = { sizeof(struct pkprof_rec_cpu_state), take_cpu_state },
	[PKPROF_REC_LEDGER] = { sizeof(struct pkprof_rec_ledger), take_ledger },
	[PKPROF_REC_OP] = { sizeof(struct pkprof_rec_op), take_op },
	[PKPROF_REC_OP_FILE] = { sizeof(struct pkprof_rec_op_file), take_op_file },
	[PKPROF_REC_HIST] = { sizeof(struct pkprof_rec_hist), take_hist },
	[PKPROF_REC_LATENCY] = { sizeof(struct pkprof_rec_latency), take_latency },
	[PKPROF_REC_WAIT] = { sizeof(struct pkprof_rec_wait), take_wait },
	[PKPROF_REC_WAKE] = { sizeof(struct pkprof_rec_wake), take_wake },
	[PKPROF_REC_IO] = { sizeof(struct pkprof_rec_io), take_io },
	[PKPROF_REC_IO_END] = { sizeof(struct pkprof_rec_io_end), take_io_end },
	[PKPROF_REC_CODE] = { sizeof(struct pkprof_rec_code), take_code },
	[PKPROF_REC_STEP] = { sizeof(struct pkprof_rec_step), take_step },
};

int pk_translate_record(struct pk_translator *t, unsigned int cpu, const struct pkprof_rec *rec)
{
	if (rec->type >= PK_ARRAY_SIZE(types)) {
		t->stats.nr_unknown++;
		return 0;
	}
	if (!types[rec->type].take)
		return 0;
	if (cpu >= t->nr_cpus || rec->size < types[rec->type].min_bytes || rec->time_ns > INT64_MAX)
		return malformed(t);
	return types[rec->type].take(t, cpu, rec);
}
