// SPDX-License-Identifier: MIT
//
// Whose allocator is it? Programs whose malloc, or a part of its family, is not ours:
// they end as they would without us, off, tracing, and with a condition of mt break
// armed; what the hooks saw equals the ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "abi/layout.h"
#include "against_ledger.h"
#include "same.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;

std::string library(const std::string& name) { return program_path("lib" + name + ".so"); }

void expect_same_armed_too(Trial trial) {
    const Ending plain = expect_same(trial);
    EXPECT_TRUE(WIFEXITED(plain.status) && WEXITSTATUS(plain.status) == 0) << described(plain);
    trial.environment["ARMED"] = "1";
    EXPECT_TRUE(expect_same(trial) == plain);
}

std::uint64_t loss(const core::Table& table, const std::string& name) {
    for (const core::Loss& loss : table.losses)
        if (loss.name == name) return loss.total;
    ADD_FAILURE() << "no loss is called " << name;
    return 0;
}

// The page that begins as a root does: dlsym is of no use here.
std::uint64_t root_of(core::Memory& memory) {
    for (const core::MemoryRegion& region : memory.writable_regions()) {
        for (std::uint64_t page = region.start; page < region.end; page += abi::kPageSize) {
            char magic[sizeof abi::kRootMagic];
            const auto got = memory.read(page, magic, sizeof magic);
            if (!got || *got < sizeof magic) break;
            if (std::memcmp(magic, abi::kRootMagic, sizeof magic) == 0) return page;
        }
    }
    return 0;
}

class Owners : public testing::Test {
  protected:
    void SetUp() override {
        directory_ = fs::temp_directory_path() / ("memtrace-owners-" + std::to_string(getpid()));
        fs::create_directories(directory_);
    }
    void TearDown() override { fs::remove_all(directory_); }
    fs::path directory_;
};

// --- F08: the program defines malloc -----------------------------------------------

TEST_F(Owners, F08ProgramThatDefinesAPartOfTheFamilyEndsAsWithoutUs) {
    const std::map<std::string, const char*> parts = {{"four", "whole"},    {"three", "whole"},
                                                      {"two", "pieces"},    {"forwards", "whole"},
                                                      {"hidden", "pieces"}, {"jemalloc", "whole"}};
    for (const auto& [part, argument] : parts) {
        SCOPED_TRACE(part);
        expect_same_armed_too({.program = program_path("own_" + part), .arguments = {argument}});
    }
}

TEST_F(Owners, LibraryThatDefinesAPartOfTheFamilyEndsAsWithoutUsBeforeAndAfter) {
    const std::map<std::string, const char*> parts = {
        {"four", "whole"}, {"three", "whole"}, {"two", "pieces"}, {"forwards", "whole"}};
    for (const auto& [part, argument] : parts) {
        SCOPED_TRACE(part);
        Trial trial{.program = program_path("own_none"), .arguments = {argument}};
        trial.before = {library("own_" + part)};
        expect_same_armed_too(trial);
        std::swap(trial.before, trial.after);
        expect_same_armed_too(trial);
    }
}

TEST_F(Owners, AllocatorsInUseEndAsWithoutUsBeforeAndAfter) {
    for (const char* name : {"libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"}) {
        SCOPED_TRACE(name);
        // pvalloc's block is libc's where an allocator lacks it, and nobody frees it here.
        Trial trial{.program = program_path("own_none"), .arguments = {"whole"}};
        trial.before = {name};
        const Ending alone = run(trial, Traced::no);
        ASSERT_THAT(alone.errors, testing::Not(testing::HasSubstr("cannot be preloaded")))
            << "scripts/setup installs it";
        expect_same_armed_too(trial);
        std::swap(trial.before, trial.after);
        expect_same_armed_too(trial);
    }
}

