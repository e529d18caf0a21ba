// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walking a user stack, see uwalk.h.
 *
 * Registers that a frame preserved are not read when they are passed: that they are in some
 * slot is noted, and the slot is read if an older frame is found from them. The base pointer
 * of code that uses it as a frame pointer is; that of other code passes through many
 * frames unread.
 */
#include "python.h"
#include "user_word.h"
#include "uwalk.h"

#define PK_USER_START	4096	/* nothing is mapped below */
#define PK_MAX_SWITCHES	8	/* to another stack, which may lie anywhere */

/* of struct ucontext, on the stack of a 64-bit signal handler that returns */
#define PK_UCONTEXT_REGS 40	/* bytes; r8 to r15, then those of pk_signal_order, then ip */

static const u8 pk_signal_order[] = { 5, 4, PKPROF_REG_BP, PKPROF_REG_BX, 1, 0, 2, PKPROF_REG_SP };

static const u8 pk_saved_reg[PKPROF_NR_SAVED] = { PKPROF_REG_BP, PKPROF_REG_BX, 12, 13, 14, 15 };

#define PK_REG_BIT(reg) (1u << (reg))
#define PK_PRESERVED (PK_REG_BIT(PKPROF_REG_BP) | PK_REG_BIT(PKPROF_REG_BX) | 0xfu << 12)

/* A frame: where it goes on, and its registers as far as they are known. */
struct pk_uframe {
	u64 ip;
	u64 reg[PKPROF_NR_REGS];	/* a value, or where it is */
	u32 known;			/* mask of registers */
	u32 in_memory;			/* of them: reg[] is an address */
	bool exact;			/* ip is its own, not one to return to */
	bool mapped;			/* the address space's ranges are known */
	bool compat;
	u8 nr_switches;			/* of stacks, by signals and by programs themselves */
	const struct pk_range *range;	/* of ip, or NULL */
	const struct pk_range *eval;	/* of the frame before, which was CPython's evaluation
					 * function; or NULL */
};

static __always_inline u32 pk_uframe_word(const struct pk_uframe *f)
{
	return f->compat ? 4 : 8;
}

const struct pk_range *pk_ranges_find(const struct pk_ranges *ranges, u64 at)
{
	u32 from = 0, to = ranges ? ranges->nr : 0;

	while (from < to) {
		u32 middle = from + (to - from) / 2;

		if (ranges->range[middle].end <= at)
			from = middle + 1;
		else
			to = middle;
	}
	return ranges && from < ranges->nr && ranges->range[from].start <= at ?
		       &ranges->range[from] : NULL;
}

/* Callers are mostly in the same file. @at: within the instruction that decides. */
static __always_inline void pk_uframe_find_range(struct pk_uframe *f,
						 const struct pk_ranges *ranges, u64 at)
{
	if (!f->range || at - f->range->start >= f->range->end - f->range->start)
		f->range = pk_ranges_find(ranges, at);
}

static bool pk_uframe_get(struct pk_uframe *f, unsigned int reg, u64 *ret)
{
	u32 bit = PK_REG_BIT(reg);

	if (!(f->known & bit))
		return false;
	if (f->in_memory & bit) {
		if (!pk_user_word(f->reg[reg], f->compat, &f->reg[reg])) {
			f->known &= ~bit;
			return false;
		}
		f->in_memory &= ~bit;
	}
	*ret = f->reg[reg];
	return true;
}

static __always_inline void pk_uframe_set(struct pk_uframe *f, unsigned int reg, u64 value)
{
	f->reg[reg] = value;
	f->known |= PK_REG_BIT(reg);
	f->in_memory &= ~PK_REG_BIT(reg);
}

/*
 * rule->saved[], first to last in ascending bits. Mostly none or one is not 0, so what is not is
 * looked for in whole words.
 */
struct pk_saved {
	u64 low;	/* 0 to 3 */
	u32 high;	/* 4 and 5 */
};

#define PK_BY_BP_LOW  (PKPROF_SAVED_BY_BP * 0x0001000100010001ULL)
#define PK_BY_BP_HIGH (PKPROF_SAVED_BY_BP * 0x00010001U)

