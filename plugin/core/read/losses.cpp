// SPDX-License-Identifier: MIT
//
// The names come from the traced process, so that an old reader shows new
// ones; those known here get a sentence.
#include "read/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace mt::core {
namespace {

struct Sentence {
    std::string_view name;
    std::string_view text;  // after the number
};

constexpr Sentence kSentences[] = {
#define LOSS(name, text) {#name, text},
#include "abi/losses.def"
#undef LOSS
};

std::string_view name_in(const abi::Loss& loss) {
    return {loss.name, strnlen(loss.name, sizeof loss.name)};
}

std::string printable(const abi::Loss& loss) {
    std::string name(name_in(loss));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return name;
}

std::string sentence(const Loss& loss) {
    for (const Sentence& known : kSentences) {
        if (known.name == loss.name) return fmt::format("{} {}", loss.since_state, known.text);
    }
    return fmt::format("{} events lost: {}", loss.since_state, loss.name);
}

// What was lost before there was a state: a state's base, or none, hides it.
void add_unrecorded(Table& table) {
    const std::uint64_t events = table.status.unrecorded;
    if (events == 0) return;
    auto loss = std::find_if(table.losses.begin(), table.losses.end(),
                             [](const Loss& one) { return one.name == loss::no_memory; });
    if (loss == table.losses.end()) {
        loss = table.losses.insert(loss, {std::string(loss::no_memory), 0, events});
    }
    loss->since_state += events;
}

}  // namespace

bool loses_blocks(const Loss& loss) {
    // All but these, for others are of a newer runtime, or mean what it says.
    constexpr std::string_view kHarmless[] = {
        loss::depot_full,   loss::depot_busy,   loss::peak_busy,    loss::modules_full,
        loss::threads_full, loss::tracked_busy, loss::untrack_lost, loss::stamp_lost};
    if (loss.total == 0 && loss.since_state == 0) return false;
    return std::find(std::begin(kHarmless), std::end(kHarmless), loss.name) == std::end(kHarmless);
}

bool has_loss(const abi::Header& header, std::string_view name) {
    return std::any_of(
        std::begin(header.losses), std::end(header.losses),
        [&](const abi::Loss& one) { return one.count != 0 && name_in(one) == name; });
}

void read_losses(const Anchor& anchor, bool traces, Table& table) {
    for (std::size_t i = 0; anchor.has_header && i < abi::kLossSlots; ++i) {
        const abi::Loss& slot = anchor.header.losses[i];
        if (slot.name[0] == '\0') continue;
        Loss& loss = table.losses.emplace_back();
        loss.name = printable(slot);
        loss.total = slot.count;
        const std::uint64_t base = anchor.state.loss_base[i];
        if (traces && slot.count > base) loss.since_state = slot.count - base;
    }
    add_unrecorded(table);
    for (const Loss& loss : table.losses) {
        if (loss.since_state == 0) continue;
        table.remarks.push_back({"loss", sentence(loss), loss.since_state});
    }
}

}  // namespace mt::core
