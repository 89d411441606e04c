// SPDX-License-Identifier: MIT
//
// The order of a reading, and the remarks that close it. Decodes nothing itself.
#include <fmt/format.h>

#include "read/anchor.h"
#include "read/blocks.h"
#include "read/box.h"
#include "read/checks.h"
#include "read/counters.h"
#include "read/depot.h"
#include "read/events.h"
#include "read/losses.h"
#include "read/own_memory.h"
#include "read/reader.h"
#include "read/threads.h"

namespace mt::core {
namespace {

// Threads that took turns have an exact peak.
void add_peak_bound(const Anchor& anchor, Table& table) {
    if (anchor.state.concurrent == 0 || table.peak_size <= 0) return;
    table.peak_bound = static_cast<std::uint64_t>(table.peak_size) / 1024;
    table.remarks.push_back(
        {"peak-bound",
         fmt::format(
             "several threads allocated: the peak is exact to {} B or one event per thread, "
             "whichever is more",
             table.peak_bound),
         table.peak_bound});
}

void add_remarks(const Anchor& anchor, const Events& events, const Counters& counters,
                 Table& table) {
    table.in_flight = static_cast<std::uint32_t>(events.list.size());
    if (table.in_flight != 0) {
        table.remarks.push_back({"in-flight",
                                 fmt::format("{} event{} in flight at this stop", table.in_flight,
                                             table.in_flight == 1 ? "" : "s"),
                                 table.in_flight});
    }
    table.untracked_frees = counters.untracked_frees;
    if (table.untracked_frees != 0) {
        table.remarks.push_back(
            {"late-start",
             table.untracked_frees == 1
                 ? "1 free of a block from before the start"
                 : fmt::format("{} frees of blocks from before the start", table.untracked_frees),
             table.untracked_frees});
    }
    add_peak_bound(anchor, table);
}

// Each traceback that a shard counts was published before it was counted.
bool name_traces(Reading& reading, const Depot& depot, std::vector<Trace>&& traces, Table& table) {
    table.traces = std::move(traces);
    for (Trace& trace : table.traces) {
        if (trace.id >= depot.stacks.size()) {
            return reading.fail(
                Code::damaged, fmt::format("the table is damaged: it counts for traceback {} of {}",
                                           trace.id, depot.stacks.size()));
        }
        const abi::Stack& stack = depot.stacks[trace.id];
        trace.domain = stack.domain;
        trace.node = stack.node;
        trace.end = stack.node < depot.ends.size() ? depot.ends[stack.node] : End::complete;
    }
    return true;
}

// False only when the pass failed.
bool compare(Reading& reading, const Anchor& anchor, const Counters& counters, Table& table) {
    std::uint64_t size = 0;
    for (const Block& block : table.blocks) size += block.size;
    const auto count = static_cast<std::int64_t>(table.blocks.size());
    const bool same_sums = count == counters.current_count &&
                           size == static_cast<std::uint64_t>(counters.current_size);
    if (same_sums && (!counters.has_records || blocks_are_counted(table, counters))) return true;
    std::uint64_t events = 0;
    if (!count_events(reading, anchor, events)) return false;
    if (events != counters.events) {
        table.remarks.push_back({"running",
                                 "the program ran while it was read: blocks and counters are of "
                                 "different moments",
                                 events - counters.events});
        return true;
    }
    if (same_sums) {
        reading.doubt("the blocks of tracebacks are not those that their counters know");
        return true;
    }
    table.remarks.push_back(
        {"blocks-differ",
         fmt::format("the block table holds {} blocks of {} B, the counters {} "
                     "of {} B",
                     count, size, counters.current_count, counters.current_size),
         table.blocks.size()});
    return true;
}

// The process may run on: what a shard or a word names was published before,
// so counts read after them cover them.
bool read_named(Reading& reading, Anchor& anchor, const Events& events, const Counters& counters,
                Table& table, Depot& depot) {
    if (!load_header(reading, anchor.header_address, anchor.header)) return false;
    table.node_count = anchor.header.node_count;
    table.stack_count = anchor.header.stack_count;
    return read_modules(reading, anchor.header, table) &&
           read_depot(reading, anchor.header, table, depot) &&
           read_threads(reading, anchor, counters, events.thread_rows, table);
}

// A program that runs contradicts itself from one read to the next. False only when the
// pass failed.
bool are_of_one_moment(Reading& reading, const Anchor& anchor, const Counters& counters) {
    if (!reading.has_doubts()) return true;
    std::uint64_t events = 0;
    if (!count_events(reading, anchor, events)) return false;
    if (events != counters.events) reading.forget_doubts();
    return true;
}

bool read_traces(Reading& reading, Anchor& anchor, const ReadOptions& options, Events& events,
                 Table& table) {
    Counters counters;
    Depot depot;
    std::uint64_t flagged = 0;
    if (!read_counters(reading, anchor, options.counters, options.threads, events, counters)) {
        return false;
    }
    table.current_size = counters.current_size;
    table.current_count = counters.current_count;
    table.peak_size = counters.peak_size;
    table.peak_count = counters.peak_count;
    if (options.blocks) {
        if (!read_blocks(reading, anchor, counters.current_count, table, flagged)) return false;
        if (!read_tracked(reading, anchor, table, flagged)) return false;
        undo_events(events, table);
    }
    if (options.counters || options.blocks) {
        if (!read_named(reading, anchor, events, counters, table, depot)) return false;
    }
    if (!name_traces(reading, depot, std::move(counters.traces), table)) return false;
    check_depot(reading, table, depot);
    if (options.counters && !events.any_busy) {
        check_traces(reading, anchor, counters, table);
        check_threads(reading, anchor, counters, table);
    }
    if (options.blocks) {
        if (!drop_wrong_blocks(reading, depot, flagged, table)) return false;
        if (!events.any_busy && !compare(reading, anchor, counters, table)) return false;
        if (!events.any_busy) check_blocks(reading, anchor, table.blocks, table);
    }
    if (!are_of_one_moment(reading, anchor, counters)) return false;
    add_remarks(anchor, events, counters, table);
    return true;
}

bool read_all(Reading& reading, const Status& status, const ReadOptions& options, Table& table) {
    Anchor anchor;
    if (!load_anchor(reading, status, anchor)) return false;
    table.status = status_of(anchor);
    read_box(reading, anchor, table.status);
    table.status.direct = status.direct;
    table.remarks = status.remarks;
    // Also where there is nothing to read yet.
    table.has_blocks = options.blocks;
    table.has_stamps = options.blocks && table.status.stamps;
    table.has_thread_traces = options.threads;
    if (!options.unmade && !is_made(reading, table.status)) return false;
    if (!anchor.has_header) {
        read_losses(anchor, false, table);
        return true;
    }
    if (!anchor.has_root) {
        table.remarks.push_back(
            {"root-missing",
             fmt::format("the runtime's root at {:#x} is {}: the frame limit is not "
                         "known ({} assumed), nor whether a clear or stop was under way",
                         anchor.root_address, anchor.lost_header ? "damaged" : "not in this core",
                         table.status.frame_limit),
             1});
    }
    table.own_bytes = anchor.header.mapped_bytes + anchor.header.retired_bytes +
                      (anchor.has_state ? anchor.state.mapped_bytes : 0);
    table.node_count = anchor.header.node_count;
    table.stack_count = anchor.header.stack_count;
    if (!claim_parts(reading, anchor)) return false;
    Events events;
    if (table.status.tracing && !read_events(reading, anchor, events)) return false;
    table.status.paused_threads = events.paused_threads;
    const bool traces = table.status.tracing && !table.status.fresh;
    if (traces && !read_traces(reading, anchor, options, events, table)) return false;
    if (options.own && !list_own_memory(reading, anchor, table)) return false;
    check_own_memory(reading, table);
    if (options.modules && table.modules.empty() && !read_modules(reading, anchor.header, table)) {
        return false;
    }
    read_losses(anchor, traces, table);
    if (options.own && traces) table.own.knows_all_blocks = knows_all_blocks(anchor, events, table);
    reading.close(table.remarks);
    return true;
}

}  // namespace

Result<Status> read_status(Memory& memory, std::uint64_t symbol) {
    Reading reading(memory);
    Anchor anchor;
    if (!find_anchor(reading, symbol, anchor)) return fail(reading.error());
    Status status = status_of(anchor);
    read_box(reading, anchor, status);
    return status;
}

Result<Status> read_status_at(Memory& memory, std::uint64_t table) {
    Reading reading(memory);
    Anchor anchor;
    if (!find_anchor_at(reading, table, anchor)) return fail(reading.error());
    Status status = status_of(anchor);
    read_box(reading, anchor, status);
    return status;
}

Result<Table> read_table(Memory& memory, const Status& status, const ReadOptions& options) {
    Reading reading(memory);
    Table table;
    if (!read_all(reading, status, options, table)) return fail(reading.error());
    return table;
}

}  // namespace mt::core