static __always_inline struct pk_saved pk_rule_saved(const struct pkprof_rule *rule)
{
	struct pk_saved s;

	BUILD_BUG_ON(sizeof(rule->saved) != sizeof(s.low) + sizeof(s.high));
	memcpy(&s.low, rule->saved, sizeof(s.low));
	memcpy(&s.high, &rule->saved[4], sizeof(s.high));
	return s;
}

/* Whether the rule needs this frame's base pointer for more than the CFA. */
static __always_inline bool pk_saved_by_bp(const struct pk_saved *s)
{
	return s->low & PK_BY_BP_LOW || s->high & PK_BY_BP_HIGH;
}

/* A caller's register: noted where it is. @saved is not 0. */
static __always_inline void pk_uframe_restore_one(struct pk_uframe *f, unsigned int reg, u16 saved,
						  u64 cfa, u64 bp)
{
	u32 bit = PK_REG_BIT(reg);

	if (unlikely(saved == PKPROF_SAVED_LOST)) {
		f->known &= ~bit;
		return;
	}
	if (unlikely(saved & PKPROF_SAVED_BY_BP))
		f->reg[reg] = bp - (u64)(saved & ~PKPROF_SAVED_BY_BP) * pk_uframe_word(f);
	else
		f->reg[reg] = cfa - (u64)saved * pk_uframe_word(f);
	f->known |= bit;
	f->in_memory |= bit;
}

/* The caller's preserved registers. @bp: of this frame, for BY_BP. */
static __always_inline void pk_uframe_restore(struct pk_uframe *f, struct pk_saved s, u64 cfa,
					      u64 bp)
{
	const u8 *reg = pk_saved_reg;

	f->known &= PK_PRESERVED | PK_REG_BIT(PKPROF_REG_SP);
	for (; s.low; s.low >>= 16, reg++) {
		if ((u16)s.low)
			pk_uframe_restore_one(f, *reg, (u16)s.low, cfa, bp);
	}
	for (reg = pk_saved_reg + 4; s.high; s.high >>= 16, reg++) {
		if ((u16)s.high)
			pk_uframe_restore_one(f, *reg, (u16)s.high, cfa, bp);
	}
}

/* Return: enum pkprof_stack_end, or PK_GO_ON. */
#define PK_GO_ON PKPROF_NR_STACK_ENDS

/* To the caller, whose return address is at @slot. */
static __always_inline u32 pk_uframe_return(struct pk_uframe *f, u64 slot, u64 sp)
{
	u64 ip;

	if (!pk_user_word(slot, f->compat, &ip))
		return PKPROF_END_FAULT;
	if (!ip)
		return PKPROF_END_ROOT;
	if (ip < PK_USER_START || ip >= PK_USER_END)
		return PKPROF_END_BAD_FRAME;
	f->ip = ip;
	f->exact = false;
	pk_uframe_set(f, PKPROF_REG_SP, sp);
	return PK_GO_ON;
}

/* @at: the CFA is a word at that place. */
static __always_inline u32 pk_uframe_by_cfa(struct pk_uframe *f, const struct pkprof_rule *rule,
					    bool at)
{
	const struct pk_saved saved = pk_rule_saved(rule);
	u64 sp = f->reg[PKPROF_REG_SP], cfa, bp = 0;
	u32 end;

	if (!pk_uframe_get(f, rule->reg, &cfa))
		return PKPROF_END_NO_RULE;
	cfa += (s64)rule->off;
	if (at) {
		if (!pk_user_word(cfa, f->compat, &cfa))
			return PKPROF_END_FAULT;
		cfa += (s64)rule->add;
	}
	if (f->compat)
		cfa = (u32)cfa;
	/* a caller's frame is above this one */
	if (cfa <= sp || cfa >= PK_USER_END)
		return PKPROF_END_BAD_FRAME;
	if (unlikely(pk_saved_by_bp(&saved)) && !pk_uframe_get(f, PKPROF_REG_BP, &bp))
		return PKPROF_END_NO_RULE;
	end = pk_uframe_return(f, cfa - (u64)rule->ra * pk_uframe_word(f), cfa);
	if (end == PK_GO_ON)
		pk_uframe_restore(f, saved, cfa, bp);
	return end;
}

