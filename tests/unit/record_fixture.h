/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ring records for tests. Each maker fills a buffer of its own that holds until
 * its next call and is zero where nothing was said.
 */
#ifndef RECORD_FIXTURE_H
#define RECORD_FIXTURE_H

#include <stdint.h>

#include "uapi/pkprof.h"

struct pkprof_rec_sample *make_sample(uint64_t time_ns, uint32_t tid, uint32_t kstack,
				      uint32_t ustack);
/* Frames are 0x1000 + base, 0x1001 + base, ...: leaf first. */
struct pkprof_rec_stack *make_stack(enum pkprof_stack_kind kind, uint32_t slot, uint64_t base,
				    unsigned int nr);
struct pkprof_rec_fork *make_fork(uint64_t time_ns, uint32_t tid, uint32_t parent,
				  const char *comm);
struct pkprof_rec_exec *make_exec(uint64_t time_ns, uint32_t tid, const char *comm);
struct pkprof_rec_comm *make_comm(uint64_t time_ns, uint32_t tid, const char *comm);
struct pkprof_rec_exit *make_exit(uint64_t time_ns, uint32_t tid);
/* @args: NULs between, @args_len bytes. */
struct pkprof_rec_task_info *make_info(uint64_t time_ns, uint32_t tid, const char *cgroup,
				       const char *args, unsigned int args_len);
struct pkprof_rec_cgroup *make_cgroup(uint64_t time_ns, uint32_t tid, const char *path);
struct pkprof_rec_map *make_map(uint64_t time_ns, uint32_t tid, uint64_t addr, uint64_t len,
				uint64_t ino);
struct pkprof_rec_file *make_file(uint64_t ino, const char *path, const void *build_id,
				  unsigned int build_id_len);
struct pkprof_rec_mark *make_mark(uint64_t time_ns, const char *text);
struct pkprof_rec_cpu_state *make_cpu_state(uint64_t time_ns, uint32_t cpu, int online);
/*
 * The final account @id of a thread that lived from @from_ns, of which it ran @cpu_ns and
 * was on the run queue the rest.
 */
struct pkprof_rec_ledger *make_ledger(uint64_t time_ns, uint64_t id, uint32_t tid,
				      uint64_t from_ns, uint64_t cpu_ns);
/* Run-queue waits of a process: one in each of the first @nr_buckets buckets. */
struct pkprof_rec_hist *make_hist(uint64_t time_ns, uint32_t tgid, unsigned int nr_buckets);
struct pkprof_rec_latency *make_latency(uint64_t time_ns, uint32_t tid, uint64_t queued_ns,
					const char *prev_comm);
/* Blocked on the disk for the first half of the time, for one instant. */
struct pkprof_rec_wait *make_wait(uint64_t time_ns, uint32_t tid, uint64_t since_ns,
				  uint32_t kstack, uint32_t ustack);
struct pkprof_rec_io *make_io(uint64_t time_ns, uint32_t tid, uint64_t id, uint32_t bytes,
			      uint32_t kstack, uint32_t ustack);
struct pkprof_rec_io_end *make_io_end(uint64_t time_ns, uint64_t id);
struct pkprof_rec_wake *make_wake(uint64_t time_ns, uint32_t tid, uint64_t since_ns,
				  uint32_t waker, const char *waker_comm);

#endif
