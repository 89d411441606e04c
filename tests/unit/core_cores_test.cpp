// SPDX-License-Identifier: MIT
//
// Commands on a core file: its memory is read without the debugger, where that is proven to be
// the memory that the debugger shows, and what is said is the same either way.
#include <gmock/gmock.h>

#include "core_report_fixture.h"
#include "support/test_folder.h"
#include "support/written_core.h"

namespace mt::test {
namespace {

class CoreOnDisk : public Report {
  protected:
    CoreOnDisk() {
        builder.allocate(first, 100);
        builder.allocate(second, 3000);
        builder.allocate(other, 7);
        build();
        debugger.kind = MTC_TARGET_CORE;
        debugger.core = folder_ / "core";
        core_of(debugger.memory).write(debugger.core);
    }

    static WrittenCore core_of(FakeMemory memory) {
        WrittenCore core;
        for (const std::uint64_t page : memory.pages()) {
            const auto bytes = memory.get<std::array<char, FakeMemory::kPage>>(page);
            core.load(page, {bytes.data(), bytes.size()});
        }
        return core;
    }
    // What the debugger was asked for meanwhile.
    std::uint64_t bytes_asked_for(const std::string& command) {
        const std::uint64_t before = debugger.memory.bytes_read;
        session.text(command);
        return debugger.memory.bytes_read - before;
    }

    TestFolder folder_{"cores"};
};

TEST_F(CoreOnDisk, IsReadWithoutTheDebugger) {
    for (const char* command :
         {"status", "snapshot -n 0", "blocks -n 0 --json", "block 0x7f0000001010", "peak"}) {
        session.text("config direct on");
        const std::string direct = session.text(command);
        session.text("config direct off");
        EXPECT_EQ(session.text(command), direct);
    }
    const std::uint64_t all = bytes_asked_for("blocks -n 0");
    session.text("config direct on");
    EXPECT_LT(bytes_asked_for("blocks -n 0") * 2, all);
    EXPECT_EQ(json("status --json")["direct"], true);
}

TEST_F(CoreOnDisk, ThatIsNotTheDebuggersIsNotRead) {
    FakeMemory another = debugger.memory;
    another.change<abi::Header>(TableBuilder::kHeader, [](abi::Header& h) { h.cookie += 1; });
    another.change<abi::Root>(TableBuilder::kRoot, [](abi::Root& r) { r.cookie += 1; });
    TableBuilder::seal(another, TableBuilder::kHeader);
    core_of(another).write(debugger.core);
    EXPECT_EQ(json("status --json")["direct"], false);
    EXPECT_THAT(session.text("snapshot"), testing::HasSubstr("Total: size=3107 B, count=3"));
}

TEST_F(CoreOnDisk, LacksWhatItsFileLacks) {
    FakeMemory lacking = debugger.memory;
    lacking.unmap(TableBuilder::kState, FakeMemory::kPage);
    core_of(lacking).write(debugger.core);
    debugger.memory.zero_holes = true;
    std::string said;
    for (const char* direct : {"config direct on", "config direct off"}) {
        session.text(direct);
        const std::string error = session.error("snapshot");
        EXPECT_EQ(said.empty() ? error : said, error);
        said = error;
    }
}

// The program that runs next has memory elsewhere.
TEST_F(CoreOnDisk, IsForgottenWhenAProgramRuns) {
    WrittenCore other_core;
    other_core.load(0x10000, "of another program");
    other_core.write(debugger.core);
    session.error("status");
    debugger.kind = MTC_TARGET_NONE;
    session.text("break --peak 1G");
    debugger.kind = MTC_TARGET_LIVE;
    EXPECT_EQ(mtc_loaded(session.get()), MTC_OK) << mtc_error(session.get());
    EXPECT_FALSE(debugger.writes.empty());
}

}  // namespace
}  // namespace mt::test
