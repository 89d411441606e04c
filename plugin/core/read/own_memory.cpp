// SPDX-License-Identifier: MIT
#include "read/own_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "read/losses.h"

namespace mt::core {
namespace {

constexpr unsigned kMostMappings = 1u << 22;
constexpr std::uint64_t kLargestState = std::uint64_t{16} << 20;
constexpr const char* kWhat = "memory of the runtime's own";

class OwnMappings {
  public:
    OwnMappings(Reading& reading, std::vector<MemoryRegion>& regions)
        : reading_(reading), regions_(regions) {}

    bool add(std::uint64_t address, std::uint64_t size);
    // Of a state that is given back a chunk may be gone at any moment.
    bool add_pool(std::uint64_t head, bool is_retired);
    bool add_state(const abi::State& state, bool is_retired);
    bool add_retired(const Anchor& anchor);
    // Nothing is added any more.
    bool join();

  private:
    bool add_chunks(std::uint64_t newest, bool is_retired);
    bool add_mappings(std::uint64_t first, bool is_retired);
    // False: the pass has failed. Not `there`: the list ends here.
    bool load(std::uint64_t address, abi::Mapping& mapping, bool& there);
    bool damaged(std::uint64_t address) {
        return reading_.fail(Code::damaged,
                             fmt::format("the table is damaged: what it says of the runtime's own "
                                         "memory at {:#x} cannot be",
                                         address),
                             address);
    }

    Reading& reading_;
    std::vector<MemoryRegion>& regions_;
};

bool OwnMappings::add(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t end =
        (address + size + abi::kPageSize - 1) / abi::kPageSize * abi::kPageSize;
    if (address == 0 || size == 0 || address % abi::kPageSize != 0 || end <= address ||
        end - address < size) {
        return damaged(address);
    }
    regions_.push_back({address, end});
    return true;
}

bool OwnMappings::load(std::uint64_t address, abi::Mapping& mapping, bool& there) {
    there = false;
    if (regions_.size() == kMostMappings) return reading_.incomplete(kWhat, address), true;
    if (!reading_.claim(address, sizeof mapping, kWhat)) return false;
    std::size_t got = 0;
    if (!reading_.some(address, &mapping, sizeof mapping, got)) return false;
    there = got == sizeof mapping;
    if (!there) reading_.incomplete(kWhat, address);
    return true;
}

bool OwnMappings::add_chunks(std::uint64_t newest, bool is_retired) {
    for (std::uint64_t address = newest; address != 0;) {
        abi::Mapping chunk{};
        bool there = false;
        if (!load(address, chunk, there)) return false;
        if (!there) return true;
        if (all_zero(&chunk, sizeof chunk)) {
            if (!is_retired) reading_.incomplete(kWhat, address);
            return true;
        }
        const bool is_sound = chunk.address == address && address % abi::kChunkBytes == 0 &&
                              chunk.size <= abi::kChunkBytes;
        if (!is_sound) return damaged(address);
        if (!add(address, chunk.size)) return false;
        address = chunk.next;
    }
    return true;
}

// Each entry has had a size: one of zeros is memory that was not dumped, and with it is lost
// what the list would name next (damage_test: ALostListOfOurMemoryIsNoticed).
bool OwnMappings::add_mappings(std::uint64_t first, bool is_retired) {
    for (std::uint64_t address = first; address != 0;) {
        abi::Mapping mapping{};
        bool there = false;
        if (!load(address, mapping, there)) return false;
        if (!there) return true;
        if (all_zero(&mapping, sizeof mapping)) {
            if (!is_retired) reading_.incomplete(kWhat, address);
            return true;
        }
        const bool is_sound = mapping.counted == 0 || mapping.counted == mapping.size;
        if (mapping.address != 0 && !is_sound) return damaged(address);
        if (mapping.address != 0 && !add(mapping.address, mapping.size)) return false;
        address = mapping.next;
    }
    return true;
}

bool OwnMappings::add_pool(std::uint64_t head, bool is_retired) {
    abi::PoolHead pool{};
    std::size_t got = 0;
    if (!reading_.some(head, &pool, sizeof pool, got)) return false;
    if (got < sizeof pool) return reading_.incomplete(kWhat, head), true;
    return add_chunks(abi::chunk_of(pool.cursor), is_retired) &&
           add_mappings(pool.mappings, is_retired);
}

bool OwnMappings::add_state(const abi::State& state, bool is_retired) {
    const std::uint64_t size = state.mapping_size;
    const std::uint64_t head = state.memory - state.self;
    const bool is_sound = size >= sizeof state && size <= kLargestState && head >= sizeof state &&
                          head <= size - sizeof(abi::PoolHead);
    if (!is_sound) return damaged(state.self);
    return add(state.self, size) && add_pool(state.memory, is_retired);
}

bool OwnMappings::add_retired(const Anchor& anchor) {
    std::uint64_t address = anchor.header.retired;
    if (anchor.has_state && address == anchor.state.self) address = anchor.state.next_retired;
    while (address != 0) {
        abi::State state{};
        std::size_t got = 0;
        if (!reading_.claim(address, sizeof state, "a replaced state")) return false;
        if (!reading_.some(address, &state, sizeof state, got)) return false;
        if (got < sizeof state || state.self != address) {
            return reading_.incomplete(kWhat, address), true;
        }
        if (!add_state(state, true)) return false;
        address = state.next_retired;
    }
    return true;
}

bool OwnMappings::join() {
    std::sort(regions_.begin(), regions_.end(),
              [](const MemoryRegion& a, const MemoryRegion& b) { return a.start < b.start; });
    std::size_t last = 0;
    for (std::size_t i = 1; i < regions_.size(); ++i) {
        if (regions_[i].start < regions_[last].end) return damaged(regions_[i].start);
        if (regions_[i].start == regions_[last].end) {
            regions_[last].end = regions_[i].end;
        } else {
            regions_[++last] = regions_[i];
        }
    }
    if (!regions_.empty()) regions_.resize(last + 1);
    return true;
}

// Where the block is by now, only the real realloc knows.
bool is_moving(const Event& event) { return event.op == abi::Op::move && !event.committed; }

}  // namespace

bool list_own_memory(Reading& reading, const Anchor& anchor, Table& table) {
    OwnMappings own(reading, table.own.regions);
    const abi::Header& header = anchor.header;
    if (header.memory == 0) return reading.incomplete(kWhat, anchor.header_address), true;
    if (header.bootstrap != 0 && header.bootstrap <= UINT64_MAX - abi::kBootstrapBytes) {
        table.own.bootstrap = {header.bootstrap, header.bootstrap + abi::kBootstrapBytes};
    }
    return own.add(anchor.header_address, abi::kHeaderMapping) &&
           own.add_pool(header.memory, false) &&
           (!anchor.has_state || own.add_state(anchor.state, false)) && own.add_retired(anchor) &&
           own.join();
}

bool knows_all_blocks(const Anchor& anchor, const Events& events, const Table& table) {
    // A free of a block that is in no trace: somebody has given it without a call that came here.
    if (anchor.state.since_beginning == 0 || table.untracked_frees != 0) return false;
    return std::none_of(table.losses.begin(), table.losses.end(), loses_blocks) &&
           std::none_of(events.list.begin(), events.list.end(), is_moving);
}

}  // namespace mt::core
