// SPDX-License-Identifier: MIT
//
// A core whose table is damaged: whatever a command answers is what it says of the whole
// core, or it carries a remark, or it is an error. A wrong answer that looks like a right
// one counts; how many there are of each kind of damage is printed and bounded. The same
// damage on each run; MEMTRACE_DAMAGE=5000 does more of it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "damaged_core.h"
#include "read/anchor.h"
#include "read/stamp_checks.h"
#include "watchdog.h"

namespace mt::test {
namespace {

using Random = std::mt19937_64;

// Each kind of command, and addresses of each kind: a block's start, its inside, the place
// behind it, what was freed.
std::vector<std::string> commands_for(Core& core) {
    std::vector<std::string> commands = {
        "status",
        "snapshot --by traceback -n 0",
        "snapshot --blocks -n 0",
        "snapshot --by thread",
        "snapshot --by size=exact -n 0",
        "traceback 1",
        "stats --min-size 1K",
        "stats --thread 2 --sort total-size",
        "snapshot --by domain --since 1",
        "peak",
        "scope",
        "scope work",
        "blocks -n 0",
        "blocks --sort age",
        "blocks --by lineno",
        "leaks -n 0",
        "retained -n 0",
        "snapshot --by type -n 0",
    };
    const auto listed =
        nlohmann::json::parse(core.ask(core.whole(), {"blocks -n 0 --json"})[0].text);
    std::size_t n = 0;
    for (const auto& block : listed["blocks"]) {
        if (n++ % 220 != 0) continue;
        const auto address = std::stoull(block["address"].get<std::string>(), nullptr, 16);
        const auto size = block["size"].get<std::uint64_t>();
        commands.push_back(fmt::format("block {:#x}", address + size / 2));
        commands.push_back(fmt::format("block {:#x}", address + size));
        commands.push_back(fmt::format("blocks --neighbours {:#x} -n 4", address));
        if (n == 1) commands.push_back(fmt::format("refs {:#x}", address));
    }
    return commands;
}

bool has_doubt(const std::string& text) {
    for (const char* sign : {"remark: the table is damaged", "remark: incomplete",
                             "entries of the block table contradict it", "the block table holds",
                             "remark: the runtime's root", "remark: cannot read the table"})
        if (text.find(sign) != std::string::npos) return true;
    return false;
}

// --- damage ------------------------------------------------------------------

using Damage = void (*)(Core& core, FakeMemory& memory, Random& random);

std::uint64_t any_page(const Core& core, Random& random) {
    return core.pages()[random() % core.pages().size()];
}

// A word that is not zero, if one is found: most of a table's pages is empty.
std::uint64_t any_word(const Core& core, FakeMemory& memory, Random& random) {
    std::uint64_t word = 0;
    for (int i = 0; i < 200; ++i) {
        word = any_page(core, random) + random() % 512 * 8;
        if (memory.get<std::uint64_t>(word) != 0) break;
    }
    return word;
}

void zero_page(Core& core, FakeMemory& memory, Random& random) {
    memory.fill(any_page(core, random), FakeMemory::kPage, std::byte{0});
}
void swap_pages(Core& core, FakeMemory& memory, Random& random) {
    const std::uint64_t a = any_page(core, random), b = any_page(core, random);
    const Page of_a = memory.get<Page>(a), of_b = memory.get<Page>(b);
    memory.put(a, of_b);
    memory.put(b, of_a);
}
void fill_page(Core& core, FakeMemory& memory, Random& random) {
    Page page;
    for (std::uint8_t& byte : page) byte = static_cast<std::uint8_t>(random());
    memory.put(any_page(core, random), page);
}
void zero_line(Core& core, FakeMemory& memory, Random& random) {
    memory.fill(any_word(core, memory, random) / 64 * 64, 64, std::byte{0});
}
void flip_word(Core& core, FakeMemory& memory, Random& random) {
    const std::uint64_t word = any_word(core, memory, random);
    memory.put(word, memory.get<std::uint64_t>(word) ^ std::uint64_t{1} << random() % 64);
}
void wrong_word(Core& core, FakeMemory& memory, Random& random) {
    const std::uint64_t word = any_word(core, memory, random);
    const std::uint64_t other = any_word(core, memory, random);
    memory.put(word, memory.get<std::uint64_t>(other));
}

struct Tally {
    int runs = 0;   // mutations
    int wrong = 0;  // with an answer that is wrong and does not say so
    int harmless = 0;
};

class DamagedCore : public testing::Test {
  protected:
    static void SetUpTestSuite() { core_ = new Core; }
    static void TearDownTestSuite() { delete core_; }

