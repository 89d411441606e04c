// SPDX-License-Identifier: MIT
//
// How much of a stranger's profile is believed. Generous to real ones: the
// largest heap profiles have some hundred thousand tracebacks.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_LIMITS_H
#define MEMTRACE_CORE_SAVE_PROFILE_LIMITS_H

#include <cstdint>
#include <string>

#include "model/text.h"
#include "save/byte_source.h"

namespace mt::core {

// Bytes of one name. Reports take names apart character by character, so that a
// longer one would cost thirty times its size each time that it is shown.
inline constexpr std::uint64_t kLongestName = 1 << 20;

struct ProfileLimits {
    InflateLimits inflate;
    std::uint64_t longest_field = 64ull << 20;  // bytes of one message or text
    std::uint64_t texts = 16ull << 20;          // number
    std::uint64_t text_bytes = 1ull << 30;      // all of them
    std::uint64_t mappings = 65535;
    std::uint64_t parts = 16ull << 20;  // locations, functions and lines, each
    std::uint64_t sample_types = 64;
    std::uint64_t name_bytes = 512ull << 20;  // what all frames' names take, written out
    std::uint64_t nodes = 32ull << 20;        // of the depot
    std::uint64_t blocks = 64ull << 20;
    std::uint64_t legacy_bytes = 512ull << 20;  // of a profile that is text
};

// Why a file is refused whose frames have more text than `most` bytes.
inline std::string too_long_names(std::uint64_t most) {
    return "the names of its frames take more than " + format_size(static_cast<double>(most));
}

}  // namespace mt::core

#endif
