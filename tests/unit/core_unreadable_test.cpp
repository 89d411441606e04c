// SPDX-License-Identifier: MIT
//
// Tables that cannot be read: every verb that looks at one says why in one line, live and
// in a core. mt scope once said "no scopes" of a table whose checksum was wrong. The verbs
// come from the table of verbs: a new one is held to it by itself.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "command/verbs.h"
#include "core_report_fixture.h"

namespace mt::test {
namespace {

using ::testing::HasSubstr;

// About the session, what it has kept, or the allocator: no table is read for them.
constexpr std::string_view kOfTheSession[] = {"list",   "drop",   "config", "preload",   "help",
                                              "load",   "save",   "heap",   "traceback", "export",
                                              "report", "attach", "stats",  "detach"};

struct Damage {
    const char* name;
    std::function<void(FakeMemory&)> make;
    const char* says;
};

template <typename T, typename Change>
std::function<void(FakeMemory&)> change(std::uint64_t address, bool sealed, Change change) {
    return [=](FakeMemory& memory) {
        memory.change<T>(address, change);
        if (sealed) TableBuilder::seal(memory, TableBuilder::kHeader);
    };
}

std::vector<Damage> damages() {
    using abi::Header, abi::Root, abi::State;
    constexpr auto kRoot = TableBuilder::kRoot, kHeader = TableBuilder::kHeader;
    constexpr auto kState = TableBuilder::kState;
    return {
        {"checksum", change<Header>(kHeader, false, [](Header& h) { h.checksum = 1; }),
         "the checksum of its header"},
        {"other format", change<Root>(kRoot, false, [](Root& r) { r.major = 7; }),
         "writes table format 7."},
        {"other format of the header",
         change<Header>(kHeader, true, [](Header& h) { h.major = 7; }), "writes table format 7."},
        {"byte order", change<Header>(kHeader, true, [](Header& h) { h.byte_order = 0x04030201; }),
         "another byte order"},
        {"root's magic", change<Root>(kRoot, false, [](Root& r) { r.magic[3] ^= 1; }),
         "its magic number is wrong"},
        {"header's magic", change<Header>(kHeader, true, [](Header& h) { h.magic[3] ^= 1; }),
         "its magic number is wrong"},
        {"header elsewhere", change<Root>(kRoot, false, [](Root& r) { r.header = 0x10; }),
         "the header at 0x10 is not in memory"},
        {"another process", change<Root>(kRoot, false, [](Root& r) { r.cookie ^= 1; }),
         "belongs to another root"},
        {"state", change<State>(kState, false, [](State& s) { s.self ^= 8; }), "no state where"},
        {"no state", change<Header>(kHeader, false, [](Header& h) { h.state = 0; }),
         "does not name its state"},
        {"request of zeros", change<Root>(kRoot, false, [](Root& r) { r.request = 0; }),
         "its request is of generation 0, its state of 1"},
        {"request off", change<Root>(kRoot, false, [](Root& r) { r.request &= ~abi::kRequestOn; }),
         "its request says that tracing is off"},
        {"request of long ago",
         change<Root>(kRoot, false, [](Root& r) { r.request ^= std::uint64_t{1} << 60; }),
         "its request is of generation"},
        {"sampling", change<State>(kState, false, [](State& s) { s.sample_bytes = 4096; }),
         "its state that it samples"},
    };
}

class Unreadable : public Report {
  protected:
    Unreadable() {
        builder.allocate(first, 100);
        builder.add_context().state = TableBuilder::kState;
        build();
    }

    // What the line says after the damage, in a session that has a snapshot from before.
    std::string error_of(const std::string& line, bool has_snapshot, const Damage& damage,
                         mtc_target_kind kind) {
        debugger.memory = builder.build();
        debugger.kind = MTC_TARGET_LIVE;
        FakeSession own(debugger);
        if (has_snapshot) own.text("snapshot before --blocks");
        debugger.kind = kind;
        damage.make(debugger.memory);
        return own.error(line);
    }

    void expect_refused(const std::string& line, bool has_snapshot) {
        for (const Damage& damage : damages()) {
            EXPECT_THAT(error_of(line, has_snapshot, damage, MTC_TARGET_LIVE),
                        HasSubstr(damage.says))
                << line << ": " << damage.name;
            const std::string of_core = error_of(line, has_snapshot, damage, MTC_TARGET_CORE);
            if (of_core.find("cannot be changed") == std::string::npos) {
                EXPECT_THAT(of_core, HasSubstr(damage.says)) << line << ": " << damage.name;
            }
        }
    }
};

TEST_F(Unreadable, EachVerbSaysWhyInOneLine) {
    for (const core::Verb& verb : core::verbs()) {
        if (std::find(std::begin(kOfTheSession), std::end(kOfTheSession), verb.name) !=
            std::end(kOfTheSession))
            continue;
        // An example names what it makes "before": it must not be there yet.
        const bool makes = verb.name == "snapshot" || verb.name == "mark";
        expect_refused(std::string(verb.example.substr(3)), !makes);
    }
}

TEST_F(Unreadable, SoDoTheirOtherForms) {
    for (const char* line :
         {"status", "snapshot --blocks", "snapshot --by thread", "peak --reset", "scope",
          "scope list", "scope --json", "scope work", "scope begin", "blocks",
          "blocks --neighbours 0x1000", "blocks --json", "block 0x1000", "block --json 0x1000",
          "diff before", "break --free 0x1000", "break --thread 1", "start", "mark"})
        expect_refused(line, true);
    for (const char* line :
         {"report no.html --peak", "report no.html --leaks", "report no.html --diff before"})
        expect_refused(line, true);
    // Without a snapshot it is about the process.
    expect_refused("report no.html", false);
}

TEST_F(Unreadable, ScopesThatTheTableHasLost) {
    const auto refused = [&](const char* says, auto damage) {
        debugger.memory = builder.build();
        debugger.memory.change<abi::Header>(TableBuilder::kHeader, damage);
        EXPECT_THAT(session.error("scope"), HasSubstr(says));
        EXPECT_THAT(session.error("scope work"), HasSubstr(says));
    };
    refused("the names of 2 scopes are nowhere",
            [](abi::Header& h) { h.scope_name_count = 2, h.scope_logs = 0x7fff00000000; });
    refused("scopes of a thread at 0x4141414141414000", [](abi::Header& h) {
        h.scope_names = TableBuilder::kState;
        h.scope_logs = 0x4141414141414000;
    });
    builder.build();
}

// A start that no event has followed is no damage.
TEST_F(Unreadable, NoTracesYetIsSaid) {
    builder.root.request = abi::make_request(abi::kRequestOn, 32, 2);
    build();
    EXPECT_EQ(session.text("snapshot"), "Total: size=0 B, count=0\n");
    debugger.kind = MTC_TARGET_CORE;
    EXPECT_THAT(session.text("snapshot"),
                HasSubstr("Total: size=0 B, count=0\nremark: no event has been recorded since the "
                          "start or clear: there are no traces yet\n"));
    builder.root.header = 0;
    debugger.memory.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& r) { r.header = 0; });
    EXPECT_THAT(session.text("snapshot"), HasSubstr("there are no traces yet\n"));
}

}  // namespace
}  // namespace mt::test
