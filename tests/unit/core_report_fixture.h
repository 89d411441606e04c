// SPDX-License-Identifier: MIT
//
// A small program in a table: main calls make at two places, make calls operator
// new. For tests of reports; allocates nothing by itself.
#ifndef MEMTRACE_TESTS_UNIT_CORE_REPORT_FIXTURE_H
#define MEMTRACE_TESTS_UNIT_CORE_REPORT_FIXTURE_H

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/fake_debugger.h"

namespace mt::test {

inline constexpr std::uint64_t kCode = TableBuilder::kModuleStart;

// main calls make at two places; make calls malloc.
class Report : public ::testing::Test {
  protected:
    Report() : session(debugger) {
        builder.add_module("/opt/memtrace/lib/libmemtrace.so", kRuntime, kRuntime + 0x10000);
        first = stack({kMake, kMain1});
        second = stack({kMake, kMain2});
        other = stack({kMain2});
        debugger.frames[kMake] = {{"/src/make.cpp", 7, "_Z4makei"}};
        debugger.frames[kMain1] = {{"/src/main.cpp", 12, "main"}};
        debugger.frames[kMain2] = {{"/src/main.cpp", 20, "main"}};
    }
    // A stack of the program with the runtime's malloc as innermost frame.
    std::uint32_t stack(const std::vector<std::uint64_t>& pcs) {
        std::vector<std::uint64_t> whole = {kCode + 0x10};
        whole.insert(whole.end(), pcs.begin(), pcs.end());
        debugger.frames[whole[0]] = {{"/usr/include/c++/12/bits/new.h", 1, "_Znwm"}};
        return builder.add_stack(whole);
    }
    void build() { debugger.memory = builder.build(); }
    nlohmann::json json(const std::string& line) {
        return nlohmann::json::parse(session.text(line));
    }

    static constexpr std::uint64_t kRuntime = 0x7ffff7f00000;
    static constexpr std::uint64_t kMake = kCode + 0x100;
    static constexpr std::uint64_t kMain1 = kCode + 0x200;
    static constexpr std::uint64_t kMain2 = kCode + 0x300;
    TableBuilder builder;
    FakeDebugger debugger;
    FakeSession session;
    std::uint32_t first, second, other;
};

}  // namespace mt::test

#endif
