/* SPDX-License-Identifier: MIT
 *
 * Links the runtime and says whether the kernel calls the process privileged, and what
 * the runtime made of MEMTRACE (Root::request and Root::reason). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

int main(void) {
    const char* root = dlsym(RTLD_DEFAULT, "memtrace_root");
    uint64_t request = 0;
    uint32_t reason = 0;
    void* volatile block = malloc(100);
    if (root != 0) {
        memcpy(&request, root + 24, sizeof request);
        memcpy(&reason, root + 80, sizeof reason);
    }
    printf("secure %lu, tracing %d, reason %u\n", getauxval(AT_SECURE), (int)(request & 1), reason);
    free(block);
    return 0;
}
