// SPDX-License-Identifier: MIT
#include "table/pool.h"

#include "os/pages.h"
#include "table/publish.h"

namespace mt::runtime {
namespace {

constexpr u64 kChunk = kChunkBytes;
constexpr u64 kAlign = 64;
// Of a small pool's chunk. Less would not do for small programs that may ask for no more
// memory once they run (tests/programs/strict.c).
constexpr u64 kFirst = 256u << 10;

constexpr u64 round_up(u64 value, u64 to) { return (value + to - 1) / to * to; }

}  // namespace

struct Pool::Mapping {
    Mapping* next;
    void* address;
    u64 size;
    u64 counted;  // of it in mapped_bytes
    u64 stamps;   // of a chunk: what beside() is about
    u64 reserved[3];
};

u64* Pool::beside(const u64* word, bool makes) {
    static_assert(sizeof(Mapping) == sizeof(Chunk));
    static_assert(offsetof(Mapping, stamps) == offsetof(Chunk, stamps));
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
    Mapping* head = load(mappings_);
    do {
        mapping->next = head;
    } while (!__atomic_compare_exchange_n(&mappings_, &head, mapping, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    account(mapping->counted);
}

void Pool::account(u64 bytes) {
    add_shared(bytes_, bytes);
    if (published_bytes != nullptr) add_shared(*published_bytes, bytes);
}

Pool::Mapping* Pool::new_chunk(u64 need) {
    u64 size = kFirst;
    while (size < kChunk && (size < need + sizeof(Mapping) || size < mapped_bytes())) size *= 2;
    auto* chunk = static_cast<Mapping*>(os::map_aligned(size, kChunk));
    if (chunk == nullptr) return nullptr;
    chunk->address = chunk;
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
    const u64 more = wanted - size;
    if (os::map_pages_at(pointer<char>(address_of(&chunk)) + size, more) == nullptr) {
        return load(chunk.size) != size;  // another thread was first
    }
    add_shared(chunk.counted, more);
    publish(chunk.size, wanted);
    account(more);
    return true;
}

void* Pool::take(std::size_t size) {
    const u64 need = round_up(size, kAlign);
    u64 at = load(cursor_);
    for (;;) {
        auto* current = at % kChunk != 0 ? pointer<Mapping>(at - at % kChunk) : nullptr;
        if (current != nullptr && at % kChunk + need <= load(current->size)) {
            // at + need may be the chunk's end: then at % kChunk == 0, "none left".
            if (__atomic_compare_exchange_n(&cursor_, &at, at + need, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_ACQUIRE)) {
                return pointer<void>(at);
            }
            continue;
        }
        if (current != nullptr && extend(*current, need)) continue;
        Mapping* chunk = new_chunk(need);
        if (chunk == nullptr) return nullptr;
        const u64 first = address_of(chunk) + sizeof(Mapping);
        if (__atomic_compare_exchange_n(&cursor_, &at, first + need, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            link(chunk);
            return pointer<void>(first);
        }
        os::unmap_pages(chunk, chunk->size);  // another thread was first
        at = load(cursor_);
    }
}

// Not linked yet.
Pool::Mapping* Pool::map(std::size_t size) {
    auto* entry = static_cast<Mapping*>(take(sizeof(Mapping)));
    if (entry == nullptr) return nullptr;
    entry->address = os::map_pages(size);
    entry->size = entry->counted = size;
    return entry->address != nullptr ? entry : nullptr;
}

void* Pool::take_mapping(std::size_t size, bool is_index) {
    Mapping* entry = map(size);
    if (entry == nullptr) return nullptr;
    if (is_index) os::keep_out_of_cores(entry->address, size);
    link(entry);
    return entry->address;
}

void* Pool::take_sparse(std::size_t size) {
    Mapping* entry = map(size);
    if (entry == nullptr) return nullptr;
    entry->counted = 0;
    link(entry);
    return entry->address;
}

void* Pool::take_sparse_index(std::size_t size) {
    void* index = take_sparse(size);
    if (index != nullptr) os::keep_out_of_cores(index, size);
    return index;
}

void Pool::give_back(void* mapping) {
    for (Mapping* m = load(mappings_); m != nullptr; m = m->next) {
        if (load(m->address) != mapping || mapping == m) continue;
        // The entry stays, of nothing. Two threads may give back two mappings.
        const u64 size = m->size;
        publish(m->address, nullptr);
        m->size = 0;
        account(-m->counted);
        m->counted = 0;
        return os::unmap_pages(mapping, size);
    }
}

u64 Pool::mapped_bytes() const { return load(bytes_); }

void Pool::forget(u64 size) {
    bytes_ -= size;
    if (published_bytes != nullptr) publish(*published_bytes, *published_bytes - size);
}

bool Pool::release_some() {
    // Entries of take_mapping lie inside chunks: they go first, the chunks last.
    Mapping** from = &mappings_;
    for (Mapping* m = mappings_; m != nullptr; from = &m->next, m = m->next) {
        if (m->address == m) continue;
        *from = m->next;
        forget(m->counted);
        os::unmap_pages(m->address, m->size);
        return true;
    }
    Mapping* chunk = mappings_;
    if (chunk == nullptr) return false;
    mappings_ = chunk->next;
    forget(chunk->counted);
    os::unmap_pages(chunk->address, chunk->size);
    return mappings_ != nullptr;
}

}  // namespace mt::runtime
