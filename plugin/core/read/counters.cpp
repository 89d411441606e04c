// SPDX-License-Identifier: MIT
//
// Walks the shards' radix trees and sums their records. All sums wrap: a
// hostile counter gives a wrong figure, never undefined behaviour.
#include "read/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "abi/weight.h"
#include "read/sums.h"

namespace mt::core {
namespace {

constexpr unsigned kMaxShards = 1u << 20;

std::int64_t net_bytes(const abi::Shard& shard) {
    return difference(shard.alloc_bytes, shard.free_bytes);
}
std::uint64_t events_of(const abi::Shard& shard) { return shard.alloc_count + shard.free_count; }

class Walk {
  public:
    Walk(Reading& reading, const Anchor& anchor, bool records, bool by_shard, Events& events,
         Counters& out)
        : reading_(reading),
          anchor_(anchor),
          records_(records),
          by_shard_(by_shard),
          events_(events),
          out_(out) {}

    bool run();

  private:
    using Piece = Reading::Piece;

    bool shard(std::uint64_t address, abi::Shard& shard);
    bool middles(const abi::u64* top, std::vector<Piece>& chunks);
    bool exact_records(const abi::Shard& shard, std::uint64_t address);
    bool weighted_records(const abi::Shard& shard);
    bool adds_up(const abi::Shard& shard) const;
    bool doubt(const abi::Shard& shard, std::uint64_t address);
    void chunk(std::uint64_t address, std::uint32_t first_id, const std::byte* bytes, Sums& sums);
    bool missing(std::uint64_t address);
    void restore(std::uint64_t address, std::uint32_t id, abi::Record& record);
    bool is_sampling() const { return anchor_.state.sample_bytes != 0; }
    void apply_pending();
    void finish();
    void estimate();

