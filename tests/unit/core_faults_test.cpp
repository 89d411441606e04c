// SPDX-License-Identifier: MIT
//
// What the core meets inside a debugger, at every point where it can: an answer that
// fails, throws, is short or is an interrupt; and no memory. Each command then ends with
// one line, and the session is as it was before.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <stdexcept>
#include <tuple>

#include "capi/reserve.h"
#include "core_save_tables.h"
#include "support/fake_debugger.h"

namespace mt::test {
namespace {

// Allocations of this thread until they fail; negative: none does.
thread_local long g_until_failure = -1;
thread_local bool g_failed = false;
thread_local bool g_all_later = false;  // or this one only

void* failing_allocate(std::size_t size) {
    if (g_until_failure == 0) {
        g_failed = true;
        if (!g_all_later) g_until_failure = -1;
        return nullptr;
    }
    if (g_until_failure > 0) --g_until_failure;
    return std::malloc(size);
}

const bool g_is_failing = (core::g_allocate = failing_allocate) != nullptr;

enum class Fault { fails, throws, is_short, is_interrupted };

// Passes each of the core's questions on, but for the n-th.
struct Faulty {
    explicit Faulty(FakeMemory memory) : fake(std::move(memory)), inner(fake.callbacks()) {}

    // True: this one goes wrong.
    bool strikes() {
        if (left == UINT64_MAX) return false;
        // Once: from then on all is well.
        if (left != 0) return --left, false;
        left = UINT64_MAX;
        return true;
    }

    mtc_debugger callbacks() {
        mtc_debugger out = inner;
        out.user = this;
        out.read = [](void* user, std::uint64_t address, void* buffer, std::uint64_t size,
                      std::uint64_t* got) {
            Faulty& self = *static_cast<Faulty*>(user);
            const bool now = self.strikes();
            if (now && self.fault == Fault::is_short) size /= 2;
            const int status = self.inner.read(self.inner.user, address, buffer, size, got);
            return now ? self.wrong(status) : status;
        };
        out.find_symbol = [](void* user, const char* name, std::uint64_t* address) {
            Faulty& self = *static_cast<Faulty*>(user);
            if (self.strikes()) return self.wrong(MTC_OK);
            return self.inner.find_symbol(self.inner.user, name, address);
        };
        out.symbolise = [](void* user, std::uint64_t pc, mtc_add_frame add, void* sink) {
            Faulty& self = *static_cast<Faulty*>(user);
            if (self.strikes()) return self.wrong(MTC_OK);
            return self.inner.symbolise(self.inner.user, pc, add, sink);
        };
        out.target = [](void* user, mtc_target* target) {
            Faulty& self = *static_cast<Faulty*>(user);
            if (self.strikes()) return self.wrong(MTC_OK);
            return self.inner.target(self.inner.user, target);
        };
        out.regions = [](void* user, mtc_add_region add, void* sink) {
            Faulty& self = *static_cast<Faulty*>(user);
            if (self.strikes()) return self.wrong(MTC_OK);
            return self.inner.regions(self.inner.user, add, sink);
        };
        out.source_line = [](void* user, const char* file, std::uint32_t line, mtc_add_text add,
                             void* sink) {
            Faulty& self = *static_cast<Faulty*>(user);
            if (self.strikes()) return self.wrong(MTC_ERROR);
            return self.inner.source_line(self.inner.user, file, line, add, sink);
        };
        out.print = [](void* user, const char* text, std::uint64_t length) {
            Faulty& self = *static_cast<Faulty*>(user);
            self.inner.print(self.inner.user, text, length);
        };
        out.interrupted = [](void*) { return 0; };
        out.write = [](void* user, std::uint64_t address, const void* bytes, std::uint64_t size) {
            Faulty& self = *static_cast<Faulty*>(user);
            return self.inner.write(self.inner.user, address, bytes, size);
        };
        out.evaluate = nullptr;
        out.threads = nullptr;
        return out;
    }

    int wrong(int status) const {
        if (fault == Fault::throws) throw std::runtime_error("an answer");
        if (fault == Fault::is_interrupted) return MTC_INTERRUPTED;
        return fault == Fault::is_short ? status : MTC_ERROR;
    }

