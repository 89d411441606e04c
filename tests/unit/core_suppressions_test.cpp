// SPDX-License-Identifier: MIT
//
// LeakSanitizer's suppressions: how patterns compare, and what is no line of such a file.
#include <gtest/gtest.h>

#include "analyse/suppressions.h"

namespace mt::core::test {
namespace {

TEST(SuppressionPatterns, AreFoundAnywhereUnlessTheySayWhere) {
    EXPECT_TRUE(matches_template("arse", "parse_line"));
    EXPECT_TRUE(matches_template("", "parse_line"));
    EXPECT_FALSE(matches_template("arsE", "parse_line"));
    EXPECT_TRUE(matches_template("^parse", "parse_line"));
    EXPECT_FALSE(matches_template("^arse", "parse_line"));
    EXPECT_TRUE(matches_template("line$", "parse_line"));
    EXPECT_FALSE(matches_template("lin$", "parse_line"));
    EXPECT_TRUE(matches_template("^parse_line$", "parse_line"));
    EXPECT_FALSE(matches_template("^parse$", "parse_line"));
}

TEST(SuppressionPatterns, HaveStarsForAnything) {
    EXPECT_TRUE(matches_template("p*e*e", "parse_line"));
    EXPECT_TRUE(matches_template("^p*line$", "parse_line"));
    EXPECT_FALSE(matches_template("^a*line", "parse_line"));
    EXPECT_TRUE(matches_template("*", ""));
    EXPECT_TRUE(matches_template("^*$", "anything"));
    EXPECT_TRUE(matches_template("e*$", "parse_line"));
    // The end is looked for from the end: the first "ab" is not the last one.
    EXPECT_TRUE(matches_template("x*ab$", "xabab"));
    EXPECT_FALSE(matches_template("x*ab$", "xabac"));
}

TEST(SuppressionFiles, HaveCommentsAndSpace) {
    const auto read = Suppressions::parse("# known\n\n  leak:parse  \r\nleak:^lib\n", "known.txt");
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->is_empty());
    EXPECT_TRUE(Suppressions::parse("", "empty")->is_empty());
}

TEST(SuppressionFiles, SayWhichLineIsNone) {
    for (const char* text : {"race:parse", "leak:", "parse", "leak parse"}) {
        const auto read = Suppressions::parse("leak:one\n" + std::string(text), "known.txt");
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Code::usage);
        EXPECT_EQ(read.error().text,
                  "known.txt, line 2: a suppression is leak:PATTERN, not " + std::string(text));
    }
}

// Of a book of one frame.
struct OneFrame {
    FrameBook book;
    std::vector<TraceFrame> frames;
    OneFrame() {
        frames.push_back({book.frame("/src/parse.cpp", "parse(char*)", "/lib/libp.so", 3), 0});
    }
};

TEST(Suppressions, LookAtFunctionFileAndModule) {
    for (const char* pattern : {"parse(", "src/parse.cpp", "libp.so", "^/lib/"}) {
        OneFrame one;
        auto read = Suppressions::parse("leak:other\nleak:" + std::string(pattern), "");
        ASSERT_TRUE(read);
        EXPECT_TRUE(read->match(one.book, one.frames)) << pattern;
        EXPECT_TRUE(read->match(one.book, one.frames)) << pattern;
        EXPECT_FALSE(read->match(one.book, {})) << pattern;
    }
    OneFrame one;
    EXPECT_FALSE(Suppressions::parse("leak:nobody", "")->match(one.book, one.frames));
}

}  // namespace
}  // namespace mt::core::test