// What the program's own allocator gives is nothing of ours, what libc gives is.
TEST_F(Owners, F08BlocksOfThePartThatIsLibcsEqualTheLedger) {
    Tracee tracee({.program = program_path("own_four"),
                   .arguments = {"whole"},
                   .environment = {{"MEMTRACE", "32"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book());
}

TEST_F(Owners, F09StaticProgramEndsAsWithoutUs) {
    expect_same({.program = program_path("static_program"), .arguments = {}});
}

// --- F01, F02, F06: how the real functions are found ---------------------------------

TEST_F(Owners, F01DlsymThatAllocatesFirst) {
    expect_same_armed_too({.program = program_path("own_none"),
                           .arguments = {"whole"},
                           .before = {library("failing_dlsym")}});
    Tracee tracee({.program = program_path("family_storm"),
                   .arguments = {},
                   .environment = {},
                   .preload_before = library("failing_dlsym")});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book());  // traced from main on: the text is older
}

TEST_F(Owners, F02WrappedDlsymInBothOrders) {
    for (const bool before : {true, false}) {
        SCOPED_TRACE(before ? "before" : "after");
        Trial trial{.program = program_path("own_none"), .arguments = {"whole"}};
        (before ? trial.before : trial.after) = {library("wrapped_dlsym")};
        expect_same_armed_too(trial);
        Launch launch{.program = program_path("family_storm"), .arguments = {}, .environment = {}};
        (before ? launch.preload_before : launch.preload_after) = library("wrapped_dlsym");
        Tracee tracee(launch);
        ASSERT_TRUE(tracee.wait_for_stop());
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        expect_equal(*table, tracee.book());
    }
}

// {ours, jemalloc, wrapper}: the wrapper's RTLD_NEXT would step over the allocator.
TEST_F(Owners, F02WrappedDlsymBehindAnAllocatorMissesNothing) {
    expect_same_armed_too({.program = program_path("own_none"),
                           .arguments = {"whole"},
                           .after = {library("own_four"), library("wrapped_dlsym")}});
}

TEST_F(Owners, F06NoDefinitionsAreFoundAndTheReasonIsTold) {
    expect_same_armed_too({.program = program_path("own_none"),
                           .arguments = {"whole"},
                           .after = {library("no_definitions")}});
    Tracee tracee({.program = program_path("own_none"),
                   .arguments = {"whole"},
                   .environment = {{"MEMTRACE", "32"}},
                   .preload_before = library("no_definitions")});
    ASSERT_TRUE(tracee.wait_for_stop());
    ProcessMemory memory(tracee.pid());
    const auto status = core::read_status(memory, root_of(memory));
    ASSERT_TRUE(status) << status.error().text;
    EXPECT_EQ(status->runtime_status, static_cast<std::uint32_t>(abi::Status::refused));
    EXPECT_EQ(status->reason, static_cast<std::uint32_t>(abi::Reason::no_next_malloc));
}

// --- F07: two runtimes -----------------------------------------------------------------

class TwoRuntimes : public Owners {
  protected:
    // Another name inside, or the loader takes it for the one that it has.
    std::string second() {
        std::ifstream in(runtime_path(), std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        std::string bytes = text.str();
        const std::size_t at = bytes.find(std::string("libmemtrace.so") + '\0');
        bytes.replace(at, 14, "libmemtrac2.so");
        const fs::path path = directory_ / "libmemtrac2.so";
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
};

TEST_F(TwoRuntimes, F07TheFirstTracesAndTheOtherIsOff) {
    const std::string other = second();
    for (const bool before : {true, false}) {
        SCOPED_TRACE(before ? "before" : "after");
        Trial trial{.program = program_path("own_none"), .arguments = {"whole"}};
        (before ? trial.before : trial.after) = {other};
        expect_same_armed_too(trial);
    }
    Tracee tracee({.program = program_path("family_storm"),
                   .arguments = {},
                   .environment = {},
                   .preload_after = other});
    ASSERT_TRUE(tracee.wait_for_stop());
    const auto table = tracee.table(true);
    ASSERT_TRUE(table) << table.error().text;
    expect_equal(*table, tracee.book());
}

TEST_F(TwoRuntimes, F07LinkedAndPreloadedIsOne) {
    expect_same({.program = program_path("linked"), .arguments = {}});
    expect_same({.program = program_path("linked_fixed"), .arguments = {}});
}

// --- F10: deepbind -----------------------------------------------------------------------

TEST_F(Owners, F10DeepbindLibraryEndsAsWithoutUs) {
    expect_same({.program = program_path("deepbind"), .arguments = {}});
    expect_same({.program = program_path("deepbind"), .arguments = {"namespace"}});
}

TEST_F(Owners, F10AddressGivenOutAgainReplacesTheRowAndIsCounted) {
    for (const char* setting : {"32", "32,stamps", "32,sample=1000", "32,freed=10"}) {
        SCOPED_TRACE(setting);
        Tracee tracee({.program = program_path("deepbind"),
                       .arguments = {},
                       .environment = {{"MEMTRACE", setting}}});
        ASSERT_TRUE(tracee.wait_for_stop());
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        ASSERT_EQ(tracee.book().site_made[0], 2u) << "both addresses must come back";
        EXPECT_EQ(loss(*table, "address_reused"), 2u);
        expect_blocks(*table, tracee.book(), {.first = 4096});  // smaller ones are the loader's
        std::int64_t sum = 0;
        for (const core::Block& block : table->blocks) sum += static_cast<std::int64_t>(block.size);
        EXPECT_EQ(table->current_size, sum) << "the replaced rows' bytes must be gone";
        EXPECT_EQ(table->current_count, static_cast<std::int64_t>(table->blocks.size()));
    }
}

// --- F11, F12 ------------------------------------------------------------------------------

// A copy with the set-group-ID bit, run by somebody else: AT_SECURE is 1.
TEST_F(Owners, F11SetGroupIdCopyIgnoresTheEnvironment) {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, to make a copy of another group's";
    constexpr gid_t kGroup = 1;
    constexpr uid_t kNobody = 65534;
    fs::permissions(directory_, fs::perms(0755));
    const fs::path program = directory_ / "secure";
    fs::copy_file(program_path("secure"), program);
    ASSERT_EQ(chown(program.c_str(), 0, kGroup), 0);
    Trial trial{.program = program, .arguments = {}, .environment = {{"MEMTRACE", "32"}}};
    trial.in_child = [] {
        if (setgid(kNobody) != 0 || setuid(kNobody) != 0) _exit(126);
    };
    ASSERT_EQ(chmod(program.c_str(), 0755), 0);
    const Ending plain = run(trial, Traced::no);
    if (plain.errors.find("cannot open shared object file") != std::string::npos)
        GTEST_SKIP() << "the build folder is not readable by everybody: " << plain.errors;
    EXPECT_EQ(plain.output, "secure 0, tracing 1, reason 0\n") << plain.errors;
    ASSERT_EQ(chmod(program.c_str(), 02755), 0);
    const Ending secure = run(trial, Traced::no);
    const auto reason = static_cast<unsigned>(abi::Reason::secure_process);
    EXPECT_EQ(secure.output, "secure 1, tracing 0, reason " + std::to_string(reason) + "\n")
        << secure.errors;
}

TEST_F(Owners, F12OpenedLateWithTheRoomForThreadLocalMemoryUsedUp) {
    std::vector<std::string> paths;
    for (int i = 0; i < 20; ++i) {
        const fs::path copy = directory_ / ("libtls" + std::to_string(i) + ".so");
        fs::copy_file(library("thread_local_initial_exec"), copy);
        paths.push_back(copy);
    }
    for (const std::size_t count : {std::size_t{0}, std::size_t{5}, std::size_t{20}}) {
        SCOPED_TRACE(count);
        Trial trial{.program = program_path("late_runtime"),
                    .arguments = {paths.begin(), paths.begin() + static_cast<long>(count)}};
        trial.arguments.push_back(runtime_path());
        trial.environment = {{"MEMTRACE", "32"}};
        const Ending ending = run(trial, Traced::no);
        EXPECT_TRUE(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0)
            << described(ending);
        EXPECT_THAT(ending.output, testing::AnyOf(testing::HasSubstr("runtime works"),
                                                  testing::HasSubstr("static TLS")));
        EXPECT_THAT(ending.output, testing::HasSubstr("done"));
        if (count == 0) {
            EXPECT_THAT(ending.output, testing::HasSubstr("runtime works"));
        }
    }
}

}  // namespace
}  // namespace mt::test
