// SPDX-License-Identifier: MIT
//
// Eight block words at once: which is the one of an address, which are empty.
#ifndef MEMTRACE_TABLE_SCAN_H
#define MEMTRACE_TABLE_SCAN_H

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

struct Scan {  // a bit for each word, at twice its index
    u32 match;
    u32 empty;
};

inline u64* first_of(u64* words, u32 bits) { return words + __builtin_ctz(bits) / 2; }

inline bool is_word_of(u64 word, u64 address) {
    return word != 0 && word_offset(word) == (address & 0xfff);
}

// `words`: kLineWords of them, aligned to 64 bytes. Each is read whole, at a moment of its own.
Scan scan(const u64* words, u64 address);

}  // namespace mt::runtime

#if defined(__x86_64__)
#include "table/x86_64/scan.h"
#else
#error "memtrace: no scan of block words for this architecture"
#endif

#endif
