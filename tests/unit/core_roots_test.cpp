// SPDX-License-Identifier: MIT
//
// Which memory of a process counts as what, on processes that are made up: stacks in use and
// dead ones, glibc's heap by the words before its blocks, the runtime's own memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>

#include "roots/allocator.h"
#include "roots/ranges.h"
#include "roots/roots.h"
#include "roots/stacks.h"
#include "support/fake_memory.h"

namespace mt::core {
// For EXPECT_EQ.
bool operator==(const MemoryRegion& a, const MemoryRegion& b) {
    return a.start == b.start && a.end == b.end;
}
void PrintTo(const MemoryRegion& region, std::ostream* out) {
    *out << std::hex << region.start << "-" << region.end << std::dec;
}

namespace test {
namespace {

TEST(RootRanges, AreSetsOfAddresses) {
    constexpr std::uint64_t kEnd = 64;
    std::mt19937 random(7);
    const auto any = [&] {
        std::vector<MemoryRegion> regions;
        for (int i = 0; i < 6; ++i) {
            const std::uint64_t start = random() % kEnd;
            regions.push_back({start, start + random() % 12});
        }
        return regions;
    };
    const auto has = [](const std::vector<MemoryRegion>& regions, std::uint64_t at) {
        return std::any_of(regions.begin(), regions.end(),
                           [at](const MemoryRegion& one) { return holds(one, at); });
    };
    for (int round = 0; round < 2000; ++round) {
        const auto a = any(), b = any();
        const Ranges left = ranges_of(a), right = ranges_of(b);
        const Ranges rest = without(left, right), both = common(left, right);
        std::uint64_t bytes = 0;
        for (std::uint64_t at = 0; at < kEnd + 16; ++at) {
            ASSERT_EQ(has(left, at), has(a, at)) << round << " at " << at;
            ASSERT_EQ(has(rest, at), has(a, at) && !has(b, at)) << round << " at " << at;
            ASSERT_EQ(has(both, at), has(a, at) && has(b, at)) << round << " at " << at;
            bytes += has(a, at) ? 1 : 0;
        }
        ASSERT_EQ(bytes_of(left), bytes);
        for (const Ranges& ranges : {left, rest, both})
            for (std::size_t i = 0; i < ranges.size(); ++i) {
                ASSERT_LT(ranges[i].start, ranges[i].end);
                if (i != 0) {
                    ASSERT_LT(ranges[i - 1].end, ranges[i].start);
                }
            }
    }
}

constexpr std::uint64_t kPage = 4096;

Mapping mapped(std::uint64_t start, std::uint64_t end, const std::string& path = "") {
    Mapping mapping;
    mapping.start = start;
    mapping.end = end;
    mapping.readable = mapping.writable = true;
    mapping.path = path;
    return mapping;
}
Mapping guard(std::uint64_t start, std::uint64_t end) {
    Mapping mapping;
    mapping.start = start;
    mapping.end = end;
    return mapping;
}

// A process of a main thread and stacks as glibc makes them: a guard, the stack, and at its end
// the thread's control block.
class RootStacks : public ::testing::Test {
  protected:
    static constexpr std::uint64_t kMain = 0x7ffe'0000'0000, kFirst = 0x7f00'0000'0000;
    static constexpr std::uint64_t kSize = 16 * kPage, kControlBlock = 2368,
                                   kControlBlockSize = 2304;

    RootStacks() { mappings_ = {mapped(kMain, kMain + kSize, "[stack]")}; }

    // Of which thread the control block is.
    std::uint64_t add_stack(std::uint64_t number) {
        const std::uint64_t start = kFirst + number * 2 * kSize, end = start + kSize;
        const std::uint64_t block = (end - kControlBlock) / 64 * 64;
        memory_.map(start, kSize);
        memory_.put(block, block);
        memory_.put(block + 8, 0x1000 * (number + 1) + 16);  // dtv
        memory_.put(block + 16, block);
        mappings_.push_back(guard(start - kPage, start));
        mappings_.push_back(mapped(start, end));
        return block;
    }
    Stacks find(const std::vector<StackThread>& threads, std::uint64_t main_stack = 0) {
        mappings_ = in_order(mappings_);
        const auto found = find_stacks(memory_, mappings_, threads, main_stack);
        EXPECT_TRUE(found);
        return found ? *found : Stacks{};
    }

