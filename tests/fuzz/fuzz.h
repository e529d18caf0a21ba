/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fuzzer is a file fuzz_NAME.c with this one function, which aborts where
 * something is wrong with what the tool made of the input. Its seeds are in
 * corpus/NAME. libFuzzer drives it, or replay.c where there is none.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
