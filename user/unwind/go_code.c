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
#include "symbol/go_pclntab.h"
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

static int add_function(const char *name, uint64_t start, uint64_t end, struct pk_go_functions *ret)
{
	const struct special *special = find_special(name);
	struct pk_go_function f = { .start = start, .end = end };

	if (!special || start >= end)
		return 0;
	f.rule.kind = special->kind;
	/* a handler returns to its first instruction, as if from a call before it */
	if (special->kind == PKPROF_RULE_SIGNAL && f.start)
		f.start--;
	return pk_vec_add(&ret->v, f);
}

static int add_symbols(const struct pk_symtab *t, struct pk_go_functions *ret)
{
	GElf_Sym sym;
	int err = 0;

	for (size_t n = 1; n < t->nr && !err; n++) {
		const char *name = gelf_getsym(t->symbols, n, &sym) ? pk_symtab_name(t, &sym) : NULL;

		if (name && GELF_ST_TYPE(sym.st_info) == STT_FUNC)
			err = add_function(name, sym.st_value, sym.st_value + sym.st_size, ret);
	}
	return err;
}

/* Stripped files have that still. */
static int add_own_table(const struct pk_go_pclntab *t, struct pk_go_functions *ret)
{
	struct pk_func f;
	int err = 0;

	for (uint64_t i = 0; i < t->nr_funcs && !err; i++)
		if (pk_go_pclntab_at(t, i, &f))
			err = add_function(f.name, f.start, f.end, ret);
	return err;
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
	struct pk_go_pclntab table;
	struct pk_symtab symbols;
	int err = 0;

	*ret = (struct pk_go_functions){ 0 };
	if (pk_symtab_open(e, SHT_SYMTAB, &symbols))
		err = add_symbols(&symbols, ret);
	else if (pk_go_pclntab_open(e, &table))
		err = add_own_table(&table, ret);
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
