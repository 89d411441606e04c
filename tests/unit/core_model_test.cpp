// SPDX-License-Identifier: MIT
//
// The core's small tools: how errors are passed on, numbers in text, UTF-8 among bytes.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "model/error.h"
#include "model/numbers.h"
#include "model/utf8.h"

namespace mt::core {
namespace {

// --- MT_TRY ---------------------------------------------------------------------

Result<std::unique_ptr<int>> made(int value) {
    if (value < 0) return fail(Code::refused, "negative", 7);
    return std::make_unique<int>(value);
}

Result<void> checked(int value) {
    if (value > 9) return fail(Code::usage, "too many");
    return {};
}

int g_reached = 0;

Result<std::string> text_of(int value) {
    MT_TRY(checked(value));
    const auto number = MT_TRY(made(value));  // moved: there is one of it
    ++g_reached;
    return std::to_string(*number);
}

TEST(Try, IsTheValue) {
    const auto text = text_of(5);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "5");
}

TEST(Try, EndsTheFunctionWithTheErrorAsItIs) {
    g_reached = 0;
    const auto of_value = text_of(-1);
    ASSERT_FALSE(of_value);
    EXPECT_EQ(of_value.error().code, Code::refused);
    EXPECT_EQ(of_value.error().text, "negative");
    EXPECT_EQ(of_value.error().address, 7u);
    const auto of_nothing = text_of(10);
    ASSERT_FALSE(of_nothing);
    EXPECT_EQ(of_nothing.error().text, "too many");
    EXPECT_EQ(g_reached, 0);
}

// --- numbers ----------------------------------------------------------------------

TEST(Number, IsAllOfTheText) {
    EXPECT_EQ(number_of<std::uint64_t>("18446744073709551615"),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(number_of<std::uint64_t>("ff", 16), 255u);
    EXPECT_EQ(number_of<std::int64_t>("-3"), -3);
    for (const char* none : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616"})
        EXPECT_FALSE(number_of<std::uint64_t>(none)) << none;
    EXPECT_FALSE(number_of<std::uint16_t>("65536"));
}

TEST(Number, IsTakenFromTheText) {
    std::string_view text = "12KiB";
    EXPECT_EQ(take_number(text), 12u);
    EXPECT_EQ(text, "KiB");
    EXPECT_FALSE(take_number(text));
    EXPECT_EQ(text, "KiB");
}

// --- UTF-8 ----------------------------------------------------------------------

TEST(Utf8, CharactersAndBytes) {
    EXPECT_EQ(character_at("\xe2\x82\xac rest").code, 0x20acu);
    EXPECT_EQ(character_at("\xf0\x9f\x98\x80").length, 4u);
    // A byte alone, cut, overlong, a surrogate, past the end.
    for (const char* none : {"\x80", "\xe2\x82", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                             "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xff"}) {
        EXPECT_FALSE(character_at(none).valid) << none;
        EXPECT_EQ(character_at(none).length, 1u);
        EXPECT_FALSE(is_utf8(std::string("a") + none));
    }
    EXPECT_TRUE(is_utf8(""));
}

}  // namespace
}  // namespace mt::core
