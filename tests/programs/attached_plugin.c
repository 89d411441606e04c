/* SPDX-License-Identifier: MIT
 *
 * A library that is opened when the runtime is there already: it calls malloc and free through
 * entries of its own. */
#include <stdlib.h>

void* plugin_take(size_t size);
void plugin_give(void* block);

void* plugin_take(size_t size) { return malloc(size); }
void plugin_give(void* block) { free(block); }
