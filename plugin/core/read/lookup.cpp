// SPDX-License-Identifier: MIT
//
// See lookup.h. Goes down from the page of the address, a few pages at a time, until a
// block begins there that was there before the events in flight.
#include "read/lookup.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "read/anchor.h"
#include "read/blocks.h"
#include "read/checks.h"
#include "read/counters.h"
#include "read/depot.h"
#include "read/events.h"
#include "read/freed.h"
#include "read/losses.h"
#include "read/traceback.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kFirstPages = 16;  // of one read; the next ones are larger
constexpr std::uint32_t kMostPages = 1024;

class Search {
  public:
    Search(Reading& reading, const Anchor& anchor, std::uint64_t address)
        : reading_(reading), anchor_(anchor), address_(address) {}

    // Fills `table` with all blocks from the nearest one below the address on, and with
    // those of other domains, as they were before the events in flight.
    bool run(Table& table);
    bool any_busy() const { return events_.any_busy; }
    // Words that cannot be blocks.
    std::uint64_t flagged() const { return flagged_ + nameless_; }

  private:
    bool settle(Table& table, bool& found);
    bool name_records();
    bool more();
    bool concerns_counters() const;

    Reading& reading_;
    const Anchor& anchor_;
    const std::uint64_t address_;
    Events events_;
    std::vector<RegionAt> regions_;  // those not read to their ends; the next one last
    std::uint32_t pages_left_ = 0;   // of that, from its start
    std::uint32_t at_once_ = kFirstPages;
    std::uint64_t low_ = 0, high_ = 0;  // words of blocks that begin here have been read
    Table words_;
    std::uint64_t flagged_ = 0;
    std::uint64_t nameless_ = 0;  // at the last settle()
    std::optional<LargeSizes> sizes_;
    bool has_records_ = false;
};

// The stack that an allocation in flight counts for stands with the counters only.
bool Search::concerns_counters() const {
    return std::any_of(events_.list.begin(), events_.list.end(), [this](const Event& event) {
        const auto is_read = [this](std::uint64_t at) { return at >= low_ && at < high_; };
        return !event.committed && event.alloc_record != 0 &&
               (is_read(event.address) || is_read(event.new_address));
    });
}

bool Search::name_records() {
    if (has_records_ || !concerns_counters()) return true;
    has_records_ = true;
    Counters counters;
    return read_counters(reading_, anchor_, true, false, events_, counters);
}

// `found`: a block begins at or below the address, and no other can begin between.
bool Search::settle(Table& table, bool& found) {
    found = false;
    if (!name_records()) return false;
    table = words_;
    std::vector<Block>& blocks = table.blocks;
    const auto is_large = [](const Block& b) { return b.size == abi::kSizeEscape; };
    if (!sizes_ && std::any_of(blocks.begin(), blocks.end(), is_large)) {
        sizes_.emplace();
        if (!read_large_sizes(reading_, anchor_, *sizes_, flagged_)) return false;
    }
    for (Block& block : blocks) {
        if (!is_large(block)) continue;
        const auto size = sizes_->find(block.address);
        if (size != sizes_->end()) block.size = size->second;
    }
    undo_events(events_, table);
    // Published before the words that name them.
    std::uint64_t stacks = 0;
    if (!reading_.exact(anchor_.header_address + offsetof(abi::Header, stack_count), &stacks,
                        sizeof stacks, "the number of tracebacks")) {
        return false;
    }
    nameless_ = std::erase_if(blocks, [&](const Block& block) { return block.stack >= stacks; });
    found = std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) {
        return table.domain_of(block) == 0 && block.address >= low_ && block.address <= address_;
    });
    return true;
}

// Reads the words of the pages below those that were read. There must be some left.
bool Search::more() {
    const RegionAt region = regions_.back();
    const std::uint32_t count = std::min(at_once_, pages_left_);
    const std::uint32_t first = pages_left_ - count;
    pages_left_ = first;
    at_once_ = std::min(at_once_ * 4, kMostPages);
    // A second region of that base is empty unless the table is damaged.
    for (auto it = regions_.rbegin(); it != regions_.rend() && it->base == region.base; ++it) {
        if (!read_pages(reading_, anchor_, *it, first, count, words_, flagged_)) return false;
    }
    low_ = region.base + (std::uint64_t{first} << abi::kPageBits);
    if (first == 0) {
        std::erase_if(regions_, [&](const RegionAt& one) { return one.base == region.base; });
        pages_left_ = abi::kPagesPerRegion;
    }
    std::vector<Block>& blocks = words_.blocks;
    std::stable_sort(blocks.begin(), blocks.end(), ByAddress{words_});
    const auto end =
        std::unique(blocks.begin(), blocks.end(), [this](const Block& a, const Block& b) {
            return a.address == b.address && words_.domain_of(a) == words_.domain_of(b);
        });
    blocks.erase(end, blocks.end());
    return reading_.go_on();
}

bool Search::run(Table& table) {
    if (!read_events(reading_, anchor_, events_) ||
        !read_keys(reading_, anchor_, words_, flagged_) ||
        !list_regions(reading_, anchor_, regions_)) {
        return false;
    }
    std::sort(words_.blocks.begin(), words_.blocks.end(), ByAddress{words_});
    std::erase_if(regions_, [this](const RegionAt& region) { return region.base > address_; });
    high_ = low_ = (address_ >> abi::kPageBits << abi::kPageBits) + abi::kPageSize;
    pages_left_ = abi::kPagesPerRegion;
    if (!regions_.empty() &&
        address_ >> abi::kRegionBits == regions_.back().base >> abi::kRegionBits)
        pages_left_ =
            static_cast<std::uint32_t>(address_ >> abi::kPageBits) % abi::kPagesPerRegion + 1;
    bool found = false;
    while (!found && !regions_.empty()) {
        if (!more() || !settle(table, found)) return false;
    }
    // What an event in flight has taken out may be all that there was.
    low_ = found ? low_ : 0;
    return found || settle(table, found);
}

