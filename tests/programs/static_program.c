/* SPDX-License-Identifier: MIT
 *
 * Linked with -static: the loader, and with it every preload, is left out. It runs as
 * without one, and mt status says that no runtime is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) void static_ready(void) { __asm__ volatile(""); }

int main(void) {
    char* volatile block = malloc(1000);
    memset(block, 1, 1000);
    block = realloc(block, 5000);
    static_ready();
    printf("%d\n", block[999]);
    free(block);
    return 0;
}
