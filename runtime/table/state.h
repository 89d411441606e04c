// SPDX-License-Identifier: MIT
//
// Everything that a clear replaces, in one object with its own memory: blocks,
// counters, totals, peak. A fresh state is built beside the old one and
// published with one store; what an event in flight still writes into the old
// one is out of sight.
#ifndef MEMTRACE_TABLE_STATE_H
#define MEMTRACE_TABLE_STATE_H

#include "abi/layout.h"
#include "guard/lock.h"
#include "table/blocks.h"
#include "table/keys.h"
#include "table/losses.h"
#include "table/pool.h"
#include "table/publish.h"
#include "table/tracked.h"

namespace mt::runtime {

// What conditions on figures wait for in a state (features/watch.h).
struct WatchedFigures {
    abi::u64 watch;  // Root::watch_request that this is for
    abi::u64 peak_reset;
    abi::i64 value[abi::kWatchSlots];
    abi::u32 reached;      // slots, one bit each: their figure is at its value or above
    abi::u32 has_ceiling;  // what passes none of the limits reaches no value
};

// abi::State is what readers see; the rest follows it in the same piece.
struct LiveState : abi::State {
    Pool pool;
    Blocks blocks;
    // The last request that was obeyed here; flags may change without a new state.
    abi::u64 request;
    // Not 0: events have more to look at than blocks and counters: the state samples,
    // it stamps, or some blocks are pages of a pool. So the others pay for one look.
    abi::u64 special;
    Keys keys;            // what the program tracks in its own domains
    Keys pages;           // blocks that are pages of the program's pools
    abi::u64 page_parts;  // for Keys::attach: no reader needs them
    TrackedSizes sizes;
    Lock peak_lock;
    abi::i64 ceiling;  // see set_ceiling()
    WatchedFigures figures;

    bool is_special() const { return __builtin_expect(load(special) != 0, 0); }
    bool samples() const { return __builtin_expect(sample_bytes != 0, 0); }
    bool stamps() const { return __builtin_expect(load(stamped) != 0, 0); }
    bool keeps_freed() const { return freed != 0; }
    // A block is there from now on that the table does not know, and no loss counts it.
    void miss_block() { publish(since_beginning, 0); }

    // Between a block and its word. The size that is recorded: a large one goes into the
    // side table, and is capped (counted) when that cannot take it.
    u64 keep_size(u64 address, u64 size, u32 stack) {
        if (size < kSizeEscape || sizes.insert(kDomainLarge, address, size, stack)) return size;
        count_loss(LossKind::large_lost);
        return kSizeEscape - 1;
    }
    static u64 word_for(u64 address, u64 kept_size, u32 stack) {
        return make_word(address, kept_size < kSizeEscape ? kept_size : kSizeEscape, stack);
    }
    u64 size_of(u64 address, u64 word) const {
        const u64 size = word_size(word);
        if (size != kSizeEscape) return size;
        const Tracked* entry = sizes.find(kDomainLarge, address);
        return entry != nullptr ? entry->size : 0;
    }
    void forget_size(u64 address, u64 word) {
        if (word_size(word) == kSizeEscape) sizes.erase(kDomainLarge, address);
    }

    // The block at `address`, whose word stands, gets `stamp`. `slot`: where, if that is known.
    void put_stamp(u64 address, u64 stamp, const u64* slot = nullptr);
    // Where the stamp of the block stands whose word is at `slot`; nullptr: it has none.
    u64* stamp_of(u64 address, const u64* slot) const {
        return stamps() && slot != nullptr ? blocks.stamp(address, slot, false) : nullptr;
    }
};

// First of all that an erase does. Returns what it was.
inline u64 erase_stamp(u64* stamp) {
    if (stamp == nullptr) return 0;
    const u64 old = *stamp;
    publish(*stamp, 0);
    return old;
}

// No limit, see LiveState::ceiling.
inline constexpr abi::i64 kNoCeiling = static_cast<abi::i64>(~abi::u64{0} >> 1);

// nullptr: no memory. `losses` are the header's, or nullptr.
LiveState* make_state(abi::u32 generation, abi::u64 peak_reset, const abi::Loss* losses);

// The last of a state whose pool has been released.
void release_state(LiveState& state);

// Every lock, the process's and those of the current state: in a fork's child, and after
// a jump out of an event (guard/lock.h).
void reset_locks();
void release_my_locks();

}  // namespace mt::runtime

#endif
