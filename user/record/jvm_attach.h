/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question to a Java VM: write the names and places of your compiled code to
 * /tmp/perf-PID.map, by HotSpot's attach mechanism, as `jcmd PID Compiler.perfmap` does.
 *
 * It acts inside the process: a VM that was never attached to is sent SIGQUIT, on which it
 * starts a thread that listens at a socket in its own /tmp. So nobody is asked unless it is a
 * Java VM by its files, has a handler for that signal and was not told to refuse.
 * What is in that /tmp and what the VM answers is in the hands of the profiled program.
 */
#ifndef PK_JVM_ATTACH_H
#define PK_JVM_ATTACH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A process that may be asked. */
struct pk_jvm {
	int process;	  /* pidfd */
	int dir;	  /* its /tmp */
	uint32_t own_pid; /* as it sees itself */
	uid_t uid;	  /* effective ones, of the process */
	gid_t gid;
};

/*
 * 0, or -ENOEXEC: it is no Java VM, -ESRCH: it is gone, -EOPNOTSUPP: it does not listen, else
 * of what failed. @pid: in our /proc. To be closed if 0.
 */
int pk_jvm_open(uint32_t pid, struct pk_jvm *ret, struct pk_err *err);
void pk_jvm_close(struct pk_jvm *j);

/*
 * Ask, and wait for the answer: 0 when the map is written, -ETIMEDOUT after @timeout_ms, else
 * of what failed. For a child process only: it goes to the VM's /tmp and takes its user for good,
 * so that nothing is touched that the VM itself could not touch.
 */
int pk_jvm_ask(const struct pk_jvm *j, unsigned int timeout_ms, struct pk_err *err);

/*
 * What an answer of @len bytes (with a NUL behind) says: 0, or a negative code and the reason.
 * May change it.
 */
int pk_jvm_parse_answer(char *text, size_t len, struct pk_err *err);

#endif
