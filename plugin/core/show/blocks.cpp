// SPDX-License-Identifier: MIT
//
// See blocks.h.
#include "show/blocks.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kNear = 256;  // further from its end a block explains nothing

constexpr std::size_t kMostKept = 32u << 20;

}  // namespace

// Bytes between the end of the block below and the address, when they are few.
std::optional<std::uint64_t> gap_below(const BlockReport& report) {
    if (!report.below) return std::nullopt;
    const std::uint64_t end = report.below->address + report.below->size;
    const std::uint64_t bytes = report.address - end;
    if (report.address < end || bytes >= kNear) return std::nullopt;
    return bytes;
}

Result<const std::string*> KeptTexts::of(std::uint32_t trace, const Make& make) {
    if (const auto known = texts_.find(trace); known != texts_.end()) return &known->second;
    std::string made = MT_TRY(make());
    if (kept_ > kMostKept) {
        texts_.clear();
        kept_ = 0;
    }
    kept_ += made.size();
    std::string& text = texts_[trace];
    text = std::move(made);
    return &text;
}

}  // namespace mt::core
