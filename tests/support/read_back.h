// SPDX-License-Identifier: MIT
//
// Reads a built table back, for tests that expect it to work or to fail.
#ifndef MEMTRACE_TESTS_SUPPORT_READ_BACK_H
#define MEMTRACE_TESTS_SUPPORT_READ_BACK_H

#include <gtest/gtest.h>

#include <string>

#include "read/reader.h"
#include "support/table_builder.h"

namespace mt::test {

// Status and table in one go, as a command does it.
inline core::Result<core::Table> try_read(FakeMemory& memory, bool blocks = true,
                                          std::uint64_t symbol = TableBuilder::kRoot) {
    const core::Result<core::Status> status = core::read_status(memory, symbol);
    if (!status) return core::fail(status.error());
    return core::read_table(memory, *status, {.blocks = blocks});
}

inline core::Table read_back(FakeMemory& memory, bool blocks = true,
                             std::uint64_t symbol = TableBuilder::kRoot) {
    core::Result<core::Table> table = try_read(memory, blocks, symbol);
    EXPECT_TRUE(table) << table.error().text;
    return table ? std::move(*table) : core::Table{};
}

// Whatever its numbers say, a small table costs little to read: counted, not timed.
inline void expect_little_was_read(const FakeMemory& memory) {
    EXPECT_LT(memory.bytes_read, 16u << 20);
    EXPECT_LT(memory.reads, 6000u);
}

// The text of the remark with this code; empty = there is none.
inline std::string remark(const core::Table& table, const std::string& code) {
    for (const core::Remark& remark : table.remarks) {
        if (remark.code == code) return remark.text;
    }
    return {};
}

inline const core::Trace* find_trace(const core::Table& table, std::uint32_t id) {
    for (const core::Trace& trace : table.traces) {
        if (trace.id == id) return &trace;
    }
    return nullptr;
}

}  // namespace mt::test

#endif
