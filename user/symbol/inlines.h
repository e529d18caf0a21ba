/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions were inlined into which at each of many addresses, and what source lines
 * their code and their calls are of. In: debugging information and addresses. Out: for each
 * address a scope, the innermost, whose parents are what it was inlined into.
 *
 * Only units with wanted addresses are read, each once from its beginning to its end, and
 * functions without wanted addresses are passed over.
 */
#ifndef PK_INLINES_H
#define PK_INLINES_H

#include "base/strtab.h"
#include "symbol/dwarf_line.h"

#define PK_SCOPE_NONE UINT32_MAX
/* Frames of one address; what is inlined deeper is taken for damage. */
#define PK_MAX_INLINED 256

/* A function, or one call of it that was inlined. */
struct pk_inline_scope {
	uint32_t parent;	/* a smaller index; PK_SCOPE_NONE: a function of its own */
	uint32_t unit;		/* index in units */
	uint64_t die;
	uint32_t call_file;	/* string id, 0: not known */
	uint32_t call_line;	/* 0: not known */
};

struct pk_inline_pos {
	uint32_t scope;		/* PK_SCOPE_NONE: in no function */
	uint32_t file;		/* string id of the line's source file, 0: not known */
	uint32_t line;		/* 0: not known */
	bool has_line;		/* the line table covers it */
};

struct pk_inlines {
	struct pk_dwarf_info *d;
	struct pk_strtab *paths;	/* takes the paths of source files */
	const uint64_t *addr;		/* svma, ascending, distinct; the caller's */
	size_t nr;
	struct pk_inline_pos *pos;	/* parallel to addr */
	PK_VEC(struct pk_inline_scope) scopes;
	uint64_t cpu_end_ns, wall_end_ns;	/* no longer than that */
	bool late;	/* time or steps were spent, so not all is known that could be */
};

/* Reads what there is, for @cpu_ns at most (0: the default); paths go into @paths. 0 or -ENOMEM. */
int pk_inlines_init(struct pk_inlines *x, struct pk_dwarf_info *d, struct pk_strtab *paths,
		    const uint64_t *addr, size_t nr, uint64_t cpu_ns);
void pk_inlines_deinit(struct pk_inlines *x);

/* Name of a scope's function: as linked if that is mangled, else as written; NULL: it has none. */
const char *pk_inlines_name(struct pk_inlines *x, const struct pk_inline_scope *s,
			    bool *linkage_ret);
/* One number for all scopes whose names are the same entry's: to remember them by. */
uint64_t pk_inlines_name_key(struct pk_inlines *x, const struct pk_inline_scope *s);

#endif
