// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of what waits were for to pieces; see waited.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "record/waited.h"

void pk_waited_init(struct pk_waited *w, struct pk_writer *writer,
		    const struct pk_reading_times *times)
{
	*w = (struct pk_waited){ .writer = writer, .times = times };
}

void pk_waited_deinit(struct pk_waited *w)
{
	pk_vec_deinit(&w->known);
	pk_map64_deinit(&w->where);
}

static struct pk_waited_state *state_of(struct pk_waited *w, const struct pkprof_wait_on *told)
{
	uint32_t *at = pk_map64_at(&w->where, told->cell + 1ULL);
	struct pk_waited_state *s;

	if (at && *at == PK_MAP64_NONE && pk_vec_push(&w->known))
		*at = w->known.nr - 1;
	if (!at || *at == PK_MAP64_NONE)
		return NULL;
	s = &w->known.data[*at];
	/* another one's now */
	if (s->id != told->id)
		*s = (struct pk_waited_state){ .id = told->id };
	return s;
}

static int put_text(struct pk_waited *w, const char *text, uint32_t *id_ret)
{
	return pk_writer_string(w->writer, text, strlen(text), id_ret);
}

/* An address as text; none, or all zeroes, which stands for any: the empty one. */
static int put_address(struct pk_waited *w, uint8_t family, const uint8_t address[16],
		       uint32_t *id_ret)
{
	static const uint8_t none[16];
	char text[INET6_ADDRSTRLEN] = "";

	if (family && memcmp(address, none, sizeof(none)))
		inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	return put_text(w, text, id_ret);
}

static int put_names(struct pk_waited *w, const struct pkprof_wait_on *told, const char *device,
		     struct pk_wait_on *x)
{
	int ret = put_address(w, told->family, told->local, &x->local);

	if (ret)
		return ret;
	if (told->kind == PKPROF_ON_DEVICE)
		return put_text(w, device ? device : "", &x->name);
	return put_address(w, told->family, told->remote, &x->name);
}

static int write_piece(struct pk_waited *w, const struct pk_waited_state *s,
		       const struct pkprof_wait_on *told, const char *device)
{
	struct pk_wait_on x = {
		.from_ns = pk_reading_times_from_ns(w->times, s->at_ns),
		.to_ns = w->times->now_ns,
		.tgid = told->tgid,
		.line = told->line,
		.kind = told->kind,
		.family = told->family,
		.flags = told->flags,
		.port = told->port,
		.nr = told->nr - s->nr,
		.ns = told->ns - s->ns,
	};
	int ret;

	if (!x.to_ns || !(x.nr || x.ns))
		return 0;
	ret = put_names(w, told, device, &x);
	w->nr_pieces++;
	return ret ? ret : pk_writer_wait_on(w->writer, &x);
}

int pk_waited_take(struct pk_waited *w, const struct pkprof_wait_on *told, const char *device)
{
	struct pk_waited_state *s = state_of(w, told);
	int ret;

	if (!s)
		return -ENOMEM;
	/* CPUs are read one after the other: what one tells less comes with the next reading */
	if (told->nr < s->nr || told->ns < s->ns)
		return 0;
	ret = write_piece(w, s, told, device);
	s->nr = told->nr;
	s->ns = told->ns;
	s->at_ns = w->times->now_ns;
	return ret;
}
