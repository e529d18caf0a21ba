/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32C (Castagnoli), the checksum of profile files: polynomial 0x1edc6f41,
 * reflected, initial and final value inverted; of "123456789": 0xe3069283.
 */
#ifndef PK_CRC32C_H
#define PK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC of @data behind bytes whose CRC is @crc; 0 to begin with. */
uint32_t pk_crc32c(uint32_t crc, const void *data, size_t len);

/* The same by tables, on every machine; for the test that compares both. */
uint32_t pk_crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
