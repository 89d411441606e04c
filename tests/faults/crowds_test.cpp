// SPDX-License-Identifier: MIT
//
// Threads against each other: loader, exceptions, forks, too few cores, one address for all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "against_ledger.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
constexpr Sizes kKeepers{20000, 29999};

std::string storm(const std::string& program, const std::vector<std::string>& arguments) {
    Tracee tracee({.program = program_path(program), .arguments = arguments, .environment = {}});
    EXPECT_TRUE(tracee.wait_for_stop()) << "the program failed, or hung";
    const auto table = tracee.table(true);
    EXPECT_TRUE(table) << table.error().text;
    if (table) expect_equal(*table, tracee.book(), kKeepers);
    EXPECT_GE(tracee.book().block_count, 16u);
    return tracee.output();
}

TEST(LoaderStorm, NobodyWaitsForEver) {
    const fs::path folder =
        fs::temp_directory_path() / ("memtrace-loader-" + std::to_string(getpid()));
    fs::create_directories(folder);
    std::vector<std::string> libraries;
    for (int i = 0; i < 50; ++i) {
        libraries.push_back(folder / ("copy" + std::to_string(i) + ".so"));
        fs::copy_file(program_path("libopened_library.so"), libraries.back());
    }
    storm("loader_storm", libraries);
    fs::remove_all(folder);
}

TEST(Crowds, MayThrow) { storm("crowds", {"throw"}); }

// Three would be much; a lock that spins gives hundreds.
TEST(Crowds, OfMoreThreadsThanCoresCostNoMore) {
    EXPECT_LT(std::stod(storm("crowds", {"crowd"})), 10);
}

TEST(Crowds, AnAddressGoesFromThreadToThread) { storm("crowds", {"bounce"}); }

}  // namespace
}  // namespace mt::test
