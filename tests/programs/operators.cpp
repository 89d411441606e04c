// SPDX-License-Identifier: MIT
//
// Every form of operator new and delete that the language of the build has: each block is
// seen once, by the malloc behind, and none is left when it is deleted. Built as C++11, 14,
// 17 and 20; and once with operators of the program's own over a pool, of which the pool's
// pages are seen.
#include <memtrace.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "ledger.h"

namespace {

ledger* book;
bool keeps;

#if !OPERATORS_OF_ITS_OWN
template <typename Block>
Block* note(Block* block, std::size_t size) {
    if (keeps) ledger_add(book, block, size);
    return block;
}

struct Small {
    char bytes[40];
};
#if __cplusplus >= 201703L
struct alignas(128) Wide {
    char bytes[256];
};
#endif

void all(std::size_t size) {
    void* const one = note(::operator new(size), size);
    void* const array = note(::operator new[](size + 1), size + 1);
    void* const quiet = note(::operator new(size + 2, std::nothrow), size + 2);
    void* const quiet_array = note(::operator new[](size + 3, std::nothrow), size + 3);
    Small* const object = note(new Small, sizeof(Small));
    Small* const objects = note(new Small[7], sizeof(Small) * 7);
#if __cplusplus >= 201703L
    Wide* const wide = note(new Wide, sizeof(Wide));
    Wide* const wides = note(new Wide[3], sizeof(Wide) * 3);
    Wide* const quiet_wide = note(new (std::nothrow) Wide, sizeof(Wide));
#endif
    if (keeps) return;
    ::operator delete(one);
    ::operator delete[](array);
    ::operator delete(quiet, std::nothrow);
#if __cpp_sized_deallocation
    ::operator delete[](quiet_array, size + 3);
#else
    ::operator delete[](quiet_array, std::nothrow);
#endif
    delete object;
    delete[] objects;
#if __cplusplus >= 201703L
    delete wide;
    delete[] wides;
    delete quiet_wide;
#endif
}
#endif

}  // namespace

#if OPERATORS_OF_ITS_OWN
// A pool: pages of malloc, from which nothing ever returns.
static char* page;
static std::size_t left;
void* operator new(std::size_t size) {
    size = (size + 127) / 128 * 128;
    if (size > left) {
        left = 100000;
        page = static_cast<char*>(malloc(left));
        if (keeps && page != nullptr) ledger_add(book, page, left);
    }
    left -= size;
    return page + left;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return operator new(size);
}
void operator delete(void*) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
void operator delete[](void*, std::size_t) noexcept {}
#endif

int main() {
    book = ledger_open();
    if (book == nullptr || memtrace_start(32) != 0) return 4;
#if OPERATORS_OF_ITS_OWN
    keeps = true;
    for (int i = 0; i < 1000; ++i) delete[] new char[500];
#else
    for (std::size_t i = 0; i < 100; ++i) all(1000 + i * 10);
    keeps = true;
    all(3000);
#endif
    raise(SIGSTOP);
    return 0;
}
