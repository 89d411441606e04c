// SPDX-License-Identifier: MIT
//
// Proves that unwind tables are read as DWARF says and that no table, however
// broken, is read outside its bounds or for ever. Tables are made by hand in
// blocks of exactly their size, so that AddressSanitizer sees a byte too far.
#include "stack/cfi.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "stack/expression.h"

namespace mt::test {
namespace {

using namespace mt::runtime::stack;

using Code = std::vector<u8>;

Code operator+(Code left, const Code& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Code word(u32 value) {
    Code code(4);
    std::memcpy(code.data(), &value, 4);
    return code;
}

Code uleb(u64 value) {
    Code code;
    do {
        code.push_back(static_cast<u8>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
        value >>= 7;
    } while (value != 0);
    return code;
}

// Bytes on the heap, not one more than given.
class Block {
  public:
    explicit Block(const Code& code) : bytes_(new u8[code.size()]), size_(code.size()) {
        if (size_ != 0) std::memcpy(bytes_.get(), code.data(), size_);
    }
    Span span() const { return {at(0), at(size_)}; }
    u64 at(u64 offset) const { return reinterpret_cast<u64>(bytes_.get()) + offset; }

  private:
    std::unique_ptr<u8[]> bytes_;
    u64 size_;
};

// --- numbers -----------------------------------------------------------------

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

// --- programs ----------------------------------------------------------------

constexpr u64 kStart = 0x10000;

class Table {
  public:
    Table(const Code& initial, const Code& program, std::int16_t data_align = -8)
        : block_(initial + program) {
        entry_.table = block_.span();
        entry_.code = kStart;
        entry_.code_size = 1000;
        entry_.initial = 0;
        entry_.initial_size = static_cast<u32>(initial.size());
        entry_.program = entry_.initial_size;
        entry_.program_size = static_cast<u32>(program.size());
        entry_.code_align = 1;
        entry_.data_align = data_align;
        entry_.pointer_encoding = 0;
        entry_.signal_frame = false;
    }
    bool row(u64 offset, Row& row) const { return find_row(entry_, kStart + offset, row); }
    Rule rule(u64 offset) const {
        Row found;
        if (!row(offset, found)) return Rule{};
        return rule_of(found, entry_.table);
    }
    Entry& entry() { return entry_; }

  private:
    Block block_;
    Entry entry_{};
};

// What every compiler's CIE says: frame = rsp + 8, return address right below it.
const Code kInitial = {0x0c, 7, 8, 0x80 | 16, 1};

void expect_rule(Rule rule, RuleKind kind, u64 distance, u32 bp) {
    EXPECT_EQ(rule.kind(), kind);
    EXPECT_EQ(rule.distance(), distance);
    EXPECT_EQ(rule.saved_bp(), bp);
}

TEST(StackCfi, follows_an_ordinary_function) {
    // push %rbp; mov %rsp,%rbp; …; leave; ret
    const Table table{kInitial,
                      {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 50, 0x0c, 7, 8, 0xc6}};
    expect_rule(table.rule(0), RuleKind::sp, 8, Rule::kBpSame);
    expect_rule(table.rule(1), RuleKind::sp, 16, 2);
    expect_rule(table.rule(3), RuleKind::sp, 16, 2);
    expect_rule(table.rule(4), RuleKind::bp, 16, 2);
    expect_rule(table.rule(53), RuleKind::bp, 16, 2);
    expect_rule(table.rule(54), RuleKind::sp, 8, Rule::kBpSame);
    expect_rule(table.rule(999), RuleKind::sp, 8, Rule::kBpSame);
}

TEST(StackCfi, every_advance_counts) {
    const Table table{
        kInitial, Code{0x41, 0x0e, 16, 0x02, 1, 0x0e, 24, 0x03, 1, 0, 0x0e, 32, 0x04} + word(1) +
                      Code{0x0e, 40, 0x1d, 1, 0, 0, 0, 0, 0, 0, 0, 0x0e, 48, 0x01} +
                      word(kStart + 100) + word(0) + Code{0x0e, 56}};
    for (u64 i = 0; i < 6; ++i) expect_rule(table.rule(i), RuleKind::sp, 8 + 8 * i, 0);
    expect_rule(table.rule(99), RuleKind::sp, 48, 0);
    expect_rule(table.rule(100), RuleKind::sp, 56, 0);
}

TEST(StackCfi, code_is_counted_in_its_alignment) {
    Table table{kInitial, {0x42, 0x0e, 16}};
    table.entry().code_align = 4;
    expect_rule(table.rule(7), RuleKind::sp, 8, 0);
    expect_rule(table.rule(8), RuleKind::sp, 16, 0);
}

TEST(StackCfi, remembers_and_recalls_whole_rows) {
    const Table table{kInitial, {0x41, 0x0e, 16, 0x86, 2, 0x0a, 0x41, 0x0e, 8, 0xc6, 0x41, 0x0b}};
    expect_rule(table.rule(1), RuleKind::sp, 16, 2);
    expect_rule(table.rule(2), RuleKind::sp, 8, 0);
    expect_rule(table.rule(3), RuleKind::sp, 16, 2);
    EXPECT_EQ(Table(kInitial, {0x0b}).rule(0).bits(), 0u) << "recalled more than remembered";
    EXPECT_EQ(Table(kInitial, Code(100, 0x0a)).rule(0).bits(), 0u) << "remembered without end";
}

TEST(StackCfi, other_registers_do_not_matter) {
    // rbx, r12 to r15 in every form; stack arguments' size.
    const Table table{kInitial,
                      {0x83, 5,  0x05, 12,   3,    0x11, 13,   0x7f, 0x07, 14,   0x08, 15,   0x09,
                       3,    12, 0x14, 12,   1,    0x15, 12,   1,    0x10, 12,   2,    0x70, 0,
                       0x16, 13, 1,    0x30, 0x06, 12,   0xc3, 0x2e, 32,   0x2f, 12,   1,    0x00}};
    expect_rule(table.rule(0), RuleKind::sp, 8, 0);
}

TEST(StackCfi, every_form_of_a_saved_frame_pointer) {
    const auto saved = [](const Code& code) { return Table{kInitial, code}.rule(0).saved_bp(); };
    const auto kind = [](const Code& code) { return Table{kInitial, code}.rule(0).kind(); };
    EXPECT_EQ(saved({0x86, 2}), 2u);
    EXPECT_EQ(saved({0x05, 6, 7}), 7u);
    EXPECT_EQ(saved({0x11, 6, 3}), 3u);
    EXPECT_EQ(saved({0x86, 2, 0x06, 6}), Rule::kBpSame);
    EXPECT_EQ(saved({0x86, 2, 0x08, 6}), Rule::kBpSame);
    EXPECT_EQ(saved({0x07, 6}), Rule::kBpLost);
    EXPECT_EQ(kind({0x09, 6, 3}), RuleKind::complex);
    EXPECT_EQ(saved({0x10, 6, 2, 0x76, 0}), Rule::kBpAtBp);
    EXPECT_EQ(kind({0x10, 6, 2, 0x76, 8}), RuleKind::complex);
    EXPECT_EQ(kind({0x10, 6, 3, 0x76, 0, 0x96}), RuleKind::complex);
    EXPECT_EQ(kind({0x14, 6, 1}), RuleKind::complex);
    EXPECT_EQ(kind({0x16, 6, 1, 0x30}), RuleKind::complex);
    EXPECT_EQ(kind({0x11, 6, 0x7e}), RuleKind::complex) << "above the frame";
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(0xffd)), 0xffdu);
    EXPECT_EQ(kind(Code{0x05, 6} + uleb(0xffe)), RuleKind::complex);
    EXPECT_EQ(kind({0x2f, 6, 1}), RuleKind::complex);
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(u64{1} << 40)), 0xffeu) << "out of range: lost";
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(u64{1} << 63)), 0xffeu);
}

