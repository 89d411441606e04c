/* SPDX-License-Identifier: MIT
 *
 * Another library's dlsym, preloaded beside the runtime. It asks the real one from here,
 * so RTLD_NEXT means what is next to this library: before the runtime that is the
 * runtime itself, whose malloc would then call itself without end.
 * NO_DEFINITIONS: dlsym knows nothing, and dl_iterate_phdr lists nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#ifdef NO_DEFINITIONS
void* dlsym(void* restrict handle, const char* restrict name) {
    (void)handle, (void)name;
    return 0;
}
int dl_iterate_phdr(int (*each)(struct dl_phdr_info*, size_t, void*), void* context) {
    (void)each, (void)context;
    return 0;
}
#else
void* dlsym(void* restrict handle, const char* restrict name) {
    static void* (*real)(void*, const char*);
    if (real == 0) *(void**)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (real == 0) *(void**)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    void* volatile found = real(handle, name); /* volatile: no tail call */
    return found;
}
#endif
