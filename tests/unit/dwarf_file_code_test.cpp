// SPDX-License-Identifier: MIT
//
// This executable's own debug information: functions of every kind with their lines, inlined
// calls, and files that have none.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dwarf/address_map.h"
#include "dwarf/empty_dwarf.h"
#include "dwarf/file_code.h"
#include "dwarf/module_file.h"
#include "support/test_folder.h"

namespace mt::core::test {

// Functions that other files cannot call have no mangled name in debug information.
struct Shape {
    virtual ~Shape() = default;
    std::uint64_t method(std::uint32_t& line) const;
};

namespace {

using ::testing::ElementsAre;

struct Place {
    std::uint64_t pc = 0;
    std::uint32_t line = 0;
};

__attribute__((noinline)) std::uint64_t caller() {
    return reinterpret_cast<std::uint64_t>(__builtin_return_address(0));
}

__attribute__((noinline)) Place plain() { return {caller(), __LINE__}; }

__attribute__((always_inline)) inline Place inlined() { return {caller(), __LINE__}; }
__attribute__((always_inline)) inline Place inlined_twice() { return inlined(); }
constexpr std::uint32_t kTwiceLine = __LINE__ - 1;
__attribute__((noinline)) Place with_inlined() { return inlined_twice(); }
constexpr std::uint32_t kWithLine = __LINE__ - 1;

__attribute__((noinline)) Place nested() {
    struct Local {
        __attribute__((noinline)) static Place run() {
            const auto lambda = []() -> Place { return {caller(), __LINE__}; };
            return lambda();
        }
    };
    return Local::run();
}

}  // namespace

__attribute__((noinline)) std::uint64_t Shape::method(std::uint32_t& line) const {
    line = __LINE__ + 1;
    return caller();
}

namespace {

class OwnCode : public ::testing::Test {
  protected:
    void SetUp() override {
        Dl_info info{};
        ASSERT_NE(dladdr(reinterpret_cast<void*>(&plain), &info), 0);
        bias = reinterpret_cast<std::uint64_t>(info.dli_fbase);
        file = ModuleFile::open("/proc/self/exe");
        ASSERT_NE(file, nullptr);
        code.emplace(file);
    }
    // "function:line" of each frame, innermost first.
    std::vector<std::string> frames(std::uint64_t pc) {
        std::vector<std::string> found;
        const auto all = code->frames(pc - 1 - bias);
        for (const RawFrame& frame : *all) {
            EXPECT_THAT(frame.file, ::testing::EndsWith("dwarf_file_code_test.cpp"));
            found.push_back(frame.function + ":" + std::to_string(frame.line));
        }
        return found;
    }
    static std::string at(const std::string& function, std::uint32_t line) {
        return function + ":" + std::to_string(line);
    }

    std::uint64_t bias = 0;
    std::shared_ptr<ModuleFile> file;
    std::optional<FileCode> code;
};

TEST_F(OwnCode, AFunctionHasItsLineAndItsMangledName) {
    const Place place = plain();
    EXPECT_THAT(frames(place.pc), ElementsAre(at("plain", place.line)));
    Place method;
    method.pc = Shape().method(method.line);
    ASSERT_THAT(frames(method.pc), ElementsAre(at("method", method.line)));
    EXPECT_EQ(code->frames(method.pc - 1 - bias)->front().linkage,
              "_ZNK2mt4core4test5Shape6methodERj");
}

TEST_F(OwnCode, InlinedCallsAreFramesAtTheirCallers) {
    const Place place = with_inlined();
    EXPECT_THAT(frames(place.pc),
                ElementsAre(at("inlined", place.line), at("inlined_twice", kTwiceLine),
                            at("with_inlined", kWithLine)));
}

TEST_F(OwnCode, WhatEnclosesALambdaIsNoCallerOfIt) {
    const Place place = nested();
    EXPECT_THAT(frames(place.pc), ElementsAre(at("operator()", place.line)));
}

TEST_F(OwnCode, AddressesOfNoCodeHaveNoFrames) {
    EXPECT_THAT(*code->frames(0), ElementsAre());
    EXPECT_THAT(*code->frames(~std::uint64_t{0}), ElementsAre());
}

TEST_F(OwnCode, ItsUnitIsFoundOnce) {
    const std::uint64_t address = plain().pc - 1 - bias;
    const auto unit = code->units().at(address);
    ASSERT_TRUE(unit.has_value());
    EXPECT_THAT(dwarf_diename(&code->units().entry(*unit)),
                ::testing::EndsWith("dwarf_file_code_test.cpp"));
    EXPECT_EQ(code->functions(*unit), code->functions(*unit));
}

TEST(ModuleFile, OneWithoutDebugInformationSaysSo) {
    const mt::test::TestFolder folder("dwarf");
    const std::string bare = folder / "bare";
    const std::string own = std::filesystem::read_symlink("/proc/self/exe");
    ASSERT_EQ(std::system(("strip -o " + bare + " " + own).c_str()), 0);
    const auto file = ModuleFile::open(bare);
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(file->build_id(), ModuleFile::open("/proc/self/exe")->build_id());
    EXPECT_FALSE(file->has_debug_info());
    EXPECT_EQ(file->dwarf(), nullptr);
    EXPECT_EQ(file->trouble(), "no debug information");
    EXPECT_THAT(*FileCode(file).frames(0x1000), ElementsAre());
}

TEST(ModuleFile, WhatIsNoElfFileIsNone) {
    const mt::test::TestFolder folder("dwarf");
    std::ofstream(folder / "text") << "no ELF\n";
    for (const std::string& path :
         {folder / "text", folder / "missing", folder.path().string(), std::string("/dev/zero")})
        EXPECT_EQ(ModuleFile::open(path), nullptr) << path;
}

TEST(EmptyDwarf, HasNoUnits) {
    const EmptyDwarf empty;
    EXPECT_EQ(Units(empty.dwarf()).size(), 0u);
}

TEST(AddressMap, TheNarrowestRangeCounts) {
    AddressMap map;
    EXPECT_TRUE(map.add(200, 300, 2));
    EXPECT_TRUE(map.add(100, 1000, 1));
    EXPECT_TRUE(map.add(210, 220, 3));
    EXPECT_TRUE(map.add(400, 400, 4));
    map.sort();
    EXPECT_EQ(map.at(99), std::nullopt);
    EXPECT_EQ(map.at(100), 1u);
    EXPECT_EQ(map.at(200), 2u);
    EXPECT_EQ(map.at(219), 3u);
    EXPECT_EQ(map.at(220), 2u);
    EXPECT_EQ(map.at(400), 1u);
    EXPECT_EQ(map.at(1000), std::nullopt);
}

}  // namespace
}  // namespace mt::core::test
