// SPDX-License-Identifier: MIT
//
// What a test puts in; table_image.cpp writes it out. See table_builder.h.
#include "support/table_builder.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "abi/weight.h"

namespace mt::test {
namespace {

constexpr std::uint64_t kCookie = 0x1122334455667788;

}  // namespace

TableBuilder::TableBuilder(const Strides& strides) : strides_(strides) {
    nodes_.resize(abi::kReservedNodes);
    stacks_.resize(abi::kReservedStacks);
    modules_.resize(1);
    paths_.resize(1);

    std::memcpy(root.magic, abi::kRootMagic, sizeof root.magic);
    root.major = abi::kMajor;
    root.minor = abi::kMinor;
    root.size = sizeof root;
    root.request = abi::make_request(abi::kRequestOn, abi::kDefaultFrameLimit, 1);
    root.cookie = kCookie;
    root.header = kHeader;
    root.pid = kPid;
    root.status = static_cast<abi::u32>(abi::Status::ready);
    root.origin = static_cast<abi::u32>(abi::Origin::preloaded);

    std::memcpy(header.magic, abi::kHeaderMagic, sizeof header.magic);
    header.major = abi::kMajor;
    header.minor = abi::kMinor;
    header.header_size = sizeof header;
    header.constant_size = abi::kConstantSize;
    header.byte_order = abi::kByteOrder;
    header.pointer_width = 8;
    header.va_bits = 47;
    header.architecture = abi::kX86_64;
    header.page_size = abi::kPageSize;
    header.root = kRoot;
    header.self = kHeader;
    header.cookie = kCookie;
    header.root_size = sizeof(abi::Root);
    header.node_size = strides.node;
    header.stack_size = strides.stack;
    header.module_size = strides.module;
    header.thread_size = strides.thread;
    header.record_size = strides.record;
    header.shard_size = strides.shard;
    header.region_size = strides.region;
    header.tracked_size = strides.tracked;
    header.state_size = sizeof(abi::State);
    header.context_size = strides.context;
    header.inflight_size = sizeof(abi::Inflight);
    header.ring_entry_size = sizeof(abi::RingEntry);
    header.loss_size = sizeof(abi::Loss);
    header.max_frames = abi::kMaxFrames;
    header.state = kState;
    header.mapped_bytes = 1 << 20;

    state.self = kState;
    state.generation = 1;
    state.mapped_bytes = 1 << 16;
    state.peak_epoch = 1;

    add_module("/usr/bin/program", kModuleStart, kModuleStart + 0x100000, "\x12\xab");
    add_shard();
}

TableBuilder::Address TableBuilder::take(std::uint64_t size, std::uint64_t alignment) {
    next_ = (next_ + alignment - 1) / alignment * alignment;
    const Address address = next_;
    next_ += size;
    return address;
}

std::uint16_t TableBuilder::add_module(std::string_view path, Address start, Address end,
                                       std::string_view build_id_bytes) {
    abi::Module module{};
    module.bias = start;
    module.start = start;
    module.end = end;
    module.load_sequence = modules_.size();
    module.path_length = static_cast<abi::u32>(path.size());
    module.path = path.empty() ? 0 : take(path.size(), 8);
    const std::size_t id_size = std::min(build_id_bytes.size(), sizeof module.build_id);
    module.build_id_length = static_cast<abi::u32>(id_size);
    std::copy_n(build_id_bytes.begin(), id_size, module.build_id);
    modules_.push_back(module);
    paths_.emplace_back(path);
    return static_cast<std::uint16_t>(modules_.size() - 1);
}

std::uint32_t TableBuilder::add_stack(const std::vector<Address>& pcs, std::uint16_t module,
                                      std::uint32_t ending, std::uint32_t domain) {
    std::uint32_t node = ending;
    for (auto pc = pcs.rbegin(); pc != pcs.rend(); ++pc) {
        const std::uint64_t pc_module = abi::u64{module} << 48 | *pc;
        auto [known, fresh] =
            node_of_.try_emplace({pc_module, node}, static_cast<std::uint32_t>(nodes_.size()));
        if (fresh) nodes_.push_back({pc_module, node, 0});
        node = known->second;
    }
    auto [known, fresh] =
        stack_of_.try_emplace({node, domain}, static_cast<std::uint32_t>(stacks_.size()));
    if (fresh) stacks_.push_back({node, domain});
    if (domain == 0 && node >= abi::kReservedNodes) nodes_[node].id = known->second;
    return known->second;
}

abi::Thread& TableBuilder::add_thread(std::string_view name, std::uint32_t tid) {
    abi::Thread& thread = threads_.emplace_back();
    thread.serial = static_cast<abi::u32>(threads_.size());
    thread.tid = tid;
    std::memcpy(thread.comm, name.data(), std::min(name.size(), sizeof thread.comm));
    thread.start_sequence = threads_.size() - 1;
    thread.generation = state.generation;
    return thread;
}

void TableBuilder::add_loss(std::string_view name, std::uint64_t total,
                            std::uint64_t before_state) {
    abi::Loss& loss = header.losses[losses_];
    std::memcpy(loss.name, name.data(), std::min(name.size(), sizeof loss.name));
    loss.count = total;
    state.loss_base[losses_++] = before_state;
}

std::size_t TableBuilder::add_shard() {
    auto shard = std::make_unique<ShardAt>();
    shard->address = take(strides_.shard);
    shards_.push_back(std::move(shard));
    return shards_.size() - 1;
}

TableBuilder::Chunk& TableBuilder::chunk_of(Radix& radix, std::uint32_t id) {
    const std::uint32_t number = id >> abi::kRecordBits;
    Address& middle = radix.middles[number >> abi::kMiddleBits];
    if (middle == 0) middle = take(abi::kMiddleEntries * 8);
    Chunk& chunk = radix.chunks[number];
    if (chunk.address == 0) {
        chunk.address = take(std::uint64_t{strides_.record} * abi::kRecordsPerChunk);
    }
    return chunk;
}

abi::Record& TableBuilder::record(std::uint32_t id, std::size_t shard) {
    return chunk_of(shards_.at(shard)->exact, id).records[id % abi::kRecordsPerChunk];
}

abi::Record& TableBuilder::weighted(std::uint32_t id, std::size_t shard) {
    ShardAt& at = *shards_.at(shard);
    if (at.data.weighted == 0) at.data.weighted = take(sizeof at.data.top);
    return chunk_of(at.weighted, id).records[id % abi::kRecordsPerChunk];
}

void TableBuilder::sample(std::uint64_t mean) {
    state.sample_bytes = root.sample_bytes = mean;
    root.request |= abi::kRequestSampling;
}

void TableBuilder::add_block(Address address, std::uint64_t size, std::uint32_t id) {
    add_region(address);
    live_[address] = {size, id};
}

void TableBuilder::add_tracked(std::uint32_t domain, Address key, std::uint64_t size,
                               std::uint32_t id) {
    (domain == abi::kDomainLarge ? large_ : tracked_).push_back({domain, id, key, size, 0});
}

TableBuilder::Address TableBuilder::add_region(Address inside) {
    RegionAt& region = regions_[inside >> abi::kRegionBits << abi::kRegionBits];
    if (region.address == 0) region.address = take(strides_.region);
    return region.address;
}

void TableBuilder::settle(std::int64_t change) {
    current_ += change;
    if (current_ <= state.peak_bytes) return;
    state.peak_bytes = current_;
    ++state.peak_epoch;
}

namespace {

void add(abi::Record& record, std::uint64_t epoch, abi::Op op, std::uint64_t bytes,
         std::uint64_t count) {
    if (record.peak_epoch != epoch) {
        record.peak_bytes = static_cast<abi::i64>(record.alloc_bytes - record.free_bytes);
        record.peak_count = static_cast<abi::i64>(record.alloc_count - record.free_count);
        record.peak_epoch = epoch;
    }
    (op == abi::Op::free ? record.free_bytes : record.alloc_bytes) += bytes;
    (op == abi::Op::free ? record.free_count : record.alloc_count) += count;
}

}  // namespace

void TableBuilder::count(abi::Op op, std::uint32_t id, std::uint64_t size, std::size_t shard) {
    add(record(id, shard), state.peak_epoch, op, size, 1);
    if (state.sample_bytes != 0 && abi::is_sampled(id)) {
        const abi::Weight weight = abi::weight_of(size, state.sample_bytes);
        add(weighted(id, shard), state.peak_epoch, op, weight.bytes, weight.count);
    }
    const auto change = static_cast<std::int64_t>(size);
    settle(op == abi::Op::free ? -change : change);
}

TableBuilder::Address TableBuilder::allocate(std::uint32_t id, std::uint64_t size,
                                             std::size_t shard) {
    const Address address = next_block_;
    next_block_ += std::max<std::uint64_t>(32, (size + 8 + 15) / 16 * 16);
    allocate_at(address, id, size, shard);
    return address;
}

void TableBuilder::allocate_at(Address address, std::uint32_t id, std::uint64_t size,
                               std::size_t shard) {
    add_block(address, size, id);
    count(abi::Op::allocate, id, size, shard);
}

void TableBuilder::release(Address address, std::size_t shard) {
    const auto block = live_.find(address);
    if (block == live_.end()) throw std::logic_error("release of a block that is not live");
    const Live live = block->second;
    live_.erase(block);
    count(abi::Op::free, live.id, live.size, shard);
}

void TableBuilder::track(std::uint32_t domain, std::uint64_t key, std::uint32_t id,
                         std::uint64_t size, std::size_t shard) {
    add_tracked(domain, key, size, id);
    count(abi::Op::allocate, id, size, shard);
}

void TableBuilder::reset_peak() {
    state.peak_bytes = current_;
    ++state.peak_epoch;
}

abi::Context& TableBuilder::add_context(std::size_t shard) {
    auto context = std::make_unique<ContextAt>();
    context->address = take(strides_.context, 64);
    context->data.self = context->address;
    context->data.tid = kPid + static_cast<abi::u32>(contexts_.size());
    context->data.pid = kPid;
    context->data.state = kState;
    context->data.shard = shards_.at(shard)->address;
    contexts_.push_back(std::move(context));
    return contexts_.back()->data;
}

void TableBuilder::add_ring(abi::Context& context, abi::Op op, std::uint32_t id, std::uint64_t size,
                            std::uint32_t generation) {
    abi::RingEntry& entry = context.ring[context.ring_head++ % abi::kRingEntries];
    entry.stack_op = id | static_cast<abi::u64>(op) << 32 | abi::u64{generation & 0xffff} << 48;
    entry.size = size;
}

}  // namespace mt::test
