// SPDX-License-Identifier: GPL-2.0-or-later
/* The contract's structures as this compiler lays them out; see uapi/check.h. */
#include "uapi/check.h"
