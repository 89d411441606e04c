// SPDX-License-Identifier: MIT
//
// The core's own operator new, with a little memory kept back. nlohmann::json allocates in
// its destructors: where there is no memory, an exception that unwinds through them (or a
// failure in one of them) would end the debugger. core_faults_test goes through it all.
#include "capi/reserve.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>
#include <utility>

#include "model/poll.h"

namespace mt::core {

void* (*g_allocate)(std::size_t size) = std::malloc;

namespace {

constexpr std::size_t kHalf = std::size_t{512} << 10;   // untouched it costs nothing
constexpr std::size_t kLargest = std::size_t{8} << 10;  // what one block of work may have of it
constexpr std::size_t kAlignment = 16;
constexpr std::size_t kLargestWhole = kLargest + kAlignment;  // with its size

// Blocks one after another, each behind its size. What was given back can be had again by
// blocks of that size, and where there is no more room behind the last one, free blocks that
// lie side by side become one. A static of the core, or a snapshot that is kept, may hold a
// block for ever: to wait until nothing is used would not do.
class Half {
  public:
    void* take(std::size_t size) {
        if (size > kHalf) return nullptr;
        const std::size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment + kAlignment;
        const Lock lock(busy_);
        Block* block = take_free(whole);
        if (block == nullptr) block = take_behind(whole);
        if (block == nullptr) block = put_together(whole);
        if (block == nullptr) block = take_behind(whole);
        if (block == nullptr) return nullptr;
        ++blocks_;
        return reinterpret_cast<char*>(block) + kAlignment;
    }
    bool owns(const void* bytes) const { return bytes >= bytes_ && bytes < bytes_ + kHalf; }
    void give(void* bytes) {
        auto* const block = reinterpret_cast<Block*>(static_cast<char*>(bytes) - kAlignment);
        const Lock lock(busy_);
        give_free(block);
        if (--blocks_ == 0) {
            used_ = 0;
            std::fill(std::begin(free_), std::end(free_), nullptr);
        }
    }
    std::size_t take_most_used() {
        const Lock lock(busy_);
        return std::exchange(most_used_, used_);
    }

  private:
    struct Block {
        std::uint32_t whole;  // bytes, with these
        bool is_free;
        Block* next;  // of the free ones of this size
    };
    static_assert(sizeof(Block) <= kAlignment);
    struct Lock {
        explicit Lock(std::atomic_flag& held) : flag(held) {
            while (flag.test_and_set(std::memory_order_acquire)) {
            }
        }
        ~Lock() { flag.clear(std::memory_order_release); }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        std::atomic_flag& flag;
    };

    Block* at(std::size_t place) { return reinterpret_cast<Block*>(bytes_ + place); }
    Block* make(std::size_t place, std::size_t whole) {
        return new (at(place)) Block{static_cast<std::uint32_t>(whole), false, nullptr};
    }
    Block* take_free(std::size_t whole) {
        if (whole > kLargestWhole || free_[whole / kAlignment] == nullptr) return nullptr;
        Block*& first = free_[whole / kAlignment];
        Block* const block = std::exchange(first, first->next);
        block->is_free = false;
        return block;
    }
    void give_free(Block* block) {
        block->is_free = true;
        if (block->whole > kLargestWhole) return;  // put_together() finds it
        block->next = std::exchange(free_[block->whole / kAlignment], block);
    }
    Block* take_behind(std::size_t whole) {
        if (whole > kHalf - used_) return nullptr;
        Block* const block = make(used_, whole);
        used_ += whole;
        most_used_ = std::max(most_used_, used_);
        return block;
    }
    // The first place of that size among them, if there is one.
    Block* put_together(std::size_t whole) {
        std::fill(std::begin(free_), std::end(free_), nullptr);
        Block* found = nullptr;
        for (std::size_t place = 0, end = 0; place < used_; place = end) {
            while (end < used_ && at(end)->is_free) end += at(end)->whole;
            if (end == place) {
                end += at(place)->whole;
            } else if (end == used_) {
                used_ = place;
            } else if (found == nullptr && end - place >= whole) {
                found = make(place, whole);
                if (end > place + whole) give_free(make(place + whole, end - place - whole));
            } else {
                give_free(make(place, end - place));
            }
        }
        return found;
    }

    alignas(kAlignment) char bytes_[kHalf] = {};
    Block* free_[kLargestWhole / kAlignment + 1] = {};  // by size
    std::size_t used_ = 0, most_used_ = 0;
    std::size_t blocks_ = 0;
    std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};

// One for work that goes on until it asks whether it may (model/poll.h), the other one while
// an exception is under way.
Half g_work, g_unwinding;

void* allocate(std::size_t size) {
    if (void* const block = g_allocate(size == 0 ? 1 : size)) return block;
    const bool unwinds = std::uncaught_exceptions() > 0;
    if (!unwinds) g_reserve_is_used.store(true, std::memory_order_relaxed);
    if (unwinds || size <= kLargest)
        if (void* const block = (unwinds ? g_unwinding : g_work).take(size)) return block;
    throw std::bad_alloc();
}

// Who asks so can do without: a sort's buffer.
void* try_to_allocate(std::size_t size) noexcept { return g_allocate(size == 0 ? 1 : size); }

void release(void* block) noexcept {
    if (g_work.owns(block))
        g_work.give(block);
    else if (g_unwinding.owns(block))
        g_unwinding.give(block);
    else
        std::free(block);
}

}  // namespace

std::pair<std::size_t, std::size_t> take_most_used() {
    return {g_work.take_most_used(), g_unwinding.take_most_used()};
}

}  // namespace mt::core

void* operator new(std::size_t size) { return mt::core::allocate(size); }
void* operator new[](std::size_t size) { return mt::core::allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return mt::core::try_to_allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return mt::core::try_to_allocate(size);
}
void operator delete(void* block) noexcept { mt::core::release(block); }
void operator delete[](void* block) noexcept { mt::core::release(block); }
void operator delete(void* block, std::size_t) noexcept { mt::core::release(block); }
void operator delete[](void* block, std::size_t) noexcept { mt::core::release(block); }