/* What was interrupted by a signal, with all its registers. */
static u32 pk_uframe_by_signal(struct pk_uframe *f)
{
	u64 at = f->reg[PKPROF_REG_SP] + PK_UCONTEXT_REGS, value;
	unsigned int i;

	/* a handler may have its own: only their number ends a loop */
	if (f->compat || f->nr_switches == PK_MAX_SWITCHES)
		return f->compat ? PKPROF_END_NO_RULE : PKPROF_END_LOOP;
	f->nr_switches++;
	for (i = 0; i < PKPROF_NR_REGS; i++, at += sizeof(u64)) {
		if (!pk_user_word(at, false, &value))
			return PKPROF_END_FAULT;
		pk_uframe_set(f, i < 8 ? i + 8 : pk_signal_order[i - 8], value);
	}
	if (!pk_user_word(at, false, &value))
		return PKPROF_END_FAULT;
	if (value < PK_USER_START || value >= PK_USER_END)
		return PKPROF_END_BAD_FRAME;
	f->ip = value;
	f->exact = true;
	return PK_GO_ON;
}

/*
 * Why a frame pointer that leads nowhere may not have been one: in code that was made at run
 * time, in that of a file whose rows are not here, or that has none for this place.
 */
static u32 pk_uframe_reason(const struct pk_uframe *f)
{
	if (!f->range)
		return f->mapped ? PKPROF_END_BAD_FRAME : PKPROF_END_NO_TABLE;
	if (!f->range->ref)
		return PKPROF_END_JIT;
	return READ_ONCE(f->range->ref->rows) ? PKPROF_END_BAD_FRAME : PKPROF_END_NO_TABLE;
}

/* A program begins with all its registers 0; its first instructions have no rows. */
static bool pk_uframe_is_first(const struct pk_uframe *f)
{
	return !(f->reg[PKPROF_REG_BX] | f->reg[12] | f->reg[13] | f->reg[14] | f->reg[15]);
}

/* @anywhere: the code is known to keep frame pointers, and to take them to other stacks. */
static u32 pk_uframe_by_pointer(struct pk_uframe *f, const struct pk_ranges *ranges, bool leaf,
				bool anywhere)
{
	u32 word = pk_uframe_word(f), why = pk_uframe_reason(f), end;
	u64 bp, next;

	if (!pk_uframe_get(f, PKPROF_REG_BP, &bp))
		return why;
	/* programs and threads start with a frame pointer of 0 */
	if (!bp && (!leaf || pk_uframe_is_first(f)))
		return PKPROF_END_ROOT;
	if (bp % word || bp < PK_USER_START || bp >= PK_USER_END - 2 * sizeof(u64))
		return why;
	/* a frame lies above what is in use below it */
	if (bp < f->reg[PKPROF_REG_SP] && (!anywhere || f->nr_switches++ == PK_MAX_SWITCHES))
		return anywhere ? PKPROF_END_LOOP : why;
	if (!pk_user_word(bp, f->compat, &next))
		return PKPROF_END_FAULT;
	end = pk_uframe_return(f, bp + word, bp + 2 * word);
	/* what was no frame pointer leads to what is no code */
	if (end == PK_GO_ON && ranges) {
		pk_uframe_find_range(f, ranges, f->ip - 1);
		if (!f->range)
			return why;
	}
	if (end == PKPROF_END_BAD_FRAME)
		return why;
	f->known &= PK_PRESERVED | PK_REG_BIT(PKPROF_REG_SP);
	pk_uframe_set(f, PKPROF_REG_BP, next);
	return end;
}

static __always_inline u32 pk_memo_slot(const struct pkprof_rows *rows, u64 off)
{
	return (u32)(off ^ (uintptr_t)rows >> 12) * 0x9e3779b1u >> (32 - PK_MEMO_BITS);
}

