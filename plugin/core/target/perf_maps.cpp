// SPDX-License-Identifier: MIT
//
// See perf_maps.h.
#include "target/perf_maps.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace mt::core {
namespace {

// In seconds since 1970; 0 = not known. A file that is older is another process's, which had
// the number before.
std::int64_t start_of(std::int64_t pid) {
    std::ifstream in(fmt::format("/proc/{}/stat", pid));
    std::string text((std::istreambuf_iterator<char>(in)), {});
    // The name, which may hold anything, ends at the last bracket; 20 fields on stands the
    // start, in ticks since the machine's.
    std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string field;
    for (int i = 0; i < 20 && fields >> field; ++i) {
    }
    const auto ticks = std::strtoll(field.c_str(), nullptr, 10);
    timespec up{};
    if (!fields || clock_gettime(CLOCK_BOOTTIME, &up) != 0) return 0;
    return time(nullptr) - up.tv_sec + ticks / sysconf(_SC_CLK_TCK);
}

std::optional<PerfMap::Writer> writer_of(const Target& target) {
    struct stat status {};
    const bool is_core = target.kind == TargetKind::core;
    const std::string path = is_core ? target.core : fmt::format("/proc/{}", target.pid);
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    PerfMap::Writer writer;
    writer.user = status.st_uid;
    if (is_core) writer.before = status.st_mtim.tv_sec + 1;
    if (!is_core) writer.after = start_of(target.pid) - 2;  // both are rounded
    return writer;
}

}  // namespace

bool find_perf_map(const Target& target, const Identity& identity, PerfMap& map) {
    if (target.remote) return false;
    const auto writer = writer_of(target);
    if (!writer) return false;
    // Its number as it knows it itself; in a container it has a /tmp of its own, too.
    const std::string name = fmt::format("/tmp/perf-{}.map", identity.pid);
    const bool is_live = target.kind == TargetKind::live && target.pid > 0;
    if (is_live && map.refresh(fmt::format("/proc/{}/root{}", target.pid, name), *writer))
        return true;
    return map.refresh(name, *writer);
}

}  // namespace mt::core
