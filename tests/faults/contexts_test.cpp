// SPDX-License-Identifier: MIT
//
// A thread's context goes to another one when it has ended: to one, however two new threads come
// for it. One that was held between its claim and its name was overtaken: the context named a
// thread by the id of the new one and the address of the old, which nobody is, so the next took it
// as well. Then two threads wrote one journal, and rows stood for blocks that were gone.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <thread>

#include "../programs/contexts_taken.h"
#include "abi/layout.h"
#include "test_folder.h"
#include "tracee.h"

namespace mt::test {
namespace {

class ContextsTaken : public testing::Test {
  protected:
    ContextsTaken() {
        const int file = open(path_.c_str(), O_RDWR | O_CREAT, 0600);
        EXPECT_EQ(ftruncate(file, 4096), 0);
        void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        shared_ = static_cast<shared*>(page);
    }
    ~ContextsTaken() override { munmap(shared_, 4096); }

    void step(int number) { __atomic_store_n(&shared_->step, number, __ATOMIC_RELEASE); }
    static void wait_for(const int& word) {
        while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0) std::this_thread::yield();
    }
    // Which thread each context names.
    std::map<std::uint64_t, std::uint32_t> names(ProcessMemory& memory) {
        std::map<std::uint64_t, std::uint32_t> found;
        const auto word = [&](std::uint64_t at) {
            std::uint64_t value = 0;
            EXPECT_TRUE(memory.read(at, &value, sizeof value));
            return value;
        };
        if (root_ == 0) root_ = core::read_status(memory, 0)->root_address;
        const std::uint64_t header = word(root_ + offsetof(abi::Root, header));
        for (auto at = word(header + offsetof(abi::Header, contexts)); at != 0;
             at = word(at + offsetof(abi::Context, next)))
            found[at] = static_cast<std::uint32_t>(word(at + offsetof(abi::Context, tid)));
        return found;
    }

    TestFolder folder_{"contexts"};
    const std::string path_{folder_ / "page"};
    shared* shared_ = nullptr;
    std::uint64_t root_ = 0;
};

TEST_F(ContextsTaken, OneThatIsBeingTakenIsNotTakenAgain) {
    Tracee tracee({.program = program_path("contexts_taken"),
                   .arguments = {path_},
                   .environment = {{"MEMTRACE", "8"}}});
    wait_for(shared_->is_ready);
    ProcessMemory memory(tracee.pid());
    std::uint64_t context = 0;
    for (const auto& [at, tid] : names(memory))
        if (tid == static_cast<std::uint32_t>(shared_->ended)) context = at;
    ASSERT_NE(context, 0u) << "the thread that has ended had none";

    // The first comes for it, and is held as soon as it is not the ended thread's any more.
    const pid_t first = shared_->first;
    ASSERT_EQ(ptrace(PTRACE_SEIZE, first, nullptr, nullptr), 0);
    ASSERT_EQ(ptrace(PTRACE_INTERRUPT, first, nullptr, nullptr), 0);
    ASSERT_EQ(waitpid(first, nullptr, __WALL), first);
    step(1);
    const auto tid_of = [&] { return static_cast<int>(names(memory)[context]); };
    for (int steps = 0; tid_of() == shared_->ended; ++steps) {
        ASSERT_LT(steps, 1000000) << "it took another";
        ASSERT_EQ(ptrace(PTRACE_SINGLESTEP, first, nullptr, nullptr), 0);
        ASSERT_EQ(waitpid(first, nullptr, __WALL), first);
    }
    step(2);
    wait_for(shared_->second_done);
    EXPECT_NE(tid_of(), shared_->second) << "two threads have one context";

    ptrace(PTRACE_DETACH, first, nullptr, nullptr);
    wait_for(shared_->first_done);
    EXPECT_EQ(tid_of(), shared_->first);
    step(3);
    EXPECT_EQ(tracee.wait_for_exit(), 0);
}

}  // namespace
}  // namespace mt::test
