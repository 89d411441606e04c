// SPDX-License-Identifier: MIT
//
// Sizes that a caller asks for and libc's malloc is asked for in its stead: operator new
// makes 1 of 0 and rounds what is over-aligned up to its alignment. A tool that stands in
// for operator new itself counts other bytes than one that stands in for malloc; nothing
// else differs, and by how much is known (tests/thirdparty/totals.py).
#include <cstdlib>
#include <new>

namespace {

void* volatile kept;  // or the compiler leaves out the pair

void once() {
    kept = operator new(0);
    operator delete(kept);
    kept = operator new[](0);
    operator delete[](kept);
    kept = operator new(70, std::align_val_t(64));
    operator delete(kept, std::align_val_t(64));
    kept = std::malloc(0);
    std::free(kept);
    kept = std::aligned_alloc(64, 100);
    std::free(kept);
    kept = std::realloc(std::malloc(10), 300);
    kept = std::realloc(kept, 20);
    std::free(kept);
    kept = std::realloc(nullptr, 0);
    std::free(kept);
    kept = std::calloc(7, 9);  // not freed
}

}  // namespace

int main() {
    for (int i = 0; i < 100; ++i) once();
}
