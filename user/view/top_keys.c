// SPDX-License-Identifier: GPL-2.0-or-later
/* What keys do to the live screen; see top.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "view/top.h"

void pk_top_init(struct pk_top *t)
{
	*t = (struct pk_top){ .interval_ns = 1000000000, .page = 1 };
	t->io_sort[PK_SHOW_IO] = pk_top_io_sort_find(PK_SHOW_IO, "reqB/s");
	t->io_sort[PK_SHOW_NET] = pk_top_io_sort_find(PK_SHOW_NET, "outB/s");
}

void pk_top_deinit(struct pk_top *t)
{
	pk_vec_deinit(&t->rows);
}

static size_t nr_rows(const struct pk_top *t)
{
	if (t->view == PK_TOP_STACKS)
		return t->stacks ? t->stacks->stacks.nr : 0;
	return t->rows.nr;
}

static void move_to(struct pk_top *t, size_t row)
{
	size_t nr = nr_rows(t);

	t->cursor = row < nr ? row : nr ? nr - 1 : 0;
	/* on the first row it stays there, whoever that is */
	t->selected = t->view != PK_TOP_STACKS && t->cursor && nr ? t->rows.data[t->cursor].id : 0;
}

static void enter_view(struct pk_top *t, enum pk_top_view view)
{
	t->view = view;
	t->cursor = t->first = 0;
	t->selected = 0;
}

static unsigned int *sort_of(struct pk_top *t)
{
	return pk_top_is_io(t) ? &t->io_sort[t->show] : &t->sort;
}

static unsigned int nr_columns(const struct pk_top *t)
{
	const struct pk_io_column *c;

	return pk_top_is_io(t) ? pk_io_columns_of(t->show, &c) : pk_top_nr_columns;
}

static void sort_by(struct pk_top *t, unsigned int sort)
{
	if (*sort_of(t) == sort)
		t->reverse = !t->reverse;
	else
		t->reverse = false;
	*sort_of(t) = sort;
}

static void next_sort(struct pk_top *t, int step)
{
	unsigned int nr = nr_columns(t) + PK_TOP_NR_ORDERS, *sort = sort_of(t);

	do
		*sort = (*sort + nr + step) % nr;
	while (pk_top_is_io(t) && *sort == nr_columns(t) + PK_TOP_BY_SWITCHES);
	t->reverse = false;
}

static void open_row(struct pk_top *t)
{
	const struct pk_top_row *row;

	if (t->view != PK_TOP_PROCESSES || t->cursor >= t->rows.nr)
		return;
	row = &t->rows.data[t->cursor];
	if (row->exited)
		return;
	t->process = row->id;
	snprintf(t->process_name, sizeof(t->process_name), "%.*s", PKPROF_COMM_LEN, row->name);
	t->filter[0] = '\0';
	enter_view(t, PK_TOP_THREADS);
}

static void go_back(struct pk_top *t)
{
	if (*t->filter) {
		t->filter[0] = '\0';
	} else if (t->view == PK_TOP_THREADS) {
		uint32_t process = t->process;

		enter_view(t, PK_TOP_PROCESSES);
		t->selected = process;
	} else {
		enter_view(t, PK_TOP_PROCESSES);
	}
}

/* 100 ms, 200, 500, 1 s, 2, 5, ... */
static void change_interval(struct pk_top *t, bool longer)
{
	static const uint64_t steps_ms[] = { 100,  200,	 500,	1000,  2000,
					     5000, 10000, 20000, 30000, 60000 };
	size_t nr = PK_ARRAY_SIZE(steps_ms);

	if (longer) {
		for (size_t i = 0; i < nr; i++)
			if (steps_ms[i] * 1000000 > t->interval_ns) {
				t->interval_ns = steps_ms[i] * 1000000;
				return;
			}
		return;
	}
	for (size_t i = nr; i-- > 0;)
		if (steps_ms[i] * 1000000 < t->interval_ns) {
			t->interval_ns = steps_ms[i] * 1000000;
			return;
		}
}

