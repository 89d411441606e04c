// SPDX-License-Identifier: MIT
//
// What one plugin file for several LLDB versions rests on, and what `mt preload` does to
// the environment of the next run. The commands themselves are tested by the sessions.
#include <fcntl.h>
#include <gelf.h>
#include <gmock/gmock.h>
#include <libelf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "command/parse.h"
#include "command_line.h"

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const std::string kPlugin = MEMTRACE_STAGE "/lib/memtrace/libmemtrace_lldb.so";
const std::string kRuntime = MEMTRACE_STAGE "/lib/libmemtrace.so";

struct Linked {
    std::vector<std::string> needed, exported;
    std::string run_path;
    bool bound_at_once = false;
};

void read_dynamic(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, Linked& out) {
    Elf_Data* data = elf_getdata(section, nullptr);
    for (std::size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
        GElf_Dyn entry{};
        ASSERT_NE(gelf_getdyn(data, static_cast<int>(i), &entry), nullptr);
        const auto text = [&] { return elf_strptr(elf, header.sh_link, entry.d_un.d_val); };
        if (entry.d_tag == DT_NEEDED) out.needed.emplace_back(text());
        if (entry.d_tag == DT_RUNPATH) out.run_path = text();
        if (entry.d_tag == DT_BIND_NOW) out.bound_at_once = true;
        if (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_BIND_NOW) != 0)
            out.bound_at_once = true;
        if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_NOW) != 0)
            out.bound_at_once = true;
    }
}

void read_symbols(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, Linked& out) {
    Elf_Data* data = elf_getdata(section, nullptr);
    for (std::size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
        GElf_Sym symbol{};
        ASSERT_NE(gelf_getsym(data, static_cast<int>(i), &symbol), nullptr);
        if (symbol.st_shndx == SHN_UNDEF || GELF_ST_BIND(symbol.st_info) == STB_LOCAL) continue;
        out.exported.emplace_back(elf_strptr(elf, header.sh_link, symbol.st_name));
    }
}

Linked read_linked(const std::string& path) {
    Linked out;
    elf_version(EV_CURRENT);
    const int file = open(path.c_str(), O_RDONLY);
    EXPECT_GE(file, 0) << path;
    Elf* elf = elf_begin(file, ELF_C_READ, nullptr);
    EXPECT_NE(elf, nullptr) << path;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
        GElf_Shdr header{};
        gelf_getshdr(section, &header);
        if (header.sh_type == SHT_DYNAMIC) read_dynamic(elf, section, header, out);
        if (header.sh_type == SHT_DYNSYM) read_symbols(elf, section, header, out);
    }
    elf_end(elf);
    close(file);
    return out;
}

TEST(Plugin, LinksNeitherLldbNorItsLibraries) {
    const auto linked = read_linked(kPlugin);
    EXPECT_THAT(linked.needed, Contains("libmemtrace_core.so"));
    for (const auto& library : linked.needed) {
        EXPECT_THAT(library, Not(HasSubstr("lldb")));
        EXPECT_THAT(library, Not(HasSubstr("LLVM")));
        EXPECT_THAT(library, Not(HasSubstr("stdc++")));
    }
}

TEST(Plugin, ShowsNothingButItsEntryAndWhatScriptsCall) {
    EXPECT_THAT(read_linked(kPlugin).exported,
                UnorderedElementsAre("_ZN4lldb16PluginInitializeENS_10SBDebuggerE",
                                     "memtrace_lldb_session", "memtrace_lldb_query"));
}

TEST(Plugin, IsBoundLazilyAndFindsTheCoreBesideItself) {
    const auto linked = read_linked(kPlugin);
    EXPECT_FALSE(linked.bound_at_once);
    EXPECT_EQ(linked.run_path, "$ORIGIN");
}

TEST(CommandLine, TheCoreReadsTheSameWords) {
    const std::vector<std::string> words = {
        "a",  "b c",  R"(d"e)",      R"(f\g)", "",      "--by=x", "-n",      "it's", "$HOME",
        "\t", "a\nb", "k\xc3\xa4se", "`x`",    "*?[a]", R"(\\)",  R"(end\)", R"("")"};
    std::vector<const char*> raw;
    for (const auto& word : words) raw.push_back(word.c_str());
    raw.push_back(nullptr);
    const auto line = mt::adapter::command_line("verb", raw.data());
    auto split = mt::core::split_words(line);
    ASSERT_TRUE(split.has_value()) << line;
    split->erase(split->begin());
    EXPECT_EQ(*split, words) << line;
}

TEST(CommandLine, NoWordsIsTheVerbAlone) {
    EXPECT_EQ(mt::adapter::command_line("status", nullptr), "status");
}

// What LLDB and `printenv NAME` print after `commands`.
std::string printenv(const std::string& name, const std::vector<std::string>& commands,
                     const std::string& environment = "") {
    std::string line = "env -u LD_PRELOAD -u MEMTRACE " + environment +
                       " '" MEMTRACE_LLDB_PROGRAM "' --no-lldbinit -b -O 'plugin load \"" +
                       kPlugin + "\"'";
    for (const auto& command : commands) line += " -o '" + command + "'";
    line += " -o run -- /usr/bin/printenv " + name + " 2>&1 </dev/null";
    std::FILE* pipe = popen(line.c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    std::string output;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
    EXPECT_EQ(WEXITSTATUS(pclose(pipe)), 0) << output;
    output.erase(std::remove(output.begin(), output.end(), '\r'), output.end());  // a terminal's
    return output;
}

TEST(Preload, ReachesTheProgram) {
    EXPECT_THAT(printenv("LD_PRELOAD", {"mt preload"}), HasSubstr("\n" + kRuntime + "\n"));
}

TEST(Preload, StandsBeforeWhatIsPreloadedAlready) {
    EXPECT_THAT(
        printenv("LD_PRELOAD", {"settings set target.env-vars LD_PRELOAD=libm.so.6", "mt preload"}),
        HasSubstr("\n" + kRuntime + ":libm.so.6\n"));
    EXPECT_THAT(printenv("LD_PRELOAD", {"mt preload"}, "LD_PRELOAD=libm.so.6"),
                HasSubstr("\n" + kRuntime + ":libm.so.6\n"));
}

TEST(Preload, TwiceIsOnce) {
    EXPECT_THAT(printenv("LD_PRELOAD", {"mt preload", "mt preload"}),
                HasSubstr("\n" + kRuntime + "\n"));
}

TEST(Preload, OffRestoresWhatWasThere) {
    const auto output = printenv("LD_PRELOAD", {"settings set target.env-vars LD_PRELOAD=libm.so.6",
                                                "mt preload", "mt start 5", "mt preload off"});
    EXPECT_THAT(output, HasSubstr("\nlibm.so.6\n"));
    const auto none = printenv("LD_PRELOAD", {"mt preload", "mt preload off"});
    EXPECT_THAT(none, Not(HasSubstr("\n" + kRuntime)));
    EXPECT_THAT(none, HasSubstr("exited with status = 1"));
}

TEST(Preload, StartSetsTheVariableAndStopTakesItBack) {
    EXPECT_THAT(printenv("MEMTRACE", {"mt start 7"}), HasSubstr("\n7\n"));
    EXPECT_THAT(printenv("MEMTRACE", {"mt start 7", "mt stop"}),
                HasSubstr("exited with status = 1"));
    EXPECT_THAT(printenv("LD_PRELOAD", {"mt start 7", "mt stop"}),
                HasSubstr("\n" + kRuntime + "\n"));
}

}  // namespace
