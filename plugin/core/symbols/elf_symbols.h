// SPDX-License-Identifier: MIT
//
// Function names out of an ELF file on disk, for code without debug information.
// The path came from the traced process or from a core, so the file counts only
// when its build-id is the recorded one, and nothing in it is believed unchecked.
// Knows no debugger and no memory.
#ifndef MEMTRACE_CORE_SYMBOLS_ELF_SYMBOLS_H
#define MEMTRACE_CORE_SYMBOLS_ELF_SYMBOLS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt::core {

class ElfSymbols {
  public:
    // Empty (knows nothing) when the file is not there, no ELF file, or another build.
    static ElfSymbols load(const std::string& path, std::string_view build_id);
    // As it has them in .symtab, which debug files keep; its functions' first addresses stay.
    void take_symbols_of(const std::string& path, std::string_view build_id);
    // Whether there is a file of that build.
    static bool is_build(const std::string& path, std::string_view build_id);

    // Linkage name of the function whose [value, value + size) holds `address`
    // (an ELF virtual address); empty if there is none.
    std::string name_at(std::uint64_t address) const;

    // First address of the function at `address` by the file's unwind table; 0 if
    // it is not told. Names functions of stripped files.
    std::uint64_t function_start(std::uint64_t address) const;

    struct Symbol {
        std::uint64_t value = 0;
        std::uint64_t size = 0;
        std::uint8_t rank = 0;  // global 0, weak 1, local 2
        std::string name;
    };

    // For tests and load(): takes symbols in any order.
    void set_symbols(std::vector<Symbol> symbols);
    void set_starts(std::vector<std::uint64_t> starts, std::uint64_t end);

  private:
    bool is_stripped_ = true;            // there was no .symtab
    std::vector<Symbol> symbols_;        // by value, best name first
    std::vector<std::uint64_t> ends_;    // greatest end among symbols_[0..i]
    std::vector<std::uint64_t> starts_;  // of functions, ascending
    std::uint64_t code_end_ = 0;
};

}  // namespace mt::core

#endif
