// SPDX-License-Identifier: MIT
//
// Cores that GDB and the kernel write of a real program, read without a debugger: what is read is
// what the process had, what the debugger reads of the core, and nothing besides; threads and
// mappings are those of the process.
#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sessions/subprocess.h"
#include "source/core_memory.h"
#include "support/fake_memory.h"
#include "test_folder.h"
#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string bytes_at(core::Memory& memory, std::uint64_t address, std::size_t size) {
    std::string bytes(size, '\0');
    const auto got = memory.read(address, bytes.data(), size);
    bytes.resize(got ? *got : 0);
    return bytes;
}

// The kernel writes a thread's processor into its rseq area (rseq(2)) before it goes on: memory
// that changed although nobody ran, in one of ten cores.
const std::pair<const std::string, std::string> kNoRseq = {"GLIBC_TUNABLES",
                                                           "glibc.pthread.rseq=0"};

std::uint64_t entry_of(pid_t pid) {
    std::ifstream auxiliary(fmt::format("/proc/{}/auxv", pid), std::ios::binary);
    for (std::uint64_t pair[2]; auxiliary.read(reinterpret_cast<char*>(pair), sizeof pair);)
        if (pair[0] == AT_ENTRY) return pair[1];
    return 0;
}

// A stopped program, what it had, and cores of it.
class RealCore : public testing::Test {
  protected:
    void SetUp() override {
        fs::current_path(folder_.path());  // where the kernel writes a core
        tracee_.emplace(Launch{.program = program_path("held_heap"),
                               .arguments = {},
                               .environment = {{"MEMTRACE", "12,stamps"}, kNoRseq}});
        ASSERT_TRUE(tracee_->wait_for_stop());
        mappings_ = core::process_mappings(tracee_->pid());
        ProcessMemory memory(tracee_->pid());
        for (const core::MemoryRegion& region : core::private_writable(mappings_))
            had_.push_back(bytes_at(memory, region.start, region.end - region.start));
        for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", pid())))
            tids_.push_back(static_cast<std::uint32_t>(std::stoul(task.path().filename())));
        entry_ = entry_of(pid());
        ASSERT_NE(entry_, 0u);
    }
    void TearDown() override { fs::current_path("/"); }

    pid_t pid() const { return tracee_->pid(); }

    fs::path gcore() {
        const std::string stem = folder_ / "saved";
        const auto made = sessions::run_program("gcore", {"-o", stem, std::to_string(pid())},
                                                folder_.path(), 120s);
        EXPECT_EQ(made.status, 0) << made.output;
        return fmt::format("{}.{}", stem, pid());
    }
    // The thread that stopped itself dies before it goes on. Sent to the process, the signal may
    // be the other thread's, and the first has changed memory by then: on a busy machine it had
    // even ended.
    fs::path killed() {
        EXPECT_EQ(tgkill(pid(), pid(), SIGABRT), 0);
        kill(pid(), SIGCONT);
        tracee_->wait_for_exit();
        return sessions::kernel_core(folder_.path());
    }

    void expect_what_the_process_had(core::Memory& memory) {
        const auto regions = core::private_writable(mappings_);
        std::size_t left_out = 0;
        for (std::size_t i = 0; i < regions.size(); ++i) {
            const std::string read = bytes_at(memory, regions[i].start, had_[i].size());
            left_out += read.empty() ? 1 : 0;  // the runtime asks for that (MADV_DONTDUMP)
            EXPECT_TRUE(read.empty() || read == had_[i]) << fmt::format("{:#x}", regions[i].start);
        }
        EXPECT_LT(left_out * 4, regions.size());
    }
    // Of every place that the file has bytes of, read-only ones too.
    void expect_what_gdb_reads(core::Memory& memory, const fs::path& core) {
        const auto& present = memory.core_file()->present;
        std::ofstream script(folder_ / "script.gdb");
        for (const core::CoreBytes& part : present)
            script << fmt::format("dump binary memory {}/{:x} {:#x} {:#x}\n",
                                  folder_.path().string(), part.start, part.start, part.end);
        script.close();
        const auto read = sessions::run_program(
            "gdb", {"-nx", "-batch", "-c", core.string(), "-x", folder_ / "script.gdb"},
            folder_.path(), 120s);
        EXPECT_EQ(read.status, 0) << read.output;
        for (const core::CoreBytes& part : present) {
            std::ifstream in(folder_ / fmt::format("{:x}", part.start), std::ios::binary);
            const std::string theirs{std::istreambuf_iterator<char>(in), {}};
            EXPECT_EQ(theirs.size(), part.end - part.start);
            EXPECT_TRUE(bytes_at(memory, part.start, part.end - part.start) == theirs)
                << fmt::format("{:#x}", part.start);
        }
    }
    void expect_its_threads(const core::CoreFile& core) {
        std::vector<std::uint32_t> tids;
        for (const core::CoreThread& thread : core.threads) {
            tids.push_back(thread.tid);
            EXPECT_TRUE(core.maps(thread.stack_pointer()));
            EXPECT_NE(core.present_from(thread.fs_base()), 0u);
            EXPECT_GE(thread.vectors.size(), 512u);  // what FXSAVE stores
        }
        std::sort(tids.begin(), tids.end());
        std::sort(tids_.begin(), tids_.end());
        EXPECT_EQ(tids, tids_);
    }
    void expect_its_mappings(core::Memory& memory) {
        std::size_t named = 0;
        for (const core::Mapping& mapping : memory.mappings()) {
            const core::Mapping* was = core::range_at(mappings_, mapping.start);
            ASSERT_NE(was, nullptr) << fmt::format("{:#x}", mapping.start);
            EXPECT_EQ(mapping.end, was->end);
            EXPECT_EQ(mapping.writable, was->writable) << was->path;
            EXPECT_EQ(mapping.executable, was->executable) << was->path;
            const bool is_file = !was->path.empty() && was->path.front() == '/';
            EXPECT_EQ(mapping.path, is_file ? was->path : "");
            named += is_file ? 1 : 0;
        }
        EXPECT_GT(named, 10u);
    }
    void expect_all(const fs::path& path) {
        const auto core = core::read_core_file(path);
        ASSERT_TRUE(core) << path;
        FakeMemory debugger;
        core::CoreMemory memory(core, debugger);
        expect_what_the_process_had(memory);
        expect_what_gdb_reads(memory, path);
        expect_its_threads(*core);
        expect_its_mappings(memory);
        EXPECT_EQ(core::what_core_lacks(*core), "");
        EXPECT_EQ(core->entry, entry_);
    }

    TestFolder folder_{"cores"};
    std::optional<Tracee> tracee_;
    std::vector<core::Mapping> mappings_;
    std::vector<std::string> had_;
    std::vector<std::uint32_t> tids_;
    std::uint64_t entry_ = 0;
};

TEST_F(RealCore, ThatGdbWroteIsWhatTheProcessHad) { expect_all(gcore()); }

TEST_F(RealCore, ThatTheKernelWroteIsWhatTheProcessHad) { expect_all(killed()); }

}  // namespace
}  // namespace mt::test
