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

// How many of the blocks that can have a type have one, and how many by the place alone.
struct Share {
    int typed = 0, typeable = 0, by_site = 0;
    double part() const { return typeable == 0 ? 0 : static_cast<double>(typed) / typeable; }
};

class BlockTypes : public InDebugger {
  protected:
    static Json document_in(const std::string& text) {
        const std::size_t start = text.find("\n{\n"), end = text.find("\n}\n", start);
        EXPECT_NE(end, text.npos) << text;
        return end == text.npos ? Json() : Json::parse(text.substr(start + 1, end + 2 - start));
    }
    // What the debugger says at the stop when all blocks are there.
    std::string said_at_stop(const std::string& program, const std::string& lines) const {
        const std::string stop =
            is_gdb() ? "break typed_done\n" : "breakpoint set --name typed_done\n";
        std::vector<std::string> words = {kPrograms / program, list_};
        words.insert(words.begin(), is_gdb() ? "--args" : "--");
        return said("mt preload\nmt start\n" + stop + "run\n" + lines, words);
    }
    Json blocks(const std::string& program) const {
        return document_in(said_at_stop(program, "mt blocks --type '*' -n 0 --json\n"));
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
    static int line_of(const Json& block, const std::string& source, const Types& known) {
        for (const Json& frame : block.at("traceback")) {
            const int line = frame.at("line");
            const bool is_ours = frame.at("file").dump().find(source) != std::string::npos;
            if (is_ours && known.contains(line)) return line;
        }
        return 0;
    }
    // Every block of a line that is in the list; `lines`: how many there are at the least.
    Share compare(const std::string& program, const std::string& source,
                  std::size_t lines = 40) const {
        const Json document = blocks(program);
        const Types known = expected();
        EXPECT_GE(known.size(), lines);
        Share share;
        std::string report;
        for (const Json& block : document.at("blocks")) {
            const int line = line_of(block, source, known);
            if (line == 0) continue;
            const std::set<std::string>& may_be = known.at(line);
            const std::string type = block.contains("type") ? block["type"]["name"] : "";
            const bool can_have = !may_be.contains("");
            share.typeable += can_have ? 1 : 0;
            share.typed += can_have && !type.empty() ? 1 : 0;
            share.by_site += !type.empty() && block["type"]["known_by"] == "site" ? 1 : 0;
            EXPECT_TRUE(type.empty() || may_be.contains(type))
                << program << ':' << line << ": " << type;
            if (can_have && type.empty()) report += std::to_string(line) + " ";
        }
        EXPECT_GE(share.typeable, static_cast<int>(lines / 2)) << program;
        std::printf("%s: %d of %d have a type, %d blocks by the place; lines without: %s\n",
                    program.c_str(), share.typed, share.typeable, share.by_site, report.c_str());
        return share;
    }
    // Of what templates and vtables tell nothing is missed.
    void expect_all(const std::string& program) const {
        EXPECT_EQ(compare(program, "typed.cpp").part(), 1.0);
    }
    // None of what only the place tells is wrong, and of so many blocks at the most it is missed.
    void expect_places(const std::string& program, int missed) const {
        const bool is_c = program.starts_with("sited_c") && !program.starts_with("sited_clang");
        const Share share = compare(program, is_c ? "sited_c.c" : "sited.cpp", is_c ? 20u : 45u);
        EXPECT_GE(share.typed, share.typeable - missed);
        EXPECT_GE(share.by_site, share.typed);
    }

    const std::string list_ = work_ / "typed.txt";
};

TEST_P(BlockTypes, AreRightInPlainCode) { expect_all("typed"); }
TEST_P(BlockTypes, AreRightInOptimisedCode) { expect_all("typed_optimised"); }
TEST_P(BlockTypes, AreRightWhereOnlyLinesAreKnown) { expect_all("typed_lines"); }
TEST_P(BlockTypes, AreRightByClang) { expect_all("typed_clang_0"); }
TEST_P(BlockTypes, AreRightByClangOptimised) { expect_all("typed_clang_2"); }
// Its lines have inlined functions without template arguments.
TEST_P(BlockTypes, AreRightByClangWhereOnlyLinesAreKnown) {
    EXPECT_GE(compare("typed_clang_lines", "typed.cpp").typed, 9);
}

TEST_P(BlockTypes, OfPlacesAreRightInPlainCode) { expect_places("sited", 0); }
TEST_P(BlockTypes, OfPlacesAreRightInOptimisedCode) { expect_places("sited_optimised", 1); }
TEST_P(BlockTypes, OfPlacesAreRightByClang) { expect_places("sited_clang_0", 0); }
TEST_P(BlockTypes, OfPlacesAreRightByClangOptimised) { expect_places("sited_clang_2", 1); }
TEST_P(BlockTypes, OfPlacesAreRightInC) { expect_places("sited_c", 0); }
TEST_P(BlockTypes, OfPlacesAreRightInOptimisedC) { expect_places("sited_c_optimised", 1); }
TEST_P(BlockTypes, OfPlacesAreRightInCByClang) { expect_places("sited_c_clang_0", 0); }
TEST_P(BlockTypes, OfPlacesAreRightInOptimisedCByClang) { expect_places("sited_c_clang_2", 0); }

// Files with lines and no types say nothing, and nothing wrong.
TEST_P(BlockTypes, OfPlacesNeedTypesInTheFile) {
    EXPECT_EQ(compare("sited_lines", "sited.cpp").by_site, 0);
    EXPECT_EQ(compare("sited_clang_lines", "sited.cpp").by_site, 0);
    EXPECT_EQ(compare("sited_c_lines", "sited_c.c", 20).by_site, 0);
    EXPECT_EQ(compare("sited_c_clang_lines", "sited_c.c", 20).by_site, 0);
}

TEST_P(BlockTypes, SayHowManyAreNotKnown) {
    const std::string text = said_at_stop("sited", "mt snapshot --by type -n 3\n");
    EXPECT_THAT(text, testing::ContainsRegex("[0-9]+ of [0-9]+ blocks, .*are of no known type"));
    EXPECT_THAT(text, testing::HasSubstr("(site)"));
}

// The code is the file's, so a core has it though nobody dumped it.
class TypesOfCores : public BlockTypes {};
TEST_P(TypesOfCores, AreThoseOfTheProcess) {
    const std::string core = work_ / "typed.core";
    const std::string command = "blocks --type '*' -n 0 --json";
    const Json live =
        document_in(said_at_stop("sited", "mt " + command + "\ngcore " + core + "\n"));
    const Outcome read =
        run_program(debugger_program(Debugger::reader),
                    {core, kPrograms / "sited", "blocks", "--type", "*", "-n", "0", "--json"},
                    work_, std::chrono::seconds(60));
    const Json dead = document_in("\n" + read.output);
    std::map<std::string, std::string> types;
    for (const Json& block : live.at("blocks"))
        types[block.at("address").dump()] = block.contains("type") ? block["type"].dump() : "";
    EXPECT_GE(types.size(), 40u);
    EXPECT_EQ(dead.at("blocks").size(), types.size());
    for (const Json& block : dead.at("blocks"))
        EXPECT_EQ(types[block.at("address").dump()],
                  block.contains("type") ? block["type"].dump() : "");
}

INSTANTIATE_TEST_SUITE_P(In, BlockTypes, testing::Values(Debugger::gdb, Debugger::lldb), name_of);
// GDB writes the core, the reader reads it.
INSTANTIATE_TEST_SUITE_P(In, TypesOfCores, testing::Values(Debugger::gdb), name_of);

}  // namespace
}  // namespace mt::sessions
