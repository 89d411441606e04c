// SPDX-License-Identifier: MIT
//
// Proves that the entry of an address is found as its unwind table says, by search
// and in order, and that no section, however damaged, is read outside its bounds.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "stack/cfi.h"
#include "stack/rule.h"
#include "stack_tables.h"

namespace mt::test {
namespace {

using namespace mt::runtime::stack;

struct Cie {
    u32 id = 0;
    u8 version = 1;
    std::string augmentation = "zR";
    Code data = {0x00};
    Code return_address = {16};
};

Code record(Code body) {
    while (body.size() % 4 != 0) body.push_back(0);
    return word(static_cast<u32>(body.size())) + body;
}

Code cie_record(const Cie& cie) {
    Code body = word(cie.id) + Code{cie.version};
    for (const char letter : cie.augmentation) body.push_back(static_cast<u8>(letter));
    body = body + Code{0, 1, 0x78} + cie.return_address;
    if (cie.augmentation[0] == 'z') body = body + uleb(cie.data.size()) + cie.data;
    return record(body + kInitial);
}

// An FDE with 8-byte addresses that begins `distance` bytes behind its CIE.
Code fde_record(std::size_t distance, u64 start, u64 size, const Code& program = {}) {
    Code address(16);
    std::memcpy(address.data(), &start, 8);
    std::memcpy(address.data() + 8, &size, 8);
    return record(word(static_cast<u32>(distance + 4)) + address + Code{0} + program);
}

Found read(const Cie& cie, Entry& entry, u32 back = 0) {
    const Code head = cie_record(cie);
    const Block block{head + fde_record(back == 0 ? head.size() : back, kStart, 100, {0x0e, 16})};
    return read_entry(block.span(), block.at(head.size()), entry);
}

TEST(StackEntry, reads_what_compilers_write) {
    Entry entry;
    ASSERT_EQ(read({}, entry), Found::yes);
    EXPECT_EQ(entry.code, kStart);
    EXPECT_EQ(entry.code_size, 100u);
    EXPECT_EQ(entry.code_align, 1u);
    EXPECT_EQ(entry.data_align, -8);
    EXPECT_FALSE(entry.signal_frame);
    // C++: personality (4 bytes, indirect) and language data.
    EXPECT_EQ(read({.augmentation = "zPLR", .data = {0x9b, 1, 2, 3, 4, 0x1b, 0x00}}, entry),
              Found::yes);
    EXPECT_EQ(read({.augmentation = "zRS"}, entry), Found::yes);
    EXPECT_TRUE(entry.signal_frame);
    EXPECT_EQ(read({.version = 3}, entry), Found::yes);
}

TEST(StackEntry, refuses_what_it_does_not_know) {
    Entry entry;
    EXPECT_EQ(read({.id = 1}, entry), Found::malformed);
    EXPECT_EQ(read({.version = 2}, entry), Found::malformed);
    EXPECT_EQ(read({.version = 4}, entry), Found::malformed);
    EXPECT_EQ(read({.augmentation = "eh"}, entry), Found::malformed);
    EXPECT_EQ(read({.augmentation = "zX"}, entry), Found::malformed);
    EXPECT_EQ(read({.augmentation = "zRRRR"}, entry), Found::malformed) << "data too short";
    EXPECT_EQ(read({.augmentation = "zP", .data = {0x50, 0}}, entry), Found::malformed);
    EXPECT_EQ(read({.data = {0x80}}, entry), Found::malformed) << "indirect address";
    EXPECT_EQ(read({.return_address = {17}}, entry), Found::malformed);
    EXPECT_EQ(read({.version = 3, .return_address = {0x90, 0x80, 0x80, 0x80, 1}}, entry),
              Found::malformed);
    EXPECT_EQ(read({}, entry, 1000000), Found::malformed) << "CIE before the table";
    EXPECT_EQ(read({}, entry, 4), Found::malformed) << "CIE in the middle of something";
}

TEST(StackEntry, lengths_that_leave_the_table_are_refused) {
    const Code head = cie_record({});
    const Code whole = head + fde_record(head.size(), kStart, 100);
    for (std::size_t at : {std::size_t{0}, head.size()}) {
        for (const u32 length : {0u, 1u, 3u, 1000u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu}) {
            Code broken = whole;
            std::memcpy(broken.data() + at, &length, 4);
            const Block block{broken};
            Entry entry;
            EXPECT_EQ(read_entry(block.span(), block.at(head.size()), entry), Found::malformed)
                << at << " " << length;
        }
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Block block{Code(whole.begin(), whole.begin() + static_cast<long>(size))};
        Entry entry;
        EXPECT_EQ(read_entry(block.span(), block.at(head.size()), entry), Found::malformed) << size;
    }
}

// .eh_frame_hdr, then .eh_frame with one CIE and `count` functions of 16 bytes.
class FrameSection {
  public:
    static constexpr u32 kSize = 16;

