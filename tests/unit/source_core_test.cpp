// SPDX-License-Identifier: MIT
//
// What a core file says of itself, and its memory read without a debugger: as far as the file
// has bytes and no further, whatever its headers claim, by any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <random>
#include <thread>

#include "source/core_memory.h"
#include "support/fake_memory.h"
#include "support/test_folder.h"
#include "support/written_core.h"

namespace mt::core {
namespace {

using test::WrittenCore;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kPage = 4096;

std::string pattern(std::size_t size, unsigned seed) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / 256 + seed);
    return bytes;
}

class SourceCore : public ::testing::Test {
  protected:
    std::shared_ptr<const CoreFile> read(const WrittenCore& core) {
        core.write(path_);
        return read_core_file(path_);
    }
    // As far as it can be read.
    static std::string bytes_at(Memory& memory, std::uint64_t address, std::size_t size) {
        std::string bytes(size, '\x5a');
        const Result<std::size_t> got = memory.read(address, bytes.data(), size);
        bytes.resize(got ? *got : 0);
        return bytes;
    }

    test::TestFolder folder_{"core"};
    std::string path_ = folder_ / "core";
    test::FakeMemory debugger_;
};

using CoreFileTest = SourceCore;
using CoreMemoryTest = SourceCore;

// Two writable segments of 8 KiB, a read-only one, and one without bytes in the file.
WrittenCore four_segments() {
    WrittenCore core;
    core.load(0x30000, pattern(0x2000, 3));
    core.load(0x10000, pattern(0x2000, 1));
    core.load(0x20000, pattern(0x1000, 2), 0, PF_R | PF_X);
    core.load(0x40000, "", 0x2000);
    return core;
}

TEST_F(CoreFileTest, TellsWhatIsWritableAndWhatIsMapped) {
    const auto core = read(four_segments());
    ASSERT_TRUE(core);
    ASSERT_EQ(core->writable.size(), 2u);
    EXPECT_EQ(core->writable[0].start, 0x10000u);
    EXPECT_EQ(core->writable[0].end, 0x12000u);
    EXPECT_EQ(core->writable[1].start, 0x30000u);
    ASSERT_EQ(core->mapped.size(), 4u);
    EXPECT_EQ(core->mapped[1].start, 0x20000u);
    EXPECT_TRUE(core->mapped[1].readable && core->mapped[1].executable);
    EXPECT_FALSE(core->mapped[1].writable || core->mapped[1].shared);
    EXPECT_EQ(core->mapped[3].end, 0x42000u);
    EXPECT_TRUE(core->mapped[3].writable);
    EXPECT_EQ(core->present_from(0x41000), 0u);
    EXPECT_EQ(core->left_out, 1u);
    EXPECT_FALSE(core->is_cut());
}

TEST_F(CoreFileTest, CutShortHasWhatIsLeft) {
    const std::string image = four_segments().image();
    const std::size_t contents = image.size() - 0x5000;
    WrittenCore::write(path_, image.substr(0, contents + 0x2800));
    auto core = read_core_file(path_);
    ASSERT_TRUE(core && core->is_cut());
    ASSERT_EQ(core->writable.size(), 2u);
    EXPECT_EQ(core->writable[0].end, 0x10800u);
    WrittenCore::write(path_, image.substr(0, contents + 0x800));
    core = read_core_file(path_);
    ASSERT_TRUE(core);
    ASSERT_EQ(core->writable.size(), 1u);
    EXPECT_EQ(core->writable[0].end, 0x30800u);
    for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{63}, std::size_t{64},
                                   std::size_t{100}, std::size_t{200}, contents}) {
        WrittenCore::write(path_, image.substr(0, size));
        core = read_core_file(path_);
        EXPECT_TRUE(!core || core->writable.empty()) << size;
    }
}

TEST_F(CoreFileTest, WhatIsNoneIsNone) {
    EXPECT_FALSE(read_core_file("/does/not/exist"));
    EXPECT_FALSE(read_core_file("/"));
    EXPECT_FALSE(read_core_file("/proc/self/exe"));
    ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_FALSE(read_core_file(folder_ / "pipe"));  // and does not wait for who writes
}

TEST_F(CoreFileTest, MappingsHaveTheNamesOfTheirFiles) {
    WrittenCore core = four_segments();
    core.load(0x12000, pattern(0x1000, 4));
    core.notes(WrittenCore::files({{0x20000, 0x21000, "/usr/lib/libc.so.6"},
                                   {0x10000, 0x12000, "/opt/with a space/libmemtrace.so.1"},
                                   {0x50000, 0x51000, "/not/in/the/core"}}));
    const auto file = read(core);
    ASSERT_TRUE(file);
    std::vector<std::string> paths;
    for (const Mapping& mapping : file->mapped) paths.push_back(mapping.path);
    EXPECT_THAT(
        paths, ElementsAre("/opt/with a space/libmemtrace.so.1", "", "/usr/lib/libc.so.6", "", ""));
    EXPECT_TRUE(file->has_files);
    EXPECT_TRUE(file->maps_runtime);
    CoreMemory memory(file, debugger_);
    EXPECT_EQ(memory.mappings().size(), 5u);
}

