/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Java VMs are asked to list their compiled code, so that it has names: those that
 * were sampled, some time after their first sample, at growing distances while they
 * run (one that ends leaves the latest list behind), and at the end of the recording.
 *
 * Only where the user wants it, since it acts inside the processes; jvm_attach.h says
 * how. Each question is asked by a child process of its own, which takes the VM's
 * user, and of which at most PK_JVM_MAX_ASKED run at a time.
 */
#ifndef PK_JVM_MAPS_H
#define PK_JVM_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "record/jit_maps.h"

#define PK_JVM_MAX_ASKED   8	/* at a time */
#define PK_JVM_MAX_KNOWN   256	/* that are told apart; beyond, who is no Java VM is forgotten */
#define PK_JVM_TIMEOUT_MS  5000 /* for one answer */
#define PK_JVM_MAX_FAILED  4	/* that are told one by one */
#define PK_JVM_WHY	   200	/* bytes */

/* A process that may be a Java VM. */
struct pk_jvm_asked {
	uint32_t tgid; /* as records have it */
	pid_t child;   /* who asks; 0: nobody does now */
	int fd;	       /* the child's report, -1 without one */
	bool other;    /* it is no Java VM */
	bool is_java;
	bool listed; /* at least once */
	uint64_t next_ns, gap_ns; /* CLOCK_MONOTONIC: when it is asked next; until the one after */
	char why[PK_JVM_WHY];	  /* the latest failure, "": none */
};

struct pk_jvm_result {
	unsigned int nr, nr_listed; /* Java VMs that were sampled; those that listed their code */
	unsigned int nr_failed;
	struct {
		uint32_t pid;
		char why[PK_JVM_WHY];
	} failed[PK_JVM_MAX_FAILED];
};

/* All-zero is valid: nobody is asked. */
struct pk_jvm_maps {
	bool on;
	PK_VEC(struct pk_jvm_asked) all;
};

/* Once a tick: take reports, and ask those whose time has come. Does not wait. */
void pk_jvm_maps_tick(struct pk_jvm_maps *m, struct pk_jit_maps *jit, uint64_t now_ns);
/*
 * Ask all that live and wait for what they say, as long as the timeout; nobody is asked any
 * more after a signal on @signals_fd (-1: none).
 */
void pk_jvm_maps_finish(struct pk_jvm_maps *m, struct pk_jit_maps *jit, int signals_fd);
void pk_jvm_maps_result(const struct pk_jvm_maps *m, struct pk_jvm_result *ret);
/* Ends whoever still asks. */
void pk_jvm_maps_deinit(struct pk_jvm_maps *m);

#endif