    Reading& reading_;
    const Anchor& anchor_;
    const bool records_;
    const bool by_shard_;
    std::uint64_t shard_ = 0;  // being read
    Events& events_;
    Counters& out_;
    Sums sums_;
    Sums weighted_;
    ShardSums seen_;                // of the records read for one shard
    std::uint64_t zero_chunk_ = 0;  // address of one, 0 = none
    bool saw_counts_ = false;
};

void Walk::restore(std::uint64_t address, std::uint32_t id, abi::Record& record) {
    auto& all = events_.restores;
    auto it = std::lower_bound(all.begin(), all.end(), address,
                               [](const Restore& r, std::uint64_t a) { return r.record < a; });
    for (; it != all.end() && it->record == address; ++it) {
        abi::u64& bytes = it->freed ? record.free_bytes : record.alloc_bytes;
        abi::u64& count = it->freed ? record.free_count : record.alloc_count;
        if (!it->freed) events_.list[it->event].stack = id;
        // Counters only grow: a larger value before is damage, not a value.
        if (it->bytes > bytes || it->count > count) continue;
        bytes = it->bytes;
        count = it->count;
        it->done = true;
    }
}

void Walk::chunk(std::uint64_t address, std::uint32_t first_id, const std::byte* bytes,
                 Sums& sums) {
    const std::size_t stride = anchor_.header.record_size;
    for (std::uint32_t i = 0; i < abi::kRecordsPerChunk; ++i) {
        abi::Record record;
        std::memcpy(&record, bytes + i * stride, sizeof record);
        restore(address + i * stride, first_id + i, record);
        sums.add_record(first_id + i, record, anchor_.state.peak_epoch);
        seen_.alloc_bytes += record.alloc_bytes;
        seen_.alloc_count += record.alloc_count;
        seen_.free_bytes += record.free_bytes;
        seen_.free_count += record.free_count;
        if (by_shard_ && &sums == &sums_ && (record.alloc_count | record.free_count) != 0) {
            out_.by_shard.push_back(
                {shard_,
                 {0, first_id + i, record.alloc_bytes, record.alloc_count, record.free_bytes,
                  record.free_count, record.temporary_count}});
        }
    }
}

bool Walk::missing(std::uint64_t address) {
    return reading_.fail(Code::unreadable,
                         fmt::format("cannot read the table: counters at {:#x} are not in memory "
                                     "(a truncated core, or a damaged pointer)",
                                     address),
                         address);
}

bool Walk::middles(const abi::u64* top, std::vector<Piece>& chunks) {
    constexpr std::uint32_t kSize = abi::kMiddleEntries * 8;
    const std::size_t chunk_size = std::size_t{anchor_.header.record_size} * abi::kRecordsPerChunk;
    std::vector<Piece> middles;
    for (std::uint32_t i = 0; i < abi::kTopEntries; ++i) {
        if (top[i] == 0) continue;
        if (!reading_.claim(top[i], kSize, "a list of counters")) return false;
        middles.push_back({top[i], kSize, i});
    }
    return reading_.scattered(middles, [&](const Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) return missing(piece.address);
        if (all_zero(bytes, kSize)) zero_chunk_ = piece.address;
        for (std::uint32_t i = 0; i < abi::kMiddleEntries; ++i) {
            std::uint64_t address = 0;
            std::memcpy(&address, bytes + std::size_t{i} * 8, 8);
            if (address == 0) continue;
            if (!reading_.claim(address, chunk_size, "a chunk of counters")) return false;
            const std::uint32_t number = piece.index << abi::kMiddleBits | i;
            chunks.push_back({address, static_cast<std::uint32_t>(chunk_size), number});
        }
        return true;
    });
}

bool Walk::adds_up(const abi::Shard& shard) const {
    return seen_.alloc_bytes == shard.alloc_bytes && seen_.alloc_count == shard.alloc_count &&
           seen_.free_bytes == shard.free_bytes && seen_.free_count == shard.free_count;
}

// The program may run, and have counted on between the two reads.
bool Walk::doubt(const abi::Shard& shard, std::uint64_t address) {
    abi::Shard now;
    constexpr std::size_t kHead = offsetof(abi::Shard, weighted);
    if (!reading_.exact(address, &now, kHead, "a shard")) return false;
    if (events_of(now) == events_of(shard)) reading_.doubt("counters of a thread do not add up");
    return true;
}

bool Walk::exact_records(const abi::Shard& shard, std::uint64_t address) {
    zero_chunk_ = 0;
    saw_counts_ = false;
    seen_ = {};
    std::vector<Piece> list;
    if (!middles(shard.top, list)) return false;
    const bool read = reading_.scattered(list, [&](const Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) return missing(piece.address);
        if (all_zero(bytes, piece.size)) {
            zero_chunk_ = piece.address;
        } else {
            saw_counts_ = true;
        }
        chunk(piece.address, piece.index << abi::kRecordBits, bytes, sums_);
        return true;
    });
    if (!read) return false;
    // Zero chunks are normal for a moment, and what a debugger shows for pages
    // that a core lacks. The shard's own sum tells which.
    const auto& all = events_.busy_shards;
    const bool busy = std::binary_search(all.begin(), all.end(), address) ||
                      std::binary_search(all.begin(), all.end(), shard.context);
    if (busy || adds_up(shard)) return true;
    if (zero_chunk_ == 0) return doubt(shard, address);
    if (saw_counts_) {
        reading_.incomplete("counters (all zero)", zero_chunk_);
        return true;
    }
    return reading_.not_dumped(
        fmt::format("cannot read the table: counters at {:#x} are all zero: their pages were",
                    zero_chunk_),
        zero_chunk_);
}

bool Walk::weighted_records(const abi::Shard& shard) {
    if (shard.weighted == 0) return true;
    std::array<abi::u64, abi::kTopEntries> top{};
    std::vector<Piece> list;
    if (!reading_.claim(shard.weighted, sizeof top, "a list of counters") ||
        !reading_.exact(shard.weighted, top.data(), sizeof top, "a list of counters") ||
        !middles(top.data(), list)) {
        return false;
    }
    return reading_.scattered(list, [&](const Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) return missing(piece.address);
        chunk(piece.address, piece.index << abi::kRecordBits, bytes, weighted_);
        return true;
    });
}

bool Walk::shard(std::uint64_t address, abi::Shard& shard) {
    if (!reading_.claim(address, anchor_.header.shard_size, "a shard")) return false;
    if (!reading_.exact(address, &shard, sizeof shard, "a shard")) return false;
    out_.untracked_frees += shard.untracked_frees;
    out_.shards.push_back(
        {address, shard.alloc_bytes, shard.alloc_count, shard.free_bytes, shard.free_count});
    if (events_of(shard) != 0) ++out_.active_shards;
    out_.events += events_of(shard);
    out_.current_size = add(out_.current_size, net_bytes(shard));
    out_.current_count = add(out_.current_count, difference(shard.alloc_count, shard.free_count));
    if (!records_) return true;
    shard_ = address;
    return exact_records(shard, address) && (!is_sampling() || weighted_records(shard));
}

