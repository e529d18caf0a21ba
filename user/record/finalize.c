// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and end of a profile; see finalize.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profile/reader.h"
#include "record/child.h"
#include "record/finalize.h"
#include "record/runtimes.h"

/* What the child reports over the pipe. */
struct report {
	int code; /* 0 or -errno */
	struct pk_symbolizer_stats stats;
	char why[256];
};

static int add_symbols(int fd, uint64_t end_ns, struct pk_profile *p, const pk_map_events *mapped,
		       struct pk_files *files, bool live, struct pk_err *err)
{
	struct pk_writer *w;
	int ret = pk_writer_resume(fd, "the profile", p, &w, err);

	if (ret)
		return ret;
	ret = pk_runtimes_write(w, p, files, live);
	if (!ret)
		ret = pk_writer_symbols_of(w, p);
	if (!ret)
		ret = pk_writer_lines_of(w, p);
	for (size_t i = 0; !ret && i < mapped->nr; i++)
		ret = pk_writer_map(w, &mapped->data[i]);
	if (!ret)
		ret = pk_writer_finish(w, end_ns);
	if (ret && err)
		*err = *pk_writer_error(w);
	pk_writer_destroy(w);
	return ret;
}

/* What the callbacks of the symbolizer get. */
struct finalizing {
	struct pk_finalize_held held;
	struct pk_finalize_progress *progress;
};

static int held_fd(void *ctx, uint32_t file_id)
{
	const struct finalizing *f = ctx;

	return pk_files_fd(f->held.files, file_id);
}

static int held_map_fd(void *ctx, uint32_t tgid)
{
	const struct finalizing *f = ctx;

	return f->held.jit_maps ? pk_jit_maps_fd(f->held.jit_maps, tgid) : -1;
}

static void tell_progress(void *ctx, unsigned int done, unsigned int total)
{
	const struct finalizing *f = ctx;

	if (!f->progress)
		return;
	f->progress->total = total;
	f->progress->done = done;
}

static int symbolize(const struct pk_finalize *job, struct pk_finalize_held held,
		     const struct pk_finalize_how *how, struct pk_symbolizer_stats *stats,
		     struct pk_err *err)
{
	struct finalizing f = { held, job->progress };
	pk_map_events mapped = { 0 };
	struct pk_symbolizer_config cfg = {
		.kernel = how->live,
		.jit = how->live,
		.cache = how->cache,
		.servers = how->servers,
		.progress = tell_progress,
		.file_fd = held_fd,
		.map_fd = held_map_fd,
		.mapped = &mapped,
		.ctx = &f,
		.lines = how->lines,
	};
	struct pk_profile p;
	char path[64];
	int ret;

	/* another description of the same file: reading must not move our position */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", job->fd);
	ret = pk_profile_load(path, &p, err);
	if (ret)
		return ret;
	ret = pk_symbolize(&p, &cfg, stats, err);
	if (!ret)
		ret = add_symbols(job->fd, job->end_ns, &p, &mapped, held.files, how->live, err);
	pk_vec_deinit(&mapped);
	pk_profile_deinit(&p);
	return ret;
}

/* In the child. Does not return. */
static void run(const struct pk_finalize *job, struct pk_finalize_held held,
		const struct pk_finalize_how *how, int result_fd)
{
	struct report report = { 0 };
	struct pk_err err = { 0 };

	pk_child_limits(PK_FINALIZE_MAX_CPU_S, PK_FINALIZE_MAX_BYTES);
	report.code = symbolize(job, held, how, &report.stats, &err);
	if (report.code)
		snprintf(report.why, sizeof(report.why), "%.255s",
			 err.msg[0] ? err.msg : strerror(-report.code));
	if (write(result_fd, &report, sizeof(report)) != sizeof(report))
		_Exit(PK_EXIT_FAILURE);
	_Exit(PK_EXIT_OK);
}

static void forget_progress(struct pk_finalize *f)
{
	if (f->progress)
		munmap(f->progress, sizeof(*f->progress));
	f->progress = NULL;
}

int pk_finalize_start(struct pk_finalize *f, int fd, uint64_t end_ns,
		      const struct pk_finalize_held *held, const struct pk_finalize_how *how,
		      struct pk_err *err)
{
	int result[2];

	*f = (struct pk_finalize){ .fd = fd, .end_ns = end_ns, .result_fd = -1 };
	if (pipe2(result, O_CLOEXEC))
		return pk_err_set(err, -errno, "cannot name functions: %s", strerror(errno));
	f->progress = mmap(NULL, sizeof(*f->progress), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->progress == MAP_FAILED)
		f->progress = NULL;
	f->pid = fork();
	if (!f->pid) {
		close(result[0]);
		run(f, *held, how, result[1]);
	}
	close(result[1]);
	f->result_fd = result[0];
	if (f->pid > 0)
		return 0;
	close(f->result_fd);
	forget_progress(f);
	return pk_err_set(err, -errno, "cannot start a process to name functions: %s",
			  strerror(errno));
}

void pk_finalize_cancel(struct pk_finalize *f)
{
	kill(f->pid, SIGKILL);
}

static void explain_death(int status, char *ret, size_t size)
{
	if (!WIFSIGNALED(status))
		snprintf(ret, size, "the process that names functions ended with code %d",
			 WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGXCPU)
		snprintf(ret, size, "naming functions took more than %d s of CPU time",
			 PK_FINALIZE_MAX_CPU_S);
	else if (WTERMSIG(status) == SIGKILL)
		snprintf(ret, size, "the process that names functions was killed");
	else
		snprintf(ret, size, "the process that names functions died of signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/* Without names: what the child left behind goes, the end chunk comes. */
static int close_unnamed(struct pk_finalize *f, struct pk_writer *w)
{
	int ret = pk_writer_cut_back(w);

	return ret ? ret : pk_writer_finish(w, f->end_ns);
}

int pk_finalize_wait(struct pk_finalize *f, struct pk_writer *w, struct pk_finalize_result *ret)
{
	struct report report = { .code = -EIO };
	int status = 0;
	size_t got = 0;
	ssize_t n;

	*ret = (struct pk_finalize_result){ 0 };
	while (got < sizeof(report) &&
	       (n = read(f->result_fd, (char *)&report + got, sizeof(report) - got)) != 0) {
		if (n > 0)
			got += n;
		else if (errno != EINTR)
			break;
	}
	close(f->result_fd);
	forget_progress(f);
	while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (got < sizeof(report)) {
		explain_death(status, ret->why, sizeof(ret->why));
		return close_unnamed(f, w);
	}
	ret->stats = report.stats;
	if (!report.code) {
		ret->named = true;
		return 0;
	}
	memcpy(ret->why, report.why, sizeof(ret->why));
	ret->why[sizeof(ret->why) - 1] = '\0';
	return close_unnamed(f, w);
}
