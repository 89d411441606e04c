// SPDX-License-Identifier: MIT
//
// Modules of a table by their files on this machine, each looked for and opened once: for code that
// the debugger does not know, because the module was closed or the debugger does not look where the
// file is. Knows no debugger.
#ifndef MEMTRACE_CORE_DWARF_LOCAL_MODULES_H
#define MEMTRACE_CORE_DWARF_LOCAL_MODULES_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dwarf/file_code.h"
#include "dwarf/file_search.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/raw_frame.h"
#include "model/snapshot.h"

namespace mt::core {

class LocalModules {
  public:
    // True: they are others than before, and what was found is forgotten.
    bool look_in(SearchPlaces places);
    const SearchPlaces& places() const { return places_; }
    // Files may have come or gone.
    void forget();

    const FoundFiles& find(const Module& module);
    // At an ELF virtual address inside the calling instruction, innermost first; empty: no debug
    // information about it on this machine. Errors: interrupted only.
    Result<std::vector<RawFrame>> frames(const Module& module, std::uint64_t address,
                                         const Interrupted& interrupted);

  private:
    // What all open files together may take; with more the others are closed.
    static constexpr std::uint64_t kMostBytes = ModuleFile::kMostDebugBytes;
    static constexpr std::size_t kMostFiles = 128;
    using Key = std::pair<std::string, std::string>;  // path, build-id

    static Key key_of(const Module& module) { return {module.path, module.build_id}; }
    void make_room(std::uint64_t bytes);
    Result<std::unique_ptr<FileCode>> open(const Module& module, const Interrupted& interrupted);

    SearchPlaces places_;
    std::map<Key, FoundFiles> found_;
    std::map<Key, std::unique_ptr<FileCode>> open_;  // null: nothing in it can be read
    std::uint64_t open_bytes_ = 0;
    std::size_t open_files_ = 0;
};

}  // namespace mt::core

#endif