TEST(StackCfi, every_form_of_a_frame) {
    const auto rule = [](const Code& code) { return Table{kInitial, code}.rule(0); };
    expect_rule(rule({0x0c, 6, 16}), RuleKind::bp, 16, 0);
    expect_rule(rule({0x12, 6, 0x7e}), RuleKind::bp, 16, 0);
    expect_rule(rule({0x13, 0x7d}), RuleKind::sp, 24, 0);
    // gcc's realigned frame: *(rbp - 8), the caller's rbp at *rbp.
    expect_rule(rule({0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0}), RuleKind::bp_deref, 8,
                Rule::kBpAtBp);
    expect_rule(rule({0x0f, 3, 0x76, 0x00, 0x06}), RuleKind::bp_deref, 0, 0);
    EXPECT_EQ(rule({0x0f, 3, 0x76, 0x08, 0x06}).kind(), RuleKind::complex);
    EXPECT_EQ(rule({0x0f, 3, 0x73, 0x78, 0x06}).kind(), RuleKind::complex);
    EXPECT_EQ(rule({0x0c, 3, 16}).kind(), RuleKind::complex) << "frame by rbx";
    EXPECT_EQ(rule({0x0c, 7, 12}).kind(), RuleKind::complex) << "not a multiple of 8";
    EXPECT_EQ(rule({0x07, 16}).kind(), RuleKind::end);
    EXPECT_EQ(rule({0x05, 16, 2}).kind(), RuleKind::complex) << "return address elsewhere";
    EXPECT_EQ(rule({0x08, 16}).kind(), RuleKind::complex);
    const u64 largest = u64{0x1ffff} * 8;
    expect_rule(rule(Code{0x0e} + uleb(largest)), RuleKind::sp, largest, 0);
    EXPECT_EQ(rule(Code{0x0e} + uleb(largest + 8)).kind(), RuleKind::complex);
    EXPECT_EQ(rule(Code{0x0e} + uleb(~u64{0})).kind(), RuleKind::complex);
    EXPECT_EQ(rule(Code{0x0e} + uleb(u64{1} << 62)).kind(), RuleKind::complex);
    EXPECT_EQ(rule({0x0f, 3, 0x76, 0x78, 0x06, 0x0e, 8}).kind(), RuleKind::complex);
    EXPECT_EQ(Table({}, {}).rule(0).kind(), RuleKind::complex) << "no rule at all";
}

