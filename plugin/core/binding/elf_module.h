// SPDX-License-Identifier: MIT
//
// What one loaded module defines of the names that matter here, and where it keeps the
// addresses that the loader bound for it: from its dynamic section in memory, and the
// tables behind it in memory or, where a core lacks them, in its file. Every size is
// bounded before use; a module that cannot be read is not known, never "without".
#ifndef MEMTRACE_CORE_BINDING_ELF_MODULE_H
#define MEMTRACE_CORE_BINDING_ELF_MODULE_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binding/loaded.h"

namespace mt::core {

// The family, and what else tells something about a module.
enum FamilyName : std::uint8_t {
    kMalloc,
    kCalloc,
    kRealloc,
    kReallocarray,
    kFree,
    kPosixMemalign,
    kAlignedAlloc,
    kMemalign,
    kValloc,
    kPvalloc,
    kFamily,  // how many of them
    kRoot = kFamily,
    kAsan,
    kTsan,
    kHwasan,
    kMsan,
    kLsan,
    kNames
};
inline constexpr std::array<std::string_view, kNames> kNameTexts = {
    "malloc",      "calloc",         "realloc",       "reallocarray",
    "free",        "posix_memalign", "aligned_alloc", "memalign",
    "valloc",      "pvalloc",        "memtrace_root", "__asan_init",
    "__tsan_init", "__hwasan_init",  "__msan_init",   "__lsan_do_leak_check"};

struct BoundSlot {
    std::uint8_t name = 0;
    std::uint64_t address = 0;  // of the word that the loader fills
};

struct ElfModule {
    bool known = false;
    std::array<std::uint64_t, kNames> defined{};  // addresses; 0 = not defined here
    // Of a program at a fixed address: stands for the function wherever its address is
    // taken, and leads to whatever the program's own slot says.
    std::array<std::uint64_t, kNames> stand_in{};
    // Of the program's file: what only the program itself can call.
    std::array<std::uint64_t, kNames> hidden{};
    std::vector<BoundSlot> slots;
    std::uint64_t data_start = 0, data_end = 0;  // its variables; equal = not known
};

// `file`: where it is on this machine, "" = nowhere. `in_core`: the target is a core.
ElfModule read_module(Memory& memory, const LoadedModule& loaded, const std::string& file,
                      bool in_core);

// A function that others may call.
struct ElfFunction {
    std::string name;
    std::uint64_t start = 0, size = 0;
};
// Those that the module defines, by address; of names with several versions the default one.
// Empty: they cannot be read.
std::vector<ElfFunction> read_functions(Memory& memory, const LoadedModule& loaded);
// Its mapped range by its program headers, which stand at its bias; {0, 0}: they do not.
std::pair<std::uint64_t, std::uint64_t> range_of(Memory& memory, const LoadedModule& loaded);

}  // namespace mt::core

#endif
