// SPDX-License-Identifier: MIT
#include "table/threads.h"

#include "table/header.h"
#include "table/losses.h"

namespace mt::runtime {
namespace {

constexpr u64 kRows = u64{kThreadChunks} * kThreadsPerChunk;
u64 threads_seen = 0;

Thread* row_at(u64 i) {
    return directory_record<Thread>(header()->thread_chunk, kThreadChunks, kThreadsPerChunk, i);
}

// Serials begin at 2; 1 is the row of all that ended.
void fill(Thread& row, u32 tid, const char (&name)[16]) {
    publish(row.serial, 0);
    const u64 seen = __atomic_fetch_add(&threads_seen, 1, __ATOMIC_RELAXED);
    row.tid = tid;
    name_thread(row, name);
    row.start_sequence = seen;
    row.generation = 0;
    row.shard = 0;
    publish(row.serial, static_cast<u32>(seen + 2));
}

void fold(const Thread& ended) {
    Thread* sum = row_at(0);
    if (sum == nullptr) return;
    if (load(sum->serial) == 0) {
        constexpr char kName[] = "exited";
        for (u32 i = 0; i < sizeof(kName); ++i) sum->comm[i] = kName[i];
        sum->flags = kThreadExited;
        publish(sum->serial, 1);
    }
    if ((ended.generation - sum->generation) >> 31 != 0) return;  // before a clear
    if (sum->generation != ended.generation) {
        sum->alloc_bytes = sum->alloc_count = sum->free_bytes = sum->free_count = 0;
        publish(sum->generation, ended.generation);
    }
    add_shared(sum->alloc_bytes, ended.alloc_bytes - ended.first_alloc_bytes);
    add_shared(sum->alloc_count, ended.alloc_count - ended.first_alloc_count);
    add_shared(sum->free_bytes, ended.free_bytes - ended.first_free_bytes);
    add_shared(sum->free_count, ended.free_count - ended.first_free_count);
}

}  // namespace

Thread* add_thread(u32 tid, const char (&name)[16], Thread* ended) {
    u64 at = load(header()->thread_count);
    while (at < kRows && !exchange_if(header()->thread_count, at, at + 1)) {
        at = load(header()->thread_count);
    }
    Thread* row = at < kRows ? row_at(at) : ended;
    if (row == nullptr) {
        count_loss(LossKind::threads_full);
        return nullptr;
    }
    if (at >= kRows) fold(*row);
    fill(*row, tid, name);
    return row;
}

void forget_threads() { publish(threads_seen, 0); }

void name_thread(Thread& row, const char (&name)[16]) {
    for (u32 i = 0; i < sizeof(row.comm); ++i) row.comm[i] = name[i];
}

void begin_counting(Thread& row, u32 generation, const Shard& shard) {
    publish(row.generation, 0);  // nothing counts while the rest is written
    row.first_alloc_bytes = shard.alloc_bytes;
    row.first_alloc_count = shard.alloc_count;
    row.first_free_bytes = shard.free_bytes;
    row.first_free_count = shard.free_count;
    publish(row.shard, address_of(&shard));
    publish(row.generation, generation);
}

void end_counting(Thread& row, const Shard& shard) {
    if (row.shard != address_of(&shard)) return;
    row.alloc_bytes = shard.alloc_bytes;
    row.alloc_count = shard.alloc_count;
    row.free_bytes = shard.free_bytes;
    row.free_count = shard.free_count;
    publish(row.shard, 0);  // at once: the same figures stand in both places
}

}  // namespace mt::runtime
