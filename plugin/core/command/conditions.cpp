// SPDX-License-Identifier: MIT
//
// See conditions.h: the list, its texts, and how it gets into a process.
#include "command/conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "command/session.h"
#include "show/text.h"

namespace mt::core {
namespace {

constexpr const char* kStopFunction = "memtrace_stopped";

}  // namespace

std::string exact_size(std::uint64_t bytes) {
    constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0; ++unit) bytes /= 1024;
    return fmt::format("{} {}", bytes, kUnits[unit]);
}

std::string condition_text(const Condition& condition) {
    if (condition.is(abi::kWatchTotal))
        return fmt::format("total >= {}", exact_size(condition.value));
    if (condition.is(abi::kWatchPeak))
        return fmt::format("peak >= {}", exact_size(condition.value));
    if (condition.is(abi::kWatchCount)) return fmt::format("count >= {}", condition.value);
    if (condition.is(abi::kWatchFree)) return fmt::format("free of {:#x}", condition.value);
    std::vector<std::string> parts;
    if (condition.is(abi::kWatchFail)) parts.emplace_back("an allocation fails");
    if (condition.is(abi::kWatchSize))
        parts.push_back(fmt::format("size >= {}", exact_size(condition.value)));
    if (condition.is(abi::kWatchSite))
        parts.push_back(fmt::format("site {}", printable(condition.site_text)));
    if (condition.is(abi::kWatchThread))
        parts.push_back(
            fmt::format("thread {} ({})", condition.thread, printable(condition.thread_name)));
    return fmt::format("{}", fmt::join(parts, ", "));
}

ListedCondition listed(const Condition& condition) {
    return {condition.number, condition_text(condition), condition.once, condition.enabled,
            condition.hits};
}

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

Result<void> Conditions::set_stop_point(Session& session) {
    const bool wanted =
        std::any_of(list_.begin(), list_.end(), [](const Condition& one) { return one.enabled; });
    if (wanted == stop_point_) return {};
    auto set = MT_TRY(session.debugger.set_stop_point(kStopFunction, wanted));
    if (!set) return fail(Code::refused, "the debugger cannot set a breakpoint for mt break");
    stop_point_ = wanted;
    return {};
}

Result<void> Conditions::arm(Session& session, std::uint64_t root) {
    asking_.reset();
    // The breakpoint first: what is armed must find it there.
    MT_TRY(set_stop_point(session));
    std::vector<Watch> slots;
    for (Condition& condition : list_) {
        condition.slot = -1;
        if (!condition.enabled) continue;
        if (slots.size() == abi::kWatchSlots)
            return fail(Code::refused,
                        fmt::format("only {} conditions can be enabled at a time; mt break disable "
                                    "N makes room",
                                    abi::kWatchSlots));
        condition.slot = static_cast<std::int32_t>(slots.size());
        slots.push_back({condition.kinds, condition.value, condition.thread,
                         condition.told ? abi::kWatchTold : 0});
    }
    return Control(session.debugger, root).watch(slots);
}

}  // namespace mt::core
