// SPDX-License-Identifier: MIT
//
// Perf maps: what a line says, what happens to lines that say nothing, and whose file is
// believed; and that the symboliser asks one for code that is in no module.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <random>

#include "core_traces.h"
#include "support/test_folder.h"
#include "symbols/symboliser.h"

namespace mt::core::test {
namespace {

using mt::test::TestFolder;

TEST(PerfMap, NamesWhatALineCovers) {
    PerfMap map;
    map.read("1000 10 first\n0x2000 0x20 second function\n");
    EXPECT_EQ(map.name_at(0xfff), "");
    EXPECT_EQ(map.name_at(0x1000), "first");
    EXPECT_EQ(map.name_at(0x100f), "first");
    EXPECT_EQ(map.name_at(0x1010), "");
    EXPECT_EQ(map.name_at(0x201f), "second function");
}

// Code is thrown away, and other code made at its place.
TEST(PerfMap, TheLastLineCounts) {
    PerfMap map;
    map.read("1000 100 old\n1040 20 new\n2000 10 a\n2010 10 b\n2008 10 over both\n2008 10 again\n");
    EXPECT_EQ(map.name_at(0x103f), "old");
    EXPECT_EQ(map.name_at(0x1040), "new");
    EXPECT_EQ(map.name_at(0x105f), "new");
    EXPECT_EQ(map.name_at(0x1060), "old");
    EXPECT_EQ(map.name_at(0x2007), "a");
    EXPECT_EQ(map.name_at(0x2008), "again");
    EXPECT_EQ(map.name_at(0x2018), "b");
}

TEST(PerfMap, LinesWithoutSenseAreNone) {
    PerfMap map;
    map.read(
        "\n\n \nzzz 10 x\n1000\n1000 10\n1000 10 \n1000 0 nothing\n-5 10 x\n"
        "ffffffffffffffff 10 past the end\n11111111111111111 1 too long\n3000 10 good");
    EXPECT_EQ(map.name_at(0x1000), "");
    EXPECT_EQ(map.name_at(0xffffffffffffffff), "");
    EXPECT_EQ(map.name_at(0x3000), "good");
    map.read("1000 10 " + std::string(100'000, 'x') + "\n2000 10 y\n");
    EXPECT_EQ(map.name_at(0x1000).size(), PerfMap::kLongestName);
    EXPECT_EQ(map.name_at(0x2000), "y");
}

TEST(PerfMap, AnyBytesEnd) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (int line = 0; line < 200; ++line) {
            text += "0123456789abcdef"[random() % 16];
            text += "00 "[random() % 3];
            text += "0123456789abcdef"[random() % 16];
            text += "0 \n"[random() % 3];
            text += static_cast<char>(random());
            if (random() % 2 == 0) text += '\n';
        }
        PerfMap map;
        map.read(text);
        for (std::uint64_t at = 0; at < 0x1100; at += 7) map.name_at(at);
    }
}

class PerfMapFile : public ::testing::Test {
  protected:
    void write(const std::string& text) const { std::ofstream(path_) << text; }
    TestFolder work_{"perf-map"};
    const std::string path_ = work_ / "perf-1.map";
    PerfMap map_;
};

TEST_F(PerfMapFile, IsReadAgainWhenItHasGrown) {
    EXPECT_FALSE(map_.refresh(path_, {getuid()}));
    write("1000 10 first\n");
    ASSERT_TRUE(map_.refresh(path_, {getuid()}));
    const std::uint64_t edition = map_.edition();
    ASSERT_TRUE(map_.refresh(path_, {getuid()}));
    EXPECT_EQ(map_.edition(), edition) << "nothing was read again";
    write("1000 10 first\n2000 10 second\n");
    ASSERT_TRUE(map_.refresh(path_, {getuid()}));
    EXPECT_NE(map_.edition(), edition);
    EXPECT_EQ(map_.name_at(0x2000), "second");
}

TEST_F(PerfMapFile, OfOthersIsNotBelieved) {
    write("1000 10 first\n");
    if (getuid() == 0) {
        ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
        EXPECT_FALSE(map_.refresh(path_, {getuid()}));
        EXPECT_TRUE(map_.refresh(path_, {12345}));
        ASSERT_EQ(chown(path_.c_str(), 0, 0), 0);
    } else {
        EXPECT_FALSE(map_.refresh(path_, {getuid() + 1}));
    }
    ASSERT_TRUE(map_.refresh(path_, {getuid()}));
    EXPECT_FALSE(map_.refresh(path_, {getuid(), time(nullptr) - 100})) << "it is too new";
    EXPECT_FALSE(map_.refresh(path_, {getuid(), INT64_MAX, time(nullptr) + 100})) << "too old";
    EXPECT_EQ(map_.name_at(0x1000), "");
    const std::string link = work_ / "link", pipe = work_ / "pipe";
    ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_FALSE(map_.refresh(link, {getuid()}));
    EXPECT_FALSE(map_.refresh(pipe, {getuid()})) << "and nobody waits for its writer";
    EXPECT_FALSE(map_.refresh(work_.path().string(), {getuid()}));
}

TEST(MadeCode, IsNamedAsSoonAsTheMapHasIt) {
    TraceBook book;
    const Pc made{0x7000'0000'1005, 0};
    Symboliser symboliser;
    PerfMap map;
    const auto name = [&](const PerfMap* asked) {
        Resolver resolver(symboliser, book.table, {&book.code, false, asked});
        return symboliser.book().text(
            symboliser.book()[(*resolver.resolve(made))->frames.at(0)].label);
    };
    map.read("1 1 other\n");
    EXPECT_EQ(name(&map), "<unknown>");
    map.read("700000001000 10 Builtin:_ZN3fooE.cold\n");
    EXPECT_EQ(name(&map), "?(Builtin:_ZN3fooE.cold)") << "as the compiler calls it";
    map.read("700000001000 10 later\n");
    EXPECT_EQ(name(nullptr), "?(Builtin:_ZN3fooE.cold)") << "a name stays";
}

}  // namespace
}  // namespace mt::core::test
