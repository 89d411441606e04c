// SPDX-License-Identifier: MIT
//
// See alive.h. Calls nest and may be a million, so blocks are added up by thread and
// mark once, and each call takes the difference of two sums.
#include "analyse/alive.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "model/stamp.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kAnyThread = ~0u;

struct Point {
    std::uint32_t mark = 0;
    std::int64_t bytes = 0, count = 0;  // of all until here
};

// Generations [first, last) of one thread's stamps.
struct Stretch {
    std::uint32_t thread = kAnyThread;
    std::uint32_t first = 0;
    std::uint64_t last = 0;
    bool holds(const Stamp& stamp) const {
        return (thread == kAnyThread || thread == stamp.thread) && stamp.mark >= first &&
               stamp.mark < last;
    }
};

bool is_known(const Table& table, const ScopeCall& call) {
    const Identity& now = table.status.identity;
    return call.first_mark != 0 && table.has_stamps && call.process.cookie == now.cookie &&
           call.process.pid == now.pid && call.process.generation == now.generation;
}

Stretch stretch_of(const ScopeCall& call) {
    Stretch stretch;
    if (!call.of_process) stretch.thread = stamp_serial_of_thread(call.thread);
    stretch.first = stamp_mark(call.first_mark);
    stretch.last = call.last_mark != 0 ? stamp_mark(call.last_mark) : ~std::uint64_t{0};
    return stretch;
}

using Sums = std::map<std::uint32_t, std::vector<Point>>;  // by thread

// One point for all blocks of a thread and mark: there are many more blocks.
Result<Sums> sums_of(const Table& table, const Interrupted& interrupted) {
    std::map<std::uint32_t, std::unordered_map<std::uint32_t, Point>> parts;
    Stride stop(interrupted);
    for (const Block& block : table.blocks) {
        if (stop()) return interrupted_error();
        const auto stamp = stamp_of(table, block);
        if (!stamp) continue;
        for (const std::uint32_t thread : {stamp->thread, kAnyThread}) {
            Point& sum = parts[thread][stamp->mark];
            sum.mark = stamp->mark;
            sum.bytes = add(sum.bytes, static_cast<std::int64_t>(block.size));
            ++sum.count;
        }
    }
    Sums sums;
    for (const auto& [thread, points] : parts)
        for (const auto& [mark, point] : points) sums[thread].push_back(point);
    for (auto& [thread, points] : sums) {
        std::sort(points.begin(), points.end(),
                  [](const Point& a, const Point& b) { return a.mark < b.mark; });
        for (std::size_t i = 1; i < points.size(); ++i) {
            points[i].bytes = add(points[i].bytes, points[i - 1].bytes);
            points[i].count += points[i - 1].count;
        }
    }
    return sums;
}

Point sum_before(const std::vector<Point>& points, std::uint64_t mark) {
    const auto end = std::lower_bound(
        points.begin(), points.end(), mark,
        [](const Point& point, std::uint64_t limit) { return point.mark < limit; });
    return end == points.begin() ? Point{} : end[-1];
}

}  // namespace

Result<void> count_alive(const Table& table, std::vector<ScopeCall>& calls,
                         const Interrupted& interrupted) {
    const Sums sums = MT_TRY(sums_of(table, interrupted));
    for (ScopeCall& call : calls) {
        if (!is_known(table, call)) continue;
        const Stretch stretch = stretch_of(call);
        call.alive_bytes = call.alive_count = 0;
        const auto points = sums.find(stretch.thread);
        if (points == sums.end()) continue;
        const Point end = sum_before(points->second, stretch.last);
        const Point begin = sum_before(points->second, stretch.first);
        call.alive_bytes = subtract(end.bytes, begin.bytes);
        call.alive_count = end.count - begin.count;
    }
    return {};
}

Result<std::shared_ptr<Table>> only_alive(const Table& table, const std::vector<ScopeCall>& calls,
                                          const Interrupted& interrupted) {
    std::map<std::uint32_t, std::vector<Stretch>> stretches;  // by thread, disjoint, ascending
    for (const ScopeCall& call : calls)
        if (is_known(table, call)) {
            const Stretch stretch = stretch_of(call);
            stretches[stretch.thread].push_back(stretch);
        }
    for (auto& [thread, list] : stretches) {
        std::sort(list.begin(), list.end(),
                  [](const Stretch& a, const Stretch& b) { return a.first < b.first; });
        std::vector<Stretch> joined;
        for (const Stretch& one : list) {
            if (joined.empty() || joined.back().last < one.first)
                joined.push_back(one);
            else
                joined.back().last = std::max(joined.back().last, one.last);
        }
        list = std::move(joined);
    }
    const auto holds = [&stretches](std::uint32_t thread, const Stamp& stamp) {
        const auto list = stretches.find(thread);
        if (list == stretches.end()) return false;
        const auto next = std::upper_bound(
            list->second.begin(), list->second.end(), stamp.mark,
            [](std::uint32_t mark, const Stretch& one) { return mark < one.first; });
        return next != list->second.begin() && next[-1].holds(stamp);
    };
    auto kept = std::make_shared<Table>(table);
    std::erase_if(kept->remarks, [](const Remark& remark) {  // of blocks that are not shown
        return remark.code == "late-start" || remark.code == "peak-bound";
    });
    kept->blocks.clear();
    Stride stop(interrupted);
    for (const Block& block : table.blocks) {
        if (stop()) return interrupted_error();
        const auto stamp = stamp_of(table, block);
        if (stamp && (holds(stamp->thread, *stamp) || holds(kAnyThread, *stamp)))
            kept->blocks.push_back(block);
    }
    return kept;
}

}  // namespace mt::core
