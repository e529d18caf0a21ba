// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel functions; see kallsyms.h. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/kallsyms.h"
#include "symbol/text_file.h"

#define MAX_BYTES (256u << 20)
#define MAX_LONE_FUNCTION (64u << 10)

static bool is_text(const struct pk_ksym *s)
{
	return strchr("tTwW", s->type);
}

/* Code that many parties put here and there, all under one name. */
static bool is_scattered(const struct pk_ksym *s)
{
	return s->module && (!strcmp(s->module, "[bpf]") || !strncmp(s->module, "[__builtin_", 11));
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && !strcmp(name + len - end_len, end);
}

/* Names that linker scripts give to places between functions. */
static bool is_mark(const char *name)
{
	static const char *const marks[] = {
		"_text", "_stext", "_etext", "_sinittext", "_einittext",
		"__indirect_thunk_start", "__indirect_thunk_end",
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strcmp(name, marks[i]))
			return true;
	return name[0] == '_' && (ends_with(name, "_text_start") || ends_with(name, "_text_end"));
}

static bool same_module(const struct pk_ksym *a, const struct pk_ksym *b)
{
	if (!a->module || !b->module)
		return a->module == b->module;
	return !strcmp(a->module, b->module);
}

static int compare(const void *a, const void *b)
{
	const struct pk_ksym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* "ffffffff81000000 T _stext" or "... t ext4_map\t[ext4]". */
static bool parse_line(char *line, struct pk_ksym *ret)
{
	char *tab;

	if (!pk_text_hex(&line, &ret->addr) || line[0] != ' ' || !line[1] || line[2] != ' ' ||
	    !line[3])
		return false;
	ret->type = line[1];
	ret->name = line + 3;
	tab = strchr(line + 3, '\t');
	if (tab)
		*tab++ = '\0';
	ret->module = tab && *tab == '[' ? tab : NULL;
	return ret->name[0] && strnlen(ret->name, PK_MAX_SYMBOL_NAME) < PK_MAX_SYMBOL_NAME;
}

int pk_kallsyms_parse(char *text, size_t len, struct pk_kallsyms *ret)
{
	char *pos = text, *line;
	bool sorted = true;
	struct pk_ksym s;
	size_t nr = 0;

	*ret = (struct pk_kallsyms){ .text = text };
	while ((line = pk_text_line(&pos, text + len))) {
		if (!parse_line(line, &s))
			continue;
		nr++;
		/* per-CPU offsets and absolute constants are no addresses */
		if (!s.addr || toupper(s.type) == 'A')
			continue;
		if (pk_vec_add(&ret->syms, s)) {
			pk_kallsyms_deinit(ret);
			return -ENOMEM;
		}
		if (ret->syms.nr > 1 && ret->syms.data[ret->syms.nr - 2].addr > s.addr)
			sorted = false;
	}
	ret->hidden = nr && !ret->syms.nr;
	if (!sorted)
		qsort(ret->syms.data, ret->syms.nr, sizeof(*ret->syms.data), compare);
	return 0;
}

int pk_kallsyms_read(const char *path, struct pk_kallsyms *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;
	char *text;
	size_t len;

	if (fd < 0)
		return -errno;
	err = pk_text_read(fd, MAX_BYTES, &text, &len);
	close(fd);
	if (!err)
		err = pk_kallsyms_parse(text, len, ret);
	if (!err && !ret->syms.nr && !ret->hidden) {
		pk_kallsyms_deinit(ret);
		err = -EINVAL;
	}
	return err;
}

void pk_kallsyms_deinit(struct pk_kallsyms *k)
{
	free(k->text);
	pk_vec_deinit(&k->syms);
	*k = (struct pk_kallsyms){ 0 };
}

/* End of the functions at @s; @next: the first symbol above them, or NULL. */
static uint64_t end_of(const struct pk_ksym *s, const struct pk_ksym *next)
{
	uint64_t limit;

	if (next && is_text(next) && same_module(s, next) && !is_scattered(s))
		return next->addr;
	if (__builtin_add_overflow(s->addr, MAX_LONE_FUNCTION, &limit))
		limit = UINT64_MAX;
	return next && next->addr < limit ? next->addr : limit;
}

static uint8_t rank_of(const struct pk_ksym *s)
{
	/* what every module's entry points are called besides their own names */
	if (!strcmp(s->name, "init_module") || !strcmp(s->name, "cleanup_module"))
		return 2;
	return !isupper(s->type);
}

static int offer(const struct pk_ksym *s, uint64_t end, struct pk_strtab *strings,
		 struct pk_cover *c)
{
	struct pk_func f = { .start = s->addr, .end = end, .name = s->name };
	uint32_t i;

	if (!is_text(s) || is_mark(s->name))
		return 0;
	i = pk_cover_lower(c, f.start);
	if (i == c->nr || c->addr[i] >= f.end)
		return 0;
	f.rank = rank_of(s);
	if (pk_strtab_intern_z(strings, s->module ? s->module : "[kernel]", &f.dso))
		return -ENOMEM;
	return pk_cover_offer(c, &f);
}

int pk_kallsyms_offer(const struct pk_kallsyms *k, struct pk_strtab *strings, struct pk_cover *c)
{
	const struct pk_ksym *s = k->syms.data;
	size_t nr = k->syms.nr, next;
	int ret = 0;

	for (size_t i = 0; i < nr && !ret; i = next) {
		for (next = i; next < nr && s[next].addr == s[i].addr; next++)
			;
		for (; i < next && !ret; i++)
			ret = offer(&s[i], end_of(&s[i], next < nr ? &s[next] : NULL), strings, c);
	}
	return ret;
}
