// SPDX-License-Identifier: MIT
//
// One spelling for names, and the ELF file as the source where the debugger has
// none: by build-id only, inside a symbol's size only, the same alias always.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <cstring>

#include "core_traces.h"
#include "symbols/name.h"
#include "symbols/symboliser.h"

namespace mt::core::test {
namespace {

TEST(Name, DemangledWithoutReturnType) {
    EXPECT_EQ(function_from_linkage("main"), "main");
    EXPECT_EQ(function_from_linkage("_Z3fooi"), "foo(int)");
    EXPECT_EQ(function_from_linkage("_Z3fooIiET_S0_"), "foo<int>(int)");
    EXPECT_EQ(function_from_linkage("_ZN12_GLOBAL__N_13fooEv"), "(anonymous namespace)::foo()");
    EXPECT_EQ(function_from_linkage("_ZN12_GLOBAL__N_13fooIiEEvv"),
              "(anonymous namespace)::foo<int>()");
    EXPECT_EQ(function_from_linkage("_Znwm"), "operator new(unsigned long)");
    EXPECT_EQ(function_from_linkage("_ZZ4mainENKUlvE_clEv"),
              "main::{lambda()#1}::operator()() const");
    EXPECT_EQ(function_from_linkage("malloc@@GLIBC_2.2.5"), "malloc");
    EXPECT_EQ(function_from_linkage("_Z3fooi.cold"), "foo(int)");
    EXPECT_EQ(function_from_linkage("parse.part.0.constprop.1"), "parse");
    EXPECT_EQ(function_from_linkage("___lldb_unnamed_symbol123"), "");
    EXPECT_EQ(function_from_linkage("_Z"), "_Z");
}

TEST(Name, ReturnTypesOfEveryShape) {
    EXPECT_EQ(without_return_type("std::vector<int> make<int>(int)"), "make<int>(int)");
    EXPECT_EQ(without_return_type("unsigned long f<(char)60>(long)"), "f<(char)60>(long)");
    EXPECT_EQ(without_return_type("bool operator< <int>(A<int> const&, A<int> const&)"),
              "operator< <int>(A<int> const&, A<int> const&)");
    EXPECT_EQ(without_return_type("A::operator unsigned long() const"),
              "A::operator unsigned long() const");
    EXPECT_EQ(without_return_type("A& A::operator=<int>(int)"), "A::operator=<int>(int)");
    EXPECT_EQ(without_return_type("decltype (a->b) get<int>(int)"), "get<int>(int)");
    EXPECT_EQ(without_return_type("void A::operator()<int>(int) const"),
              "A::operator()<int>(int) const");
    EXPECT_EQ(without_return_type("A::operator->()"), "A::operator->()");
    EXPECT_EQ(without_return_type("plain"), "plain");
}

TEST(Name, WithoutParameters) {
    EXPECT_EQ(without_parameters("xmalloc(unsigned long)"), "xmalloc");
    EXPECT_EQ(without_parameters("(anonymous namespace)::f(int)"), "(anonymous namespace)::f");
    EXPECT_EQ(without_parameters("A::operator()(int) const"), "A::operator()");
    EXPECT_EQ(without_parameters("main"), "main");
}

TEST(Name, DebuggersAddParameters) {
    for (const char* name : {"main", "main(int, char**)", "::main(int, char**)"})
        EXPECT_EQ(function_from_debugger(name), "main");
    EXPECT_EQ(function_from_debugger("operator()(int) const"), "operator()");
    EXPECT_EQ(function_from_debugger("(anonymous namespace)::f"), "(anonymous namespace)::f");
    EXPECT_EQ(function_from_debugger("main(int)::Local::run"), "main(int)::Local::run");
    EXPECT_EQ(function_from_debugger("Local::operator int"), "Local::operator int");
}

TEST(Name, WithoutScope) {
    EXPECT_EQ(without_scope("f"), "f");
    EXPECT_EQ(without_scope("(anonymous namespace)::A::in"), "in");
    EXPECT_EQ(without_scope("a::b<c::d, e(f::g)>::h<i::j>"), "h<i::j>");
    EXPECT_EQ(without_scope("A::operator<<"), "operator<<");
    EXPECT_EQ(without_scope("A::operator b::c"), "operator b::c");
    EXPECT_EQ(without_scope("A::"), "");
}

TEST(Name, HostileNamesEnd) {
    for (const char* text : {"(((((", "<<<<", ">>>>", "operator", "a->", "(anonymous namespace)"})
        EXPECT_LE(without_return_type(text).size(), std::strlen(text));
}

TEST(Name, Paths) {
    EXPECT_EQ(canonical_path("a.c", "/build/x"), "/build/x/a.c");
    EXPECT_EQ(canonical_path("../src/./a.c", "/build/x"), "/build/src/a.c");
    EXPECT_EQ(canonical_path("/usr//include/../a.h", "/build"), "/usr/a.h");
    EXPECT_EQ(canonical_path("", "/build"), "");
    EXPECT_EQ(base_name("/usr/lib/libz.so.1"), "libz.so.1");
}

TEST(ElfSymbols, OnlyInsideASymbol) {
    ElfSymbols symbols;
    symbols.set_symbols({{100, 10, 0, "f"}, {200, 50, 0, "outer"}, {210, 5, 2, "inner"}});
    EXPECT_EQ(symbols.name_at(99), "");
    EXPECT_EQ(symbols.name_at(100), "f");
    EXPECT_EQ(symbols.name_at(109), "f");
    EXPECT_EQ(symbols.name_at(110), "");
    EXPECT_EQ(symbols.name_at(212), "inner");
    EXPECT_EQ(symbols.name_at(230), "outer");
    EXPECT_EQ(symbols.name_at(250), "");
}

TEST(ElfSymbols, TheSameAliasWhateverTheOrder) {
    const std::vector<ElfSymbols::Symbol> aliases = {{100, 10, 2, "a"},
                                                     {100, 10, 1, "b"},
                                                     {100, 10, 0, "longer"},
                                                     {100, 10, 0, "two"},
                                                     {100, 10, 0, "one"}};
    ElfSymbols symbols;
    symbols.set_symbols(aliases);
    EXPECT_EQ(symbols.name_at(105), "one");
    symbols.set_symbols({aliases.rbegin(), aliases.rend()});
    EXPECT_EQ(symbols.name_at(105), "one");
}

TEST(ElfSymbols, FunctionStarts) {
    ElfSymbols symbols;
    symbols.set_starts({300, 100, 200}, 400);
    EXPECT_EQ(symbols.function_start(99), 0u);
    EXPECT_EQ(symbols.function_start(250), 200u);
    EXPECT_EQ(symbols.function_start(399), 300u);
    EXPECT_EQ(symbols.function_start(400), 0u);
}

// This test's own executable: what the runtime would record of it.
struct Self {
    std::string build_id;
    std::uint64_t bias = 0;
};

int note_self(struct dl_phdr_info* info, std::size_t, void* out) {
    auto& self = *static_cast<Self*>(out);
    self.bias = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& header = info->dlpi_phdr[i];
        if (header.p_type != PT_NOTE) continue;
        const auto* note = reinterpret_cast<const unsigned char*>(info->dlpi_addr + header.p_vaddr);
        const auto* end = note + header.p_memsz;
        while (note + 12 <= end) {
            std::uint32_t word[3];
            std::memcpy(word, note, sizeof word);
            const auto* text = note + 12 + ((word[0] + 3) & ~3u);
            if (word[2] == 3 && self.build_id.empty())
                for (std::uint32_t k = 0; k < word[1]; ++k) {
                    char hex[3];
                    std::snprintf(hex, sizeof hex, "%02x", text[k]);
                    self.build_id += hex;
                }
            note = text + ((word[1] + 3) & ~3u);
        }
    }
    return 1;  // the executable comes first
}

extern "C" __attribute__((noinline, visibility("default"))) int memtrace_test_landmark(int x) {
    return x * 7 + 1;
}
constexpr std::uint32_t kLandmarkLine = __LINE__ - 3;

class OwnFile : public ::testing::Test {
  protected:
    void SetUp() override {
        dl_iterate_phdr(note_self, &self);
        ASSERT_FALSE(self.build_id.empty()) << "this executable was linked without a build-id";
        char buffer[4096];
        const ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
        ASSERT_GT(length, 0);
        path.assign(buffer, static_cast<std::size_t>(length));
        offset = reinterpret_cast<std::uint64_t>(&memtrace_test_landmark) - self.bias;
    }
    Self self;
    std::string path;
    std::uint64_t offset = 0;
};

TEST_F(OwnFile, NamesAFunction) {
    const auto symbols = ElfSymbols::load(path, self.build_id);
    EXPECT_EQ(symbols.name_at(offset), "memtrace_test_landmark");
    EXPECT_EQ(symbols.function_start(offset + 1), offset);
}

TEST_F(OwnFile, AnotherBuildKnowsNothing) {
    EXPECT_EQ(ElfSymbols::load(path, "00" + self.build_id).name_at(offset), "");
    EXPECT_EQ(ElfSymbols::load(path, "").name_at(offset), "");
    EXPECT_EQ(ElfSymbols::load("/dev/zero", self.build_id).name_at(offset), "");
    EXPECT_EQ(ElfSymbols::load("/no/such/file", self.build_id).name_at(offset), "");
}

TEST_F(OwnFile, UnloadedModulesAreNamedByTheirFileOnly) {
    TraceBook book;
    const auto module = book.module(path, self.build_id);
    book.table.modules[module].unload_sequence = 9;
    const Pc pc{book.table.modules[module].bias + offset + 2, module};
    RawFrame lie;
    lie.file = "other.c";
    lie.line = 1;
    book.code.frames_at[pc.address - 1] = {lie};
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {&book.code, true});
    auto location = resolver.resolve(pc);
    ASSERT_TRUE(location);
    EXPECT_THAT(book.code.asked, ::testing::IsEmpty());
    const Frame& frame = symboliser.book()[(*location)->frames.at(0)];
    EXPECT_EQ(symboliser.book().text(frame.function), "memtrace_test_landmark");
    EXPECT_THAT(symboliser.book().text(frame.file), ::testing::EndsWith("core_symbols_test.cpp"));
    EXPECT_EQ(frame.line, kLandmarkLine);
}

