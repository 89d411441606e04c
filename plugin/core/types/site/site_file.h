// SPDX-License-Identifier: MIT
//
// A module's file as calls need it: its code, what its addresses are called, where a stub leads,
// where a frame begins. The file may be anybody's. Knows no types.
#ifndef MEMTRACE_CORE_TYPES_SITE_SITE_FILE_H
#define MEMTRACE_CORE_TYPES_SITE_SITE_FILE_H

#include <elfutils/libdw.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dwarf/module_file.h"

namespace mt::core::site {

class SiteFile {
  public:
    // `debug`: the file with debug information, which may be the same one.
    SiteFile(std::shared_ptr<ModuleFile> file, std::shared_ptr<ModuleFile> debug);
    ~SiteFile();
    SiteFile(const SiteFile&) = delete;
    SiteFile& operator=(const SiteFile&) = delete;

    ModuleFile& debug() { return *debug_; }

    // Bytes of code from `start` on, as much as there is of `size`.
    std::vector<std::byte> code(std::uint64_t start, std::uint64_t size) const;

    // The function that a call of `target`, or through `word`, comes to: by its linkage name, its
    // address in this file (0: it is another file's), or both.
    struct Callee {
        std::string name;
        std::uint64_t address = 0;
        bool is_shared = false;  // functions that look the same have one body
        bool is_local = true;    // it has no name that other files could know
    };
    Callee callee(std::uint64_t target, std::uint64_t word);
    // Of data that begins there.
    std::string data_name(std::uint64_t address);
    // What a word of the offset table is the address of: linkage name; empty: not told.
    std::string imported(std::uint64_t word);

    // The canonical frame address by a register when the code is at `address`.
    struct Frame {
        std::uint8_t reg = 0;
        std::int64_t offset = 0;
    };
    std::optional<Frame> frame_at(std::uint64_t address);

  private:
    struct Symbol {
        std::uint64_t value;
        const char* name;
        bool is_code, is_local;
    };
    void read_symbols();
    void read_imports();

    std::shared_ptr<ModuleFile> file_, debug_;
    bool has_symbols_ = false, has_imports_ = false, has_frames_ = false;
    std::vector<Symbol> symbols_;  // by value
    std::unordered_map<std::string_view, std::uint64_t> defined_;
    std::unordered_map<std::uint64_t, const char*> imports_;  // by the word
    Dwarf_CFI* frames_ = nullptr;
};

}  // namespace mt::core::site

#endif
