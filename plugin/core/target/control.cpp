// SPDX-License-Identifier: MIT
//
// See control.h.
#include "target/control.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "abi/layout.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kFlags = 0xffff;

std::uint64_t slot_at(std::size_t slot) {
    return offsetof(abi::Root, watch) + slot * sizeof(abi::WatchSlot);
}

}  // namespace

Result<void> may_change(const Target& target, std::string_view verb) {
    if (target.kind == TargetKind::core)
        return fail(
            Code::refused,
            fmt::format(
                "a core file cannot be changed; mt {} needs a live process, the reports work here",
                verb));
    if (target.kind == TargetKind::replay)
        return fail(Code::refused,
                    fmt::format("a recording cannot be changed, so mt {} does not work in replay; "
                                "set MEMTRACE=32 when the program is recorded",
                                verb));
    return {};
}

Result<std::uint64_t> Control::read(std::uint64_t offset) {
    std::uint64_t word = 0;
    auto got = MT_TRY(debugger_.memory().read(root_ + offset, &word, sizeof word));
    if (got != sizeof word)
        return fail(Code::unreadable, "the runtime's request word cannot be read", root_ + offset);
    return word;
}

Result<void> Control::write(std::uint64_t offset, std::uint64_t value) {
    return debugger_.write(root_ + offset, &value, sizeof value);
}

Result<void> Control::start(const Start& start) {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    std::uint64_t flags =
        (word & kFlags & ~(abi::kRequestSampling | abi::kRequestStamps | abi::kRequestFreed)) |
        abi::kRequestOn;
    if (start.stamps) flags |= abi::kRequestStamps;
    if (start.freed_blocks != 0) {
        MT_TRY(write(offsetof(abi::Root, freed_blocks), start.freed_blocks));
        flags |= abi::kRequestFreed;
    }
    if (start.sample_bytes != 0) {
        // Before the request that tells the runtime to look at it.
        MT_TRY(write(offsetof(abi::Root, sample_bytes), start.sample_bytes));
        flags |= abi::kRequestSampling;
    }
    return write(offsetof(abi::Root, request),
                 abi::make_request(flags, start.frames, abi::request_generation(word) + 1));
}

Result<void> Control::stop() {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    return write(offsetof(abi::Root, request),
                 abi::make_request((word & kFlags) & ~abi::kRequestOn, abi::request_limit(word),
                                   abi::request_generation(word) + 1));
}

Result<void> Control::clear() {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    return write(offsetof(abi::Root, request),
                 abi::make_request(word & kFlags, abi::request_limit(word),
                                   abi::request_generation(word) + 1));
}

Result<std::uint64_t> Control::mark() {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    if ((word & abi::kRequestStamps) == 0)
        MT_TRY(write(offsetof(abi::Root, request), word | abi::kRequestStamps));
    auto last = MT_TRY(read(offsetof(abi::Root, mark_request)));
    MT_TRY(write(offsetof(abi::Root, mark_request), last + 1));
    return last + 1;
}

Result<void> Control::reset_peak() {
    auto word = MT_TRY(read(offsetof(abi::Root, peak_reset_request)));
    return write(offsetof(abi::Root, peak_reset_request), word + 1);
}

Result<std::uint64_t> Control::begin_epoch() {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    auto last = MT_TRY(read(offsetof(abi::Root, scope_epoch)));
    MT_TRY(write(offsetof(abi::Root, scope_epoch), last + 1));
    if ((word & abi::kRequestScopes) == 0)
        MT_TRY(write(offsetof(abi::Root, request), word | abi::kRequestScopes));
    return last + 1;
}

Result<void> Control::end_epochs() {
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    if ((word & abi::kRequestScopes) == 0) return {};
    return write(offsetof(abi::Root, request), word & ~abi::kRequestScopes);
}

// The word with the condition goes first and comes last.
Result<void> Control::empty_slot(std::uint32_t slot) { return write(slot_at(slot), 0); }

Result<void> Control::watch(const std::vector<Watch>& slots) {
    const std::size_t count = std::min<std::size_t>(slots.size(), abi::kWatchSlots);
    for (std::size_t i = 0; i < abi::kWatchSlots; ++i) {
        const Watch slot = i < count ? slots[i] : Watch{};
        MT_TRY(write(slot_at(i), 0));
        if (slot.condition == 0) continue;
        const std::pair<std::size_t, std::uint64_t> words[] = {
            {offsetof(abi::WatchSlot, value), slot.value},
            {offsetof(abi::WatchSlot, argument), slot.argument},
            {offsetof(abi::WatchSlot, hits), 0},
            {offsetof(abi::WatchSlot, condition), slot.condition | std::uint64_t{slot.flags} << 32},
        };
        for (const auto& [offset, value] : words) MT_TRY(write(slot_at(i) + offset, value));
    }
    auto sequence = MT_TRY(read(offsetof(abi::Root, watch_request)));
    const std::uint64_t next =
        abi::make_watch_request((sequence >> 8) + 1, static_cast<std::uint32_t>(count));
    MT_TRY(write(offsetof(abi::Root, watch_request), next));
    auto word = MT_TRY(read(offsetof(abi::Root, request)));
    const bool any = std::any_of(slots.begin(), slots.end(),
                                 [](const Watch& slot) { return slot.condition != 0; });
    return write(offsetof(abi::Root, request),
                 any ? word | abi::kRequestWatch : word & ~abi::kRequestWatch);
}

Result<void> Control::decide(std::uint32_t stack, std::uint32_t verdict) {
    auto table = MT_TRY(read(offsetof(abi::Root, watch_verdicts)));
    if (table == 0 || stack >> abi::kStackIdBits != 0)
        return fail(Code::damaged, "the runtime has no room for what mt break decides");
    return debugger_.write(table + std::uint64_t{stack} * sizeof verdict, &verdict, sizeof verdict);
}

}  // namespace mt::core
