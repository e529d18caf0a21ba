// SPDX-License-Identifier: GPL-2.0-or-later
/* Follows the instructions of call frame information; see cfi_run.h and cfi.h. */
#include <string.h>

#include "unwind/cfi_run.h"

/* Compilers go no deeper than a few. */
#define MAX_REMEMBERED	32
#define PLT_ENTRY_BYTES 16

struct run {
	struct pk_dwarf d;
	const struct pk_cfi_cie *cie;
	bool is64;
	struct pk_cfi_state s, remembered[MAX_REMEMBERED];
	unsigned int nr_remembered;

	/* of an FDE; a CIE has no rows */
	struct pk_cfi_counts *counts;
	uint64_t loc, limit; /* svma: the state's, and of the end */
	bool changed;	     /* since the last row */
	pk_cfi_row row;
	void *arg;
};

static void count(struct pk_cfi_counts *c, const struct pkprof_rule *rule, enum pk_cfi_why why)
{
	c->rows++;
	c->unknown[why] += why != PK_CFI_KNOWN;
	if (rule->kind != PKPROF_RULE_CFA && rule->kind != PKPROF_RULE_CFA_AT)
		return;
	c->cfa_reg[rule->reg]++;
	c->cfa_at += rule->kind == PKPROF_RULE_CFA_AT;
	for (unsigned int i = 0; i < PKPROF_NR_SAVED; i++) {
		if (rule->saved[i] == PKPROF_SAVED_LOST) {
			c->lost++;
			break;
		}
	}
}

static int emit(struct run *x, uint64_t svma, const struct pk_cfi_state *s)
{
	struct pkprof_rule rule;

	count(x->counts, &rule, pk_cfi_rule(s, x->cie->head.signal && x->is64, &rule));
	return x->row(x->arg, svma, &rule);
}

/* Two rows for each entry of a PLT in [from, to): up to byte @add of it, and from there on. */
static int emit_plt(struct run *x, uint64_t from, uint64_t to)
{
	struct pk_cfi_state s = x->s;
	int ret = 0;

	s.cfa = PK_CFI_CFA_REG;
	s.add = 0;
	while (!ret && from < to) {
		uint64_t entry = from / PLT_ENTRY_BYTES * PLT_ENTRY_BYTES;
		bool pushed = from - entry >= (uint64_t)x->s.add;

		s.off = x->s.off + (pushed ? (int)pk_cfi_word(x->is64) : 0);
		ret = emit(x, from, &s);
		from = entry + (pushed ? PLT_ENTRY_BYTES : (uint64_t)x->s.add);
		if (!from)
			break;
	}
	return ret;
}

/* The state held up to @to. */
static int advance(struct run *x, uint64_t to)
{
	int ret = 0;

	if (to > x->limit)
		to = x->limit;
	if (to <= x->loc)
		return 0;
	if (x->s.cfa == PK_CFI_CFA_PLT)
		ret = emit_plt(x, x->loc, to);
	else if (x->changed)
		ret = emit(x, x->loc, &x->s);
	x->changed = x->s.cfa == PK_CFI_CFA_PLT;
	x->loc = to;
	return ret;
}

static int advance_by(struct run *x, uint64_t delta)
{
	uint64_t to;

	if (!x->row || __builtin_mul_overflow(delta, x->cie->head.code_align, &to) ||
	    __builtin_add_overflow(to, x->loc, &to)) {
		x->d.r.bad = true;
		return 0;
	}
	return advance(x, to);
}

static int set_loc(struct run *x)
{
	uint64_t to = pk_dwarf_pointer(&x->d, x->cie->head.encoding, 0);

	if (!x->row || pk_reader_bad(&x->d.r) || to < x->loc) {
		x->d.r.bad = true;
		return 0;
	}
	return advance(x, to);
}

static int64_t times_data_align(struct run *x, int64_t factored)
{
	int64_t off;

	return __builtin_mul_overflow(factored, x->cie->head.data_align, &off) ? INT64_MAX : off;
}

