// SPDX-License-Identifier: MIT
//
// mt refs against the list that tests/programs/planted.cpp writes of blocks that one pointer
// holds: the chain, each block on it and the root's name, in both debuggers, live and on a core,
// and in the stand-alone reader.
#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

struct Plant {
    std::string root, way;  // patterns
};

constexpr std::string_view kNumber = "the debugger's thread ";

std::string file_name(const Json& path) { return fs::path(path.get<std::string>()).filename(); }

// The words that the program uses. Where a name is known, an address says no more.
std::string words_of(const Json& root) {
    const std::string kind = root.at("kind");
    std::string words = kind;
    if (kind == "data") {
        if (root.contains("symbol")) words += " " + root["symbol"].get<std::string>();
        const int offset = root.value("symbol_offset", 0);
        if (offset != 0) words += "+" + std::to_string(offset);
        return words + " " + file_name(root.at("module"));
    }
    if (root.contains("register")) words += " " + root["register"].get<std::string>();
    const std::string thread = root.value("thread", "");
    const auto number = thread.find(kNumber);
    if (number != thread.npos)
        words += " thread " + std::to_string(std::stoi(thread.substr(number + kNumber.size())));
    return root.contains("address") ? words + " " + root["address"].get<std::string>() : words;
}

std::string words_of_steps(const Json& steps) {
    std::string words;
    for (const Json& step : steps) {
        const Json& block = step.at("block");
        const Json& frame = block.at("traceback").at(0);
        if (!words.empty()) words += "; ";
        if (!step.at("from").is_null()) words += "@" + step["from"].dump() + " ";
        words += block.at("size").dump();
        if (step.at("offset") != 0) words += "+" + step["offset"].dump();
        words += " " + file_name(frame.at("file")) + ":" + frame.at("line").dump();
    }
    return words;
}

bool matches(const std::string& pattern, const std::string& text) {
    return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

class Holders : public InDebugger {
  protected:
    static std::string program(const std::string& name) { return kPrograms / name; }

    std::vector<std::string> words(const std::string& name) const {
        return {program(name), commands_, list_, kPrograms / "libleaky_library.so"};
    }
    // The program writes the commands before it comes to leaky_ready.
    std::string live(const std::string& name) const {
        std::vector<std::string> all = words(name);
        all.insert(all.begin(), is_gdb() ? "--args" : "--");
        const std::string stop = is_gdb() ? "break *leaky_ready\n"
                                          : "breakpoint set --skip-prologue false --name "
                                            "leaky_ready\n";
        return said("mt preload\nmt start\n" + stop + "run\n" + ask(), all);
    }
    std::string ask() const {
        return (is_gdb() ? "source " : "command source -e false -s false ") + commands_ + "\n";
    }

    // GDB writes it for all.
    void make_core() const {
        std::ofstream(work_ / "make")
            << "set confirm off\nset debuginfod enabled off\nsource "
            << (kStage / "share/memtrace/gdb/memtrace.py").string()
            << "\nmt preload\nmt start\nbreak *leaky_ready\nrun\ngcore " << core_ << "\n";
        std::vector<std::string> all = words("planted");
        all.insert(all.begin(), {"-nx", "-batch", "-x", "make", "--args"});
        run_program(debugger_program(Debugger::gdb), all, work_, std::chrono::seconds(120));
        ASSERT_TRUE(fs::exists(core_));
    }

    std::vector<Plant> planted() const {
        std::vector<Plant> plants;
        std::ifstream in(list_);
        for (std::string line; std::getline(in, line);) {
            const auto bar = line.find('|');
            plants.push_back({line.substr(0, bar), line.substr(bar + 1)});
        }
        return plants;
    }
    static std::vector<Json> documents(const std::string& text) {
        std::vector<Json> found;
        for (std::size_t at = text.find("{\n"); at != text.npos; at = text.find("\n{\n", at)) {
            const std::size_t end = text.find("\n}\n", at);
            if (end == text.npos) break;
            found.push_back(Json::parse(text.substr(at, end + 2 - at)));
            at = end;
        }
        return found;
    }
    void expect_as_planted(const std::string& text) const {
        const std::vector<Plant> plants = planted();
        const std::vector<Json> found = documents(text);
        ASSERT_GT(plants.size(), 30u) << text;
        ASSERT_EQ(found.size(), plants.size()) << text;
        for (std::size_t i = 0; i < plants.size(); ++i) {
            SCOPED_TRACE(plants[i].root + " | " + plants[i].way + "\n" + found[i].dump(1));
            const Json& chains = found[i].at("chains");
            EXPECT_EQ(found[i].at("others"), 0);
            EXPECT_EQ(found[i].at("remarks"), Json::array());
            if (plants[i].root == "nothing") {
                EXPECT_EQ(chains.size(), 0u);
                continue;
            }
            ASSERT_EQ(chains.size(), 1u);
            EXPECT_TRUE(matches(plants[i].root, words_of(chains[0].at("root"))))
                << words_of(chains[0].at("root"));
            EXPECT_TRUE(matches(plants[i].way, words_of_steps(chains[0].at("steps"))))
                << words_of_steps(chains[0].at("steps"));
        }
    }

    const std::string commands_ = work_ / "commands";
    const std::string list_ = work_ / "planted";
    const std::string core_ = work_ / "core";
};

TEST_P(Holders, AreNamedAsTheyWerePlanted) { expect_as_planted(live("planted")); }

TEST_P(Holders, AreNamedInOptimisedCode) { expect_as_planted(live("planted_optimised")); }

TEST_P(Holders, AreNamedOnACore) {
    make_core();
    expect_as_planted(said((is_gdb() ? "file " + program("planted") + "\ncore-file " + core_
                                     : "target create " + program("planted") + " --core " + core_) +
                           "\n" + ask()));
}

INSTANTIATE_TEST_SUITE_P(In, Holders, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

class HoldersOfTheReader : public Holders {};

TEST_P(HoldersOfTheReader, AreNamedOnACore) {
    make_core();
    expect_as_planted(run_program(debugger_program(Debugger::reader), {"-x", commands_, core_},
                                  work_, std::chrono::seconds(120))
                          .output);
}

INSTANTIATE_TEST_SUITE_P(In, HoldersOfTheReader, testing::Values(Debugger::reader),
                         [](const auto&) { return "reader"; });

}  // namespace
}  // namespace mt::sessions