static void edit(struct pk_top *t, int key)
{
	size_t len = strlen(t->filter);

	if (key == PK_TOP_KEY_ENTER) {
		t->editing = false;
	} else if (key == PK_TOP_KEY_ESCAPE) {
		t->editing = false;
		t->filter[0] = '\0';
	} else if (key == PK_TOP_KEY_ERASE) {
		if (len)
			t->filter[len - 1] = '\0';
	} else if (key < 0x7f && isprint(key) && len + 1 < sizeof(t->filter)) {
		t->filter[len] = key;
		t->filter[len + 1] = '\0';
	}
}

static bool is_move(struct pk_top *t, int key)
{
	size_t page = t->page ? t->page : 1;

	switch (key) {
	case PK_TOP_KEY_UP:
		move_to(t, t->cursor ? t->cursor - 1 : 0);
		return true;
	case PK_TOP_KEY_DOWN:
		move_to(t, t->cursor + 1);
		return true;
	case PK_TOP_KEY_PAGE_UP:
		move_to(t, t->cursor > page ? t->cursor - page : 0);
		return true;
	case PK_TOP_KEY_PAGE_DOWN:
		move_to(t, t->cursor + page);
		return true;
	case PK_TOP_KEY_HOME:
		move_to(t, 0);
		return true;
	case PK_TOP_KEY_END:
		move_to(t, SIZE_MAX);
		return true;
	}
	return false;
}

static bool is_sort(struct pk_top *t, int key)
{
	for (unsigned int i = 0; i < pk_top_nr_columns && !pk_top_is_io(t); i++) {
		if (pk_top_columns[i].key && pk_top_columns[i].key == key) {
			sort_by(t, i);
			return true;
		}
	}
	switch (key) {
	case 'w':
		if (!pk_top_is_io(t))
			sort_by(t, pk_top_nr_columns + PK_TOP_BY_SWITCHES);
		return true;
	case 'i':
		sort_by(t, nr_columns(t) + PK_TOP_BY_ID);
		return true;
	case 'n':
		sort_by(t, nr_columns(t) + PK_TOP_BY_NAME);
		return true;
	case '<':
	case PK_TOP_KEY_LEFT:
		next_sort(t, -1);
		return true;
	case '>':
	case PK_TOP_KEY_RIGHT:
		next_sort(t, 1);
		return true;
	case 'r':
		t->reverse = !t->reverse;
		return true;
	}
	return false;
}

void pk_top_key(struct pk_top *t, int key)
{
	if (t->editing) {
		edit(t, key);
		return;
	}
	if (t->help) {
		/* any key leaves it, q does no more than that */
		t->help = key == PK_TOP_KEY_RESIZE;
		return;
	}
	if (is_move(t, key) || is_sort(t, key))
		return;
	switch (key) {
	case 'q':
		t->quit = true;
		break;
	case 'h':
	case '?':
		t->help = true;
		break;
	case ' ':
		t->paused = !t->paused;
		break;
	case 'm':
		t->ms = !t->ms;
		break;
	case '+':
	case '-':
		change_interval(t, key == '+');
		break;
	case '/':
		t->editing = t->view != PK_TOP_STACKS;
		break;
	case 'v':
		/* from elsewhere: back to what was shown */
		if (t->view == PK_TOP_PROCESSES)
			t->show = (t->show + 1) % PK_NR_SHOWS;
		t->reverse = false;
		enter_view(t, PK_TOP_PROCESSES);
		break;
	case 's':
		enter_view(t, t->view == PK_TOP_STACKS ? PK_TOP_PROCESSES : PK_TOP_STACKS);
		break;
	case PK_TOP_KEY_ENTER:
		open_row(t);
		break;
	case PK_TOP_KEY_ESCAPE:
	case PK_TOP_KEY_ERASE:
		go_back(t);
		break;
	}
}
