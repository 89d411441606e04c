// SPDX-License-Identifier: MIT
//
// Where a value goes that a call has returned, in code as compilers make it: bytes with what
// they say in the comment beside. And bytes that are no code at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "code/flow.h"
#include "code/stub.h"

namespace mt::core::code::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kStart = 0x1000;

std::vector<std::byte> bytes_of(const std::string& hex) {
    std::vector<std::byte> made;
    for (std::size_t i = 0; i + 1 < hex.size();) {
        if (hex[i] == ' ') {
            ++i;
            continue;
        }
        made.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
        i += 2;
    }
    return made;
}

class FlowOf : public ::testing::Test {
  protected:
    Trail follow(const std::string& hex, Returns returns = Returns::yes, std::uint64_t before = 0) {
        bytes_ = bytes_of(hex);
        Following what;
        what.code = {bytes_, kStart};
        what.start = kStart + before;
        what.returns = [returns](std::uint64_t, std::uint64_t) { return returns; };
        return code::follow(what);
    }
    static std::vector<Use> of_kind(const Trail& trail, Use::Kind kind) {
        std::vector<Use> uses;
        for (const Use& use : trail.uses)
            if (use.kind == kind) uses.push_back(use);
        return uses;
    }
    // "reg+displacement" of each store of the value; of one at a fixed address that alone.
    static std::vector<std::string> stores(const Trail& trail) {
        std::vector<std::string> made;
        for (const Use& use : of_kind(trail, Use::Kind::stored)) {
            const Value& base = trail.values[use.base];
            const std::string to = std::to_string(base.offset + use.displacement);
            if (base.kind == Value::Kind::constant) made.push_back(to);
            if (base.kind == Value::Kind::before) made.push_back(name(base.reg) + "+" + to);
            if (base.kind == Value::Kind::loaded) made.push_back("loaded+" + to);
            if (base.kind == Value::Kind::result) made.push_back("result+" + to);
            if (base.kind == Value::Kind::unknown) made.push_back("unknown");
            if (use.is_indexed) made.back() += " indexed";
        }
        return made;
    }
    static std::string name(Register reg) {
        constexpr const char* kNames[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"};
        return reg < 8 ? kNames[reg] : "r" + std::to_string(reg);
    }

    std::vector<std::byte> bytes_;
};

TEST_F(FlowOf, PlainCodeEndsInAVariable) {
    // mov [rbp-0x28], rax; ret
    const Trail trail = follow("48 89 45 d8 c3");
    EXPECT_THAT(stores(trail), ElementsAre("rbp+-40"));
    EXPECT_TRUE(trail.is_complete);
    EXPECT_TRUE(trail.uses.back().is_certain);
    EXPECT_EQ(trail.uses.back().kind, Use::Kind::returned);
}

TEST_F(FlowOf, AStoreAtAFixedAddressIsRelativeToTheNextInstruction) {
    // mov [rip+0x100], rax; xor eax, eax; ret
    EXPECT_THAT(stores(follow("48 89 05 00 01 00 00 31 c0 c3")), ElementsAre("4359"));
}

TEST_F(FlowOf, AMemberIsFoundByWhatItsObjectWasLoadedFrom) {
    // mov rdx, rax; mov rax, [rbp-8]; mov [rax+0x10], rdx; ret
    const Trail trail = follow("48 89 c2 48 8b 45 f8 48 89 50 10 c3");
    ASSERT_THAT(stores(trail), ElementsAre("loaded+16"));
    const Value& object = trail.values[of_kind(trail, Use::Kind::stored)[0].base];
    EXPECT_EQ(object.displacement, -8);
    EXPECT_EQ(trail.values[object.base].reg, kRbp);
    // Returned is what was loaded.
    EXPECT_THAT(of_kind(trail, Use::Kind::returned), IsEmpty());
}

TEST_F(FlowOf, AnElementOfAnArrayIsSaidToBeOne) {
    // lea rdx, [rip+0x10]; mov [rdx+rcx*8], rax; ret
    EXPECT_THAT(stores(follow("48 8d 15 10 00 00 00 48 89 04 ca c3")), ElementsAre("4119 indexed"));
}

TEST_F(FlowOf, AConstructorGetsItInItsFirstRegister) {
    // mov rbx, rax; mov rdi, rbx; call +0; mov [rbp-0x20], rbx; ret
    const Trail trail = follow("48 89 c3 48 89 df e8 10 00 00 00 48 89 5d e0 c3");
    const auto calls = of_kind(trail, Use::Kind::passed);
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_EQ(calls[0].target, kStart + 11 + 16);
    EXPECT_EQ(calls[0].held & (1u << kRdi), 1u << kRdi);
    EXPECT_THAT(stores(trail), ElementsAre("rbp+-32"));
    // The function may have left anything in rax.
    EXPECT_THAT(of_kind(trail, Use::Kind::returned), IsEmpty());
}

TEST_F(FlowOf, WhatAFunctionNeedNotKeepIsLostInACall) {
    // mov rcx, rax; call; mov [rbp-8], rcx; mov [rbp-0x10], rax; ret
    const Trail trail = follow("48 89 c1 e8 00 00 00 00 48 89 4d f8 48 89 45 f0 c3");
    EXPECT_THAT(stores(trail), IsEmpty());
    EXPECT_TRUE(trail.is_complete);
}

TEST_F(FlowOf, WhatWasInTheStackDuringACallIsMarked) {
    // mov [rbp-0x40], rax; mov rdi, rax; call; mov rax, [rbp-0x40]; mov [rbp-8], rax; ret
    const Trail trail = follow("48 89 45 c0 48 89 c7 e8 00 00 00 00 48 8b 45 c0 48 89 45 f8 c3");
    ASSERT_THAT(stores(trail), ElementsAre("rbp+-64", "rbp+-8"));
    const auto uses = of_kind(trail, Use::Kind::stored);
    EXPECT_FALSE(trail.values[uses[0].value].was_spilled);
    const Value& spilled = trail.values[uses[1].value];
    EXPECT_TRUE(spilled.was_spilled);
    EXPECT_EQ(spilled.reg, kRbp);
    EXPECT_EQ(spilled.displacement, -64);
}

TEST_F(FlowOf, ASlotThatIsOverwrittenHoldsItNoMore) {
    // mov [rbp-8], rax; mov dword [rbp-4], 0; xor eax, eax; mov rcx, [rbp-8]; mov [rbp-0x20], rcx
    EXPECT_THAT(stores(follow("48 89 45 f8 c7 45 fc 00 00 00 00 31 c0 48 8b 4d f8 48 89 4d e0 c3")),
                ElementsAre("rbp+-8"));
}

TEST_F(FlowOf, HalfARegisterIsNoPointer) {
    // mov ecx, eax; mov [rbp-8], rcx; mov eax, eax; mov [rbp-16], rax; ret
    EXPECT_THAT(stores(follow("89 c1 48 89 4d f8 89 c0 48 89 45 f0 c3")), IsEmpty());
}

TEST_F(FlowOf, ABranchOnTheNullPointerIsToldForTheBlockIsThere) {
    // test rax, rax; je +4; mov [rbp-8], rax; mov [rbp-0x10], rax; ret
    const Trail first = follow("48 85 c0 74 04 48 89 45 f8 48 89 45 f0 c3");
    EXPECT_THAT(stores(first), ElementsAre("rbp+-8", "rbp+-16"));
    // test rax, rax; jne +4; mov [rbp-8], rax; mov [rbp-0x10], rax; ret
    const Trail second = follow("48 85 c0 75 04 48 89 45 f8 48 89 45 f0 c3");
    EXPECT_THAT(stores(second), ElementsAre("rbp+-16"));
    // mov [rbp-8], rax; cmp qword [rbp-8], 0; je +4; mov [rbp-0x10], rax; ret
    const Trail third = follow("48 89 45 f8 48 83 7d f8 00 74 04 48 89 45 f0 c3");
    EXPECT_THAT(stores(third), ElementsAre("rbp+-8", "rbp+-16"));
    for (const Trail* trail : {&first, &second, &third}) {
        EXPECT_TRUE(trail->is_complete);
        for (const Use& use : trail->uses) EXPECT_TRUE(use.is_certain);
    }
}

TEST_F(FlowOf, OfABranchThatIsNotToldBothWaysAreSeenAndNeitherIsCertain) {
    // test ecx, ecx; je +5; mov [rbp-8], rax; ret; mov [rbp-0x10], rax; ret
    const Trail trail = follow("85 c9 74 05 48 89 45 f8 c3 48 89 45 f0 c3");
    EXPECT_THAT(stores(trail), ElementsAre("rbp+-8", "rbp+-16"));
    for (const Use& use : of_kind(trail, Use::Kind::stored)) EXPECT_FALSE(use.is_certain);
    EXPECT_TRUE(trail.is_complete);
}

TEST_F(FlowOf, ALoopEnds) {
    // mov r12, rax; L: mov rdi, r12; call; sub rbx, 1; jns L; mov [rbp-8], r12; ret
    const Trail trail = follow("49 89 c4 4c 89 e7 e8 00 00 00 00 48 83 eb 01 79 f2 4c 89 65 f8 c3");
    EXPECT_THAT(stores(trail), ElementsAre("rbp+-8"));
    EXPECT_TRUE(trail.is_complete);
    // jmp to itself
    EXPECT_TRUE(follow("eb fe").is_complete);
}

TEST_F(FlowOf, BehindAFunctionThatDoesNotReturnStandsOtherCode) {
    const std::string code = "48 89 c3 e8 00 00 00 00 48 89 5d e0 c3";
    EXPECT_THAT(stores(follow(code)), ElementsAre("rbp+-32"));
    EXPECT_THAT(stores(follow(code, Returns::never)), IsEmpty());
    // It is not known, and the code need not come here: test ecx, ecx; je +8; …
    const Trail trail =
        follow("85 c9 74 0c 48 89 c3 e8 00 00 00 00 48 89 5d e0 c3 90", Returns::unknown);
    EXPECT_THAT(stores(trail), IsEmpty());
    EXPECT_FALSE(trail.is_complete);
}

TEST_F(FlowOf, AJumpOutOfTheFunctionHandsItOn) {
    // mov rdi, rax; jmp far away
    const Trail trail = follow("48 89 c7 e9 00 10 00 00");
    const auto calls = of_kind(trail, Use::Kind::passed);
    ASSERT_EQ(calls.size(), 1u);
    EXPECT_TRUE(calls[0].is_tail);
    EXPECT_TRUE(trail.is_complete);
}

TEST_F(FlowOf, AJumpThroughATableLeadsAnywhere) {
    EXPECT_FALSE(follow("ff e1").is_complete);  // jmp rcx
}

TEST_F(FlowOf, PushedAndPoppedItIsTheSame) {
    // push rax; pop rbx; mov [rbp-8], rbx; ret
    EXPECT_THAT(stores(follow("50 5b 48 89 5d f8 c3")), ElementsAre("rbp+-8"));
    // push rax; push rcx; pop rax; pop rdx; mov [rbp-8], rdx
    EXPECT_THAT(stores(follow("50 51 58 5a 48 89 55 f8 c3")), ElementsAre("rbp+-8"));
}

TEST_F(FlowOf, TheElementsOfAnArrayMayBeginOneWordLater) {
    // mov qword [rax], 3; lea rbx, [rax+8]; mov [rbp-8], rbx; ret
    const Trail trail = follow("48 c7 00 03 00 00 00 48 8d 58 08 48 89 5d f8 c3");
    const auto uses = of_kind(trail, Use::Kind::stored);
    ASSERT_EQ(uses.size(), 1u);
    EXPECT_EQ(trail.values[uses[0].value].offset, 8);
    EXPECT_EQ(uses[0].behind, 1u << kRbx);
}

TEST_F(FlowOf, ThreadLocalPlacesAreNoOthers) {
    // mov fs:[0x10], rax; ret
    EXPECT_THAT(stores(follow("64 48 89 04 25 10 00 00 00 c3")), IsEmpty());
}

// What the code before the call, which ends after so many bytes, has left in registers.
TEST_F(FlowOf, AnObjectLoadedBeforeTheCallIsKnown) {
    // mov r14, [rip+0x100]; call; mov [r14+8], rax; ret
    const std::string after = "e8 00 00 00 00 49 89 46 08 c3";
    const Trail trail = follow("4c 8b 35 00 01 00 00 " + after, Returns::yes, 12);
    ASSERT_THAT(stores(trail), ElementsAre("loaded+8"));
    const Value& object = trail.values[of_kind(trail, Use::Kind::stored)[0].base];
    EXPECT_EQ(object.displacement, static_cast<std::int64_t>(kStart + 7 + 0x100));
    // The same, but a call or a jump comes between, or somebody jumps there.
    for (const std::string between : {"e8 00 00 00 00 ", "74 00 ", "eb 00 "}) {
        const std::uint64_t length = bytes_of(between).size();
        EXPECT_THAT(
            stores(follow("4c 8b 35 00 01 00 00 " + between + after, Returns::yes, 12 + length)),
            ElementsAre("r14+8"))
            << between;
    }
    // xor ecx, ecx after the load; je back to it behind the end.
    EXPECT_THAT(stores(follow("4c 8b 35 00 01 00 00 31 c9 " + after + " 74 f2", Returns::yes, 14)),
                ElementsAre("r14+8"));
}

TEST_F(FlowOf, ARegisterThatIsOverwrittenBeforeTheCallIsNotWhatItWas) {
    // mov r14, rbx; mov rbx, [rip+0x100]; call; mov [r14+8], rax; ret
    EXPECT_THAT(stores(follow("49 89 de 48 8b 1d 00 01 00 00 e8 00 00 00 00 49 89 46 08 c3",
                              Returns::yes, 15)),
                ElementsAre("r14+8"));
}

TEST(Stubs, AreFollowedToTheirWord) {
    const auto at = [](const std::string& hex) {
        const auto bytes = bytes_of(hex);
        return word_of_stub({bytes, kStart}, kStart);
    };
    EXPECT_EQ(at("ff 25 00 01 00 00"), 0x1106u);                 // jmp [rip+0x100]
    EXPECT_EQ(at("f3 0f 1e fa f2 ff 25 00 01 00 00"), 0x110bu);  // endbr64; bnd jmp
    EXPECT_EQ(at("55 48 89 e5 c3"), 0u);                         // a function
    EXPECT_EQ(at("ff e0"), 0u);                                  // jmp rax
    EXPECT_EQ(at(""), 0u);
}

TEST(Calls, AreFoundByWhereTheyReturnTo) {
    const auto before = [](const std::string& hex) {
        const auto bytes = bytes_of(hex);
        return call_before({bytes, kStart}, kStart + bytes.size());
    };
    EXPECT_EQ(before("90 e8 10 00 00 00")->target, kStart + 6 + 16);
    EXPECT_EQ(word_of(*before("ff 15 00 01 00 00")), 0x1106u);
    EXPECT_FALSE(before("90 90 90 ff d0"));  // call rax
    EXPECT_FALSE(before("90 90 90 90 90 90"));
    EXPECT_FALSE(before("e8"));
}

TEST(Code, ThatIsNoneEndsTheWalk) {
    std::mt19937 random(20261128);  // NOLINT: the same in each run
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::byte> bytes(random() % 400);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
        Following what;
        what.code = {bytes, kStart};
        what.start = kStart + random() % 3;
        const Trail trail = follow(what);
        ASSERT_LE(trail.uses.size(), 2 * what.most_steps);
        for (const Use& use : trail.uses) {
            ASSERT_LT(use.base, trail.values.size());
            ASSERT_LT(use.value, trail.values.size());
        }
    }
}

// Each step doubles the ways: je over the next instruction, a hundred times.
TEST(Code, WithWaysWithoutEndIsNotFollowedToTheEnd) {
    std::string hex;
    for (int i = 0; i < 1000; ++i) hex += "85 c9 74 00 ";
    const auto bytes = bytes_of(hex);
    Following what;
    what.code = {bytes, kStart};
    what.start = kStart;
    const Trail trail = follow(what);
    EXPECT_FALSE(trail.is_complete);
    EXPECT_LE(trail.uses.size(), 2 * what.most_steps);
}

}  // namespace
}  // namespace mt::core::code::test
