// SPDX-License-Identifier: MIT
//
// A sampled table against the program's own book-keeping: what is exact is
// exact, what is estimated lies where p = 1 - exp(-size / mean) puts it. The
// bounds hold but for one run in 10^9.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "abi/layout.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;

constexpr double kMean = 4096;
constexpr double kRisk = 1e-12;  // of one comparison; a run has some hundred
constexpr unsigned kSites = 6;
constexpr double kThreads = 4;

// Of a sum of n independent choices with probability p (S. Bernstein).
double bound(double n, double p) {
    const double l = std::log(2 / kRisk);
    return l / 3 + std::sqrt(l * l / 9 + 2 * l * n * p * (1 - p));
}

struct Site {
    double size = 0, count = 0, made = 0, made_bytes = 0;
    double samples = 0, traces = 0;
    double peak_size = 0, peak_count = 0, peak_samples = 0;
};

int site_of(const core::Table& table, const core::Trace& trace, const ledger& book) {
    const auto frames = table.frames(trace.node);
    for (unsigned i = 0; !frames.empty() && i < kSites; ++i) {
        constexpr std::uint64_t kLongest = 64;  // bytes of a site's code
        if (frames[0].address - book.site_address[i] < kLongest) return static_cast<int>(i);
    }
    return -1;
}

std::vector<Site> sites_of(const core::Table& table, const ledger& book) {
    std::vector<Site> sites(kSites);
    for (const core::Trace& trace : table.traces) {
        const int index = site_of(table, trace, book);
        EXPECT_GE(index, 0) << "a traceback that the program does not know: " << trace.id;
        if (index < 0) continue;
        Site& site = sites[static_cast<unsigned>(index)];
        site.size += static_cast<double>(trace.size);
        site.count += static_cast<double>(trace.count);
        site.made += static_cast<double>(trace.alloc_count);
        site.made_bytes += static_cast<double>(trace.alloc_bytes);
        site.samples += static_cast<double>(trace.samples);
        site.traces += 1;
        site.peak_size += static_cast<double>(trace.peak_size);
        site.peak_count += static_cast<double>(trace.peak_count);
        site.peak_samples += static_cast<double>(trace.peak_samples);
    }
    return sites;
}

// Everything that needs no traceback.
void expect_exact(const core::Table& table, const ledger& book) {
    std::int64_t live = 0, count = 0;
    std::uint64_t made = 0, made_bytes = 0;
    for (unsigned i = 0; i < kSites; ++i) {
        live += book.site_live[i];
        count += book.site_count[i];
        made += book.site_made[i];
        made_bytes += book.site_made[i] * book.site_size[i];
    }
    EXPECT_EQ(table.current_size, live);
    EXPECT_EQ(table.current_count, count);
    EXPECT_GT(table.peak_size, live);
    std::map<std::uint64_t, std::uint64_t> blocks;
    for (const core::Block& block : table.blocks) blocks[block.address] = block.size;
    EXPECT_EQ(blocks.size(), book.block_count);
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        EXPECT_EQ(blocks[book.block[i].address], book.block[i].size);
    }
    std::uint64_t thread_count = 0, thread_bytes = 0;
    for (const core::Thread& thread : table.threads) {
        thread_count += thread.alloc_count;
        thread_bytes += thread.alloc_bytes;
    }
    EXPECT_EQ(thread_count, made);
    EXPECT_EQ(thread_bytes, made_bytes);
    for (const core::Loss& loss : table.losses) EXPECT_EQ(loss.total, 0u) << loss.name;
}

void expect_estimates(const core::Table& table, const ledger& book) {
    const auto sites = sites_of(table, book);
    double samples = 0, peak_samples = 0;
    for (unsigned i = 0; i < kSites; ++i) {
        SCOPED_TRACE(testing::Message() << "site of " << book.site_size[i] << " bytes");
        const Site& site = sites[i];
        const auto size = static_cast<double>(book.site_size[i]);
        const auto live = static_cast<double>(book.site_count[i]);
        const auto made = static_cast<double>(book.site_made[i]);
        const double p = -std::expm1(-size / kMean);
        ASSERT_GT(made * p, 30) << "too few samples to say anything";
        EXPECT_NEAR(site.samples, live * p, bound(live, p));
        // A row says what its samples stand for, up to rounding.
        EXPECT_NEAR(site.size, site.samples * size / p, site.traces + site.samples / 256);
        EXPECT_NEAR(site.count, site.samples / p, site.traces + site.samples / 256);
        EXPECT_NEAR(site.size, live * size, bound(live, p) * size / p + site.traces);
        EXPECT_NEAR(site.made, made, bound(made, p) / p + site.traces);
        EXPECT_NEAR(site.made_bytes, made * size, bound(made, p) * size / p + site.traces);
        // At the peak likewise; each thread's event of that moment may be in one
        // of the two records only.
        const double slack = kThreads + site.peak_samples / 256;
        EXPECT_NEAR(site.peak_size, site.peak_samples * size / p, slack * size / p);
        EXPECT_NEAR(site.peak_count, site.peak_samples / p, slack / p);
        samples += site.samples;
        peak_samples += site.peak_samples;
    }
    EXPECT_GT(peak_samples, samples * 1.3) << "the peak is another moment";
    double recorded = 0;
    for (const core::Block& block : table.blocks)
        recorded += block.stack != abi::kStackNotSampled ? 1 : 0;
    EXPECT_EQ(recorded, samples);
    EXPECT_LT(recorded, static_cast<double>(table.blocks.size()));
}

void expect_right(const core::Result<core::Table>& table, const ledger& book) {
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->status.sample_bytes, 4096u);
    ASSERT_GT(book.block_count, 1000u);
    expect_exact(*table, book);
    expect_estimates(*table, book);
}

Launch storm(const std::string& environment = "") {
    Launch launch;
    launch.program = program_path("sampled_storm");
    if (!environment.empty()) launch.environment["MEMTRACE"] = environment;
    return launch;
}

TEST(SampledStorm, TableIsAsTheLedgerSaysLiveAndFromGcore) {
    Tracee tracee(storm());
    ASSERT_TRUE(tracee.wait_for_stop());
    expect_right(tracee.table(true), tracee.book());

    const fs::path directory =
        fs::temp_directory_path() / ("memtrace-sampled-" + std::to_string(getpid()));
    fs::create_directories(directory);
    const std::string core = (directory / "core").string();
    const std::string command =
        "gcore -o " + core + " " + std::to_string(tracee.pid()) + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    CoreMemory memory(core + "." + std::to_string(tracee.pid()));
    expect_right(read_all(memory, true), tracee.book());
    fs::remove_all(directory);
}

TEST(SampledStorm, TableIsAsTheLedgerSaysWhenStartedByTheEnvironment) {
    Tracee tracee(storm("7,sample=4K"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    expect_right(table, tracee.book());
    EXPECT_EQ(table->status.frame_limit, 7);
}

// Tracing stays off, the reason is kept, and a start works all the same (the
// program makes one).
TEST(SampledStorm, BadEnvironmentIsAReason) {
    Tracee tracee(storm("7,sample=0"));
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(false);
    ASSERT_TRUE(table) << table.error().text;
    EXPECT_EQ(table->status.reason, static_cast<std::uint32_t>(abi::Reason::bad_environment));
    EXPECT_EQ(table->status.frame_limit, 32);
}

}  // namespace
}  // namespace mt::test
