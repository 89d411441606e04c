// SPDX-License-Identifier: MIT
//
// How the table is written: whole words, in an order that a reader may rely on
// at every instruction (docs/invariants.md). The compiler may not reorder across them.
#ifndef MEMTRACE_TABLE_PUBLISH_H
#define MEMTRACE_TABLE_PUBLISH_H

#include "abi/layout.h"

namespace mt::runtime {

using namespace mt::abi;

template <typename T>
T load(const T& word) {
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}
template <typename T, typename U>
void publish(T& word, U value) {
    __atomic_store_n(&word, static_cast<T>(value), __ATOMIC_RELEASE);
}
template <typename T>
bool exchange_if(T& word, T expected, T desired) {
    return __atomic_compare_exchange_n(&word, &expected, desired, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}
// For words that several threads add to, off the hot path.
inline void add_shared(u64& word, u64 amount) {
    __atomic_fetch_add(&word, amount, __ATOMIC_RELAXED);
}
// For words of one writer: whole for any reader, no lock prefix.
template <typename T>
void add_own(T& word, T amount) {
    __atomic_store_n(&word, static_cast<T>(__atomic_load_n(&word, __ATOMIC_RELAXED) + amount),
                     __ATOMIC_RELEASE);
}
// Bytes and count, in neighbouring words: one 16-byte load or store, so that a
// stopped thread has changed both or none. Of one writer; `first` is aligned to 16. Running
// threads that read the words see each whole, and nothing is published by it. C++ has no
// atomic of that kind that needs no library: so ThreadSanitizer, which knows atomics only,
// is not to look at these two accesses (table_storm_test).
using Pair [[gnu::vector_size(16)]] = u64;
[[gnu::no_sanitize_thread]] inline Pair load_pair(const u64& first) {
    return *reinterpret_cast<const volatile Pair*>(&first);
}
[[gnu::no_sanitize_thread]] inline void publish_pair(u64& first, Pair value) {
    *reinterpret_cast<volatile Pair*>(&first) = value;
}
inline void add_own(u64& bytes, u64 amount, u64 count) {
    publish_pair(bytes, load_pair(bytes) + Pair{amount, count});
}

// Stores before stay before, for a signal handler and for a stopped thread.
inline void keep_order() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

template <typename T>
T* pointer(u64 address) {
    return reinterpret_cast<T*>(address);
}
inline u64 address_of(const void* p) { return reinterpret_cast<u64>(p); }

// A new item, otherwise complete, into a list that grows at its front only.
template <typename T>
void push_front(u64& head, T& item) {
    do item.next = load(head);
    while (!exchange_if<u64>(head, item.next, address_of(&item)));
}

}  // namespace mt::runtime

#endif
