// SPDX-License-Identifier: MIT
//
// Proves that the numbers in unwind tables are read as DWARF says and that no
// number, however long, is read outside its table.
#include <gtest/gtest.h>

#include "stack/bytes.h"
#include "stack_tables.h"

namespace mt::test {
namespace {

using namespace mt::runtime::stack;

TEST(StackBytes, reads_numbers_of_every_length) {
    for (const u64 value : {u64{0}, u64{127}, u64{128}, u64{300}, u64{1} << 63, ~u64{0}}) {
        const Block block{uleb(value)};
        Bytes bytes{block.span()};
        EXPECT_EQ(bytes.take_uleb(), value);
        EXPECT_TRUE(bytes.ok());
        EXPECT_EQ(bytes.left(), 0u);
    }
    const Block minus{{0x7f, 0x80, 0x7f, 0x40}};
    Bytes bytes{minus.span()};
    EXPECT_EQ(bytes.take_sleb(), -1);
    EXPECT_EQ(bytes.take_sleb(), -128);
    EXPECT_EQ(bytes.take_sleb(), -64);
}

TEST(StackBytes, stays_failed_after_the_first_byte_too_far) {
    for (const Code& code : {Code{}, Code{0x80}, Code(40, 0x80), Code(5000, 0xff)}) {
        const Block block{code};
        Bytes unsigned_number{block.span()};
        EXPECT_EQ(unsigned_number.take_uleb(), 0u);
        EXPECT_FALSE(unsigned_number.ok());
        Bytes signed_number{block.span()};
        EXPECT_EQ(signed_number.take_sleb(), 0);
        EXPECT_FALSE(signed_number.ok());
    }
    const Block three{{1, 2, 3}};
    Bytes bytes{three.span()};
    EXPECT_EQ(bytes.take32(), 0u);
    EXPECT_EQ(bytes.take8(), 0u);
    bytes.skip(~u64{0});
    EXPECT_FALSE(bytes.ok());
    Bytes reversed{{10, 5}};
    EXPECT_EQ(reversed.left(), 0u);
}

TEST(StackBytes, refuses_pointer_encodings_that_it_cannot_place) {
    const Block block{Code(16, 1)};
    for (u32 encoding = 0; encoding < 256; ++encoding) {
        Bytes bytes{block.span()};
        bytes.take_pointer(static_cast<u8>(encoding));
        const u32 format = encoding & 0x0f;
        const u32 base = encoding & 0xf0;
        const bool known_format = format <= 4 || (format >= 9 && format <= 12);
        EXPECT_EQ(bytes.ok(), known_format && (base == 0 || base == 0x10)) << encoding;
    }
}

}  // namespace
}  // namespace mt::test