static int64_t unsigned_offset(struct run *x)
{
	uint64_t v = pk_dwarf_uleb(&x->d.r);

	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static unsigned int slot_of(const struct run *x, uint64_t reg)
{
	return reg == x->cie->head.ra_reg ? PK_CFI_SLOT_RA : pk_cfi_slot(pk_cfi_reg(reg, x->is64));
}

static void set_slot(struct run *x, uint64_t reg, uint16_t saved)
{
	unsigned int slot = slot_of(x, reg);

	if (slot < PK_CFI_NR_SLOTS)
		x->s.slot[slot] = saved;
}

static void saved_at(struct run *x, uint64_t reg, int64_t factored)
{
	set_slot(x, reg, pk_cfi_saved_at(times_data_align(x, factored), x->is64));
}

/* It is a value near the CFA, which only the stack pointer's is of interest: the CFA itself. */
static void value_at(struct run *x, uint64_t reg, int64_t factored)
{
	bool is_sp = pk_cfi_slot(pk_cfi_reg(reg, x->is64)) == PK_CFI_SLOT_SP;

	set_slot(x, reg, is_sp && !factored ? PKPROF_SAVED_NOT : PKPROF_SAVED_LOST);
}

static void restore(struct run *x, uint64_t reg)
{
	unsigned int slot = slot_of(x, reg);

	if (slot < PK_CFI_NR_SLOTS)
		x->s.slot[slot] = x->cie->initial.slot[slot];
}

static struct pk_reader read_block(struct run *x)
{
	size_t len = pk_dwarf_uleb(&x->d.r);
	struct pk_reader block = x->d.r;

	block.end = pk_reader_bytes(&x->d.r, len) ? x->d.r.pos : block.pos;
	return block;
}

static void remember(struct run *x)
{
	if (x->nr_remembered == MAX_REMEMBERED)
		x->d.r.bad = true;
	else
		x->remembered[x->nr_remembered++] = x->s;
}

static void recall(struct run *x)
{
	if (!x->nr_remembered)
		x->d.r.bad = true;
	else
		x->s = x->remembered[--x->nr_remembered];
}

/* Instructions about the CFA; false: another. */
static bool run_cfa(struct run *x, uint8_t op)
{
	struct pk_reader *r = &x->d.r;
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = pk_dwarf_uleb(r);
		pk_cfi_set_cfa(&x->s, reg, unsigned_offset(x), x->is64);
		return true;
	case DW_CFA_def_cfa_sf:
		reg = pk_dwarf_uleb(r);
		pk_cfi_set_cfa(&x->s, reg, times_data_align(x, pk_dwarf_sleb(r)), x->is64);
		return true;
	case DW_CFA_def_cfa_register:
		pk_cfi_set_cfa_reg(&x->s, pk_dwarf_uleb(r), x->is64);
		return true;
	case DW_CFA_def_cfa_offset:
		pk_cfi_set_cfa_offset(&x->s, unsigned_offset(x));
		return true;
	case DW_CFA_def_cfa_offset_sf:
		pk_cfi_set_cfa_offset(&x->s, times_data_align(x, pk_dwarf_sleb(r)));
		return true;
	case DW_CFA_def_cfa_expression:
		pk_cfi_set_cfa_expression(&x->s, read_block(x), x->is64);
		return true;
	}
	return false;
}

/* Instructions about a register, whose number comes first; false: another. */
static bool run_register(struct run *x, uint8_t op)
{
	struct pk_reader *r = &x->d.r, before = *r;
	uint64_t reg = pk_dwarf_uleb(r);

	switch (op) {
	case DW_CFA_offset_extended:
		saved_at(x, reg, unsigned_offset(x));
		return true;
	case DW_CFA_offset_extended_sf:
		saved_at(x, reg, pk_dwarf_sleb(r));
		return true;
	case DW_CFA_GNU_negative_offset_extended:
		saved_at(x, reg, -unsigned_offset(x));
		return true;
	case DW_CFA_val_offset:
		value_at(x, reg, unsigned_offset(x));
		return true;
	case DW_CFA_val_offset_sf:
		value_at(x, reg, pk_dwarf_sleb(r));
		return true;
	case DW_CFA_restore_extended:
		restore(x, reg);
		return true;
	case DW_CFA_undefined:
		set_slot(x, reg, PK_CFI_UNDEFINED);
		return true;
	case DW_CFA_same_value:
		/* of the stack pointer: then it is not the CFA */
		set_slot(x, reg,
			 pk_cfi_slot(pk_cfi_reg(reg, x->is64)) == PK_CFI_SLOT_SP
				 ? PKPROF_SAVED_LOST
				 : PKPROF_SAVED_NOT);
		return true;
	case DW_CFA_register:
		pk_dwarf_uleb(r);
		set_slot(x, reg, PKPROF_SAVED_LOST);
		return true;
	case DW_CFA_expression:
		set_slot(x, reg, pk_cfi_saved_expression(read_block(x), x->is64));
		return true;
	case DW_CFA_val_expression:
		read_block(x);
		set_slot(x, reg, PK_CFI_EXPRESSION);
		return true;
	}
	*r = before;
	return false;
}