// GDB's gcore has no segment for what coredump_filter leaves out.
TEST_F(CoreFileTest, SharedMemoryThatWasLeftOutIsKnownByItsName) {
    WrittenCore core = four_segments();
    core.notes(WrittenCore::files({{0x20000, 0x21000, "/dev/zero (deleted)"},
                                   {0x50000, 0x51000, "/lib/code.so"},
                                   {0x60000, 0x62000, "/dev/zero (deleted)"},
                                   {0x64000, 0x65000, "/SYSV00000000 (deleted)"}}));
    const auto file = read(core);
    ASSERT_TRUE(file);
    ASSERT_EQ(file->mapped.size(), 6u);
    EXPECT_EQ(file->mapped[4].start, 0x60000u);
    EXPECT_EQ(file->mapped[4].end, 0x62000u);
    EXPECT_TRUE(file->mapped[4].writable);
    EXPECT_EQ(file->mapped[4].path, "/dev/zero (deleted)");
    EXPECT_EQ(file->mapped[5].start, 0x64000u);
    EXPECT_EQ(file->present_from(0x60000), 0u);
}

TEST_F(CoreFileTest, ThreadsHaveTheirRegisters) {
    WrittenCore core = four_segments();
    core.notes(WrittenCore::thread(71, 0x10000) + WrittenCore::note(4, "other") +
               WrittenCore::thread(72, 0x20000) + WrittenCore::note(1, "too short"));
    const auto file = read(core);
    ASSERT_TRUE(file);
    ASSERT_EQ(file->threads.size(), 2u);
    EXPECT_EQ(file->threads[0].tid, 71u);
    EXPECT_EQ(file->threads[0].stack_pointer(), 0x10000u + 19);
    EXPECT_EQ(file->threads[0].fs_base(), 0x10000u + 21);
    EXPECT_EQ(file->threads[1].tid, 72u);
    EXPECT_EQ(file->threads[1].registers[0], 0x20000u);
    EXPECT_EQ(file->threads[1].registers[26], 0x20000u + 26);
    EXPECT_EQ(what_core_lacks(*file), "");
}

