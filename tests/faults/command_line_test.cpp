// SPDX-License-Identifier: MIT
//
// CPython's TestCommandLine: what starts tracing from outside, before the program
// runs any code of its own. PYTHONTRACEMALLOC is MEMTRACE here; what -X does is
// mt start before run (tests/sessions, start_before_run).
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "abi/layout.h"
#include "tracee.h"

namespace mt::test {
namespace {

core::Result<core::Table> table_of(const Tracee& tracee) {
    ProcessMemory memory(tracee.pid());
    auto status = core::read_status(memory, std::stoull(tracee.output(), nullptr, 16));
    if (!status) return core::fail(std::move(status.error()));
    core::ReadOptions options;
    options.blocks = true;
    return core::read_table(memory, *status, options);
}

// The table of the program, stopped after its allocations.
core::Table table_with(const std::map<std::string, std::string>& environment) {
    Tracee tracee(
        {.program = program_path("environment"), .arguments = {}, .environment = environment});
    EXPECT_TRUE(tracee.wait_for_stop());
    auto table = table_of(tracee);
    EXPECT_TRUE(table) << table.error().text;
    tracee.resume();
    EXPECT_EQ(tracee.wait_for_exit(), 0) << "the program ran as it would have";
    return table ? std::move(*table) : core::Table();
}

core::Table table_with(const char* value) { return table_with({{"MEMTRACE", value}}); }

TEST(TestCommandLine, env_var_disabled_by_default) {
    const core::Table table = table_with(std::map<std::string, std::string>());
    EXPECT_FALSE(table.status.tracing);
    EXPECT_EQ(table.current_count, 0);
}

TEST(TestCommandLine, env_var_disabled) {
    for (const char* off : {"0", ""}) {
        const core::Table table = table_with(off);
        EXPECT_FALSE(table.status.tracing);
        EXPECT_EQ(table.status.reason, static_cast<std::uint32_t>(abi::Reason::none));
    }
}

TEST(TestCommandLine, env_var_enabled_at_startup) {
    const core::Table table = table_with("1");
    EXPECT_TRUE(table.status.tracing);
    EXPECT_EQ(table.status.frame_limit, 1);
    EXPECT_EQ(table.current_size, 123);
}

TEST(TestCommandLine, env_limit) {
    const core::Table table = table_with("10");
    EXPECT_TRUE(table.status.tracing);
    EXPECT_EQ(table.status.frame_limit, 10);
}

// CPython does not run the program then. Here its runtime belongs to others: it
// runs untraced, and mt status says why.
TEST(TestCommandLine, env_var_invalid) {
    for (const char* bad : {"-1", "1073741824", "x", "1x"}) {
        const core::Table table = table_with(bad);
        EXPECT_FALSE(table.status.tracing) << bad;
        EXPECT_EQ(table.status.reason, static_cast<std::uint32_t>(abi::Reason::bad_environment))
            << bad;
    }
}

TEST(TestCommandLine, pymem_alloc0) {
    const core::Table table = table_with("1");
    ASSERT_EQ(table.blocks.size(), 2u);
    EXPECT_EQ(table.blocks[0].size + table.blocks[1].size, 123u);
    EXPECT_EQ(table.current_count, 2);
}

std::uint64_t peek(pid_t pid, std::uint64_t address) {
    return static_cast<std::uint64_t>(ptrace(PTRACE_PEEKDATA, pid, address, nullptr));
}

// As execve leaves the stack: argc, argv, 0, envp, 0, auxv (System V ABI, 3.4.1).
bool set_auxiliary(pid_t pid, std::uint64_t type, std::uint64_t value) {
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) return false;
    std::uint64_t at = registers.rsp + 8 * (peek(pid, registers.rsp) + 2);
    while (peek(pid, at) != 0) at += 8;
    for (at += 8; peek(pid, at) != AT_NULL; at += 16)
        if (peek(pid, at) == type) return ptrace(PTRACE_POKEDATA, pid, at + 8, value) == 0;
    return false;
}

// Python ignores the variable under -E; we ignore it where the loader ignores its
// own: in a program that runs with raised privileges. The kernel says so in one
// word, which any user can set in a process of his own.
TEST(TestCommandLine, env_var_ignored_where_privileges_are_raised) {
    for (const bool raised : {false, true}) {
        Tracee tracee({.program = program_path("environment_linked"),
                       .arguments = {},
                       .environment = {{"MEMTRACE", "7"}},
                       .preload = false,
                       .ptrace = true});
        ASSERT_TRUE(tracee.wait_for_stop());  // execve
        if (raised) {
            ASSERT_TRUE(set_auxiliary(tracee.pid(), AT_SECURE, 1));
        }
        ASSERT_EQ(ptrace(PTRACE_CONT, tracee.pid(), nullptr, nullptr), 0);
        ASSERT_TRUE(tracee.wait_for_stop());
        const auto table = table_of(tracee);
        ASSERT_TRUE(table) << table.error().text;
        EXPECT_EQ(table->status.tracing, !raised);
        EXPECT_EQ(
            table->status.reason,
            static_cast<std::uint32_t>(raised ? abi::Reason::secure_process : abi::Reason::none));
    }
}

}  // namespace
}  // namespace mt::test