TEST(StackCfi, a_rule_holds_its_largest_values) {
    const Rule rule{RuleKind::bp, 0x1ffff, Rule::kBpAtBp};
    expect_rule(Rule{rule.bits()}, RuleKind::bp, u64{0x1ffff} * 8, Rule::kBpAtBp);
}

TEST(StackCfi, a_program_that_is_cut_anywhere_is_refused_or_shorter) {
    const Code whole = {0x41, 0x0e, 16, 0x86, 2, 0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6,    2,    0x76,
                        0,    0x02, 1,  0x04, 1, 0,    0, 0,    0x12, 6,    0x7e, 0x2e, 0x80, 1};
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const Table table{kInitial, Code(whole.begin(), whole.begin() + static_cast<long>(size))};
        Row row;
        table.row(500, row);
    }
    EXPECT_EQ(Table(kInitial, {0x0e}).rule(0).bits(), 0u);
    EXPECT_EQ(Table(kInitial, {0x0f, 0x7f, 0x76}).rule(0).bits(), 0u);
    EXPECT_EQ(Table(kInitial, {0x04, 1, 0}).rule(0).bits(), 0u);
}

TEST(StackCfi, unknown_instructions_are_refused) {
    for (const u8 code : Code{0x17, 0x18, 0x1c, 0x1e, 0x2d, 0x30, 0x3f}) {
        EXPECT_EQ(Table(kInitial, {code, 0, 0, 0}).rule(0).bits(), 0u) << int{code};
    }
}

TEST(StackCfi, an_advance_beyond_all_addresses_ends_the_program) {
    Table table{kInitial, {0x1d, 255, 255, 255, 255, 255, 255, 255, 255, 0x0e, 16}};
    expect_rule(table.rule(999), RuleKind::sp, 8, 0);
}

