// SPDX-License-Identifier: MIT
//
// Where bytes come from: the debugger's callbacks, the process itself (only
// when it is proven to be the same one), and the regions of each kind of target.
#include <gelf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "abi/layout.h"
#include "read/reader.h"
#include "source/callback_memory.h"
#include "source/direct_memory.h"
#include "source/regions.h"
#include "support/table_builder.h"

namespace mt::core {
namespace {

using test::FakeMemory;
using test::TableBuilder;
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
        d.interrupted = [](void* user) {
            return static_cast<int>(static_cast<FakeDebugger*>(user)->wants_to_stop);
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
    CallbackMemory memory(debugger);
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
    EXPECT_FALSE(memory.interrupted());
    EXPECT_THAT(memory.writable_regions(), IsEmpty());
}

TEST(Regions, OfALiveLocalProcess) {
    static int in_data = 1;
    FakeDebugger fake;
    fake.about = {MTC_TARGET_LIVE, 0, 0, 8, getpid(), nullptr, nullptr};
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

class CoreRegions : public ::testing::Test {
  protected:
    CoreRegions() : path_(::testing::TempDir() + "core_regions." + std::to_string(getpid())) {}
    ~CoreRegions() override { unlink(path_.c_str()); }

    // Two writable segments of 8 KiB, a read-only one, and one without bytes in the file.
    void write(std::size_t file_size) {
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = 1;
        header.e_version = EV_CURRENT;
        header.e_type = ET_CORE;
        header.e_machine = EM_X86_64;
        header.e_ehsize = sizeof header;
        header.e_phoff = sizeof header;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = 4;
        const Elf64_Phdr segments[] = {
            {PT_LOAD, PF_R | PF_W, 0x1000, 0x10000, 0, 0x2000, 0x2000, 0x1000},
            {PT_LOAD, PF_R, 0x3000, 0x20000, 0, 0x1000, 0x1000, 0x1000},
            {PT_LOAD, PF_R | PF_W, 0x4000, 0x30000, 0, 0x2000, 0x2000, 0x1000},
            {PT_LOAD, PF_R | PF_W, 0x6000, 0x40000, 0, 0, 0x2000, 0x1000},
        };
        std::string bytes(0x6000, '\0');
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, segments, sizeof segments);
        std::ofstream(path_, std::ios::binary)
            .write(bytes.data(), static_cast<std::streamsize>(file_size));
    }

    std::string path_;
};

TEST_F(CoreRegions, WritableSegmentsWithBytes) {
    write(0x6000);
    FakeDebugger fake;
    fake.about = {MTC_TARGET_CORE, 0, 0, 8, 1, nullptr, path_.c_str()};
    const mtc_debugger debugger = fake.table();
    const auto regions = CallbackMemory(debugger).writable_regions();
    ASSERT_EQ(regions.size(), 2u);
    EXPECT_EQ(regions[0].start, 0x10000u);
    EXPECT_EQ(regions[0].end, 0x12000u);
    EXPECT_EQ(regions[1].start, 0x30000u);
}

TEST_F(CoreRegions, OfACoreCutShort) {
    write(0x4800);
    auto regions = core_regions(path_);
    ASSERT_EQ(regions.size(), 2u);
    EXPECT_EQ(regions[1].end, 0x30800u);
    write(0x1800);
    regions = core_regions(path_);
    ASSERT_EQ(regions.size(), 1u);
    EXPECT_EQ(regions[0].end, 0x10800u);
    for (const std::size_t size : {0u, 4u, 63u, 64u, 100u, 200u}) {
        write(size);
        EXPECT_THAT(core_regions(path_), IsEmpty()) << size;
    }
    EXPECT_THAT(core_regions("/does/not/exist"), IsEmpty());
    EXPECT_THAT(core_regions("/"), IsEmpty());
}

// --- the direct way ---------------------------------------------------------------

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

}  // namespace
}  // namespace mt::core
