// SPDX-License-Identifier: MIT
//
// What root and state say of each other. A damaged word of either would make the figures
// of a program that is traced those of one that is not: zero.
#include <fmt/format.h>

#include "read/anchor.h"

namespace mt::core {
namespace {

// Starts, stops and clears that no event has come between.
constexpr std::uint32_t kMostUnseen = 1u << 20;

struct Said {
    bool is_on = false, samples = false;
    std::uint32_t asked = 0, made = 0;  // generations
};

Said said_by(const Anchor& anchor) {
    const std::uint64_t request = anchor.root.request;
    return {(request & abi::kRequestOn) != 0, (request & abi::kRequestSampling) != 0,
            abi::request_generation(request), anchor.state.generation};
}

std::string contradiction(const Anchor& anchor) {
    const Said said = said_by(anchor);
    if (said.asked - said.made > kMostUnseen)
        return fmt::format("its request is of generation {}, its state of {}", said.asked,
                           said.made);
    if (said.asked != said.made) return {};
    if (!said.is_on) return "its request says that tracing is off, its state that it is on";
    const bool samples = said.samples && anchor.root.sample_bytes != 0;
    if (samples == (anchor.state.sample_bytes != 0)) return {};
    return fmt::format("its request says that it {}, its state that it {}",
                       samples ? "samples" : "does not sample", samples ? "does not" : "samples");
}

// No state is the state of a start or clear that no event has followed. A thread that has
// had an event since would name one.
bool check_absence(Reading& reading, const Anchor& anchor) {
    const std::uint32_t asked = said_by(anchor).asked;
    std::uint64_t address = anchor.header.contexts;
    for (unsigned walked = 0; address != 0 && walked < kMostUnseen; ++walked) {
        abi::Context context;
        constexpr std::size_t kHead = offsetof(abi::Context, weighted);
        std::size_t got = 0;
        if (!reading.some(address, &context, kHead, got)) return false;
        if (got < kHead || context.self != address) break;  // who reads contexts will say it
        abi::State state;
        constexpr std::size_t kBegin = offsetof(abi::State, regions);
        if (!reading.some(context.state, &state, kBegin, got)) return false;
        if (got == kBegin && state.self == context.state && state.generation == asked)
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: its header at {:#x} does not "
                                            "name its state at {:#x}",
                                            anchor.header_address, context.state),
                                anchor.header_address);
        address = context.next;
    }
    return true;
}

}  // namespace

bool check_request(Reading& reading, Anchor& anchor) {
    if (!anchor.has_root) return true;
    if (!anchor.has_state) return !said_by(anchor).is_on || check_absence(reading, anchor);
    if (contradiction(anchor).empty()) return true;
    // The program may run: both once more, the one that is written first, last.
    if (!reading.exact(anchor.header.state, &anchor.state, sizeof anchor.state, "the state") ||
        !reading.exact(anchor.root_address, &anchor.root, sizeof anchor.root, "the root")) {
        return false;
    }
    const std::string text = contradiction(anchor);
    if (text.empty()) return true;
    return reading.fail(Code::damaged, "the table is damaged: " + text, anchor.root_address);
}

}  // namespace mt::core
