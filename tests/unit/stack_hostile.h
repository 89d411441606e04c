// SPDX-License-Identifier: MIT
//
// Memory and code that no unwind table describes, to walk from and through. For
// tests only.
#ifndef MEMTRACE_TESTS_UNIT_STACK_HOSTILE_H
#define MEMTRACE_TESTS_UNIT_STACK_HOSTILE_H

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "stack_capture.h"

namespace mt::test {

class Mapping {
  public:
    explicit Mapping(std::size_t size, int protection = PROT_READ | PROT_WRITE) : size_(size) {
        start_ =
            static_cast<char*>(mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    }
    Mapping(const Mapping&) = delete;
    ~Mapping() { munmap(start_, size_); }
    char* bytes() const { return start_; }
    u64 at(std::size_t offset) const { return reinterpret_cast<u64>(start_) + offset; }
    void protect(std::size_t offset, std::size_t size, int protection) const {
        mprotect(start_ + offset, size, protection);
    }
    void write(std::size_t offset, std::initializer_list<u64> words) const {
        std::memcpy(start_ + offset, words.begin(), words.size() * 8);
    }

  private:
    std::size_t size_;
    char* start_;
};

// Code that no unwind table describes. `body` ends with a call of its first
// argument; what follows undoes the frame.
class Jit {
  public:
    explicit Jit(std::initializer_list<unsigned char> code) {
        std::memcpy(page_.bytes(), code.begin(), code.size());
        page_.protect(0, 4096, PROT_READ | PROT_EXEC);
    }
    void call(Action action, u64 argument = 0) const {
        reinterpret_cast<void (*)(Action, u64)>(page_.at(0))(action, argument);
    }
    bool contains(u64 pc) const { return pc >= page_.at(0) && pc < page_.at(4096); }
    u64 at(std::size_t offset) const { return page_.at(offset); }

  private:
    Mapping page_{4096};
};

// push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
inline const std::initializer_list<unsigned char> kWithFrame = {0x55, 0x48, 0x89, 0xe5,
                                                                0xff, 0xd7, 0x5d, 0xc3};
// sub $8,%rsp; call *%rdi; add $8,%rsp; ret
inline const std::initializer_list<unsigned char> kWithoutFrame = {
    0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48, 0x83, 0xc4, 0x08, 0xc3};
// push %rbp; mov %rsi,%rbp; call *%rdi; pop %rbp; ret
inline const std::initializer_list<unsigned char> kGivenFramePointer = {0x55, 0x48, 0x89, 0xf5,
                                                                        0xff, 0xd7, 0x5d, 0xc3};

class Hostile : public ::testing::Test {
  protected:
    Hostile() { current_capture = capture_.get(); }
    ~Hostile() override { current_capture = nullptr; }
    std::unique_ptr<Capture> capture_ = std::make_unique<Capture>();
};

}  // namespace mt::test

#endif
