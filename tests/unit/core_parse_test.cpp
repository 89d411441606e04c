// SPDX-License-Identifier: MIT
//
// The grammar of commands: words, options, abbreviations, and one error text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command/parse.h"
#include "command/verbs.h"

namespace mt::core {
namespace {

using ::testing::ElementsAre;

const std::vector<Option> kOptions = {{"--by", "", "KEY", Level::row, ""},
                                      {"--blocks", "", "", Level::block, ""},
                                      {"--top", "-n", "N", Level::row, ""}};

std::string error_of(const std::vector<std::string>& words) {
    auto parsed = parse_options("snapshot", kOptions, words);
    return parsed ? "none" : parsed.error().text;
}

TEST(Words, AsAShellSplitsThem) {
    EXPECT_THAT(*split_words("  a  'b c' \"d \\\" e\" f\\ g '' "),
                ElementsAre("a", "b c", "d \" e", "f g", ""));
    EXPECT_THAT(*split_words(""), ElementsAre());
    EXPECT_FALSE(split_words("a 'b"));
}

TEST(Options, LongShortAndAbbreviated) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--by", "x", "-n", "5", "--blocks", "name"},
          {"name", "--by=x", "-n5", "--bl"},
          {"--b=y", "--by=x", "--to", "5", "--block", "name"}}) {
        if (words[0] == "--b=y") {
            EXPECT_THAT(error_of(words), ::testing::HasSubstr("ambiguous"));
            continue;
        }
        auto parsed = parse_options("snapshot", kOptions, words);
        ASSERT_TRUE(parsed) << parsed.error().text;
        EXPECT_EQ(*parsed->value("--by"), "x");
        EXPECT_EQ(*parsed->value("--top"), "5");
        EXPECT_TRUE(parsed->has("--blocks"));
        EXPECT_THAT(parsed->words, ElementsAre("name"));
    }
}

TEST(Options, TheLastOneWins) {
    EXPECT_EQ(*parse_options("snapshot", kOptions, {"-n", "1", "--top=2"})->value("--top"), "2");
}

TEST(Options, DashesThatAreNoOptions) {
    auto parsed = parse_options("start", {}, {"-1"});
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->words, ElementsAre("-1"));
    parsed = parse_options("snapshot", kOptions, {"--", "--by"});
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->words, ElementsAre("--by"));
}

TEST(Options, OneErrorText) {
    EXPECT_EQ(error_of({"--foo"}), "mt snapshot has no option --foo; mt help snapshot lists them");
    EXPECT_EQ(error_of({"-x"}), "mt snapshot has no option -x; mt help snapshot lists them");
    EXPECT_EQ(error_of({"--b"}), "option --b of mt snapshot is ambiguous: --by, --blocks");
    EXPECT_EQ(error_of({"--by"}), "option --by of mt snapshot needs a value: --by KEY");
    EXPECT_EQ(error_of({"-n"}), "option --top of mt snapshot needs a value: --top N");
    EXPECT_EQ(error_of({"--blocks=1"}), "option --blocks of mt snapshot takes no value");
}

TEST(Bytes, NumbersWithUnits) {
    EXPECT_EQ(bytes_of("524288"), 524288u);
    EXPECT_EQ(bytes_of("0"), 0u);
    EXPECT_EQ(bytes_of("7B"), 7u);
    for (const char* text : {"512K", "512k", "512KB", "512KiB", "524288B"})
        EXPECT_EQ(bytes_of(text), 524288u) << text;
    EXPECT_EQ(bytes_of("3M"), 3u << 20);
    EXPECT_EQ(bytes_of("1G"), 1u << 30);
    EXPECT_EQ(bytes_of("16777215T"), 16777215ull << 40);
    for (const char* text : {"", "K", "x", "-1", "+1", "1.5M", "1 K", "1KK", "1Kx", "1E", "1iB",
                             "16777216T", "18446744073709551616"})
        EXPECT_EQ(bytes_of(text), std::nullopt) << text;
}

TEST(Verbs, ExactOrUniqueBeginning) {
    ASSERT_NE(find_verb("sn"), nullptr);
    EXPECT_EQ(find_verb("sn")->name, "snapshot");
    EXPECT_EQ(find_verb("stats")->name, "stats");
    std::vector<std::string> candidates;
    EXPECT_EQ(find_verb("sta", &candidates), nullptr);
    EXPECT_THAT(candidates, ElementsAre("status", "start", "stats"));
    EXPECT_EQ(find_verb("info"), nullptr);
    EXPECT_EQ(find_verb(""), nullptr);
}

TEST(Verbs, EachHasHelpWithAnExampleAndALevel) {
    for (const Verb& verb : verbs()) {
        const std::string help = help_of(verb);
        EXPECT_THAT(help, ::testing::StartsWith("mt " + std::string(verb.name)));
        EXPECT_THAT(help, ::testing::HasSubstr("Example:\n  mt " + std::string(verb.name)));
        EXPECT_NE(verb.run, nullptr);
        auto words = split_words(std::string(verb.example).substr(3));
        ASSERT_TRUE(words);
        words->erase(words->begin());
        EXPECT_TRUE(parse_options(verb.name, verb.options, *words)) << verb.example;
    }
    EXPECT_THAT(help_of(*find_verb("snapshot")), ::testing::HasSubstr("(block-level)"));
    EXPECT_THAT(help_of(*find_verb("snapshot")), ::testing::HasSubstr("(row-level)"));
}

}  // namespace
}  // namespace mt::core
