// SPDX-License-Identifier: MIT
#include "read/sums.h"

namespace mt::core {
namespace {

bool is_unused(const abi::Record& r) {
    return (r.alloc_bytes | r.alloc_count | r.free_bytes | r.free_count) == 0 &&
           r.peak_bytes == 0 && r.peak_count == 0;
}

// To the nearest whole number.
std::uint64_t whole(std::uint64_t figure, std::uint32_t bits) {
    return (figure + (std::uint64_t{1} << (bits - 1))) >> bits;
}
std::int64_t whole(std::int64_t figure, std::uint32_t bits) {
    return add(figure, std::int64_t{1} << (bits - 1)) >> bits;
}

}  // namespace

Trace& Sums::of(std::uint32_t id) {
    if (id >= index_.size()) index_.resize(id + 1);
    if (index_[id] == 0) {
        traces.emplace_back().id = id;
        index_[id] = static_cast<std::uint32_t>(traces.size());
    }
    return traces[index_[id] - 1];
}

void Sums::add_record(std::uint32_t id, const abi::Record& record, std::uint64_t peak_epoch) {
    if (is_unused(record)) return;
    Trace& t = of(id);
    const std::int64_t size = difference(record.alloc_bytes, record.free_bytes);
    const std::int64_t count = difference(record.alloc_count, record.free_count);
    t.alloc_bytes += record.alloc_bytes;
    t.alloc_count += record.alloc_count;
    t.free_bytes += record.free_bytes;
    t.free_count += record.free_count;
    t.temporary_count += record.temporary_count;
    t.size = add(t.size, size);
    t.count = add(t.count, count);
    const bool saved = record.peak_epoch == peak_epoch;
    t.peak_size = add(t.peak_size, saved ? record.peak_bytes : size);
    t.peak_count = add(t.peak_count, saved ? record.peak_count : count);
}

void Sums::add_event(const RingEvent& event, std::uint64_t bytes, std::uint64_t count) {
    Trace& t = of(event.stack);
    (event.freed ? t.free_bytes : t.alloc_bytes) += bytes;
    (event.freed ? t.free_count : t.alloc_count) += count;
    const auto changed = [&event](std::int64_t before, std::uint64_t by) {
        return event.freed ? difference(static_cast<std::uint64_t>(before), by)
                           : add(before, static_cast<std::int64_t>(by));
    };
    t.size = changed(t.size, bytes);
    t.count = changed(t.count, count);
}

void Sums::peak_is_live() {
    for (Trace& t : traces) {
        t.peak_size = t.size;
        t.peak_count = t.count;
    }
}

bool set_estimate(Trace& trace, const Trace& weighted) {
    const Trace sample = trace;
    trace.samples = sample.count;
    trace.peak_samples = sample.peak_count;
    trace.alloc_bytes = whole(weighted.alloc_bytes, abi::kWeightByteBits);
    trace.free_bytes = whole(weighted.free_bytes, abi::kWeightByteBits);
    trace.alloc_count = whole(weighted.alloc_count, abi::kWeightCountBits);
    trace.free_count = whole(weighted.free_count, abi::kWeightCountBits);
    trace.temporary_count = whole(weighted.temporary_count, abi::kWeightCountBits);
    trace.size = whole(weighted.size, abi::kWeightByteBits);
    trace.count = whole(weighted.count, abi::kWeightCountBits);
    trace.peak_size = whole(weighted.peak_size, abi::kWeightByteBits);
    trace.peak_count = whole(weighted.peak_count, abi::kWeightCountBits);
    // Each block of the sample stands for itself at least.
    return trace.alloc_count >= sample.alloc_count && trace.free_count >= sample.free_count;
}

}  // namespace mt::core
