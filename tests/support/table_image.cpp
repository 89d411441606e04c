// SPDX-License-Identifier: MIT
//
// TableBuilder's second half: lays everything out in a FakeMemory.
#include <algorithm>
#include <cstring>

#include "support/table_builder.h"

namespace mt::test {

using Address = TableBuilder::Address;

namespace {

Address row_address(const std::vector<Address>& chunks, std::uint64_t row, std::uint32_t per_chunk,
                    std::uint32_t stride) {
    return chunks.at(row / per_chunk) + row % per_chunk * stride;
}

}  // namespace

Address TableBuilder::node_address(std::uint64_t index) const {
    return row_address(node_chunks_, index, abi::kNodesPerChunk, strides_.node);
}
Address TableBuilder::stack_address(std::uint64_t id) const {
    return row_address(stack_chunks_, id, abi::kStacksPerChunk, strides_.stack);
}
Address TableBuilder::module_address(std::uint64_t index) const {
    return row_address(module_chunks_, index, abi::kModulesPerChunk, strides_.module);
}
Address TableBuilder::thread_address(std::uint64_t row) const {
    return row_address(thread_chunks_, row, abi::kThreadsPerChunk, strides_.thread);
}
Address TableBuilder::middle_address(std::uint32_t id, std::size_t shard) {
    Radix& radix = shards_.at(shard)->exact;
    chunk_of(radix, id);
    return radix.middles.at(id >> (abi::kRecordBits + abi::kMiddleBits));
}
Address TableBuilder::record_address(std::uint32_t id, std::size_t shard) {
    return chunk_of(shards_.at(shard)->exact, id).address +
           id % abi::kRecordsPerChunk * strides_.record;
}
Address TableBuilder::weighted_address(std::uint32_t id, std::size_t shard) {
    weighted(id, shard);
    return chunk_of(shards_.at(shard)->weighted, id).address +
           id % abi::kRecordsPerChunk * strides_.record;
}
Address TableBuilder::region_address(Address inside) const {
    return regions_.at(inside >> abi::kRegionBits << abi::kRegionBits).address;
}
Address TableBuilder::word_address(Address block) const {
    const auto found = word_at_.find(block);
    return found == word_at_.end() ? 0 : found->second;
}
std::uint64_t TableBuilder::word(Address block) const {
    const Live& live = live_.at(block);
    return abi::make_word(block, std::min(live.size, abi::kSizeEscape), live.id);
}

void TableBuilder::seal(FakeMemory& memory, Address header_address) {
    memory.change<abi::Header>(header_address, [](abi::Header& h) {
        h.checksum = abi::checksum(reinterpret_cast<const abi::u8*>(&h), abi::kConstantSize);
    });
}

template <typename Row>
void TableBuilder::write_rows(FakeMemory& memory, const std::vector<Row>& rows,
                              std::uint32_t per_chunk, std::uint32_t stride,
                              std::vector<Address>& chunks, abi::u64* directory) {
    const std::size_t needed = (rows.size() + per_chunk - 1) / per_chunk;
    while (chunks.size() < needed) chunks.push_back(take(std::uint64_t{per_chunk} * stride));
    std::copy(chunks.begin(), chunks.end(), directory);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        memory.put(row_address(chunks, i, per_chunk, stride), rows[i]);
    }
}

void TableBuilder::build_process(FakeMemory& memory) {
    write_rows(memory, nodes_, abi::kNodesPerChunk, strides_.node, node_chunks_, header.node_chunk);
    write_rows(memory, stacks_, abi::kStacksPerChunk, strides_.stack, stack_chunks_,
               header.stack_chunk);
    write_rows(memory, modules_, abi::kModulesPerChunk, strides_.module, module_chunks_,
               header.module_chunk);
    write_rows(memory, threads_, abi::kThreadsPerChunk, strides_.thread, thread_chunks_,
               header.thread_chunk);
    header.node_count = nodes_.size();
    header.stack_count = stacks_.size();
    header.module_count = modules_.size();
    header.thread_count = threads_.size();
}

void TableBuilder::build_names(FakeMemory& memory) {
    for (std::size_t i = 1; i < modules_.size(); ++i) {
        memory.write(modules_[i].path, paths_[i].data(), paths_[i].size());
    }
}

void TableBuilder::build_radix(FakeMemory& memory, const Radix& radix, abi::u64* top) {
    for (const auto& [index, address] : radix.middles) {
        top[index] = address;
        memory.map(address, abi::kMiddleEntries * 8);
    }
    for (const auto& [number, chunk] : radix.chunks) {
        const Address middle = radix.middles.at(number >> abi::kMiddleBits);
        memory.put(middle + number % abi::kMiddleEntries * 8, chunk.address);
        memory.map(chunk.address, std::uint64_t{strides_.record} * abi::kRecordsPerChunk);
        for (std::uint32_t r = 0; r < abi::kRecordsPerChunk; ++r) {
            memory.put(chunk.address + r * strides_.record, chunk.records[r]);
        }
    }
}

