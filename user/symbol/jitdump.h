/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading of jitdump files (jit-PID.dump), in which a JIT notes each function
 * that it writes, with the time and the code itself: LLVM, Python -X perf_jit,
 * Node --perf-prof, agents of Java.
 *
 * In: bytes, in the hands of the profiled program. Out: the functions that were
 * written or moved. Debug information and unwinding information are passed over.
 * A file whose writer died ends with its last whole record.
 */
#ifndef PK_JITDUMP_H
#define PK_JITDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More bytes than this of one record are never looked at. */
#define PK_JITDUMP_MAX_LOOK 8448

struct pk_jitdump_head {
	bool swapped;	/* written in the other byte order */
	bool own_clock; /* times are of the processor's counter, not CLOCK_MONOTONIC */
	uint32_t pid;	/* as the process sees itself */
	uint32_t bytes; /* of the head; the first record follows */
};

enum pk_jitdump_kind {
	PK_JITDUMP_LOAD,  /* a function was written */
	PK_JITDUMP_MOVE,  /* the one with that index was moved */
	PK_JITDUMP_CLOSE, /* nothing more comes */
	PK_JITDUMP_OTHER, /* of no use to us, unknown, or a function that makes no sense */
};

struct pk_jitdump_rec {
	enum pk_jitdump_kind kind;
	uint32_t bytes; /* to the next record, at least 16 */
	uint64_t time_ns;
	uint32_t pid;	     /* LOAD, MOVE */
	uint64_t index;	     /* LOAD, MOVE: names the function in this file */
	uint64_t addr, size; /* LOAD, MOVE: [addr, addr + size), not empty, as it runs (now) */
	uint32_t code_off;   /* LOAD: where the @size bytes of code begin in the record */
	const char *name;    /* LOAD: in the buffer; cut to PK_MAX_SYMBOL_NAME */
	uint32_t name_len;   /* bytes, without a NUL, not 0 */
};

/* The head at the beginning of a file. -EBADMSG: not a jitdump; -EPROTONOSUPPORT: a newer one. */
int pk_jitdump_begin(const void *buf, size_t len, struct pk_jitdump_head *ret);

/*
 * The record at @buf, of which @len bytes are there. -EAGAIN: they are too few, and
 * PK_JITDUMP_MAX_LOOK are always enough; -EBADMSG: what follows makes no sense.
 */
int pk_jitdump_next(const struct pk_jitdump_head *h, const void *buf, size_t len,
		    struct pk_jitdump_rec *ret);

/* @at: the record's place in the file, bytes. Not 0 ends the reading. */
typedef int (*pk_jitdump_fn)(void *ctx, const struct pk_jitdump_rec *r, uint64_t at);

/*
 * All functions that were written or moved in a file, which may be as large and as full of
 * holes as it likes: at most some 1 GiB of it is looked at. 0, what @fn returned, or as
 * pk_jitdump_begin() and read(2).
 */
int pk_jitdump_each(int fd, struct pk_jitdump_head *head_ret, pk_jitdump_fn fn, void *ctx);

#endif