    FakeDebugger fake;
    mtc_debugger inner;
    Fault fault = Fault::fails;
    std::uint64_t left = UINT64_MAX;
};

FakeMemory small_table() {
    TableBuilder builder;
    const auto small = builder.add_stack({0x555555554100, 0x555555554200});
    const auto large = builder.add_stack({0x555555554300});
    for (int i = 0; i < 20; ++i) builder.allocate(i % 3 == 0 ? small : large, 40);
    builder.add_thread("worker", 77);
    return builder.build();
}

// With lists that take much more than the core keeps back.
FakeMemory large_table() {
    TableBuilder builder;
    for (std::uint64_t i = 0; i < 1500; ++i) {
        const auto stack = builder.add_stack({0x555555554000 + i * 16, 0x555555574000 + i * 16});
        builder.allocate(stack, 40 + i);
        builder.add_thread("worker-" + std::to_string(i), static_cast<std::uint32_t>(100 + i));
    }
    return builder.build();
}

class Session {
  public:
    explicit Session(FakeMemory memory = small_table())
        : debugger(std::move(memory)), callbacks_(debugger.callbacks()) {
        debugger.fake.frames[0x555555554100] = {{"/src/a.c", 3, "f"}};
        session_ = mtc_open(&callbacks_, "/nowhere");
        EXPECT_EQ(run("snapshot before --blocks"), MTC_OK) << mtc_error(session_);
        EXPECT_EQ(run(in_folder("save DIR/saved before")), MTC_OK) << mtc_error(session_);
    }
    ~Session() { mtc_close(session_); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    int run(const std::string& line) {
        debugger.fake.printed.clear();
        return mtc_run(session_, line.c_str());
    }
    std::string error() const { return mtc_error(session_); }
    std::string in_folder(std::string line) const {
        const auto at = line.find("DIR");
        return at == std::string::npos ? line : line.replace(at, 3, folder_.path().string());
    }
    // What it knows, as far as its commands tell.
    std::string state() {
        std::string all;
        for (const char* line : {"list", "traceback 1", "blocks before", "scope", "break"})
            all += run(line) == MTC_OK ? debugger.fake.printed : error();
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            all += entry.path().filename().string() + '\n';
        return all;
    }

    Faulty debugger;

  private:
    core::test::TestFolder folder_;
    mtc_debugger callbacks_;
    mtc_session* session_ = nullptr;
};

const std::vector<std::string> kLines = {"status --json",
                                         "snapshot",
                                         "snapshot --blocks --by traceback --json",
                                         "stats before --source",
                                         "peak --json",
                                         "diff before",
                                         "blocks --json",
                                         "block 0x555555800010",
                                         "traceback 1",
                                         "save DIR/new before",
                                         "load DIR/saved",
                                         "export csv DIR/new before",
                                         "export json DIR/new before",
                                         "scope",
                                         "config"};

void expect_one_line(const std::string& error) {
    EXPECT_FALSE(error.empty());
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

// As a test's name has them.
std::string name_of(Fault fault) {
    constexpr std::array kNames = {"Fail", "Throw", "AreShort", "AreInterrupts"};
    return kNames[static_cast<std::size_t>(fault)];
}

std::string name_of(const std::tuple<std::string, bool>& parameters) {
    std::string name = std::get<0>(parameters);
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return name + (std::get<1>(parameters) ? "_from_there_on" : "_once");
}

void PrintTo(Fault fault, std::ostream* out) { *out << name_of(fault); }

class Answers : public testing::TestWithParam<Fault> {};

// A short or missing answer may leave a report that says what is missing: then it was
// made, and the session knows it.
TEST_P(Answers, ThatGoWrongAnywhereEndOneCommand) {
    for (const std::string& line : kLines) {
        for (std::uint64_t n = 0;; ++n) {
            Session session;
            const std::string before = session.state();
            session.debugger.fault = GetParam();
            session.debugger.left = n;
            const int status = session.run(session.in_folder(line));
            const bool struck = session.debugger.left == UINT64_MAX;
            session.debugger.left = UINT64_MAX;
            ASSERT_TRUE(status == MTC_OK || status == MTC_ERROR || status == MTC_INTERRUPTED);
            if (!struck) {
                EXPECT_EQ(status, MTC_OK) << line << ": " << session.error();
                break;
            }
            EXPECT_FALSE(GetParam() == Fault::is_interrupted && status == MTC_ERROR) << line;
            if (status == MTC_OK) continue;
            expect_one_line(session.error());
            EXPECT_EQ(session.state(), before) << line << ", question " << n;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Answers,
                         testing::Values(Fault::fails, Fault::throws, Fault::is_short,
                                         Fault::is_interrupted),
                         [](const auto& one) { return name_of(one.param); });

class NoMemory : public testing::TestWithParam<std::tuple<std::string, bool>> {};

TEST_P(NoMemory, AtAnyAllocationEndsOneCommand) {
    const auto& [line, all_later] = GetParam();
    ASSERT_TRUE(g_is_failing);
    long n = 0, failures = 0;
    // Each of the first ones, then fewer and fewer.
    for (bool failed = true; failed; n += 1 + n / 12) {
        Session session;
        const std::string before = session.state();
        const std::string whole = session.in_folder(line);
        g_failed = false;
        g_all_later = all_later;
        g_until_failure = n;
        const int status = session.run(whole);
        g_until_failure = -1;
        failed = g_failed;
        EXPECT_TRUE(failed || status == MTC_OK) << session.error();
        // The reserve, or less, was enough.
        if (status == MTC_OK) continue;
        ++failures;
        ASSERT_EQ(status, MTC_ERROR) << n;
        ASSERT_EQ(session.error(), "memtrace ran out of memory inside the debugger") << n;
        ASSERT_EQ(session.state(), before) << "allocation " << n;
    }
    EXPECT_GT(n, 3);
    const bool is_large = std::string(line).find("--blocks") != std::string::npos;
    EXPECT_TRUE(!is_large || !all_later || failures > 0);
}

INSTANTIATE_TEST_SUITE_P(Each, NoMemory,
                         testing::Combine(testing::ValuesIn(kLines), testing::Bool()),
                         [](const auto& one) { return name_of(one.param); });

// A destructor that finds no memory, not even what is kept back, ends the debugger. So work
// stops soon after it has begun to live on that, and most of it is left.
TEST(NoMemory, LongWorkEndsWhileThereIsEnoughToEndIt) {
    const FakeMemory table = large_table();
    std::size_t failures = 0;
    for (const char* line : {"snapshot --blocks --by traceback --json", "stats before --json -n 0",
                             "blocks --json -n 0", "save DIR/new before",
                             "export json DIR/new before", "load DIR/saved"}) {
        long n = 0;
        for (bool failed = true; failed; n += 1 + n / 2) {
            Session session(table);
            const std::string whole = session.in_folder(line);
            core::take_most_used();
            g_failed = false;
            g_all_later = true;
            g_until_failure = n;
            const int status = session.run(whole);
            g_until_failure = -1;
            failed = g_failed;
            const auto [work, unwinding] = core::take_most_used();
            // A file's JSON is read in one go, which does not ask.
            const bool reads_json = std::string(line).rfind("load", 0) == 0;
            EXPECT_TRUE(work < 128u * 1024 || reads_json) << line << ", allocation " << n;
            EXPECT_LT(unwinding, 256u * 1024) << line << ", allocation " << n;
            if (status == MTC_OK) continue;
            ++failures;
            ASSERT_EQ(session.error(), "memtrace ran out of memory inside the debugger") << line;
        }
    }
    EXPECT_GT(failures, 30u);
}

// As a static of the core does, or a snapshot that was taken then.
TEST(NoMemory, WhatIsKeptOfTheReserveLeavesTheRestToTheNextCommand) {
    g_all_later = true;
    g_until_failure = 0;
    void* const kept = operator new(16);
    std::size_t had = 0;
    try {
        // Of each size that work asks for, together more than there is.
        for (; had < 2000; ++had) operator delete(operator new(1 + had % 512 * 16));
    } catch (const std::bad_alloc&) {
    }
    operator delete(kept);
    g_until_failure = -1;
    EXPECT_EQ(had, 2000u);
}

TEST(NoMemory, TheNextCommandHasAllOfIt) {
    Session session;
    g_all_later = true;
    g_until_failure = 0;
    EXPECT_EQ(session.run("snapshot --blocks --by traceback --json"), MTC_ERROR);
    g_until_failure = -1;
    EXPECT_EQ(session.run("snapshot --blocks --by traceback --json"), MTC_OK) << session.error();
}

TEST(NoMemory, ASessionThatCannotBeOpenedIsNone) {
    Faulty debugger(small_table());
    const mtc_debugger callbacks = debugger.callbacks();
    g_all_later = true;
    g_until_failure = 0;
    mtc_session* const session = mtc_open(&callbacks, "/nowhere");
    g_until_failure = -1;
    // It may be small enough for the reserve.
    mtc_close(session);
}

}  // namespace
}  // namespace mt::test
