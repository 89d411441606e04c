// SPDX-License-Identifier: MIT
//
// Modules of a table by their files on this machine, each opened once, for types by places. Which
// of them are kept open has a bound. Asks no debugger.
#ifndef MEMTRACE_CORE_TYPES_SITE_SITE_MODULES_H
#define MEMTRACE_CORE_TYPES_SITE_SITE_MODULES_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "dwarf/file_search.h"
#include "model/error.h"
#include "model/poll.h"
#include "model/snapshot.h"
#include "types/site/site_type.h"

namespace mt::core::site {

class SiteModules {
  public:
    // `files`: where the module's are. Null: there is none with its code, or none with debug
    // information. Valid until the next call. Errors: interrupted only.
    Result<SiteTypes*> of(const Module& module, const FoundFiles& files,
                          const Interrupted& interrupted);

  private:
    static constexpr std::uint64_t kMostBytes = ModuleFile::kMostDebugBytes;
    static constexpr std::size_t kMostFiles = 128;
    using Key = std::pair<std::string, std::string>;  // of the two files

    std::map<Key, std::unique_ptr<SiteTypes>> open_;
    std::uint64_t open_bytes_ = 0;
};

}  // namespace mt::core::site

#endif