TEST(StackCfi, random_programs_do_no_harm) {
    std::mt19937 random{7};
    u32 understood = 0;
    for (u32 round = 0; round < 60000; ++round) {
        Code code(random() % 40);
        for (u8& byte : code) {
            byte = static_cast<u8>(random() % (random() % 3 == 0 ? 256 : 0x31));
        }
        constexpr std::int16_t kAlign[] = {-8, INT16_MIN, 0};
        const Table table{kInitial, code, kAlign[round % 3]};
        Row row;
        if (!table.row(random() % 300, row)) continue;
        ++understood;
        rule_of(row, const_cast<Table&>(table).entry().table);
    }
    EXPECT_GT(understood, 1000u);
}

// --- entries -----------------------------------------------------------------

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

// --- expressions -------------------------------------------------------------

class Expression {
  public:
    Expression() {
        for (u64 i = 0; i < 8; ++i) memory_[i] = 100 + i;
        frame_ = {0x4001,
                  reinterpret_cast<u64>(&memory_[0]),
                  reinterpret_cast<u64>(&memory_[4]),
                  0,
                  0,
                  kNoRegister,
                  false,
                  kNoRegister};
        view_.enter(window_, frame_.sp);
    }
    // False = refused.
    bool run(const Code& code, u64& result, const u64* given = nullptr) {
        const Block block{uleb(code.size()) + code};
        return evaluate(block.span(), block.at(0), frame_, view_, given, result);
    }
    u64 value(const Code& code) {
        u64 result = 0;
        EXPECT_TRUE(run(code, result));
        return result;
    }
    bool refuses(const Code& code) {
        u64 result = 0;
        return !run(code, result);
    }
    const Frame& frame() const { return frame_; }
    Frame& frame() { return frame_; }

  private:
    u64 memory_[8];
    Window window_{};
    View view_;
    Frame frame_;
};

TEST(StackExpression, computes) {
    Expression expression;
    const auto value = [&](const Code& code) { return expression.value(code); };
    EXPECT_EQ(value({0x77, 8}), expression.frame().sp + 8);
    EXPECT_EQ(value({0x76, 0x78}), expression.frame().bp - 8);
    EXPECT_EQ(value({0x80, 0}), 0x4000u);
    EXPECT_EQ(value({0x92, 7, 16}), expression.frame().sp + 16);
    EXPECT_EQ(value({0x77, 8, 0x06}), 101u);
    EXPECT_EQ(value({0x76, 0, 0x06}), 104u);
    EXPECT_EQ(value({0x4f}), 31u);
    EXPECT_EQ(value({0x09, 0xff}), ~u64{0});
    EXPECT_EQ(value({0x0a, 1, 2}), 0x201u);
    EXPECT_EQ(value({0x0b, 0xff, 0xff}), ~u64{0});
    EXPECT_EQ(value({0x0d, 0, 0, 0, 0x80}), 0xffffffff80000000u);
    EXPECT_EQ(value({0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80}), 0x8000000000000001u);
    EXPECT_EQ(value({0x10, 0x80, 1}), 128u);
    EXPECT_EQ(value({0x11, 0x7f}), ~u64{0});
    EXPECT_EQ(value({0x35, 0x33, 0x1c}), 2u);
    EXPECT_EQ(value({0x35, 0x33, 0x16, 0x1c}), ~u64{0} - 1);
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x17, 0x13}), 1u) << "rot puts the top third";
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x17}), 2u);
    EXPECT_EQ(value({0x31, 0x32, 0x33, 0x15, 2}), 1u);
    EXPECT_EQ(value({0x31, 0x32, 0x14}), 1u);
    EXPECT_EQ(value({0x36, 0x09, 0xfe, 0x1b}), static_cast<u64>(-3));
    EXPECT_EQ(value({0x0e, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09, 0xff, 0x1b}), u64{1} << 63);
    EXPECT_EQ(value({0x37, 0x33, 0x1d}), 1u);
    EXPECT_EQ(value({0x09, 0xf8, 0x31, 0x26}), static_cast<u64>(-4));
    EXPECT_EQ(value({0x31, 0x08, 64, 0x24}), 0u);
    EXPECT_EQ(value({0x09, 0xff, 0x08, 200, 0x26}), ~u64{0});
    EXPECT_EQ(value({0x31, 0x23, 0x85, 1}), 134u);
    EXPECT_EQ(value({0x09, 0xff, 0x19}), 1u);
    EXPECT_EQ(value({0x09, 0xff, 0x30, 0x2d}), 1u) << "comparisons are signed";
    EXPECT_EQ(value({0x31, 0x28, 1, 0, 0x4f, 0x35}), 5u) << "a taken branch";
    EXPECT_EQ(value({0x34, 0x30, 0x28, 1, 0, 0x96, 0x96}), 4u);
    const u64 given = 77;
    u64 result = 0;
    EXPECT_TRUE(expression.run({0x96}, result, &given));
    EXPECT_EQ(result, 77u);
}

