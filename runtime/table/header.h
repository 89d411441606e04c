// SPDX-License-Identifier: MIT
//
// The root in .data and the header in its own mapping: where a reader begins.
#ifndef MEMTRACE_TABLE_HEADER_H
#define MEMTRACE_TABLE_HEADER_H

#include "abi/layout.h"
#include "table/pool.h"
#include "table/root.h"

namespace mt::runtime {

// Memory of what survives a clear: depot, modules, threads, contexts.
extern Pool process_pool;
// Not the table's; it is here because the header tells where it is. See hooks/bootstrap.h.
extern __attribute__((visibility("hidden"))) char bootstrap_arena[abi::kBootstrapBytes];

// nullptr until make_header has succeeded once.
abi::Header* header();
// Maps and publishes it. False: no memory. Callers hold the state lock.
bool make_header();
// In a fork's child that may not use its parent's: as if there had never been one.
void forget_header();

// The chunk of an append-only directory that holds record `index`, made on
// first use; nullptr: no memory or beyond the directory.
template <typename T>
T* directory_record(abi::u64* chunks, abi::u32 chunk_count, abi::u32 per_chunk, abi::u64 index);

}  // namespace mt::runtime

#include "table/publish.h"

namespace mt::runtime {

template <typename T>
T* directory_record(abi::u64* chunks, abi::u32 chunk_count, abi::u32 per_chunk, abi::u64 index) {
    const u64 chunk = index / per_chunk;
    if (chunk >= chunk_count) return nullptr;
    u64 at = load(chunks[chunk]);
    if (at == 0) {
        void* fresh = process_pool.take_mapping(per_chunk * sizeof(T));
        if (fresh == nullptr) return nullptr;
        if (!exchange_if<u64>(chunks[chunk], 0, address_of(fresh))) {
            fresh = pointer<void>(load(chunks[chunk]));
        }
        at = address_of(fresh);
    }
    return pointer<T>(at) + index % per_chunk;
}

}  // namespace mt::runtime

#endif
