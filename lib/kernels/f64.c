/* SPDX-License-Identifier: MIT */
#define PLAST__F64 1
#include "table.h"
