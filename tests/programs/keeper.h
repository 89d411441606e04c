// SPDX-License-Identifier: MIT
//
// One thread's blocks in a storm, of sizes that neither libc nor the loader asks for, so
// that they can be told from those in the table; written into the ledger at the end.
#ifndef MEMTRACE_TESTS_PROGRAMS_KEEPER_H
#define MEMTRACE_TESTS_PROGRAMS_KEEPER_H

#include <cstdlib>

#include "ledger.h"

class Keeper {
  public:
    static constexpr size_t kSmallest = 20000, kSizes = 10000;

    explicit Keeper(unsigned long seed) : state_(seed * 7919 + 17) {}

    unsigned long random() {
        state_ = state_ * 6364136223846793005ul + 1442695040888963407ul;
        return state_ >> 33;
    }
    // Frees one of its blocks, moves it, or allocates another.
    __attribute__((noinline)) void round() {
        Slot& slot = slots_[random() % kSlots];
        const size_t size = kSmallest + random() % kSizes;
        if (slot.block != nullptr && random() % 4 != 0) {
            free(slot.block);
            slot.block = nullptr;
            return;
        }
        slot.block = realloc(slot.block, size);
        if (slot.block == nullptr) abort();
        slot.size = size;
    }
    void write(ledger* book) const {
        for (const Slot& slot : slots_) {
            if (slot.block != nullptr) ledger_add(book, slot.block, slot.size);
        }
    }

  private:
    static constexpr int kSlots = 64;
    struct Slot {
        void* block;
        size_t size;
    };
    Slot slots_[kSlots] = {};
    unsigned long state_;
};

#endif
