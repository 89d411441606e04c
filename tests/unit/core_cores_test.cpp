// SPDX-License-Identifier: MIT
//
// Commands on a core file.
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

    TestFolder folder_{"cores"};
};

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