// What the debugger has comes first.
TEST_F(OwnFile, LinesThatTheDebuggerLacksAreTheFiles) {
    TraceBook book;
    const auto module = book.module(path, self.build_id);
    const Pc unknown{book.table.modules[module].bias + offset + 2, module};
    const Pc known{book.table.modules[module].bias + offset + 3, module};
    RawFrame frame;
    frame.file = "/theirs.c";
    frame.line = 5;
    book.code.frames_at[known.address - 1] = {frame};
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {&book.code, true});
    const auto line = [&](Pc pc) {
        return symboliser.book()[(*resolver.resolve(pc))->frames.at(0)].line;
    };
    EXPECT_EQ(line(unknown), kLandmarkLine);
    EXPECT_EQ(line(known), 5u);
}

TEST_F(OwnFile, IsLookedForAgainElsewhere) {
    TraceBook book;
    const auto module = book.module("/no/such/" + path.substr(path.rfind('/') + 1), self.build_id);
    const Pc pc{book.table.modules[module].bias + offset + 2, module};
    Symboliser symboliser;
    const auto label = [&] {
        Resolver resolver(symboliser, book.table, {&book.code, true});
        const Frame& frame = symboliser.book()[(*resolver.resolve(pc))->frames.at(0)];
        return symboliser.book().text(frame.label);
    };
    EXPECT_THAT(label(), ::testing::HasSubstr("+0x"));
    SearchPlaces places;
    places.file_folders = {path.substr(0, path.rfind('/'))};
    symboliser.look_in(places);
    EXPECT_THAT(label(), ::testing::EndsWith("core_symbols_test.cpp"));
}

