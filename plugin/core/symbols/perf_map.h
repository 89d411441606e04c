// SPDX-License-Identifier: MIT
//
// Names of code that a program made at run time: what JIT compilers write for perf, one line
// per function, "START SIZE name", both in hexadecimal. The file is a stranger's: who may have
// written it is checked, what is read of it is bounded, and a line that makes no sense is none.
// It says names and nothing else. Knows no debugger and no memory.
#ifndef MEMTRACE_CORE_SYMBOLS_PERF_MAP_H
#define MEMTRACE_CORE_SYMBOLS_PERF_MAP_H

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mt::core {

class PerfMap {
  public:
    static constexpr std::uint64_t kMostBytes = 64u << 20;
    static constexpr std::size_t kMostFunctions = 1u << 20;
    static constexpr std::size_t kLongestName = 1024;

    // A file as it is now. Another one, or more of it, is another edition.
    struct Edition {
        std::uint64_t device = 0, inode = 0, size = 0;
        std::int64_t seconds = 0, nanoseconds = 0;
        bool operator==(const Edition&) const = default;
    };
    // Who may have written it, and when.
    struct Writer {
        uid_t user = 0;                   // this one or the superuser
        std::int64_t before = INT64_MAX;  // seconds since 1970
        std::int64_t after = 0;
    };

    // Reads the file if it is another edition than is here. False: there is none that may be
    // believed, and nothing is known.
    bool refresh(const std::string& path, const Writer& writer);
    // Counts what refresh() has read; 0 = nothing yet.
    std::uint64_t edition() const { return count_; }

    // Empty: the file names nothing there. Of code at one place the last line counts.
    std::string_view name_at(std::uint64_t address) const;

    // For tests and refresh().
    void read(std::string text);

  private:
    void add(std::uint64_t start, std::uint64_t end, std::string_view name);
    void forget();

    struct Function {
        std::uint64_t end;
        std::string_view name;  // in text_
    };
    Edition edition_;
    std::uint64_t count_ = 0;
    std::string text_;
    std::map<std::uint64_t, Function> functions_;  // by start; none overlap
};

}  // namespace mt::core

#endif
