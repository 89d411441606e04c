// SPDX-License-Identifier: MIT
//
// Allocates on every kind of stack that is known to mislead unwinders: signals
// on alternate stacks, fibers, realigned and alloca frames, assembly without
// tables, code made at run time, exceptions, longjmp, libraries that come to lie
// at the same addresses. Says at its end that all of it happened.
// Arguments: two libraries (torture_library.c) and one that they call.
#include "torture.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "stack_capture.h"

namespace torture {
namespace {

namespace plain = mt::test::plain;
namespace optimised = mt::test::optimised;

std::atomic<unsigned long> count;

// Before main and after it: ld.so's frames are the outermost then.
struct Early {
    Early() { allocate(); }
    ~Early() { allocate(); }
} early;

}  // namespace

void allocate() {
    auto* block = static_cast<char*>(std::malloc(100));
    if (block == nullptr) fail("malloc");
    std::memset(block, 7, 100);
    block = static_cast<char*>(std::realloc(block, 3000));
    if (block == nullptr || block[99] != 7) fail("realloc");
    std::free(block);
    ++count;
}

void allocate_once() {
    std::free(std::malloc(10));
    ++count;
}

void allocate_deeper() {
    optimised::nested(2, [] { plain::nested(1, allocate); });
}

unsigned long allocations() { return count; }

void fail(const char* what) {
    std::printf("torture: failed: %s\n", what);
    std::exit(1);
}

}  // namespace torture

int main(int argc, char** argv) {
    using namespace torture;
    if (argc != 4) fail("usage: torture LIBRARY LIBRARY LIBRARY");
    check(allocations() == 1, "a constructor");
    frames();
    same_frames();
    undescribed();
    exceptions();
    fibers();
    signals();
    threads();
    libraries(argv[1], argv[2], argv[3]);
    std::printf("torture: %lu allocations, %u signals, %u libraries at the place of another: ok\n",
                allocations(), signals_handled(), libraries_at_the_same_place());
    return 0;
}
