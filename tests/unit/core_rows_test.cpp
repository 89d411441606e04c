// SPDX-License-Identifier: MIT
//
// Millions of blocks, in a table that is made while it is read: every one is listed, and
// memory holds the blocks and little more. Fifty million with MEMTRACE_TEST_LONG=1.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "support/fake_debugger.h"
#include "support/watchdog.h"

namespace mt::test {
namespace {

constexpr std::uint64_t kRegions = 0x600000000000;  // where they lie, one behind the other
constexpr std::uint64_t kHeap = 0x100000000000;     // of which they are
constexpr std::uint64_t kPerRegion = std::uint64_t{abi::kLinesPerRegion} * abi::kLineWords;
constexpr std::uint64_t kSize = 64;

// The memory of a process with `regions` full of blocks of one traceback.
struct Process {
    explicit Process(std::uint64_t regions_wanted) : regions(regions_wanted), inner() {
        TableBuilder builder;
        const auto stack = builder.add_stack({0x555555554100, 0x555555554200});
        builder.allocate(stack, kSize);
        id = stack;
        const auto count = static_cast<std::uint64_t>(regions * kPerRegion);
        builder.record(stack).alloc_count = count + 1;
        builder.record(stack).alloc_bytes = (count + 1) * kSize;
        fake.memory = builder.build();
        // The table's own region, of one block, comes last.
        const auto state = fake.memory.get<abi::State>(builder.state_address());
        first_of_table = state.regions;
        fake.memory.change<abi::State>(builder.state_address(),
                                       [](abi::State& changed) { changed.regions = kRegions; });
        fake.frames[0x555555554100] = {{"/src/many.c", 3, "make"}};
        inner = fake.callbacks();
    }

    // Regions are wanted from their start, and lines of words.
    void fill(std::uint64_t offset, unsigned char* out, std::uint64_t size) const {
        while (size > 0) {
            const std::uint64_t number = offset / sizeof(abi::Region);
            const std::uint64_t at = offset % sizeof(abi::Region);
            const std::uint64_t word = word_at(number, at / 8);
            const std::uint64_t part = std::min(size, 8 - at % 8);
            std::memcpy(out, reinterpret_cast<const char*>(&word) + at % 8, part);
            out += part;
            offset += part;
            size -= part;
        }
    }

    std::uint64_t word_at(std::uint64_t number, std::uint64_t index) const {
        const std::uint64_t base = kHeap + (number << abi::kRegionBits);
        const std::uint64_t address = kRegions + number * sizeof(abi::Region);
        if (index == 0) return base;
        if (index == 1)
            return number + 1 < regions ? address + sizeof(abi::Region) : first_of_table;
        if (index == 3) return address;
        constexpr std::uint64_t kLines = offsetof(abi::Region, line) / 8;
        if (index < kLines) return 0;
        const std::uint64_t block = index - kLines;
        const std::uint64_t line = block / abi::kLineWords;
        return abi::make_word(base + (line << abi::kLineBits) + block % abi::kLineWords * kSize,
                              kSize, id);
    }

    mtc_debugger callbacks() {
        mtc_debugger out = inner;
        out.user = this;
        out.read = [](void* user, std::uint64_t address, void* buffer, std::uint64_t size,
                      std::uint64_t* got) {
            const Process& self = *static_cast<Process*>(user);
            const std::uint64_t end = kRegions + self.regions * sizeof(abi::Region);
            if (address < kRegions || address >= end)
                return self.inner.read(self.inner.user, address, buffer, size, got);
            *got = std::min(size, end - address);
            self.fill(address - kRegions, static_cast<unsigned char*>(buffer), *got);
            return int{MTC_OK};
        };
        out.find_symbol = [](void* user, const char* name, std::uint64_t* address) {
            const mtc_debugger& asked = static_cast<Process*>(user)->inner;
            return asked.find_symbol(asked.user, name, address);
        };
        out.symbolise = [](void* user, std::uint64_t pc, mtc_add_frame add, void* sink) {
            const mtc_debugger& asked = static_cast<Process*>(user)->inner;
            return asked.symbolise(asked.user, pc, add, sink);
        };
        out.target = [](void* user, mtc_target* target) {
            const mtc_debugger& asked = static_cast<Process*>(user)->inner;
            return asked.target(asked.user, target);
        };
        out.interrupted = [](void*) { return 0; };
        out.print = [](void* user, const char* text, std::uint64_t length) {
            Process& self = *static_cast<Process*>(user);
            for (std::uint64_t i = 0; i < length; ++i) self.lines += text[i] == '\n';
            self.tail = std::string(text, length);
        };
        out.regions = nullptr;
        out.source_line = nullptr;
        return out;
    }

    std::uint64_t regions, first_of_table = 0;
    std::uint32_t id = 0;
    FakeDebugger fake;
    mtc_debugger inner;
    std::uint64_t lines = 0;
    std::string tail;  // what was printed last
};

// The most memory that this process has had, since the last reset.
std::uint64_t peak_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) << 10;
    return 0;
}

void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << 5; }

TEST(ManyBlocks, AreListedInTheMemoryThatTheyTakeThemselves) {
    constexpr std::uint64_t kBeyond = 64u << 20;
    const auto regions = static_cast<std::uint64_t>(storm(2, 382));
    Process process(regions);
    const std::uint64_t blocks = regions * kPerRegion + 1;
    mtc_debugger callbacks = process.callbacks();
    mtc_session* const session = mtc_open(&callbacks, "/nowhere");
    for (const char* line : {"blocks -n 0", "blocks -n 0 --json", "snapshot --min-size 1"}) {
        process.lines = 0;
        reset_peak_memory();
        const std::uint64_t before = peak_memory();
        ASSERT_EQ(mtc_run(session, line), MTC_OK) << mtc_error(session);
        const std::uint64_t used = peak_memory() - before;
        // 24 bytes each; while the list of blocks grows, half as much again.
        EXPECT_LT(used, blocks * 24 * 5 / 2 + kBeyond) << line;
        if (std::string(line).find("snapshot") == 0) continue;
        EXPECT_GT(process.lines, blocks) << line;
        const std::string total = std::to_string(blocks);
        EXPECT_NE(process.tail.find(total), std::string::npos) << process.tail;
    }
    mtc_close(session);
}

}  // namespace
}  // namespace mt::test
