// SPDX-License-Identifier: MIT
//
// The tracked tables: true sizes of blocks too large for a word, and what the
// program tracks in domains of its own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "read/blocks.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMaxSlots = 1u << 26;  // of one table

class Walk {
  public:
    Walk(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged)
        : reading_(reading),
          stride_(anchor.header.tracked_size),
          table_(table),
          flagged_(flagged) {}

    // `large`: the one of sizes.
    bool one(std::uint64_t address, bool large);
    bool parts(std::uint64_t address);
    // Of the blocks that are words.
    void set_sizes(std::size_t words);
    LargeSizes& sizes() { return sizes_; }

  private:
    void row(const abi::Tracked& row, bool large);
    void incomplete(std::uint64_t address) {
        reading_.incomplete("the table of large and tracked blocks", address);
    }

    Reading& reading_;
    const std::size_t stride_;
    Table& table_;
    std::uint64_t& flagged_;
    LargeSizes sizes_;
    std::vector<std::byte> buffer_;
};

void Walk::row(const abi::Tracked& row, bool large) {
    if (!large) {
        table_.blocks.push_back(
            {row.key, row.size, row.stack, table_.place_of({row.domain, row.stamp})});
    } else if (row.domain == abi::kDomainLarge) {
        sizes_[row.key] = row.size;
    } else {
        ++flagged_;
    }
}

bool Walk::one(std::uint64_t address, bool large) {
    abi::TrackedTable head;
    std::size_t got = 0;
    if (!reading_.some(address, &head, sizeof head, got)) return false;
    const bool sound = got == sizeof head && head.capacity != 0 && head.capacity <= kMaxSlots &&
                       (head.capacity & (head.capacity - 1)) == 0;
    if (!sound) return incomplete(address), true;
    if (!reading_.claim(address, sizeof head + head.capacity * stride_, "the tracked table")) {
        return false;
    }
    const std::uint64_t first = address + sizeof head;
    const std::uint64_t at_once = Reading::kBulk / stride_;
    buffer_.resize(static_cast<std::size_t>(std::min(at_once, head.capacity)) * stride_);
    std::uint64_t seen = 0;
    for (std::uint64_t slot = 0; slot < head.capacity && seen < head.used; slot += at_once) {
        const auto n = static_cast<std::size_t>(std::min(at_once, head.capacity - slot));
        const std::uint64_t from = first + slot * stride_;
        if (!reading_.some(from, buffer_.data(), n * stride_, got)) return false;
        for (std::size_t i = 0; i < got / stride_; ++i) {
            abi::Tracked entry;
            std::memcpy(&entry, buffer_.data() + i * stride_, sizeof entry);
            if (entry.stack == 0) continue;
            ++seen;
            if (entry.stack != abi::kTrackedTombstone) row(entry, large);
        }
        if (got < n * stride_) return incomplete(from + got), true;
    }
    return true;
}

bool Walk::parts(std::uint64_t address) {
    std::array<abi::u64, abi::kTrackedParts> tables{};
    std::size_t got = 0;
    if (!reading_.claim(address, sizeof tables, "the list of tracked tables")) return false;
    if (!reading_.some(address, tables.data(), sizeof tables, got)) return false;
    if (got < sizeof tables) incomplete(address);
    for (std::size_t i = 0; i < got / sizeof(abi::u64); ++i) {
        if (tables[i] != 0 && !one(tables[i], false)) return false;
    }
    return true;
}

void Walk::set_sizes(std::size_t words) {
    std::uint64_t unknown = 0;
    for (std::size_t i = 0; i < words; ++i) {
        Block& block = table_.blocks[i];
        if (block.size != abi::kSizeEscape) continue;
        const auto size = sizes_.find(block.address);
        if (size != sizes_.end()) {
            block.size = size->second;
        } else {
            ++unknown;
        }
    }
    if (unknown == 0) return;
    table_.remarks.push_back({"unknown-size",
                              fmt::format("{} blocks of 2 GiB and more whose exact size was not "
                                          "recorded are shown as 2 GiB",
                                          unknown),
                              unknown});
}

}  // namespace

bool read_large_sizes(Reading& reading, const Anchor& anchor, LargeSizes& sizes,
                      std::uint64_t& flagged) {
    Table none;
    Walk walk(reading, anchor, none, flagged);
    if (anchor.state.tracked != 0 && !walk.one(anchor.state.tracked, true)) return false;
    sizes = std::move(walk.sizes());
    return true;
}

bool read_keys(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged) {
    if (anchor.state.tracked_parts == 0) return true;
    return Walk(reading, anchor, table, flagged).parts(anchor.state.tracked_parts);
}

bool read_tracked(Reading& reading, const Anchor& anchor, Table& table, std::uint64_t& flagged) {
    const std::size_t words = table.blocks.size();
    Walk walk(reading, anchor, table, flagged);
    if (anchor.state.tracked != 0 && !walk.one(anchor.state.tracked, true)) return false;
    walk.set_sizes(words);
    if (anchor.state.tracked_parts != 0 && !walk.parts(anchor.state.tracked_parts)) return false;
    if (table.blocks.size() == words) return true;
    const auto middle = table.blocks.begin() + static_cast<std::ptrdiff_t>(words);
    const ByAddress by_address{table};
    std::sort(middle, table.blocks.end(), by_address);
    std::inplace_merge(table.blocks.begin(), middle, table.blocks.end(), by_address);
    // A key stands in one place.
    const auto end =
        std::unique(table.blocks.begin(), table.blocks.end(), [&](const Block& a, const Block& b) {
            return a.address == b.address && table.domain_of(a) == table.domain_of(b);
        });
    flagged += static_cast<std::uint64_t>(table.blocks.end() - end);
    table.blocks.erase(end, table.blocks.end());
    return true;
}

}  // namespace mt::core
