// SPDX-License-Identifier: MIT
//
// Programs with little memory to spare: they end as they do untraced, and what could not be
// recorded for want of memory is counted, each event once, and said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "read/lookup.h"
#include "same.h"
#include "tracee.h"

namespace mt::test {
namespace {

constexpr rlim_t kKilobyte = 1024;
// What a program of few tracebacks must have to spare (docs/limits.md).
constexpr rlim_t kToSpare = 6 * 1024 * kKilobyte;
constexpr int kGood = 7;

Trial limited(const char* what, int resource, rlim_t bytes) {
    return {.program = program_path("limited"), .arguments = {what}, .in_child = [=] {
                const rlimit limit{bytes, bytes};
                setrlimit(static_cast<__rlimit_resource>(resource), &limit);
            }};
}

bool ends_well(const Ending& ending) {
    return WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == kGood;
}

class LittleSpace : public testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(LittleSpace, EndsAsWithoutUs) {
    const auto [what, resource] = GetParam();
    int tried = 0;
    for (rlim_t megabytes : {4, 6, 8, 9, 10, 12, 14, 18, 24, 28, 30, 34, 40, 60}) {
        const rlim_t limit = megabytes * 1024 * kKilobyte;
        if (limit <= kToSpare) continue;
        const Ending tight = run(limited(what, resource, limit - kToSpare), Traced::no);
        if (!ends_well(tight)) continue;
        ++tried;
        for (const Traced traced : {Traced::loaded, Traced::yes}) {
            const Ending ending = run(limited(what, resource, limit), traced);
            EXPECT_TRUE(ending == tight) << megabytes << " MiB: " << described(ending);
        }
    }
    EXPECT_GT(tried, 3);
}

INSTANTIATE_TEST_SUITE_P(Limit, LittleSpace,
                         testing::Combine(testing::Values("small", "large"),
                                          testing::Values(RLIMIT_AS, RLIMIT_DATA)),
                         [](const auto& p) {
                             return std::string(std::get<0>(p.param)) +
                                    (std::get<1>(p.param) == RLIMIT_AS ? "_as" : "_data");
                         });

// Root has CAP_IPC_LOCK, which no limit binds.
void lose_right_to_lock() { prctl(PR_CAPBSET_DROP, 14, 0, 0, 0); }

TEST(LockedMemory, EndsAsWithoutUs) {
    for (const rlim_t limit : {rlim_t{16} * 1024 * kKilobyte, RLIM_INFINITY}) {
        Trial trial = limited("lock", RLIMIT_MEMLOCK, limit);
        const auto set_limit = trial.in_child;
        trial.in_child = [=] {
            set_limit();
            lose_right_to_lock();
        };
        EXPECT_TRUE(ends_well(expect_same(trial)));
    }
}

TEST(WrappedMappings, MayAllocate) {
    const std::string wrappers = program_path("liballocating_wrappers.so");
    Trial trial{.program = program_path("limited"), .arguments = {"small"}, .seconds = 20};
    trial.after = {wrappers};
    EXPECT_TRUE(ends_well(expect_same(trial)));
    trial.before = std::move(trial.after);
    trial.after = {};
    EXPECT_TRUE(ends_well(expect_same(trial)));
}

// --- what could not be recorded ----------------------------------------------

constexpr std::uint64_t kEvents = 1500;  // of "small"

std::uint64_t lost(const core::Table& table, const std::string& name) {
    for (const core::Loss& loss : table.losses) {
        if (loss.name == name) return loss.since_state;
    }
    return 0;
}

// Every event is recorded, or counted as one that was not, once and under one name.
void expect_all_counted(const core::Table& table, const std::string& when) {
    std::uint64_t events = table.untracked_frees;
    for (const core::Trace& trace : table.traces) events += trace.alloc_count + trace.free_count;
    events += lost(table, "no_memory") + lost(table, "no_context");
    EXPECT_EQ(events, kEvents) << when;
    if (table.status.unmade) {
        EXPECT_EQ(lost(table, "no_memory"), kEvents) << when;
    }
}

// Also where there is no table.
core::Table read_any(core::Memory& memory, std::uint64_t root) {
    const auto status = core::read_status(memory, root);
    EXPECT_TRUE(status) << status.error().text;
    core::ReadOptions options;
    options.blocks = options.unmade = true;
    auto table = core::read_table(memory, *status, options);
    EXPECT_TRUE(table) << table.error().text;
    if (!status->unmade) return std::move(*table);
    for (const bool blocks : {false, true}) {
        options.unmade = false;
        options.blocks = blocks;
        const auto refused = core::read_table(memory, *status, options);
        EXPECT_FALSE(refused);
        EXPECT_THAT(refused.error().text, testing::HasSubstr("1500 events were not recorded"));
    }
    EXPECT_FALSE(core::read_blocks_at(memory, *status, 0x1000));
    return std::move(*table);
}

TEST(TracingThatFindsNoMemory, CountsEachEventOnce) {
    bool was_unmade = false, was_partial = false, was_whole = false;
    for (int kilobytes = 800; kilobytes < 8000; kilobytes += 200) {
        Tracee tracee({.program = program_path("limited"),
                       .arguments = {"small", std::to_string(kilobytes)},
                       .environment = {}});
        ASSERT_TRUE(tracee.wait_for_stop()) << kilobytes;
        ProcessMemory memory(tracee.pid());
        const core::Table table = read_any(memory, tracee.book().site_address[0]);
        expect_all_counted(table, std::to_string(kilobytes) + " KiB are left");
        const std::uint64_t missing = lost(table, "no_memory");
        (missing == 0 ? was_whole : table.status.unmade ? was_unmade : was_partial) = true;
        tracee.resume();
        const int status = tracee.wait_for_exit();
        EXPECT_EQ(WEXITSTATUS(status), kGood) << kilobytes << " KiB are left";
    }
    EXPECT_TRUE(was_unmade && was_partial && was_whole);
}

// Stops at each request for pages of the runtime's, which no other code makes like this.
class Mappings {
  public:
    explicit Mappings(int fails_from, int fails_to)
        : tracee({.program = program_path("limited"),
                  .arguments = {"small", "1000000"},
                  .environment = {},
                  .preload = true,
                  .ptrace = true}),
          from_(fails_from),
          to_(fails_to) {}

