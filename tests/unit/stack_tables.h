// SPDX-License-Identifier: MIT
//
// Unwind tables made by hand, byte by byte, in blocks of exactly their size, so
// that AddressSanitizer sees a byte too far. For tests only.
#ifndef MEMTRACE_TESTS_UNIT_STACK_TABLES_H
#define MEMTRACE_TESTS_UNIT_STACK_TABLES_H

#include <cstring>
#include <memory>
#include <vector>

#include "stack/bytes.h"

namespace mt::test {

using runtime::stack::Span;
using runtime::stack::u32;
using runtime::stack::u64;
using runtime::stack::u8;

using Code = std::vector<u8>;

inline Code operator+(Code left, const Code& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline Code word(u32 value) {
    Code code(4);
    std::memcpy(code.data(), &value, 4);
    return code;
}

inline Code uleb(u64 value) {
    Code code;
    do {
        code.push_back(static_cast<u8>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
        value >>= 7;
    } while (value != 0);
    return code;
}

// Bytes on the heap, not one more than given.
class Block {
  public:
    explicit Block(const Code& code) : bytes_(new u8[code.size()]), size_(code.size()) {
        if (size_ != 0) std::memcpy(bytes_.get(), code.data(), size_);
    }
    Span span() const { return {at(0), at(size_)}; }
    u64 at(u64 offset) const { return reinterpret_cast<u64>(bytes_.get()) + offset; }

  private:
    std::unique_ptr<u8[]> bytes_;
    u64 size_;
};

inline constexpr u64 kStart = 0x10000;

// What every compiler's CIE says: frame = rsp + 8, return address right below it.
inline const Code kInitial = {0x0c, 7, 8, 0x80 | 16, 1};

}  // namespace mt::test

#endif
