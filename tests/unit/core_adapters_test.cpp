// SPDX-License-Identifier: MIT
//
// What both adapters leave to the core: what a value of the program's means as an address, who is
// preloaded, where a call begins, whose registers are whose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "app/scopes/entry.h"
#include "support/fake_debugger.h"
#include "symbols/name.h"
#include "target/debugger.h"

namespace mt::test {
namespace {

struct Found {
    int status = MTC_OK;
    std::uint64_t start = 1;
};

class Values : public testing::Test {
  protected:
    Values() {
        builder_.allocate_at(block_, builder_.add_stack({0x555555554100}), 100);
        debugger_.memory = builder_.build();
    }

    Found block(const mtc_value& value) {
        Found found;
        std::uint64_t size = 0;
        found.status = mtc_block(session_.get(), &value, &found.start, &size);
        return found;
    }

    const std::uint64_t block_ = 0x7f0000001010;
    TableBuilder builder_;
    FakeDebugger debugger_;
    FakeSession session_{debugger_};
};

TEST_F(Values, MeanAnAddressIfTheyAreNumbersOrPlaces) {
    EXPECT_EQ(block({MTC_VALUE_NUMBER, 0, block_ + 3, 0, "char*"}).start, block_);
    EXPECT_EQ(block({MTC_VALUE_PLACE, 0, 0, block_, "char[100]"}).start, block_);
    EXPECT_EQ(block({MTC_VALUE_OTHER, 0, block_, block_, "Node"}).status, MTC_BAD_VALUE);
    EXPECT_STREQ(mtc_error(session_.get()), "its type is Node, neither a pointer nor a number");
    EXPECT_EQ(block({MTC_VALUE_OTHER, 0, 0, 0, nullptr}).status, MTC_BAD_VALUE);
    EXPECT_STREQ(mtc_error(session_.get()), "its type is unknown, neither a pointer nor a number");
}

TEST_F(Values, OfACopiedArrayAreAskedForAgain) {
    debugger_.expressions["buffer"] = {MTC_VALUE_PLACE, 0, 0, 0, "char[100]"};
    debugger_.expressions["&(buffer)"] = {MTC_VALUE_NUMBER, 0, block_ + 7, 0, "char (*)[100]"};
    EXPECT_THAT(session_.text("block buffer"), testing::HasSubstr("size=100 B, offset 7\n"));
    debugger_.expressions["copy"] = {MTC_VALUE_PLACE, 0, 0, 0, "char[100]"};
    EXPECT_EQ(session_.error("block copy"), "copy has no address: no such name");
}

std::string preloads(const char* list, const char* former, const char* library) {
    std::string text = "nothing was said";
    const auto add = [](void* sink, const char* said) { *static_cast<std::string*>(sink) = said; };
    EXPECT_EQ(mtc_preloads(list, former, library, add, &text), MTC_OK);
    return text;
}

TEST(Preloads, AreKeptBehindTheRuntime) {
    EXPECT_EQ(preloads(nullptr, nullptr, "/mt/libmemtrace.so"), "/mt/libmemtrace.so");
    EXPECT_EQ(preloads("a.so b.so::c.so ", nullptr, "m.so"), "m.so:a.so:b.so:c.so");
    EXPECT_EQ(preloads("a.so:m.so", nullptr, "m.so"), "m.so:a.so");
    EXPECT_EQ(preloads("old.so:a.so:old.so2", "old.so", "m.so"), "m.so:a.so:old.so2");
    EXPECT_EQ(preloads("m.so:a.so", "m.so", nullptr), "a.so");
    EXPECT_EQ(preloads("m.so", "m.so", nullptr), "");
}

TEST(Names, AreSimpleWithoutScopeArgumentsAndParameters) {
    for (const char* name : {"parse", "ns::parse", "ns::parse<int>(char const*)", "parse(int)",
                             "int ns::parse<a::b>(int)", "(anonymous namespace)::parse(int)",
                             "ns::(anonymous namespace)::parse"})
        EXPECT_EQ(core::simple_name(name), "parse") << name;
    EXPECT_EQ(core::simple_name("T::operator<(T const&)"), "operator<");
    EXPECT_EQ(core::simple_name(""), "");
}

TEST(Entry, IsTheFrameThatIsNotInlinedAndItsCaller) {
    using Frames = std::vector<core::Activation>;
    const Frames plain = {{0x10, 0x700, "", false}, {0x20, 0x710, "", false}};
    const auto entry = core::entry_of(plain, "parse");
    ASSERT_TRUE(entry);
    EXPECT_FALSE(entry->is_inlined);
    EXPECT_EQ(entry->frame, 0x710u);
    EXPECT_EQ(entry->return_pc, 0x20u);

    // Something else is inlined where it begins, and it is called by what is inlined elsewhere.
    const Frames around = {{0x10, 0x700, "ns::skip(int)", true},
                           {0x10, 0x700, "", false},
                           {0x20, 0x710, "caller()", true},
                           {0x21, 0x720, "", false}};
    const auto within = core::entry_of(around, "parse");
    ASSERT_TRUE(within);
    EXPECT_FALSE(within->is_inlined);
    EXPECT_EQ(within->frame, 0x720u);
    EXPECT_EQ(within->return_pc, 0x21u);

    const auto inlined = core::entry_of(around, "skip");
    ASSERT_TRUE(inlined);
    EXPECT_TRUE(inlined->is_inlined);
    EXPECT_FALSE(core::entry_of({plain.front()}, "main")) << "it never returns";
    EXPECT_FALSE(core::entry_of({}, "main"));
}

TEST(Registers, AreThoseOfTheirThread) {
    FakeDebugger fake;
    fake.registers = {{1, 71, "rbx", 5}, {1, 71, "xmm3[1]", 6}, {3, 0, "rbx", UINT64_MAX}};
    core::Debugger debugger(fake.callbacks());
    const auto threads = debugger.registers();
    ASSERT_TRUE(threads);
    ASSERT_EQ(threads->size(), 2u);
    EXPECT_EQ((*threads)[0].number, 1u);
    EXPECT_EQ((*threads)[0].tid, 71u);
    ASSERT_EQ((*threads)[0].registers.size(), 2u);
    EXPECT_EQ((*threads)[0].registers[1].name, "xmm3[1]");
    EXPECT_EQ((*threads)[0].registers[1].value, 6u);
    EXPECT_EQ((*threads)[1].number, 3u);
    ASSERT_EQ((*threads)[1].registers.size(), 1u);
    EXPECT_EQ((*threads)[1].registers[0].value, UINT64_MAX);
}

TEST(Registers, AreNoneWhereTheDebuggerCannotTell) {
    FakeDebugger fake;
    fake.registers = {{1, 71, "rbx", 5}};
    mtc_debugger callbacks = fake.callbacks();
    callbacks.registers = nullptr;
    EXPECT_TRUE(core::Debugger(callbacks).registers()->empty());
    callbacks.registers = [](void*, mtc_add_register, void*) { return int{MTC_ERROR}; };
    EXPECT_TRUE(core::Debugger(callbacks).registers()->empty());
}

TEST(Registers, AreNotKeptAfterCtrlC) {
    FakeDebugger fake;
    fake.registers = {{1, 71, "rbx", 5}};
    core::Debugger debugger(fake.callbacks());
    fake.registers_interrupt = true;
    EXPECT_EQ(debugger.registers().error().code, core::Code::interrupted);
    // GDB's adapter may have lost some to a Ctrl-C that it could not say.
    fake.registers_interrupt = false;
    fake.interrupt_after = 0;
    EXPECT_EQ(debugger.registers().error().code, core::Code::interrupted);
}

// Where its stack pointer is says which calls a thread has left.
TEST(Threads, ThatCannotBeReadEndNoCall) {
    TableBuilder builder;
    builder.allocate(builder.add_stack({0x555555554100}), 8);
    builder.add_thread("worker", 77);
    FakeDebugger debugger(builder.build());
    debugger.functions = {"parse"};
    debugger.system_ids = {77};
    debugger.thread = 77;
    FakeSession session(debugger);
    session.text("scope parse");
    ASSERT_EQ(debugger.points.size(), 1u);
    const mtc_activation frames[] = {{0x10, 0x700, nullptr, 0, 0}, {0x20, 0x710, nullptr, 0, 0}};
    const mtc_hit hit{debugger.points.begin()->first, 77, frames, 2, 0};
    mtc_stop stop{};
    const auto ignore = [](void*, const char*) {};
    ASSERT_EQ(mtc_reached(session.get(), &hit, ignore, nullptr, &stop), MTC_OK)
        << mtc_error(session.get());

    debugger.stack_pointers = {0};
    EXPECT_THAT(session.text("scope parse"), testing::HasSubstr("0 calls, 1 open\n"));
    debugger.stack_pointers = {0x800};
    EXPECT_THAT(session.text("scope parse"), testing::HasSubstr("left without a return\n"));
}

}  // namespace
}  // namespace mt::test
