// SPDX-License-Identifier: MIT
//
// See checks.h.
#include "read/checks.h"

#include <algorithm>
#include <string_view>

#include "abi/stamp.h"
#include "abi/weight.h"
#include "model/wrapping.h"
#include "read/losses.h"
#include "read/stamp_checks.h"
#include "source/core_file.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kMostHalfMade = 2;  // rows that a jump may have left unnamed
constexpr std::uint64_t kAlignment = 16;    // of malloc, for blocks of that size at least
constexpr std::uint64_t kAddressSpace = std::uint64_t{1} << 47;

bool is_label(const std::string& path) {
    return std::none_of(path.begin(), path.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

// Where blocks of one kind begin.
class Places {
  public:
    void add(std::uint64_t address) {
        ++all_;
        crooked_ += address % kAlignment != 0 ? 1 : 0;
    }
    // An allocator may give any address; then it does so often.
    std::uint64_t crooked() const { return crooked_ < all_ / 16 ? crooked_ : 0; }

  private:
    std::uint64_t all_ = 0, crooked_ = 0;
};

// Exact figures by id; of a sample also their weights.
struct Live {
    std::int64_t size = 0, count = 0;
    bool operator==(const Live&) const = default;
};

class Figures {
  public:
    explicit Figures(const std::vector<Trace>& traces) {
        for (const Trace& trace : traces) {
            Live& live = of(trace.id);
            live = {trace.size, trace.count};
        }
    }
    Live& of(std::uint32_t id) {
        if (id >= by_id_.size()) by_id_.resize(id + 1);
        return by_id_[id];
    }
    void take(std::uint32_t id, std::uint64_t size, std::uint64_t count) {
        Live& live = of(id);
        live.size = subtract(live.size, static_cast<std::int64_t>(size));
        live.count = subtract(live.count, static_cast<std::int64_t>(count));
    }
    bool are_zero() const {
        return std::all_of(by_id_.begin(), by_id_.end(),
                           [](const Live& live) { return live == Live{}; });
    }

  private:
    std::vector<Live> by_id_;
};

}  // namespace

void check_depot(Reading& reading, const Table& table, const Depot& depot) {
    std::uint64_t unnamed = 0, other = 0, outside = 0;
    for (std::uint32_t id = abi::kReservedStacks; id < depot.stacks.size(); ++id) {
        const abi::Stack& stack = depot.stacks[id];
        if (stack.domain != 0 || stack.node < abi::kReservedNodes) continue;
        const std::uint32_t named = depot.ids[stack.node];
        unnamed += named == 0 ? 1 : 0;
        other += named != 0 && named != id ? 1 : 0;
    }
    for (std::uint32_t node = abi::kReservedNodes; node < table.nodes.size(); ++node) {
        const std::uint32_t id = depot.ids[node];
        if (id != 0 && id < depot.stacks.size()) {
            const abi::Stack& named = depot.stacks[id];
            other += named.node != node || named.domain != 0 ? 1 : 0;
        }
        const Pc& pc = table.nodes[node];
        if (pc.module == 0) continue;
        const Module& module = table.modules[pc.module];
        const bool inside = pc.address >= module.start && pc.address <= module.end;
        if (module.start != 0 && !inside) ++outside;
    }
    if (unnamed > kMostHalfMade) other += unnamed;
    reading.doubt(kNamesDiffer, other);
    reading.doubt("frames lie outside their modules", outside);
}

void check_modules(Reading& reading, const abi::Header& header, const Table& table) {
    std::uint64_t wrong = 0;
    for (std::size_t i = 1; i < table.modules.size(); ++i) {
        const Module& module = table.modules[i];
        if (module.end == 0 && module.start == 0) continue;  // missing, which is said
        const std::uint64_t newest = std::max(module.load_sequence, module.unload_sequence);
        const bool sound = module.start < module.end && is_label(module.path) &&
                           (header.load_sequence == 0 || newest <= header.load_sequence + 1);
        wrong += sound ? 0 : 1;
    }
    reading.doubt("modules that cannot be", wrong);
}

void check_traces(Reading& reading, const Anchor& anchor, const Counters& counters,
                  const Table& table) {
    const auto& exact = anchor.state.sample_bytes != 0 ? counters.sampled : table.traces;
    std::uint64_t wrong = 0;
    std::int64_t peak_size = 0;
    for (const Trace& trace : exact) {
        const bool sound = trace.size >= 0 && trace.count >= 0 &&
                           (trace.count != 0 || trace.size == 0) &&
                           trace.temporary_count <= trace.free_count;
        wrong += sound ? 0 : 1;
        peak_size = add(peak_size, trace.peak_size);
    }
    reading.doubt("tracebacks that have freed more than they allocated", wrong);
    const bool is_exact = anchor.state.concurrent == 0 && counters.peak_is_recorded &&
                          !has_loss(anchor.header, loss::peak_busy);
    if (is_exact && peak_size != table.peak_size)
        reading.doubt("what the peak was made of does not add up to it");
}

void check_threads(Reading& reading, const Anchor& anchor, const Counters& counters,
                   const Table& table) {
    if (reading.memory().core_file() == nullptr) return;
    ShardSums threads, shards;
    for (const Thread& thread : table.threads) {
        threads.alloc_bytes += thread.alloc_bytes;
        threads.alloc_count += thread.alloc_count;
        threads.free_bytes += thread.free_bytes;
        threads.free_count += thread.free_count;
    }
    for (const ShardSums& shard : counters.shards) {
        shards.alloc_bytes += shard.alloc_bytes;
        shards.alloc_count += shard.alloc_count;
        shards.free_bytes += shard.free_bytes;
        shards.free_count += shard.free_count;
    }
    const bool none = (threads.alloc_count | threads.free_count) == 0;
    if (none || has_loss(anchor.header, loss::threads_full)) return;
    const bool equal =
        threads.alloc_bytes == shards.alloc_bytes && threads.alloc_count == shards.alloc_count &&
        threads.free_bytes == shards.free_bytes && threads.free_count == shards.free_count;
    if (!equal) reading.doubt("the totals of threads do not add up to those of the process");
}

bool blocks_are_counted(const Table& table, const Counters& counters) {
    const std::uint64_t mean = table.status.sample_bytes;
    Figures exact(mean != 0 ? counters.sampled : table.traces);
    Figures weighted(counters.weighted);
    for (const Block& block : table.blocks) {
        exact.take(block.stack, block.size, 1);
        if (mean == 0 || !abi::is_sampled(block.stack)) continue;
        const abi::Weight weight = abi::weight_of(block.size, mean);
        weighted.take(block.stack, weight.bytes, weight.count);
    }
    return exact.are_zero() && weighted.are_zero();
}

void check_blocks(Reading& reading, const Anchor& anchor, const std::vector<Block>& blocks,
                  const Table& table) {
    const auto core = reading.memory().core_file();
    if (core == nullptr) return;
    std::uint64_t overlaps = 0, outside = 0, unstamped = 0, end = 0;
    Places large, small;
    StampChecks stamps(anchor, table);
    for (const Block& block : blocks) {
        const BlockDetail& detail = table.detail_of(block);
        if (detail.stamp != 0) {
            stamps.add(detail.stamp);
        } else {
            unstamped += block.stack != abi::kStackNested ? 1 : 0;
        }
        if (detail.domain != 0) continue;
        (block.size >= kAlignment ? large : small).add(block.address);
        overlaps += block.address < end ? 1 : 0;
        end = std::max(end, block.address + block.size);
        outside += !core->maps(block.address) ? 1 : 0;
    }
    const bool all_stamped = anchor.state.stamped == abi::kStampedThroughout &&
                             !has_loss(anchor.header, loss::stamp_lost);
    reading.doubt("blocks lie over others", overlaps);
    reading.doubt("blocks lie where malloc gives none", large.crooked() + small.crooked());
    reading.doubt("blocks lie where no memory is", outside);
    reading.doubt("stamps of blocks that cannot be", stamps.wrong());
    if (all_stamped) reading.doubt("blocks without their stamps", unstamped);
}

void check_own_memory(Reading& reading, const Table& table) {
    std::uint64_t most = kAddressSpace;
    const auto core = reading.memory().core_file();
    if (core != nullptr && !core->box) {
        most = 0;
        for (const Mapping& region : core->mapped) most += region.end - region.start;
    }
    if (table.own_bytes > most) reading.doubt("its own memory is more than the program has");
    std::uint64_t inside = 0;
    auto region = table.own.regions.begin();
    for (const Block& block : table.blocks) {
        if (table.domain_of(block) != 0) continue;
        while (region != table.own.regions.end() && region->end <= block.address) ++region;
        if (region == table.own.regions.end()) break;
        inside += block.address >= region->start ? 1 : 0;
    }
    reading.doubt("blocks lie in its own memory", inside);
}

}  // namespace mt::core
