// SPDX-License-Identifier: MIT
#include "read/threads.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "read/depot.h"

namespace mt::core {
namespace {

const ShardSums* find(const std::vector<ShardSums>& shards, std::uint64_t address) {
    const auto it =
        std::lower_bound(shards.begin(), shards.end(), address,
                         [](const ShardSums& s, std::uint64_t a) { return s.address < a; });
    return it != shards.end() && it->address == address ? &*it : nullptr;
}

using Owners = std::unordered_map<std::uint64_t, std::uint32_t>;  // shard -> serial

// False: it counts in a shard that is not there.
bool add_thread(const abi::Thread& row, std::uint32_t generation, const Counters& counters,
                Owners& owners, Table& table) {
    Thread& thread = table.threads.emplace_back();
    thread.serial = row.serial;
    thread.tid = row.tid;
    thread.name.assign(row.comm, strnlen(row.comm, sizeof row.comm));
    if ((row.flags & abi::kThreadExited) != 0 && thread.name.empty()) thread.name = "exited";
    if (row.generation != generation) return true;
    ShardSums now{0, row.alloc_bytes, row.alloc_count, row.free_bytes, row.free_count};
    if (row.shard != 0) {
        const ShardSums* shard = find(counters.shards, row.shard);
        if (shard == nullptr) return false;
        now = *shard;
        owners[row.shard] = row.serial;
        thread.has_records = true;
        thread.inherited_count = row.first_alloc_count;
    }
    thread.alloc_bytes = now.alloc_bytes - row.first_alloc_bytes;
    thread.alloc_count = now.alloc_count - row.first_alloc_count;
    thread.free_bytes = now.free_bytes - row.first_free_bytes;
    thread.free_count = now.free_count - row.first_free_count;
    return true;
}

}  // namespace

bool read_threads(Reading& reading, const Anchor& anchor, const Counters& counters,
                  const std::vector<std::uint64_t>& known, Table& table) {
    constexpr std::uint64_t kRows = std::uint64_t{abi::kThreadsPerChunk} * abi::kThreadChunks;
    const abi::Header& header = anchor.header;
    const std::size_t stride = header.thread_size;
    if (!check_count(reading, "threads", header.thread_count, kRows)) return false;
    std::vector<std::byte> chunk(abi::kThreadsPerChunk * stride);
    Owners owners;
    for (std::uint64_t first = 0; first < header.thread_count; first += abi::kThreadsPerChunk) {
        const std::uint64_t address = header.thread_chunk[first / abi::kThreadsPerChunk];
        if (address == 0) continue;  // counted, not filled yet
        if (!reading.claim(address, chunk.size(), "threads")) return false;
        const auto n = static_cast<std::size_t>(
            std::min<std::uint64_t>(abi::kThreadsPerChunk, header.thread_count - first));
        if (!reading.patchy(address, chunk.data(), n * stride, "rows of threads")) return false;
        for (std::size_t i = 0; i < n; ++i) {
            abi::Thread row;
            std::memcpy(&row, chunk.data() + i * stride, sizeof row);
            const bool is_known =
                std::binary_search(known.begin(), known.end(), address + i * stride);
            const bool whole =
                row.serial != 0 ? add_thread(row, anchor.state.generation, counters, owners, table)
                                : !is_known;
            if (!whole) reading.incomplete("rows of threads", address + i * stride);
        }
    }
    for (const ShardTrace& record : counters.by_shard) {
        table.thread_traces.push_back(record.part);
        const auto owner = owners.find(record.shard);
        if (owner != owners.end()) table.thread_traces.back().thread = owner->second;
    }
    return true;
}

}  // namespace mt::core