TEST_F(CoreFileTest, ThreadsOfAnotherMachineAreNotOurs) {
    WrittenCore core = four_segments();
    core.notes(WrittenCore::thread(71, 0x10000));
    std::string image = core.image();
    const Elf64_Half machine = EM_AARCH64;
    std::memcpy(image.data() + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
    WrittenCore::write(path_, image);
    const auto file = read_core_file(path_);
    ASSERT_TRUE(file);
    EXPECT_THAT(file->threads, IsEmpty());
}

// e_phnum ends at 65535; beyond it the count stands in a section header.
TEST_F(CoreFileTest, SeventyThousandSegments) {
    constexpr std::uint64_t kCount = 70'000, kSize = 16, kStep = 2 * kPage;
    WrittenCore core;
    for (std::uint64_t i = 0; i < kCount; ++i)
        core.load(0x10000 + i * kStep, pattern(kSize, static_cast<unsigned>(i)), kPage);
    const auto file = read(core);
    ASSERT_TRUE(file);
    ASSERT_EQ(file->mapped.size(), kCount);
    ASSERT_EQ(file->present.size(), kCount);
    CoreMemory memory(file, debugger_);
    for (std::uint64_t i = 0; i < kCount; i += 999)
        EXPECT_EQ(bytes_at(memory, 0x10000 + i * kStep, 64),
                  pattern(kSize, static_cast<unsigned>(i)));
}

// --- forged -----------------------------------------------------------------------

TEST_F(CoreFileTest, NotesThatAreNamedOftenAreReadAsFarAsOneLimit) {
    std::string threads;
    while (threads.size() < (1u << 20)) threads += WrittenCore::thread(1, 0);
    WrittenCore core;
    core.notes(threads);
    for (int i = 0; i < 1000; ++i) core.again(WrittenCore::note_segment(threads.size()));
    const auto file = read(core);
    ASSERT_TRUE(file);
    EXPECT_GE(file->threads.size(), (32u << 20) / 356);
    EXPECT_LE(file->threads.size(), (64u << 20) / 356);
}

TEST_F(CoreFileTest, OneLongNameForAllMappingsDoesNotFillTheMemory) {
    WrittenCore core;
    for (std::uint64_t i = 0; i < 1000; ++i) core.load(0x10000 + i * kPage, "", kPage);
    core.notes(WrittenCore::files({{0, UINT64_MAX, std::string(1u << 20, 'x')}}));
    const auto file = read(core);
    ASSERT_TRUE(file);
    std::size_t bytes = 0;
    for (const Mapping& mapping : file->mapped) bytes += mapping.path.size();
    EXPECT_EQ(bytes, 64u << 20);
}

TEST_F(CoreFileTest, NotesThatLieAboutTheirSizes) {
    const std::string whole = WrittenCore::files({{0x10000, 0x11000, "/a"}});
    for (std::size_t at = 0; at < 28; at += 4)
        for (const std::uint32_t value : {0u, 1u, 4u, 0x7fffffffu, 0xfffffffcu, 0xffffffffu}) {
            std::string notes = whole + WrittenCore::thread(7, 1);
            std::memcpy(notes.data() + at, &value, sizeof value);
            WrittenCore core = four_segments();
            core.notes(notes);
            const auto file = read(core);
            ASSERT_TRUE(file);
            EXPECT_LE(file->threads.size(), 1u);
        }
}

// What two claim is the first one's; each place has one value, whatever the order of the headers.
TEST_F(CoreMemoryTest, SegmentsThatLieOverOthers) {
    WrittenCore core;
    core.load(0x11000, std::string(0x2000, 'b'));
    core.load(0x10000, std::string(0x1800, 'a'));
    core.load(0x10800, std::string(0x200, 'c'));
    core.load(0x11000, std::string(0x3000, 'd'));
    CoreMemory memory(read(core), debugger_);
    EXPECT_EQ(bytes_at(memory, 0x10000, 0x5000),
              std::string(0x1800, 'a') + std::string(0x1800, 'b') + std::string(0x1000, 'd'));
}

TEST_F(CoreMemoryTest, SegmentsThatWrapAroundOrLieBeyondTheFile) {
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_W;
    segment.p_vaddr = UINT64_MAX - 0xfff;
    segment.p_filesz = segment.p_memsz = 0x2000;
    WrittenCore core = four_segments();
    core.add(segment, std::string(0x2000, 'x'));
    segment.p_vaddr = 0x60000;
    segment.p_memsz = UINT64_MAX;
    core.again(segment);
    segment.p_filesz = UINT64_MAX;
    core.again(segment);
    segment = {};
    segment.p_type = PT_LOAD;
    segment.p_vaddr = 0x70000;
    segment.p_memsz = segment.p_filesz = 0x1000;
    for (const std::uint64_t offset : {1ull << 40, 1ull << 62, 1ull << 63, ~0ull - 0x100000}) {
        segment.p_offset = offset;
        core.add(segment, "");
    }
    const auto file = read(core);
    ASSERT_TRUE(file);
    CoreMemory memory(file, debugger_);
    EXPECT_EQ(bytes_at(memory, UINT64_MAX - 0xfff, 0x1000), "");
    EXPECT_EQ(bytes_at(memory, 0, 0x100), "");
    EXPECT_EQ(bytes_at(memory, 0x70000, 0x100), "");
    EXPECT_EQ(bytes_at(memory, 0x10000, 0x3000), pattern(0x2000, 1));
    EXPECT_TRUE(file->maps(0x70000));
}

// Whatever stands in its headers, what is read are bytes of the file.
TEST_F(CoreMemoryTest, HeadersWithRandomDamage) {
    WrittenCore core = four_segments();
    core.notes(WrittenCore::files({{0x10000, 0x11000, "/a"}}) + WrittenCore::thread(7, 1));
    const std::string whole = core.image();
    std::mt19937_64 random(7);
    std::size_t read_any = 0;
    for (int run = 0; run < 300; ++run) {
        std::string image = whole;
        for (int i = 0; i < 3; ++i)
            image[random() % (sizeof(Elf64_Ehdr) + 6 * sizeof(Elf64_Phdr))] ^=
                static_cast<char>(1u << random() % 8);
        WrittenCore::write(path_, image);
        const auto file = read_core_file(path_);
        if (!file) continue;
        CoreMemory memory(file, debugger_);
        for (const CoreBytes& part : file->present) {
            const std::string bytes =
                bytes_at(memory, part.start, std::min<std::size_t>(part.end - part.start, kPage));
            EXPECT_EQ(image.compare(part.start + part.shift, bytes.size(), bytes), 0);
            read_any += bytes.size();
        }
    }
    EXPECT_GT(read_any, 0u);
}

// --- read -------------------------------------------------------------------------

TEST_F(CoreMemoryTest, ReadsAcrossSegmentsUpToAHole) {
    WrittenCore core;
    core.load(0x12000, pattern(0x1000, 2), 0x4000);  // the rest was not dumped
    core.load(0x10000, pattern(0x2000, 1));
    core.load(0x16000, pattern(0x1000, 3), 0, PF_R);
    CoreMemory memory(read(core), debugger_);
    const std::string all = pattern(0x2000, 1) + pattern(0x1000, 2);
    EXPECT_EQ(bytes_at(memory, 0x10000, 0x10000), all);
    EXPECT_EQ(bytes_at(memory, 0x11ffd, 7), all.substr(0x1ffd, 7));
    EXPECT_EQ(bytes_at(memory, 0x12fff, 8), all.substr(0x2fff));
    EXPECT_EQ(bytes_at(memory, 0x13000, 8), "");  // and not zeros
    EXPECT_EQ(bytes_at(memory, 0xfff8, 16), "");
    EXPECT_EQ(bytes_at(memory, 0x16ff0, 0x100), pattern(0x1000, 3).substr(0xff0));
    EXPECT_EQ(bytes_at(memory, UINT64_MAX - 3, 8), "");
    EXPECT_EQ(debugger_.reads, 0u);
}

// Zero pages of a core are holes of its file.
TEST_F(CoreMemoryTest, HolesOfTheFileAreZero) {
    WrittenCore core;
    core.load(0x10000, std::string(1u << 20, '\0'));
    const std::string image = core.image();
    WrittenCore::write(path_, image.substr(0, image.size() - (1u << 20)));
    std::filesystem::resize_file(path_, image.size());
    CoreMemory memory(read_core_file(path_), debugger_);
    EXPECT_EQ(bytes_at(memory, 0x10000, 2u << 20), std::string(1u << 20, '\0'));
}

// Neither SIGBUS nor zeros.
TEST_F(CoreMemoryTest, AFileThatShrinksMeanwhileLacksMore) {
    WrittenCore core;
    core.load(0x10000, pattern(3u << 20, 1));
    const auto file = read(core);
    CoreMemory memory(file, debugger_);
    const std::string all = bytes_at(memory, 0x10000, 4u << 20);
    EXPECT_EQ(all.size(), 3u << 20);
    std::filesystem::resize_file(path_, file->size - (2u << 20) - 100);
    EXPECT_EQ(bytes_at(memory, 0x10000, 4u << 20), all.substr(0, (1u << 20) - 100));
    std::filesystem::remove(path_);
    EXPECT_EQ(bytes_at(memory, 0x10000, 64), all.substr(0, 64));
    std::filesystem::path gone = folder_ / "core";
    WrittenCore::write(gone, "another file");
    EXPECT_EQ(bytes_at(memory, 0x10000, 64), all.substr(0, 64));
}

TEST_F(CoreMemoryTest, EndsWhenTheUserAsksTo) {
    WrittenCore core;
    core.load(0x10000, pattern(3u << 20, 1));
    CoreMemory memory(read(core), debugger_);
    debugger_.interrupt_after = 0;
    std::string bytes(3u << 20, '\0');
    EXPECT_EQ(memory.read(0x10000, bytes.data(), bytes.size()).error().code, Code::interrupted);
    const ReadFunction read = memory.concurrent_read();
    ASSERT_TRUE(read);
    EXPECT_EQ(*read(0x10000, bytes.data(), bytes.size()), bytes.size());  // asks nobody
}

TEST_F(CoreMemoryTest, ManyThreadsReadAtOnce) {
    WrittenCore core;
    for (std::uint64_t i = 0; i < 64; ++i)
        core.load(0x10000 + i * 5 * kPage, pattern(4 * kPage, static_cast<unsigned>(i)));
    CoreMemory memory(read(core), debugger_);
    const ReadFunction read = memory.concurrent_read();
    ASSERT_TRUE(read);
    std::atomic<unsigned> wrong{0};
    std::vector<std::thread> threads;
    for (unsigned n = 0; n < 4; ++n)
        threads.emplace_back([&, n] {
            std::mt19937_64 random(n);
            std::string bytes(5 * kPage, '\0');
            for (int i = 0; i < 2000; ++i) {
                const std::uint64_t which = random() % 64, from = random() % (4 * kPage);
                const auto got =
                    read(0x10000 + which * 5 * kPage + from, bytes.data(), bytes.size());
                const std::string want = pattern(4 * kPage, static_cast<unsigned>(which));
                const bool same = got && *got == want.size() - from &&
                                  want.compare(from, *got, bytes, 0, *got) == 0;
                wrong += same ? 0 : 1;
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace mt::core
