/* SPDX-License-Identifier: MIT
 *
 * The other side of deepbind.c. */
#include <stdlib.h>

void* plugin_make(size_t size) { return malloc(size); }
void plugin_free(void* block) { free(block); }
void* plugin_grow(void* block, size_t size) { return realloc(block, size); }
