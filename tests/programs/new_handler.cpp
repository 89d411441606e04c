// SPDX-License-Identifier: MIT
//
// Sizes that cannot be had, and a new_handler that throws, frees what it kept for the
// day, or gives up: exceptions pass where a hook has just been left, and recording goes on.
#include <memtrace.h>
#include <signal.h>

#include <cstdio>
#include <cstring>
#include <new>

#include "ledger.h"

namespace {

constexpr std::size_t kHuge = ~std::size_t{0} / 4;
volatile std::size_t huge = kHuge;
int handled;
void* reserve;

struct Refused {
    int number;
};

void throws() { throw Refused{++handled}; }
void frees() {
    ++handled;
    ::operator delete(reserve);
    std::set_new_handler(nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    const bool stops = argc > 1 && std::strcmp(argv[1], "stop") == 0;
    ledger* const book = stops ? ledger_open() : nullptr;
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    std::printf("begins\n");
    if (stops && memtrace_start(32) != 0) return 4;
    std::set_new_handler(throws);
    int caught = 0;
    for (int i = 0; i < 1000; ++i) {
        try {
            ::operator delete(::operator new(huge));
        } catch (const Refused& refused) {
            caught += refused.number == handled ? 1 : 0;
        }
        if (i % 100 != 0) continue;
        void* const block = ::operator new(1000 + static_cast<std::size_t>(i));
        if (stops) ledger_add(book, block, 1000 + static_cast<std::size_t>(i));
    }
    reserve = ::operator new(5000);
    std::set_new_handler(frees);
    int given_up = 0;
    try {
        ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc&) {
        ++given_up;
    }
    if (::operator new(huge, std::nothrow) == nullptr) ++given_up;
    if (stops) raise(SIGSTOP);
    std::printf("%d thrown, %d handled, %d given up\n", caught, handled, given_up);
    return 7;
}
