// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * leaks - looks in all that the module tells for what nobody wrote, and for the kernel's addresses.
 *
 *	leaks SECONDS		the module's parameter "poison" is on: bytes of the pattern
 *	leaks --fresh		it is off: what of new rings was not written yet
 *
 * Records with all sources that work, takes dumps of everything, and counts by kind of record
 * or attribute and by place in it how often the byte there is the pattern. A place where it
 * always is was never written. Prints
 *
 *	kinds N			of records and attributes that were seen often enough
 *	pattern KIND PLACE	a byte that nobody wrote; "r3" a record, "a38" an attribute, "end": its last
 *	address KIND PLACE V	a value that is an address of the kernel
 *	records N, bytes N	that were looked at, of dumps
 *	fresh N			bytes behind the head that are not 0
 */
#include "session.h"

#define PATTERN	  0xa5
#define PERIOD_NS 500000
#define MAX_PLACE 512
#define OFTEN	  6 /* a byte that is the pattern by chance is not so that often in a row */

struct kind {
	unsigned long nr, nr_ends, hits[MAX_PLACE], seen[MAX_PLACE], end_hits;
};

static struct kind records[PKPROF_NR_RECS], attributes[PKPROF_A_MAX + 1];
static unsigned long nr_records, nr_bytes;

static void count(struct kind *k, const unsigned char *at, size_t bytes)
{
	k->nr++;
	for (size_t i = 0; i < bytes && i < MAX_PLACE; i++) {
		k->seen[i]++;
		k->hits[i] += at[i] == PATTERN;
	}
	if (bytes) {
		k->nr_ends++;
		k->end_hits += at[bytes - 1] == PATTERN;
	}
}

/* @noise: bytes of it that are random by nature */
static void look(char what, int type, const char *at, size_t bytes, size_t noise)
{
	for (size_t i = noise; i + 8 <= bytes; i += 4) {
		uint64_t v;

		memcpy(&v, at + i, sizeof(v));
		if (is_kernel_address(v))
			printf("address %c%d %zu %llx\n", what, type, i, (unsigned long long)v);
	}
}

static void on_record(const struct pkprof_rec *rec)
{
	size_t noise = rec->type == PKPROF_REC_FILE ? sizeof(struct pkprof_rec_file) : sizeof(*rec);

	nr_records++;
	count(&records[rec->type], (const unsigned char *)rec, rec->size);
	look('r', rec->type, (const char *)rec, rec->size, noise);
}

static void on_attributes(const char *attrs, int bytes)
{
	while (bytes >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)attrs;
		int len = a->nla_len - NLA_HDRLEN;

		if (len < 0 || a->nla_type > PKPROF_A_MAX)
			return;
		/* a pad for alignment has no bytes of its own; a cookie, a session's number */
		count(&attributes[a->nla_type], (const unsigned char *)attrs + NLA_HDRLEN, len);
		look('a', a->nla_type, attrs + NLA_HDRLEN, len, 0);
		nr_bytes += len;
		attrs += NLA_ALIGN(a->nla_len);
		bytes -= NLA_ALIGN(a->nla_len);
	}
}

static void take_dumps(void)
{
	struct request ledger = request_of(family, PKPROF_CMD_LEDGER, NLM_F_DUMP);
	struct request status = request_of(family, PKPROF_CMD_STATUS, NLM_F_DUMP);
	struct request one = request_of(family, PKPROF_CMD_STATUS, 0);
	struct request info = request_of(family, PKPROF_CMD_INFO, 0);
	const char *text;

	put_u64(&ledger, PKPROF_A_COOKIE, cookie);
	put_u32(&ledger, PKPROF_A_LEDGER_WHAT, UINT32_MAX);
	told = on_attributes;
	ask(&ledger, &text);
	ask(&status, &text);
	ask(&one, &text);
	ask(&info, &text);
	told = NULL;
}

static unsigned int tell(char what, const struct kind *kinds, unsigned int nr)
{
	unsigned int often = 0;

	for (unsigned int type = 0; type < nr; type++) {
		const struct kind *k = &kinds[type];

		often += k->nr >= OFTEN;
		for (unsigned int i = 0; i < MAX_PLACE; i++)
			if (k->seen[i] >= OFTEN && k->hits[i] == k->seen[i])
				printf("pattern %c%u %u\n", what, type, i);
		if (k->nr_ends >= OFTEN && k->end_hits == k->nr_ends)
			printf("pattern %c%u end\n", what, type);
	}
	return often;
}

static void begin(void)
{
	struct request r = session_request(session_sources(), PERIOD_NS);
	const char *text;
	int err = session_start(&r, &text);

	if (!err)
		err = session_map();
	if (!err)
		return;
	fprintf(stderr, "START: %s %s\n", strerror(-err), text ? text : "-");
	exit(2);
}

static void fresh(void)
{
	unsigned long bad = 0;

	for (uint32_t cpu = 0; cpu < session.nr_cpus && cpu < SESSION_MAX_CPUS; cpu++) {
		const struct session_ring *r = &session.ring[cpu];
		/* some time is left for what is written while we look: the last quarter is far away */
		size_t from = session.ring_bytes / 4 * 3;

		if (!r->reader || r->info->head > session.ring_bytes / 2)
			continue;
		for (size_t i = from; i < session.ring_bytes; i++)
			bad += r->data[i] != 0;
	}
	printf("fresh %lu\n", bad);
}

int main(int argc, char **argv)
{
	uint64_t end_ns;
	const char *text;

	if (argc != 2) {
		fprintf(stderr, "usage: leaks SECONDS | --fresh\n");
		return 2;
	}
	find_family();
	open_device();
	begin();
	if (!strcmp(argv[1], "--fresh")) {
		fresh();
		return 0;
	}
	end_ns = now_ns() + atoi(argv[1]) * 1000000000ull;
	while (now_ns() < end_ns) {
		session_ask(PKPROF_CMD_MARK, &text);
		if (session_drain(on_record, 1) < 0)
			die("a ring holds no records");
		take_dumps();
		usleep(100000);
	}
	session_ask(PKPROF_CMD_STOP, &text);
	session_drain(on_record, 1);
	printf("kinds %u\n", tell('r', records, PKPROF_NR_RECS) + tell('a', attributes, PKPROF_A_MAX + 1));
	printf("records %lu\nbytes %lu\n", nr_records, nr_bytes);
	return 0;
}
