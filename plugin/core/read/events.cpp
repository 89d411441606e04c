// SPDX-License-Identifier: MIT
//
// Walks the contexts. Decides which events concern this state; what they do to
// counters and blocks is done there.
#include "read/events.h"

#include <algorithm>

namespace mt::core {
namespace {

constexpr unsigned kMaxContexts = 1u << 20;

// `Journal`: abi::Inflight, or what a sampling state has beside it.
template <typename Journal>
void add_restores(abi::Op op, const Journal& flight, Events& events) {
    const std::size_t number = events.list.size();
    if (op != abi::Op::free && flight.alloc_record != 0) {
        events.restores.push_back({flight.alloc_record, false, flight.before_alloc_bytes,
                                   flight.before_alloc_count, number, false});
    }
    if (op != abi::Op::allocate && flight.free_record != 0) {
        events.restores.push_back({flight.free_record, true, flight.before_free_bytes,
                                   flight.before_free_count, number, false});
    }
}

// False when the word is no operation that this version knows.
bool add_event(const abi::Context& context, bool sampling, Events& events) {
    const abi::Inflight& flight = context.inflight;
    const std::uint64_t op = flight.op & ~abi::kCommitted;
    if (op < static_cast<std::uint64_t>(abi::Op::allocate) ||
        op > static_cast<std::uint64_t>(abi::Op::track)) {
        return false;
    }
    Event event;
    event.op = static_cast<abi::Op>(op);
    event.committed = (flight.op & abi::kCommitted) != 0;
    event.address = flight.address;
    if (event.op != abi::Op::free) {
        event.size = flight.size;
        event.alloc_record = flight.alloc_record;
    }
    if (event.op != abi::Op::allocate) {
        event.old_word = flight.old_word;
        event.old_size = flight.old_size;
        event.old_stamp = flight.old_stamp;
        event.free_record = flight.free_record;
    }
    if (event.op == abi::Op::move) event.new_address = flight.new_address;
    if (event.op == abi::Op::track) event.domain = static_cast<std::uint32_t>(flight.domain);
    if (!event.committed) add_restores(event.op, flight, events);
    if (!event.committed && sampling) add_restores(event.op, context.weighted, events);
    events.list.push_back(event);
    return true;
}

void add_ring(Reading& reading, std::uint64_t address, std::uint32_t generation,
              const abi::Context& context, Events& events) {
    const std::uint64_t waiting = context.ring_head - context.ring_tail;
    if (waiting > abi::kRingEntries) {
        reading.incomplete("events of a signal handler", address);
        return;
    }
    const abi::Inflight& flight = context.inflight;
    const bool drained = flight.op == (static_cast<abi::u64>(abi::Op::drain) | abi::kCommitted);
    for (std::uint64_t position = context.ring_tail; position != context.ring_head; ++position) {
        if (drained && position == flight.ring_position) continue;
        const abi::RingEntry& entry = context.ring[position % abi::kRingEntries];
        if (entry.stack_op == 0 || !abi::is_of_generation(entry, generation)) continue;
        const abi::Op op = abi::op_of(entry);
        const std::uint32_t stack = abi::stack_of(entry);
        const bool known = op == abi::Op::allocate || op == abi::Op::free;
        if (!known || stack >> abi::kStackIdBits != 0) {
            reading.incomplete("events of a signal handler", address);
            continue;
        }
        events.pending.push_back({stack, op == abi::Op::free, entry.size});
    }
}

}  // namespace

bool read_events(Reading& reading, const Anchor& anchor, Events& events) {
    const abi::Header& header = anchor.header;
    std::uint64_t address = header.contexts;
    for (unsigned walked = 0; address != 0; ++walked) {
        if (walked == kMaxContexts) {
            reading.incomplete("contexts of threads", address);
            break;
        }
        if (!reading.claim(address, header.context_size, "a thread's context")) return false;
        abi::Context context;
        if (!reading.exact(address, &context, sizeof context, "a thread's context")) return false;
        if (context.self != address) {
            if (all_zero(&context, sizeof context))
                return reading.not_dumped(
                    "cannot read the table: a thread's context is all zero: its page was", address);
            return reading.fail(Code::damaged,
                                "the table is damaged: no context where the list points", address);
        }
        // Of a parent process: what its other threads did has no part here. A
        // lost root cannot tell; then only a table that never forked is sure.
        const bool ours = anchor.has_root ? context.pid == anchor.root.pid : header.fork_count == 0;
        const bool this_state = context.state == header.state;
        if (ours && this_state && context.inflight.op != 0 &&
            !add_event(context, anchor.state.sample_bytes != 0, events)) {
            reading.incomplete("an event in flight", address);
        }
        if (context.inflight.op != 0) {
            events.busy_shards.push_back(context.shard);
            events.busy_shards.push_back(address);
        }
        // A thread that ended in a pause is told from others when its context is taken over.
        if (ours && context.tid != 0 && context.pauses != 0) ++events.paused_threads;
        if (context.inflight.op != 0 || context.busy != 0) events.any_busy = true;
        if (ours && context.thread != 0) events.thread_rows.push_back(context.thread);
        if (ours) add_ring(reading, address, anchor.state.generation, context, events);
        address = context.next;
    }
    std::sort(events.restores.begin(), events.restores.end(),
              [](const Restore& a, const Restore& b) { return a.record < b.record; });
    std::sort(events.busy_shards.begin(), events.busy_shards.end());
    std::sort(events.thread_rows.begin(), events.thread_rows.end());
    return true;
}

}  // namespace mt::core