    static int number_of_runs() {
        const char* text = std::getenv("MEMTRACE_DAMAGE");
        return text != nullptr ? std::atoi(text) : 120;
    }

    static Tally tally_of(Damage damage, int runs, const std::vector<std::string>& commands,
                          std::map<std::string, int>& by_command) {
        static const std::vector<Answer> truth = core_->ask(core_->whole(), commands);
        Random random(20261126);
        Tally tally;
        for (; tally.runs < runs; ++tally.runs) {
            FakeMemory memory = core_->whole();
            damage(*core_, memory, random);
            const std::vector<Answer> answers = core_->ask(memory, commands);
            bool wrong = false, same = true;
            for (std::size_t i = 0; i < commands.size(); ++i) {
                const bool equal = answers[i].ok == truth[i].ok && answers[i].text == truth[i].text;
                same = same && equal;
                if (equal || !answers[i].ok || has_doubt(answers[i].text)) continue;
                wrong = true;
                ++by_command[commands[i].substr(0, commands[i].find(" 0x"))];
                if (std::getenv("MEMTRACE_SHOW_WRONG") != nullptr)
                    std::cout << "--- " << commands[i] << "\n"
                              << answers[i].text << "+++\n"
                              << truth[i].text;
            }
            tally.wrong += wrong ? 1 : 0;
            tally.harmless += same ? 1 : 0;
        }
        return tally;
    }

