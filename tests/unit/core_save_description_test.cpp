// SPDX-License-Identifier: MIT
//
// The comment of a saved snapshot when a stranger wrote it, and text that is no UTF-8.
#include "model/utf8.h"
#include "save/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_save_profile.h"

namespace mt::core::test {
namespace {

using ::testing::StartsWith;

class BadDescription : public Bad {
  protected:
    std::string with(const std::string& json) {
        return error(Profile().text("memtrace " + json).number(format::kComment, 5).bytes);
    }
};

TEST_F(BadDescription, Json) {
    EXPECT_THAT(with("{"), StartsWith("its memtrace comment is damaged: "));
    EXPECT_THAT(with("[]"), StartsWith("its memtrace comment is damaged: "));
    EXPECT_THAT(with("{}"), StartsWith("its memtrace comment is damaged: "));
    const std::string least = R"("current":[1,2],"peak":[3,4])";
    EXPECT_EQ(with(R"({"format":1,)" + least + "}"), "it loads");
    EXPECT_EQ(with(R"({"format":2,)" + least + "}"),
              "it was written by a newer memtrace (its format is 2, this one reads up to 1)");
    for (const char* odd :
         {R"("pid":-1)", R"("pid":4294967296)", R"("pid":1.5)", R"("pid":"x")", R"("tracing":1)",
          R"("threads":[[1]])", R"("threads":[{}])", R"("losses":[["a","b","c"]])",
          R"("losses":[[{"escaped":1},1,1]])", R"("table_format":[1])", R"("escaped":[-1])",
          R"("escaped":{"a":"b"})", R"("sample_bytes":1099511627777)"})
        EXPECT_THAT(with(R"({"format":1,)" + least + "," + odd + "}"),
                    StartsWith("its memtrace comment is damaged: "))
            << odd;
    // In our words, never in those of a library.
    EXPECT_EQ(with("{"), "its memtrace comment is damaged: it is no JSON at byte 2");
    EXPECT_EQ(with(R"({"format":1,"peak":[3,4]})"),
              "its memtrace comment is damaged: a field is missing, or is of another kind");
    const std::string name((1 << 20) + 1, 'x');
    EXPECT_EQ(with(R"({"format":1,"remarks":[["a",")" + name + "\",1]]," + least + "}"),
              "its memtrace comment is damaged: a text is too long");
    EXPECT_LT(with("{\"" + name).size(), 300u);
    EXPECT_EQ(with(std::string(100000, '[')), "its memtrace comment is damaged: nested too deep");
    EXPECT_EQ(with(R"({"format":1,"x":")" + std::string(1000, '[') + "\"," + least + "}"),
              "it loads");
}

TEST_F(BadDescription, ReservedStackThatIsNone) {
    Profile profile;
    profile.text(R"(memtrace {"format":1,"current":[1,2],"peak":[3,4]})")
        .number(format::kComment, 5)
        .text("stack");
    pbf_writer all(profile.bytes);
    {
        pbf_writer sample(all, format::kSample);
        sample.add_uint64(format::kValues, 1);
        pbf_writer label(sample, format::kLabel);
        label.add_uint64(format::kKey, 6);
        label.add_uint64(format::kNumber, 16);
    }
    EXPECT_EQ(error(profile.bytes), "it is damaged: it names stack 16");
}

TEST(DescriptionText, EscapesComeBack) {
    for (const std::string text :
         {"", "plain", "\xff", "a\\xff", "\\", "\\\\", "\xed\xa0\x80", "\xf4\x90\x80\x80",
          "\xc0\xaf", "\xe2\x82", "\xe2\x82\xac\xfe\\", "\\x4", "\\x4g\x80"}) {
        EXPECT_TRUE(is_utf8(escape_bytes(text)));
        EXPECT_EQ(unescape_bytes(escape_bytes(text)), text);
    }
    EXPECT_TRUE(is_utf8("\xe2\x82\xac \xf0\x9f\x98\x80 \xed\x9f\xbf"));
}

}  // namespace
}  // namespace mt::core::test
