// SPDX-License-Identifier: MIT
//
// See counted.h. What a thread is in the midst of counts as soon as its shard has it.
#include "read/counted.h"

#include <cstddef>

#include "read/anchor.h"
#include "read/reading.h"

namespace mt::core {
namespace {

constexpr unsigned kMaxThreads = 1u << 20;

// Of a shard the part that is read.
constexpr std::size_t kHead = offsetof(abi::Shard, last_scope_top) + sizeof(abi::i64);

Totals totals_of(const abi::Shard& shard) {
    return {shard.alloc_bytes, shard.alloc_count, shard.free_bytes, shard.free_count};
}

class Walk {
  public:
    Walk(Memory& memory, const Status& status) : reading_(memory) {
        good_ = load_anchor(reading_, status, anchor_);
        if (!good_) return;
        const Status now = status_of(anchor_);
        good_ = is_made(reading_, now);
        if (!good_) return;
        out_.process = now.identity;
        out_.tracing = now.tracing;
        out_.epoch = anchor_.root.scope_epoch;
        has_traces_ = now.tracing && !now.fresh && anchor_.has_state;
    }

    Result<Counted> of_thread(std::uint64_t tid) {
        if (good_ && anchor_.has_header) good_ = find(tid);
        return finished();
    }
    Result<Counted> of_process() {
        out_.epoch = anchor_.root.peak_reset_request;  // also while there is no state yet
        if (good_ && has_traces_) good_ = add_shards();
        return finished();
    }

  private:
    Result<Counted> finished() {
        if (!good_) return fail(reading_.error());
        return out_;
    }

    bool shard(std::uint64_t address, abi::Shard& head) {
        return reading_.exact(address, &head, kHead, "a shard");
    }

    bool find(std::uint64_t tid) {
        std::uint64_t address = anchor_.header.contexts;
        for (unsigned walked = 0; address != 0 && walked < kMaxThreads; ++walked) {
            abi::Context context;
            constexpr std::size_t kContextHead = offsetof(abi::Context, inflight);
            if (!reading_.claim(address, kContextHead, "a thread's context") ||
                !reading_.exact(address, &context, kContextHead, "a thread's context"))
                return false;
            const bool ours = !anchor_.has_root || context.pid == anchor_.root.pid;
            if (ours && context.tid == tid && context.self == address)
                return context.thread == 0 || row(context.thread);
            address = context.next;
        }
        return true;  // it has had no event yet
    }

    bool row(std::uint64_t address) {
        abi::Thread row;
        if (!reading_.exact(address, &row, sizeof row, "a row of threads")) return false;
        out_.thread = row.serial;
        if (!has_traces_ || row.generation != anchor_.state.generation || row.shard == 0)
            return true;
        abi::Shard head;
        if (!shard(row.shard, head)) return false;
        const Totals first = {row.first_alloc_bytes, row.first_alloc_count, row.first_free_bytes,
                              row.first_free_count};
        out_.totals = since(first, totals_of(head));
        out_.tops[0] = {head.scope_epoch, subtract(head.scope_top, first.net())};
        out_.tops[1] = {head.last_scope_epoch, subtract(head.last_scope_top, first.net())};
        return true;
    }

    bool add_shards() {
        std::uint64_t address = anchor_.state.shards;
        for (unsigned walked = 0; address != 0 && walked < kMaxThreads; ++walked) {
            abi::Shard head;
            if (!reading_.claim(address, sizeof head, "a shard") || !shard(address, head))
                return false;
            out_.totals.alloc_bytes += head.alloc_bytes;
            out_.totals.alloc_count += head.alloc_count;
            out_.totals.free_bytes += head.free_bytes;
            out_.totals.free_count += head.free_count;
            address = head.next;
        }
        const bool reset = anchor_.root.peak_reset_request != anchor_.state.peak_reset_done;
        if (!reset) out_.tops[0] = {anchor_.root.peak_reset_request, anchor_.state.peak_bytes};
        return true;
    }

    Reading reading_;
    Anchor anchor_;
    Counted out_;
    bool good_ = false;
    bool has_traces_ = false;
};

}  // namespace

Result<Counted> read_counted(Memory& memory, const Status& status,
                             std::optional<std::uint64_t> tid) {
    Walk walk(memory, status);
    return tid ? walk.of_thread(*tid) : walk.of_process();
}

}  // namespace mt::core
