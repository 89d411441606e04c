// SPDX-License-Identifier: MIT
//
// See conditions.h.
#include "app/breaks/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analyse/filter.h"
#include "app/breaks/ending.h"
#include "read/traceback.h"

namespace mt::core {
namespace {

constexpr const char* kStopFunction = "memtrace_stopped";
constexpr const char* kCannot = "the debugger cannot set a breakpoint for mt break";

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

Result<Called> name_call(Debuggee& debuggee, const Process& process, std::uint32_t stack) {
    auto table = MT_TRY(read_traceback(*process.memory, process.status, stack));
    Called called;
    called.table = std::move(table);
    Resolver resolver = debuggee.resolver(called.table, &process);
    FrameWalk walk(resolver, debuggee.skip(), false);
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

// None where nothing is traced.
Result<std::optional<Amount>> live_now(Debuggee& debuggee) {
    const Process process = MT_TRY(debuggee.process(false));
    if (!process.status.tracing) return std::nullopt;
    ReadOptions options;
    options.counters = false;
    const std::shared_ptr<Table> table = MT_TRY(read_now(process, options));
    return Amount{table->current_size, table->current_count};
}

}  // namespace

Condition* Conditions::find(std::uint32_t number) {
    const auto found = std::find_if(list_.begin(), list_.end(), [number](const Condition& one) {
        return one.number == number;
    });
    return found == list_.end() ? nullptr : &*found;
}

Condition& Conditions::add(Condition condition) {
    condition.number = next_number_++;
    return list_.emplace_back(std::move(condition));
}

void Conditions::erase(std::uint32_t number) {
    std::erase_if(list_, [number](const Condition& one) { return one.number == number; });
}

void Conditions::forget_process() {
    asking_.reset();
    for (Condition& condition : list_) {
        condition.slot = -1;
        condition.told = false;
        condition.enabled = condition.enabled && !condition.dies_with_process();
    }
}

Result<void> Conditions::set_stop_point() {
    const bool wanted = std::any_of(list_.begin(), list_.end(), [](const Condition& one) {
        return one.enabled && !one.at_exit;
    });
    if (wanted == stop_point_) return {};
    auto set = MT_TRY(debuggee_.debugger().set_stop_point(kStopFunction, wanted));
    if (!set) return fail(Code::refused, kCannot);
    stop_point_ = wanted;
    return {};
}

Result<void> Conditions::set_ending_point(Condition& condition) {
    const bool is_set = condition.point != 0;
    if (condition.enabled == is_set) return {};
    if (is_set) return points_.take(std::exchange(condition.point, 0));
    const auto ending = [this, number = condition.number](const Hit& hit) {
        return ends(*find(number), hit);
    };
    const auto set = MT_TRY(points_.set_at(kEnding, kEndingFrames, ending));
    if (!set) return fail(Code::refused, kCannot);
    condition.point = set->number;
    return {};
}

Result<void> Conditions::arm(std::uint64_t root) {
    asking_.reset();
    // The breakpoint first: what is armed must find it there.
    MT_TRY(set_stop_point());
    std::vector<Watch> slots;
    for (Condition& condition : list_) {
        condition.slot = -1;
        if (!condition.enabled || condition.at_exit) continue;
        if (slots.size() == abi::kWatchSlots)
            return fail(
                Code::refused,
                fmt::format(
                    "only {} conditions can be enabled at a time; mt break disable N makes room",
                    abi::kWatchSlots));
        condition.slot = static_cast<std::int32_t>(slots.size());
        slots.push_back({condition.kinds, condition.value, condition.thread,
                         condition.told ? abi::kWatchTold : 0});
    }
    return Control(debuggee_.debugger(), root).watch(slots);
}

// The runtime asks once for each traceback; all conditions on sites are decided.
Result<Stop> Conditions::decide(const Process& process, std::uint32_t stack) {
    auto called = MT_TRY(name_call(debuggee_, process, stack));
    std::uint32_t verdict = 0;
    for (const Condition& condition : list_) {
        if (condition.slot < 0 || !condition.site) continue;
        TraceFilter filter(debuggee_.book(), {{*condition.site}});
        const bool matches = filter.keeps(called.recent, called.table.traces.front().domain);
        verdict |= 1u << condition.slot | (matches ? 0x10000u << condition.slot : 0);
    }
    MT_TRY(debuggee_.control(process).decide(stack, verdict));
    return Stop{};
}

Result<Stop> Conditions::hit(const Process& process, Condition& condition,
                             const std::array<std::uint64_t, 5>& arguments) {
    const Told told = told_by(arguments);
    auto called = MT_TRY(name_call(debuggee_, process, told.stack));
    ++condition.hits;
    condition.told = true;
    Stop stop;
    stop.stays = true;
    stop.met = MetCondition{condition, told.address, told.size, told.figure, called.recent.front()};
    stop.pc = told.caller;
    stop.level = called.level;
    if (!condition.once && !condition.is(abi::kWatchFree)) return stop;
    condition.enabled = false;
    condition.slot = -1;
    MT_TRY(debuggee_.control(process).empty_slot(told.slot));
    return stop;
}

Result<Stop> Conditions::stopped(const std::array<std::uint64_t, 5>& arguments) {
    const Told told = told_by(arguments);
    if (told.asks && asking_ != nullptr) return decide(*asking_, told.stack);
    auto process = MT_TRY(debuggee_.process(false));
    if (told.asks) {
        asking_ = std::make_shared<Process>(std::move(process));
        return decide(*asking_, told.stack);
    }
    for (Condition& condition : list_)
        if (condition.enabled && condition.slot == static_cast<std::int32_t>(told.slot))
            return hit(process, condition, arguments);
    return Stop{};  // taken away while this thread was on its way
}

Result<Stop> Conditions::ends(Condition& condition, const Hit& hit) {
    Stop stop;
    stop.stays = true;
    stop.pc = hit.frames.front().pc;
    stop.level = MT_TRY(who_ends(debuggee_.debugger(), hit.frames));
    MetCondition met;
    auto live = live_now(debuggee_);
    // A table that cannot be read is no reason to let the program end.
    if (live)
        met.live = *live;
    else if (live.error().code == Code::interrupted)
        return fail(std::move(live.error()));
    ++condition.hits;
    condition.enabled = !condition.once;
    MT_TRY(set_ending_point(condition));
    met.condition = condition;
    stop.met = met;
    return stop;
}

}  // namespace mt::core