    mt::test::FakeMemory memory_;
    std::vector<Mapping> mappings_;
};

TEST_F(RootStacks, AreInUseFromTheRedZoneOn) {
    const std::uint64_t block = add_stack(0);
    const std::uint64_t sp = kFirst + 5000, main_sp = kMain + 9000;
    const Stacks found = find({{main_sp, 0x1234}, {sp, block}});
    ASSERT_EQ(found.stacks.size(), 2u);
    EXPECT_EQ(found.stacks[0].used, (MemoryRegion{main_sp - 128, kMain + kSize}));
    EXPECT_EQ(found.stacks[1].used, (MemoryRegion{sp - 128, kFirst + kSize}));
    EXPECT_EQ(found.dead, (Ranges{{kFirst, sp - 128}, {kMain, main_sp - 128}}));
    EXPECT_EQ(found.dtvs, (std::vector<ThreadDtv>{{1, 0x1000}}));
}

TEST_F(RootStacks, OfThreadsThatEndedHoldNothingButTheirDtv) {
    const std::uint64_t block = add_stack(0);
    add_stack(1);
    const Stacks found = find({{kFirst + kPage, block}});
    EXPECT_EQ(found.dead,
              (Ranges{{kFirst, kFirst + kPage - 128}, {kFirst + 2 * kSize, kFirst + 3 * kSize}}));
    EXPECT_EQ(found.dtvs, (std::vector<ThreadDtv>{{0, 0x1000}, {{}, 0x2000}}));
}

// Of what dlopen brought, which is on the heap, and of what nobody has asked for yet there is
// nothing here.
TEST_F(RootStacks, EndWithVariablesAndTheControlBlock) {
    const std::uint64_t block = add_stack(0), list = 0x1000;
    memory_.map(list, kPage);
    const std::uint64_t entries[][2] = {{5, 0},
                                        {1, 0},
                                        {block - 64, 0},
                                        {block - 192, 0},
                                        {~std::uint64_t{0}, 0},
                                        {kFirst + 64, kFirst + 48},
                                        {kFirst - 64, 0},
                                        {kFirst + 128, 0}};  // behind the end
    memory_.put(list, entries);
    const auto variables = [&] { return find({{kFirst + 5000, block}}).variables.at(0).range; };
    EXPECT_EQ(variables(), (MemoryRegion{block - 192, block + kControlBlockSize}));
    memory_.put(list, ~std::uint64_t{0});  // a list that lies
    EXPECT_EQ(variables(), (MemoryRegion{kFirst + 128, block + kControlBlockSize}));
}

TEST_F(RootStacks, OfThreadsThatCouldNotBeAskedAreNotTakenForEnded) {
    add_stack(0);
    EXPECT_TRUE(find({{0, 0}}).dead.empty());
}

// On an alternative signal stack, or a fiber's: both count whole.
TEST_F(RootStacks, AreWholeWhereTheThreadStandsElsewhere) {
    const std::uint64_t block = add_stack(0);
    const std::uint64_t elsewhere = 0x7e00'0000'0000;
    mappings_.push_back(mapped(elsewhere, elsewhere + kSize));
    const Stacks found = find({{elsewhere + kPage, block}});
    EXPECT_TRUE(found.stacks.empty());
    EXPECT_TRUE(found.dead.empty());
}

// In a core no mapping has a name.
TEST_F(RootStacks, OfTheFirstThreadIsKnownByAnAddressInIt) {
    mappings_[0].path.clear();
    const std::uint64_t sp = kMain + kPage;
    EXPECT_TRUE(find({{sp, 0x1234}}).dead.empty());
    EXPECT_EQ(find({{sp, 0x1234}}, kMain + kSize - 8).dead, (Ranges{{kMain, sp - 128}}));
}

// Stacks that the program has made may share a mapping.
TEST_F(RootStacks, OfSeveralThreadsInOneMappingAreNotDead) {
    const std::uint64_t block = add_stack(0);
    const Stacks found = find({{kFirst + 8000, block}, {kFirst + 3000, 0x1234}});
    EXPECT_TRUE(found.dead.empty());
}

// Memory as glibc's malloc keeps it.
class RootHeaps : public ::testing::Test {
  protected:
    static constexpr std::uint64_t kBrk = 0x5555'0000'0000, kArena = 0x7f40'0000'0000;

