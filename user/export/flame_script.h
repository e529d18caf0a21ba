/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files flame.js and flame.css, as they are built into the tool.
 */
#ifndef PK_FLAME_SCRIPT_H
#define PK_FLAME_SCRIPT_H

/* NUL-terminated. */
extern const char pk_flame_js[], pk_flame_css[];

#endif