/* The rule for a place, or NULL: nothing is said of it. */
static __always_inline const struct pkprof_rule *pk_uframe_rule(const struct pk_uframe *f, u64 at,
								struct pk_rule_memo *memo)
{
	const struct pkprof_rows *rows;
	const struct pkprof_rule *rule;
	u64 off;
	u32 i;

	if (!f->range || !f->range->ref)
		return NULL;
	rows = smp_load_acquire(&f->range->ref->rows);
	if (!rows)
		return NULL;
	off = at - f->range->start + f->range->off;
	if (!memo)
		return pk_urows_find(rows, off);
	i = pk_memo_slot(rows, off);
	if (likely(memo->entry[i].off == off && memo->entry[i].rows == rows))
		return memo->entry[i].rule;
	rule = pk_urows_find(rows, off);
	memo->entry[i].rows = rows;
	memo->entry[i].off = off;
	memo->entry[i].rule = rule;
	return rule;
}

static __always_inline u32 pk_uframe_step(struct pk_uframe *f, const struct pk_uspace *space,
					  bool leaf)
{
	u64 at = f->exact ? f->ip : f->ip - 1;
	const struct pkprof_rule *rule;
	u32 kind;

	pk_uframe_find_range(f, space->ranges, at);
	rule = pk_uframe_rule(f, at, space->memo);
	if (likely(rule && rule->kind == PKPROF_RULE_CFA))
		return pk_uframe_by_cfa(f, rule, false);
	kind = rule ? rule->kind : PKPROF_RULE_GAP;
	if (kind & PKPROF_RULE_EVAL)
		f->eval = f->range;
	switch (kind & ~PKPROF_RULE_EVAL) {
	case PKPROF_RULE_CFA:
		return pk_uframe_by_cfa(f, rule, false);
	case PKPROF_RULE_CFA_AT:
		return pk_uframe_by_cfa(f, rule, true);
	case PKPROF_RULE_SIGNAL:
		return pk_uframe_by_signal(f);
	case PKPROF_RULE_END:
		return PKPROF_END_ROOT;
	case PKPROF_RULE_UNKNOWN:
		return PKPROF_END_NO_RULE;
	case PKPROF_RULE_POINTER:
		return pk_uframe_by_pointer(f, space->ranges, leaf, true);
	default:
		return pk_uframe_by_pointer(f, space->ranges, leaf, false);
	}
}

/* A step was taken: from the frame at @low to its caller. */
static noinline void pk_uwalk_python(struct pk_python *p, struct pk_stack *st,
				     const struct pk_uframe *f, u64 low, u32 max_depth)
{
	struct pk_native_frame native = {
		.low = low,
		.high = f->reg[PKPROF_REG_SP],
	};

	if (f->eval) {
		native.eval = READ_ONCE(f->eval->ref->rows);
		native.base = f->eval->start - f->eval->off;
	}
	/* to another stack */
	if (native.high <= low)
		native.high = low;
	pk_python_pass(p, st, &native, max_depth);
}

void pk_uwalk(struct pk_stack *st, const struct pk_uregs *regs, const struct pk_uspace *space,
	      u32 max_depth)
{
	struct pk_uframe f = {
		.ip = regs->ip,
		.known = (1u << PKPROF_NR_REGS) - 1,
		.exact = true,
		.mapped = space->ranges,
		.compat = space->compat,
	};
	struct pk_python *python = space->compat ? NULL : space->python;
	u64 low = regs->reg[PKPROF_REG_SP];
	u32 end;

	memcpy(f.reg, regs->reg, sizeof(f.reg));
	st->ip[0] = f.ip;
	st->nr = 1;
	while ((end = pk_uframe_step(&f, space, st->nr == 1)) == PK_GO_ON) {
		if (unlikely(python && (f.eval || python->more)))
			pk_uwalk_python(python, st, &f, low, max_depth);
		f.eval = NULL;
		low = f.reg[PKPROF_REG_SP];
		if (st->nr == max_depth) {
			end = PKPROF_END_DEPTH;
			break;
		}
		/* who reads this looks at the instruction before a return address */
		st->ip[st->nr++] = f.exact ? f.ip + 1 : f.ip;
	}
	st->end = end;
}
