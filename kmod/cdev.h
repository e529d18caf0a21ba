/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device: proof of rights by open(), records by mmap(), waiting by poll().
 */
#ifndef PK_CDEV_H
#define PK_CDEV_H

int pk_cdev_init(void);
void pk_cdev_deinit(void);

#endif
