// SPDX-License-Identifier: MIT
#include "attach/records.h"

#include "table/header.h"

namespace mt::runtime {

Redirected* Records::of(u64* word) {
    Redirected* free_one = nullptr;
    for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
        for (Redirected& one : chunk->records) {
            if (one.word == word) return &one;
            if (one.word == nullptr && free_one == nullptr) free_one = &one;
        }
    }
    if (free_one != nullptr) return free_one;
    auto* chunk = static_cast<Chunk*>(process_pool.take_mapping(sizeof(Chunk)));
    if (chunk == nullptr) return nullptr;
    chunk->next = first_;
    first_ = chunk;
    return &chunk->records[0];
}

}  // namespace mt::runtime
