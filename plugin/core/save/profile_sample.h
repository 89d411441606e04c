// SPDX-License-Identifier: MIT
//
// One sample of a pprof profile, as the file has it. Believes nothing.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_SAMPLE_H
#define MEMTRACE_CORE_SAVE_PROFILE_SAMPLE_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace mt::core {

struct SampleLabel {
    std::uint64_t key = 0, text = 0, number = 0;
};

// Used again for each sample, so that its lists grow once.
struct ProfileSample {
    std::vector<std::uint64_t> locations;
    std::vector<std::int64_t> values;
    std::vector<SampleLabel> labels;
    std::vector<std::uint64_t> addresses, stamps;  // of single blocks (profile_format.h)

    // False: the message is damaged.
    bool read(std::string_view bytes);
};

}  // namespace mt::core

#endif
