// SPDX-License-Identifier: MIT
//
// Which allocations a sampling thread records with their stacks: those that hold
// a point of a Poisson process over the bytes that it allocates. So a block of
// `size` bytes is taken with p = 1 - exp(-size / mean), whatever came before it.
// What a taken one stands for is in abi/weight.h. Decides; records nothing.
#ifndef MEMTRACE_THREAD_SAMPLING_H
#define MEMTRACE_THREAD_SAMPLING_H

#include "abi/layout.h"

namespace mt::runtime {

// One per thread; all zero before it is seeded. Not for a signal handler's
// allocations: one would see another's draw half done.
class Sampler {
  public:
    // Forgets what was drawn.
    void seed(abi::u64 seed);

    // Is the thread's next block of `size` bytes in the sample? `mean`: bytes
    // between samples, not 0.
    bool takes(abi::u64 size, abi::u64 mean) {
        const abi::u64 counted = size != 0 ? size : 1;
        if (__builtin_expect(mean_ != mean || counted >= left_, 0)) return draws(counted, mean);
        left_ -= counted;
        return false;
    }

    // Bytes to the next point: the smallest whole number above mean times an
    // exponential variate, so that P(distance <= n) = 1 - exp(-n / mean).
    abi::u64 distance(abi::u64 mean);

  private:
    bool draws(abi::u64 counted, abi::u64 mean);
    abi::u64 next();

    abi::u64 random_ = 0;
    abi::u64 left_ = 0;  // bytes to the next point, counted down
    abi::u64 mean_ = 0;  // for which left_ was drawn
};

}  // namespace mt::runtime

#endif
