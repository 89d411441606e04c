// SPDX-License-Identifier: MIT
//
// Walks the shards' radix trees and sums their records. All sums wrap: a
// hostile counter gives a wrong figure, never undefined behaviour.
#include "read/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mt::core {
namespace {

constexpr unsigned kMaxShards = 1u << 20;

std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a - b);
}

bool is_unused(const abi::Record& r) {
    return (r.alloc_bytes | r.alloc_count | r.free_bytes | r.free_count) == 0 &&
           r.peak_bytes == 0 && r.peak_count == 0;
}

class Walk {
  public:
    Walk(Reading& reading, const Anchor& anchor, bool records, Events& events, Counters& out)
        : reading_(reading), anchor_(anchor), records_(records), events_(events), out_(out) {}

    bool run();

  private:
    using Piece = Reading::Piece;

    bool shard(std::uint64_t address, abi::Shard& shard);
    bool middles(const abi::Shard& shard, std::vector<Piece>& chunks);
    bool chunks(const abi::Shard& shard, std::uint64_t address, std::vector<Piece>& chunks);
    void chunk(std::uint64_t address, std::uint32_t first_id, const std::byte* bytes);
    bool missing(std::uint64_t address);
    void restore(std::uint64_t address, std::uint32_t id, abi::Record& record);
    void sum(std::uint32_t id, const abi::Record& record);
    Trace& trace(std::uint32_t id);
    void apply_pending();
    void finish();

    Reading& reading_;
    const Anchor& anchor_;
    const bool records_;
    Events& events_;
    Counters& out_;
    std::vector<std::uint32_t> index_;  // by id: place in traces plus one
    std::int64_t shard_net_ = 0;        // of the records read for one shard
    std::uint64_t zero_chunk_ = 0;      // address of one, 0 = none
    bool saw_counts_ = false;
};

Trace& Walk::trace(std::uint32_t id) {
    if (id >= index_.size()) index_.resize(id + 1);
    if (index_[id] == 0) {
        out_.traces.emplace_back().id = id;
        index_[id] = static_cast<std::uint32_t>(out_.traces.size());
    }
    return out_.traces[index_[id] - 1];
}

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

void Walk::sum(std::uint32_t id, const abi::Record& record) {
    if (is_unused(record)) return;
    Trace& t = trace(id);
    const std::int64_t size = difference(record.alloc_bytes, record.free_bytes);
    const std::int64_t count = difference(record.alloc_count, record.free_count);
    t.alloc_bytes += record.alloc_bytes;
    t.alloc_count += record.alloc_count;
    t.free_bytes += record.free_bytes;
    t.free_count += record.free_count;
    t.temporary_count += record.temporary_count;
    t.size = add(t.size, size);
    t.count = add(t.count, count);
    const bool saved = record.peak_epoch == anchor_.state.peak_epoch;
    t.peak_size = add(t.peak_size, saved ? record.peak_bytes : size);
    t.peak_count = add(t.peak_count, saved ? record.peak_count : count);
    shard_net_ = add(shard_net_, size);
}

void Walk::chunk(std::uint64_t address, std::uint32_t first_id, const std::byte* bytes) {
    const std::size_t stride = anchor_.header.record_size;
    if (all_zero(bytes, stride * abi::kRecordsPerChunk)) {
        zero_chunk_ = address;
    } else {
        saw_counts_ = true;
    }
    for (std::uint32_t i = 0; i < abi::kRecordsPerChunk; ++i) {
        abi::Record record;
        std::memcpy(&record, bytes + i * stride, sizeof record);
        restore(address + i * stride, first_id + i, record);
        sum(first_id + i, record);
    }
}

bool Walk::missing(std::uint64_t address) {
    return reading_.fail(Code::unreadable,
                         fmt::format("cannot read the table: counters at {:#x} are not in memory "
                                     "(a truncated core, or a damaged pointer)",
                                     address),
                         address);
}

bool Walk::middles(const abi::Shard& shard, std::vector<Piece>& chunks) {
    constexpr std::uint32_t kSize = abi::kMiddleEntries * 8;
    const std::size_t chunk_size = anchor_.header.record_size * abi::kRecordsPerChunk;
    std::vector<Piece> middles;
    for (std::uint32_t i = 0; i < abi::kTopEntries; ++i) {
        if (shard.top[i] == 0) continue;
        if (!reading_.claim(shard.top[i], kSize, "a list of counters")) return false;
        middles.push_back({shard.top[i], kSize, i});
    }
    return reading_.scattered(middles, [&](const Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) return missing(piece.address);
        if (all_zero(bytes, kSize)) zero_chunk_ = piece.address;
        for (std::uint32_t i = 0; i < abi::kMiddleEntries; ++i) {
            std::uint64_t address = 0;
            std::memcpy(&address, bytes + i * 8, 8);
            if (address == 0) continue;
            if (!reading_.claim(address, chunk_size, "a chunk of counters")) return false;
            const std::uint32_t number = piece.index << abi::kMiddleBits | i;
            chunks.push_back({address, static_cast<std::uint32_t>(chunk_size), number});
        }
        return true;
    });
}