/* The rest, that have nothing in their low bits. */
static int run_other(struct run *x, uint8_t op)
{
	struct pk_reader *r = &x->d.r;

	switch (op) {
	case DW_CFA_nop:
		return 0;
	case DW_CFA_set_loc:
		return set_loc(x);
	case DW_CFA_advance_loc1:
		return advance_by(x, pk_reader_u8(r));
	case DW_CFA_advance_loc2:
		return advance_by(x, pk_dwarf_u16(r));
	case DW_CFA_advance_loc4:
		return advance_by(x, pk_reader_u32(r));
	case DW_CFA_MIPS_advance_loc8:
		return advance_by(x, pk_reader_u64(r));
	case DW_CFA_GNU_args_size: /* for exceptions */
		pk_dwarf_uleb(r);
		return 0;
	}
	x->changed = true;
	if (op == DW_CFA_remember_state)
		remember(x);
	else if (op == DW_CFA_restore_state)
		recall(x);
	else if (!run_cfa(x, op) && !run_register(x, op))
		r->bad = true;
	return 0;
}

static int run(struct run *x)
{
	struct pk_reader *r = &x->d.r;
	int ret = 0;

	while (!ret && pk_reader_left(r) && (!x->row || x->loc < x->limit)) {
		uint8_t op = pk_reader_u8(r), low = op & 0x3f;

		switch (op & 0xc0) {
		case DW_CFA_advance_loc:
			ret = advance_by(x, low);
			break;
		case DW_CFA_offset:
			saved_at(x, low, unsigned_offset(x));
			x->changed = true;
			break;
		case DW_CFA_restore:
			restore(x, low);
			x->changed = true;
			break;
		default:
			ret = run_other(x, op);
		}
	}
	return ret;
}

/* Nothing that a damaged entry said is to be believed from where it is damaged on. */
static void distrust(struct run *x)
{
	if (!pk_reader_bad(&x->d.r))
		return;
	x->s = (struct pk_cfi_state){ .cfa = PK_CFI_CFA_OTHER, .why = PK_CFI_DAMAGED };
	x->changed = true;
}

void pk_cfi_run_cie(struct pk_cfi_cie *cie, struct pk_dwarf insns, bool is64)
{
	struct run x;

	x.d = insns;
	x.cie = cie;
	x.is64 = is64;
	x.s = cie->initial;
	x.nr_remembered = 0;
	x.row = NULL;
	run(&x);
	distrust(&x);
	cie->initial = x.s;
}

int pk_cfi_rows(struct pk_cfi *c, const struct pk_cfi_entry *e, uint64_t limit, pk_cfi_row row,
		void *arg)
{
	struct run x;
	int ret;

	/* one by one: clearing what is remembered would take longer than a short entry does */
	x.d = e->insns;
	x.cie = &c->cies.data[e->cie];
	x.is64 = c->is64;
	x.s = x.cie->initial;
	x.nr_remembered = 0;
	x.counts = &c->counts;
	x.loc = e->start;
	x.limit = limit < e->end ? limit : e->end;
	x.changed = true;
	x.row = row;
	x.arg = arg;
	c->counts.entries++;
	ret = run(&x);
	if (ret)
		return ret;
	distrust(&x);
	return advance(&x, x.limit);
}
