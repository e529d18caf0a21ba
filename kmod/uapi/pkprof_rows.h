/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Unwind rows of a file: how to get from a place in its code to the caller.
 *
 * Made by the reader from what compilers leave for debuggers and exceptions (.eh_frame,
 * .debug_frame), one table for each mapped file, and handed to the module by one write()
 * of a struct pkprof_rows, with all that belongs to it, to the descriptor that owns the
 * session. Errors: ENXIO (no session, or one that takes no user stacks), EINVAL (sizes or
 * indices that do not fit), EEXIST (it has rows already), ENOENT (flag ANY_GEN, and no such file is
 * mapped), ENOSPC (the module's parameter "unwind_mb"), ENOMEM.
 *
 * The CFA is the value of the caller's stack pointer. Rows may be as wrong as they like:
 * a walk reads user memory alone, and takes a bounded number of steps.
 */
#ifndef _UAPI_PKPROF_ROWS_H
#define _UAPI_PKPROF_ROWS_H

#include <linux/types.h>

#define PKPROF_ROWS_MAGIC	0x53574f52u	/* "ROWS" */
#define PKPROF_ROWS_PAGE_SHIFT	16		/* of the file, in rows' numbers */
#define PKPROF_ROWS_MAX_BYTES	(256u << 20)	/* of one table */

#define PKPROF_ROWS_ANY_GEN	(1u << 0)	/* generation is not known */
#define PKPROF_ROWS_VDSO	(1u << 1)	/* the kernel's code in each 64-bit process: no file */
#define PKPROF_ROWS_PYTHON	(1u << 2)	/* a struct pkprof_python follows the rows */

/* Registers by their DWARF numbers in 64-bit code; 32-bit code's by their lower halves. */
#define PKPROF_REG_BX	3
#define PKPROF_REG_BP	6
#define PKPROF_REG_SP	7
#define PKPROF_NR_REGS	16

enum pkprof_rule_kind {
	PKPROF_RULE_GAP,	/* nothing is said of this code: by its frame pointer */
	PKPROF_RULE_CFA,	/* CFA = reg + off */
	PKPROF_RULE_CFA_AT,	/* CFA = word at (reg + off), + add */
	PKPROF_RULE_SIGNAL,	/* 64-bit: a struct ucontext with all registers is at the sp */
	PKPROF_RULE_END,	/* there is no caller */
	PKPROF_RULE_UNKNOWN,	/* not to be said in these terms */
	PKPROF_RULE_POINTER,	/* 64-bit: bp is a frame's, which may be on any stack */
	PKPROF_NR_RULE_KINDS	/* end marker */
};

/* Added to a rule's kind: this is code of CPython's _PyEval_EvalFrameDefault(). */
#define PKPROF_RULE_EVAL	0x80

/* Registers that functions preserve, in the order of pkprof_rule.saved. */
enum pkprof_saved_reg {
	PKPROF_SAVED_BP,
	PKPROF_SAVED_BX,
	PKPROF_SAVED_R12,
	PKPROF_SAVED_R13,
	PKPROF_SAVED_R14,
	PKPROF_SAVED_R15,
	PKPROF_NR_SAVED		/* end marker */
};

/*
 * Where the caller's value of a register is: n > 0 words below the CFA, or, with BY_BP,
 * n >= 0 words below where this frame's bp points.
 */
#define PKPROF_SAVED_NOT	0	/* not saved: the register still has it */
#define PKPROF_SAVED_LOST	0x7fff	/* not to be had */
#define PKPROF_SAVED_BY_BP	0x8000

/* A word is 8 bytes, of 32-bit code 4. */
struct pkprof_rule {
	__u8 kind;		/* enum pkprof_rule_kind, PKPROF_RULE_EVAL */
	__u8 reg;		/* of the CFA, < PKPROF_NR_REGS */
	__u16 ra;		/* the return address is so many words below the CFA; mostly 1 */
	__s32 off, add;		/* bytes */
	__u16 saved[PKPROF_NR_SAVED];
};

/* From here to the next row. */
struct pkprof_row {
	__u16 off;		/* low bits of its offset in the file */
	__u16 rule;		/* index */
};

/*
 * What is written: this, then without a gap
 *	struct pkprof_rule rule[nr_rules]
 *	__u32 page[nr_pages + 1]	index of the first row of each 64 KB of the file;
 *					page[0] == 0, page[nr_pages] == nr_rows
 *	struct pkprof_row row[nr_rows]	by offset in the file
 *	struct pkprof_python		with flag PYTHON; not aligned
 * Before the first row and from the end of the last page on there is a GAP.
 */
struct pkprof_rows {
	__u32 magic;		/* PKPROF_ROWS_MAGIC */
	__u32 bytes;		/* of all */
	__u32 flags;		/* PKPROF_ROWS_* */
	__u32 dev;		/* file as in struct pkprof_rec_map; VDSO: 0 */
	__u64 ino;
	__u32 gen;
	__u32 nr_rules;
	__u32 nr_pages;
	__u32 nr_rows;
};

/*
 * Each activation of _PyEval_EvalFrameDefault() runs some Python frames and has one object in
 * its own C frame by which it is known: a _PyCFrame, or the frame that ends their list.
 */
#define PKPROF_PYTHON_CFRAME	(1u << 0)	/* thread_frame leads to a _PyCFrame */
#define PKPROF_PYTHON_IS_ENTRY	(1u << 1)	/* the last frame of an activation is marked; else a
						 * frame without code follows it */
#define PKPROF_PYTHON_TAIL	(1u << 2)	/* instructions are functions, which the evaluation
						 * function calls */
#define PKPROF_PYTHON_MAX_FLAGS	7u

/* Upper bound of all offsets but those of 32 bits. */
#define PKPROF_PYTHON_MAX_OFFSET 4095

/*
 * CPython in this file: where its data are. Offsets are in bytes from the start of their
 * structure. May be as wrong as they like, as rows.
 */
struct pkprof_python {
	__s64 runtime;		/* _PyRuntime's address, less that at which offset 0 of the file
				 * would be mapped */
	__u32 version;		/* as PY_VERSION_HEX */
	__u32 flags;		/* PKPROF_PYTHON_* */
	__u32 interpreters;	/* of _PyRuntimeState: the first PyInterpreterState */
	__u32 interpreter_next, interpreter_threads;	/* of PyInterpreterState; pointers */
	__u16 thread_next, thread_id, thread_frame;	/* of PyThreadState; id is pthread_self() */
	__u16 cframe_frame, cframe_previous;		/* of _PyCFrame */
	__u16 frame_code, frame_previous, frame_instr;	/* of _PyInterpreterFrame; pointers */
	__u16 frame_is_entry, frame_owner;		/* bytes */
	__u16 shim_owner;	/* from this owner on a frame has no code */
	__u16 code_file, code_name, code_lines;		/* of PyCodeObject; pointers */
	__u16 code_first_line, code_instr;		/* 32 bits; the first instruction itself */
	__u16 text_length, text_state;	/* of PyASCIIObject; 64 and 32 bits */
	__u16 kind_shift;	/* in the state: 3 bits kind, then compact, ascii */
	__u16 ascii_data, wide_data;	/* bytes before the text of compact strings */
	__u16 bytes_length, bytes_data;	/* of PyBytesObject */
	__u16 reserved[3];	/* 0 */
};

#endif /* _UAPI_PKPROF_ROWS_H */
