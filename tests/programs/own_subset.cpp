// SPDX-License-Identifier: MIT
//
// Calls the whole malloc family where own_allocator.c, linked in or preloaded, defines a
// part of it, and prints what each call gave, its errno, and how often that part was
// called. Arguments: "pieces" where it has no realloc, so that its blocks are not grown.
// ARMED=1: with a condition of mt break that is never met. Under a test with a ledger it
// stops at its end; the ledger has the blocks that the hooks saw and still hold.
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "abi/process.h"
#include "ledger.h"

extern "C" {
extern long own_calls[4] __attribute__((weak));
extern mt::abi::Root memtrace_root __attribute__((weak));  // no dlsym, which allocates if it fails
void free_sized(void*, size_t) __attribute__((weak));
}

extern "C" __attribute__((noinline)) void own_done() { asm volatile(""); }

namespace {

bool grows = true;
ledger* book;

void arm() {
    mt::abi::Root* root = &memtrace_root;
    if (root == nullptr) return;
    root->watch[0].value = ~mt::abi::u64{0};
    root->watch[0].condition = mt::abi::kWatchSize;
    root->watch_request = mt::abi::make_watch_request(1, 1);
    root->request |= mt::abi::kRequestWatch;
}

void tell(const char* what, const void* block) {
    dprintf(1, "%s: %s, errno %d\n", what, block != nullptr ? "a block" : "none", errno);
    errno = 4242;
}

void* filled(void* block, std::size_t size) {
    if (block != nullptr) std::memset(block, 0x5a, size);
    return block;
}

void grow_arrays() {
    void* array = filled(reallocarray(nullptr, 10, 100), 1000);
    tell("reallocarray of nothing", array);
    if (grows) {
        array = filled(reallocarray(array, 10, 200), 2000);
        tell("reallocarray", array);
        void* block = filled(std::malloc(50), 50);
        block = filled(reallocarray(block, 4, 300), 1200);
        tell("reallocarray of malloc's", block);
        std::free(block);
    }
    tell("reallocarray that overflows", reallocarray(nullptr, ~std::size_t{0} / 2, 4));
    std::free(array);
}

void call_aligned() {
    void* block = nullptr;
    const int status = posix_memalign(&block, 64, 1000);
    dprintf(1, "posix_memalign: %d\n", status);
    void* kept[] = {filled(block, 1000), filled(aligned_alloc(64, 640), 640),
                    filled(memalign(32, 333), 333), filled(valloc(777), 777),
                    filled(pvalloc(888), 888)};
    const std::size_t sizes[] = {1000, 640, 333, 777, 888};
    for (int i = 0; i < 5; ++i) {
        tell("aligned", kept[i]);
        if (book != nullptr) ledger_add(book, kept[i], sizes[i]);
    }
}

}  // namespace

int main(int argc, char** argv) {
    grows = argc < 2 || std::strcmp(argv[1], "pieces") != 0;
    book = ledger_open();
    const char* armed = std::getenv("ARMED");
    if (armed != nullptr && *armed == '1') arm();
    std::free(std::malloc(1));  // the allocator's own beginnings
    errno = 4242;
    void* block = filled(std::malloc(100), 100);
    tell("malloc", block);
    void* zeroed = std::calloc(10, 30);
    tell("calloc", zeroed);
    zeroed = filled(std::realloc(zeroed, 3000), 3000);
    tell("realloc of calloc's", zeroed);
    if (grows) {
        block = filled(std::realloc(block, 5000), 5000);
        tell("realloc", block);
    }
    std::free(block);
    if (grows && free_sized != nullptr) {
        free_sized(zeroed, 3000);
    } else {
        std::free(zeroed);
    }
    grow_arrays();
    call_aligned();
    std::free(strdup("text"));
    if (&own_calls != nullptr)
        dprintf(1, "own calls: %ld %ld %ld %ld\n", own_calls[0], own_calls[1], own_calls[2],
                own_calls[3]);
    own_done();
    if (book != nullptr) raise(SIGSTOP);
    return 0;
}
