// SPDX-License-Identifier: MIT
//
// Calls each member of the allocation family: in all its corners, printing
// result, errno and out-parameter ("run"); or once with a size of its own,
// keeping the block ("hold"). Prints by write, so that nothing else allocates.
#include <dlfcn.h>
#include <malloc.h>
#include <memtrace.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

#include "ledger.h"

extern "C" {
void free_sized(void*, size_t) __attribute__((weak));
void free_aligned_sized(void*, size_t, size_t) __attribute__((weak));
}

namespace {

constexpr int kSentinel = 4242;
constexpr size_t kHuge = ~size_t{0};
// Volatile, so that the compiler cannot know what it asks for.
volatile size_t huge = kHuge, half = kHuge / 2 + 1;

void say(const char* text) {
    if (write(1, text, std::strlen(text)) < 0) _exit(9);
}

void report(const char* what, const void* result, size_t alignment = 16) {
    const int error = errno;
    char line[160];
    std::snprintf(line, sizeof line, "%s: %s errno %d aligned %d\n", what,
                  result == nullptr ? "null" : "block", error,
                  reinterpret_cast<size_t>(result) % alignment == 0);
    say(line);
    errno = kSentinel;
}

// The same block, as far as the compiler's warnings are concerned another one.
void* hidden(void* block) {
    asm volatile("" : "+r"(block));
    return block;
}

void use_all(void* block) {
    if (block != nullptr) std::memset(block, 0xa5, malloc_usable_size(block));
}

void check(const char* what, void* block, size_t alignment = 16) {
    report(what, block, alignment);
    use_all(block);
    free(block);
    report("  freed", nullptr);
}

void posix_cases() {
    for (size_t alignment : {size_t{0}, size_t{3}, size_t{4}, size_t{8}, size_t{24}, size_t{64},
                             size_t{4096}, size_t{1} << 20, size_t{1} << 62}) {
        void* out = reinterpret_cast<void*>(0x1234);
        const int result = posix_memalign(&out, alignment, 100);
        char line[120];
        const bool untouched = out == reinterpret_cast<void*>(0x1234);
        std::snprintf(line, sizeof line, "posix_memalign %zu: %d errno %d untouched %d\n",
                      alignment, result, errno, untouched);
        say(line);
        errno = kSentinel;
        if (result == 0) free(out);
    }
    void* out = reinterpret_cast<void*>(0x1234);
    char line[120];
    const int result = posix_memalign(&out, 64, huge);
    std::snprintf(line, sizeof line, "posix_memalign huge: %d errno %d untouched %d\n", result,
                  errno, out == reinterpret_cast<void*>(0x1234));
    say(line);
    errno = kSentinel;
}

void realloc_cases() {
    void* block = realloc(nullptr, 10);
    report("realloc null", block);
    std::memcpy(block, "ninechars", 10);
    block = realloc(block, 10);
    report("realloc same", block);
    block = realloc(block, 100000);
    report("realloc moved", block);
    say(static_cast<char*>(block));
    say("\n");
    report("realloc fails", realloc(hidden(block), huge / 2));
    say(static_cast<char*>(block));
    say("\n");
    report("reallocarray overflow", reallocarray(hidden(block), half, 2));
    report("realloc zero", realloc(block, 0));
    report("realloc null zero", block = realloc(nullptr, 0));
    free(block);
    report("reallocarray zero", block = reallocarray(nullptr, 0, huge));
    free(block);
}

void run_all() {
    errno = kSentinel;
    check("malloc 0", malloc(0));
    check("malloc 1", malloc(1));
    check("malloc huge", malloc(huge));
    check("calloc", calloc(7, 9));
    check("calloc 0 huge", calloc(0, huge));
    check("calloc huge 0", calloc(huge, 0));
    check("calloc overflow", calloc(half, 2));
    check("aligned_alloc 64", aligned_alloc(64, 640), 64);
    check("aligned_alloc odd", aligned_alloc(48, 100), 16);
    check("aligned_alloc huge", aligned_alloc(64, huge), 64);
    check("memalign 0", memalign(0, 50));
    check("memalign 3", memalign(3, 50));
    check("memalign 256", memalign(256, 50), 256);
    check("memalign 2^62", memalign(size_t{1} << 62, 50));
    check("valloc", valloc(5), 4096);
    check("valloc huge", valloc(huge), 4096);
    check("pvalloc", pvalloc(5), 4096);
    check("pvalloc huge", pvalloc(huge), 4096);
    check("strdup", strdup("text"));
    posix_cases();
    realloc_cases();
    free(nullptr);
    report("free null", nullptr);
    report("new nothrow huge", ::operator new(huge, std::nothrow));
    try {
        report("new huge", ::operator new(huge));
    } catch (const std::bad_alloc&) {
        errno = kSentinel;
        report("new huge threw", nullptr);
    }
}

struct alignas(128) Wide {
    char bytes[128];
};

void hold(void* block, size_t size) { ledger_add(ledger_open(), block, size); }

// One size each; all stay alive. Aligned operator new: multiples of the alignment,
// to which libstdc++ rounds.
void hold_all() {
    void* out = nullptr;
    hold(malloc(1001), 1001);
    hold(calloc(2, 1003), 2006);
    hold(realloc(nullptr, 1007), 1007);
    hold(realloc(malloc(5), 1009), 1009);
    hold(reallocarray(nullptr, 3, 1013), 3039);
    if (posix_memalign(&out, 64, 1019) == 0) hold(out, 1019);
    hold(aligned_alloc(64, 1024), 1024);
    hold(memalign(64, 1031), 1031);
    hold(valloc(1033), 1033);
    hold(pvalloc(1039), 1039);
    hold(::operator new(1049), 1049);
    hold(::operator new[](1051), 1051);
    hold(::operator new(1061, std::nothrow), 1061);
    hold(::operator new[](1063, std::nothrow), 1063);
    hold(::operator new (1088, std::align_val_t{64}), 1088);
    hold(::operator new[](1472, std::align_val_t{64}), 1472);
    hold(::operator new (1216, std::align_val_t{64}, std::nothrow), 1216);
    hold(::operator new[](1408, std::align_val_t{64}, std::nothrow), 1408);
    hold(new Wide[9], sizeof(Wide) * 9);
    hold(strdup("twenty-six characters here"), 27);
    ::operator delete(::operator new(1200));
    ::operator delete (::operator new(1201), std::size_t{1201});
    ::operator delete[](::operator new[](1202));
    ::operator delete[](::operator new[](1203), std::size_t{1203});
    ::operator delete (::operator new (1204, std::align_val_t{64}), std::align_val_t{64});
    ::operator delete (::operator new (1205, std::align_val_t{64}), std::size_t{1205},
                       std::align_val_t{64});
    ::operator delete[](::operator new[](1206, std::align_val_t{64}), std::align_val_t{64});
    ::operator delete(::operator new(1207), std::nothrow);
    if (free_sized != nullptr) free_sized(malloc(1208), 1208);
    if (free_aligned_sized != nullptr) free_aligned_sized(aligned_alloc(64, 1280), 64, 1280);
}

}  // namespace

int main(int argc, char** argv) {
    const char* mode = argc > 1 ? argv[1] : "";
    if (std::strcmp(mode, "run") == 0) {
        run_all();
        return 0;
    }
    if (std::strcmp(mode, "hold") == 0) {
        ledger_open();
        if (memtrace_start(32) != 0) return 4;
        hold_all();
    } else {
        free(malloc(1));
        char line[80];
        // The layout's fixed offset of Root::reason.
        const auto* root = static_cast<const char*>(dlsym(RTLD_DEFAULT, "memtrace_root"));
        unsigned reason = 99;
        if (root != nullptr) std::memcpy(&reason, root + 80, sizeof reason);
        std::snprintf(line, sizeof line, "%s, reason %u\n",
                      memtrace_is_tracing() ? "tracing" : "not tracing", reason);
        say(line);
    }
    raise(SIGSTOP);
    return 0;
}