    // True: the program has stopped itself; then `seen` counts the requests.
    bool run_to_stop() {
        int status = 0;
        waitpid(tracee.pid(), &status, 0);
        ptrace(PTRACE_SETOPTIONS, tracee.pid(), nullptr, PTRACE_O_TRACESYSGOOD);
        for (bool entry = true;;) {
            ptrace(PTRACE_SYSCALL, tracee.pid(), nullptr, 0);
            waitpid(tracee.pid(), &status, 0);
            if (!WIFSTOPPED(status)) return false;
            if (WSTOPSIG(status) == SIGSTOP) return true;
            if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
            if (entry) look();
            if (!entry && failing_) refuse();
            entry = !entry;
        }
    }
    int exit_status() {
        int status = 0;
        ptrace(PTRACE_CONT, tracee.pid(), nullptr, 0);
        waitpid(tracee.pid(), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    Tracee tracee;
    int seen = 0;

  private:
    static constexpr unsigned long kOurs = 0x4022;  // private, anonymous, not reserved
    void look() {
        user_regs_struct registers = {};
        ptrace(PTRACE_GETREGS, tracee.pid(), nullptr, &registers);
        const unsigned long flags = registers.r10 & 0x4fff;
        failing_ = registers.orig_rax == SYS_mmap && registers.rdx == 3 && flags == kOurs &&
                   ++seen >= from_ && seen <= to_;
        if (!failing_) return;
        registers.orig_rax = ~0ul;
        ptrace(PTRACE_SETREGS, tracee.pid(), nullptr, &registers);
    }
    void refuse() {
        user_regs_struct registers = {};
        ptrace(PTRACE_GETREGS, tracee.pid(), nullptr, &registers);
        registers.rax = static_cast<unsigned long>(-ENOMEM);
        ptrace(PTRACE_SETREGS, tracee.pid(), nullptr, &registers);
    }

    int from_, to_;
    bool failing_ = false;
};

void fail_each_mapping(int how_many) {
    int requests = 1;
    for (int nth = 1; nth <= requests; ++nth) {
        Mappings run(nth, how_many == 1 ? nth : 1 << 30);
        ASSERT_TRUE(run.run_to_stop()) << "mapping " << nth;
        if (run.seen >= nth && how_many == 1) requests = std::max(requests, run.seen);
        if (how_many != 1 && run.seen >= nth) requests = nth + 1;
        ProcessMemory memory(run.tracee.pid());
        const core::Table table = read_any(memory, run.tracee.book().site_address[0]);
        expect_all_counted(table, "mapping " + std::to_string(nth) + " failed");
        EXPECT_EQ(run.exit_status(), kGood) << "mapping " << nth;
    }
    EXPECT_GT(requests, 20);
}

TEST(MappingsThatFail, OneAtATime) { fail_each_mapping(1); }
TEST(MappingsThatFail, AllFromTheNth) { fail_each_mapping(2); }

}  // namespace
}  // namespace mt::test