    static Core* core_;
};
Core* DamagedCore::core_ = nullptr;

TEST_F(DamagedCore, AnswersAreRightOrCarryARemark) {
    // A page that is lost or another's is always noticed. A bit of a return address or of a
    // stamp has nothing beside it to be held against.
    const struct {
        const char* name;
        Damage damage;
        double most;  // of a hundred
    } kinds[] = {{"a page of zeros", zero_page, 0},
                 {"two pages in each other's place", swap_pages, 0},
                 {"a page of random bytes", fill_page, 0},
                 {"64 bytes of zeros", zero_line, 10},
                 {"one bit the other way", flip_word, 20},
                 {"a word of another place", wrong_word, 20}};
    const std::vector<std::string> commands = commands_for(*core_);
    ASSERT_GT(core_->pages().size(), 100u);
    const int runs = number_of_runs() / static_cast<int>(std::size(kinds)) + 1;
    std::map<std::string, int> by_command;
    for (const auto& kind : kinds) {
        const Tally tally = tally_of(kind.damage, runs, commands, by_command);
        std::cout << fmt::format("{}: {} of {} wrong without a remark, {} without effect\n",
                                 kind.name, tally.wrong, tally.runs, tally.harmless);
        EXPECT_LE(100.0 * tally.wrong, kind.most * tally.runs) << kind.name;
    }
    for (const auto& [command, times] : by_command)
        std::cout << fmt::format("  {} times in mt {}\n", times, command);
}

// The lists of the runtime's own mappings stand in pages of their own, or beside anything else. One
// that ended in zeros made the rest of our memory the program's, where a leak was found held: by
// what a thread's context says of the block that it had last.
TEST_F(DamagedCore, ALostListOfOurMemoryIsNoticed) {
    const std::vector<std::string> commands = {"leaks -n 0"};
    const auto truth = core_->ask(core_->whole(), commands);
    ASSERT_TRUE(truth[0].ok) << truth[0].text;
    const auto header =
        core_->whole().get<std::uint64_t>(core_->root() + offsetof(abi::Root, header));
    auto& whole = core_->whole();
    const auto state = whole.get<std::uint64_t>(header + offsetof(abi::Header, state));
    int lost = 0;
    for (const std::uint64_t pool :
         {whole.get<std::uint64_t>(header + offsetof(abi::Header, memory)),
          whole.get<std::uint64_t>(state + offsetof(abi::State, memory))}) {
        for (auto at = whole.get<abi::PoolHead>(pool).mappings; at != 0;
             at = whole.get<abi::Mapping>(at).next) {
            FakeMemory memory = whole;
            memory.fill(at, sizeof(abi::Mapping), std::byte{0});
            const Answer answer = core_->ask(memory, commands)[0];
            EXPECT_TRUE(!answer.ok || has_doubt(answer.text)) << std::hex << at << answer.text;
            ++lost;
        }
    }
    EXPECT_GT(lost, 4);
}

// --- a root that cannot be believed ------------------------------------------

class DamagedRoot : public DamagedCore {
  protected:
    // What mt status and mt snapshot say once a word of the root is another.
    std::vector<Answer> with_word(std::size_t offset, std::uint64_t value) {
        FakeMemory memory = core_->whole();
        memory.put(core_->root() + offset, value);
        return core_->ask(memory, {"status", "snapshot", "blocks", "scope"});
    }
    std::uint64_t request() {
        return core_->whole().get<std::uint64_t>(core_->root() + offsetof(abi::Root, request));
    }
};

// Its table is found all the same.
TEST_F(DamagedRoot, WithoutItsHeaderIsNotAnEmptyOne) {
    const auto whole = core_->ask(core_->whole(), {"status", "snapshot", "blocks", "scope"});
    for (const Answer& answer : with_word(offsetof(abi::Root, header), 0)) {
        EXPECT_TRUE(answer.ok) << answer.text;
        EXPECT_TRUE(has_doubt(answer.text)) << answer.text;
        EXPECT_EQ(answer.text.find("Total: size=0"), std::string::npos);
    }
    for (const Answer& answer : with_word(offsetof(abi::Root, header), 0x7fff00000000))
        EXPECT_FALSE(answer.ok) << answer.text;
}

TEST_F(DamagedRoot, ThatSaysOffOrLongAgoIsAnError) {
    for (const std::uint64_t value :
         {std::uint64_t{0}, request() & ~abi::kRequestOn, request() ^ std::uint64_t{1} << 63,
          request() - (std::uint64_t{1} << 32), ~std::uint64_t{0}})
        for (const Answer& answer : with_word(offsetof(abi::Root, request), value))
            EXPECT_FALSE(answer.ok) << std::hex << value << answer.text;
}

TEST_F(DamagedRoot, ThatSaysStartedAnewSaysSo) {
    const auto answers =
        with_word(offsetof(abi::Root, request), request() + (std::uint64_t{1} << 32));
    EXPECT_NE(answers[1].text.find("there are no traces yet"), std::string::npos);
}

// --- cores that lack memory ---------------------------------------------------

// A program that was traced is never one "without the memtrace runtime".
void expect_lack_is_named(const std::string& path, std::uint64_t root, const char* lacks,
                          bool& any_whole) {
    CoreMemory memory(path);
    FakeMemory loaded;
    for (const core::MemoryRegion& region : memory.writable_regions()) {
        std::vector<char> bytes(region.end - region.start);
        const auto got = memory.read(region.start, bytes.data(), bytes.size());
        if (got) loaded.write(region.start, bytes.data(), *got);
    }
    for (const int way : {0, 1, 2, 3}) {
        const bool has_symbol = way % 2 == 0;
        FakeDebugger debugger(loaded);
        debugger.memory.zero_holes = true;  // as GDB shows it
        debugger.kind = MTC_TARGET_CORE;
        debugger.core = path;
        debugger.symbols.clear();
        if (has_symbol) debugger.symbols["memtrace_root"] = root;
        FakeSession session(debugger);
        session.run(way / 2 == 0 ? "config direct on" : "config direct off");
        for (const char* command :
             {"status", "snapshot", "blocks -n 0", "scope", "block 0x1000", "leaks",
              "leaks --strict --blocks", "retained", "snapshot --by type", "refs 0x1000"}) {
            const bool ok = session.run(command) == MTC_OK;
            const std::string text = ok ? debugger.printed : mtc_error(session.get());
            if (ok) {
                any_whole = true;
                EXPECT_TRUE(has_doubt(text)) << path << ": mt " << command << "\n" << text;
            } else {
                EXPECT_NE(text.find(lacks), std::string::npos) << "mt " << command << ": " << text;
            }
            EXPECT_EQ(text.find("without the memtrace runtime"), std::string::npos) << text;
        }
    }
}

TEST_F(DamagedCore, CutAnywhereSaysThatItIsCut) {
    const std::string path = core_->path() + ".cut";
    const auto size = fs::file_size(core_->path());
    bool any_whole = false;
    const long sizes = storm(14, 200);
    for (long i = 1; i < sizes; ++i) {
        fs::copy_file(core_->path(), path, fs::copy_options::overwrite_existing);
        fs::resize_file(path,
                        size * static_cast<std::uintmax_t>(i) / static_cast<std::uintmax_t>(sizes));
        expect_lack_is_named(path, core_->root(), "", any_whole);
        if (i * 10 < sizes)
            expect_lack_is_named(path, core_->root(), "this core is cut", any_whole);
    }
    fs::remove(path);
}

// What is missing then are stacks and data: no doubt about the table, and yet each command says
// so. mt block once did not.
TEST_F(DamagedCore, CutBehindItsTableSaysThatItIsCut) {
    const std::string path = core_->path() + ".cut";
    fs::copy_file(core_->path(), path, fs::copy_options::overwrite_existing);
    fs::resize_file(path, fs::file_size(path) - 4096);
    bool any_whole = false;
    expect_lack_is_named(path, core_->root(), "this core is cut", any_whole);
    EXPECT_TRUE(any_whole);
    fs::remove(path);
}

TEST(FilteredCore, SaysThatItIsFiltered) {
    for (const char* filter : {"0x0", "0x2", "0x10"}) {
        const Core core(filter);
        bool any_whole = false;
        expect_lack_is_named(core.path(), core.root(), "this core is filtered", any_whole);
        EXPECT_FALSE(any_whole);
    }
}

// Neither a symbol nor the library's file: the table is found by its own first page.
TEST_F(DamagedCore, WithoutSymbolTheTableIsFound) {
    const std::vector<std::string> commands = {"snapshot -n 0", "blocks -n 0", "scope work"};
    const auto truth = core_->ask(core_->whole(), commands);
    const auto found = core_->ask(core_->whole(), commands, false);
    for (std::size_t i = 0; i < commands.size(); ++i) {
        EXPECT_TRUE(truth[i].ok);
        EXPECT_EQ(truth[i].text, found[i].text);
    }
}

// --- stopped anywhere ---------------------------------------------------------

// What is held against the stamps of a core holds at any stop.
void expect_stamps(const Tracee& tracee, const core::Table& table) {
    ProcessMemory memory(tracee.pid());
    core::Reading reading(memory);
    core::Anchor anchor;
    ASSERT_TRUE(core::load_anchor(reading, table.status, anchor));
    core::StampChecks stamps(anchor, table);
    for (const core::Block& block : table.blocks)
        if (table.detail_of(block).stamp != 0) stamps.add(table.detail_of(block).stamp);
    EXPECT_EQ(stamps.wrong(), 0u);
}

// What a killed process leaves in its core is what a stop at that moment shows: events half
// done, but never a table that cannot be read or that contradicts itself.
TEST(StoppedAnywhere, TheTableIsWhole) {
    Tracee tracee({.program = program_path("held_heap"),
                   .arguments = {"busy"},
                   .environment = {{"MEMTRACE", "12,stamps,freed=64"}}});
    ASSERT_TRUE(tracee.wait_for_stop());
    Random random(66);
    for (int i = 0; i < 200; ++i) {
        tracee.resume();
        usleep(static_cast<useconds_t>(random() % 3000));
        kill(tracee.pid(), SIGSTOP);
        ASSERT_TRUE(tracee.wait_for_stop());
        const auto table = tracee.table(true);
        ASSERT_TRUE(table) << table.error().text;
        expect_stamps(tracee, *table);
        for (const core::Remark& remark : table->remarks)
            EXPECT_TRUE(remark.code == "in-flight" || remark.code == "peak-bound") << remark.text;
    }
}

}  // namespace
}  // namespace mt::test
