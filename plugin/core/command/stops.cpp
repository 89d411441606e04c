// SPDX-License-Identifier: MIT
//
// What a thread at the stop point means: a question of the runtime whether a traceback
// matches, answered unseen; or a condition that is met, which the user is told of.
#include <fmt/format.h>

#include "command/conditions.h"
#include "command/session.h"
#include "read/traceback.h"
#include "show/text.h"

namespace mt::core {
namespace {

// What the function's arguments are (abi::make_stop).
struct Told {
    std::uint32_t slot, stack;
    bool asks;
    std::uint64_t address, size, figure, caller;
};

Told told_by(const std::array<std::uint64_t, 5>& arguments) {
    return {abi::stop_slot(arguments[0]),
            abi::stop_stack(arguments[0]),
            (arguments[0] & abi::kStopAsks) != 0,
            arguments[1],
            arguments[2],
            arguments[3],
            arguments[4]};
}

// The traceback of the call, named.
struct Called {
    Table table;
    std::vector<TraceFrame> recent;  // the most recent frame after skipping
    std::uint32_t level = 0;         // frames inside it, as a debugger counts them
};

Result<Called> name_call(Session& session, const Process& process, std::uint32_t stack) {
    auto table = MT_TRY(read_traceback(*process.memory, process.status, stack));
    Called called;
    called.table = std::move(table);
    Sources sources = session.sources_for(called.table, &process);
    Resolver resolver(session.symboliser, called.table, sources);
    FrameWalk walk(resolver, session.skip, false);
    auto frames = MT_TRY(walk.frames(called.table.traces.front(), 1));
    called.recent = *frames;
    for (const Pc pc : called.table.frames(called.table.traces.front().node)) {
        auto location = MT_TRY(resolver.resolve(pc));
        for (const FrameId frame : location->frames) {
            if (frame == called.recent.front().id) return called;
            ++called.level;
        }
    }
    called.level = 0;
    return called;
}

std::string place_of(const Session& session, const Called& called) {
    const FrameBook& book = session.symboliser.book();
    const Frame& frame = book[called.recent.front().id];
    return fmt::format("{}:{}", printable(book.text(frame.label)), frame.line);
}

std::string block_text(const Told& told) {
    return fmt::format("block {:#x}, {} B", told.address, told.size);
}

// "total 501 MiB >= 500 MiB": the figure, and what it had to reach.
std::string reached_text(const Condition& condition, const Told& told) {
    const std::string text = condition_text(condition);
    const auto sign = text.find(" >= ");
    const std::string figure = condition.is(abi::kWatchCount)
                                   ? std::to_string(told.figure)
                                   : format_size(static_cast<double>(told.figure));
    return fmt::format("{} {}{}", text.substr(0, sign), figure, text.substr(sign));
}

std::string failure_text(const Told& told) {
    if (told.size == ~std::uint64_t{0}) return "a product of two sizes overflows; it failed";
    return fmt::format("an allocation of {} B failed", told.size);
}

std::string hit_text(const Session& session, const Condition& condition, const Called& called,
                     const Told& told) {
    constexpr std::uint32_t kFigures = abi::kWatchTotal | abi::kWatchPeak | abi::kWatchCount;
    if (condition.is(kFigures))
        return fmt::format("{}; {}", reached_text(condition, told), block_text(told));
    if (condition.is(abi::kWatchFree))
        return fmt::format("block {:#x} is about to be freed or moved{}", told.address,
                           condition.block);
    std::vector<std::string> parts;
    if (condition.is(abi::kWatchFail)) parts.push_back(failure_text(told));
    if (condition.is(abi::kWatchSize))
        parts.push_back(fmt::format("size {} B >= {}", told.size, exact_size(condition.value)));
    if (condition.is(abi::kWatchSite)) parts.push_back("site " + place_of(session, called));
    if (condition.is(abi::kWatchThread))
        parts.push_back(
            fmt::format("thread {} ({})", condition.thread, printable(condition.thread_name)));
    if (condition.is(abi::kWatchFail)) return fmt::format("{}", fmt::join(parts, ", "));
    return fmt::format("{}; {}", fmt::join(parts, ", "), block_text(told));
}

}  // namespace

// The runtime asks once for each traceback; all conditions on sites are decided.
Result<Stop> Conditions::decide(Session& session, const Process& process, std::uint32_t stack) {
    auto called = MT_TRY(name_call(session, process, stack));
    std::uint32_t verdict = 0;
    for (const Condition& condition : list_) {
        if (condition.slot < 0 || !condition.site) continue;
        TraceFilter filter(session.symboliser.book(), {{*condition.site}});
        const bool matches = filter.keeps(called.recent, called.table.traces.front().domain);
        verdict |= 1u << condition.slot | (matches ? 0x10000u << condition.slot : 0);
    }
    MT_TRY(Control(session.debugger, process.status.root_address).decide(stack, verdict));
    return Stop{};
}

Result<Stop> Conditions::hit(Session& session, const Process& process, Condition& condition,
                             const std::array<std::uint64_t, 5>& arguments) {
    const Told told = told_by(arguments);
    auto called = MT_TRY(name_call(session, process, told.stack));
    ++condition.hits;
    condition.told = true;
    Stop stop;
    stop.stays = true;
    stop.text = fmt::format("mt break {}: {}\n", condition.number,
                            hit_text(session, condition, called, told));
    stop.pc = told.caller;
    stop.level = called.level;
    if (!condition.once && !condition.is(abi::kWatchFree)) return stop;
    condition.enabled = false;
    condition.slot = -1;
    MT_TRY(Control(session.debugger, process.status.root_address).empty_slot(told.slot));
    return stop;
}

Result<Stop> Conditions::stopped(Session& session, const std::array<std::uint64_t, 5>& arguments) {
    const Told told = told_by(arguments);
    if (told.asks && asking_ != nullptr) return decide(session, *asking_, told.stack);
    auto process = MT_TRY(session.process(false));
    if (told.asks) {
        asking_ = std::make_shared<Process>(std::move(process));
        return decide(session, *asking_, told.stack);
    }
    for (Condition& condition : list_)
        if (condition.enabled && condition.slot == static_cast<std::int32_t>(told.slot))
            return hit(session, process, condition, arguments);
    return Stop{};  // taken away while this thread was on its way
}

}  // namespace mt::core
