// SPDX-License-Identifier: MIT
//
// What the code at an address of a file is called, by the file's debug information: function, file
// and line, with inlined calls expanded. Answers as a debugger would; what is shown of it is
// symbols/'s business.
#ifndef MEMTRACE_CORE_DWARF_CODE_H
#define MEMTRACE_CORE_DWARF_CODE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dwarf/functions.h"
#include "dwarf/module_file.h"
#include "dwarf/units.h"
#include "model/raw_frame.h"

namespace mt::core {

class Code {
  public:
    explicit Code(std::shared_ptr<ModuleFile> file);

    // At an ELF virtual address inside the calling instruction, innermost first; empty: no debug
    // information about it.
    std::vector<RawFrame> frames(std::uint64_t address);

    ModuleFile& file() { return *file_; }
    Units& units() { return units_; }
    Functions& functions(std::uint32_t unit) { return look_at(unit).functions; }

  private:
    struct Unit {
        Functions functions;
        bool has_lines;
    };
    // Made when it is first asked for.
    Unit& look_at(std::uint32_t unit);

    std::shared_ptr<ModuleFile> file_;
    Units units_;
    std::unordered_map<std::uint32_t, Unit> looked_at_;
};

}  // namespace mt::core

#endif
