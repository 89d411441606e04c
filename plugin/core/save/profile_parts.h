// SPDX-License-Identifier: MIT
//
// All of a pprof profile but its samples, as the file has them: numbers that
// name other numbers, none of them believed yet. Builds no table.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_PARTS_H
#define MEMTRACE_CORE_SAVE_PROFILE_PARTS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "save/byte_source.h"
#include "save/profile_limits.h"
#include "save/save.h"

namespace mt::core {

// The string table: one piece of memory, not one for each text.
class Texts {
  public:
    void add(std::string_view text) {
        bytes_ += text;
        ends_.push_back(bytes_.size());
    }
    std::size_t size() const { return ends_.size(); }
    std::uint64_t bytes() const { return bytes_.size(); }
    std::string_view operator[](std::uint64_t index) const {
        const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(bytes_).substr(begin, ends_[index] - begin);
    }

  private:
    std::string bytes_;
    std::vector<std::uint64_t> ends_;
};

// From the ids that a file gives to places in a list. Ids are mostly 1, 2, 3, …
class IdIndex {
  public:
    static constexpr std::uint32_t kNone = 0xffffffff;
    // False: there is this id already.
    bool add(std::uint64_t id);
    std::uint32_t find(std::uint64_t id) const;

  private:
    std::uint32_t next_ = 0;
    std::vector<std::uint32_t> dense_;
    std::unordered_map<std::uint64_t, std::uint32_t> sparse_;
};

struct ProfileParts {
    struct ValueType {
        std::uint64_t type = 0, unit = 0;
    };
    struct Mapping {
        std::uint64_t id = 0, start = 0, limit = 0, offset = 0, file = 0, build_id = 0;
    };
    struct Line {
        std::uint64_t function = 0, line = 0;
    };
    struct Location {
        std::uint64_t id = 0, mapping = 0, address = 0;
        std::uint32_t first_line = 0, lines = 0;  // in ProfileParts::lines
    };
    struct Function {
        std::uint64_t id = 0, name = 0, file = 0;
    };

    std::vector<ValueType> sample_types;
    std::vector<Mapping> mappings;
    std::vector<Location> locations;
    std::vector<Line> lines;
    std::vector<Function> functions;
    IdIndex mapping_ids, location_ids, function_ids;
    Texts texts;
    std::vector<std::uint64_t> comments;
    ValueType period_type;
    std::int64_t period = 0;
    std::uint64_t samples = 0;
};

Result<ProfileParts> read_parts(ByteSource& source, const ProfileLimits& limits,
                                const Interrupted& interrupted);

}  // namespace mt::core

#endif