TEST(Symboliser, RemembersNamesWhenTheProcessIsGone) {
    TraceBook book;
    const auto module = book.module("/lib/libx.so", "abcd");
    RawFrame known;
    known.file = "x.c";
    known.line = 3;
    const Pc pc = book.pc(module, {known});
    const Pc other = book.pc(module, {known});
    Symboliser symboliser;
    EXPECT_TRUE(Resolver(symboliser, book.table, {&book.code, false}).resolve(pc));
    // The next process maps the same build elsewhere; nobody can be asked.
    Table next = book.table;
    next.status.identity.cookie = 1;
    next.modules[module].bias += 0x10000;
    Resolver resolver(symboliser, next, {});
    auto location = resolver.resolve({pc.address + 0x10000, module});
    ASSERT_TRUE(location);
    EXPECT_EQ(symboliser.book()[(*location)->frames.at(0)].line, 3u);
    // What was not known then is asked again as soon as somebody can answer.
    auto unknown = resolver.resolve({other.address + 0x10000, module});
    ASSERT_TRUE(unknown);
    EXPECT_EQ(symboliser.book()[(*unknown)->frames.at(0)].line, 0u);
    auto asked = Resolver(symboliser, book.table, {&book.code, false}).resolve(other);
    ASSERT_TRUE(asked);
    EXPECT_EQ(symboliser.book()[(*asked)->frames.at(0)].line, 3u);
}

