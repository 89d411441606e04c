// SPDX-License-Identifier: MIT
//
// Eight block words at once: which is the one of an address, which are empty. How they are
// looked through is the architecture's (table/scan.h).
#ifndef MEMTRACE_TABLE_WORDS_H
#define MEMTRACE_TABLE_WORDS_H

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

inline constexpr int kOffsetBit = 55;  // as make_word() has it

struct Scan {  // a bit for each word, at twice its index
    u32 match;
    u32 empty;
};

inline u64* first_of(u64* words, u32 bits) { return words + __builtin_ctz(bits) / 2; }

inline bool is_word_of(u64 word, u64 address) {
    constexpr u32 kAbovePage = 64 - kPageBits;
    return word != 0 && (word ^ address << kAbovePage) >> kOffsetBit == 0;
}

}  // namespace mt::runtime

#endif
