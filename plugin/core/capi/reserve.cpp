// SPDX-License-Identifier: MIT
//
// The core's own operator new, with a little memory kept back. nlohmann::json allocates in
// its destructors: where there is no memory, an exception that unwinds through them (or a
// failure in one of them) would end the debugger. core_faults_test goes through it all.
#include "capi/reserve.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>

namespace mt::core {

void* (*g_allocate)(std::size_t size) = std::malloc;

namespace {

constexpr std::size_t kHalf = 512 * 1024;   // untouched it costs nothing
constexpr std::size_t kLargest = 8 * 1024;  // what one block may have of it
constexpr std::size_t kAlignment = 16;

// Blocks one after another; what was given back last can be had again, and all of it once
// nothing is used any more.
class Half {
  public:
    void* take(std::size_t size) {
        const Lock lock(busy_);
        if (size > kHalf - used_) return nullptr;
        void* const block = bytes_ + used_;
        last_ = used_;
        used_ += size;
        ++blocks_;
        return block;
    }
    bool owns(const void* block) const { return block >= bytes_ && block < bytes_ + kHalf; }
    void give(void* block) {
        const Lock lock(busy_);
        if (block == bytes_ + last_) used_ = last_;
        if (--blocks_ == 0) used_ = last_ = 0;
    }

  private:
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

    alignas(kAlignment) char bytes_[kHalf] = {};
    std::size_t used_ = 0, last_ = 0;
    std::size_t blocks_ = 0;
    std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};

// One for work that goes on, the other one while an exception is under way.
Half g_work, g_unwinding;

void* allocate(std::size_t size) {
    if (void* const block = g_allocate(size == 0 ? 1 : size)) return block;
    Half& half = std::uncaught_exceptions() > 0 ? g_unwinding : g_work;
    if (size <= kLargest)
        if (void* const block = half.take((size + kAlignment) / kAlignment * kAlignment))
            return block;
    throw std::bad_alloc();
}

void release(void* block) noexcept {
    if (g_work.owns(block))
        g_work.give(block);
    else if (g_unwinding.owns(block))
        g_unwinding.give(block);
    else
        std::free(block);
}

}  // namespace
}  // namespace mt::core

void* operator new(std::size_t size) { return mt::core::allocate(size); }
void* operator new[](std::size_t size) { return mt::core::allocate(size); }
void operator delete(void* block) noexcept { mt::core::release(block); }
void operator delete[](void* block) noexcept { mt::core::release(block); }
void operator delete(void* block, std::size_t) noexcept { mt::core::release(block); }
void operator delete[](void* block, std::size_t) noexcept { mt::core::release(block); }
