/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF files for tests, made on the spot by the compiler and binutils in a
 * temporary directory. All functions fail the test when something goes wrong.
 */
#ifndef ELF_FIXTURE_H
#define ELF_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "symbol/elf_file.h"

/* The directory; made at the first call, removed at exit. */
const char *elf_dir(void);
/* "DIR/name", in one of a few static buffers that are used in turn. */
const char *elf_path(const char *name);
/* Run a shell command in the directory. */
void elf_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void elf_write(const char *name, const char *text);
/* DIR/name from assembly or C; @flags for the compiler. */
void elf_assemble(const char *name, const char *source, const char *flags);
void elf_compile(const char *name, const char *source, const char *flags);
/* Open DIR/name. */
struct pk_elf elf_open(const char *name);
/* svma and size of a symbol in .symtab of DIR/name, by its exact name. */
void elf_symbol(const char *name, const char *symbol, uint64_t *svma_ret, uint64_t *size_ret);

#endif
