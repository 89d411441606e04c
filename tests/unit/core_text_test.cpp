// SPDX-License-Identifier: MIT
//
// tracemalloc's text to the letter, and foreign names that cannot reach the
// terminal's controls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/text.h"

namespace mt::core {
namespace {

TEST(Size, GoldenValues) {
    constexpr double kKiB = 1024, kGiB = kKiB * kKiB * kKiB, kTiB = kGiB * kKiB;
    const std::pair<double, const char*> golden[] = {{0, "0 B"},
                                                     {99, "99 B"},
                                                     {100, "100 B"},
                                                     {1024, "1024 B"},
                                                     {10239, "10239 B"},
                                                     {10239.6, "10240 B"},
                                                     {10240, "10.0 KiB"},
                                                     {102399, "100.0 KiB"},
                                                     {102400, "100 KiB"},
                                                     {0.5, "0 B"},
                                                     {1.5, "2 B"},
                                                     {2.5, "2 B"},
                                                     {66.5, "66 B"},
                                                     {10485759, "10240 KiB"},
                                                     {10485760, "10.0 MiB"},
                                                     {104857600, "100 MiB"},
                                                     {10 * kGiB, "10.0 GiB"},
                                                     {10 * kTiB, "10.0 TiB"},
                                                     {100 * kTiB, "100 TiB"},
                                                     {10 * kTiB * kKiB, "10240 TiB"}};
    for (const auto& [bytes, text] : golden) EXPECT_EQ(format_size(bytes), text);
    EXPECT_EQ(format_size(0, true), "+0 B");
    EXPECT_EQ(format_size(5000, true), "+5000 B");
    EXPECT_EQ(format_size(-66, true), "-66 B");
    EXPECT_EQ(format_size(-102399, true), "-100.0 KiB");
}

TEST(Statistic, Format) {
    EXPECT_EQ(format_statistic(66, 1), "size=66 B, count=1, average=66 B");
    EXPECT_EQ(format_statistic(5002, 2), "size=5002 B, count=2, average=2501 B");
    EXPECT_EQ(format_statistic(0, 0), "size=0 B, count=0");
    EXPECT_EQ(format_statistic(285285, 3002), "size=279 KiB, count=3002, average=95 B");
}

TEST(Printable, NothingThatATerminalObeys) {
    EXPECT_EQ(printable("/home/käthe/a b.cpp"), "/home/käthe/a b.cpp");
    EXPECT_EQ(printable("a\x1b[31mb\nc\t\x7f"), "a\\x1b[31mb\\x0ac\\x09\\x7f");
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b31m");  // CSI as one character
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "x"),
              "\\xe2\\x80\\xaex");                            // right-to-left override
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
}

TEST(Printable, LongNamesAreShortenedInTheMiddle) {
    EXPECT_EQ(printable(std::string(200, 'a')).size(), 200u);
    const std::string shown = printable("begin" + std::string(500, 'x') + "end");
    EXPECT_EQ(shown.size(), 200u);
    EXPECT_THAT(shown, ::testing::StartsWith("beginx"));
    EXPECT_THAT(shown, ::testing::EndsWith("xend"));
    EXPECT_THAT(shown, ::testing::HasSubstr("x...x"));
    std::string wide;
    for (int i = 0; i < 300; ++i) wide += "ä";
    EXPECT_EQ(printable(wide).size(), 2 * 197u + 3);  // whole characters
}

}  // namespace
}  // namespace mt::core