bool Walk::chunks(const abi::Shard& shard, std::uint64_t address, std::vector<Piece>& list) {
    zero_chunk_ = 0;
    saw_counts_ = false;
    shard_net_ = 0;
    if (!middles(shard, list)) return false;
    const bool read = reading_.scattered(list, [&](const Piece& piece, const std::byte* bytes) {
        if (bytes == nullptr) return missing(piece.address);
        chunk(piece.address, piece.index << abi::kRecordBits, bytes);
        return true;
    });
    if (!read) return false;
    // Zero chunks are normal for a moment, and what a debugger shows for pages
    // that a core lacks. The shard's own sum tells which.
    const bool busy =
        std::binary_search(events_.busy_shards.begin(), events_.busy_shards.end(), address);
    if (zero_chunk_ == 0 || busy || shard_net_ == shard.net_bytes) return true;
    if (saw_counts_) {
        reading_.incomplete("counters (all zero)", zero_chunk_);
        return true;
    }
    return reading_.fail(Code::unreadable,
                         fmt::format("cannot read the table: counters at {:#x} are all zero: their "
                                     "pages were not dumped (truncated core or coredump_filter)",
                                     zero_chunk_),
                         zero_chunk_);
}

bool Walk::shard(std::uint64_t address, abi::Shard& shard) {
    if (!reading_.claim(address, anchor_.header.shard_size, "a shard")) return false;
    if (!reading_.exact(address, &shard, sizeof shard, "a shard")) return false;
    out_.untracked_frees += shard.untracked_frees;
    if (shard.events != 0) ++out_.active_shards;
    out_.events += shard.events;
    out_.current_size = add(out_.current_size, shard.net_bytes);
    out_.current_count = add(out_.current_count, shard.net_count);
    if (!records_) return true;
    std::vector<Piece> list;
    return chunks(shard, address, list);
}

bool Walk::run() {
    std::uint64_t address = anchor_.state.shards;
    abi::Shard current;
    for (unsigned walked = 0; address != 0; ++walked) {
        if (walked == kMaxShards) {
            reading_.incomplete("shards", address);
            break;
        }
        if (!shard(address, current)) return false;
        if (walked + 1 < anchor_.state.shard_count && all_zero(&current, sizeof current)) {
            return reading_.fail(Code::unreadable,
                                 fmt::format("cannot read the table: the shard at {:#x} is all "
                                             "zero: its page was not dumped (truncated core or "
                                             "coredump_filter)",
                                             address),
                                 address);
        }
        address = current.next;
    }
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
        Trace& t = trace(event.stack);
        const auto size = static_cast<std::int64_t>(event.size);
        (event.freed ? t.free_bytes : t.alloc_bytes) += event.size;
        (event.freed ? t.free_count : t.alloc_count) += 1;
        t.size = event.freed ? difference(static_cast<std::uint64_t>(t.size), event.size)
                             : add(t.size, size);
        t.count = add(t.count, event.freed ? -1 : 1);
    }
}

// The peak is now when the runtime was asked to reset it and has not done so
// yet, when an event in flight has just passed it, or a pending one would.
void Walk::finish() {
    if (records_) {
        apply_pending();
        std::sort(out_.traces.begin(), out_.traces.end(),
                  [](const Trace& a, const Trace& b) { return a.id < b.id; });
        out_.current_size = out_.current_count = 0;
        for (const Trace& t : out_.traces) {
            out_.current_size = add(out_.current_size, t.size);
            out_.current_count = add(out_.current_count, t.count);
        }
    }
    const abi::State& state = anchor_.state;
    const bool reset = anchor_.has_root && anchor_.root.peak_reset_request != state.peak_reset_done;
    const bool passed = out_.current_size > state.peak_bytes ||
                        (out_.current_size == state.peak_bytes && !events_.list.empty());
    out_.peak_size = reset || passed ? out_.current_size : state.peak_bytes;
    for (Trace& t : out_.traces) {
        if (reset || passed) {
            t.peak_size = t.size;
            t.peak_count = t.count;
        }
        out_.peak_count = add(out_.peak_count, t.peak_count);
    }
}

}  // namespace

bool count_events(Reading& reading, const Anchor& anchor, std::uint64_t& events) {
    events = 0;
    std::uint64_t address = anchor.state.shards;
    for (unsigned walked = 0; address != 0 && walked < kMaxShards; ++walked) {
        abi::Shard shard;
        constexpr std::size_t kHead = offsetof(abi::Shard, top);
        if (!reading.exact(address, &shard, kHead, "a shard")) return false;
        events += shard.events;
        address = shard.next;
    }
    return true;
}

bool read_counters(Reading& reading, const Anchor& anchor, bool records, Events& events,
                   Counters& counters) {
    // An event in flight may have reached only some of a shard's own sums.
    const bool exact = records || !events.list.empty() || !events.pending.empty();
    if (!Walk(reading, anchor, exact, events, counters).run()) return false;
    if (!records) counters.traces.clear();
    return true;
}

}  // namespace mt::core
