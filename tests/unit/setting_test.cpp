// SPDX-License-Identifier: MIT
//
// MEMTRACE, as the runtime reads it.
#include "control/setting.h"

#include <gtest/gtest.h>

#include <string>

namespace mt::runtime {
namespace {

TEST(Setting, Off) {
    for (const char* text : {"", "0", "00", "0,sample=4096"}) {
        Setting setting{.frames = 3, .sample_bytes = 3};
        EXPECT_TRUE(parse_setting(text, setting)) << text;
        EXPECT_EQ(setting.frames, 0) << text;
    }
}

TEST(Setting, Frames) {
    Setting setting;
    EXPECT_TRUE(parse_setting("32", setting));
    EXPECT_EQ(setting.frames, 32);
    EXPECT_EQ(setting.sample_bytes, 0u);
    EXPECT_TRUE(parse_setting("65535", setting));
    EXPECT_EQ(setting.frames, 65535);
}

TEST(Setting, File) {
    Setting setting;
    for (const char* text : {"7,file=/var/tmp/%p.box", "7,file=/var/tmp/%p.box,stamps",
                             "7,stamps,file=/var/tmp/%p.box,sample=1"}) {
        ASSERT_TRUE(parse_setting(text, setting)) << text;
        EXPECT_EQ(std::string(setting.file, setting.file_length), "/var/tmp/%p.box");
    }
    ASSERT_TRUE(parse_setting("7", setting));
    EXPECT_EQ(setting.file, nullptr);
}

TEST(Setting, Sample) {
    Setting setting;
    for (const char* text :
         {"7,sample=4096", "7,sample=4K", "7,sample=4k", "7,sample=1,sample=4K"}) {
        EXPECT_TRUE(parse_setting(text, setting)) << text;
        EXPECT_EQ(setting.frames, 7) << text;
        EXPECT_EQ(setting.sample_bytes, 4096u) << text;
    }
    EXPECT_TRUE(parse_setting("7,sample=3m", setting));
    EXPECT_EQ(setting.sample_bytes, abi::u64{3} << 20);
    EXPECT_TRUE(parse_setting("7,sample=1024G", setting));
    EXPECT_EQ(setting.sample_bytes, abi::kMaxSampleBytes);
    EXPECT_TRUE(parse_setting("7,sample=1T", setting));
    EXPECT_EQ(setting.sample_bytes, abi::kMaxSampleBytes);
}

TEST(Setting, Nonsense) {
    for (const char* text : {"x",
                             "-1",
                             "+1",
                             " 1",
                             "1 ",
                             "65536",
                             "99999999999999999999",
                             "7,",
                             "7,,",
                             "7,freed",
                             "7,freed=",
                             "7,freed=0",
                             "7,freed=1K",
                             "7,freed=1048577",
                             "7,freed=5,",
                             "7,sample",
                             "7,sample=",
                             "7,sample=0",
                             "7,sample=0K",
                             "7,sample=x",
                             "7,sample=-1",
                             "7,sample=4KK",
                             "7,sample=4KB",
                             "7,sample=2T",
                             "7,sample=1025G",
                             "7,sample=1,",
                             "7,file",
                             "7,file=",
                             "7,file=,stamps",
                             "7,file=/a,",
                             "7,else=1",
                             "7,sample=18446744073709551617",
                             "7 ,sample=1",
                             ",sample=1",
                             "sample=1",
                             "7sample=1"}) {
        Setting setting;
        EXPECT_FALSE(parse_setting(text, setting)) << text;
    }
}

}  // namespace
}  // namespace mt::runtime
