// SPDX-License-Identifier: MIT
//
// What one sampled block adds to the weighted record of its traceback. Part of
// the format: a free must take away exactly what the allocation added, and a
// reader that enters an event of the ring by itself must agree to the last bit.
//
// Integers only. The traced program owns the floating-point unit: it may have
// changed the rounding mode, watch the flags, or have asked for a signal at the
// first inexact result.
#ifndef MEMTRACE_ABI_WEIGHT_H
#define MEMTRACE_ABI_WEIGHT_H

#include "abi/layout.h"

namespace mt::abi {

// With p = 1 - exp(-size / mean), the probability that the block is sampled:
// bytes = size / p, count = 1 / p, with kWeightByteBits and kWeightCountBits
// fraction bits. Added up over the sample they are expected to be what they
// would be over all blocks.
struct Weight {
    u64 bytes;
    u64 count;
};

namespace weight_detail {

__extension__ typedef unsigned __int128 u128;
inline constexpr u64 kAlmostOne = ~u64{0};                // 1 with 64 fraction bits
inline constexpr u64 kInverseE = 6786177901268885274ull;  // exp(-1) likewise
inline constexpr u64 kNothingLeft = 45;                   // exp(-45) < 2^-64

constexpr u64 product(u64 a, u64 b) { return static_cast<u64>(u128{a} * b >> 64); }

// part / whole with 64 fraction bits, part < whole. By hand: a 128-bit division
// is a call into a library that the runtime does not have.
constexpr u64 fraction(u64 part, u64 whole) {
    u64 result = 0;
    for (int i = 0; i < 64; ++i) {
        const bool carry = part >> 63 != 0;
        part <<= 1;
        result <<= 1;
        if (carry || part >= whole) {
            part -= whole;
            result |= 1;
        }
    }
    return result;
}

// (1 - exp(-x)) / x for 0 <= x < 1, all with 64 fraction bits: Horner's scheme
// for the series of (-x)^k / (k + 1)!, whose terms are below 2^-64 from k = 20.
// Good to 2^-61.
constexpr u64 mean_decay(u64 x) {
    u64 sum = kAlmostOne;
    for (u64 n = 21; n >= 2; --n) sum = kAlmostOne - product(x, sum) / n;
    return sum;
}

// exp(-size / mean)
constexpr u64 decay(u64 size, u64 mean) {
    u64 whole = size / mean;
    if (whole >= kNothingLeft) return 0;
    const u64 rest = fraction(size % mean, mean);
    u64 result = kAlmostOne - product(rest, mean_decay(rest));
    for (; whole > 0; --whole) result = product(result, kInverseE);
    return result;
}

// p * max(size, mean) / size: well conditioned, however small p is.
constexpr u64 scaled_probability(u64 size, u64 mean) {
    return size < mean ? mean_decay(fraction(size, mean)) : kAlmostOne - decay(size, mean);
}

constexpr u64 at_most(u64 value, u64 bound) { return value < bound ? value : bound; }

}  // namespace weight_detail

constexpr Weight weight_of(u64 true_size, u64 true_mean) {
    using namespace weight_detail;
    constexpr u64 kLargest = u64{1} << 47;  // of both; so that nothing overflows
    const u64 size = at_most(true_size != 0 ? true_size : 1, kLargest);
    const u64 mean = at_most(true_mean != 0 ? true_mean : 1, kLargest);
    const u64 p = scaled_probability(size, mean);
    const u64 excess = p < kAlmostOne ? fraction(kAlmostOne - p, p) : 0;  // 1 / p - 1
    const u64 base = (size < mean ? mean : size) << kWeightCountBits;
    const u64 bytes = base + product(base, excess);  // size / p
    constexpr u32 kDrop = kWeightCountBits - kWeightByteBits;
    return {true_size != 0 ? (bytes + (1u << (kDrop - 1))) >> kDrop : 0, (bytes + size / 2) / size};
}

}  // namespace mt::abi

#endif
