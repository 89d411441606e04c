// SPDX-License-Identifier: MIT
//
// What the code at an address of a file is called, by the file's debug information: function, file
// and line, with inlined calls expanded. Answers as a debugger would; what is shown of it is
// symbols/'s business.
#ifndef MEMTRACE_CORE_DWARF_FILE_CODE_H
#define MEMTRACE_CORE_DWARF_FILE_CODE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dwarf/functions.h"
#include "dwarf/module_file.h"
#include "dwarf/units.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/raw_frame.h"

namespace mt::core {

class FileCode {
  public:
    // `interrupted`: the user wants to stop; may be empty.
    explicit FileCode(std::shared_ptr<ModuleFile> file, const Interrupted& interrupted = {});
    // Not all was looked at, because of that: this is of no use.
    bool was_interrupted() const { return units_.was_interrupted(); }

    // At an ELF virtual address inside the calling instruction, innermost first; empty: no debug
    // information about it. Errors: interrupted only.
    Result<std::vector<RawFrame>> frames(std::uint64_t address,
                                         const Interrupted& interrupted = {});

    ModuleFile& file() { return *file_; }
    Units& units() { return units_; }
    // Null: it was interrupted.
    Functions* functions(std::uint32_t unit, const Interrupted& interrupted = {}) {
        Unit* looked = look_at(unit, interrupted);
        return looked == nullptr ? nullptr : &looked->functions;
    }

  private:
    struct Unit {
        Functions functions;
        bool has_lines;
    };
    // Made when it is first asked for. Null: it was interrupted.
    Unit* look_at(std::uint32_t unit, const Interrupted& interrupted);

    std::shared_ptr<ModuleFile> file_;
    Units units_;
    std::unordered_map<std::uint32_t, Unit> looked_at_;
};

}  // namespace mt::core

#endif
