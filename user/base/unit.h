/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quantities for people: times, sizes, counts and shares written with a unit
 * and about four digits, and times and sizes read from command lines.
 */
#ifndef PK_UNIT_H
#define PK_UNIT_H

#include <stdint.h>

#include "base/strbuf.h"

#define PK_NS_PER_US 1000ULL
#define PK_NS_PER_MS 1000000ULL
#define PK_NS_PER_S 1000000000ULL

/* 999 ns, 1.500 us, 12.34 ms, 59.99 s, 2 min 05 s, 3 h 20 min, 2 d 04 h. */
void pk_unit_put_ns(struct pk_strbuf *out, uint64_t ns);
/* Three digits: 999 ns, 1.50 us, 12.3 ms, 131 s; @us: how a microsecond is written. */
void pk_unit_put_brief_ns(struct pk_strbuf *out, double ns, const char *us);
/* 1023 B, 1.500 KiB, 12.34 MiB, ... EiB. */
void pk_unit_put_bytes(struct pk_strbuf *out, uint64_t bytes);
/* 1234567 as 1,234,567. */
void pk_unit_put_count(struct pk_strbuf *out, uint64_t n);
/* The share of @part in @whole: 12.3 %; 0.012 % when small; "-" of nothing. */
void pk_unit_put_pct(struct pk_strbuf *out, uint64_t part, uint64_t whole);

/*
 * A duration: a number, with decimals or without, and ns, us, ms, s, min, h or
 * d; without a unit it means seconds. 0, -EINVAL, or -ERANGE beyond 2^63 ns.
 */
int pk_unit_parse_ns(const char *text, uint64_t *ret);
/*
 * A size: a number and B, K, M, G, T, with or without iB behind, all powers of
 * 1024; without a unit it means bytes. 0, -EINVAL, or -ERANGE beyond 2^63.
 */
int pk_unit_parse_bytes(const char *text, uint64_t *ret);

#endif
