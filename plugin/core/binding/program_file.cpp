// SPDX-License-Identifier: MIT
#include "binding/program_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "dwarf/elf_input.h"

namespace mt::core {
namespace {

enum class Works : unsigned char { when_told, quietly, never };
struct Kind {
    std::string_view name;
    std::string_view symbol;                    // defined by its runtime
    std::array<std::string_view, 2> libraries;  // how its name begins, of either compiler
    Works works;                                // as a library
};
// What each does was tried with gcc 12 and clang 14 (tests/sessions/sanitizers_test.cpp).
// LeakSanitizer comes last: its symbol is in AddressSanitizer's runtime too.
constexpr Kind kKinds[] = {
    {"AddressSanitizer", "__asan_init", {"libasan.so", "libclang_rt.asan"}, Works::when_told},
    {"HWAddressSanitizer", "__hwasan_init", {"libhwasan.so", "libclang_rt.hwasan"}, Works::never},
    {"MemorySanitizer", "__msan_init", {"libmsan.so", "libclang_rt.msan"}, Works::never},
    {"ThreadSanitizer", "__tsan_init", {"libtsan.so", "libclang_rt.tsan"}, Works::never},
    {"LeakSanitizer", "__lsan_do_leak_check", {"liblsan.so", "libclang_rt.lsan"}, Works::quietly},
};

bool begins(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

std::vector<std::string> needed(const ElfInput& file) {
    std::vector<std::string> names;
    for (const ElfInput::Section& section : file.sections(SHT_DYNAMIC)) {
        for (int i = 0; i < section.rows && i < 4096; ++i) {
            GElf_Dyn entry;
            if (gelf_getdyn(section.data, i, &entry) == nullptr) break;
            if (entry.d_tag != DT_NEEDED) continue;
            const char* name = elf_strptr(file.elf(), section.header.sh_link, entry.d_un.d_val);
            if (name != nullptr) names.emplace_back(name);
        }
    }
    return names;
}

// The first kind whose runtime is inside the program.
const Kind* linked_in(const ElfInput& file) {
    const Kind* found = nullptr;
    const auto look = [&found](const GElf_Sym& symbol, std::string_view name) {
        if (symbol.st_shndx == SHN_UNDEF || !begins(name, "__")) return false;
        for (const Kind& kind : kKinds)
            if (kind.symbol == name && (found == nullptr || &kind < found)) found = &kind;
        return false;
    };
    file.any_symbol(SHT_DYNSYM, look);
    if (found == nullptr) file.any_symbol(SHT_SYMTAB, look);
    return found;
}

std::string line_of(const Kind& kind, const std::string& program, const std::string& library) {
    switch (kind.works) {
        case Works::when_told:
            return fmt::format(
                "{} is built with {} ({}), which stops it when another library is "
                "preloaded before: set ASAN_OPTIONS=verify_asan_link_order=0 in its "
                "environment, then tracing works",
                program, kind.name, library);
        case Works::quietly:
            return fmt::format(
                "{} is built with {} ({}): tracing works, but it cannot look for "
                "leaks under a debugger; LSAN_OPTIONS=detect_leaks=0 keeps it quiet",
                program, kind.name, library);
        case Works::never:
            break;
    }
    return fmt::format(
        "{} is built with {} ({}), which does not run with memtrace preloaded: "
        "tracing needs a build without it",
        program, kind.name, library);
}

bool is_static(const ElfInput& file) {
    bool is_loaded = false;
    for (const GElf_Phdr& header : file.program_headers()) {
        if (header.p_type == PT_INTERP) return false;
        is_loaded = is_loaded || header.p_type == PT_LOAD;
    }
    return is_loaded;
}

}  // namespace

std::string preload_obstacle(const std::string& path) {
    const ElfInput file(path);
    if (file.elf() == nullptr) return {};
    const std::string program = path.substr(path.rfind('/') + 1);
    if (is_static(file))
        return fmt::format(
            "{} is linked statically, so no library can be preloaded into it: "
            "tracing needs it linked dynamically",
            program);
    for (const std::string& library : needed(file))
        for (const Kind& kind : kKinds)
            for (const std::string_view start : kind.libraries)
                if (begins(library, start)) return line_of(kind, program, library);
    if (const Kind* kind = linked_in(file))
        return fmt::format(
            "{} is built with {}, whose malloc is inside the program: what it "
            "allocates is not seen; tracing needs a build without it",
            program, kind->name);
    return {};
}

}  // namespace mt::core
