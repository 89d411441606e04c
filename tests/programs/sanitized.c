/* SPDX-License-Identifier: MIT
 *
 * Built with each sanitizer of both compilers: their runtimes bring an allocator, and
 * some of them refuse a library that is preloaded before them. */
#include <stdlib.h>
#include <string.h>

#include "lesson.h"

MARKER(sanitized_done)

static void* volatile kept;

int main(void) {
    kept = malloc(5000);
    memset(kept, 1, 5000);
    sanitized_done();
    free(kept);
    return 0;
}
