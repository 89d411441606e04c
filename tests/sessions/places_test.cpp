// SPDX-License-Identifier: MIT
//
// Where the user has told a debugger to look for files, as both adapters tell it to the core; a
// core in the place of ours prints it (asking_core.cpp). What becomes of it is closed_test.cpp's
// business.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PlacesToLook : public InDebugger {
  protected:
    void SetUp() override {
        stage_ = work_ / "stage";
        for (const char* folder : {"share/memtrace/gdb", "lib/memtrace"}) {
            fs::create_directories(stage_ / folder);
            fs::copy(kStage / folder, stage_ / folder, fs::copy_options::recursive);
        }
        fs::copy_file(MEMTRACE_ASKING_CORE, stage_ / "lib/memtrace/libmemtrace_core.so",
                      fs::copy_options::overwrite_existing);
    }
};

TEST_P(PlacesToLook, AreTheDebuggersOwnWhereNothingIsSet) {
    EXPECT_THAT(said("mt places\n"), HasSubstr(is_gdb() ? "sysroot: target:\nfiles: \ndebug files: "
                                                          "/usr/lib/debug\n"
                                                        : "sysroot: \nfiles: \ndebug files: "
                                                          "/usr/lib/debug\n"));
}

TEST_P(PlacesToLook, AreWhatTheUserHasSet) {
    const std::string set = is_gdb()
                                ? "set sysroot /my/root\nset solib-search-path /a:/b c\n"
                                  "set debug-file-directory /d:/e\nmt places\n"
                                : "platform select host --sysroot /my/root\n"
                                  "settings set target.exec-search-paths /a \"/b c\"\n"
                                  "settings set target.debug-file-search-paths /d /e\nmt places\n";
    EXPECT_THAT(said(set), HasSubstr("sysroot: /my/root\nfiles: /a:/b c\ndebug files: /d:/e" +
                                     std::string(is_gdb() ? "\n" : ":/usr/lib/debug\n")));
}

INSTANTIATE_TEST_SUITE_P(In, PlacesToLook, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
