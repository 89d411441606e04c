// SPDX-License-Identifier: MIT
//
// Where on this machine a module's file and its debug information are. Paths and build-ids come
// from a stranger's table: a file counts only if its build-id is the recorded one. Looks, and
// fetches nothing: of debuginfod only what its client has kept is read.
#ifndef MEMTRACE_CORE_DWARF_FILE_SEARCH_H
#define MEMTRACE_CORE_DWARF_FILE_SEARCH_H

#include <string>
#include <vector>

#include "model/snapshot.h"

namespace mt::core {

struct SearchPlaces {
    // Paths of the table are this machine's.
    bool recorded = true;
    // Where relative paths of the table may begin.
    std::vector<std::string> beginnings;
    std::string sysroot;                     // in front of paths; empty: none
    std::vector<std::string> file_folders;   // with modules' files, by their names alone
    std::vector<std::string> debug_folders;  // /usr/lib/debug
    std::vector<std::string> caches;         // of debuginfod's client

    bool operator==(const SearchPlaces&) const = default;
    // There is somewhere to look.
    bool any() const {
        return recorded || !sysroot.empty() || !file_folders.empty() || !debug_folders.empty() ||
               !caches.empty();
    }
};

// Where debuginfod's client keeps files, by its own rules for the environment.
std::vector<std::string> debuginfod_caches();

struct LookedAt {
    std::string path;
    std::string what;  // is there, or is wrong: "missing", "another build", …
};

struct FoundFiles {
    std::string file;       // the module's own; empty: not found
    std::string debug;      // with debug information, may be `file`; empty: not found
    std::string alternate;  // that entries of `debug` were moved to (dwz); empty: none
    std::vector<LookedAt> looked_at;
};

// A module without a build-id has none.
FoundFiles find_files(const Module& module, const SearchPlaces& places);

}  // namespace mt::core

#endif