// Names only: figures would need the counters.
bool read_thread_names(Reading& reading, const abi::Header& header, Table& table) {
    constexpr std::uint64_t kRows = std::uint64_t{abi::kThreadsPerChunk} * abi::kThreadChunks;
    if (!check_count(reading, "threads", header.thread_count, kRows)) return false;
    for (std::uint64_t first = 0; first < header.thread_count; first += abi::kThreadsPerChunk) {
        const std::uint64_t address = header.thread_chunk[first / abi::kThreadsPerChunk];
        if (address == 0) continue;  // counted, not filled yet
        const std::uint64_t n =
            std::min<std::uint64_t>(abi::kThreadsPerChunk, header.thread_count - first);
        const auto add = [&table](std::uint64_t, const std::byte* bytes) {
            abi::Thread row;
            std::memcpy(&row, bytes, sizeof row);
            if (row.serial == 0) return true;
            Thread& thread = table.threads.emplace_back();
            thread.serial = row.serial;
            thread.tid = row.tid;
            thread.name.assign(row.comm, strnlen(row.comm, sizeof row.comm));
            return true;
        };
        if (!reading.rows(address, n, header.thread_size, "rows of threads", add)) return false;
    }
    return true;
}

// The last one that begins at or before the address, of each domain. Two stand at one
// address while an event moves a block: either may be the one that holds it.
std::vector<Block> last_before(const Table& table, std::uint64_t address) {
    std::vector<Block> last;
    for (const Block& block : table.blocks) {
        if (block.address > address) break;
        const auto known = std::find_if(last.begin(), last.end(), [&](const Block& other) {
            return table.domain_of(other) == table.domain_of(block);
        });
        if (known == last.end()) {
            last.push_back(block);
        } else if (known->address != block.address || !holds(*known, address)) {
            *known = block;
        }
    }
    return last;
}

bool has_trace(const Table& table, std::uint32_t id) {
    return std::any_of(table.traces.begin(), table.traces.end(),
                       [id](const Trace& trace) { return trace.id == id; });
}

bool read_at(Reading& reading, const Status& status, std::uint64_t address, Table& table,
             Beside* beside) {
    Anchor anchor;
    if (!load_anchor(reading, status, anchor)) return false;
    const auto say_of_what = [&] {
        table.status = status_of(anchor);
        table.status.direct = status.direct;
        table.remarks = status.remarks;
    };
    say_of_what();
    table.has_blocks = true;
    if (!is_made(reading, table.status)) return false;
    if (!anchor.has_header) return true;
    if (!claim_parts(reading, anchor)) return false;
    std::vector<Block> checked;
    if (table.status.tracing && !table.status.fresh) {
        Search search(reading, anchor, address);
        if (!search.run(table)) return false;
        if (!search.any_busy()) checked = table.blocks;
        say_of_what();  // the search has made the table anew
        remark_wrong_blocks(search.flagged(), table);
        table.has_stamps = anchor.state.stamped != 0;
        if (beside != nullptr) beside->below = block_below(table, address);
        table.blocks = blocks_at(table, address);
        const bool is_live = !table.blocks.empty() && table.domain_of(table.blocks.front()) == 0;
        if (beside != nullptr && !is_live && !read_freed(reading, anchor, address, beside->freed)) {
            return false;
        }
    }
    if (!load_header(reading, anchor.header_address, anchor.header)) return false;
    if (!read_modules(reading, anchor.header, table)) return false;
    begin_traces(table);
    for (Block& block : table.blocks) {
        if (has_trace(table, block.stack)) continue;
        if (!read_trace(reading, anchor.header, block.stack, table)) return false;
        set_domain(table, block, table.traces.back().domain);
    }
    if (beside != nullptr && beside->freed) {
        for (std::uint32_t* id : {&beside->freed->stack, &beside->freed->freed_by}) {
            if (*id >= anchor.header.stack_count) *id = abi::kStackNone;
            if (!has_trace(table, *id) && !read_trace(reading, anchor.header, *id, table))
                return false;
        }
    }
    const bool names_threads = !table.blocks.empty() || beside != nullptr;
    if (names_threads && !read_thread_names(reading, anchor.header, table)) return false;
    if (names_threads) check_blocks(reading, anchor, checked, table);
    read_losses(anchor, table.status.tracing && !table.status.fresh, table);
    reading.close(table.remarks);
    return true;
}

}  // namespace

std::vector<Block> blocks_at(const Table& table, std::uint64_t address) {
    std::vector<Block> last = last_before(table, address);
    std::erase_if(last, [&](const Block& block) { return !holds(block, address); });
    std::sort(last.begin(), last.end(), [&](const Block& a, const Block& b) {
        return table.domain_of(a) < table.domain_of(b);
    });
    return last;
}

std::optional<Block> block_below(const Table& table, std::uint64_t address) {
    for (const Block& block : last_before(table, address))
        if (table.domain_of(block) == 0) return block;
    return std::nullopt;
}

Result<Table> read_blocks_at(Memory& memory, const Status& status, std::uint64_t address,
                             Beside* beside) {
    Reading reading(memory);
    Table table;
    if (!read_at(reading, status, address, table, beside)) return fail(reading.error());
    return table;
}

}  // namespace mt::core