    void add_block(std::uint64_t address, std::uint64_t size, std::uint64_t flags) {
        memory_.map(address - 16, size + 16);
        memory_.put(address - 8, (size + 8 + 15) / 16 * 16 | flags);
        blocks_.push_back({address, size});
    }
    AllocatorMemory find(std::uint64_t program_end = kBrk) {
        std::sort(blocks_.begin(), blocks_.end(),
                  [](const auto& a, const auto& b) { return a.address < b.address; });
        mappings_ = in_order(mappings_);
        const auto found = allocator_memory(memory_, mappings_, blocks_, program_end);
        EXPECT_TRUE(found);
        return found ? *found : AllocatorMemory{};
    }

    mt::test::FakeMemory memory_;
    std::vector<Mapping> mappings_;
    std::vector<graph::Extent> blocks_;
};

TEST_F(RootHeaps, AreTheBrkHeapAndArenas) {
    mappings_ = {mapped(kBrk - kPage, kBrk), mapped(kBrk, kBrk + 64 * kPage),
                 mapped(kArena, kArena + 64 * kPage),
                 mapped(kArena + (1 << 30), kArena + (1 << 30) + 64 * kPage)};
    add_block(kBrk + 0x20, 100, 1);
    add_block(kArena + 0x1000, 100, 5);
    // The program ends within the page before.
    const AllocatorMemory found = find(kBrk - 100);
    EXPECT_TRUE(found.known);
    EXPECT_EQ(found.heaps, (Ranges{{kBrk, kBrk + 64 * kPage}, {kArena, kArena + 64 * kPage}}));
}

// Beside blocks with a mapping of their own may be the program's, in one with them.
TEST_F(RootHeaps, AreNotMappingsOfSingleBlocks) {
    mappings_ = {mapped(kArena, kArena + 640 * kPage)};
    add_block(kArena + 0x10, 200'000, 2);
    add_block(kArena + 0x40010, 200'000, 2);
    const AllocatorMemory found = find();
    EXPECT_TRUE(found.known);
    EXPECT_TRUE(found.heaps.empty());
}

// Only the heap that brk gave is known to be nobody else's.
TEST_F(RootHeaps, OfTheMainArenaElsewhereAreNotTakenForGranted) {
    mappings_ = {mapped(kArena, kArena + 64 * kPage), mapped(kBrk, kBrk + kPage)};
    add_block(kArena + 0x20, 100, 1);
    EXPECT_TRUE(find().heaps.empty());
    mappings_[1].path = "[heap]";
    EXPECT_FALSE(find().heaps.empty());
}

TEST_F(RootHeaps, OfAnotherAllocatorAreNotKnown) {
    mappings_ = {mapped(kBrk, kBrk + 64 * kPage, "[heap]")};
    memory_.map(kBrk, 64 * kPage);
    for (std::uint64_t i = 0; i < 100; ++i) blocks_.push_back({kBrk + i * 128, 128});
    const AllocatorMemory found = find();
    EXPECT_FALSE(found.known);
    EXPECT_TRUE(found.heaps.empty());
}

// A table that lies: blocks at the very ends of memory.
TEST_F(RootHeaps, OfDamagedBlocksEndNothing) {
    mappings_ = {mapped(kPage, 2 * kPage), mapped(kBrk, kBrk + kPage)};
    blocks_ = {{1, 5}, {kPage, 0}, {kPage + 8, 1ull << 56}, {kBrk + kPage - 1, 0}};
    EXPECT_TRUE(find().heaps.empty());
}

// A malloc_state in the middle of other data.
std::vector<std::uint64_t> libc_data(std::uint64_t address, std::uint64_t arena, std::uint64_t next,
                                     std::uint64_t used_bins) {
    std::vector<std::uint64_t> words(1000, 0x1234);
    const auto put = [&](std::uint64_t at, std::uint64_t value) {
        words[(at - address) / 8] = value;
    };
    for (std::uint64_t i = 0; i < 127; ++i) {
        const std::uint64_t bin = arena + 112 + i * 16;
        for (const std::uint64_t at : {bin, bin + 8})
            put(at, i < used_bins ? 0x5555'0000'0010 : bin - 16);
    }
    put(arena + 2160, next);
    return words;
}

TEST(RootBooks, OfTheMainArenaAreFoundByTheirEmptyBins) {
    const std::uint64_t address = 0x7f30'0123'0000, arena = address + 800;
    const MemoryRegion whole{arena, arena + 2200};
    for (const std::uint64_t used : {0u, 1u, 60u}) {
        EXPECT_EQ(main_arena_in(address, libc_data(address, arena, arena, used)), whole) << used;
        EXPECT_EQ(main_arena_in(address, libc_data(address, arena, 0x7f40'0000'0030, used)), whole);
    }
    EXPECT_EQ(main_arena_in(address, libc_data(address, arena, arena, 127)), MemoryRegion{});
    EXPECT_EQ(main_arena_in(address, libc_data(address, arena, 0x1239, 0)), MemoryRegion{});
    EXPECT_EQ(main_arena_in(address, {}), MemoryRegion{});
    std::vector<std::uint64_t> cut = libc_data(address, arena, arena, 0);
    cut.resize(200);
    EXPECT_EQ(main_arena_in(address, cut), MemoryRegion{});
}

class RootsOfAProcess : public ::testing::Test {
  protected:
    static constexpr std::uint64_t kProgram = 0x5555'5555'0000, kRuntime = 0x7f10'0000'0000;

    RootsOfAProcess() {
        table_.modules.resize(3);
        table_.modules[1] = {0, kProgram, kProgram + 4 * kPage, 1, 0, "/bin/program", "", ""};
        table_.modules[2] = {0,  kRuntime, kRuntime + 4 * kPage, 2, 0, "/lib/libmemtrace.so",
                             "", ""};
        table_.status.root_address = kRuntime + 3 * kPage;
        table_.own.bootstrap = {kRuntime + 2 * kPage, kRuntime + 3 * kPage};
        table_.own.knows_all_blocks = true;
        terrain_.memory = &memory_;
        terrain_.in_program = kProgram + 100;
        terrain_.table = &table_;
        terrain_.blocks = &blocks_;
        terrain_.mappings = {mapped(kProgram + 3 * kPage, kProgram + 4 * kPage, "/bin/program"),
                             mapped(kRuntime + 2 * kPage, kRuntime + 4 * kPage)};
    }
    Roots find() {
        terrain_.mappings = in_order(terrain_.mappings);
        const auto found = find_roots(terrain_);
        EXPECT_TRUE(found);
        return found ? *found : Roots{};
    }
    static Ranges ranges_of_class(const Roots& roots, graph::RootClass root_class) {
        Ranges found;
        for (const graph::Root& root : roots.roots)
            if (root.root_class == root_class && root.range.size != 0)
                found.push_back({root.range.address, root.range.address + root.range.size});
        return found;
    }
    static bool has_remark(const Roots& roots, const std::string& code) {
        return std::any_of(roots.remarks.begin(), roots.remarks.end(),
                           [&](const Remark& remark) { return remark.code == code; });
    }

    mt::test::FakeMemory memory_;
    Table table_;
    std::vector<graph::Extent> blocks_;
    Terrain terrain_;
};

TEST_F(RootsOfAProcess, AreNotTheRuntimesDataButWhatItGaveTheProgram) {
    const Roots roots = find();
    EXPECT_EQ(ranges_of_class(roots, graph::RootClass::module_data),
              (Ranges{{kProgram + 3 * kPage, kProgram + 4 * kPage},
                      {kRuntime + 2 * kPage, kRuntime + 3 * kPage}}));
    EXPECT_TRUE(roots.remarks.empty());
}

// Linked into the program: what is whose cannot be told.
TEST_F(RootsOfAProcess, AreAllTheProgramsDataWhereTheRuntimeIsPartOfIt) {
    table_.status.root_address = kProgram + 3 * kPage;
    EXPECT_EQ(ranges_of_class(find(), graph::RootClass::module_data),
              (Ranges{{kProgram + 3 * kPage, kProgram + 4 * kPage},
                      {kRuntime + 2 * kPage, kRuntime + 4 * kPage}}));
}

TEST_F(RootsOfAProcess, AreNotTheTable) {
    terrain_.mappings.push_back(mapped(0x1000'0000, 0x1000'4000));
    table_.own.regions = {{0x1000'1000, 0x1000'2000}};
    const Ranges rest = ranges_of_class(find(), graph::RootClass::mapping);
    EXPECT_EQ(rest, (Ranges{{0x1000'0000, 0x1000'1000}, {0x1000'2000, 0x1000'4000}}));
}

TEST_F(RootsOfAProcess, AreRegistersAndMemoryThatWasMadeReadOnly) {
    terrain_.mappings.push_back(mapped(0x1000'0000, 0x1000'1000));
    terrain_.mappings.back().writable = false;
    terrain_.mappings.push_back(mapped(0x1000'2000, 0x1000'3000, "/etc/ld.so.cache"));
    terrain_.mappings.back().writable = false;
    terrain_.mappings.push_back(mapped(0x1000'4000, 0x1000'5000, "/dev/dri/card0"));
    terrain_.threads = {{1, 77, 0}, {2, 78, 0}};
    terrain_.registers = {{1, 77, {{"rax", 0}, {"rbx", 0x1234}}}};
    const Roots roots = find();
    EXPECT_EQ(ranges_of_class(roots, graph::RootClass::mapping),
              (Ranges{{0x1000'0000, 0x1000'1000}}));
    const auto in_register = std::find_if(
        roots.roots.begin(), roots.roots.end(),
        [](const graph::Root& root) { return root.root_class == graph::RootClass::registers; });
    ASSERT_NE(in_register, roots.roots.end());
    EXPECT_EQ(in_register->word, 0x1234u);
    EXPECT_EQ(roots.sources[in_register->id].name, "rbx");
    EXPECT_EQ(roots.sources[in_register->id].tid, 77u);
    EXPECT_TRUE(has_remark(roots, "no-registers"));
}

TEST_F(RootsOfAProcess, AreNotWhatAFreeLeftInTheHeapUnlessBlocksAreUnknown) {
    const std::uint64_t heap = kProgram + 4 * kPage;
    terrain_.mappings.push_back(mapped(heap, heap + 4 * kPage, "[heap]"));
    memory_.map(heap, 4 * kPage);
    memory_.put(heap + 0x28, std::uint64_t{0x71});
    blocks_ = {{heap + 0x30, 100}};
    EXPECT_TRUE(ranges_of_class(find(), graph::RootClass::other).empty());
    EXPECT_TRUE(ranges_of_class(find(), graph::RootClass::mapping).empty());
    table_.own.knows_all_blocks = false;
    const Roots roots = find();
    EXPECT_EQ(ranges_of_class(roots, graph::RootClass::other), (Ranges{{heap, heap + 4 * kPage}}));
    EXPECT_TRUE(has_remark(roots, "earlier-blocks"));
}

TEST_F(RootsOfAProcess, AreNotTerabytesThatWereSetAside) {
    terrain_.mappings.push_back(mapped(0x1000'0000'0000, 0x2000'0000'0000));
    const Roots roots = find();
    EXPECT_TRUE(ranges_of_class(roots, graph::RootClass::mapping).empty());
    EXPECT_TRUE(has_remark(roots, "not-searched"));
}

}  // namespace
}  // namespace test
}  // namespace mt::core
