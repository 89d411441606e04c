// SPDX-License-Identifier: MIT
//
// Types by places, of a program's file alone: what its code and debug information say, and that
// whatever they say ends soon. What is right is types_test's business, which asks the program.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "code/stub.h"
#include "support/test_folder.h"
#include "types/site/site_type.h"

namespace mt::core::site::test {
namespace {

struct Range {
    std::uint64_t start = 0, size = 0;  // in the file
};

// Of the sections that are read: all that can be damaged.
std::vector<Range> sections_of(const ModuleFile& file) {
    static const std::set<std::string> kRead = {
        ".debug_info", ".debug_abbrev",   ".debug_loclists", ".debug_rnglists",
        ".debug_str",  ".debug_line_str", ".debug_addr",     ".text",
        ".eh_frame",   ".rela.plt",       ".symtab",         ".strtab",
        ".plt",        ".plt.sec"};
    std::vector<Range> found;
    Elf* elf = file.elf().elf();
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return found;
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = elf_strptr(elf, names, header.sh_name);
        if (name != nullptr && kRead.contains(name) && header.sh_size != 0)
            found.push_back({header.sh_offset, header.sh_size});
    }
    return found;
}

// Where the calls of a file return to, whatever they call.
std::vector<std::uint64_t> calls_of(const ModuleFile& file) {
    std::vector<std::uint64_t> found;
    for (const GElf_Phdr& header : file.elf().program_headers()) {
        if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
        const auto bytes = file.elf().bytes(header.p_offset, header.p_filesz);
        const code::Bytes code{std::as_bytes(std::span(bytes)), header.p_vaddr};
        for (std::uint64_t at = header.p_vaddr; code.holds(at);) {
            const auto one = code::decode(code, at);
            at = one ? one->next : at + 1;
            if (one && one->action == code::Action::call) found.push_back(at);
        }
    }
    return found;
}

struct Counted {
    int asking = 0, typed = 0;
    std::set<std::string> names;
};

Counted count(const std::string& path) {
    Counted made;
    auto file = ModuleFile::open(path);
    if (file == nullptr || file->dwarf() == nullptr) return made;
    const auto calls = calls_of(*file);
    SiteTypes types(file, file);
    for (const std::uint64_t call : calls) {
        const auto answer = types.at(call, Asked::unknown);
        EXPECT_TRUE(answer);
        if (!answer || answer->asked == Asked::unknown) continue;
        ++made.asking;
        if (answer->type.name.empty()) continue;
        ++made.typed;
        made.names.insert(answer->type.name);
    }
    return made;
}

std::string program(const std::string& name) { return std::string(MEMTRACE_PROGRAMS) + "/" + name; }

TEST(SiteTypes, AreFoundInPlainAndOptimisedCode) {
    for (const char* name : {"sited", "sited_optimised"}) {
        const Counted found = count(program(name));
        EXPECT_GE(found.asking, 40) << name;
        EXPECT_GE(found.typed, 30) << name;
        for (const char* type : {"shop::Point", "shop::Order", "shop::Holder", "shop::Node",
                                 "shop::Box<shop::Order>", "std::map<int, shop::Order>", "int"})
            EXPECT_TRUE(found.names.contains(type)) << name << ": " << type;
    }
}

TEST(SiteTypes, OfCAreWrittenAsThere) {
    const Counted found = count(program("sited_c"));
    for (const char* type : {"struct point", "complex_number", "union word", "enum colour"})
        EXPECT_TRUE(found.names.contains(type)) << type;
}

TEST(SiteTypes, AreNoneWithoutTypesInTheFile) { EXPECT_EQ(count(program("sited_lines")).typed, 0); }

TEST(SiteTypes, OfAFileThatIsDamagedAnywhereEndSoon) {
    const mt::test::TestFolder folder("site_damage");
    const std::string copy = folder / "damaged";
    std::ifstream in(program("sited"), std::ios::binary);
    const std::string sound{std::istreambuf_iterator<char>(in), {}};
    const auto file = ModuleFile::open(program("sited"));
    ASSERT_TRUE(file);
    const auto sections = sections_of(*file);
    ASSERT_GE(sections.size(), 8u);
    std::mt19937 random(20261128);  // NOLINT: the same in each run
    const auto start = std::chrono::steady_clock::now();
    int with_types = 0;
    for (int round = 0; round < 150; ++round) {
        std::string bytes = sound;
        for (unsigned hit = 0, hits = 1 + random() % 32; hit < hits; ++hit) {
            const Range& section = sections[random() % sections.size()];
            bytes[section.start + random() % section.size] = static_cast<char>(random());
        }
        std::ofstream(copy, std::ios::binary).write(bytes.data(), std::ssize(bytes));
        with_types += count(copy).typed != 0 ? 1 : 0;
    }
    // Damage that is small is passed by.
    EXPECT_GT(with_types, 20);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(90));
}

TEST(SiteTypes, OfAFileThatIsCutAreThoseThatAreLeft) {
    const mt::test::TestFolder folder("site_cut");
    const std::string copy = folder / "cut";
    std::ifstream in(program("sited"), std::ios::binary);
    const std::string sound{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t part = 0; part < 40; ++part) {
        std::ofstream(copy, std::ios::binary)
            .write(sound.data(), static_cast<std::streamsize>(sound.size() * part / 40));
        count(copy);
    }
}

TEST(SiteType, IsOfItsOwnSizeOnly) {
    SiteType order{"Order", 16};
    EXPECT_EQ(order.of(16), "Order");
    for (const std::uint64_t size : {0u, 8u, 17u, 24u, 32u, 48u}) EXPECT_EQ(order.of(size), "");
    order.asked = Asked::many;
    EXPECT_EQ(order.of(48), "Order[]");
    EXPECT_EQ(order.of(56), "");
    order.has_count = true;
    EXPECT_EQ(order.of(56), "Order[]");
    EXPECT_EQ(order.of(48), "");
    EXPECT_EQ(order.of(0), "");
}

TEST(SiteType, ArraysOfNumbersAreNoClassesThatBeginWithOne) {
    SiteType number{"long", 8, false};
    EXPECT_EQ(number.of(8), "long");
    EXPECT_EQ(number.of(40), "long[]");
    EXPECT_EQ(number.of(41), "");
    number.other_sizes = {16, 40};
    EXPECT_EQ(number.of(40), "");
    EXPECT_EQ(number.of(48), "long[]");
    number.asked = Asked::one;
    EXPECT_EQ(number.of(48), "");
}

}  // namespace
}  // namespace mt::core::site::test
