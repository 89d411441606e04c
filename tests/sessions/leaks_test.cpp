// SPDX-License-Identifier: MIT
//
// mt leaks against the list that tests/programs/leaky.cpp writes of its own blocks: each line's
// kind, bytes, and what only it holds, in both debuggers, live and on both kinds of core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

struct Figures {
    long size = 0, held_size = 0, held_count = 0;
    bool operator==(const Figures&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Figures& f) {
        return out << f.size << " holds " << f.held_size << " in " << f.held_count;
    }
};
using Lines = std::map<std::pair<std::string, int>, Figures>;  // by kind and line

constexpr const char* kKinds[] = {"definite", "indirect", "possible", "reachable"};

class Leaks : public InDebugger {
  protected:
    std::string program(const std::string& name = "leaky") const { return kPrograms / name; }

    std::string stop_at(const std::string& function) const {
        return is_gdb() ? "break *" + function + "\n"
                        : "breakpoint set --skip-prologue false --name " + function + "\n";
    }
    // Rows of each kind, one document after another.
    static std::string reports(const std::string& options = "") {
        std::string text;
        for (const char* kind : kKinds)
            text += std::string("mt leaks --json -n 0 --kinds ") + kind + " " + options + "\n";
        return text;
    }
    std::vector<std::string> words(const std::string& name) const {
        std::vector<std::string> words = {program(name), list_, kPrograms / "libleaky_library.so"};
        words.insert(words.begin(), is_gdb() ? "--args" : "--");
        return words;
    }
    std::string live(const std::string& commands, const std::string& name = "leaky") const {
        return said("mt preload\nmt start\n" + stop_at("leaky_ready") + "run\n" + commands,
                    words(name));
    }

    // GDB writes it for both.
    std::string on_core(const std::string& commands) const {
        std::ofstream(work_ / "make")
            << "set confirm off\nset debuginfod enabled off\nsource "
            << (kStage / "share/memtrace/gdb/memtrace.py").string()
            << "\nmt preload\nmt start\nbreak *leaky_ready\nrun\ngcore " << core_ << "\n";
        run_program(debugger_program(Debugger::gdb),
                    {"-nx", "-batch", "-x", "make", "--args", program(), list_,
                     kPrograms / "libleaky_library.so"},
                    work_, std::chrono::seconds(120));
        return said((is_gdb() ? "file " + program() + "\ncore-file " + core_
                              : "target create " + program() + " --core " + core_) +
                    "\n" + commands);
    }

    // The kernel writes it.
    std::string on_kernel_core(const std::string& commands) const {
        const auto ended =
            run_program("env",
                        {"LD_PRELOAD=" + (kStage / "lib/libmemtrace.so").string(), "MEMTRACE=32",
                         program(), list_, kPrograms / "libleaky_library.so", "dies"},
                        work_, std::chrono::seconds(120));
        EXPECT_EQ(ended.status, 128 + SIGILL) << ended.output;
        const std::string core = kernel_core(work_);
        return said((is_gdb() ? "file " + program() + "\ncore-file " + core
                              : "target create " + program() + " --core " + core) +
                    "\n" + commands);
    }

    // What the program has written.
    Lines listed() const {
        Lines lines;
        std::ifstream in(list_);
        std::string kind;
        Figures one;
        for (int line = 0; in >> line >> kind >> one.size >> one.held_size >> one.held_count;) {
            Figures& sum = lines[{kind, line}];
            sum.size += one.size;
            sum.held_size += one.held_size;
            sum.held_count += one.held_count;
        }
        return lines;
    }

    // The documents in what a debugger has said.
    static std::vector<Json> documents(const std::string& text) {
        std::vector<Json> found;
        for (std::size_t at = text.find("\n{\n"); at != text.npos;
             at = text.find("\n{\n", at + 1)) {
            const std::size_t end = text.find("\n}\n", at);
            if (end == text.npos) break;
            found.push_back(Json::parse(text.substr(at + 1, end + 2 - at)));
        }
        return found;
    }
    // Of lines that the program lists: the loader allocates for some others.
    static Lines shown(const std::vector<Json>& documents, const std::set<int>& known) {
        Lines lines;
        for (const Json& document : documents) {
            const std::string kind = document.at("kinds").at(0);
            for (const Json& row : document.at("statistics")) {
                const Json& frame = row.at("traceback").at(0);
                if (frame.at("file").dump().find("leaky.cpp") == std::string::npos) continue;
                const Json held = row.value("held", Json{{"size", 0}, {"count", 0}});
                const int line = frame.at("line");
                if (!known.contains(line)) continue;
                lines[{kind, line}] = {row.at("size"), held["size"], held["count"]};
            }
        }
        return lines;
    }
    void expect_as_listed(const std::string& text) const {
        const std::vector<Json> found = documents(text);
        ASSERT_EQ(found.size(), std::size(kKinds)) << text;
        const Lines expected = listed();
        ASSERT_GT(expected.size(), 40u) << text;
        std::set<int> known;
        for (const auto& [key, figures] : expected) known.insert(key.second);
        const Lines lines = shown(found, known);
        for (const auto& [key, figures] : expected) {
            const auto at = lines.find(key);
            ASSERT_NE(at, lines.end()) << key.first << " leaky.cpp:" << key.second << "\n" << text;
            EXPECT_EQ(at->second, figures) << key.first << " leaky.cpp:" << key.second;
        }
        EXPECT_EQ(lines.size(), expected.size()) << text;
    }

