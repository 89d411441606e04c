// SPDX-License-Identifier: MIT
//
// A process read without the debugger: only when it is proven to be the same one, also where
// the fast system call is not allowed, and by any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "abi/layout.h"
#include "read/reader.h"
#include "source/direct_memory.h"
#include "support/filter.h"
#include "support/table_builder.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::TableBuilder;
using ::testing::IsEmpty;

// A child process that has the table's fixed parts at their addresses.
class DirectMemoryTest : public ::testing::Test {
  protected:
    DirectMemoryTest() {
        debugger_ = builder_.build();
        status_ = read_status(debugger_, TableBuilder::kRoot).value();
    }
    ~DirectMemoryTest() override {
        if (child_ <= 0) return;
        kill(child_, SIGKILL);
        waitpid(child_, nullptr, 0);
    }
    void start_child(std::uint64_t cookie) {
        FakeMemory image = debugger_;
        image.change<abi::Header>(TableBuilder::kHeader,
                                  [&](abi::Header& h) { h.cookie = cookie; });
        image.change<abi::Root>(TableBuilder::kRoot, [&](abi::Root& r) { r.cookie = cookie; });
        TableBuilder::seal(image, TableBuilder::kHeader);
        int ready[2];
        ASSERT_EQ(pipe(ready), 0);
        child_ = fork();
        if (child_ == 0) {
            bool done = true;
            for (const std::uint64_t at : {TableBuilder::kRoot, TableBuilder::kHeader}) {
                void* page = mmap(reinterpret_cast<void*>(at), 4096, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
                done = done && page == reinterpret_cast<void*>(at);
                if (done) done = *image.read(at, page, 4096) == 4096;
            }
            const char answer = done ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) != 1) _exit(1);
            for (;;) pause();
        }
        char answer = 0;
        ASSERT_EQ(::read(ready[0], &answer, 1), 1);
        ASSERT_EQ(answer, 'y') << "the addresses are taken in this process";
        close(ready[0]);
        close(ready[1]);
    }

    TableBuilder builder_;
    FakeMemory debugger_;
    Status status_;
    pid_t child_ = 0;
};

TEST_F(DirectMemoryTest, SameProcessIsReadDirectly) {
    start_child(builder_.header.cookie);
    const auto direct = open_direct(child_, debugger_, status_);
    ASSERT_NE(direct, nullptr);
    std::vector<char> ours(8192), theirs(8192);
    const std::uint64_t reads = debugger_.reads;
    const auto got = direct->read(TableBuilder::kRoot, ours.data(), ours.size());
    EXPECT_EQ(debugger_.reads, reads);
    EXPECT_EQ(*got, 4096u);  // the next page is not there
    debugger_.read(TableBuilder::kRoot, theirs.data(), 4096).value();
    EXPECT_EQ(std::memcmp(ours.data(), theirs.data(), 4096), 0);
    EXPECT_EQ(*direct->read(8, ours.data(), 8), 0u);
    EXPECT_FALSE(direct->interrupted());
    debugger_.interrupt_after = 0;
    EXPECT_TRUE(direct->interrupted());
    const auto regions = direct->writable_regions();
    EXPECT_TRUE(std::any_of(regions.begin(), regions.end(), [](const MemoryRegion& r) {
        return r.start <= TableBuilder::kHeader && TableBuilder::kHeader < r.end;
    }));
}

// The debugger's own reads as slow as LLDB's: the table is found without them.
TEST_F(DirectMemoryTest, ScanWithoutReadingEverythingThroughTheDebugger) {
    start_child(builder_.header.cookie);
    struct Slow final : Memory {
        explicit Slow(pid_t child) : direct(child, *this) {}
        Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override {
            asked += size;
            return direct.read(address, out, size);
        }
        std::optional<std::vector<std::uint64_t>> pages_beginning_with(
            const PageStart& start) override {
            return direct.pages_beginning_with(start);
        }
        std::uint64_t asked = 0;
        DirectMemory direct;
    } slow(child_);
    PageStart magic;
    std::memcpy(magic.data(), abi::kHeaderMagic, magic.size());
    const auto pages = slow.pages_beginning_with(magic);
    ASSERT_TRUE(pages);
    EXPECT_THAT(*pages, ::testing::Contains(TableBuilder::kHeader));
    EXPECT_LT(slow.asked, 4096u);
    std::memset(magic.data(), 0x5a, magic.size());
    EXPECT_THAT(*slow.pages_beginning_with(magic), IsEmpty());
}

TEST_F(DirectMemoryTest, BeforeTheFirstEventTheRootIsTheProof) {
    start_child(builder_.header.cookie);
    status_.header_address = 0;
    EXPECT_NE(open_direct(child_, debugger_, status_), nullptr);
}

TEST_F(DirectMemoryTest, AnotherProcessWithTheSameLayoutIsNot) {
    start_child(builder_.header.cookie + 1);
    EXPECT_EQ(open_direct(child_, debugger_, status_), nullptr);
    status_.header_address = 0;
    EXPECT_EQ(open_direct(child_, debugger_, status_), nullptr);
}

TEST_F(DirectMemoryTest, NoProofNoDirectMemory) {
    start_child(builder_.header.cookie);
    EXPECT_EQ(open_direct(0, debugger_, status_), nullptr);
    EXPECT_EQ(open_direct(-1, debugger_, status_), nullptr);
    EXPECT_EQ(open_direct(getpid(), debugger_, status_), nullptr);
    EXPECT_EQ(open_direct(1ll << 40, debugger_, status_), nullptr);
    Status without_cookie = status_;
    without_cookie.identity.cookie = 0;
    EXPECT_EQ(open_direct(child_, debugger_, without_cookie), nullptr);
    debugger_.unmap(TableBuilder::kHeader, 4096);
    EXPECT_EQ(open_direct(child_, debugger_, status_), nullptr);
}

// A filter of system calls around the debugger.
TEST(DirectMemory, WhereTheSystemCallIsNotAllowedTheFileIsRead) {
    const pid_t child = fork();
    if (child == 0) {
        const int refused = SYS_process_vm_readv;
        static const char text[] = "in data";
        if (filter_calls(&refused, 1, FILTER_REFUSES, SECCOMP_RET_ALLOW) != 0) _exit(2);
        FakeMemory debugger;
        DirectMemory memory(getpid(), debugger);
        char bytes[sizeof text];
        const auto got = memory.read(reinterpret_cast<std::uint64_t>(text), bytes, sizeof bytes);
        const bool same = got && *got == sizeof text && std::memcmp(bytes, text, *got) == 0;
        _exit(same && *memory.read(~0ull - 64, bytes, 8) == 0 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(DirectMemory, ManyThreadsReadAtOnce) {
    std::vector<std::uint64_t> words(1u << 18);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = i;
    FakeMemory debugger;
    debugger.interrupt_after = 0;  // nobody is asked
    DirectMemory memory(getpid(), debugger);
    const ReadFunction read = memory.concurrent_read();
    ASSERT_TRUE(read);
    std::atomic<unsigned> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned n = 0; n < 4; ++n)
        threads.emplace_back([&] {
            std::vector<std::uint64_t> copy(words.size());
            for (int i = 0; i < 20; ++i) {
                const std::size_t size = copy.size() * 8;
                const auto got =
                    read(reinterpret_cast<std::uint64_t>(words.data()), copy.data(), size);
                wrong += got && *got == size && copy == words ? 0 : 1;
                std::fill(copy.begin(), copy.end(), 0);
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace mt::core
