// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about what waits were for; mkprofile.c has the rest.
 *
 *	waiton FROM TO PID disk DEVICE TIME COUNT
 *	waiton FROM TO PID socket KIND PEER TIME COUNT
 *
 * DEVICE: a name, or "unknown". KIND: opened, accepted, listening, udp, unix, unknown. PEER:
 * REMOTE:PORT, accepted REMOTE@LOCAL:PORT, listening @LOCAL:PORT, or "-". TIME in seconds.
 */
#include <string.h>

#include "script.h"

static PK_VEC(struct pk_wait_on) waits;

static uint8_t kind_of(const char *text)
{
	static const char *const names[PKPROF_NR_ON_KINDS] = {
		[PKPROF_ON_UNKNOWN] = "unknown",     [PKPROF_ON_OPENED] = "opened",
		[PKPROF_ON_ACCEPTED] = "accepted",   [PKPROF_ON_LISTENING] = "listening",
		[PKPROF_ON_DATAGRAM] = "udp",	     [PKPROF_ON_UNIX] = "unix",
	};

	for (unsigned int i = 0; i < PKPROF_NR_ON_KINDS; i++)
		if (names[i] && !strcmp(text, names[i]))
			return i;
	fail("no kind of target", text);
}

static void take_peer(struct pk_wait_on *x, char *text)
{
	char *port = strrchr(text, ':'), *local = strchr(text, '@');

	if (!port)
		return;
	*port = '\0';
	if (local)
		*local++ = '\0';
	x->port = number(port + 1);
	x->family = strchr(text, ':') || (local && strchr(local, ':')) ? 6 : 4;
	x->name = intern(text);
	x->local = intern(local);
}

static void do_wait_on(const struct words *w)
{
	struct pk_wait_on *x = pk_vec_push(&waits);
	bool disk = !strcmp(word(w, 4), "disk"), unknown = !strcmp(word(w, 5), "unknown");

	*x = (struct pk_wait_on){
		.from_ns = instant(word(w, 1)), .to_ns = instant(word(w, 2)),
		.tgid = number(word(w, 3)), .line = disk ? PKPROF_LINE_DISK : PKPROF_LINE_SOCKET,
		.name = intern(""), .local = intern(""),
	};
	if (disk) {
		x->kind = unknown ? PKPROF_ON_UNKNOWN : PKPROF_ON_DEVICE;
		x->name = intern(unknown ? "" : word(w, 5));
	} else {
		x->kind = kind_of(word(w, 5));
		take_peer(x, w->word[6]);
	}
	x->ns = duration(word(w, disk ? 6 : 7));
	x->nr = number(word(w, disk ? 7 : 8));
}

BY_TIME(waits_by_time, struct pk_wait_on, to_ns)

void write_waited(void)
{
	sort(waits, waits_by_time);
	PK_VEC_FOREACH(&waits, x)
		check(pk_writer_wait_on(writer, x));
}

const struct statement waited_statements[] = { { "waiton", do_wait_on }, { 0 } };
