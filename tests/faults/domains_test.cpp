// SPDX-License-Identifier: MIT
//
// What programs track themselves against their own book-keeping: by domain, key by key,
// at many moments, live and from cores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "lookups.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
constexpr unsigned kDomains = 5;  // of domains_storm
using Key = std::pair<std::uint32_t, std::uint64_t>;

void expect_nothing_lost(const core::Table& table) {
    for (const core::Loss& loss : table.losses) EXPECT_EQ(loss.total, 0u) << loss.name;
    for (const core::Remark& remark : table.remarks) {
        EXPECT_EQ(remark.code, "peak-bound") << remark.text;
    }
}

void expect_keys(const core::Table& table, const ledger& book) {
    std::map<Key, std::uint64_t> traced, held;
    for (const core::Block& block : table.blocks) {
        EXPECT_TRUE(traced.emplace(Key{table.domain_of(block), block.address}, block.size).second)
            << "listed twice: " << block.address << " in domain " << table.domain_of(block);
    }
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        const ledger_block& block = book.block[i];
        EXPECT_TRUE(held.emplace(Key{block.domain, block.address}, block.size).second);
    }
    ASSERT_GT(held.size(), 300u);
    EXPECT_EQ(traced.size(), held.size());
    EXPECT_TRUE(traced == held);
}

struct Figures {
    std::int64_t size = 0, count = 0, peak = 0;
    std::uint64_t made = 0;
};

void expect_domains(const core::Table& table, const ledger& book) {
    std::map<std::uint32_t, Figures> rows;
    for (const core::Trace& trace : table.traces) {
        Figures& figures = rows[trace.domain];
        figures.size += trace.size;
        figures.count += trace.count;
        figures.made += trace.alloc_count;
    }
    for (unsigned i = 0; i < kDomains; ++i) {
        const Figures& row = rows[static_cast<std::uint32_t>(book.site_size[i])];
        EXPECT_EQ(row.size, book.site_live[i]) << "domain " << book.site_size[i];
        EXPECT_EQ(row.count, book.site_count[i]) << "domain " << book.site_size[i];
        EXPECT_EQ(row.made, book.site_made[i]) << "domain " << book.site_size[i];
    }
    EXPECT_EQ(rows.size(), kDomains);
}

void expect_peak(const core::Table& table, const ledger& book) {
    EXPECT_EQ(table.peak_size, book.peak);
    std::map<std::uint32_t, std::int64_t> peaks;
    for (const core::Trace& trace : table.traces) peaks[trace.domain] += trace.peak_size;
    for (unsigned i = 0; i < kDomains; ++i) {
        const auto domain = static_cast<std::uint32_t>(book.site_size[i]);
        EXPECT_EQ(peaks[domain], book.site_peak[i]) << "domain " << domain;
    }
}

class DomainsStorm : public testing::TestWithParam<const char*> {};

TEST_P(DomainsStorm, TableEqualsLedgerAtEveryStop) {
    Tracee tracee(
        {.program = program_path("domains_storm"), .arguments = {GetParam()}, .environment = {}});
    int stops = 0;
    for (; tracee.wait_for_stop(); ++stops) {
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        expect_whole(*table);
        expect_keys(*table, tracee.book());
        expect_domains(*table, tracee.book());
        if (std::string(GetParam()) == "1") expect_peak(*table, tracee.book());
        expect_nothing_lost(*table);
        if (testing::Test::HasFailure()) return;
        tracee.resume();
    }
    EXPECT_EQ(stops, 6);
}

INSTANTIATE_TEST_SUITE_P(Threads, DomainsStorm, testing::Values("1", "4"));

TEST(DomainsStorm, TableEqualsLedgerFromGcore) {
    Tracee tracee(
        {.program = program_path("domains_storm"), .arguments = {"2"}, .environment = {}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const fs::path directory =
        fs::temp_directory_path() / ("memtrace-domains-" + std::to_string(getpid()));
    fs::create_directories(directory);
    const std::string core = (directory / "core").string();
    const std::string pid = std::to_string(tracee.pid());
    EXPECT_EQ(std::system(("gcore -o " + core + " " + pid + " >/dev/null 2>&1").c_str()), 0);
    CoreMemory memory(core + "." + pid);
    fs::remove_all(directory);
    const auto table = read_all(memory, true);
    ASSERT_TRUE(table) << table.error().text;
    expect_keys(*table, tracee.book());
    expect_domains(*table, tracee.book());
    expect_lookups(memory, *table, 500);
}

class PoolProgram : public testing::TestWithParam<std::pair<const char*, const char*>> {};

// Pages are nowhere, pieces are all there is; no page's free is one of an unknown block.
TEST_P(PoolProgram, NothingCountsTwice) {
    const auto [domain, threads] = GetParam();
    Tracee tracee({.program = program_path("pool_program"),
                   .arguments = {domain, threads},
                   .environment = {}});
    int stops = 0;
    for (; tracee.wait_for_stop(); ++stops) {
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        expect_whole(*table);
        expect_keys(*table, tracee.book());
        expect_nothing_lost(*table);
        EXPECT_EQ(table->untracked_frees, 0u);
        ProcessMemory memory(tracee.pid());
        expect_lookups(memory, *table, 300);
        if (testing::Test::HasFailure()) return;
        tracee.resume();
    }
    EXPECT_EQ(stops, 4);
}

INSTANTIATE_TEST_SUITE_P(By, PoolProgram,
                         testing::Values(std::pair{"0", "1"}, std::pair{"7", "1"},
                                         std::pair{"0", "4"}, std::pair{"7", "4"}),
                         [](const auto& one) {
                             return std::string("Domain") + one.param.first + "Threads" +
                                    one.param.second;
                         });

}  // namespace
}  // namespace mt::test
