// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes flame.js and flame.css into the tool byte by byte. The assembler finds
 * them by the include path of the user half.
 */
#include "export/flame_script.h"

#define EMBED(symbol, file)                                                                        \
	__asm__(".section .rodata\n"                                                               \
		".global " #symbol "\n"                                                            \
		".balign 16\n" #symbol ":\n"                                                       \
		".incbin \"" file "\"\n"                                                           \
		".byte 0\n"                                                                        \
		".size " #symbol ", . - " #symbol "\n"                                             \
		".previous\n")

EMBED(pk_flame_js, "export/flame.js");
EMBED(pk_flame_css, "export/flame.css");
