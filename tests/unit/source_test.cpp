// SPDX-License-Identifier: MIT
//
// Bytes from the debugger's callbacks, and the mappings of each kind of target.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "source/callback_memory.h"
#include "source/direct_memory.h"
#include "support/fake_memory.h"
#include "support/test_folder.h"
#include "support/written_core.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using ::testing::IsEmpty;

// A debugger whose target is a FakeMemory.
struct FakeDebugger {
    FakeMemory memory;
    mtc_target about{};
    int read_status = MTC_OK;
    bool wants_to_stop = false;
    std::uint64_t largest = 0;
    std::vector<mtc_region> regions;

    mtc_debugger table() {
        mtc_debugger d{};
        d.abi = MTC_ABI;
        d.size = sizeof d;
        d.user = this;
        d.read = [](void* user, std::uint64_t address, void* buffer, std::uint64_t size,
                    std::uint64_t* got) {
            auto& self = *static_cast<FakeDebugger*>(user);
            self.largest = std::max(self.largest, size);
            *got = *self.memory.read(address, buffer, size);
            return self.read_status;
        };
        d.target = [](void* user, mtc_target* out) {
            *out = static_cast<FakeDebugger*>(user)->about;
            return static_cast<int>(MTC_OK);
        };
        d.regions = [](void* user, mtc_add_region add, void* sink) {
            for (const mtc_region& r : static_cast<FakeDebugger*>(user)->regions) add(sink, &r);
            return static_cast<int>(MTC_OK);
        };
        return d;
    }
};

// As GDB does: a range that touches what cannot be read fails as a whole.
TEST(CallbackMemory, AllBeforeAHoleArrivesFromADebuggerThatReadsAllOrNothing) {
    FakeDebugger fake;
    fake.memory.fill(0x10800, (5u << 12) + 0x123, std::byte{7});  // begins and ends within pages
    mtc_debugger debugger = fake.table();
    debugger.read = [](void* user, std::uint64_t address, void* buffer, std::uint64_t size,
                       std::uint64_t* got) {
        auto& memory = static_cast<FakeDebugger*>(user)->memory;
        *got = *memory.read(address, buffer, size) == size ? size : 0;
        return static_cast<int>(MTC_OK);
    };
    CallbackMemory memory(debugger);
    std::vector<unsigned char> bytes(3u << 20);
    fake.memory.fill(0x15000 + 0x923, 0x1000 - 0x923, std::byte{8});  // up to the end of a page
    const Result<std::size_t> got = memory.read(0x10800, bytes.data(), bytes.size());
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, 0x16000u - 0x10800u);
    EXPECT_EQ(bytes[0], 7);
    EXPECT_EQ(bytes[*got - 1], 8);
    EXPECT_LE(fake.memory.reads, 24u);  // halves, not one page after the other
    EXPECT_EQ(*memory.read(0x9000, bytes.data(), 8), 0u);
}

TEST(CallbackMemory, ReadsInLargePiecesUpToAHole) {
    FakeDebugger fake;
    fake.memory.fill(0x10000, 3u << 20, std::byte{7});
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger);
    std::vector<unsigned char> bytes(4u << 20);
    const Result<std::size_t> got = memory.read(0x10000, bytes.data(), bytes.size());
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, 3u << 20);
    EXPECT_EQ(bytes[(3u << 20) - 1], 7);
    EXPECT_EQ(fake.largest, 1u << 20);
    EXPECT_LE(fake.memory.reads, 4u + 8u);  // and the last mebibyte by halves
    EXPECT_EQ(*memory.read(0x999000, bytes.data(), 8), 0u);
}

TEST(CallbackMemory, InterruptedAndFailingReads) {
    FakeDebugger fake;
    fake.memory.fill(0x10000, 3u << 20, std::byte{7});
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger, [&fake] { return fake.wants_to_stop; });
    std::vector<unsigned char> bytes(3u << 20);
    fake.wants_to_stop = true;
    EXPECT_EQ(memory.read(0x10000, bytes.data(), bytes.size()).error().code, Code::interrupted);
    fake.wants_to_stop = false;
    fake.read_status = MTC_INTERRUPTED;
    EXPECT_EQ(memory.read(0x10000, bytes.data(), 8).error().code, Code::interrupted);
    fake.read_status = MTC_ERROR;
    EXPECT_EQ(*memory.read(0x10000, bytes.data(), 8), 0u);
}

TEST(CallbackMemory, AnAdapterThatClaimsTooMuchIsNotBelieved) {
    mtc_debugger debugger{};
    debugger.read = [](void*, std::uint64_t, void*, std::uint64_t, std::uint64_t* got) {
        *got = ~std::uint64_t{0};
        return static_cast<int>(MTC_OK);
    };
    CallbackMemory memory(debugger);
    char bytes[16];
    EXPECT_EQ(*memory.read(0x10000, bytes, sizeof bytes), sizeof bytes);
    EXPECT_THAT(memory.writable_regions(), IsEmpty());
}

