// SPDX-License-Identifier: MIT
//
// The tracked table: true sizes of blocks too large for a word, and what the
// program tracks in domains of its own.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "read/blocks.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMaxSlots = 1u << 26;

using Sizes = std::unordered_map<std::uint64_t, std::uint64_t>;

bool read_slots(Reading& reading, const Anchor& anchor, Table& table, Sizes& sizes) {
    const std::uint64_t address = anchor.state.tracked;
    abi::TrackedTable head;
    std::size_t got = 0;
    if (!reading.some(address, &head, sizeof head, got)) return false;
    const bool sound = got == sizeof head && head.capacity != 0 && head.capacity <= kMaxSlots &&
                       (head.capacity & (head.capacity - 1)) == 0;
    const std::size_t stride = anchor.header.tracked_size;
    if (!sound) {
        reading.incomplete("the table of large and tracked blocks", address);
        return true;
    }
    if (!reading.claim(address, sizeof head + head.capacity * stride, "the tracked table")) {
        return false;
    }
    const std::uint64_t first = address + sizeof head;
    const std::uint64_t at_once = Reading::kBulk / stride;
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(at_once, head.capacity)) *
                                  stride);
    std::uint64_t seen = 0;
    for (std::uint64_t slot = 0; slot < head.capacity && seen < head.used; slot += at_once) {
        const auto n = static_cast<std::size_t>(std::min(at_once, head.capacity - slot));
        const std::uint64_t from = first + slot * stride;
        if (!reading.some(from, buffer.data(), n * stride, got)) return false;
        for (std::size_t i = 0; i < got / stride; ++i) {
            abi::Tracked row;
            std::memcpy(&row, buffer.data() + i * stride, sizeof row);
            if (row.stack == 0) continue;
            ++seen;
            if (row.stack == abi::kTrackedTombstone) continue;
            if (row.domain == abi::kDomainLarge) {
                sizes[row.key] = row.size;
            } else {
                table.blocks.push_back({row.key, row.size, row.stack, row.domain});
            }
        }
        if (got < n * stride) {
            reading.incomplete("the table of large and tracked blocks", from + got);
            break;
        }
    }
    return true;
}

}  // namespace

bool read_tracked(Reading& reading, const Anchor& anchor, Table& table) {
    Sizes sizes;
    const std::size_t words = table.blocks.size();
    if (anchor.state.tracked != 0 && !read_slots(reading, anchor, table, sizes)) return false;
    std::uint64_t unknown = 0;
    for (std::size_t i = 0; i < words; ++i) {
        Block& block = table.blocks[i];
        if (block.size != abi::kSizeEscape) continue;
        const auto size = sizes.find(block.address);
        if (size != sizes.end()) {
            block.size = size->second;
        } else {
            ++unknown;
        }
    }
    if (unknown != 0) {
        table.remarks.push_back({"unknown-size",
                                 fmt::format("{} blocks of 2 GiB and more whose exact size was not "
                                             "recorded are shown as 2 GiB",
                                             unknown),
                                 unknown});
    }
    if (table.blocks.size() == words) return true;
    std::stable_sort(table.blocks.begin(), table.blocks.end(),
                     [](const Block& a, const Block& b) { return a.address < b.address; });
    return true;
}

}  // namespace mt::core
