/* SPDX-License-Identifier: MIT
 *
 * A library that only the caller's RUNPATH finds: the loader looks who calls dlopen, so a
 * tracer that wraps dlopen makes it look in the wrong place. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    void* const handle = dlopen("librunpath_library.so", RTLD_NOW);
    if (handle == 0) {
        printf("%s\n", dlerror());
        return 1;
    }
    void* (*const allocate)(size_t) = (void* (*)(size_t))dlsym(handle, "allocate");
    free(allocate(100));
    const int missing = dlopen("librunpath_nowhere.so", RTLD_NOW) == 0 && dlerror() != 0;
    printf("opened, %d missing, closed %d\n", missing, dlclose(handle));
    return 0;
}
