// SPDX-License-Identifier: MIT
#include "table/pool.h"

#include "os/pages.h"
#include "table/memory.h"
#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u64 kChunk = kChunkBytes;
constexpr u64 kAlign = 64;
// Of a small pool's chunk. Less would not do for small programs that may ask for no more
// memory once they run (tests/programs/strict.c).
constexpr u64 kFirst = 256u << 10;

constexpr u64 round_up(u64 value, u64 to) { return (value + to - 1) / to * to; }

// In the black box it has all its addresses, mapped in part or not.
void give_chunk(void* chunk, u64 mapped) {
    give_pages(chunk, black_box.holds(chunk) ? kChunk : mapped);
}

}  // namespace

u64* Pool::beside(const u64* word, bool makes) {
    const u64 place = address_of(word) % kChunk;
    u64& second = pointer<Mapping>(address_of(word) - place)->stamps;
    if (load(second) == 0) {
        void* fresh = makes ? take_mapping(kChunk) : nullptr;
        if (fresh == nullptr) return nullptr;
        if (!exchange_if<u64>(second, 0, address_of(fresh))) give_back(fresh);
    }
    return pointer<u64>(load(second) + place);
}

void Pool::link(Mapping* mapping) {
    push_front(mappings, *mapping);
    account(mapping->counted);
}

void Pool::account(u64 bytes) {
    add_shared(bytes_, bytes);
    if (published_bytes != nullptr) add_shared(*published_bytes, bytes);
}

// Becomes one of the pool with the cursor.
Mapping* Pool::new_chunk(u64 need, u64 before) {
    u64 size = kFirst;
    while (size < kChunk && (size < need + sizeof(Mapping) || size < mapped_bytes())) size *= 2;
    auto* chunk = static_cast<Mapping*>(black_box.take(kChunk, kChunk, size));
    if (chunk == nullptr) chunk = static_cast<Mapping*>(os::map_aligned(size, kChunk));
    if (chunk == nullptr) return nullptr;
    chunk->next = before;
    chunk->address = address_of(chunk);
    chunk->size = chunk->counted = size;
    return chunk;
}

// So that `need` more bytes fit after what is mapped. False: it is whole, another mapping
// lies behind it, or there is no memory.
bool Pool::extend(Mapping& chunk, u64 need) {
    const u64 size = load(chunk.size);
    u64 wanted = size * 2;
    while (wanted < kChunk && wanted < size + need) wanted *= 2;
    if (wanted > kChunk) return false;
    if (black_box.holds(&chunk)) return extend_in_box(chunk, wanted);
    const u64 more = wanted - size;
    if (os::map_pages_at(pointer<char>(address_of(&chunk)) + size, more) == nullptr) {
        return load(chunk.size) != size;  // another thread was first
    }
    add_shared(chunk.counted, more);
    publish(chunk.size, wanted);
    account(more);
    return true;
}

// All its addresses are its own already. Several threads may come to this at once.
bool Pool::extend_in_box(Mapping& chunk, u64 wanted) {
    const u64 size = load(chunk.size);
    if (size >= wanted) return true;
    const u64 more = wanted - size;
    if (!black_box.fill(pointer<char>(address_of(&chunk)) + size, more)) return false;
    if (!exchange_if(chunk.size, size, wanted)) return true;
    add_shared(chunk.counted, more);
    account(more);
    return true;
}

void* Pool::take(std::size_t size) {
    const u64 need = round_up(size, kAlign);
    for (;;) {
        const u64 at = load(cursor);
        auto* current = pointer<Mapping>(chunk_of(at));
        if (current != nullptr && at - address_of(current) + need <= load(current->size)) {
            if (exchange_if(cursor, at, at + need)) return pointer<void>(at);
            continue;
        }
        if (current != nullptr && extend(*current, need)) continue;
        Mapping* chunk = new_chunk(need, address_of(current));
        if (chunk == nullptr) return nullptr;
        const u64 first = address_of(chunk) + sizeof(Mapping);
        if (exchange_if(cursor, at, first + need)) {
            account(chunk->counted);
            return pointer<void>(first);
        }
        give_chunk(chunk, chunk->size);  // another thread was first
    }
}

// Not linked yet. `filled`: bytes that may be written to at once; 0: what readers need nothing of,
// which stands in no black box.
Mapping* Pool::map(std::size_t size, u64 filled) {
    auto* entry = static_cast<Mapping*>(take(sizeof(Mapping)));
    if (entry == nullptr) return nullptr;
    entry->address = address_of(filled != 0 ? take_pages(size, filled) : os::map_pages(size));
    entry->size = entry->counted = size;
    return entry->address != 0 ? entry : nullptr;
}

void* Pool::take_mapping(std::size_t size, bool is_index) {
    Mapping* entry = map(size, is_index ? 0 : size);
    if (entry == nullptr) return nullptr;
    if (is_index) os::keep_out_of_cores(pointer<void>(entry->address), size);
    link(entry);
    return pointer<void>(entry->address);
}

void* Pool::take_sparse(std::size_t size, bool is_counted) {
    Mapping* entry = map(size, kPageSize);
    if (entry == nullptr) return nullptr;
    if (!is_counted) entry->counted = 0;
    link(entry);
    return pointer<void>(entry->address);
}

void* Pool::take_sparse_index(std::size_t size) {
    Mapping* entry = map(size, 0);
    if (entry == nullptr) return nullptr;
    os::keep_out_of_cores(pointer<void>(entry->address), size);
    entry->counted = 0;
    link(entry);
    return pointer<void>(entry->address);
}

void Pool::give_back(void* mapping) {
    for (auto* m = pointer<Mapping>(load(mappings)); m != nullptr; m = pointer<Mapping>(m->next)) {
        if (load(m->address) != address_of(mapping)) continue;
        // The entry stays, with its size: one of zeros is one that a core lacks. Two threads may
        // give back two mappings.
        clear_pages(mapping, m->size);
        publish(m->address, 0);
        account(-m->counted);
        m->counted = 0;
        return give_pages(mapping, m->size);
    }
}

u64 Pool::mapped_bytes() const { return load(bytes_); }

void Pool::forget(u64 size) {
    bytes_ -= size;
    if (published_bytes != nullptr) publish(*published_bytes, *published_bytes - size);
}

void Pool::release_mapping(Mapping& mapping) {
    auto* pages = pointer<void>(mapping.address);
    const u64 size = pages != nullptr ? mapping.size : 0;  // given back
    clear_pages(pages, size);
    publish(mappings, mapping.next);
    forget(mapping.counted);
    if (size != 0) give_pages(pages, size);
}

// It ends the list also while it is zeros.
void Pool::release_oldest_chunk() {
    auto* oldest = pointer<Mapping>(chunk_of(cursor));
    u64* name = &cursor;
    for (; oldest->next != 0; oldest = pointer<Mapping>(oldest->next)) name = &oldest->next;
    const u64 size = oldest->size;
    forget(oldest->counted);
    clear_pages(oldest, size);
    publish(*name, 0);
    give_chunk(oldest, size);
}

bool Pool::release_some() {
    // Entries of take_mapping lie inside chunks: they go first.
    if (mappings != 0) {
        release_mapping(*pointer<Mapping>(mappings));
    } else if (cursor != 0) {
        release_oldest_chunk();
    }
    return cursor != 0;
}

}  // namespace mt::runtime
