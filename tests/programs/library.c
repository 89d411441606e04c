/* SPDX-License-Identifier: MIT
 *
 * A library of closed_library; built twice, of one size and layout. */
#include <stdlib.h>

const char library_name[] = LIBRARY_NAME;

void* allocate(size_t size) {
    void* volatile block = malloc(size);
    return block;
}
