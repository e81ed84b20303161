/* SPDX-License-Identifier: MIT */
#define PLAST__F64 0
#include "table.h"
