// SPDX-License-Identifier: MIT
//
// The threads' contexts: events that were under way at the stop, and events of
// signal handlers that have not entered the counters yet (abi/layout.h, Inflight).
#ifndef MEMTRACE_CORE_READ_EVENTS_H
#define MEMTRACE_CORE_READ_EVENTS_H

#include <cstdint>
#include <vector>

#include "abi/layout.h"
#include "read/anchor.h"

namespace mt::core {

struct Event {
    abi::Op op = abi::Op::none;
    bool committed = false;
    std::uint64_t address = 0, size = 0, new_address = 0;
    std::uint64_t old_word = 0, old_size = 0, old_stamp = 0;
    std::uint64_t alloc_record = 0, free_record = 0;
    std::uint32_t domain = 0;  // of the address, which is a key there (Op::track)
    std::uint32_t stack = 0;   // of alloc_record; filled by the counters, 0 = not known
};

// A record's value before an event that was not committed.
struct Restore {
    std::uint64_t record = 0;
    bool freed = false;  // the free_* pair, else the alloc_* pair
    std::uint64_t bytes = 0, count = 0;
    std::size_t event = 0;
    bool done = false;
};

struct RingEvent {
    std::uint32_t stack = 0;
    bool freed = false;
    std::uint64_t size = 0;
};

struct Events {
    std::vector<Event> list;
    std::vector<Restore> restores;  // by record
    std::vector<RingEvent> pending;
    // Sorted: shards with an event under way, also those that a fork left half done, and
    // the contexts of those events, which a shard names if its context does not name it.
    std::vector<std::uint64_t> busy_shards;
    std::uint32_t paused_threads = 0;
    std::vector<std::uint64_t> thread_rows;  // sorted; of the threads that are known
    bool any_busy = false;                   // some thread is inside the runtime
};

bool read_events(Reading& reading, const Anchor& anchor, Events& events);

}  // namespace mt::core

#endif
