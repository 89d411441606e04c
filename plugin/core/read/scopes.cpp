// SPDX-License-Identifier: MIT
//
// See scopes.h. Sums and calls of one thread's log are of one moment, the one that its
// `written` says.
#include "read/scopes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "read/anchor.h"
#include "read/reading.h"

namespace mt::core {
namespace {

constexpr unsigned kMaxLogs = 1u << 20;

ScopeColumns columns(const abi::i64 (&figures)[5]) {
    return {figures[0], figures[1], figures[2], figures[3], figures[4]};
}

void join(const abi::ScopeSums& sums, ProgramScope& scope) {
    if (sums.count == 0) return;
    const auto signed_of = [](std::uint64_t figure) { return static_cast<std::int64_t>(figure); };
    ScopeSummary& all = scope.summary;
    const ScopeColumns least = columns(sums.least), most = columns(sums.most);
    const bool first = all.calls == 0;
    all.calls += sums.count;
    for (const auto column : kScopeColumns) {
        all.least.*column = first ? least.*column : std::min(all.least.*column, least.*column);
        all.most.*column = first ? most.*column : std::max(all.most.*column, most.*column);
    }
    all.total.allocs = add(all.total.allocs, signed_of(sums.sum[0]));
    all.total.frees = add(all.total.frees, signed_of(sums.sum[1]));
    all.total.bytes = add(all.total.bytes, signed_of(sums.sum[2]));
    all.total.net = add(all.total.net, difference(sums.sum[2], sums.sum[3]));
    all.total.peak = all.most.peak;
}

ScopeCall call_of(const abi::ScopeCall& raw) {
    ScopeCall call;
    call.number = raw.number;
    call.thread = raw.thread;
    call.totals = {raw.alloc_bytes, raw.alloc_count, raw.free_bytes, raw.free_count};
    call.peak = raw.peak;
    call.cleared = (raw.flags & abi::kScopeCleared) != 0;
    call.left = (raw.flags & abi::kScopeOuter) != 0 ? Left::outer : Left::returned;
    return call;
}

bool is_equal(const abi::ScopeSums& a, const abi::ScopeSums& b) {
    return a.count == b.count && std::equal(std::begin(a.sum), std::end(a.sum), b.sum) &&
           (a.count == 0 || (std::equal(std::begin(a.least), std::end(a.least), b.least) &&
                             std::equal(std::begin(a.most), std::end(a.most), b.most)));
}

// What the calls add up to, while all of them are there.
abi::ScopeSums sums_of_calls(const abi::ScopeLog& log, std::size_t name) {
    abi::ScopeSums sums{};
    for (std::uint64_t i = 0; i < log.written; ++i) {
        const abi::ScopeCall& call = log.call[i];
        if (call.name != name) continue;
        const std::uint64_t figures[] = {call.alloc_count, call.free_count, call.alloc_bytes,
                                         call.free_bytes};
        const abi::i64 columns[] = {static_cast<abi::i64>(call.alloc_count),
                                    static_cast<abi::i64>(call.free_count),
                                    static_cast<abi::i64>(call.alloc_bytes),
                                    difference(call.alloc_bytes, call.free_bytes), call.peak};
        for (std::size_t k = 0; k < 4; ++k) sums.sum[k] += figures[k];
        for (std::size_t k = 0; k < 5; ++k) {
            sums.least[k] = sums.count == 0 ? columns[k] : std::min(sums.least[k], columns[k]);
            sums.most[k] = sums.count == 0 ? columns[k] : std::max(sums.most[k], columns[k]);
        }
        ++sums.count;
    }
    return sums;
}

// False: its sums are not of the calls that it says it has.
bool read_log(const abi::ScopeLog& log, std::vector<ProgramScope>& scopes) {
    std::uint64_t summed = 0;
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const abi::ScopeSums& a = log.sums[i][0];
        const abi::ScopeSums& b = log.sums[i][1];
        const bool second = b.upto <= log.written && (a.upto > log.written || b.upto > a.upto);
        const abi::ScopeSums& valid = second ? b : a;
        if (valid.upto > log.written) continue;
        const bool has_all = log.written < abi::kScopeCalls;
        if (has_all && !is_equal(valid, sums_of_calls(log, i))) return false;
        join(valid, scopes[i]);
        summed += valid.count;
    }
    const std::uint64_t kept = std::min<std::uint64_t>(log.written, abi::kScopeCalls - 1);
    for (std::uint64_t i = log.written - kept; i < log.written; ++i) {
        const abi::ScopeCall& raw = log.call[i % abi::kScopeCalls];
        if (raw.name >= scopes.size() || raw.number == 0) return false;
        scopes[raw.name].calls.push_back(call_of(raw));
    }
    return summed == log.written;
}

bool read_names(Reading& reading, const abi::Header& header, std::vector<ProgramScope>& scopes) {
    if (header.scope_names == 0 && header.scope_name_count == 0 && header.scope_logs == 0)
        return true;
    if (header.scope_names == 0)
        return reading.fail(Code::damaged,
                            fmt::format("the table is damaged: the names of {} scopes are nowhere",
                                        header.scope_name_count),
                            header.self);
    const auto count = std::min<std::uint64_t>(header.scope_name_count, abi::kScopeNames);
    std::vector<abi::ScopeName> names(count);
    if (!reading.claim(header.scope_names, count * sizeof names[0], "names of scopes") ||
        !reading.exact(header.scope_names, names.data(), count * sizeof names[0],
                       "names of scopes")) {
        return false;
    }
    for (const abi::ScopeName& name : names) {
        ProgramScope& scope = scopes.emplace_back();
        scope.name.assign(name.text, strnlen(name.text, sizeof name.text));
        scope.begun = name.begun;
    }
    return true;
}

// A call has begun before it ends.
bool check_calls(Reading& reading, const abi::Header& header,
                 const std::vector<ProgramScope>& scopes) {
    for (const ProgramScope& scope : scopes) {
        if (scope.summary.calls <= scope.begun) continue;
        return reading.fail(Code::damaged,
                            fmt::format("the table is damaged: the scopes named at {:#x} have {} "
                                        "calls of {} that began",
                                        header.scope_names, scope.summary.calls, scope.begun),
                            header.scope_names);
    }
    return true;
}

bool read_all(Reading& reading, const Status& status, std::vector<ProgramScope>& scopes) {
    Anchor anchor;
    if (!load_anchor(reading, status, anchor)) return false;
    if (!anchor.has_header) return true;
    if (!read_names(reading, anchor.header, scopes)) return false;
    const auto log = std::make_unique<abi::ScopeLog>();
    std::uint64_t address = anchor.header.scope_logs;
    for (unsigned walked = 0; address != 0 && walked < kMaxLogs; ++walked) {
        if (!reading.claim(address, sizeof *log, "scopes of a thread") ||
            !reading.exact(address, log.get(), sizeof *log, "scopes of a thread")) {
            return false;
        }
        if (log->self != address || !read_log(*log, scopes))
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: the scopes of a thread at {:#x} "
                                            "do not add up",
                                            address),
                                address);
        address = log->next;
    }
    return check_calls(reading, anchor.header, scopes);
}

}  // namespace

Result<std::vector<ProgramScope>> read_scopes(Memory& memory, const Status& status) {
    Reading reading(memory);
    std::vector<ProgramScope> scopes;
    if (!read_all(reading, status, scopes)) return fail(reading.error());
    return scopes;
}

}  // namespace mt::core
