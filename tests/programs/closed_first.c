/* SPDX-License-Identifier: MIT
 *
 * A plugin of closed_plugins.c: one function. */
#include <stdlib.h>

void* make(size_t size);
void* make(size_t size) { return malloc(size); }
