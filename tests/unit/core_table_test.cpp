// SPDX-License-Identifier: MIT
//
// Rows as tables: at a terminal only, cut to its width, with colours only where they are wanted;
// frames that nobody asks about; filters as people type them; help that fits.
#include <gmock/gmock.h>

#include <sstream>

#include "core_report_fixture.h"
#include "names/shorten.h"

namespace mt::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Table : public Report {
  protected:
    void terminal(int columns, bool style = false) {
        debugger.screen = {1, columns, style ? 1 : 0, 0};
    }
    void allocate() {
        builder.allocate(first, 300000);
        builder.allocate(second, 100000);
        for (int i = 0; i < 1200; ++i) builder.allocate(other, 10);
        build();
    }
    std::vector<std::string> lines(const std::string& command) {
        std::istringstream text(session.text(command));
        std::vector<std::string> out;
        for (std::string line; std::getline(text, line);) out.push_back(line);
        return out;
    }
};

constexpr const char* kText =
    "/src/make.cpp:7: size=391 KiB, count=2, average=195 KiB\n"
    "/src/main.cpp:20: size=11.7 KiB, count=1200, average=10 B\n"
    "Total: size=402 KiB, count=1202\n";

TEST_F(Table, OneLineForEachRow) {
    allocate();
    terminal(80);
    EXPECT_EQ(session.text("snapshot"),
              "#      size    share  count  place\n"
              "1   391 KiB   97.1 %      2  make.cpp:7   make(int)\n"
              "2  11.7 KiB    2.9 %  1,200  main.cpp:20  main\n"
              "    402 KiB  100.0 %  1,202  Total\n");
    EXPECT_EQ(session.text("stats -n 1"),
              "#      size    share  count  place\n"
              "1   391 KiB   97.1 %      2  make.cpp:7  make(int)\n"
              "   11.7 KiB    2.9 %  1,200  1 other\n"
              "    402 KiB  100.0 %  1,202  Total\n");
    EXPECT_EQ(session.text("stats --wide -n 1"),
              "#      size    share  count  place\n"
              "1   391 KiB   97.1 %      2  /src/make.cpp:7  make(int)\n"
              "   11.7 KiB    2.9 %  1,200  1 other\n"
              "    402 KiB  100.0 %  1,202  Total\n");
}

TEST_F(Table, TextWhereNobodyReadsAlong) {
    allocate();
    EXPECT_EQ(session.text("snapshot"), kText);
    EXPECT_THAT(session.text("stats --table"), HasSubstr("1,200"));
    EXPECT_EQ(session.text("config style table"), "");
    EXPECT_THAT(session.text("stats"), HasSubstr("1,200"));
    EXPECT_EQ(session.text("stats --text"), kText);
    EXPECT_THAT(session.text("config"), HasSubstr("\nstyle table\n"));
    terminal(80);
    session.text("config style text");
    EXPECT_EQ(session.text("stats"), kText);
    session.text("config style auto");
    EXPECT_EQ(session.text("stats --text"), kText);
    EXPECT_THAT(session.text("stats --json"), StartsWith("{"));
    EXPECT_THAT(session.error("stats --json --table"), HasSubstr("only one of"));
    EXPECT_THAT(session.error("config style nice"), HasSubstr("auto, text, table, not nice"));
}

TEST_F(Table, LinesFitWhateverNamesAre) {
    const std::string name =
        "_ZN8nlohmann16json_abi_v3_11_26detail19json_sax_dom_parserINS0_10basic_"
        "jsonISt3mapSt6vector"
        "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEblmdSaNS0_14adl_serializerES5_"
        "IhSaIhEEE"
        "EE3keyERSA_";
    debugger.frames[kMake] = {{"/usr/include/nlohmann/detail/input/json_sax.hpp", 247, name}};
    debugger.sources[{"/usr/include/nlohmann/detail/input/json_sax.hpp", 247}] =
        std::string(300, 'x');
    allocate();
    for (const int columns : {60, 80, 100, 120, 200}) {
        terminal(columns);
        for (const char* command : {"snapshot", "stats --by function", "stats --by traceback",
                                    "stats --source", "stats --by filename", "stats --by module",
                                    "stats --cumulative", "traceback 1", "diff", "tree now"})
            for (const std::string& line : lines(command))
                EXPECT_LT(core::columns_of(line), static_cast<std::size_t>(columns)) << line;
    }
    terminal(80);
    EXPECT_THAT(session.text("stats"),
                HasSubstr("json_sax.hpp:247  ...::json_sax_dom_parser::key\n"));
}

TEST_F(Table, ColoursOnlyWhereTheyAreWanted) {
    allocate();
    terminal(80, true);
    EXPECT_THAT(session.text("snapshot"), HasSubstr("\x1b[1m"));
    EXPECT_THAT(session.text("stats --text"), Not(HasSubstr("\x1b")));
    EXPECT_THAT(session.text("stats --json"), Not(HasSubstr("\x1b")));
    terminal(80, false);
    EXPECT_THAT(session.text("stats"), Not(HasSubstr("\x1b")));
    debugger.screen = {0, 80, 1, 0};  // a file
    EXPECT_THAT(session.text("stats --table"), Not(HasSubstr("\x1b")));
}

