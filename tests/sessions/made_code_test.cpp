// SPDX-License-Identifier: MIT
//
// Code that a program made at run time is named by its perf map, live and on a core.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <regex>

#include "in_debugger.h"

namespace mt::sessions {
namespace {

using testing::HasSubstr;
using testing::Not;

class MadeCode : public InDebugger {
  protected:
    ~MadeCode() override {
        for (const std::string& map : maps_) unlink(map.c_str());
    }

    // Where the program has allocated.
    std::string live() {
        const std::string stop =
            is_gdb() ? "break made_done\n" : "breakpoint set --name made_done\n";
        return noted(said("mt preload\nmt start\n" + stop + "run\n" + kReports, {program_}));
    }
    // GDB writes it for both.
    void make_core() {
        std::ofstream(work_ / "make")
            << "set confirm off\nset debuginfod enabled off\nsource "
            << (kStage / "share/memtrace/gdb/memtrace.py").string()
            << "\nmt preload\nmt start\nbreak made_done\nrun\ngcore " << core_ << '\n';
        noted(run_program(debugger_program(Debugger::gdb),
                          {"-nx", "-batch", "-x", "make", program_}, work_,
                          std::chrono::seconds(120))
                  .output);
    }
    std::string on_core() const {
        return said((is_gdb() ? "file " + program_ + "\ncore-file " + core_
                              : "target create " + program_ + " --core " + core_) +
                    "\n" + kReports);
    }

    std::vector<std::string> maps_;

  private:
    std::string noted(std::string text) {
        std::smatch found;
        const std::regex name("/tmp/perf-[0-9]+\\.map");
        if (std::regex_search(text, found, name)) maps_.push_back(found.str());
        return text;
    }

    static constexpr const char* kReports = "mt snapshot\nmt traceback 1\nmt stats --by function\n";
    const std::string program_ = (kPrograms / "made_code").string();
    const std::string core_ = work_ / "core";
};

TEST_P(MadeCode, IsNamedByItsMap) {
    const std::string first = live();
    make_core();
    ASSERT_EQ(maps_.size(), 2u) << first;
    for (const std::string& text : {first, on_core()}) {
        EXPECT_THAT(text, HasSubstr("?(LazyCompile:~outer made.js:1)"));
        EXPECT_THAT(text, HasSubstr("?(LazyCompile:*inner made.js:2)"));
    }
}

TEST_P(MadeCode, AMapThatIsNewerThanTheCoreIsIgnored) {
    make_core();
    ASSERT_EQ(maps_.size(), 1u);
    const timespec times[2] = {{0, UTIME_OMIT}, {time(nullptr) + 100, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, maps_[0].c_str(), times, 0), 0);
    const std::string text = on_core();
    EXPECT_THAT(text, HasSubstr("allocate"));
    EXPECT_THAT(text, HasSubstr("<unknown>"));
    EXPECT_THAT(text, Not(HasSubstr("LazyCompile")));
}

INSTANTIATE_TEST_SUITE_P(In, MadeCode, testing::Values(Debugger::gdb, Debugger::lldb), name_of);

}  // namespace
}  // namespace mt::sessions
