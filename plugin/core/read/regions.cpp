// SPDX-License-Identifier: MIT
//
// The list of regions of the block table, and their sheets: each once, none over another
// part of the table. What stands in them is decoded elsewhere (read/blocks.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "read/blocks.h"

namespace mt::core {
namespace {

constexpr unsigned kMaxRegions = 1u << 22;

// Of a core, where all is of one moment: room for stamps is made by a state that stamps, and
// that it does for as long as it lives.
void check_stamped(Reading& reading, const Anchor& anchor, const std::vector<RegionAt>& regions) {
    if (anchor.state.stamped != 0 || reading.memory().core_file() == nullptr) return;
    const auto with_stamps = std::count_if(regions.begin(), regions.end(), [](const RegionAt& one) {
        return one.stamps != 0 || !all_zero(one.sheet_stamps, sizeof one.sheet_stamps);
    });
    reading.doubt("blocks have stamps where none are given",
                  static_cast<std::uint64_t>(with_stamps));
}

}  // namespace

bool list_regions(Reading& reading, const Anchor& anchor, std::vector<RegionAt>& regions) {
    constexpr std::size_t kHead = offsetof(abi::Region, reserved);
    const std::unique_ptr<abi::Region> region(new abi::Region);
    std::uint64_t address = anchor.state.regions;
    while (address != 0) {
        if (regions.size() == kMaxRegions) {
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (!reading.claim(address, anchor.header.region_size, "a region of blocks")) return false;
        std::size_t got = 0;
        if (!reading.some(address, region.get(), kHead, got)) return false;
        const bool is_dumped =
            got == kHead && (region->base != 0 || region->next != 0 || region->self == address);
        if (!is_dumped) {
            // Whatever followed it in the list is lost too.
            reading.incomplete("blocks of regions", address);
            break;
        }
        if (region->base % (1ull << abi::kRegionBits) != 0) {
            return reading.fail(Code::damaged,
                                fmt::format("the table is damaged: the region at {:#x} claims "
                                            "blocks from {:#x}",
                                            address, region->base),
                                address);
        }
        for (const auto& sheets : region->sheet) {
            for (const abi::u64 sheet : sheets) {
                constexpr std::uint64_t kBytes = abi::kSheetWords * sizeof(abi::u64);
                if (sheet != 0 && !reading.claim(sheet, kBytes, "a sheet of blocks")) return false;
            }
        }
        RegionAt& at = regions.emplace_back();
        at.base = region->base;
        at.address = address;
        at.stamps = region->stamps;
        std::memcpy(at.sheet, region->sheet, sizeof at.sheet);
        std::memcpy(at.sheet_stamps, region->sheet_stamps, sizeof at.sheet_stamps);
        address = region->next;
    }
    check_stamped(reading, anchor, regions);
    // Each is in the list before it is counted.
    if (regions.size() < anchor.state.region_count)
        reading.doubt("regions of blocks are missing", anchor.state.region_count - regions.size());
    std::sort(regions.begin(), regions.end(),
              [](const RegionAt& a, const RegionAt& b) { return a.base < b.base; });
    return true;
}

}  // namespace mt::core
