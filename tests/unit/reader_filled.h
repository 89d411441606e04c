// SPDX-License-Identifier: MIT
//
// A sound table that has one of everything, to be damaged by tests.
#ifndef MEMTRACE_TESTS_READER_FILLED_H
#define MEMTRACE_TESTS_READER_FILLED_H

#include "support/read_back.h"

namespace mt::core {

inline constexpr std::uint64_t kBlock = 0x7f0000000010;
inline constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

// Everything that a table can have, once.
inline void fill(test::TableBuilder& builder) {
    builder.add_module("/lib/libc.so.6", 0x7f1000000000, 0x7f1000200000);
    builder.add_thread("main", test::TableBuilder::kPid);
    builder.add_shard();
    builder.add_context();
    builder.add_context();
    const std::uint32_t a = builder.add_stack({0x555555554100, 0x555555554200});
    const std::uint32_t b = builder.add_stack({0x7f1000000100, 0x555555554200}, 2);
    for (int i = 0; i < 60; ++i) builder.allocate(i % 2 == 0 ? a : b, 40, i % 2 == 0 ? 0u : 1u);
    builder.allocate_at(kBlock, a, 5ull << 30);
    builder.add_tracked(abi::kDomainLarge, kBlock, 5ull << 30, a);
}

}  // namespace mt::core

#endif
