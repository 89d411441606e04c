// SPDX-License-Identifier: MIT
//
// Ranges of the file: taken at the frontier or from those given back, under one lock that nobody
// waits for long.
#include "table/box.h"

#include <cerrno>

#include "guard/locks.h"
#include "os/pages.h"
#include "os/shared_file.h"
#include "table/root.h"

namespace mt::runtime {

BlackBox black_box;

namespace {

constexpr u64 round_up(u64 value, u64 to) { return (value + to - 1) / to * to; }

// The kernel does not say which it is where a store would be refused.
u32 reason_of(int error) {
    if (error == EFAULT) return ENOSPC;
    return error == EINVAL ? static_cast<u32>(BoxError::old_kernel) : static_cast<u32>(error);
}

}  // namespace

u64 BlackBox::take_free(u64 size, u64 alignment) {
    for (u32 i = 0; i < free_count_; ++i) {
        Range& range = free_[i];
        const u64 start = round_up(range.start, alignment);
        const u64 end = range.start + range.size;
        if (start + size > end) continue;
        const Range before = {range.start, start - range.start};
        const Range after = {start + size, end - start - size};
        range = free_[--free_count_];
        keep_free(before.start, before.size);
        keep_free(after.start, after.size);
        return start;
    }
    return 0;
}

u64 BlackBox::take_addresses(u64 size, u64 alignment) {
    if (const u64 start = take_free(size, alignment)) return start;
    const u64 start = round_up(frontier_, alignment);
    if (start + size > begin_ + size_ || start + size < start) return 0;
    keep_free(frontier_, start - frontier_);
    frontier_ = start + size;
    return start;
}

// Joined with its neighbours; where there is no place for it, it is not used again.
void BlackBox::keep_free(u64 start, u64 size) {
    if (size == 0) return;
    for (u32 i = 0; i < free_count_;) {
        const Range range = free_[i];
        if (range.start + range.size != start && start + size != range.start) {
            ++i;
            continue;
        }
        start = range.start < start ? range.start : start;
        size += range.size;
        free_[i] = free_[--free_count_];
        i = 0;
    }
    if (free_count_ < kMostFree) free_[free_count_++] = {start, size};
}

// The file's program header and its description say how far it goes.
void BlackBox::note_used(u64 end) {
    const u64 used = end - begin_;
    if (box().used >= used) return;
    publish(box().used, used);
    u64* const sizes = pointer<u64>(begin_ + kBoxSizes);
    publish(sizes[0], used);
    publish(sizes[1], used);
}

void* BlackBox::take(std::size_t size, std::size_t alignment, std::size_t filled) {
    if (begin_ == 0) return nullptr;
    size = round_up(size, kPageSize);
    u64 start = 0;
    {
        Holder holder(process_locks.box);
        if (holder) start = take_addresses(size, alignment);
        if (start == 0) {
            miss(size, static_cast<u32>(holder ? BoxError::space_used : BoxError::busy));
            return nullptr;
        }
        note_used(start + size);
    }
    auto* pages = pointer<void>(start);
    const int error = os::allow_pages(pages, size)
                          ? os::allocate_pages(pages, round_up(filled, kPageSize))
                          : ENOMEM;
    if (error == 0) return pages;
    give_back(pages, size);
    miss(size, reason_of(error));
    return nullptr;
}

bool BlackBox::fill(const void* address, std::size_t size) {
    if (!holds(address)) return true;
    const u64 start = address_of(address) / kPageSize * kPageSize;
    const u64 end = round_up(address_of(address) + size, kPageSize);
    auto* pages = pointer<void>(start);
    if (os::allocate_pages(pages, end - start) == 0 &&
        !__atomic_load_n(&is_short_, __ATOMIC_SEQ_CST))
        return true;
    // Another thread may have put memory there, and something into it, already; or be about to put
    // it where this one has just found room: who finds the disk full says so before it looks again.
    Holder holder(process_locks.box);
    if (!holder) return false;
    __atomic_store_n(&is_short_, true, __ATOMIC_SEQ_CST);
    const int error = os::allocate_pages(pages, end - start);
    if (error == 0) return true;
    miss(end - start, reason_of(error));
    return os::replace_pages(pages, end - start);
}

void BlackBox::miss(std::size_t size, u32 error) {
    if (begin_ == 0) return;
    if (box().error == 0) publish(box().error, error);
    add_shared(box().missing, size);
    publish(box().state, static_cast<u32>(BoxState::partly));
    state_ = BoxState::partly;
}

void BlackBox::clear(void* address, std::size_t size) {
    os::punch_pages(address, round_up(size, kPageSize));
}

// A range in which memory has replaced pages of the file, or that the file system cannot punch, is
// not taken again; nothing of the program's may stay there.
void BlackBox::drop_addresses(u64 start, u64 size) {
    for (u64 at = start; at < start + size; at += kPageSize) {
        os::punch_pages(pointer<void>(at), kPageSize);
    }
    os::replace_pages(pointer<void>(start), size);
}

void BlackBox::give_back(void* address, std::size_t size) {
    const u64 start = address_of(address);
    size = round_up(size, kPageSize);
    if (!os::punch_pages(address, size)) return drop_addresses(start, size);
    os::forbid_pages(address, size);
    Holder holder(process_locks.box);
    if (holder) keep_free(start, size);
}

void BlackBox::keep_root() {
    if (begin_ == 0) return;
    constexpr u64 kWords = sizeof(Root) / sizeof(u64);
    constexpr u64 kRequest = offsetof(Root, request) / sizeof(u64);
    u64* const copy = pointer<u64>(begin_ + kBoxRoot);
    const u64* const words = pointer<const u64>(address_of(&root()));
    // A request that comes meanwhile has its own event.
    for (int tries = 0; tries < 4; ++tries) {
        const u64 request = load(words[kRequest]);
        for (u64 i = 0; i < kWords; ++i) {
            if (i != kRequest) publish(copy[i], load(words[i]));
        }
        publish(copy[kRequest], request);
        if (load(words[kRequest]) == request) return;
    }
}

void BlackBox::describe(Header& h) const {
    h.box = begin_ != 0 ? begin_ + kBoxAt : 0;
    h.box_state = static_cast<u32>(state_);
    h.box_error = error_;
}

void BlackBox::lose() {
    publish(lost_, true);
    publish(begin_, 0);
    state_ = BoxState::failed;
}

void BlackBox::leave() {
    if (begin_ != 0) os::unmap_pages(pointer<void>(begin_), size_);
    begin_ = lowest_ = size_ = frontier_ = 0;
    is_short_ = false;
    free_count_ = 0;
    state_ = BoxState::parents;
    error_ = 0;
}

// What was given back, or is about to be taken, is read as the hole that it is.
bool BlackBox::become_private() {
    if (begin_ == 0) return true;
    const u64 used = frontier_ - begin_;
    auto* const there = pointer<char>(begin_);
    auto* const copy = static_cast<char*>(os::map_pages(used));
    if (copy == nullptr || !os::allow_pages(there, used)) return false;
    __builtin_memcpy(copy, there, used);
    if (!os::replace_pages(there, size_)) return false;
    __builtin_memcpy(there, copy, used);
    os::unmap_pages(copy, used);
    begin_ = lowest_ = size_ = frontier_ = 0;
    is_short_ = false;
    free_count_ = 0;
    state_ = BoxState::parents;
    return true;
}

}  // namespace mt::runtime
