// SPDX-License-Identifier: MIT
//
// The block list as it was before each event that was not committed
// (abi/layout.h, Inflight). A word that the event has not put there stays.
#include <algorithm>

#include "read/blocks.h"

namespace mt::core {
namespace {

Block* find(Table& table, std::uint64_t address, std::uint32_t domain = 0) {
    const auto is_before = [&](const Block& block, std::uint64_t wanted) {
        return block.address != wanted ? block.address < wanted : table.domain_of(block) < domain;
    };
    const auto it = std::lower_bound(table.blocks.begin(), table.blocks.end(), address, is_before);
    const bool found =
        it != table.blocks.end() && it->address == address && table.domain_of(*it) == domain;
    return found ? &*it : nullptr;
}

Block old_block(const Event& event, Table& table) {
    Block block;
    block.address = event.address;
    block.size = abi::word_size(event.old_word);
    if (block.size == abi::kSizeEscape) block.size = event.old_size;
    block.stack = abi::word_stack(event.old_word);
    block.detail = table.place_of({0, event.old_stamp});
    return block;
}

// True when the event itself has put this block into the table.
bool inserted_by(const Event& event, const Block& block) {
    const bool large = event.size >= abi::kSizeEscape && block.size >= abi::kSizeEscape;
    if (!large && block.size != event.size) return false;
    return event.stack == abi::kStackNone || event.stack == block.stack;
}

class Undo {
  public:
    explicit Undo(Table& table) : table_(table) {}

    void allocate(const Event& event) { take_out(event, event.address); }

    void move(const Event& event) {
        const bool in_place = event.new_address == event.address;
        if (!in_place && event.new_address != 0) take_out(event, event.new_address);
        if (event.old_word != 0) put_back(event, in_place);
    }

    void put_back(const Event& event, bool replaces) {
        const Block old = old_block(event, table_);
        Block* present = find(table_, event.address);
        const bool same =
            present != nullptr && present->stack == old.stack &&
            (present->size == old.size || present->size == abi::word_size(event.old_word));
        if (present != nullptr && (replaces || same)) {
            *present = old;
        } else {
            // The address may already belong to another thread's block; the
            // counters hold both at this moment, so both are shown.
            added_.push_back(old);
        }
    }

    // Nobody else has changed the key: what stands there is what the event has made of it.
    void track(const Event& event) {
        const Block* present = find(table_, event.address, event.domain);
        if (present != nullptr) taken_.push_back({event.domain, event.address});
        if (event.old_word == abi::kStackNone) return;
        Block old;
        old.address = event.address;
        old.size = event.old_size;
        old.stack = static_cast<std::uint32_t>(event.old_word);
        old.detail = table_.place_of({event.domain, event.old_stamp});
        added_.push_back(old);
    }

    void finish() {
        if (!taken_.empty()) {
            std::sort(taken_.begin(), taken_.end());
            const auto end =
                std::remove_if(table_.blocks.begin(), table_.blocks.end(), [&](const Block& block) {
                    const std::pair<std::uint32_t, std::uint64_t> key{table_.domain_of(block),
                                                                      block.address};
                    return std::binary_search(taken_.begin(), taken_.end(), key);
                });
            table_.blocks.erase(end, table_.blocks.end());
        }
        const ByAddress by_address{table_};
        std::sort(added_.begin(), added_.end(), by_address);
        const auto middle = static_cast<std::ptrdiff_t>(table_.blocks.size());
        table_.blocks.insert(table_.blocks.end(), added_.begin(), added_.end());
        std::inplace_merge(table_.blocks.begin(), table_.blocks.begin() + middle,
                           table_.blocks.end(), by_address);
    }

  private:
    void take_out(const Event& event, std::uint64_t address) {
        const Block* present = find(table_, address);
        if (present != nullptr && inserted_by(event, *present)) taken_.push_back({0, address});
    }

    Table& table_;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> taken_;  // domain, address
    std::vector<Block> added_;
};

}  // namespace

void undo_events(const Events& events, Table& table) {
    Undo undo(table);
    for (const Event& event : events.list) {
        if (event.committed) continue;
        switch (event.op) {
            case abi::Op::allocate:
                undo.allocate(event);
                break;
            case abi::Op::free:
                if (event.old_word != 0) undo.put_back(event, true);
                break;
            case abi::Op::move:
                undo.move(event);
                break;
            case abi::Op::track:
                undo.track(event);
                break;
            case abi::Op::none:
            case abi::Op::drain:
                break;
        }
    }
    undo.finish();
}

}  // namespace mt::core
