// SPDX-License-Identifier: GPL-2.0-or-later
/* The state of a frame, and the rule that it makes; see cfi_state.h. */
#include <string.h>

#include "unwind/cfi_state.h"

/*
 * Where a 64-bit signal frame has the stack pointer, from the stack pointer on: in
 * uc_mcontext.gregs[REG_RSP] of the struct ucontext.
 */
#define SIGNAL_SP_OFF 160

const char *pk_cfi_why_name(enum pk_cfi_why why)
{
	static const char *const name[PK_CFI_NR_WHYS] = {
		[PK_CFI_KNOWN] = "known",
		[PK_CFI_NO_CFA] = "no-cfa",
		[PK_CFI_CFA_EXPRESSION] = "cfa-expression",
		[PK_CFI_CFA_RANGE] = "cfa-range",
		[PK_CFI_RA_UNSAID] = "ra-unsaid",
		[PK_CFI_RA_EXPRESSION] = "ra-expression",
		[PK_CFI_SP_SAVED] = "sp-saved",
		[PK_CFI_DAMAGED] = "damaged",
	};

	return name[why];
}

uint64_t pk_cfi_reg(uint64_t reg, bool is64)
{
	/* eax, ecx, edx, ebx, esp, ebp, esi, edi, return address */
	static const uint8_t of_32[] = { 0, 2, 1, 3, 7, 6, 4, 5, PKPROF_NR_REGS };

	if (is64)
		return reg;
	return reg < sizeof(of_32) ? of_32[reg] : PKPROF_NR_REGS + 1;
}

unsigned int pk_cfi_slot(uint64_t reg)
{
	static const uint8_t slot_1[PKPROF_NR_REGS + 1] = {
		[PKPROF_REG_BX] = PKPROF_SAVED_BX + 1, [PKPROF_REG_BP] = PKPROF_SAVED_BP + 1,
		[PKPROF_REG_SP] = PK_CFI_SLOT_SP + 1,  [12] = PKPROF_SAVED_R12 + 1,
		[13] = PKPROF_SAVED_R13 + 1,	       [14] = PKPROF_SAVED_R14 + 1,
		[15] = PKPROF_SAVED_R15 + 1,	       [PKPROF_NR_REGS] = PK_CFI_SLOT_RA + 1,
	};

	return reg <= PKPROF_NR_REGS && slot_1[reg] ? slot_1[reg] - 1u : PK_CFI_NO_SLOT;
}

uint16_t pk_cfi_saved_at(int64_t off, bool is64)
{
	int64_t word = pk_cfi_word(is64);

	if (off >= 0 || off % word || off < -word * PK_CFI_MAX_WORDS)
		return PKPROF_SAVED_LOST;
	return -off / word;
}

static void no_rule(struct pk_cfi_state *s, enum pk_cfi_why why)
{
	s->cfa = PK_CFI_CFA_OTHER;
	s->why = why;
}

void pk_cfi_set_cfa(struct pk_cfi_state *s, uint64_t reg, int64_t off, bool is64)
{
	reg = pk_cfi_reg(reg, is64);
	if (reg >= PKPROF_NR_REGS || off != (int32_t)off) {
		no_rule(s, PK_CFI_CFA_RANGE);
		return;
	}
	s->cfa = PK_CFI_CFA_REG;
	s->reg = reg;
	s->off = off;
}

void pk_cfi_set_cfa_offset(struct pk_cfi_state *s, int64_t off)
{
	if (s->cfa != PK_CFI_CFA_REG)
		no_rule(s, PK_CFI_DAMAGED);
	else if (off != (int32_t)off)
		no_rule(s, PK_CFI_CFA_RANGE);
	else
		s->off = off;
}

void pk_cfi_set_cfa_reg(struct pk_cfi_state *s, uint64_t reg, bool is64)
{
	if (s->cfa != PK_CFI_CFA_REG)
		no_rule(s, PK_CFI_DAMAGED);
	else
		pk_cfi_set_cfa(s, reg, s->off, is64);
}

/* DW_OP_breg of any kind: reg + off. */
static bool read_breg(struct pk_reader *r, uint64_t *reg_ret, int64_t *off_ret)
{
	uint8_t op = pk_reader_u8(r);

	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		*reg_ret = op - DW_OP_breg0;
	else if (op == DW_OP_bregx)
		*reg_ret = pk_dwarf_uleb(r);
	else
		return false;
	*off_ret = pk_dwarf_sleb(r);
	return !pk_reader_bad(r);
}

/* DW_OP_plus_uconst M, or the end; what is added. */
static bool read_add(struct pk_reader *r, int64_t *ret)
{
	*ret = 0;
	if (!pk_reader_left(r))
		return !pk_reader_bad(r);
	if (pk_reader_u8(r) != DW_OP_plus_uconst)
		return false;
	*ret = pk_dwarf_uleb(r);
	return !pk_reader_bad(r) && !pk_reader_left(r);
}

