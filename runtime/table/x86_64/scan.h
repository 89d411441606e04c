// SPDX-License-Identifier: MIT
//
// With SSE2, which every x86-64 has. An aligned load of 16 bytes may be two of 8
// there, and each word is written by one store, so no word is seen half written.
#ifndef MEMTRACE_TABLE_X86_64_SCAN_H
#define MEMTRACE_TABLE_X86_64_SCAN_H

#include <emmintrin.h>

#include "table/words.h"

namespace mt::runtime {

// One bit per word from four vectors of two; of each word the lower half says it.
inline u32 lower_halves(__m128i a, __m128i b, __m128i c, __m128i d) {
    const __m128i words = _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
    return static_cast<u32>(_mm_movemask_epi8(words)) & 0x5555;
}

// ThreadSanitizer, which takes no load of 16 bytes for atomic, is not to look at this one.
[[gnu::no_sanitize_thread]] inline __m128i two_words(const __m128i* pair) { return *pair; }

[[gnu::always_inline]] inline Scan scan(const u64* words, u64 address) {
    const auto* pairs = reinterpret_cast<const __m128i*>(words);
    const __m128i a = two_words(pairs);
    const __m128i b = two_words(pairs + 1);
    const __m128i c = two_words(pairs + 2);
    const __m128i d = two_words(pairs + 3);
    // A word that is not empty names a stack, in its lower half.
    const __m128i zero = _mm_setzero_si128();
    const u32 empty = lower_halves(_mm_cmpeq_epi32(a, zero), _mm_cmpeq_epi32(b, zero),
                                   _mm_cmpeq_epi32(c, zero), _mm_cmpeq_epi32(d, zero));
    const __m128i offset = _mm_set1_epi64x(static_cast<long long>((address & 0xfff) >> 3));
    const u32 match = lower_halves(_mm_cmpeq_epi32(_mm_srli_epi64(a, kOffsetBit), offset),
                                   _mm_cmpeq_epi32(_mm_srli_epi64(b, kOffsetBit), offset),
                                   _mm_cmpeq_epi32(_mm_srli_epi64(c, kOffsetBit), offset),
                                   _mm_cmpeq_epi32(_mm_srli_epi64(d, kOffsetBit), offset));
    return {match & ~empty, empty};
}

}  // namespace mt::runtime

#endif
