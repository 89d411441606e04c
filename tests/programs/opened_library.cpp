// SPDX-License-Identifier: MIT
//
// A library that allocates while it is opened and closed, under the loader's lock; to be
// copied and opened many times (loader_storm).
#include <cstdlib>

namespace {
struct Opened {
    void* block = malloc(300);
    Opened() { free(malloc(400)); }
    ~Opened() {
        free(malloc(500));
        free(block);
    }
} opened;
}  // namespace

extern "C" void* opened_library_block() { return opened.block; }
