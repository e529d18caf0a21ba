// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for linkage stubs (x86-64): a stub jumps through a slot of the GOT,
 * the slot's relocation names the function. Reading the jump itself works for
 * .plt, .plt.sec and .plt.got alike, whatever their order.
 */
#include <stdio.h>
#include <string.h>

#include "symbol/elf_symtab.h"

#define DEFAULT_STUB_BYTES 16
#define MAX_STUB_BYTES 64
#define MAX_RELOCATIONS (1u << 22)

struct slots {
	struct pk_map64 symbol;		/* svma of a slot to index into .dynsym */
	struct pk_symtab dynsym;
	bool loaded;
};

static bool is_plt(const struct pk_section *s)
{
	return s->exec && !strncmp(s->name, ".plt", 4);
}

/* svma of the slot that a stub jumps through, 0: none. */
static uint64_t slot_of(const uint8_t *code, size_t len, uint64_t svma)
{
	for (size_t i = 0; i + 6 <= len; i++) {
		int32_t distance;

		/* jmp *distance(%rip), maybe after endbr64 or a bnd prefix */
		if (code[i] != 0xff || code[i + 1] != 0x25)
			continue;
		memcpy(&distance, code + i + 2, sizeof(distance));
		return svma + i + 6 + (int64_t)distance;
	}
	return 0;
}

static int load_relocations(const struct pk_elf *e, const struct pk_section *s, struct slots *slots)
{
	Elf_Data *d = pk_elf_data(e, s);
	size_t entry = gelf_fsize(e->elf, ELF_T_RELA, 1, EV_CURRENT), nr;
	GElf_Rela rela;

	nr = d && entry ? d->d_size / entry : 0;
	for (size_t i = 0; i < nr && i < MAX_RELOCATIONS; i++) {
		unsigned int type;

		if (!gelf_getrela(d, i, &rela))
			break;
		type = GELF_R_TYPE(rela.r_info);
		if ((type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT) &&
		    pk_map64_set(&slots->symbol, rela.r_offset,
				 GELF_R_SYM(rela.r_info) & 0x7fffffff))
			return -ENOMEM;
	}
	return 0;
}

static int load_slots(const struct pk_elf *e, struct slots *slots)
{
	int ret = 0;

	slots->loaded = true;
	if (!pk_symtab_open(e, SHT_DYNSYM, &slots->dynsym))
		return 0;
	PK_VEC_FOREACH(&e->sections, s)
		if (s->type == SHT_RELA && !ret)
			ret = load_relocations(e, s, slots);
	return ret;
}

/* The linkage table's entry at address @i of the cover. */
static int offer_stub(const struct pk_elf *e, struct slots *slots, struct pk_strtab *names,
		      const struct pk_section *s, uint32_t i, struct pk_cover *c)
{
	uint64_t svma = c->addr[i];
	uint64_t size = s->entry_bytes && s->entry_bytes <= MAX_STUB_BYTES ? s->entry_bytes :
									     DEFAULT_STUB_BYTES;
	uint64_t start = svma - (svma - s->svma) % size;
	uint8_t code[MAX_STUB_BYTES];
	char name[PK_MAX_SYMBOL_NAME + 8];
	struct pk_func f = { .start = start, .end = start + size };
	const char *target;
	uint32_t symbol, id;
	uint64_t slot;
	GElf_Sym sym;

	/* another one may have a name, if this has none */
	pk_cover_clip(c, i, start, start + size);
	slot = slot_of(code, pk_elf_read(e, s->off + (start - s->svma), code, size), start);
	if (!slot)
		return 0;
	if (!slots->loaded && load_slots(e, slots))
		return -ENOMEM;
	symbol = pk_map64_get(&slots->symbol, slot);
	if (symbol == PK_MAP64_NONE || symbol >= slots->dynsym.nr ||
	    !gelf_getsym(slots->dynsym.symbols, symbol, &sym))
		return 0;
	target = pk_symtab_name(&slots->dynsym, &sym);
	if (!target)
		return 0;
	snprintf(name, sizeof(name), "%s@plt", target);
	if (pk_strtab_intern_z(names, name, &id))
		return -ENOMEM;
	f.name = pk_strtab_get(names, id);
	return pk_cover_offer(c, &f);
}

int pk_elf_offer_plt(const struct pk_elf *e, struct pk_strtab *names, struct pk_cover *c)
{
	struct slots slots = { 0 };
	GElf_Ehdr eh;
	int ret = 0;

	if (!gelf_getehdr(e->elf, &eh) || eh.e_machine != EM_X86_64)
		return 0;
	PK_VEC_FOREACH(&e->sections, s) {
		uint32_t i = is_plt(s) ? pk_cover_next_free(c, s->svma) : c->nr;

		while (!ret && i < c->nr && c->addr[i] - s->svma < s->len) {
			ret = offer_stub(e, &slots, names, s, i, c);
			i = pk_cover_free_after(c, i);
		}
	}
	pk_map64_deinit(&slots.symbol);
	return ret;
}
