// SPDX-License-Identifier: MIT
//
// What stood in each entry that was redirected, and whose it is: so that it can be put back, and
// is not where something else is mapped by now. Knows no module's tables and writes no entry.
#ifndef MEMTRACE_ATTACH_RECORDS_H
#define MEMTRACE_ATTACH_RECORDS_H

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

struct Redirected {
    u64* word;  // nullptr: the place is free
    u64 before;
    u64 ours;
    u64 bias;  // of its module; with `dynamic` and `check` which one that is
    u64 dynamic;
    u64 check;
    bool is_relro;
    bool is_found;  // by the look at all modules that is under way
};

// Used by one thread at a time.
class Records {
  public:
    // That of the word, or a free one, which is taken by setting its word. nullptr: no memory.
    Redirected* of(u64* word);
    template <typename F>
    void each(F&& f) {
        for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
            for (Redirected& one : chunk->records) {
                if (one.word != nullptr) f(one);
            }
        }
    }

  private:
    static constexpr u32 kPerChunk = 500;
    struct Chunk {
        Chunk* next;
        Redirected records[kPerChunk];
    };
    Chunk* first_ = nullptr;
};

}  // namespace mt::runtime

#endif
