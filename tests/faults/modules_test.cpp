// SPDX-License-Identifier: MIT
//
// Addresses keep the name of the library that was there.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tracee.h"

namespace mt::test {
namespace {

const core::Trace* trace_of(const core::Table& table, std::uint64_t block_size) {
    for (const core::Block& block : table.blocks) {
        if (block.size != block_size) continue;
        for (const core::Trace& trace : table.traces) {
            if (trace.id == block.stack) return &trace;
        }
    }
    return nullptr;
}

TEST(Modules, AClosedLibraryKeepsItsNameWhenAnotherTakesItsPlace) {
    Tracee tracee({.program = program_path("closed_library"),
                   .arguments = {program_path("liblibrary_a.so"), program_path("liblibrary_b.so")},
                   .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    core::Pc first[3];
    core::Module module[3];
    for (unsigned i = 0; i < 3; ++i) {
        const core::Trace* trace = trace_of(*table, 4001 + i);
        ASSERT_NE(trace, nullptr);
        first[i] = table->frames(trace->node).at(0);
        module[i] = table->modules.at(first[i].module);
    }
    ASSERT_EQ(module[0].start, module[1].start) << "the loader did not reuse the addresses";
    EXPECT_EQ(first[0].address, first[1].address);
    EXPECT_NE(module[0].path.find("liblibrary_a.so"), std::string::npos);
    EXPECT_NE(module[1].path.find("liblibrary_b.so"), std::string::npos);
    EXPECT_NE(module[0].build_id, module[1].build_id);
    EXPECT_NE(module[1].unload_sequence, 0u);
    EXPECT_NE(module[2].path.find("liblibrary_a.so"), std::string::npos);
    EXPECT_EQ(module[2].unload_sequence, 0u);
}

// Debian's redis-server is a link to redis-check-rdb, and nobody has started that.
TEST(Modules, AProgramGoesByTheNameThatItWasStartedBy) {
    const std::string link = ::testing::TempDir() + "as-started-" + std::to_string(getpid());
    ASSERT_EQ(symlink(program_path("closed_library").c_str(), link.c_str()), 0);
    Tracee tracee({.program = link,
                   .arguments = {program_path("liblibrary_a.so"), program_path("liblibrary_b.so")},
                   .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(false);
    ASSERT_TRUE(table) << table.error().text;
    const auto program =
        std::find_if(table->modules.begin(), table->modules.end(),
                     [&](const core::Module& module) { return module.path == link; });
    ASSERT_NE(program, table->modules.end());
    EXPECT_EQ(program->file, std::filesystem::canonical(link));
    for (const core::Module& module : table->modules)
        EXPECT_EQ(module.file.empty(), &module != &*program) << module.path;
    unlink(link.c_str());
}

}  // namespace
}  // namespace mt::test