// g++ describes functions that other files cannot call without their linkage names.
TEST(Symboliser, LocalFunctionsAreNamedByTheirSymbols) {
    TraceBook book;
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {&book.code, false});
    const auto raw = [](const char* function) {
        RawFrame frame;
        frame.file = "/a.cpp";
        frame.line = 7;
        frame.function = function;
        return frame;
    };
    const auto names = [&](std::vector<RawFrame> frames, const char* symbol) {
        const Pc pc = book.pc(1, std::move(frames));
        book.code.symbols_at[pc.address - 1] = {symbol, pc.address - 1, 1};
        std::string text;
        for (const FrameId frame : (*resolver.resolve(pc))->frames)
            text += symboliser.book().text(symboliser.book()[frame].function) + ";";
        return text;
    };
    EXPECT_EQ(names({raw("operator()")}, "_ZZ4mainENKUliE0_clEi"),
              "main::{lambda(int)#2}::operator()(int) const;");
    EXPECT_EQ(names({raw("run")}, "_ZZ4mainEN1W3runEPv.constprop.0"), "main::W::run(void*);");
    EXPECT_EQ(names({raw("main(int, char**)")}, "main"), "main;");
    EXPECT_EQ(names({raw("malloc")}, "__libc_malloc"), "malloc;") << "C's debug names stay";
    EXPECT_EQ(names({raw("")}, "a__inner"), "a__inner;") << "a language the debugger lacks";
    RawFrame by_linkage = raw("");
    by_linkage.linkage = "_Z3addi";
    EXPECT_EQ(names({by_linkage}, "_Z5otherv"), "add(int);") << "what is known stays";
    // Inlined there, they have no symbol of their own.
    EXPECT_EQ(names({raw("A::add"), raw("operator()"), raw("run")}, "_ZZ4mainEN1W3runEPv"),
              "add;operator() at line 7 in main::W::run;main::W::run(void*);");
}

TEST_F(OwnFile, ALinkAndTheFileBehindItAreBothKnown) {
    const std::string link = ::testing::TempDir() + "memtrace-link-" + std::to_string(getpid());
    ASSERT_EQ(symlink(path.c_str(), link.c_str()), 0);
    TraceBook book;
    book.module(link, self.build_id);
    book.module("/bin/as-started", "00");
    book.table.modules.back().file = "/bin/file";
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {nullptr, true});
    const auto other = [&](const std::string& module) {
        return symboliser.book().other_path(symboliser.book().text(module));
    };
    EXPECT_EQ(other(link), path);
    EXPECT_EQ(other("/bin/as-started"), "/bin/file");
    EXPECT_EQ(other("/bin/program"), "");
    unlink(link.c_str());
}

TEST(Symboliser, DebuggersSymbolCountsOnlyInsideItsSize) {
    TraceBook book;
    const Pc inside = book.pc(1, {}), outside = book.pc(1, {}), sizeless = book.pc(1, {});
    book.code.symbols_at[inside.address - 1] = {"_Z1gv", inside.address - 1, 1};
    book.code.symbols_at[outside.address - 1] = {"_Z1gv", outside.address - 2, 1};
    book.code.symbols_at[sizeless.address - 1] = {"_Z1gv", sizeless.address - 2, 0};
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {&book.code, false});
    const auto name = [&](Pc pc) {
        return symboliser.book().text(
            symboliser.book()[(*resolver.resolve(pc))->frames.at(0)].function);
    };
    EXPECT_EQ(name(inside), "g()");
    EXPECT_EQ(name(outside), "");
    EXPECT_EQ(name(sizeless), "");
}

}  // namespace
}  // namespace mt::core::test