TEST(Regions, OfALiveLocalProcess) {
    static int in_data = 1;
    FakeDebugger fake;
    fake.about = {};
    fake.about.kind = MTC_TARGET_LIVE;
    fake.about.pointer_width = 8;
    fake.about.pid = getpid();
    fake.regions = {{0x1000, 0x2000, 1, 1}};
    const mtc_debugger debugger = fake.table();
    auto contains = [&](const std::vector<MemoryRegion>& regions, const void* p) {
        const auto address = reinterpret_cast<std::uint64_t>(p);
        return std::any_of(regions.begin(), regions.end(), [&](const MemoryRegion& r) {
            return r.start <= address && address < r.end;
        });
    };
    CallbackMemory memory(debugger);
    const auto regions = memory.writable_regions();
    EXPECT_TRUE(contains(regions, &in_data));
    EXPECT_TRUE(contains(regions, &fake));
    EXPECT_FALSE(contains(regions, "constant"));
    EXPECT_TRUE(std::is_sorted(regions.begin(), regions.end(),
                               [](auto& a, auto& b) { return a.start < b.start; }));
    // The debugger here shows other bytes than the process has: no short cut.
    EXPECT_FALSE(memory.pages_beginning_with({}));
    fake.about.is_remote = 1;  // the number may be anyone's here
    EXPECT_FALSE(memory.pages_beginning_with({}));
    ASSERT_EQ(memory.writable_regions().size(), 1u);
    EXPECT_EQ(memory.writable_regions()[0].start, 0x1000u);
}

TEST(Regions, OfTheDebuggerAreSortedAndWritable) {
    FakeDebugger fake;
    fake.regions = {{0x5000, 0x7000, 1, 1},
                    {0x1000, 0x2000, 1, 1},
                    {0x3000, 0x4000, 1, 0},
                    {0x6000, 0x8000, 1, 1},
                    {0x9000, 0x8000, 1, 1}};
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger);
    const auto regions = memory.writable_regions();
    ASSERT_EQ(regions.size(), 3u);
    EXPECT_EQ(regions[1].start, 0x5000u);
    EXPECT_EQ(regions[2].start, 0x7000u);
    EXPECT_EQ(regions[2].end, 0x8000u);
}

TEST(Mappings, OfALiveLocalProcessHaveRightsAndNames) {
    const test::TestFolder folder("mappings");
    const std::string path = folder / "with a space";
    std::ofstream(path) << std::string(4096, 'x');
    const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
    void* const shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* const mine = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    void* const none = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FakeDebugger fake;
    fake.about = {};
    fake.about.kind = MTC_TARGET_LIVE;
    fake.about.pointer_width = 8;
    fake.about.pid = getpid();
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger);
    const auto mappings = memory.mappings();
    const auto at = [&](const void* p) {
        const Mapping* found = range_at(mappings, reinterpret_cast<std::uint64_t>(p));
        return found == nullptr ? Mapping() : *found;
    };
    EXPECT_EQ(at(shared).path, path);
    EXPECT_TRUE(at(shared).readable && at(shared).writable && at(shared).shared);
    EXPECT_EQ(at(mine).path, path);
    EXPECT_FALSE(at(mine).writable || at(mine).shared || at(mine).executable);
    EXPECT_LT(at(none).start, at(none).end);
    EXPECT_FALSE(at(none).readable);
    const auto on_stack = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
    EXPECT_EQ(at(on_stack).path, "[stack]");
    EXPECT_FALSE(at(on_stack).executable);
    EXPECT_TRUE(at(reinterpret_cast<const void*>(&process_mappings)).executable);
    EXPECT_FALSE(range_at(memory.writable_regions(), reinterpret_cast<std::uint64_t>(shared)));
    const auto direct = DirectMemory(getpid(), memory).mappings();
    EXPECT_TRUE(range_at(direct, reinterpret_cast<std::uint64_t>(shared)));
    munmap(shared, 4096);
    munmap(mine, 4096);
    munmap(none, 4096);
    close(file);
}

TEST(Mappings, OfTheDebuggerAreInOrder) {
    FakeDebugger fake;
    fake.about.kind = MTC_TARGET_LIVE;
    fake.about.is_remote = 1;
    fake.regions = {{0x5000, 0x7000, 1, 1}, {0x3000, 0x4000, 1, 0}, {0x9000, 0x8000, 1, 1}};
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger);
    const auto mappings = memory.mappings();
    ASSERT_EQ(mappings.size(), 2u);
    EXPECT_EQ(mappings[0].start, 0x3000u);
    EXPECT_TRUE(mappings[0].readable);
    EXPECT_FALSE(mappings[0].writable);
    EXPECT_TRUE(mappings[1].writable);
    EXPECT_FALSE(memory.concurrent_read());
}

TEST(Mappings, OfACoreAreThoseOfItsFile) {
    const test::TestFolder folder("mappings");
    test::WrittenCore core;
    core.load(0x10000, std::string(4096, 'x'));
    core.load(0x40000, "", 8192);
    core.write(folder / "core");
    FakeDebugger fake;
    fake.about.kind = MTC_TARGET_CORE;
    fake.regions = {{0x1000, 0x2000, 1, 1}};
    const mtc_debugger debugger = fake.table();
    CallbackMemory memory(debugger);
    memory.use_core_file(folder / "core");
    ASSERT_EQ(memory.mappings().size(), 2u);
    EXPECT_EQ(memory.mappings()[1].end, 0x42000u);
    ASSERT_EQ(memory.writable_regions().size(), 1u);
    EXPECT_EQ(memory.writable_regions()[0].start, 0x10000u);
    memory.use_core_file("");
    EXPECT_EQ(memory.mappings()[0].start, 0x1000u);
}

}  // namespace
}  // namespace mt::core
