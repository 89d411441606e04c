// SPDX-License-Identifier: MIT
//
// The shards: counters per traceback, summed over the threads, as they were
// before each event that was not committed. While sampling, the figures of a
// traceback are what its sample stands for; sums are exact all the same. Knows no
// frames and no blocks.
#ifndef MEMTRACE_CORE_READ_COUNTERS_H
#define MEMTRACE_CORE_READ_COUNTERS_H

#include <cstdint>
#include <vector>

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/events.h"

namespace mt::core {

// Sums of one shard, as they stand there.
struct ShardSums {
    std::uint64_t address = 0;
    std::uint64_t alloc_bytes = 0, alloc_count = 0, free_bytes = 0, free_count = 0;
};

// A record of one shard.
struct ShardTrace {
    std::uint64_t shard = 0;  // address
    ThreadTrace part;         // without its thread
};

struct Counters {
    std::vector<Trace> traces;  // by id once summed; only id and figures are filled
    std::int64_t current_size = 0, current_count = 0;
    std::int64_t peak_size = 0, peak_count = 0;
    std::uint64_t untracked_frees = 0;
    std::uint32_t active_shards = 0;  // with events
    std::uint64_t events = 0;         // of all shards
    std::vector<ShardSums> shards;    // by address
    std::vector<ShardTrace> by_shard;
    // While sampling: what is in the sample, and its weights (abi/weight.h), as recorded.
    std::vector<Trace> sampled, weighted;
    bool has_records = false;       // else only the sums
    bool peak_is_recorded = false;  // else the peak is now
};

// With records == false only the sums: no traces, and peak_count stays 0. With
// by_shard also what each shard holds for itself.
bool read_counters(Reading& reading, const Anchor& anchor, bool records, bool by_shard,
                   Events& events, Counters& counters);

// How many events the shards have counted by now: another number than in the
// counters means that the program runs.
bool count_events(Reading& reading, const Anchor& anchor, std::uint64_t& events);

}  // namespace mt::core

#endif
