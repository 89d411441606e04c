// SPDX-License-Identifier: MIT
//
// Debug information that is damaged, or made to hurt: an answer or one line of trouble, in bounded
// time and memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "dwarf/file_code.h"
#include "dwarf/module_file.h"
#include "support/test_folder.h"

namespace mt::core::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Damage : public ::testing::Test {
  protected:
    static std::string whole() {
        std::ifstream in(MEMTRACE_DEBUG_FILE, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::string put(const std::string& bytes) const {
        std::ofstream(work_ / "file", std::ios::binary | std::ios::trunc) << bytes;
        return work_ / "file";
    }
    // How many frames all of the file's code has.
    static std::size_t frames_of(const std::string& path) {
        const auto file = ModuleFile::open(path);
        if (file == nullptr) return 0;
        FileCode code(file);
        EXPECT_EQ(file->dwarf() == nullptr, !file->trouble().empty());
        std::size_t all = 0;
        for (std::uint64_t address = 0x1000; address < 0x1300; ++address) {
            const auto frames = code.frames(address);
            EXPECT_TRUE(frames.has_value());
            EXPECT_LE(frames->size(), 512u);
            all += frames->size();
        }
        return all;
    }
    std::string assembled(const std::string& entries) const {
        std::ofstream(work_ / "made.s") << kAbbreviations << entries;
        const std::string command = "as --64 -o " + (work_ / "made.o") + " " + (work_ / "made.s");
        EXPECT_EQ(std::system(command.c_str()), 0);
        return work_ / "made.o";
    }

    // A unit, a function and a block: each with children, from 0x1000 to 0x2000.
    static constexpr const char* kAbbreviations = R"(
        .section .debug_abbrev
        .set number, 0
        .irp tag, 0x11, 0x2e, 0x0b
        .set number, number + 1
        .uleb128 number, \tag
        .byte 1
        .uleb128 0x11, 1, 0x12, 7, 0, 0
        .endr
        .byte 0
        .macro entry kind
        .uleb128 \kind
        .quad 0x1000, 0x1000
        .endm
        .section .debug_info
        .long end - begin
        begin: .short 4
        .long 0
        .byte 8
        entry 1
    )";
    mt::test::TestFolder work_{"damage"};
};

TEST_F(Damage, TheWholeFileHasFrames) { EXPECT_GT(frames_of(put(whole())), 20u); }

TEST_F(Damage, CutAnywhere) {
    const std::string bytes = whole();
    for (std::size_t size = 0; size < bytes.size(); size += 97)
        frames_of(put(bytes.substr(0, size)));
}

TEST_F(Damage, BytesChangedAnywhere) {
    const std::string bytes = whole();
    std::mt19937 random(1);  // NOLINT: the same damage each time
    for (int round = 0; round < 1000; ++round) {
        std::string damaged = bytes;
        for (int i = 0; i < 1 + round % 16; ++i)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        frames_of(put(damaged));
    }
}

// Nested as deep as nobody's stack is.
TEST_F(Damage, EntriesNestedAMillionDeep) {
    const auto start = std::chrono::steady_clock::now();
    for (const std::string kind : {"2", "3"}) {
        const std::string path =
            assembled("entry 2\n.rept 1000000\nentry " + kind + "\n.endr\nend:\n");
        const auto file = ModuleFile::open(path);
        ASSERT_NE(file, nullptr);
        FileCode code(file);
        const auto frames = code.frames(0x1800);
        ASSERT_TRUE(frames.has_value());
        EXPECT_LE(frames->size(), 512u);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

// Each entry is the end of its list, and lists end anywhere.
TEST_F(Damage, ListsThatEndTooOftenOrNever) {
    for (const std::string list :
         {"entry 2\n.rept 100000\n.byte 0\n.endr\nend:\n",
          ".rept 100000\nentry 2\n.byte 0\n.endr\nend:\n", "entry 2\n.uleb128 77\nend:\n",
          "entry 2\n.byte 0xff, 0xff, 0xff, 0xff\nend:\n"})
        frames_of(assembled(list));
}

TEST_F(Damage, MoreThanFitsIsRefused) {
    std::string bytes = whole();
    Elf64_Ehdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    // All sections that have bytes in the file have three gigabytes of them now.
    for (unsigned i = 1; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        char* const at = bytes.data() + header.e_shoff + i * sizeof section;
        std::memcpy(&section, at, sizeof section);
        if (section.sh_type != SHT_PROGBITS || section.sh_addr != 0) continue;
        section.sh_size = std::uint64_t{3} << 30;
        std::memcpy(at, &section, sizeof section);
    }
    const std::string path = put(bytes);
    fs::resize_file(path, std::uint64_t{4} << 30);  // a hole
    const auto file = ModuleFile::open(path);
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(file->dwarf(), nullptr);
    EXPECT_THAT(file->trouble(), HasSubstr("more than 2147483648"));
    EXPECT_EQ(frames_of(path), 0u);
}

}  // namespace
}  // namespace mt::core::test