    const std::string list_ = work_ / "leaky.txt";
    const std::string core_ = work_ / "core";
};

TEST_P(Leaks, AreWhatTheProgramKnows) { expect_as_listed(live(reports())); }

TEST_P(Leaks, AreTheSameWithOptimisedCode) { expect_as_listed(live(reports(), "leaky_optimised")); }

TEST_P(Leaks, AreTheSameOnACore) { expect_as_listed(on_core(reports())); }

// Of which GDB 13 reads nothing beyond xmm on processors of AMD, nor does LLDB 19 on any.
TEST_P(Leaks, AreTheSameOnAKernelsCore) { expect_as_listed(on_kernel_core(reports())); }

// Read by the debugger, in one thread.
TEST_P(Leaks, AreTheSameWhereOnlyTheDebuggerReads) {
    expect_as_listed(live("mt config direct off\n" + reports()));
    expect_as_listed(on_core("mt config direct off\n" + reports()));
}

// What was allocated before the start is not known: it may hold anything.
TEST_P(Leaks, AreNotInventedOfBlocksThatEarlierOnesHold) {
    const std::string text =
        said("mt preload\n" + stop_at("leaky_begin") + "run\nmt start\n" + stop_at("leaky_ready") +
                 "continue\nmt leaks -n 0 --json\nmt leaks -n 0 --json --kinds reachable\n",
             words("leaky"));
    const std::vector<Json> found = documents(text);
    ASSERT_EQ(found.size(), 2u) << text;
    EXPECT_THAT(found[0].at("remarks").dump(), HasSubstr("earlier-blocks"));
    std::map<long, std::string> kinds;  // by bytes: each case of one block has its own
    for (const Json& document : found)
        for (const Json& row : document.at("statistics"))
            kinds[row.at("size")] = document.at("kinds").at(0);
    EXPECT_EQ(kinds[601], "reachable") << text;
    EXPECT_EQ(kinds[201], "definite") << text;
    EXPECT_EQ(kinds.count(600), 0u) << text;
}

TEST_P(Leaks, OfTaggedPointersAreNoneWhereTheTagsAreSaid) {
    const std::string text = live(
        "mt leaks -n 0 --json --low-bits 1 --kinds possible\n"
        "mt leaks -n 0 --json --tag-mask 0xff00000000000000\n"
        "mt leaks -n 0 --json --strict --kinds all\n");
    const std::vector<Json> found = documents(text);
    ASSERT_EQ(found.size(), 3u) << text;
    const auto sizes = [](const Json& document) {
        std::set<long> of_rows;
        for (const Json& row : document.at("statistics"))
            of_rows.insert(row.at("size").get<long>());
        return of_rows;
    };
    EXPECT_TRUE(sizes(found[0]).contains(301) && !sizes(found[0]).contains(303)) << text;
    EXPECT_TRUE(sizes(found[1]).contains(263) && !sizes(found[1]).contains(264)) << text;
    EXPECT_TRUE(sizes(found[2]).contains(301) && sizes(found[2]).contains(303)) << text;
}

TEST_P(Leaks, ThatAreSuppressedHideWhatTheyHold) {
    std::ofstream(work_ / "known")
        << "# wanted\nleak:leaky::lose_a_list\nleak:^leaky::lose_a_c*e()$\n";
    const std::string text =
        live("mt leaks -n 0 --suppressions " + (work_ / "known") +
             " --json\nmt leaks -n 0 --json --kinds suppressed --suppressions " +
             (work_ / "known") + "\n");
    const std::vector<Json> found = documents(text);
    ASSERT_EQ(found.size(), 2u) << text;
    const auto& amounts = found[0].at("leaks");
    EXPECT_EQ(amounts.at("suppressed").at("size"), 211 + 212 + 213 + 3 * 231 + 232) << text;
    EXPECT_EQ(found[0].at("statistics").dump().find("\"size\": 211"), std::string::npos);
    EXPECT_EQ(found[1].at("total").at("size"), 211 + 212 + 213 + 3 * 231 + 232) << text;
}

INSTANTIATE_TEST_SUITE_P(Both, Leaks, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
