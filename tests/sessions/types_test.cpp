// SPDX-License-Identifier: MIT
//
// Types of blocks against what tests/programs/typed.cpp knows of its own: none is wrong, in both
// debuggers, by both compilers, with and without optimisation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using Json = nlohmann::json;
using Types = std::map<int, std::set<std::string>>;  // by source line

class BlockTypes : public InDebugger {
  protected:
    // The document of mt blocks at the stop.
    Json blocks(const std::string& program) const {
        const std::string stop =
            is_gdb() ? "break typed_done\n" : "breakpoint set --name typed_done\n";
        std::vector<std::string> words = {kPrograms / program, list_};
        words.insert(words.begin(), is_gdb() ? "--args" : "--");
        const std::string text = said(
            "mt preload\nmt start\n" + stop + "run\nmt blocks --type '*' -n 0 --json\n", words);
        const std::size_t start = text.find("\n{\n"), end = text.find("\n}\n", start);
        EXPECT_NE(end, text.npos) << text;
        return end == text.npos ? Json() : Json::parse(text.substr(start + 1, end + 2 - start));
    }
    Types expected() const {
        Types types;
        std::ifstream in(list_);
        for (std::string text; std::getline(in, text);) {
            std::istringstream words(text);
            std::string word;
            std::getline(words, word, '|');
            std::set<std::string>& of_line = types[std::stoi(word)];
            while (std::getline(words, word, '|')) of_line.insert(word);
            if (of_line.empty()) of_line.insert("");
        }
        return types;
    }
    // The most recent frame whose line is in the list; 0: none is.
    static int line_of(const Json& block, const Types& known) {
        for (const Json& frame : block.at("traceback")) {
            const int line = frame.at("line");
            const bool is_ours = frame.at("file").dump().find("typed.cpp") != std::string::npos;
            if (is_ours && known.contains(line)) return line;
        }
        return 0;
    }
    // Every block of a line that is in the list; returns the share that has a type of those
    // that can have one.
    double compare(const std::string& program) const {
        const Json document = blocks(program);
        const Types known = expected();
        EXPECT_GT(known.size(), 40u);
        int typed = 0, typeable = 0;
        std::string report;
        for (const Json& block : document.at("blocks")) {
            const int line = line_of(block, known);
            if (line == 0) continue;
            const std::set<std::string>& may_be = known.at(line);
            const std::string type = block.contains("type") ? block["type"]["name"] : "";
            const bool can_have = !may_be.contains("");
            typeable += can_have ? 1 : 0;
            typed += can_have && !type.empty() ? 1 : 0;
            EXPECT_TRUE(type.empty() || may_be.contains(type))
                << program << ':' << line << ": " << type;
            if (can_have && type.empty()) report += std::to_string(line) + " ";
        }
        EXPECT_GT(typeable, 35) << program;
        std::printf("%s: %d of %d have a type; lines without: %s\n", program.c_str(), typed,
                    typeable, report.c_str());
        return typeable == 0 ? 0 : static_cast<double>(typed) / typeable;
    }

    const std::string list_ = work_ / "typed.txt";
};

TEST_P(BlockTypes, AreRightInPlainCode) { EXPECT_EQ(compare("typed"), 1.0); }
TEST_P(BlockTypes, AreRightInOptimisedCode) { EXPECT_EQ(compare("typed_optimised"), 1.0); }
TEST_P(BlockTypes, AreRightWhereOnlyLinesAreKnown) { EXPECT_EQ(compare("typed_lines"), 1.0); }
TEST_P(BlockTypes, AreRightByClang) { EXPECT_EQ(compare("typed_clang_0"), 1.0); }
TEST_P(BlockTypes, AreRightByClangOptimised) { EXPECT_EQ(compare("typed_clang_2"), 1.0); }

INSTANTIATE_TEST_SUITE_P(In, BlockTypes, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
