/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a frame at one instruction, kept in the form of the rules that come out:
 * each instruction of call frame information changes one member.
 */
#ifndef PK_CFI_STATE_H
#define PK_CFI_STATE_H

#include <stdbool.h>

#include "symbol/dwarf_read.h"
#include "uapi/pkprof_rows.h"

/* Why a rule is UNKNOWN. */
enum pk_cfi_why {
	PK_CFI_KNOWN,
	PK_CFI_NO_CFA, /* none was defined */
	PK_CFI_CFA_EXPRESSION,
	PK_CFI_CFA_RANGE, /* register or offset that a rule has no room for */
	PK_CFI_RA_UNSAID, /* no word on the return address, or that it is in a register */
	PK_CFI_RA_EXPRESSION,
	PK_CFI_SP_SAVED, /* the caller's stack pointer is not the CFA */
	PK_CFI_DAMAGED,
	PK_CFI_NR_WHYS /* end marker */
};

/* "cfa-expression" and the like. */
const char *pk_cfi_why_name(enum pk_cfi_why why);

enum pk_cfi_cfa {
	PK_CFI_CFA_NONE,
	PK_CFI_CFA_REG,	  /* reg + off */
	PK_CFI_CFA_AT,	  /* word at reg + off, + add */
	PK_CFI_CFA_PLT,	  /* reg + off, + a word from byte @add of each 16 on */
	PK_CFI_CFA_OTHER, /* not to be said; .why */
};

/* Registers with a slot; the first ones are enum pkprof_saved_reg. */
enum {
	PK_CFI_SLOT_RA = PKPROF_NR_SAVED,
	PK_CFI_SLOT_SP,
	PK_CFI_NR_SLOTS,
	PK_CFI_NO_SLOT = PK_CFI_NR_SLOTS
};

/* In a slot, beside what the contract has. */
#define PK_CFI_UNDEFINED  0x7ffe
#define PK_CFI_EXPRESSION 0x7ffd
#define PK_CFI_MAX_WORDS  0x7ffc

struct pk_cfi_state {
	uint8_t cfa, why; /* enum pk_cfi_cfa, enum pk_cfi_why */
	uint8_t reg;	  /* in 64-bit numbers */
	int32_t off, add;
	uint16_t slot[PK_CFI_NR_SLOTS];
};

/* Width of a machine word, and what a register of the file's numbers is here. */
static inline unsigned int pk_cfi_word(bool is64)
{
	return is64 ? 8 : 4;
}

/* Its 64-bit number, PKPROF_NR_REGS: the return address; anything larger: no such. */
uint64_t pk_cfi_reg(uint64_t reg, bool is64);
/* The slot of a 64-bit number. */
unsigned int pk_cfi_slot(uint64_t reg);

/* What a slot holds for a register saved @off bytes from the CFA. */
uint16_t pk_cfi_saved_at(int64_t off, bool is64);

void pk_cfi_set_cfa(struct pk_cfi_state *s, uint64_t reg, int64_t off, bool is64);
void pk_cfi_set_cfa_offset(struct pk_cfi_state *s, int64_t off);
void pk_cfi_set_cfa_reg(struct pk_cfi_state *s, uint64_t reg, bool is64);
/* DW_CFA_def_cfa_expression. */
void pk_cfi_set_cfa_expression(struct pk_cfi_state *s, struct pk_reader expr, bool is64);
/* DW_CFA_expression of a register in a slot: where it is saved. */
uint16_t pk_cfi_saved_expression(struct pk_reader expr, bool is64);

/* The rule, where the CFA is not PK_CFI_CFA_PLT; PK_CFI_KNOWN or why it is UNKNOWN. */
enum pk_cfi_why pk_cfi_rule(const struct pk_cfi_state *s, bool signal, struct pkprof_rule *ret);

#endif
