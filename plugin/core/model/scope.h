// SPDX-License-Identifier: MIT
//
// What mt scope measures: the counters of a thread, or of the whole process, at
// two moments, and what lies between. Plain values; reads no memory.
#ifndef MEMTRACE_CORE_MODEL_SCOPE_H
#define MEMTRACE_CORE_MODEL_SCOPE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/wrapping.h"

namespace mt::core {

struct Totals {
    std::uint64_t alloc_bytes = 0, alloc_count = 0, free_bytes = 0, free_count = 0;
    std::int64_t net() const { return difference(alloc_bytes, free_bytes); }
};

inline Totals since(const Totals& begin, const Totals& now) {
    return {now.alloc_bytes - begin.alloc_bytes, now.alloc_count - begin.alloc_count,
            now.free_bytes - begin.free_bytes, now.free_count - begin.free_count};
}

// What a thread, or the process, has counted until now.
struct Counted {
    Identity process;
    bool tracing = false;
    std::uint32_t thread = 0;  // serial; 0 = the process, or a thread without an event yet
    Totals totals;
    // Highest net bytes in the last two epochs that it had an event in; 0 = there is none.
    // Of the process: since the peak's reset, as if that were an epoch.
    struct Top {
        std::uint64_t epoch = 0;
        std::int64_t net = 0;
    };
    Top tops[2];
    std::uint64_t epoch = 0;  // Root::scope_epoch
};

// How a call ended.
enum class Left : std::uint8_t {
    open,      // it has not
    returned,  // or mt scope end, memtrace_scope_end
    jumped,    // no return was seen, and its frame is gone: an exception, longjmp, a tail call
    outer,     // an outer scope ended
    exited,    // its process or thread did
};

struct ScopeCall {
    std::uint64_t number = 0;  // of its scope's calls, from 1
    std::uint32_t thread = 0;  // serial; 0 = the whole process, or one that never had an event
    Totals totals;             // within
    std::int64_t peak = 0;     // highest net bytes within, above those at the entry
    Left left = Left::open;
    bool cleared = false;    // tracing was cleared or started within: figures are from then on
    bool had_traces = true;  // false: tracing was off at the entry
    std::uint64_t first_mark = 0, last_mark = 0;  // its blocks have stamps in [first, last)
    bool of_process = false;                      // figures of all threads
    Identity process;
    // While it is possible to tell: of its blocks those that are live now.
    std::optional<std::int64_t> alive_bytes, alive_count;
};

// What a table of calls shows of each, and over all of them.
struct ScopeColumns {
    std::int64_t allocs = 0, frees = 0, bytes = 0, net = 0, peak = 0;
};
inline constexpr std::int64_t ScopeColumns::*kScopeColumns[] = {
    &ScopeColumns::allocs, &ScopeColumns::frees, &ScopeColumns::bytes, &ScopeColumns::net,
    &ScopeColumns::peak};

struct ScopeSummary {
    std::uint64_t calls = 0;  // that have ended
    ScopeColumns least, median, most, total;
};

// Of the program's own: exact sums, and the last calls of each thread.
struct ProgramScope {
    std::string name;
    std::uint64_t begun = 0;
    ScopeSummary summary;  // its median is of `calls`
    std::vector<ScopeCall> calls;
};

}  // namespace mt::core

#endif
