// SPDX-License-Identifier: GPL-2.0-or-later
/* Quantities for people; see unit.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/unit.h"

struct unit {
	const char *name;
	uint64_t size;
};

/* --- writing ------------------------------------------------------------------ */

/*
 * Four digits of value / size, cut and not rounded: 999.96 must not turn into
 * 1000.0 of the same unit.
 */
static void put_four(struct pk_strbuf *out, uint64_t value, const struct unit *u)
{
	uint64_t whole = value / u->size, rest = value % u->size;
	int decimals = whole >= 1000 ? 0 : whole >= 100 ? 1 : whole >= 10 ? 2 : 3;
	uint64_t digits = 0;

	for (int i = 0; i < decimals; i++) {
		/* 128 bits: the rest of an EiB times ten does not fit into 64 */
		unsigned __int128 tenfold = (unsigned __int128)rest * 10;

		digits = digits * 10 + (uint64_t)(tenfold / u->size);
		rest = (uint64_t)(tenfold % u->size);
	}
	if (u->size == 1 || !decimals)
		pk_strbuf_printf(out, "%" PRIu64 " %s", whole, u->name);
	else
		pk_strbuf_printf(out, "%" PRIu64 ".%0*" PRIu64 " %s", whole, decimals, digits,
				 u->name);
}

/* In the largest unit of which there is one at least; @units: falling, the last one is 1. */
static void put_scaled(struct pk_strbuf *out, uint64_t value, const struct unit *units)
{
	while (units->size > 1 && value < units->size)
		units++;
	put_four(out, value, units);
}

void pk_unit_put_ns(struct pk_strbuf *out, uint64_t ns)
{
	static const struct unit units[] = {
		{ "s", PK_NS_PER_S }, { "ms", PK_NS_PER_MS }, { "us", PK_NS_PER_US }, { "ns", 1 },
	};
	uint64_t s = ns / PK_NS_PER_S;

	if (s < 60)
		put_scaled(out, ns, units);
	else if (s < 3600)
		pk_strbuf_printf(out, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
	else if (s < 86400)
		pk_strbuf_printf(out, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
	else
		pk_strbuf_printf(out, "%" PRIu64 " d %02" PRIu64 " h", s / 86400, s / 3600 % 24);
}

void pk_unit_put_brief_ns(struct pk_strbuf *out, double ns, const char *us)
{
	const char *const units[] = { "ns", us, "ms", "s" };
	unsigned int unit = 0;

	for (; ns >= 999.5 && unit < 3; unit++)
		ns /= 1000;
	pk_strbuf_printf(out, "%.*f %s", !unit || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2, ns,
			 units[unit]);
}

void pk_unit_put_bytes(struct pk_strbuf *out, uint64_t bytes)
{
	static const struct unit units[] = {
		{ "EiB", 1ULL << 60 }, { "PiB", 1ULL << 50 }, { "TiB", 1ULL << 40 },
		{ "GiB", 1ULL << 30 }, { "MiB", 1ULL << 20 }, { "KiB", 1ULL << 10 },
		{ "B", 1 },
	};

	put_scaled(out, bytes, units);
}

void pk_unit_put_count(struct pk_strbuf *out, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			pk_strbuf_putc(out, ',');
		pk_strbuf_putc(out, digits[i]);
	}
}

void pk_unit_put_pct(struct pk_strbuf *out, uint64_t part, uint64_t whole)
{
	double pct = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!whole)
		pk_strbuf_putc(out, '-');
	else
		pk_strbuf_printf(out, "%.*f %%", !part || pct >= 0.95 ? 1 : pct >= 0.095 ? 2 : 3,
				 pct);
}

/* --- reading ------------------------------------------------------------------ */

static const struct unit *find_unit(const char *name, const struct unit *units, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcasecmp(units[i].name, name))
			return &units[i];
	return NULL;
}

/*
 * Whole numbers are read exactly; those with decimals go through a long
 * double, whose 64 bits of mantissa are exact enough for any 2^63.
 */
static int parse(const char *text, const struct unit *units, size_t nr, uint64_t *ret)
{
	const struct unit *u;
	size_t digits = strspn(text, "0123456789."), len;
	long double v;
	char *end;

	/* strtold() would also take signs, exponents, hexadecimal, "inf" */
	v = strtold(text, &end);
	if (!digits || end != text + digits)
		return -EINVAL;
	len = strspn(end, " ");
	u = find_unit(end + len, units, nr);
	if (!u)
		return -EINVAL;
	v = roundl(v * (long double)u->size);
	if (v >= 0x1p63L)
		return -ERANGE;
	*ret = (uint64_t)v;
	return 0;
}

int pk_unit_parse_ns(const char *text, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", PK_NS_PER_S },
		{ "ns", 1 },
		{ "us", PK_NS_PER_US },
		{ "µs", PK_NS_PER_US },
		{ "ms", PK_NS_PER_MS },
		{ "s", PK_NS_PER_S },
		{ "min", 60 * PK_NS_PER_S },
		{ "h", 3600 * PK_NS_PER_S },
		{ "d", 86400 * PK_NS_PER_S },
	};

	return parse(text, units, PK_ARRAY_SIZE(units), ret);
}

int pk_unit_parse_bytes(const char *text, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 },	      { "B", 1 },	   { "K", 1ULL << 10 },
		{ "KiB", 1ULL << 10 }, { "M", 1ULL << 20 }, { "MiB", 1ULL << 20 },
		{ "G", 1ULL << 30 },   { "GiB", 1ULL << 30 }, { "T", 1ULL << 40 },
		{ "TiB", 1ULL << 40 },
	};

	return parse(text, units, PK_ARRAY_SIZE(units), ret);
}
