// SPDX-License-Identifier: MIT
//
// See block_groups.h.
#include "save/block_groups.h"

#include <algorithm>
#include <tuple>

#include "abi/layout.h"
#include "abi/weight.h"
#include "analyse/block_filter.h"

namespace mt::core {
namespace {

std::int64_t whole(std::uint64_t figure, std::uint32_t bits) {
    return static_cast<std::int64_t>((figure + (std::uint64_t{1} << (bits - 1))) >> bits);
}

}  // namespace

Result<BlockGroups> BlockGroups::of(const Table& table, const Interrupted& interrupted) {
    BlockGroups groups(table);
    if (table.blocks.empty()) return groups;
    const TracesOfBlocks traces(table);
    groups.entries_.reserve(table.blocks.size());
    Stride stop(interrupted);
    for (std::uint32_t i = 0; i < table.blocks.size(); ++i) {
        if (stop()) return interrupted_error();
        const Block& block = table.blocks[i];
        if (const auto place = traces.place_of(block))
            groups.entries_.push_back({block.size, *place, table.domain_of(block), i});
        else
            ++groups.lost_;
    }
    const auto is_before = [](const Entry& a, const Entry& b) {
        return std::tie(a.trace, a.size, a.domain, a.place) <
               std::tie(b.trace, b.size, b.domain, b.place);
    };
    MT_TRY(sort_unless_stopped(groups.entries_.begin(), groups.entries_.end(), is_before,
                               interrupted));
    return groups;
}

bool BlockGroups::next(BlockGroup& group, std::uint64_t most) {
    if (at_ == entries_.size()) return false;
    const Entry& first = entries_[at_];
    group = {};
    group.trace = first.trace;
    group.domain = first.domain;
    group.size = first.size;
    group.first = at_;
    for (; at_ < entries_.size() && group.number < most && entries_[at_].trace == first.trace &&
           entries_[at_].size == first.size && entries_[at_].domain == first.domain;
         ++at_)
        ++group.number;
    if (first.trace == table_.traces.size()) return true;
    const std::uint64_t mean = table_.status.sample_bytes;
    if (mean != 0 && abi::is_sampled(table_.traces[first.trace].id)) {
        const abi::Weight weight = abi::weight_of(first.size, mean);
        group.live_size = whole(weight.bytes * group.number, abi::kWeightByteBits);
        group.live_count = whole(weight.count * group.number, abi::kWeightCountBits);
        group.samples = static_cast<std::int64_t>(group.number);
    } else {
        group.live_size = static_cast<std::int64_t>(first.size * group.number);
        group.live_count = static_cast<std::int64_t>(group.number);
    }
    return true;
}

}  // namespace mt::core