/*
 * Linkers describe all entries of a PLT by one expression: the CFA is a word further away from
 * the instruction behind the entry's push on, which is at a fixed place in each 16 bytes.
 * What follows the DW_OP_breg of the stack pointer is compared with that.
 */
static bool read_plt(struct pk_reader *r, bool is64, int32_t *ret)
{
	uint64_t pc_reg = is64 ? 16 : 8, reg;
	int64_t off;
	uint8_t op;

	if (!read_breg(r, &reg, &off) || reg != pc_reg || off || pk_reader_u8(r) != DW_OP_lit15 ||
	    pk_reader_u8(r) != DW_OP_and)
		return false;
	op = pk_reader_u8(r);
	if (op < DW_OP_lit1 || op > DW_OP_lit15)
		return false;
	*ret = op - DW_OP_lit0;
	return pk_reader_u8(r) == DW_OP_ge && pk_reader_u8(r) == (is64 ? DW_OP_lit3 : DW_OP_lit2) &&
	       pk_reader_u8(r) == DW_OP_shl && pk_reader_u8(r) == DW_OP_plus && !pk_reader_bad(r) &&
	       !pk_reader_left(r);
}

void pk_cfi_set_cfa_expression(struct pk_cfi_state *s, struct pk_reader expr, bool is64)
{
	struct pk_reader rest;
	int64_t off, add;
	uint64_t reg;

	if (!read_breg(&expr, &reg, &off)) {
		no_rule(s, PK_CFI_CFA_EXPRESSION);
		return;
	}
	pk_cfi_set_cfa(s, reg, off, is64);
	rest = expr;
	if (s->cfa != PK_CFI_CFA_REG || !pk_reader_left(&rest))
		return;
	if (pk_reader_u8(&rest) == DW_OP_deref && read_add(&rest, &add) && add == (int32_t)add) {
		s->cfa = PK_CFI_CFA_AT;
		s->add = add;
	} else if (s->reg == PKPROF_REG_SP && s->off == (int)pk_cfi_word(is64) &&
		   read_plt(&expr, is64, &s->add)) {
		s->cfa = PK_CFI_CFA_PLT;
	} else {
		no_rule(s, PK_CFI_CFA_EXPRESSION);
	}
}

uint16_t pk_cfi_saved_expression(struct pk_reader expr, bool is64)
{
	int64_t word = pk_cfi_word(is64), off;
	uint64_t reg;

	if (!read_breg(&expr, &reg, &off) || pk_reader_left(&expr) ||
	    pk_cfi_reg(reg, is64) != PKPROF_REG_BP || off > 0 || off % word ||
	    off < -word * PK_CFI_MAX_WORDS)
		return PK_CFI_EXPRESSION;
	return PKPROF_SAVED_BY_BP | (uint16_t)(-off / word);
}

static enum pk_cfi_why unknown(struct pkprof_rule *ret, enum pk_cfi_why why)
{
	*ret = (struct pkprof_rule){ .kind = PKPROF_RULE_UNKNOWN };
	return why;
}

enum pk_cfi_why pk_cfi_rule(const struct pk_cfi_state *s, bool signal, struct pkprof_rule *ret)
{
	uint16_t ra = s->slot[PK_CFI_SLOT_RA];

	*ret = (struct pkprof_rule){ .kind = PKPROF_RULE_SIGNAL };
	if (signal && s->cfa == PK_CFI_CFA_AT && s->reg == PKPROF_REG_SP &&
	    s->off == SIGNAL_SP_OFF && !s->add)
		return PK_CFI_KNOWN;
	if (ra == PK_CFI_UNDEFINED) {
		ret->kind = PKPROF_RULE_END;
		return PK_CFI_KNOWN;
	}
	if (s->cfa == PK_CFI_CFA_NONE)
		return unknown(ret, PK_CFI_NO_CFA);
	if (s->cfa == PK_CFI_CFA_OTHER)
		return unknown(ret, s->why);
	if (s->slot[PK_CFI_SLOT_SP] != PKPROF_SAVED_NOT)
		return unknown(ret, PK_CFI_SP_SAVED);
	if (ra == PK_CFI_EXPRESSION || ra & PKPROF_SAVED_BY_BP)
		return unknown(ret, PK_CFI_RA_EXPRESSION);
	if (ra == PKPROF_SAVED_NOT || ra == PKPROF_SAVED_LOST)
		return unknown(ret, PK_CFI_RA_UNSAID);
	ret->kind = s->cfa == PK_CFI_CFA_AT ? PKPROF_RULE_CFA_AT : PKPROF_RULE_CFA;
	ret->reg = s->reg;
	ret->ra = ra;
	ret->off = s->off;
	ret->add = s->cfa == PK_CFI_CFA_AT ? s->add : 0;
	for (unsigned int i = 0; i < PKPROF_NR_SAVED; i++) {
		uint16_t saved = s->slot[i];

		ret->saved[i] = saved == PK_CFI_UNDEFINED || saved == PK_CFI_EXPRESSION
					? PKPROF_SAVED_LOST
					: saved;
	}
	return PK_CFI_KNOWN;
}
