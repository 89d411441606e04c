// SPDX-License-Identifier: MIT
//
// Lines of source files of this machine, opened for one report.
#ifndef MEMTRACE_CORE_TARGET_LOCAL_SOURCES_H
#define MEMTRACE_CORE_TARGET_LOCAL_SOURCES_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mt::core {

class LocalSources {
  public:
    // Without its end; empty: there is none.
    std::string line(const std::string& file, std::uint32_t number);

  private:
    std::map<std::string, std::vector<std::string>> files_;
};

}  // namespace mt::core

#endif
