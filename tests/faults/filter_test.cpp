// SPDX-License-Identifier: MIT
//
// Programs that forbid themselves system calls run on, and their blocks are known.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>

#include "against_ledger.h"
#include "filter.h"
#include "same.h"
#include "tracee.h"

namespace mt::test {
namespace {

constexpr Sizes kOwn = {LEDGER_OWN, LEDGER_OWN_END - 1};

class Filter : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Filter, AllowsWhatTheAllocatorAndThreadsNeed) {
    Tracee tracee(
        {.program = program_path("filtered"), .arguments = GetParam(), .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop()) << "the filter ended the program";
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book(), kOwn);
    for (const core::Trace& trace : table->traces) EXPECT_NE(trace.end, core::End::broken);
    const auto is_program = [](const core::Module& module) {
        return module.path == program_path("filtered");
    };
    EXPECT_TRUE(std::any_of(table->modules.begin(), table->modules.end(), is_program));
}

using Words = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Way, Filter,
                         testing::Values(Words{"kill"}, Words{"trap", "fork"}, Words{"refuse"},
                                         Words{"kill", "alone"}, Words{"kill", "late", "fork"},
                                         Words{"kill", "late", "alone"},
                                         Words{"kill", "bare", "fork"},
                                         Words{"trap", "bare", "late", "alone"}),
                         [](const auto& way) {
                             std::string name;
                             for (const std::string& word : way.param) name += word + "_";
                             return name.substr(0, name.size() - 1);
                         });

// What the loader and a program of one thread need, and nothing that only we would call.
void inherit_filter() {
    static const int allowed[] = {SYS_execve,
                                  SYS_brk,
                                  SYS_arch_prctl,
                                  SYS_mmap,
                                  SYS_munmap,
                                  SYS_mprotect,
                                  SYS_access,
                                  SYS_openat,
                                  SYS_read,
                                  SYS_pread64,
                                  SYS_newfstatat,
                                  SYS_close,
                                  SYS_rseq,
                                  SYS_futex,
                                  SYS_set_tid_address,
                                  SYS_prlimit64,
                                  SYS_set_robust_list,
                                  SYS_getrandom,
                                  SYS_madvise,
                                  SYS_mremap,
                                  SYS_write,
                                  SYS_fstat,
                                  SYS_exit_group};
    if (filter_all_but(allowed, std::size(allowed), FILTER_KILLS) != 0) _exit(126);
}

TEST(InheritedFilter, AllowsWhatTheLoaderAndTheAllocatorNeed) {
    const Ending ending = expect_same({.program = program_path("family_matrix"),
                                       .arguments = {"run"},
                                       .in_child = inherit_filter});
    EXPECT_EQ(ending.status, 0) << described(ending);
    EXPECT_NE(ending.output.find("pvalloc"), std::string::npos);
}

// What is mapped already must do. More than this needs pages that cannot be had any more,
// and the kernel ends the program: docs/limits.md.
TEST(StrictFilter, SmallProgramsLive) {
    for (const char* count : {"100", "10000"}) {
        const Ending ending =
            expect_same({.program = program_path("strict"), .arguments = {count}});
        EXPECT_EQ(ending.status, 0) << count << ": " << described(ending);
        EXPECT_EQ(ending.output, "done\n");
    }
}

}  // namespace
}  // namespace mt::test
