// SPDX-License-Identifier: MIT
//
// Proves that the programs in unwind tables are run as DWARF says, that what no
// rule can hold is called complex, and that no program, however broken, is read
// outside its bounds or for ever.
#include "stack/cfi.h"

#include <gtest/gtest.h>

#include <random>

#include "stack/rule.h"
#include "stack_tables.h"

namespace mt::test {
namespace {

using namespace mt::runtime::stack;

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
    constexpr u32 kLargest = Rule::kBpLost - 1;
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(kLargest)), kLargest);
    EXPECT_EQ(kind(Code{0x05, 6} + uleb(kLargest + 1)), RuleKind::complex);
    EXPECT_EQ(kind({0x2f, 6, 1}), RuleKind::complex);
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(u64{1} << 40)), Rule::kBpLost) << "out of range";
    EXPECT_EQ(saved(Code{0x05, 6} + uleb(u64{1} << 63)), Rule::kBpLost);
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

}  // namespace
}  // namespace mt::test