void TableBuilder::build_shards(FakeMemory& memory) {
    std::size_t busy = 0;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        ShardAt& at = *shards_[i];
        at.data.next = i + 1 < shards_.size() ? shards_[i + 1]->address : 0;
        at.data.alloc_bytes = at.data.alloc_count = 0;
        at.data.free_bytes = at.data.free_count = 0;
        build_radix(memory, at.exact, at.data.top);
        for (const auto& [number, chunk] : at.exact.chunks) {
            for (const abi::Record& record : chunk.records) {
                at.data.alloc_bytes += record.alloc_bytes;
                at.data.alloc_count += record.alloc_count;
                at.data.free_bytes += record.free_bytes;
                at.data.free_count += record.free_count;
            }
        }
        busy += at.data.alloc_count + at.data.free_count != 0 ? 1 : 0;
        if (at.data.weighted != 0) {
            std::array<abi::u64, abi::kTopEntries> top{};
            build_radix(memory, at.weighted, top.data());
            memory.put(at.data.weighted, top);
        }
        memory.put(at.address, at.data);
    }
    state.shards = shards_.front()->address;
    state.shard_count = shards_.size();
    state.concurrent = busy > 1 && !threads_took_turns ? 1 : 0;
}

void TableBuilder::build_contexts(FakeMemory& memory) {
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        abi::Context& context = contexts_[i]->data;
        context.next = i + 1 < contexts_.size() ? contexts_[i + 1]->address : 0;
        memory.put(contexts_[i]->address, context);
    }
    header.contexts = contexts_.empty() ? 0 : contexts_.front()->address;
}

// Where the runtime puts a block: the first place that is free for it.
void TableBuilder::place(FakeMemory& memory, RegionAt& region, Address block) {
    const Address within = block % (1ull << abi::kRegionBits);
    const auto page = static_cast<std::uint32_t>(within >> abi::kPageBits);
    const auto line = static_cast<std::uint32_t>(within >> abi::kLineBits);
    const auto put = [&](Address slot) {
        memory.put(slot, word(block));
        word_at_[block] = slot;
    };
    // The array behind a word of the region, made on first use.
    const auto outside = [&](Address& array, std::size_t link, std::uint32_t words) {
        if (array == 0) array = take(words * 8, 4096);
        memory.map(array, words * 8);
        memory.put(region.address + link, array);
        return array;
    };
    const auto put_in_granules = [&] {
        const auto number = static_cast<std::uint32_t>(within >> abi::kSheetBits);
        for (std::uint32_t which = 0; which < 2; ++which) {
            const std::size_t link = offsetof(abi::Region, sheet) +
                                     (which * abi::kSheetsPerRegion + number) * sizeof(abi::u64);
            const Address sheet = outside(region.sheet[which][number], link, abi::kSheetWords);
            const Address slot =
                sheet + (within >> abi::kGranuleBits) % abi::kSheetWords * sizeof(abi::u64);
            if (memory.get<abi::u64>(slot) != 0) continue;
            put(slot);
            return true;
        }
        return false;
    };
    const std::uint32_t group = page / abi::kPagesPerGroup;
    const bool is_small = live_.at(block).size < abi::kSmallBlock;
    if (is_small && region.groups.count(group) != 0 && put_in_granules()) return;
    std::uint32_t& used = region.used[line];
    if (used < abi::kLineWords) {
        return put(region.address + offsetof(abi::Region, line) + line * 64 + used++ * 8);
    }
    region.groups.insert(group);
    if (put_in_granules()) return;
    const Address leaf =
        outside(region.fine[page], offsetof(abi::Region, fine) + page * 8, abi::kFineWords);
    put(leaf + (block % abi::kPageSize >> abi::kFineGranuleBits) * 8);
}

void TableBuilder::build_blocks(FakeMemory& memory) {
    word_at_.clear();
    Address previous = 0;
    for (auto& [base, region] : regions_) {
        region.used.clear();
        region.groups.clear();
        memory.map(region.address, sizeof(abi::Region));
        memory.put(region.address + offsetof(abi::Region, base), base);
        memory.put(region.address + offsetof(abi::Region, next), previous);
        memory.put(region.address + offsetof(abi::Region, self), region.address);
        previous = region.address;
    }
    state.regions = previous;
    state.region_count = regions_.size();
    for (const auto& [block, live] : live_) {
        place(memory, regions_.at(block >> abi::kRegionBits << abi::kRegionBits), block);
    }
}

void TableBuilder::write_tracked(FakeMemory& memory, Address address,
                                 const std::vector<abi::Tracked>& rows) {
    abi::TrackedTable table{};
    table.capacity = 16;
    while (table.capacity < rows.size() * 2) table.capacity *= 2;
    table.used = rows.size();
    memory.map(address, sizeof table + table.capacity * strides_.tracked);
    memory.put(address, table);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        memory.put(address + sizeof table + (2 * i + 1) * strides_.tracked, rows[i]);
    }
}

void TableBuilder::build_tracked(FakeMemory& memory) {
    state.tracked = state.tracked_parts = 0;
    if (!large_.empty()) write_tracked(memory, state.tracked = kTracked, large_);
    std::map<std::uint32_t, std::vector<abi::Tracked>> parts;
    for (const abi::Tracked& row : tracked_) parts[row.domain % abi::kTrackedParts].push_back(row);
    if (parts.empty()) return;
    state.tracked_parts = kTrackedParts;
    memory.map(kTrackedParts, sizeof(abi::u64) * abi::kTrackedParts);
    for (const auto& [part, rows] : parts) {
        write_tracked(memory, part_address(part), rows);
        memory.put(kTrackedParts + part * sizeof(abi::u64), part_address(part));
    }
}

FakeMemory TableBuilder::build() {
    FakeMemory memory;
    memory.map(kHeader, abi::kHeaderMapping);
    build_process(memory);
    build_names(memory);
    build_shards(memory);
    build_contexts(memory);
    build_blocks(memory);
    build_tracked(memory);
    memory.put(kState, state);
    memory.put(kHeader, header);
    memory.put(kRoot, root);
    seal(memory, kHeader);
    return memory;
}

}  // namespace mt::test