TEST_F(Table, HostileNamesReachNoTerminal) {
    debugger.frames[kMake] = {{"/src/\x1b[31m\nevil.cpp", 7, "f\x1b]0;x\x07\n"}};
    allocate();
    terminal(80);
    for (const char* command : {"snapshot", "stats --by traceback", "tree", "diff"})
        EXPECT_THAT(session.text(command), AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
}

TEST_F(Table, ADifferenceSaysWhatItCompared) {
    builder.allocate(first, 300);
    build();
    session.text("snapshot before");
    builder.allocate(second, 1000);
    build();
    EXPECT_EQ(session.text("diff"),
              "/src/make.cpp:7: size=1300 B (+1000 B), count=2 (+1), average=650 B\n"
              "Total: size=1300 B (+1000 B), count=2 (+1)\n");
    terminal(80);
    EXPECT_EQ(session.text("diff"),
              "#    size   change  count  change  place\n"
              "1  1300 B  +1000 B      2      +1  make.cpp:7  make(int)\n"
              "   1300 B  +1000 B      2      +1  Total\n"
              "compared: snapshot before with now\n");
    session.text("snapshot");
    EXPECT_THAT(session.text("diff 1 2"), HasSubstr("compared: snapshot before with snapshot 2\n"));
}

// The library's own frames between the program's, and what starts it.
class Hidden : public Table {
  protected:
    Hidden() {
        debugger.frames[kSort] = {{"/usr/include/c++/12/bits/stl_algo.h", 5, "_ZSt4sortv"}};
        debugger.frames[kStart] = {{"", 0, "_start"}};
        deep = stack({kMake, kSort, kMain1, kStart});
        builder.allocate(deep, 100);
        build();
    }
    static constexpr std::uint64_t kSort = kCode + 0x500;
    static constexpr std::uint64_t kStart = kCode + 0x600;
    std::uint32_t deep;
};

TEST_F(Hidden, FramesThatNobodyAsksAbout) {
    session.text("snapshot");
    EXPECT_EQ(session.text("traceback 1"),
              "/src/make.cpp:7: size=100 B, count=1, average=100 B\n"
              "size=100 B, count=1, average=100 B (100.0 %)\n"
              "  File \"/src/main.cpp\", line 12, in main\n"
              "  File \"/src/make.cpp\", line 7, in make(int)\n"
              "Total: size=100 B, count=1\n");
    EXPECT_THAT(session.text("stats --cumulative"),
                AllOf(HasSubstr("main.cpp:12"), Not(HasSubstr("stl_algo"))));
    EXPECT_THAT(session.text("traceback 1 --raw"), HasSubstr("stl_algo.h"));
    EXPECT_THAT(session.text("stats --cumulative --raw"), HasSubstr("stl_algo.h"));
    // A filter looks at them all the same.
    EXPECT_THAT(session.text("stats --filter '*stl_algo*' --all-frames"), HasSubstr("make.cpp:7"));
}

TEST_F(Hidden, WhatUsersSkipStaysInTracebacks) {
    session.text("config skip main");
    session.text("snapshot");
    EXPECT_THAT(session.text("stats --by traceback"), HasSubstr("main.cpp\", line 12"));
}

TEST_F(Table, FiltersAsPeopleTypeThem) {
    allocate();
    session.text("snapshot");
    EXPECT_THAT(session.text("stats --filter make.cpp"), HasSubstr("/src/make.cpp:7: size=391"));
    EXPECT_THAT(session.text("stats --filter make.cpp:8"), Not(HasSubstr("/src/make.cpp:7:")));
    EXPECT_THAT(session.text("stats --exclude make.cpp"), Not(HasSubstr("/src/make.cpp:7:")));
    debugger.frames[kMake] = {{"/src/make.cpp", 7, "_ZN4shop4Cart4makeEi"}};
    EXPECT_THAT(session.text("snapshot --function make"), Not(HasSubstr("remark")));
}

TEST_F(Table, AFilterThatMatchesNothingSaysSo) {
    allocate();
    session.text("snapshot");
    EXPECT_EQ(session.text("stats --filter mkae.cpp"),
              "Total: size=0 B, count=0\n"
              "remark: nothing matches --filter mkae.cpp (did you mean make.cpp?)\n");
    EXPECT_THAT(session.text("stats --function nowhere"),
                HasSubstr("remark: nothing matches --function nowhere\n"));
    EXPECT_THAT(session.text("diff --filter '*/mak.cpp'"), HasSubstr("did you mean make.cpp?"));
    // Nothing is there at all, which is another matter.
    EXPECT_THAT(session.text("stats --domain 7"), Not(HasSubstr("nothing matches")));
}

TEST_F(Table, WhatSomebodyMayHaveMeant) {
    allocate();
    session.text("snapshot before");
    EXPECT_EQ(session.error("stats befroe"),
              "there is no snapshot befroe (did you mean before?); mt list shows them");
    EXPECT_EQ(session.error("peak --rest"),
              "mt peak has no option --rest (did you mean --reset?); mt help peak lists them");
    EXPECT_THAT(session.error("config row 3"), HasSubstr("no key row (did you mean rows?)"));
    EXPECT_EQ(session.run("snapshto"), MTC_NOT_OURS);
    EXPECT_STREQ(mtc_error(session.get()),
                 "mt snapshto is no command (did you mean snapshot?); mt help lists them");
}

TEST_F(Table, HelpFitsATerminal) {
    std::string text = session.text("help");
    for (std::uint32_t i = 0; mtc_verb(i) != nullptr; ++i) text += mtc_verb_help(i);
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) EXPECT_LT(core::columns_of(line), 80u) << line;
}

}  // namespace
}  // namespace mt::test