    explicit FrameSection(u32 count, u8 row_encoding = 0x3b) {
        const std::size_t rows = row_encoding == 0x3b ? count : 0;
        const std::size_t header = 8 + (row_encoding == 0x3b ? 4 + rows * 8 : 0);
        Code frames = cie_record({});
        std::vector<u32> offsets;
        for (u32 i = 0; i < count; ++i) {
            offsets.push_back(static_cast<u32>(header + frames.size()));
            frames = frames + fde_record(frames.size(), 0, kSize);
        }
        const u8 count_encoding = row_encoding == 0x3b ? 0x03 : 0xff;
        Code code =
            Code{1, 0x1b, count_encoding, row_encoding} + word(static_cast<u32>(header - 4));
        if (row_encoding == 0x3b) {
            code = code + word(count);
            for (u32 i = 0; i < count; ++i) code = code + word(code_offset(i)) + word(offsets[i]);
        }
        block_ = std::make_unique<Block>(code + frames + word(0));
        for (u32 i = 0; i < count; ++i) {
            const u64 start = address(i);
            std::memcpy(reinterpret_cast<void*>(block_->at(offsets[i] + 8)), &start, 8);
        }
        object_.start = block_->span().start;
        object_.end = block_->span().end;
        object_.eh_frame_hdr = object_.start;
    }
    // Every other 16 bytes are a function's.
    static u32 code_offset(u32 i) { return 0x100000 + i * 2 * kSize; }
    u64 address(u32 i) const { return block_->at(code_offset(i)); }
    void poke(u64 offset, u32 value) {
        std::memcpy(reinterpret_cast<void*>(block_->at(offset)), &value, 4);
    }
    Object& object() { return object_; }
    Found find(u64 pc) {
        Entry entry{};
        const Found found = find_entry(object_, pc, entry);
        return found == Found::yes && !entry.covers(pc) ? Found::none : found;
    }

  private:
    std::unique_ptr<Block> block_;
    Object object_{};
};

TEST(StackEntry, is_found_by_search_and_in_order) {
    for (const u8 encoding : {u8{0x3b}, u8{0xff}, u8{0x1b}}) {
        for (const u32 count : {0u, 1u, 2u, 3u, 64u, 101u}) {
            FrameSection section{count, encoding};
            EXPECT_EQ(section.find(section.address(0) - 1), Found::none);
            EXPECT_EQ(section.find(0), Found::none);
            EXPECT_EQ(section.find(~u64{0}), Found::none);
            for (u32 i = 0; i < count; ++i) {
                EXPECT_EQ(section.find(section.address(i)), Found::yes) << i << " of " << count;
                EXPECT_EQ(section.find(section.address(i) + 15), Found::yes);
                EXPECT_EQ(section.find(section.address(i) + 16), Found::none) << "between two";
            }
        }
    }
}

TEST(StackEntry, broken_headers_are_refused) {
    const auto with = [](u64 offset, u32 value) {
        FrameSection section{8};
        section.poke(offset, value);
        return section.find(section.address(3));
    };
    EXPECT_EQ(with(0, 0x3b031b02), Found::malformed) << "version";
    EXPECT_EQ(with(0, 0x3b035001), Found::malformed) << "encoding of the section's address";
    EXPECT_EQ(with(0, 0x3b03ff01), Found::none) << "no section";
    EXPECT_EQ(with(8, 0xffffffff), Found::malformed) << "count";
    EXPECT_EQ(with(8, 1000), Found::malformed) << "count";
    EXPECT_EQ(with(8 + 4 + 3 * 8 + 4, 0x7fffffff), Found::malformed) << "entry after the end";
    EXPECT_EQ(with(8 + 4 + 3 * 8 + 4, 0x80000000), Found::malformed) << "entry before the start";
    EXPECT_EQ(with(8 + 4 + 3 * 8 + 4, 1), Found::malformed) << "entry in the header";
    EXPECT_EQ(with(4, 0x7fffffff), Found::yes) << "the search does not need the section's address";
    FrameSection none{2};
    none.object().eh_frame_hdr = 0;
    EXPECT_EQ(none.find(none.address(0)), Found::none);
    none.object().eh_frame_hdr = none.object().end;
    EXPECT_EQ(none.find(none.address(0)), Found::malformed);
    none.object().eh_frame_hdr = none.object().end - 3;
    EXPECT_EQ(none.find(none.address(0)), Found::malformed);
}

// Tables as they are in use, with bits flipped, in a block of exactly their size.
TEST(StackEntry, damaged_real_tables_do_no_harm) {
    Object libc{};
    ASSERT_TRUE(find_object(reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")), libc));
    const Span segment = segment_of(libc, libc.eh_frame_hdr);
    ASSERT_GT(segment.size(), 100000u);
    const auto* bytes = reinterpret_cast<const u8*>(libc.eh_frame_hdr);
    const Code real(bytes, bytes + (segment.end - libc.eh_frame_hdr));
    const Block block{real};
    Object copy{};
    copy.start = block.span().start;
    copy.end = block.span().end;
    copy.eh_frame_hdr = copy.start;
    const u64 code =
        dlsym(RTLD_DEFAULT, "qsort") != nullptr
            ? reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "qsort")) - libc.eh_frame_hdr + copy.start
            : 0;
    Entry entry{};
    ASSERT_EQ(find_entry(copy, code, entry), Found::yes) << "the copy is not as the original";
    std::mt19937 random{11};
    u32 found = 0;
    for (u32 round = 0; round < 20000; ++round) {
        const u64 pc = code - 300000 + random() % 800000;
        // Around the entry that would be found, and in the header.
        u64 place = random() % 400;
        if (find_entry(copy, pc, entry) == Found::yes && round % 8 != 0) {
            place = entry.program + entry.table.start - copy.start - 40 + random() % 60;
        }
        auto* byte = reinterpret_cast<u8*>(copy.start + place % real.size());
        const u8 before = *byte;
        *byte = static_cast<u8>(random());
        if (find_entry(copy, pc, entry) == Found::yes) {
            ++found;
            Row row;
            if (find_row(entry, pc, row)) rule_of(row, entry.table);
        }
        *byte = before;
    }
    EXPECT_GT(found, 5000u);
}

}  // namespace
}  // namespace mt::test
