// SPDX-License-Identifier: MIT
//
// The black box: the table's memory as a file that outlives the process, whatever ends it. One
// range of addresses is the file's from the start; a piece of it is used once the disk has room for
// it, so that no store is ever refused (SIGBUS). What finds no room is ordinary memory, counted.
// Decides nothing about what is kept in it. See docs/decisions/0016-black-box.md.
#ifndef MEMTRACE_TABLE_BOX_H
#define MEMTRACE_TABLE_BOX_H

#include <cstddef>

#include "abi/layout.h"
#include "table/publish.h"

namespace mt::runtime {

class BlackBox {
  public:
    // Makes the file, at process start or in a fork's child. `pattern` is a path, of `length`
    // characters, in which %p is the process's number. What stands there is kept as PATH.old if it
    // is a black box whose process has ended; one that runs keeps its place, and this is PATH.PID.
    void open(const char* pattern, u32 length);
    bool is_open() const { return begin_ != 0; }
    // Its file was cut: what stood there is gone, and nobody looks there any more.
    void lose();
    bool is_lost() const { return lost_; }
    // Also after it was lost, when somebody may still be on the way there.
    bool holds(const void* address) const {
        return __builtin_expect(address_of(address) - lowest_ < size_, 0);
    }

    // A range of zeros, of which the first `filled` bytes may be written to; the rest once fill()
    // has been asked. nullptr: none can be had, counted as missing.
    void* take(std::size_t size, std::size_t alignment, std::size_t filled);
    // The range may be written to; what the disk has no room for has become memory. Also of what is
    // not in the box, where there is nothing to do. False: there is no memory either.
    bool fill(const void* address, std::size_t size);
    // Reads as zeros again, if the file system can do that.
    void clear(void* address, std::size_t size);
    // May be taken again; nobody uses it.
    void give_back(void* address, std::size_t size);
    // Has taken memory of its own instead: `size` bytes of the table are not in the file.
    void miss(std::size_t size, u32 error);

    // The file's copy of the root, which readers of the file have no other of.
    void keep_root();
    // What the header says of it.
    void describe(Header& header) const;

    // In a fork's child, which must not write into its parent's. Where nobody will look again:
    void leave();
    // Where somebody still may: all of it becomes the child's own memory, as it is now. False:
    // there is none for that.
    bool become_private();

  private:
    struct Range {
        u64 start, size;
    };
    static constexpr u32 kMostFree = 128;

    Box& box() const { return *pointer<Box>(begin_ + kBoxAt); }
    void fail(u32 error);
    void write_file();
    void write_notes();
    u64 take_addresses(u64 size, u64 alignment);
    u64 take_free(u64 size, u64 alignment);
    void keep_free(u64 start, u64 size);
    void note_used(u64 end);
    void drop_addresses(u64 start, u64 size);

    u64 begin_ = 0;   // 0: there is none, or it is lost
    u64 lowest_ = 0;  // the same, but that it stays then
    u64 size_ = 0;
    u64 frontier_ = 0;  // nothing was ever taken from here on
    u32 free_count_ = 0;
    bool lost_ = false;
    bool is_short_ =
        false;  // some page found no room: from then on pages are opened under the lock
    BoxState state_ = BoxState::none;
    u32 error_ = 0;
    Range free_[kMostFree] = {};
};
extern __attribute__((visibility("hidden"))) BlackBox black_box;

}  // namespace mt::runtime

#endif
