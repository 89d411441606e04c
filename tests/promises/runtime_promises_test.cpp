// SPDX-License-Identifier: MIT
//
// What the runtime promises as a file and to core files
// (docs/invariants.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "tracee.h"

namespace mt::test {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    char buffer[4096];
    for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
        text.append(buffer, got);
    }
    EXPECT_EQ(pclose(pipe), 0) << command;
    return text;
}

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    std::vector<std::string> found;
    const std::regex expression(pattern);
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it) {
        found.push_back((*it)[1]);
    }
    return found;
}

TEST(RuntimeFile, NeedsLibcAlone) {
    const std::string dynamic = output_of(MEMTRACE_READELF " -dW " + runtime_path());
    EXPECT_THAT(all_matches(dynamic, "NEEDED.*\\[(.*)\\]"), testing::ElementsAre("libc.so.6"));
    EXPECT_THAT(dynamic, testing::Not(testing::HasSubstr("TEXTREL")));
}

TEST(RuntimeFile, CallsOnlyWhatAHookMayCall) {
    const std::set<std::string> allowed = {
        "_dl_find_object", "dl_iterate_phdr", "getauxval", "__libc_malloc", "__libc_calloc",
        "__libc_realloc", "__libc_free", "__libc_memalign", "__libc_valloc", "__libc_pvalloc",
        "__libc_stack_end", "environ", "__environ", "memcpy", "__errno_location",
        "__register_atfork", "__libc_single_threaded",
        // of the C run-time's start files
        "__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable",
        "_ITM_registerTMCloneTable"};
    const std::string symbols = output_of(MEMTRACE_NM " -D --undefined-only " + runtime_path());
    const auto names = all_matches(symbols, "[Uvw] ([A-Za-z0-9_]+)");
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) EXPECT_EQ(allowed.count(name), 1u) << name;
}

// Hooks take their caller's registers from where their own frame lies. gcc may align a frame
// by moving it, return address and all (it keeps the old place in r10 then): the walk began
// 16 bytes off for posix_memalign, and went wrong where the caller has no frame pointer.
TEST(RuntimeFile, HooksStandBelowTheirCallers) {
    const std::string code = output_of(MEMTRACE_OBJDUMP " -d --no-show-raw-insn " + runtime_path());
    EXPECT_FALSE(all_matches(code, "<([a-z0-9_A-Z]*slow_malloc[a-z]*)>:").empty());
    EXPECT_THAT(all_matches(code, "(lea +0x8\\(%rsp\\),%r1[0-9])"), testing::IsEmpty());
}

TEST(RuntimeFile, HasOneSmallStaticThreadLocalWord) {
    const std::string relocations = output_of(MEMTRACE_READELF " -rW " + runtime_path());
    EXPECT_TRUE(all_matches(relocations, "(R_X86_64_(DTPMOD64|TLSDESC))").empty());
    const std::string segments = output_of(MEMTRACE_READELF " -lW " + runtime_path());
    const auto sizes = all_matches(segments, "TLS +\\w+ +\\w+ +\\w+ +\\w+ +0x(\\w+)");
    ASSERT_EQ(sizes.size(), 1u);
    EXPECT_LE(std::stoul(sizes[0], nullptr, 16), 128u);
    // frame_dummy of the start files, and ours.
    const std::string sections = output_of(MEMTRACE_READELF " -SW " + runtime_path());
    const auto arrays = all_matches(sections, "\\.init_array +INIT_ARRAY +\\w+ +\\w+ +(\\w+)");
    ASSERT_EQ(arrays.size(), 1u);
    EXPECT_EQ(std::stoul(arrays[0], nullptr, 16), 2 * sizeof(void*));
}

TEST(RuntimeFile, RootIsNeverCopiedIntoAProgram) {
    const std::string relocations =
        output_of(MEMTRACE_READELF " -rW " + program_path("linked_fixed"));
    EXPECT_TRUE(all_matches(relocations, "(R_X86_64_COPY.*memtrace)").empty());
    const std::string dynamic = output_of(MEMTRACE_READELF " -dW " + program_path("linked_fixed"));
    EXPECT_THAT(dynamic, testing::HasSubstr("libmemtrace.so"));
}

std::uintmax_t gcore_size(bool traced, const fs::path& directory) {
    Tracee tracee({.program = program_path("idle_clears"),
                   .arguments = {},
                   .environment = {},
                   .preload = traced});
    EXPECT_TRUE(tracee.wait_for_stop());
    const std::string file = (directory / (traced ? "traced" : "plain")).string();
    output_of("gcore -o " + file + " " + std::to_string(tracee.pid()) + " 2>/dev/null");
    return fs::file_size(file + "." + std::to_string(tracee.pid()));
}

TEST(RuntimeInCores, AddsAtMost64MegabytesAfterAHundredClears) {
    const fs::path directory =
        fs::temp_directory_path() / ("memtrace-promise-" + std::to_string(getpid()));
    fs::create_directories(directory);
    const auto plain = gcore_size(false, directory);
    const auto traced = gcore_size(true, directory);
    fs::remove_all(directory);
    RecordProperty("added_bytes", std::to_string(traced - plain));
    EXPECT_GT(traced, plain);
    EXPECT_LE(traced - plain, 64u << 20);
}

}  // namespace
}  // namespace mt::test