bool Walk::run() {
    std::uint64_t address = anchor_.state.shards;
    abi::Shard current;
    unsigned walked = 0;
    for (; address != 0; ++walked) {
        if (walked == kMaxShards) {
            reading_.incomplete("shards", address);
            break;
        }
        if (!shard(address, current)) return false;
        if (walked + 1 < anchor_.state.shard_count && all_zero(&current, sizeof current)) {
            return reading_.not_dumped(
                fmt::format("cannot read the table: the shard at {:#x} is all zero: its page was",
                            address),
                address);
        }
        address = current.next;
    }
    // Each is in the list before it is counted.
    if (walked < anchor_.state.shard_count)
        reading_.doubt("counters of threads are missing", anchor_.state.shard_count - walked);
    for (const Restore& restore : events_.restores) {
        if (records_ && !restore.done) {
            reading_.incomplete("the record of an event in flight", restore.record);
        }
    }
    finish();
    return true;
}

void Walk::apply_pending() {
    for (const RingEvent& event : events_.pending) {
        sums_.add_event(event, event.size, 1);
        if (!is_sampling() || !abi::is_sampled(event.stack)) continue;
        const abi::Weight weight = abi::weight_of(event.size, anchor_.state.sample_bytes);
        weighted_.add_event(event, weight.bytes, weight.count);
    }
}

// Rows become what the sample stands for. The record of all that is not in it has
// done its part once the sums are made: its blocks are in the others' estimates.
void Walk::estimate() {
    out_.sampled = out_.traces;
    out_.weighted = weighted_.traces;
    std::erase_if(out_.traces, [](const Trace& t) { return t.id == abi::kStackNotSampled; });
    std::uint64_t unknown = 0;
    for (Trace& t : out_.traces) {
        if (abi::is_sampled(t.id) && !set_estimate(t, weighted_.of(t.id))) ++unknown;
    }
    if (unknown != 0) reading_.incomplete("estimates", anchor_.state.shards);
}

// The peak is now when the runtime was asked to reset it and has not done so
// yet, when an event in flight has just passed it, or a pending one would.
void Walk::finish() {
    std::sort(out_.shards.begin(), out_.shards.end(),
              [](const ShardSums& a, const ShardSums& b) { return a.address < b.address; });
    if (records_) {
        apply_pending();
        out_.current_size = out_.current_count = 0;
        for (const Trace& t : sums_.traces) {
            out_.current_size = add(out_.current_size, t.size);
            out_.current_count = add(out_.current_count, t.count);
        }
    }
    const abi::State& state = anchor_.state;
    const bool reset = anchor_.has_root && anchor_.root.peak_reset_request != state.peak_reset_done;
    const bool passed = out_.current_size > state.peak_bytes;
    out_.peak_size = reset || passed ? out_.current_size : state.peak_bytes;
    out_.peak_is_recorded = !reset && !passed;
    if (reset || passed) {
        sums_.peak_is_live();
        weighted_.peak_is_live();
    }
    for (const Trace& t : sums_.traces) out_.peak_count = add(out_.peak_count, t.peak_count);
    out_.traces = std::move(sums_.traces);
    std::sort(out_.traces.begin(), out_.traces.end(),
              [](const Trace& a, const Trace& b) { return a.id < b.id; });
    if (is_sampling()) estimate();
}

}  // namespace

bool count_events(Reading& reading, const Anchor& anchor, std::uint64_t& events) {
    events = 0;
    std::uint64_t address = anchor.state.shards;
    for (unsigned walked = 0; address != 0 && walked < kMaxShards; ++walked) {
        abi::Shard shard;
        constexpr std::size_t kHead = offsetof(abi::Shard, top);
        if (!reading.exact(address, &shard, kHead, "a shard")) return false;
        events += events_of(shard);
        address = shard.next;
    }
    return true;
}

bool read_counters(Reading& reading, const Anchor& anchor, bool records, bool by_shard,
                   Events& events, Counters& counters) {
    // An event in flight may have reached only some of a shard's own sums.
    const bool exact = records || events.any_busy || !events.pending.empty();
    if (!Walk(reading, anchor, exact, by_shard, events, counters).run()) return false;
    counters.has_records = records;
    if (!records) counters.traces.clear();
    return true;
}

}  // namespace mt::core
