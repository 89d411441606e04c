// SPDX-License-Identifier: MIT
//
// Which figure of a trace each value of a profile's samples is, by the names of
// its sample types: ours and those that other tools write. Adds values to traces.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_COLUMNS_H
#define MEMTRACE_CORE_SAVE_PROFILE_COLUMNS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"

namespace mt::core {

// The values of one sample.
struct SampleFigures {
    std::int64_t alloc_count = 0, alloc_size = 0, count = 0, size = 0, peak_count = 0,
                 peak_size = 0, temporary_count = 0, samples = 0, peak_samples = 0;
};

class ProfileColumns {
  public:
    // Types with their units. An error when none of them is about a heap.
    static Result<ProfileColumns> of(
        const std::vector<std::pair<std::string_view, std::string_view>>& types);

    // False: there are not as many values as types.
    bool take(const std::vector<std::int64_t>& values, SampleFigures& figures) const;
    bool has_allocations() const { return has_allocations_; }

  private:
    struct Column {
        std::int64_t SampleFigures::*figure = nullptr;  // null = not about a heap
        std::int64_t scale = 1;
    };
    std::vector<Column> columns_;
    bool has_allocations_ = false;
};

// Adds up figures that must not overflow, however hostile.
class Believed {
  public:
    // False: all together they are more than a memory can hold.
    bool add(std::int64_t figure);
    bool add(std::uint64_t figure, std::uint64_t times);

  private:
    std::uint64_t sum_ = 0;
};

// Of a profile whose figures were estimated from one allocation every `period` bytes.
Remark estimated_remark(std::uint64_t period);

}  // namespace mt::core

#endif