// How linkers describe a PLT: 8 more once its first push is done.
TEST(StackExpression, understands_a_plt) {
    const Code plt = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    Expression expression;
    expression.frame().pc = 0x4000 + 5 + 1;
    EXPECT_EQ(expression.value(plt), expression.frame().sp + 8);
    expression.frame().pc = 0x4000 + 11 + 1;
    EXPECT_EQ(expression.value(plt), expression.frame().sp + 16);
}

TEST(StackExpression, refuses_the_rest) {
    Expression expression;
    EXPECT_TRUE(expression.refuses({})) << "no value";
    EXPECT_TRUE(expression.refuses({0x06})) << "an empty stack";
    EXPECT_TRUE(expression.refuses({0x31, 0x22}));
    EXPECT_TRUE(expression.refuses({0x31, 0x30, 0x1b})) << "division by zero";
    EXPECT_TRUE(expression.refuses({0x31, 0x30, 0x1d}));
    EXPECT_TRUE(expression.refuses({0x2f, 0xfd, 0xff})) << "an endless loop";
    EXPECT_TRUE(expression.refuses({0x31, 0x2f, 0xfc, 0xff})) << "an endless push";
    EXPECT_TRUE(expression.refuses({0x2f, 0x00, 0x80})) << "a branch out";
    EXPECT_TRUE(expression.refuses({0x31, 0x2f, 0x01, 0x00}));
    EXPECT_TRUE(expression.refuses({0x73, 0})) << "rbx is not known";
    EXPECT_TRUE(expression.refuses({0x09})) << "cut";
    EXPECT_TRUE(expression.refuses({0x30, 0x06})) << "a load at 0";
    EXPECT_TRUE(expression.refuses({0x77, 1, 0x06})) << "a misaligned load";
    EXPECT_TRUE(expression.refuses({0x09, 0xf8, 0x06})) << "a load of the kernel's";
    EXPECT_TRUE(expression.refuses({0x31, 0x15, 1}));
    EXPECT_TRUE(expression.refuses({0x31, 0x17}));
    EXPECT_TRUE(expression.refuses({0xf0})) << "an unknown operation";
    EXPECT_TRUE(expression.refuses({0x50})) << "a register's name";
    expression.frame().bp = 0;
    EXPECT_TRUE(expression.refuses({0x76, 0})) << "the frame pointer was lost";
}

TEST(StackExpression, a_length_that_leaves_the_table_is_refused) {
    Expression expression;
    View view;
    u64 result = 0;
    for (const Code& code : {Code{}, Code{2, 0x31}, Code{0xff, 0xff}, Code(20, 0xff)}) {
        const Block block{code};
        for (const u64 place : {block.at(0), block.at(0) - 1, block.span().end, u64{8}}) {
            EXPECT_FALSE(evaluate(block.span(), place, expression.frame(), view, nullptr, result));
        }
    }
}

TEST(StackExpression, random_expressions_do_no_harm) {
    std::mt19937 random{3};
    Expression expression;
    u32 understood = 0;
    for (u32 round = 0; round < 100000; ++round) {
        Code code(random() % 30);
        for (u8& byte : code) {
            byte = static_cast<u8>(random() % 2 == 0 ? 0x30 + random() % 8 : random() % 0x98);
        }
        u64 result = 0;
        const u64 given = random();
        understood += expression.run(code, result, round % 2 == 0 ? &given : nullptr);
    }
    EXPECT_GT(understood, 1000u);
}

}  // namespace
}  // namespace mt::test
