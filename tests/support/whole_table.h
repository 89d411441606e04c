// SPDX-License-Identifier: MIT
//
// What holds for every table between events: counters and blocks say the same.
#ifndef MEMTRACE_TESTS_WHOLE_TABLE_H
#define MEMTRACE_TESTS_WHOLE_TABLE_H

#include <gtest/gtest.h>

#include "model/snapshot.h"

namespace mt::test {

inline void expect_whole(const core::Table& table) {
    std::int64_t sum = 0;
    for (const core::Block& block : table.blocks) sum += static_cast<std::int64_t>(block.size);
    EXPECT_EQ(table.current_size, sum);
    EXPECT_EQ(table.current_count, static_cast<std::int64_t>(table.blocks.size()));
    EXPECT_EQ(table.in_flight, 0u);
}

}  // namespace mt::test

#endif
