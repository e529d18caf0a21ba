// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules for Go's code; see go_code.h. The call frame information that Go's tools write follows
 * the stack pointer in one stack. Where the runtime goes from a goroutine's stack to its thread's
 * the frame pointer still leads back: the caller's own frame is passed by with that, as the
 * functions that switch have none. Debuggers of Go do these functions by name as well.
 */
#include <string.h>

#include "base/cleanup.h"
#include "symbol/elf_symtab.h"
#include "unwind/go_code.h"

static const struct special {
	const char *name; /* without the suffix of an old calling convention */
	enum pkprof_rule_kind kind;
} specials[] = {
	/* where goroutines and threads begin; mcall goes to the scheduler and does not return */
	{ "runtime.goexit", PKPROF_RULE_END },
	{ "runtime.mcall", PKPROF_RULE_END },
	{ "runtime.mstart", PKPROF_RULE_END },
	{ "runtime.rt0_go", PKPROF_RULE_END },
	{ "runtime.asmcgocall", PKPROF_RULE_POINTER },
	{ "runtime.morestack", PKPROF_RULE_POINTER },
	{ "runtime.systemstack", PKPROF_RULE_POINTER },
	/* the kernel's clock functions are run on the thread's stack */
	{ "runtime.nanotime1", PKPROF_RULE_POINTER },
	{ "runtime.walltime", PKPROF_RULE_POINTER },
	{ "time.now", PKPROF_RULE_POINTER },
	{ "runtime.sigreturn", PKPROF_RULE_SIGNAL },
	{ "runtime.sigreturn__sigaction", PKPROF_RULE_SIGNAL },
};

bool pk_go_built(const struct pk_elf *e)
{
	return pk_elf_section(e, ".go.buildinfo") || pk_elf_section(e, ".note.go.buildid");
}

static const struct special *find_special(const char *name)
{
	size_t len = strlen(name);

	if (len > 5 && !strcmp(name + len - 5, ".abi0"))
		len -= 5;
	for (size_t i = 0; i < PK_ARRAY_SIZE(specials); i++)
		if (strlen(specials[i].name) == len && !memcmp(specials[i].name, name, len))
			return &specials[i];
	return NULL;
}

static int compare_start(const void *a, const void *b)
{
	const struct pk_go_function *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int add_symbol(const struct pk_symtab *t, const GElf_Sym *sym, struct pk_go_functions *ret)
{
	const char *name = pk_symtab_name(t, sym);
	const struct special *special = name ? find_special(name) : NULL;
	struct pk_go_function f = { .start = sym->st_value };

	if (!special || GELF_ST_TYPE(sym->st_info) != STT_FUNC || !sym->st_size ||
	    __builtin_add_overflow(f.start, sym->st_size, &f.end))
		return 0;
	f.rule.kind = special->kind;
	/* a handler returns to its first instruction, as if from a call before it */
	if (special->kind == PKPROF_RULE_SIGNAL && f.start)
		f.start--;
	return pk_vec_add(&ret->v, f);
}

/* Two symbols of one place say the same. */
static void drop_overlapping(struct pk_go_functions *all)
{
	size_t kept = 0;

	if (all->v.nr)
		qsort(all->v.data, all->v.nr, sizeof(*all->v.data), compare_start);
	PK_VEC_FOREACH(&all->v, f)
		if (!kept || f->start >= all->v.data[kept - 1].end)
			all->v.data[kept++] = *f;
	all->v.nr = kept;
}

int pk_go_functions(const struct pk_elf *e, struct pk_go_functions *ret)
{
	struct pk_symtab t;
	GElf_Sym sym;
	int err = 0;

	*ret = (struct pk_go_functions){ 0 };
	if (!pk_symtab_open(e, SHT_SYMTAB, &t))
		return 0;
	for (size_t n = 1; n < t.nr && !err; n++)
		if (gelf_getsym(t.symbols, n, &sym))
			err = add_symbol(&t, &sym, ret);
	drop_overlapping(ret);
	return err;
}

void pk_go_rule(struct pkprof_rule *rule)
{
	/* the return address, under it the caller's frame pointer; smaller frames have none */
	if (rule->kind == PKPROF_RULE_CFA && rule->reg == PKPROF_REG_SP &&
	    rule->off >= 2 * (int)sizeof(uint64_t) &&
	    rule->saved[PKPROF_SAVED_BP] == PKPROF_SAVED_NOT)
		rule->saved[PKPROF_SAVED_BP] = 2;
}
