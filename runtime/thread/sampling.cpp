// SPDX-License-Identifier: MIT
//
// No logarithm: the exponential variate comes from comparing uniform numbers
// (J. von Neumann, "Various techniques used in connection with random digits",
// 1951), which is exact up to the 64 bits of the numbers, and needs neither libm
// nor the floating-point unit, which is the program's (abi/weight.h).
#include "thread/sampling.h"

#include "abi/weight.h"

namespace mt::runtime {
namespace {

using abi::u32;
using abi::u64;

// Finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014).
u64 mixed(u64 value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
    value = (value ^ value >> 27) * 0x94d049bb133111ebull;
    return value ^ value >> 31;
}

}  // namespace

void Sampler::seed(u64 seed) {
    random_ = mixed(seed);
    mean_ = 0;
}

u64 Sampler::next() {
    random_ += 0x9e3779b97f4a7c15ull;
    return mixed(random_);
}

// A first number, then as many as keep falling. The run's length is odd with
// probability exp(-first); then `first` is the fraction of the variate.
// Otherwise its whole part is one more, and it begins anew.
u64 Sampler::distance(u64 mean) {
    for (u64 whole = 0;; ++whole) {
        const u64 first = next();
        u32 run = 1;
        for (u64 last = first, number = next(); number < last; number = next()) {
            last = number;
            ++run;
        }
        if (run % 2 != 0) return mean * whole + abi::weight_detail::product(mean, first) + 1;
    }
}

bool Sampler::draws(u64 counted, u64 mean) {
    // Of an exponential distance nothing is known from the part that is behind:
    // what is left holds for a new state too, unless its mean is another one.
    if (mean_ != mean) {
        left_ = distance(mean);
        mean_ = mean;
    }
    if (counted < left_) {
        left_ -= counted;
        return false;
    }
    left_ = distance(mean);
    return true;
}

}  // namespace mt::runtime
